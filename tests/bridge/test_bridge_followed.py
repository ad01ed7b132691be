"""States of the rate network are integrated once for all mappings on the same trials, and go with the network."""

import gc

import numpy as np
import pytest
from test_bridge_border import network, trials

from biornn.bridge import OneToOne, Population, predict
from biornn.bridge.code import followed


@pytest.fixture(name="integrated")
def _integrated(monkeypatch):
    """The networks that were integrated, in order."""
    followed._KEPT.clear()
    seen, real = [], followed.reference

    def counted(own, inputs, tau):
        seen.append(own)
        return real(own, inputs, tau)

    monkeypatch.setattr(followed, "reference", counted)
    return seen


def test_a_second_mapping_and_a_prediction_do_not_integrate_anew(integrated):
    own = network()
    snn, _ = Population(5, lead=0.0)(own, trials())
    Population(10, lead=0.0)(own, trials())
    OneToOne(lead=0.0)(own, trials())
    predict(own, snn, trials(), progress=False)
    assert len(integrated) == 1
    # Other trials, another network.
    Population(5, lead=0.0)(own, trials(steps=21))
    Population(5, lead=0.0)(own.with_weights(bias=np.ones(4)), trials(steps=21))
    assert len(integrated) == 3


def test_what_is_kept_is_what_would_be_integrated_and_cannot_be_changed():
    own = network()
    first = followed.followed(own, trials().inputs)
    followed._KEPT.clear()
    again = followed.followed(own, trials().inputs)
    assert again is not first
    np.testing.assert_array_equal(first, again)
    with pytest.raises(ValueError, match="read-only"):
        again[0] = 1


def test_inputs_of_another_shape_or_with_one_other_number_are_others(integrated):
    own, inputs = network(), np.array(trials().inputs)
    followed.followed(own, inputs)
    followed.followed(own, inputs.reshape(1, -1, 1))
    inputs[0, 0, 0] += 1e-12
    followed.followed(own, inputs)
    assert len(integrated) == 3


def test_little_is_kept_and_only_while_its_network_is_there(monkeypatch):
    followed._KEPT.clear()
    several = [network(activation=name) for name in ("tanh", "sigmoid", "relu")]
    for own in several:
        followed.followed(own, trials().inputs)
    assert list(followed._KEPT) == several[1:]
    monkeypatch.setattr(followed, "BYTES", 10)
    followed.followed(several[0], trials().inputs)
    assert several[0] not in followed._KEPT
    del own, several
    gc.collect()
    assert not len(followed._KEPT)
