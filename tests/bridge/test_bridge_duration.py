"""The shortest step: found where a planted truth has it, and refused where there is none."""

from types import SimpleNamespace

import numpy as np
import pytest
from test_bridge_gated import DT, network, trials

from biornn import bridge
from biornn.bridge.step_duration import Tried, searched
from biornn.core.checks import InputError
from biornn.core.task import Score
from biornn.theory.rate import euler

MAPPING = bridge.Population(neurons_per_unit=4, lead=0.0)


def asked(count=40):
    return trials(count=count, steps=96)


def signs(outputs, trials):
    """Score whether the first output has the sign of the rate network's at the last step."""
    right = euler(network("elman", tau=DT), trials.inputs).outputs
    return Score((np.sign(outputs[:, -1, 0]) == np.sign(right[:, -1, 0])).astype(float))


def planted(threshold):
    """Simulate by the rate network itself, but guess at every third trial where steps are shorter than `threshold`."""
    seen = []

    def simulate(spiking, trials, seed):
        seen.append(spiking.step_duration)
        run = euler(network("elman", tau=DT), trials.inputs)
        turn = np.ones(trials.count)
        turn[::3] = -1 if spiking.step_duration < threshold else 1
        return SimpleNamespace(outputs=run.outputs * turn[:, None, None], states=run.states * turn[:, None, None])

    return simulate, seen


def found(threshold, **limits):
    simulate, seen = planted(threshold)
    result = bridge.shortest_step(
        MAPPING, network("elman", tau=DT), trials(), asked(), simulate=simulate, score=signs, **limits
    )
    return result, seen


@pytest.mark.parametrize("limits", [{}, {"state_nrmse": 0.1}])
def test_finds_the_planted_threshold_and_shows_the_curve(limits):
    result, seen = found(0.105, durations=(0.16, 0.02, 0.04, 0.08, 0.32), **limits)
    # 0.16 is the first of the grid that is long enough; two bisections halve the distance in logarithms.
    assert 0.105 <= result.duration <= 0.105 * 2**0.25 + 0.002
    assert seen[:4] == pytest.approx([0.02, 0.04, 0.08, 0.16])
    assert 0.32 not in np.round(seen, 6)
    assert [one.duration for one in result.tried] == sorted(seen)
    assert [one.reliable for one in result.tried] == [one.duration > 0.105 for one in result.tried]
    assert result.rate_accuracy == 1
    assert result.tried[0].loss == pytest.approx(14 / 40)
    assert result.trials == 40
    assert "shortest reliable step" in str(result)
    assert str(result).count(" ms  accuracy") == len(seen)


def test_a_loss_must_be_told_from_the_limit_by_its_standard_error():
    # A third lost with a standard error of 0.076: reliable at a limit of 0.45, not at 0.4.
    assert found(1.0, durations=(0.1,), loss=0.45)[0].duration == 0.1
    with pytest.raises(InputError, match=r"must hold a duration that keeps the loss of 0.4; the best was 100 ms"):
        found(1.0, durations=(0.1,), loss=0.4)


@pytest.mark.parametrize("threshold", [0.02, 0.03, 0.05, 0.13, 0.5])
def test_bisections_stay_between_the_last_failure_and_the_first_success(threshold):
    def tried(duration):
        return Tried(duration, 1.0, 0.0, 0.0, 0.0, duration >= threshold)

    every = searched((0.02, 0.04, 0.08, 0.16, 0.32), tried, 0.002)
    good = [one.duration for one in every if one.reliable]
    assert bool(good) == (threshold <= 0.32)
    if good:
        assert threshold <= min(good) <= max(0.02, threshold * 2**0.25 + 0.002)
    np.testing.assert_allclose([one.duration / 0.002 % 1 for one in every], 0, atol=1e-9)


@pytest.mark.parametrize(
    ("cell", "limits", "message"),
    [
        ("gru", {}, r"shortest_step: network: must be discrete, .* \(got 'gru' in continuous time\)"),
        ("elman", {"durations": ()}, r"shortest_step: durations: must hold at least one"),
        ("elman", {"durations": (20.0,)}, r"shortest_step: durations: must be from 0.001 s to 10 s \(got 20 s\)"),
        ("elman", {"loss": 2}, r"shortest_step: loss: must be from 0 to 1"),
        ("elman", {"state_nrmse": 0}, r"shortest_step: state_nrmse: must be from 0.0001 to 10"),
        ("forecast", {}, r"shortest_step: state_nrmse: must be given for a task that is not right or wrong"),
    ],
)
def test_bad_input_is_refused_before_any_simulation(cell, limits, message):
    def score(outputs, trials):
        return Score(np.full(trials.count, np.nan)) if cell == "forecast" else signs(outputs, trials)

    rates = network("gru") if cell == "gru" else network("elman", tau=DT)
    simulate, seen = planted(0.1)
    with pytest.raises(InputError, match=message):
        bridge.shortest_step(MAPPING, rates, trials(), asked(), simulate=simulate, score=score, **limits)
    assert not seen
