"""The report as a whole: its keys, its text, the null, the discretisation error, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from planted import DT, Pulse, network, rate_run, repeats, with_spikes

from biornn.compare import compare
from biornn.core.checks import InputError
from biornn.core.task import Score
from biornn.theory.distance import nrmse
from biornn.theory.rate import ode

TASK = Pulse()
TRIALS = TASK.trials(6, 0)
NET = network()
RATES = rate_run(NET, TRIALS)
RUNS = repeats(NET, TRIALS, 2, noise=0.05, network="pulse-sigmoid", mapping="population", seconds_map=0.5)

KEYS = {
    "task": None, "network": None, "mapping": None, "trials": None, "repeats": None, "seed": None, "units": None,
    "neurons": None, "accuracy": ["rate", "spiking"], "error": ["rate", "spiking"],
    "state": ["nrmse", "bias", "noise"], "readout": ["nrmse", "bias", "noise"], "null": ["state", "readout"],
    "discretisation_nrmse": None, "rate_correlation": None, "mean_rate_hz": None, "cv2": None,
    "seconds": ["map", "build", "simulate"],
}  # fmt: skip


class Forecast(Pulse):
    name = "forecast"

    def score(self, outputs, trials):
        return Score(np.full(trials.count, np.nan), float(outputs.std()))


def test_json_keys_are_those_of_the_design():
    written = compare(RATES, RUNS, TASK, TRIALS, seed=4).to_dict()
    assert {key: list(value) if isinstance(value, dict) else None for key, value in written.items()} == KEYS
    assert json.loads(json.dumps(written, allow_nan=False)) == written
    assert (written["task"], written["network"], written["mapping"]) == ("pulse", "pulse-sigmoid", "population")
    assert (written["trials"], written["repeats"], written["seed"]) == (6, 2, 4)
    assert (written["units"], written["neurons"]) == (12, 240)
    assert written["seconds"] == {"map": 0.5, "build": None, "simulate": None}
    assert written["error"] == {"rate": None, "spiking": None}
    assert written["state"]["bias"] is None
    assert written["state"]["nrmse"] > 0


def test_undefined_names_and_forecast_accuracies_are_null():
    written = compare(RATES, repeats(NET, TRIALS, 1), Forecast(), TRIALS).to_dict()
    assert (written["network"], written["mapping"]) == (None, None)
    assert written["accuracy"] == {"rate": None, "spiking": None}
    assert written["error"]["rate"] == pytest.approx(RATES.outputs.std())
    assert written["cv2"] is None


def test_seconds_are_summed_over_repeats():
    timed = [replace(run, about={"seconds_build": 2.0, "seconds_simulate": 3.0}) for run in RUNS]
    assert compare(RATES, timed, TASK, TRIALS).seconds == (0.5, 4.0, 6.0)


def test_both_networks_have_the_same_judge():
    perfect = replace(RUNS[0], outputs=TRIALS.targets.copy())
    report = compare(RATES, perfect, TASK, TRIALS)
    assert report.accuracy.spiking == 1.0
    assert report.accuracy.rate == TASK.score(RATES.outputs, TRIALS).accuracy < 1.0


def test_text_names_numbers_intervals_and_what_is_missing():
    text = str(compare(RATES, [with_spikes(RUNS[0]), RUNS[1]], TASK, TRIALS))
    for part in ("pulse | pulse-sigmoid | population", "95 % interval", "needs 8 repeats", "240 neurons", " Hz", "CV2"):
        assert part in text
    assert max(map(len, text.splitlines())) < 120
    assert "nan" not in text
    assert "accuracy" not in str(compare(RATES, RUNS, Forecast(), TRIALS)).split("state error")[0]


def test_a_perfect_spiking_network_has_no_error():
    report = compare(RATES, repeats(NET, TRIALS, 1), TASK, TRIALS)
    assert report.state.nrmse == pytest.approx(0, abs=1e-12)
    assert report.readout.nrmse == pytest.approx(0, abs=1e-12)
    assert report.rate_correlation == pytest.approx(1)


def test_null_grows_with_the_training_noise_and_is_undefined_without():
    nulls = []
    for noise in (0.0, 0.05, 0.1):
        net = network(noise=noise)
        nulls.append(compare(rate_run(net, TRIALS), repeats(net, TRIALS, 1), TASK, TRIALS).null)
    assert np.isnan(nulls[0]).all()
    # A stable network answers small noise in proportion; sigmoid's curvature stays below 10 % here.
    assert nulls[2].state == pytest.approx(2 * nulls[1].state, rel=0.1)
    assert nulls[2].readout > nulls[1].readout > 0


def test_null_follows_its_seed_alone():
    first, again, other = (
        compare(RATES, RUNS[:count], TASK, TRIALS, seed=s).null for count, s in ((1, 9), (2, 9), (1, 10))
    )
    assert first == again
    assert first != other
    # 7200 correlated samples of the same process: two draws agree far better than by 20 %.
    assert first.state == pytest.approx(other.state, rel=0.2)


def test_discretisation_error_shrinks_linearly_with_the_step():
    errors = []
    for factor in (1, 2, 4):
        net = replace(NET, dt=DT / factor)
        trials = replace(
            TRIALS,
            inputs=np.repeat(TRIALS.inputs, factor, axis=1),
            targets=np.repeat(TRIALS.targets, factor, axis=1),
            mask=np.repeat(TRIALS.mask, factor, axis=1),
            dt=DT / factor,
        )
        run = rate_run(net, trials)
        errors.append(nrmse(run.states, ode(net, trials.inputs, np.zeros(net.units)).states))
    # Euler is first order: halving dt halves the error, up to terms of order dt / tau = 0.1.
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.1)
    assert errors[1] / errors[2] == pytest.approx(2, rel=0.05)


def test_repeats_may_come_from_other_processes():
    copies = repeats(NET, TRIALS, 2, noise=0.05)  # one description
    other = replace(repeats(NET, TRIALS, 2, noise=0.05)[1])  # an equal one
    assert compare(RATES, [copies[0], other], TASK, TRIALS).repeats == 2


def noisy_run():
    return replace(RATES, states=RATES.states + 0.1 * np.random.default_rng(0).standard_normal(RATES.states.shape))


def cut(run, part):
    return replace(run, states=run.states[part], rates=run.rates[part], outputs=run.outputs[part])


REFUSED = {
    "swapped": (RUNS[0], RATES, "rates: must be the recording of a rate network"),
    "two rate runs": (RATES, RATES, r"spikes\[0\]: must be the recording of a spiking network"),
    "none": (RATES, [], "spikes: must hold at least one"),
    "another length": (RATES, cut(RUNS[0], np.s_[:, 1:]), r"spikes\[0\].states: must have shape"),
    "fewer trials": (RATES, [RUNS[0], cut(RUNS[1], np.s_[1:])], r"spikes\[1\].states: must have"),
    "another step": (RATES, replace(RUNS[0], dt=1e-3), r"spikes\[0\].dt: must be the trials' step 0.005 s"),
    "one seed": (RATES, [RUNS[0], RUNS[0]], "spikes: must be repeats under different seeds"),
    "another size": (RATES, repeats(network(units=9), TRIALS, 1), "must come from a spiking network with 12 states"),
    "two networks": (RATES, [RUNS[0], repeats(network(seed=3), TRIALS, 2)[1]], "must be a run of the same spiking"),
    "a noisy rate run": (noisy_run(), RUNS, "rates: must be the rate network's run on these trials without noise"),
    "other trials": (rate_run(NET, TASK.trials(6, 1)), RUNS, "rates: must be the rate network's run on these trials"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_recordings_that_do_not_belong_together_are_refused_in_one_line(case):
    rates, spikes, message = REFUSED[case]
    with pytest.raises(InputError, match=message) as refusal:
        compare(rates, spikes, TASK, TRIALS)
    assert "\n" not in str(refusal.value)
