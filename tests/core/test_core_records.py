"""Records refuse what does not fit, in one line that names object, attribute, rule, value and next step."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import leaky_network

from biornn.core import checks, seeds
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.core.spiking import Filter, SpikingNetwork
from biornn.core.trials import Trials


def trials(**changes):
    fields = {"inputs": np.zeros((2, 4, 1)), "targets": np.zeros((2, 4, 1)), "mask": np.ones((2, 4)), "dt": 5e-3}
    return Trials(**{**fields, **changes})


def rate_network(**changes):
    weights = {
        "recurrent": np.eye(3),
        "input": np.ones((3, 1)),
        "bias": np.zeros(3),
        "output": np.ones((1, 3)),
        "output_bias": np.zeros(1),
        "initial_state": np.zeros(3),
    }
    fields = {
        "weights": {**weights, **changes.pop("weights", {})},
        "activation": "tanh",
        "tau": np.full(3, 0.02),
        "dt": 5e-3,
        "signs": np.zeros(3),
        "noise": np.zeros(3),
    }
    return RateNetwork(**{**fields, **changes})


@pytest.mark.parametrize(
    ("make", "change", "message"),
    [
        (trials, {"inputs": np.zeros((2, 4))}, r"Trials.inputs: must have shape \(K, T, I\) \(got \(2, 4\)\); axes"),
        (trials, {"targets": np.zeros((2, 5, 1))}, r"Trials.targets: must have shape \(2, 4, O\) \(got \(2, 5, 1\)\)"),
        (trials, {"inputs": np.full((2, 4, 1), np.nan)}, r"Trials.inputs: must be finite \(got nan at \[0, 0, 0\]\)"),
        (trials, {"targets": np.full((2, 4, 1), np.inf)}, r"Trials.targets: must be finite \(got inf at"),
        (trials, {"mask": -np.ones((2, 4))}, r"Trials.mask: must be at least 0 \(got -1.0\)"),
        (trials, {"dt": 0.0}, r"Trials.dt: must be positive \(got 0 s\); times are in seconds, 20 ms is 0.02"),
        (trials, {"conditions": {"go": np.ones(3)}}, r"Trials.conditions\['go'\]: must have shape \(2,\)"),
        (rate_network, {"tau": np.full(3, 20.0)}, r"RateNetwork.tau: must be from 0.0001 s to 5 s \(got 20 s\); times"),
        (rate_network, {"tau": np.full(3, -0.02)}, r"RateNetwork.tau: must be positive \(got -0.02 s\)"),
        (rate_network, {"dt": 0.05}, r"RateNetwork.dt: must not exceed the smallest time constant 0.02 s \(got"),
        (rate_network, {"weights": {"bias": np.array([0, np.nan, 0])}}, r"weights\['bias'\]: must be finite \(got nan"),
        (rate_network, {"weights": {"output": np.ones((1, 2))}}, r"weights\['output'\]: must have shape \(1, 3\)"),
        (rate_network, {"weights": {"gate": np.ones(3)}}, r"RateNetwork.weights: must have exactly the keys .*gate"),
        (rate_network, {"signs": np.array([1, -1, 1])}, r"must keep Dale's law: .* \(got column 1\)"),
        (rate_network, {"signs": np.array([1, 2, 1])}, r"RateNetwork.signs: must be -1, 0 or \+1"),
        (rate_network, {"noise": np.full(3, -1.0)}, r"RateNetwork.noise: must be at least 0 \(got -1.0\)"),
        (rate_network, {"readout": "argmax"}, r"RateNetwork.readout: must be a known name \(got 'argmax'\)"),
    ],
)
def test_bad_records_are_refused(make, change, message):
    make()
    with pytest.raises(InputError, match=message) as refusal:
        make(**change)
    assert "\n" not in str(refusal.value)


def test_records_cannot_be_changed_behind_their_back():
    source = np.zeros((2, 4, 1))
    record = trials(inputs=source)
    source[:] = 1
    assert record.inputs.max() == 0
    with pytest.raises(ValueError, match="read-only"):
        record.inputs[0] = 1


def test_brian2_times_are_accepted_and_other_quantities_refused():
    b2 = pytest.importorskip("brian2")
    assert trials(dt=5 * b2.ms).dt == pytest.approx(5e-3)
    np.testing.assert_allclose(rate_network(tau=[20, 30, 40] * b2.ms).tau, [0.02, 0.03, 0.04])
    with pytest.raises(InputError, match=r"Trials.dt: must be in seconds \(got 5. mV\)"):
        trials(dt=5 * b2.mV)


def test_a_spiking_network_checks_names_steps_and_shapes():
    network = leaky_network()
    fields = {name: getattr(network, name) for name in ("sample_dt", "banks", "projections", "inputs", "readout")}

    def make(**changes):
        return SpikingNetwork(**{"dt": 1e-4, **fields, "observe": "units", **changes})

    assert make().neurons == 30
    with pytest.raises(InputError, match=r"SpikingNetwork.dt: must divide the sampling step 0.005 s \(got 0.0003 s\)"):
        make(dt=3e-4)
    with pytest.raises(InputError, match=r"SpikingNetwork.observe: must be a known name \(got 'gates'\)"):
        make(observe="gates")
    with pytest.raises(InputError, match=r"SpikingNetwork.banks: must have distinct names"):
        make(banks=network.banks * 2)
    bank = network.banks[0]
    with pytest.raises(InputError, match=r"Bank\[units\].noise: must be at least 0 \(got -0.001 V\)"):
        replace(bank, noise=np.full(bank.gain.shape, -0.001))
    with pytest.raises(InputError, match=r"Bank\[units\].noise: must have shape"):
        replace(bank, noise=np.zeros(3))
    np.testing.assert_array_equal(replace(bank, noise=np.array(0.002)).noise, np.full(bank.gain.shape, 0.002))
    assert not bank.noise.any()
    with pytest.raises(InputError, match=r"Filter.tau_decay: must be from 0 s to 5 s \(got 20 s\)"):
        Filter.exponential(np.full(3, 20.0))


def test_streams_of_different_names_do_not_overlap():
    draws = [
        tuple(seeds.generator(seed, stage, index).random(4))
        for seed in (0, 1)
        for stage in seeds.STAGES
        for index in (0, 1)
    ]
    assert len(set(draws)) == len(draws)
    np.testing.assert_array_equal(seeds.generator(5, "task", 2).random(3), seeds.generator(5, "task", 2).random(3))


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_refusal_is_one_line(value, rule):
    with pytest.raises(InputError) as refusal:
        checks.refuse("Thing.attribute", " ".join(rule.split()), value, "change it")
    assert "\n" not in str(refusal.value)
