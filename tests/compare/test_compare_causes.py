"""Causes: sound conversions have none, and a fault planted in a sound one is the first that is named."""

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from planted import DT, Pulse, mapped, network

from biornn import bridge, compare, experiment, rate, spiking, store
from biornn.compare.causes import find, is_poor
from biornn.compare.causes.defects import course, explained, flow, replay, routes
from biornn.compare.records import Evidence, Null, Pair
from biornn.core.rate import RateNetwork
from biornn.core.spiking import Filter
from biornn.core.task import UNDEFINED, Score
from biornn.core.trials import Trials
from biornn.theory.activation import apply
from biornn.theory.distance import Split
from biornn.theory.rate import RateRun, ode

NETWORK = store.load(store.find("go-nogo-sigmoid"))
TASK = experiment.task_of(NETWORK)
CALIBRATION, FRESH = TASK.trials(8, 101), TASK.trials(4, 202)
PER_UNIT = 20


def population(trials=CALIBRATION, **options):
    return bridge.Population(**{"neurons_per_unit": PER_UNIT, **options})(NETWORK, trials)[0]


@cache
def sound():
    return population()


def bank():
    return sound().bank("units")


def changed(snn=None, **parts):
    snn = sound() if snn is None else snn
    return replace(snn, banks=(replace(snn.bank("units"), **parts),))


def simulated(snn, net=NETWORK, task=TASK, trials=FRESH):
    run = spiking.run(snn, trials, spikes="none", jobs=1, progress=False)
    assert run.rates.mean() > 1
    return compare.compare(rate.run(net, trials), run, task, trials)


def names(report):
    return [cause.name for cause in report.causes]


@pytest.mark.parametrize("options", [{}, {"tuning": "on-off"}, {"lead": 0.0}])
def test_sound_conversions_have_no_cause(options):
    report = simulated(population(**options))
    assert report.state.nrmse < 0.1
    assert report.causes == ()
    assert "poor" not in str(report)


def slow_refractoriness():
    """Neurons that decoders were fitted to at up to 120 Hz, and that cannot fire faster than 1 / 20 ms."""
    return changed(parameters={**bank().parameters, "t_ref": np.full(bank().gain.shape, 0.02)})


def deaf_units():
    """The twenty units that vary most get no input and stay below threshold."""
    spread = apply(NETWORK.activation, ode(NETWORK, CALIBRATION.inputs, NETWORK.tau).states).std(axis=(0, 1))
    deaf = np.argsort(spread)[-20:]
    gain, bias = bank().gain.copy(), bank().bias.copy()
    gain[deaf] = bias[deaf] = 0
    return changed(gain=gain, bias=bias)


def narrow_calibration():
    """Calibration trials without input."""
    return population(replace(CALIBRATION, inputs=np.zeros_like(CALIBRATION.inputs)))


def scaled_synapses(factor):
    return changed(channels={name: Filter(factor * c.tau_decay, c.tau_rise) for name, c in bank().channels.items()})


def noise_gone():
    """Decoders for neurons with noise of 3 mV, which then have none."""
    return changed(population(noise=0.003), noise=np.zeros(bank().gain.shape))


def weak_inhibition():
    """Units whose outgoing weights sum to less than zero transmit 0.6 of their activity."""
    inhibitory = NETWORK.weights["recurrent"].sum(axis=0) < 0
    return changed(decoders={"activity": np.where(inhibitory, 0.6, 1.0)[:, None] * bank().decoders["activity"]})


def foreign_decoders():
    """Every unit has the decoders of another one."""
    return changed(decoders={"activity": np.roll(bank().decoders["activity"], 1, axis=0)})


