"""What a run is asked for: neurons in the order asked for, currents, silence, and the choice of spikes afterwards."""

from dataclasses import replace

import numpy as np
import pytest
from networks import delayed_banks, leaky_network, random_trials, two_banks

from biornn import spiking
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.core.spiking import Projection
from biornn.spiking import cache, compilation


@pytest.fixture
def interpreted(monkeypatch):
    """Simulations run on Brian2's numpy target."""
    monkeypatch.setattr("biornn.spiking.simulate.compiler", lambda: ())


def unconnected(network):
    """The same network, whose units do not hear each other."""
    silent = [replace(p, weight=np.zeros_like(p.weight)) for p in network.projections]
    return replace(network, projections=tuple(silent))


def spikes_of(run):
    return list(zip(run.spikes.trial.tolist(), run.spikes.neuron.tolist(), run.spikes.time.tolist(), strict=True))


def test_neurons_come_in_the_order_asked_for_and_any_number_of_them_runs_one_program(monkeypatch):
    network, trials = two_banks(), random_trials(two_banks())
    every = spiking.run(network, trials, voltages="all", currents="all", progress=False)
    monkeypatch.setattr(cache, "call_brian2", lambda *_: pytest.fail("compiled again"))
    mask = np.zeros(network.neurons, dtype=bool)
    mask[[4, 20]] = True
    for asked, wanted in (([20, 3, 14], [20, 3, 14]), ([7], [7]), (mask, [4, 20]), ([], []), (np.int64([32]), [32])):
        run = spiking.run(network, trials, voltages=asked, currents=asked, spikes=asked, progress=False)
        np.testing.assert_array_equal(run.recorded, wanted)
        for part in ("voltages", "currents"):
            np.testing.assert_array_equal(getattr(run, part).neurons, wanted)
            np.testing.assert_array_equal(getattr(run, part).values, getattr(every, part).values[:, :, wanted])
        assert spikes_of(run) == [spike for spike in spikes_of(every) if spike[1] in wanted]
    assert every.spikes.count > 50


@pytest.mark.parametrize("wanted", [[(17, 3)], [1.7], [True, False], ["all", "none"], [5, 5], [33], -1, {3}, None])
def test_what_chooses_no_neurons_is_refused(wanted):
    network = two_banks()
    for option in ("spikes", "voltages", "currents"):
        with pytest.raises(InputError, match=rf"^{option}: must "):
            spiking.run(network, random_trials(network), progress=False, **{option: wanted})


def test_currents_are_the_drive_that_moves_the_membrane():
    network = two_banks()
    run = spiking.run(network, random_trials(network), voltages="all", currents="all", progress=False)
    rest, approach = [], []
    for bank in network.banks:
        rest.append(bank.parameters["v_rest"].ravel())
        approach.append(-np.expm1(-network.dt / bank.parameters["tau_m"].ravel()))
    v, drive = run.voltages.values, run.currents.values
    moved = v[:, :-1] + np.concatenate(approach) * (np.concatenate(rest) + drive[:, :-1] - v[:, :-1])
    free = np.isclose(v[:, 1:], moved, rtol=0, atol=1e-12)
    clamped = v[:, 1:] == np.concatenate([bank.parameters["v_reset"].ravel() for bank in network.banks])
    assert (free | clamped).all()
    assert free.mean() > 0.5


WINDOW = {"from_": 0.031, "until": 0.08}


@pytest.mark.parametrize("engine", ["compiled", "interpreted"])
def test_silenced_neurons_of_an_unconnected_network_lose_their_spikes_and_nothing_else(engine, request):
    if engine == "interpreted":
        request.getfixturevalue("interpreted")
    network = unconnected(two_banks())
    trials = random_trials(network)
    plain = spiking.run(network, trials, progress=False)
    chosen = [2, 3, 14, 32]
    muted = spiking.run(network, trials, silence={"neurons": chosen}, **WINDOW, progress=False)
    # 0.031 s is step 310 of 0.1 ms; sums of steps miss it by rounding.
    lost = [s for s in spikes_of(plain) if s[1] in chosen and 310 <= round(s[2] / 1e-4) < 800]
    assert len(lost) > 5
    assert spikes_of(muted) == [s for s in spikes_of(plain) if s not in lost]
    counted = plain.rates.sum() - muted.rates.sum()
    last = [s for s in lost if s[1] >= 12]  # neurons of the observed bank
    assert counted * network.step_duration * 7 == pytest.approx(len(last))


