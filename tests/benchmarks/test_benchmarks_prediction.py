"""The prediction benchmark: what its table says, and that its standard errors are those of repetition."""

import numpy as np
import pytest

from benchmarks.shared.prediction_figure import picture
from benchmarks.studies.prediction import jackknife, pairs, table
from biornn.theory.distance import split


def row(kind, network="xor-sigmoid", neurons=20, **values):
    usual = {"bias": 0.02, "noise": 0.01, "mean_rate_hz": 30.0, "bytes_per_second": 2e6, "cpu_s": 4.0}
    return {"kind": kind, "network": network, "neurons_per_unit": neurons, **usual, **values}


def test_table_marks_what_is_off_by_more_than_thirty_percent():
    rows = [
        row("predicted", bias=0.027, noise=0.0129, mean_rate_hz=20.9, cpu_s=1.0),
        row("measured", bias_error=0.001, noise_error=0.0005),
        row("predicted", neurons=50),
        row("measured", "go-nogo-relu", 10),
    ]
    lines = table(rows).splitlines()
    # What was not both predicted and measured is left out.
    assert len(lines) == 3
    cells = [cell.strip() for cell in lines[2].strip("|").split("|")]
    assert cells[:6] == ["xor-sigmoid", "20", "0.0200 ± 5 %", "**1.35**", "0.0100 ± 5 %", "1.29"]
    assert cells[6:] == ["30.0", "**0.70**", "2.00", "1.00", "0.25"]


def test_figure_has_a_point_for_each_pair_and_the_band():
    rows = [row(kind, neurons=m, bias_error=0.001) for kind in ("predicted", "measured") for m in (10, 200)]
    axes = picture(pairs(rows)).axes
    assert axes[0].get_xlabel() == "measured bias of states (SDs)"
    for each in axes:
        assert len(each.containers) == 2


@pytest.mark.parametrize("trials", [10, 1])
def test_jackknife_tells_how_much_the_next_measurement_would_differ(trials):
    random = np.random.default_rng(0)
    found, errors = [], []
    for _ in range(200):
        reference = np.sin(np.arange(40) / 6)[None, :, None] * np.ones((trials, 1, 3))
        sizes = random.uniform(0.5, 1.5, (trials, 1, 1)) if trials > 1 else 1.0
        runs = reference + 0.1 + sizes * 0.1 * random.normal(size=(9, *reference.shape))
        found.append(split(list(runs), reference).noise)
        errors.append(jackknife(list(runs), reference).noise)
    # An SD over 200 draws is known to 5 %, the jackknife is a little on the safe side.
    assert np.mean(errors) == pytest.approx(np.std(found), rel=0.2)