PLANTED = {
    "saturation": (slow_refractoriness, r"limit is 50 Hz"),
    "silent units": (deaf_units, r"^20 of 200 units never fire"),
    "range exceeded": (narrow_calibration, r"of the states lie beyond"),
    "time-constant mismatch": (lambda: scaled_synapses(2.0), r"lag behind .*synapses (1\.9|2\.0)\d times as slow"),
    "noise mismatch": (noise_gone, r"decoders fit neurons with noise of 3 mV .*these have 0 mV"),
    "E/I drift": (weak_inhibition, r"excitatory units transmit (0\.9[89]|1\.0[01]) .*inhibitory ones 0\.(59|60|61);"),
    "decoding error": (foreign_decoders, r"decoders miss the activity by \d\.\d\d of its SD"),
    "too few spikes": (lambda: population(peak_rates=(4.0, 8.0)), r"spikes of a unit within its time constant"),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_the_one_cause_that_is_named(fault):
    make, evidence = PLANTED[fault]
    report = simulated(make())
    assert names(report) == [fault]
    (cause,) = report.causes
    # The one fault there is makes nearly all of the error; what is left is the sound map's own.
    assert 0.9 < cause.share <= 1
    assert re.search(evidence, cause.evidence)
    assert f"{fault} ({cause.share:.0%} of the squared state error): {cause.evidence}" in str(report)
    assert cause.advice in str(report)


def test_fast_synapses_run_ahead():
    (cause,) = simulated(scaled_synapses(0.5)).causes
    assert cause.name == "time-constant mismatch"
    assert "run ahead of" in cause.evidence


def test_of_two_faults_the_larger_comes_first():
    both = changed(scaled_synapses(1.5), decoders=weak_inhibition().bank("units").decoders)
    report = simulated(both)
    assert names(report)[0] == "E/I drift"
    assert [cause.share for cause in report.causes] == sorted((c.share for c in report.causes), reverse=True)


def random_network(activation, recurrent, noise, tau, bias=0.0):
    units = NETWORK.units
    rng = np.random.default_rng(0)
    weights = {
        "recurrent": recurrent,
        "input": rng.standard_normal((units, 1)),
        "bias": np.full(units, bias),
        "output": np.full((1, units), 1 / units),
        "output_bias": np.zeros(1),
        "initial_state": np.zeros(units),
    }
    everywhere = np.ones(units)
    return RateNetwork(weights, activation, tau * everywhere, DT, 0 * everywhere, noise * everywhere)


def test_a_chaotic_network_is_named_and_nothing_else():
    units = NETWORK.units
    recurrent = 3 * np.random.default_rng(1).standard_normal((units, units)) / np.sqrt(units)
    net = random_network("tanh", recurrent, 0.1, 0.02)
    task = Pulse()
    snn, _ = bridge.Population(neurons_per_unit=PER_UNIT)(net, task.trials(8, 1))
    report = simulated(snn, net, task, task.trials(4, 2))
    assert report.null.state > 1
    assert names(report) == ["chaotic rate network"]
    assert f"{report.null.state:.2f} SDs from itself" in str(report)
    assert report.causes[0].advice.endswith("train it again with a smaller initial gain, rate.train(..., gain=0.9)")
    # Trained without noise it has no null: a start that is moved a little tells.
    quiet = replace(net, noise=0 * net.noise, about={"settings": {"gain": 0.8}})
    report = simulated(snn, quiet, task, task.trials(4, 2))
    assert np.isnan(report.null.state)
    assert names(report) == ["chaotic rate network"]
    assert re.search(r"ends \d\.\d\d SDs away where its start is moved by 0.001 SDs", report.causes[0].evidence)
    assert report.causes[0].advice.endswith("gain=0.4)")


class Flicker(Pulse):
    """Right if the output goes up and down from step to step."""

    def score(self, outputs, trials):
        return Score((np.abs(np.diff(outputs[:, 60:, 0], axis=1)).mean(axis=1) > 0.05).astype(float))


def test_a_network_that_lives_on_its_time_step_is_named():
    # Mutual inhibition in steps of tau / 2: Euler goes up and down where 1 + 20 phi' > 4, its equation comes to rest.
    units = NETWORK.units
    net = random_network("sigmoid", np.full((units, units), -20.0 / units), 0.02, 2 * DT, bias=6.0)
    task = Flicker()
    snn, _ = bridge.Population(neurons_per_unit=PER_UNIT)(net, task.trials(8, 1))
    report = simulated(snn, net, task, task.trials(8, 2))
    assert (report.accuracy.rate, report.accuracy.spiking) == (1, 0)
    assert report.discretisation_nrmse > 0.5
    assert not report.null.state > 1
    # With time constants of 10 ms spikes are few as well, which is true but second.
    assert names(report) == ["time step", "too few spikes"]
    assert "which reaches an accuracy of 0.000" in str(report)
    assert f"rate.train(..., tau=({10 * DT:g}, {40 * DT:g}))" in report.causes[0].advice


def test_a_fault_that_is_not_known_is_said_to_be_unknown():
    # Weights onto the input that the description does not share with the rate network.
    (item,) = sound().inputs
    report = simulated(replace(sound(), inputs=(replace(item, weight=2 * item.weight),)))
    assert names(report) == ["unknown"]


def test_states_of_a_discrete_network_beyond_the_fitted_range_are_named():
    units, dt = 4, 0.05
    rng, tau = np.random.default_rng(0), np.full(4, 0.05)
    weights = {
        "recurrent": 0.2 * rng.standard_normal((units, units)),
        "input": rng.standard_normal((units, 1)),
        "bias": np.zeros(units),
        "output": np.ones((1, units)),
        "output_bias": np.zeros(1),
        "initial_state": np.zeros(units),
    }
    net = RateNetwork(weights, "tanh", tau, dt, np.zeros(units), np.zeros(units))
    inputs = np.repeat(rng.standard_normal((4, 5, 1)), 4, axis=1)
    calm, wild = (Trials(size * inputs, np.zeros((4, 20, 1)), np.ones((4, 20)), dt) for size in (0.1, 3.0))
    snn, _ = bridge.Population(neurons_per_unit=10, step_duration=0.1)(net, calm)
    found = {}
    for name, some in (("calm", calm), ("wild", wild)):
        run = rate.run(net, some)
        spikes = replace(run, source=snn)
        own = Evidence(some, RateRun(run.states, run.rates, run.outputs), run, spikes, Pulse())
        found[name] = find(own, Pulse(), Null(UNDEFINED, UNDEFINED), 0.0)
    assert [cause.name for cause in found["calm"]] == ["unknown"]
    assert [cause.name for cause in found["wild"]] == ["range exceeded"]
    assert "of the states lie beyond what the decoders were fitted to" in found["wild"][0].evidence


def some_course(seed=0):
    """A run of a small network that is moved at random in every step, and its reference."""
    net, rng = network(noise=0.0), np.random.default_rng(seed)
    inputs = Pulse().trials(3, 0).inputs
    reference = ode(net, inputs, net.tau).states
    steps = course(net, inputs, net.weights["initial_state"], reference, reference)
    defects = 0.05 * rng.standard_normal(reference.shape) + 0.02
    moved = replay(steps, defects, np.zeros_like)
    return course(net, inputs, net.weights["initial_state"], moved, reference), defects


def test_the_rate_equation_flows_as_it_is_integrated():
    steps, _ = some_course()
    still = course(steps.network, Pulse().trials(3, 0).inputs, np.zeros(12), steps.reference, steps.reference)
    assert np.abs(flow(still.network, still.before, still.held) - still.after).max() < 1e-12


def test_all_defects_retrace_the_run_and_none_the_reference():
    steps, defects = some_course()
    assert np.abs(steps.after - flow(steps.network, steps.before, steps.held) - defects).max() < 1e-12
    assert np.abs(replay(steps, 0 * defects, np.zeros_like) - steps.reference).max() < 1e-12
    assert explained(steps, 0 * defects, np.zeros_like) == pytest.approx(1, abs=1e-12)
    assert explained(steps, defects, np.zeros_like) == pytest.approx(0, abs=1e-12)
    assert explained(steps, 2 * defects, np.zeros_like) == 0
    # A defect that depends on the state is the same whichever way it is given, as long as the states are the same.
    assert np.abs(replay(steps, defects - 0.1 * steps.before, lambda x: 0.1 * x) - steps.after).max() < 1e-12


def test_constants_of_activities_are_taken_back_from_the_description():
    rng = np.random.default_rng(3)
    net = network()
    constants = rng.standard_normal(net.units)
    snn = mapped(net)
    moved = replace(snn.banks[0], offset=net.weights["bias"] + net.weights["recurrent"] @ constants)
    readout = replace(snn.readout, bias=net.weights["output"] @ constants)
    (route,) = routes(net, replace(snn, banks=(moved,), readout=readout), rng.standard_normal((2, 50, net.units)))
    assert route.constant == pytest.approx(constants, abs=1e-9)


NONE = Pair(UNDEFINED, UNDEFINED)
RIGHT = Pair(1.0, 1.0)
POOR = {
    "far away": (RIGHT, NONE, 0.3, Null(0.1, 0.1), True),
    "as far as its noise takes it": (RIGHT, NONE, 0.3, Null(0.2, 0.2), False),
    "far away, trained without noise": (RIGHT, NONE, 0.3, Null(UNDEFINED, UNDEFINED), True),
    "near, trained without noise": (RIGHT, NONE, 0.2, Null(UNDEFINED, UNDEFINED), False),
    "near, but twice the null": (RIGHT, NONE, 0.2, Null(0.05, 0.05), False),
    "chaotic": (RIGHT, NONE, 1.2, Null(1.4, 1.4), True),
    "wrong": (Pair(1.0, 0.6), NONE, 0.1, Null(0.1, 0.1), True),
    "perhaps wrong": (Pair(1.0, 0.96), NONE, 0.1, Null(0.1, 0.1), False),
    "forecasts worse": (NONE, Pair(0.4, 0.7), 0.1, Null(0.1, 0.1), True),
    "forecasts a little worse": (NONE, Pair(0.03, 0.07), 0.1, Null(0.1, 0.1), False),
}


@pytest.mark.parametrize("case", POOR)
def test_poor_is_what_noise_and_chance_do_not_explain(case):
    accuracy, error, distance, null, poor = POOR[case]
    split = Split(distance, UNDEFINED, UNDEFINED)
    assert is_poor(accuracy, error, 50, (split, split), null) is poor
