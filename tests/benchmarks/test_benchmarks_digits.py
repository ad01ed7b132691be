"""The digits benchmark: what its table and figure say, and that its parts of the data never meet."""

import numpy as np

from benchmarks.shared.digits_figure import picture
from benchmarks.studies.digits import CELLS, TASK, largest, part, table


def row(cell="gru", duration=0.1, trials=200, spiking=0.95):
    return {
        "cell": cell,
        "duration": duration,
        "neurons_per_unit": 100,
        "trials": trials,
        "accuracy": {"rate": 0.98, "spiking": spiking},
        "lost_error": 0.012,
        "state_nrmse": 0.2,
        "last_state_nrmse": 0.25,
        "state_rate_hz": 29.0,
        "lif_neurons": 25_600,
    }


def test_table_has_cells_in_order_and_points_lost():
    rows = [row("lstm"), row("gru", 0.2), row("gru", 0.05), row("simple-rnn", spiking=0.99)]
    lines = table(rows).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["SimpleRNN", "GRU", "GRU", "LSTM"]
    assert [line.split("|")[2].strip() for line in lines[3:5]] == ["50", "200"]
    cells = [cell.strip() for cell in lines[3].strip("|").split("|")]
    # Wilson's interval of 190 in 200.
    assert cells[4] == "0.950 (0.910 to 0.973)"
    assert cells[5] == "3.0 (1.2)"
    assert " -1.0 (1.2) " in lines[2]
    assert {len(line.split("|")) for line in lines} == {len(lines[0].split("|"))}


def test_the_row_with_the_most_images_stands_for_a_duration():
    rows = [row(trials=200), row(trials=20), row(duration=0.2, trials=20), row("lstm", trials=100)]
    kept = largest(rows)
    assert [one for one in rows if one in kept] == [rows[0], rows[2], rows[3]]


def test_figure_has_a_line_for_each_cell_and_units_on_its_axes():
    rows = [row(cell, duration) for cell in CELLS for duration in (0.05, 0.1, 0.2)]
    axes = picture(rows, CELLS).axes
    assert [each.get_xlabel() for each in axes] == ["duration of a step (ms)"] * 3
    assert [each.get_ylabel().split(" (")[1] for each in axes] == ["%)", "points)", "SDs of the states)"]
    assert len(axes[0].containers) == len(axes[1].containers) == len(CELLS)
    assert [line.get_label() for line in axes[0].containers] == list(CELLS.values())
    np.testing.assert_allclose(axes[2].lines[0].get_xdata(), [50, 100, 200])


def test_no_image_is_in_two_parts():
    seen = [set(part(name).conditions["sequence"].tolist()) for name in ("train", "validation", "test")]
    assert sum(map(len, seen)) == len(set().union(*seen)) == TASK.size
    assert len(seen[2]) == 270
    assert part("train").steps == 8