@pytest.mark.parametrize("network", [leaky_network(), delayed_banks()], ids=["one bank", "delays"])
def test_silence_stops_what_is_sent_and_leaves_the_past_alone(network, monkeypatch):
    trials = random_trials(network)
    plain = spiking.run(network, trials, progress=False)
    monkeypatch.setattr(cache, "call_brian2", lambda *_: pytest.fail("compiled again"))
    units = [0, 2]
    muted = spiking.run(network, trials, silence={"units": units}, from_=0.05, progress=False)
    neurons = np.concatenate([network.neurons_of(unit) for unit in units])
    early = [s for s in spikes_of(plain) if s[2] < 0.05 - 1e-9]
    assert [s for s in spikes_of(muted) if s[2] < 0.05 - 1e-9] == early
    late = muted.of(neuron=neurons, from_=0.05)
    assert late.count == 0
    assert plain.of(neuron=neurons, from_=0.05).count > 5
    assert muted.rates[:, -1][:, units].max() == 0
    assert not np.array_equal(muted.outputs, plain.outputs)
    whole = spiking.run(network, trials, silence={"units": range(len(plain.rates[0, 0]))}, progress=False)
    assert whole.rates.max() == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"silence": [3]}, r"silence: must be a dict \(got a list\); give {'units'"),
        ({"silence": {"unit": [3]}}, r"silence: must be a known name \(got 'unit'\); .*did you mean units"),
        ({"silence": {"units": [6]}}, r"silence\['units'\]: must be from 0 to 5 \(got 6\)"),
        ({"silence": {"neurons": [0.5]}}, r"silence\['neurons'\]: must be whole numbers"),
        ({"silence": {"units": []}}, r"silence: must name units or neurons"),
        ({"from_": 0.1}, r"silence: must name units or neurons \(got a window alone\)"),
        ({"silence": {"units": [1]}, "from_": 0.1, "until": 0.1}, r"until: must be later than from_ = 0.1 s"),
        ({"silence": {"units": [1]}, "until": 300}, r"until: must be from 0 s to 0.2 s \(got 300 s\)"),
        ({"seed": 1.5}, r"seed: must be a whole number"),
        ({"jobs": "2"}, r"jobs: must be a whole number"),
        ({"progress": "no"}, r"progress: must be True or False"),
    ],
)
def test_requests_without_a_meaning_are_refused(options, message):
    network = leaky_network()
    with pytest.raises(InputError, match=message):
        spiking.run(network, random_trials(network), **{"progress": False, **options})


def test_what_is_no_spiking_network_or_no_trials_is_named():
    network = leaky_network()
    trials = random_trials(network)
    weights = {"recurrent": np.eye(1), "input": np.ones((1, 1)), "bias": np.zeros(1), "output": np.ones((1, 1))}
    weights |= {"output_bias": np.zeros(1), "initial_state": np.zeros(1)}
    rate = RateNetwork(weights, "tanh", np.full(1, 0.05), 0.01, np.zeros(1), np.zeros(1))
    with pytest.raises(InputError, match=r"network: must be a SpikingNetwork \(got a RateNetwork\); map .*Population"):
        spiking.run(rate, trials)
    with pytest.raises(InputError, match=r"must be given the network first \(got trials first\); swap"):
        spiking.run(trials, network)
    with pytest.raises(InputError, match=r"trials: must be a Trials \(got a ndarray\); draw trials"):
        spiking.run(network, trials.inputs)
    bank = network.banks[0]
    with pytest.raises(InputError, match=r"Bank\[units\].model: must be a known name \(got 'hh'\)"):
        spiking.run(replace(network, banks=(replace(bank, model="hh"),)), trials)
    with pytest.raises(InputError, match=r"Bank\[units\].parameters: must have tau_m"):
        spiking.run(replace(network, banks=(replace(bank, parameters={}),)), trials)


