"""The verdict: whether the twin follows, how well against the noise floor, and what limits it, at every boundary."""

import math
from dataclasses import replace

import pytest
from planted import Pulse, network, rate_run, repeats, with_spikes

from biornn.compare import Cause, compare
from biornn.compare.records import Null, Pair
from biornn.compare.verdict import Measured, ratio, verdict
from biornn.core.recording import NO_SPIKES
from biornn.theory.distance import Split

NAN = float("nan")
GOOD = Measured(
    accuracy=Pair(1.0, 1.0),
    error=Pair(NAN, NAN),
    trials=64,
    state=Split(0.014, 0.006, 0.0126),
    readout=Split(0.02, 0.01, 0.017),
    null=Null(0.07, 0.05),
    time_step=0.01,
    poor=False,
    causes=(),
    fired=True,
    step_ms=5.0,
)
SATURATION = Cause("saturation", "x", "y", 0.5)


def said(**changes):
    text = verdict(GOOD._replace(**changes))
    assert "nan" not in text
    assert "\n" not in text
    assert text.endswith(".")
    return text


def test_the_verdict_of_a_good_conversion():
    assert said() == (
        "The spiking network follows the rate network: state error 0.014 SD, a fifth of the noise floor 0.070; "
        "accuracy 1.00 as the rate network's 1.00. Mostly spike noise limits it (bias 0.0060, noise 0.013)."
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "less than a tenth of"),
        (0.079, "less than a tenth of"),
        (0.08, "a tenth of"),
        (0.119, "a tenth of"),
        (0.12, "a fifth of"),
        (0.2, "a fifth of"),
        (0.25, "a quarter of"),
        (1 / 3, "a third of"),
        (0.5, "half of"),
        (0.7, "about"),
        (1.0, "about"),
        (1.39, "about"),
        (1.4, "1.4 times"),
        (12.34, "12.3 times"),
    ],
)
def test_a_ratio_to_the_noise_floor_in_words(value, words):
    assert ratio(value) == words


def test_without_training_noise_there_is_no_floor():
    assert "0.014 SD (no noise floor: it was trained without noise)" in said(null=Null(NAN, NAN))
    assert "no noise floor" in said(null=Null(0.0, 0.0))


def test_above_one_the_noise_floor_forbids_a_verdict_on_trajectories():
    assert said(null=Null(1.0, 1.0)).startswith("The spiking network follows")
    text = said(null=Null(1.01, 1.0), state=Split(1.2, NAN, NAN), poor=True, causes=(SATURATION,))
    assert text.startswith("No spiking network can follow the trajectories of this rate network: state error 1.2 SD")
    assert "by 1.0 SD (noise floor above 1)" in text
    assert text.endswith("Only accuracy, geometry and statistics compare.")
    assert "saturation" not in text


def test_a_reference_that_never_changes_defines_nothing():
    text = said(state=Split(NAN, NAN, NAN), readout=Split(NAN, NAN, NAN), null=Null(NAN, NAN), time_step=NAN)
    assert text.startswith("Whether the spiking network follows the states of the rate network is undefined")
    assert "the rate network's states never change" in text


def test_silence_is_named_before_anything_else():
    assert said(fired=False) == "The spiking network does not follow the rate network: no neuron fired."


def test_a_poor_conversion_names_its_causes():
    bad = {"poor": True, "state": Split(0.8, NAN, NAN)}
    assert said(**bad, causes=(SATURATION,)).endswith("Main cause: saturation.")
    assert said(**bad, causes=(SATURATION,)).startswith("The spiking network does not follow the rate network: state")
    assert "Main cause: saturation, then noise." in said(**bad, causes=(SATURATION, Cause("noise", "x", "y", 0.3)))
    assert "No known cause explains it." in said(**bad, causes=(Cause("unknown", "x", "y", NAN),))
    assert "cause" not in said(**bad)  # of a gated network no cause is looked for


def test_states_may_follow_where_outputs_do_not():
    text = said(poor=True, readout=Split(0.9, NAN, NAN))
    assert "follows the states of the rate network, but not its outputs: output error 0.90 SD, state error" in text
    floor = said(poor=True, state=Split(0.4, NAN, NAN), null=Null(0.21, 0.1))
    assert "but not its outputs" in floor  # twice the floor
    assert "does not follow" in said(poor=True, state=Split(0.4, NAN, NAN), null=Null(0.19, 0.1))
    assert "does not follow" in said(poor=True, state=Split(0.4, NAN, NAN), null=Null(NAN, NAN))


