"""The fidelity study: its points, its split by trial, what it draws, and the part of the second simulator that is ours.

What it measures is tested in tests/agreement.
"""

import sys
from dataclasses import asdict, replace

import numpy as np
import pytest
from networks import leaky_network
from reference import simulate

from benchmarks.shared.fidelity_figure import figure, interval, table
from benchmarks.shared.lines import Lines
from benchmarks.shared.nest_twin import Twin
from benchmarks.shared.spikeless import spikeless, started
from benchmarks.studies import fidelity
from benchmarks.studies.fidelity import FINE_STEP, NETWORKS, NEURONS, Point, by_trial, points
from biornn import bridge, experiment, spiking, store
from biornn.core.spiking import Filter
from biornn.theory.distance import nrmse, split
from biornn.theory.rate import ode


def planted(name="xor-sigmoid", m=10, bias=0.1, noise=0.05, **others):
    point = Point(name, m, trials=2, **others)
    part = {"bias": [bias**2 * 0.5, bias**2 * 1.5], "noise": [noise**2, noise**2]}
    measures = {"nrmse": np.hypot(bias, noise), "bias": bias, "noise": noise}
    rest = {"by_trial": {"state": part, "readout": part}, "discretisation_nrmse": 0.02, "mean_rate_hz": 20.0}
    return {**asdict(point), "state": measures, "readout": measures, **rest}


def test_every_point_is_asked_for_once_and_cheap_ones_come_first():
    every = points(NETWORKS, NEURONS)
    assert len(set(every)) == len(every)
    for name in NETWORKS:
        plain = [p for p in every if p.network == name and p.dt == 1e-4 and not p.shuffled]
        assert [p.neurons_per_unit for p in plain] == [10, 20, 50, 100, 200, 500, 1000]
        assert any(p.shuffled for p in every if p.network == name)
    assert {p.network for p in every if p.dt == FINE_STEP} == {"go-nogo-sigmoid", "xor-sigmoid"}
    assert every[0].neurons_per_unit == 10


def test_squares_of_single_trials_average_to_the_split():
    random = np.random.default_rng(0)
    reference = random.normal(size=(3, 40, 5))
    offset = np.array([0.0, 0.1, 0.4])[:, None, None]
    runs = [reference + offset + 0.2 * random.normal(size=reference.shape) for _ in range(8)]
    found, whole = by_trial(runs, reference), split(runs, reference)
    assert np.mean(found["bias"]) == pytest.approx(whole.bias**2)
    assert np.mean(found["noise"]) == pytest.approx(whole.noise**2)
    # Pooled SD 1; 200 samples in each trial.
    assert np.sqrt(np.maximum(found["bias"], 0)) == pytest.approx([0, 0.1, 0.4], abs=0.03)


def test_bootstrap_interval_is_that_of_a_mean_of_squares():
    assert interval([0.04] * 5) == pytest.approx((0.2, 0.2))
    squares = np.random.default_rng(0).chisquare(3, size=400)
    low, high = interval(squares)
    # The mean of 400 squares of SD sqrt(6) has an SE of 0.122; the root halves it and divides by sqrt(3).
    assert high - low == pytest.approx(2 * 1.96 * 0.122 / (2 * np.sqrt(squares.mean())), rel=0.15)
    assert low < np.sqrt(squares.mean()) < high
    assert interval([-1.0, -2.0, -1.0, -3.0]) == (0.0, 0.0)
    assert np.isnan(interval([0.1, 0.2])).all()


def test_the_figure_shows_every_kind_of_point_on_log_axes():
    rows = [planted(m=m, noise=0.1 / np.sqrt(m)) for m in (10, 100)]
    rows += [planted(m=10, dt=FINE_STEP), planted(m=10, shuffled=True, bias=1.0), planted(m=10, simulator="other 1.0")]
    rows += [planted(m=10, lead=0.0, bias=0.7)]  # not the default mapping: in the table only
    rows += [{**planted(m=10, bias=0.7), "trials": 1}]  # fewer trials of what is there: in the table only
    picture = figure(rows)
    states, _ = picture.axes
    assert states.get_xscale() == states.get_yscale() == "log"
    lines = {bar.get_label(): bar.lines[0] for bar in states.containers}
    assert list(lines["bias, dt 0.1 ms"].get_xdata()) == [10, 100]
    assert lines["noise, dt 0.1 ms"].get_ydata() == pytest.approx([0.1 / np.sqrt(10), 0.01])
    assert lines["bias, columns of W shuffled"].get_ydata() == pytest.approx([1.0])
    assert {"bias, dt 0.02 ms", "bias, other 1.0", "noise, other 1.0"} <= set(lines)
    assert not any(0.7 in line.get_ydata() for line in lines.values())
    (written,) = [line for line in table(rows).splitlines() if "lead 0" in line]
    assert written.split("|")[7].split()[0] == "0.7000"


