"""RateNetwork: every field of a wrong kind is refused in one line that names it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_core_records import rate_network

from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork

b2 = pytest.importorskip("brian2")
FIELDS = ("weights", "activation", "tau", "dt", "signs", "noise", "readout", "about", "cell")
MASKED = np.ma.masked_array(np.zeros(3), [True, False, False])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"activation": 3}, r"RateNetwork\.activation: must be a name \(got 3\); register"),
        ({"activation": np.tanh}, r"RateNetwork\.activation: must be a name \(got a ufunc\)"),
        ({"tau": 0.02}, r"RateNetwork\.tau: must have one value for each of 3 units \(got 0\.02\); use numpy\.full\(3"),
        ({"tau": "20 ms"}, r"RateNetwork\.tau: must be an array of real numbers"),
        ({"tau": np.full(3, 20) * b2.mV}, r"RateNetwork\.tau: must be in seconds"),
        ({"dt": None}, r"RateNetwork\.dt: must be a number \(got None\)"),
        ({"dt": 5 * b2.mV}, r"RateNetwork\.dt: must be in seconds"),
        ({"dt": 2**80}, r"RateNetwork\.dt: must be from"),
        ({"signs": 1}, r"RateNetwork\.signs: must have one value for each of 3 units"),
        ({"signs": ["E", "I", "E"]}, r"RateNetwork\.signs: must be an array of real numbers"),
        ({"noise": MASKED}, r"RateNetwork\.noise: must have no masked values"),
        ({"noise": np.ones(3) * b2.mV}, r"RateNetwork\.noise: must have no unit"),
        ({"noise": np.full(3, 1e300)}, r"RateNetwork\.noise: must be at most 1e\+12 in magnitude \(got 1e\+300\)"),
        ({"weights": {"bias": np.full(3, -1e300)}}, r"weights\['bias'\]: must be at most 1e\+12 .*got -1e\+300"),
        ({"weights": {"bias": np.zeros(3) * 1j}}, r"weights\['bias'\]: must be an array of real numbers"),
        ({"weights": {"bias": [[1], [2, 3]]}}, r"weights\['bias'\]: must be an array of real numbers"),
        ({"weights": {3: np.ones(3)}}, r"RateNetwork\.weights: must have exactly the keys .*unknown: 3\)"),
        ({"readout": None}, r"RateNetwork\.readout: must be a known name \(got None\)"),
        ({"readout": "sofmax"}, r"did you mean softmax\?"),
        ({"cell": "gruu"}, r"RateNetwork\.cell: must be a known name \(got 'gruu'\).*did you mean gru\?"),
        ({"about": None}, r"RateNetwork\.about: must be a dictionary of JSON values"),
        ({"about": {"a": {1}}}, r"RateNetwork\.about: must hold JSON values only \(got a set at \['a'\]\)"),
    ],
)
def test_fields_of_a_wrong_kind_are_refused(change, message):
    with pytest.raises(InputError, match=message) as refusal:
        rate_network(**change)
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize("weights", [None, [np.eye(3)], "weights", np.eye(3), 3])
def test_weights_are_a_dictionary(weights):
    zero = np.zeros(3)
    with pytest.raises(InputError, match=r"RateNetwork\.weights: must be a dictionary of arrays \(got"):
        RateNetwork(weights, "tanh", zero + 0.02, 5e-3, zero, zero)


def test_times_may_be_quantities():
    network = rate_network(tau=np.full(3, 20) * b2.ms, dt=5 * b2.ms)
    assert not isinstance(network.tau, b2.Quantity)
    np.testing.assert_allclose(network.tau, 0.02)
    assert network.dt == pytest.approx(5e-3)


ODD = (
    st.none() | st.text() | st.binary() | st.booleans() | st.complex_numbers() | st.integers() | st.floats()
    | st.just(2**80) | st.just(object()) | st.just(RateNetwork) | st.just({1, 2}) | st.just(slice(3)) | st.just(MASKED)
    | st.lists(st.none() | st.text() | st.integers() | st.lists(st.integers()), max_size=3)
    | st.dictionaries(st.text() | st.integers(), st.none() | st.floats(), max_size=2)
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(field=st.sampled_from(FIELDS), value=ODD)
def test_any_field_of_any_kind_is_taken_or_refused_in_one_line(field, value):
    fields = {name: getattr(rate_network(), name) for name in FIELDS}
    refusal = ""
    try:
        network = RateNetwork(**{**fields, field: value})
    except InputError as problem:
        refusal = str(problem)
    assert refusal.isprintable()
    if not refusal:
        assert field in {"activation", "about", "dt"} or np.size(value) == 3
        assert network.units == 3


def test_a_weight_of_another_name_is_refused_with_a_guess():
    network = rate_network()
    with pytest.raises(InputError, match=r"RateNetwork\.with_weights: must be a known name .*did you mean recurrent\?"):
        network.with_weights(recurent=np.eye(3))
    with pytest.raises(InputError, match=r"weights\['bias'\]: must have shape"):
        network.with_weights(bias=np.zeros(2))
    np.testing.assert_array_equal(network.with_weights(bias=np.ones(3)).weights["bias"], np.ones(3))