@pytest.mark.parametrize(
    ("bias", "noise", "wanted"),
    [
        (0.01, 0.016, "Mostly spike noise limits it"),
        (0.016, 0.01, "Mostly bias limits it"),
        (0.01, 0.015, "Bias (0.010) and spike noise (0.015) limit it alike."),
        (0.0, 0.01, "Mostly spike noise"),
        (0.0, 0.0, "limit it alike"),
        (NAN, NAN, "At least 8 spiking runs tell whether bias or spike noise limits it."),
    ],
)
def test_bias_and_noise(bias, noise, wanted):
    assert wanted in said(state=Split(0.014, bias, noise))


def test_the_own_step_is_named_where_it_weighs_more():
    assert "step" not in said(time_step=0.014)
    assert "The rate network's own step weighs more: its time-step error at 5 ms is 0.015 SD." in said(time_step=0.015)
    assert "step" not in said(time_step=NAN)


def test_accuracies_within_chance_are_called_so():
    assert "accuracy 0.97, the rate network's 1.00 (within chance)" in said(accuracy=Pair(1.0, 0.97))
    text = said(accuracy=Pair(1.0, 0.5))
    assert "accuracy 0.50, the rate network's 1.00" in text
    assert "chance" not in text


def test_forecasts_have_an_error_instead():
    text = said(accuracy=Pair(NAN, NAN), error=Pair(0.2, 0.21))
    assert "forecast error 0.210, the rate network's 0.200." in text
    assert "forecast error 0.800, 4.0 times the rate network's 0.200" in said(
        accuracy=Pair(NAN, NAN), error=Pair(0.2, 0.8)
    )
    assert "forecast error 0.800, the rate network's 0.000" in said(accuracy=Pair(NAN, NAN), error=Pair(0.0, 0.8))
    neither = said(accuracy=Pair(NAN, NAN), error=Pair(NAN, NAN))
    assert "accuracy" not in neither
    assert "forecast" not in neither


TASK = Pulse()
TRIALS = TASK.trials(6, 0)
NET = network()
RATES = rate_run(NET, TRIALS)


def test_a_report_leads_with_its_verdict_as_text_html_and_json():
    report = compare(RATES, repeats(NET, TRIALS, 9, bias=0.001, noise=0.01), TASK, TRIALS, progress=False)
    assert "Mostly spike noise limits it" in report.verdict
    assert " ".join(str(report).split("\n\n")[0].split()) == report.verdict
    assert report.verdict in repr(report) or repr(report).endswith("...")
    assert report.verdict.replace("'", "&#x27;") in report._repr_html_()
    assert report.to_dict()["verdict"] == report.verdict


def test_a_silent_network_has_no_numbers_of_its_spikes_and_says_why():
    (run,) = repeats(NET, TRIALS, 1, noise=0.05)
    silent = replace(with_spikes(run), rates=0 * run.rates, spikes=NO_SPIKES)
    report = compare(RATES, silent, TASK, TRIALS, progress=False)
    text = str(report)
    assert text.startswith("The spiking network does not follow the rate network: no neuron fired.")
    assert "undefined: no unit whose rate changes has a population whose firing changes" in text
    assert "irregularity of intervals is undefined: no neuron has 20 intervals" in text
    assert report.mean_rate_hz == 0
    assert math.isnan(report.cv2)


def test_a_network_that_never_changes_is_undefined_with_its_reason():
    zero = {name: 0 * NET.weights[name] for name in ("recurrent", "input")}
    flat = NET.with_weights(**zero, initial_state=NET.weights["bias"])
    (run,) = repeats(flat, TRIALS, 1, noise=0.05)
    report = compare(rate_run(flat, TRIALS), run, TASK, TRIALS, progress=False)
    text = str(report)
    assert "undefined" in report.verdict
    assert text.count("never change") >= 5
    assert "nan" not in text
    assert report.to_dict()["state"] == {"nrmse": None, "bias": None, "noise": None}


@pytest.mark.parametrize("size", [{"units": 1}, {"units": 2, "noise": 0.0}])
def test_small_networks_compare(size):
    net = network(**size)
    (run,) = repeats(net, TRIALS, 1, noise=0.01)
    report = compare(rate_run(net, TRIALS), with_spikes(run, watched=(0,)), TASK, TRIALS, progress=False)
    assert report.units == size["units"]
    assert report.state.nrmse > 0
    assert "nan" not in str(report)
    assert report.plot() is not None