def test_a_point_that_is_kept_is_not_measured_again(tmp_path, monkeypatch, capsys):
    kept = Lines(tmp_path / "fidelity.jsonl")
    for point in points(["xor-sigmoid"], [10]):
        kept.add({**planted(), **asdict(point)})
    monkeypatch.setattr(fidelity, "measure", lambda _: pytest.fail("measured again"))
    arguments = ["--networks", "xor-sigmoid", "--neurons", "10", "--rows", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["fidelity.py", *arguments, "--figure", str(tmp_path / "figure.png")])
    fidelity.main()
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    # Others are, unless there is only to be drawn.
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--neurons", "20"])
    with pytest.raises(pytest.fail.Exception, match="measured again"):
        fidelity.main()
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--table"])
    fidelity.main()
    assert "| xor-sigmoid | biornn | 10 | 0.1 |" in capsys.readouterr().out


def test_states_without_spikes_are_what_the_reference_simulator_finds_when_nothing_is_decoded():
    network = leaky_network(units=4, neurons=3)
    (bank,) = network.banks
    # Input and recurrence through channels of their own, the latter with a rise.
    random = np.random.default_rng(1)
    channels = {"synapse": bank.channels["synapse"], "slow": Filter(np.full(4, 0.05), np.full(4, 0.004))}
    starts = {name: {channel: random.normal(size=4) for channel in channels} for name in ("initial", "rising")}
    mute = {"activity": np.zeros(bank.gain.shape)}
    bank = replace(bank, channels=channels, decoders=mute, **starts)
    route = replace(network.projections[0], channel="slow")
    network = replace(network, banks=(bank,), projections=(route,))
    inputs = random.normal(size=(20, 2))
    states, _, _ = simulate(network, inputs, seed=0)
    at = (np.arange(20) + 1) * network.sample_dt
    # The simulator holds the rise for a step of 0.1 ms: 1 % of 4 ms on what is left of it.
    assert spikeless(network, inputs, at) == pytest.approx(states, abs=0.02)
    assert np.ptp(states) > 0.5


def test_starting_voltages_lead_to_evenly_spread_first_spikes():
    network = leaky_network(units=3, neurons=2000)
    (bank,) = network.banks
    phase = np.random.default_rng(0).random(bank.gain.shape)
    v = started(bank, phase)
    p = bank.parameters
    steady = p["v_rest"] + bank.bias + bank.gain * bank.initial_state[:, None]
    fires = steady > p["v_threshold"] + 1e-4
    own, tau_m = {name: value[fires] for name, value in p.items()}, 0.02
    above = steady[fires] - own["v_threshold"]
    wait = tau_m * np.log((steady - v)[fires] / above)
    cycle = own["t_ref"] + tau_m * np.log((steady[fires] - own["v_reset"]) / above)
    assert fires.sum() > 1000
    assert wait / cycle == pytest.approx(1 - phase[fires])
    assert (v[~fires & (steady < p["v_threshold"])] < p["v_threshold"].min()).all()


def test_nest_finds_the_same_error_neuron_by_neuron():
    pytest.importorskip("nest")
    network = store.load(store.find("go-nogo-sigmoid"))
    task = experiment.task_of(network)
    fresh = task.part("test").trials(1, 202)
    snn, _ = bridge.Population(neurons_per_unit=5)(network, task.part("train").trials(32, 101))
    theirs = Twin(snn, exact=False).run(fresh, seed=0)
    ours = spiking.run(snn, fresh, seed=0, spikes="none", progress=False)
    reference = ode(network, fresh.inputs, snn.readout.synapse.tau_decay)
    assert theirs.rates.mean() == pytest.approx(ours.rates.mean(), rel=0.01)
    # Other phases: single runs of noise 0.05 differ by about a tenth.
    errors = [nrmse(run.states, reference.states) for run in (theirs, ours)]
    assert errors[0] == pytest.approx(errors[1], rel=0.3)