def test_spikes_are_chosen_by_unit_neuron_trial_and_time():
    network = two_banks()
    run = spiking.run(network, random_trials(network), progress=False)
    loud = int(run.rates[1].sum(axis=0).argmax())
    unit = run.of(unit=loud, trial=1)
    own = (run.spikes.trial == 1) & ((run.spikes.neuron - 12) // 7 == loud)
    np.testing.assert_array_equal(unit.time, run.spikes.time[own])
    assert unit.count > 3
    other = run.of(unit=0, bank="first")
    assert set(other.neuron) <= {0, 1, 2}
    assert run.of().count == run.spikes.count
    late = run.of(neuron=[5, 4], from_=0.02, until=0.05)
    assert set(late.neuron) <= {4, 5}
    assert ((late.time >= 0.02) & (late.time < 0.05)).all()
    assert network.neuron(12 + 7 + 3) == ("second", 1, 3)
    assert network.neuron(11) == ("first", 3, 2)
    np.testing.assert_array_equal(network.neurons_of(1), np.arange(19, 26))
    part = spiking.run(network, random_trials(network), spikes=[30], progress=False)
    for asked, message in (
        ({"unit": 1}, r"must be neurons whose spikes were kept \(got neuron 19\); run with spikes='all'"),
        ({"unit": 3}, r"unit: must be a whole number from 0 to 2 \(got 3\)"),
        ({"trial": 2}, r"trial: must be a whole number from 0 to 1 \(got 2\)"),
        ({"unit": 1, "neuron": 3}, r"must be asked for a unit or for neurons"),
        ({"neuron": "all"}, r"neuron: must be"),
        ({"unit": 0, "bank": "third"}, r"bank: must be a known name \(got 'third'\)"),
    ):
        with pytest.raises(InputError, match=message):
            part.of(**asked)


def test_names_meet_nobody_in_generated_code():
    """Names of banks that look like those of other objects, and channels that look like other variables."""
    network = two_banks()
    first, second = network.banks
    names = {"slow": "int", "direct": "decay_state"}
    first = replace(
        first,
        name="second_neurons",
        channels={names[name]: channel for name, channel in first.channels.items()},
        initial={names[name]: value for name, value in first.initial.items()},
        rising={names[name]: value for name, value in first.rising.items()},
        decoders={"x_pre": first.decoders["linear"], "projection_0": first.decoders["square"]},
    )

    def renamed(item):
        changes = {key: "second_neurons" for key in ("source", "target") if getattr(item, key, "") == "first"}
        if isinstance(item, Projection) and item.source == "first":
            changes["decoder"] = {"linear": "x_pre", "square": "projection_0"}[item.decoder]
        if item.target == "first":
            changes["channel"] = names[item.channel]
        return replace(item, **changes)

    odd = replace(
        network,
        banks=(first, second),
        projections=tuple(map(renamed, network.projections)),
        inputs=tuple(map(renamed, network.inputs)),
    )
    trials = random_trials(network)
    plain, other = (spiking.run(each, trials, progress=False) for each in (network, odd))
    np.testing.assert_array_equal(plain.states, other.states)
    assert spikes_of(plain) == spikes_of(other)


def test_code_objects_are_joined_to_a_few_pieces(tmp_path):
    (tmp_path / "code_objects").mkdir()
    for number in range(20):
        stem = tmp_path / "code_objects" / f"thing_{number}"
        stem.with_suffix(".h").write_text(f"void _run_thing_{number}();\n")
        stem.with_suffix(".cpp").write_text("#include <cmath>\n")
    pieces = compilation.join_code_objects(tmp_path)
    assert len(pieces) == 2
    joined = "".join(pieces.values())
    assert all(joined.count(f"thing_{number}_own::_run_thing_{number}()") == 1 for number in range(20))
    (tmp_path / "code_objects" / "thing_3.h").write_text("int x;")
    with pytest.raises(RuntimeError, match=r"unknown way: thing_3.cpp"):
        compilation.join_code_objects(tmp_path)


def test_spikes_are_not_chosen_by_times_in_ms_masked_or_ragged_neurons():
    network = two_banks()
    run = spiking.run(network, random_trials(network), progress=False)
    with pytest.raises(InputError, match="from_: must be from 0 s to"):
        run.of(from_=100, until=300)
    with pytest.raises(InputError, match="until: must be from 0 s to"):
        run.of(until=300)
    with pytest.raises(InputError, match="neuron: must have no masked values"):
        run.of(neuron=np.ma.array([1, 2], mask=[False, True]))
    with pytest.raises(InputError, match="neuron: must be an array of real numbers"):
        run.of(neuron=[[1], [2, 3]])
    assert run.of(until=run.duration).count == run.spikes.count > 0
