"""The fidelity study as a figure and as a table: bias and noise against M, one column of panels for each network."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, StrMethodFormatter
from numpy.typing import NDArray

from biornn.core.seeds import generator
from biornn.core.task import UNDEFINED
from biornn.plots.style import FONT, RATE, SPIKING, Picture, dress

Array = NDArray[np.float64]
Row = Mapping[str, Any]

COLOURS, MARKERS = {"bias": SPIKING, "noise": RATE}, {"bias": "o", "noise": "^"}
QUANTITIES = {"state": "unit states", "readout": "readout"}
CONTROL, GREY = "#555555", "#999999"
RESAMPLES, MIN_TRIALS = 2000, 4
OURS, USUAL_STEP = "biornn", 1e-4


def interval(squares: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """Return the bootstrap interval of a root mean square from the squares of K trials; 0 where a mean is negative.

    NaN with fewer than `MIN_TRIALS`.
    """
    values = np.asarray(squares, dtype=float)
    if len(values) < MIN_TRIALS:
        return UNDEFINED, UNDEFINED
    drawn = generator(0, "comparison").integers(len(values), size=(RESAMPLES, len(values)))
    means = np.sqrt(np.maximum(values[drawn].mean(axis=1), 0.0))
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def figure(every: Sequence[Row]) -> Picture:
    """Return the figure of the rows with the default mapping; of several of one kind, the one with most trials."""
    shown = ("network", "simulator", "neurons_per_unit", "dt", "shuffled")
    largest = {
        tuple(row[name] for name in shown): row
        for row in sorted(every, key=lambda row: row["trials"])
        if row["lead"] is None
    }
    rows = list(largest.values())
    names = sorted({row["network"] for row in rows}, key=[row["network"] for row in every].index)
    picture = Picture(3.0 * len(names), 6.4)
    axes = picture.subplots(len(QUANTITIES), len(names), sharex=True, sharey="row", squeeze=False)
    sizes = [row["neurons_per_unit"] for row in rows]
    axes[0, 0].set(xscale="log", xlim=(min(sizes) / 1.3, max(sizes) * 1.3))
    for across, name in enumerate(names):
        own = [row for row in rows if row["network"] == name]
        for panel, quantity in zip(axes[:, across], QUANTITIES, strict=True):
            _panel(panel, own, quantity)
        axes[0, across].set_title(name, fontsize=FONT)
        axes[-1, across].set_xlabel("neurons per unit M", fontsize=FONT)
    for first, text in zip(axes[:, 0], QUANTITIES.values(), strict=True):
        first.set_ylabel(f"error of {text} (SDs)", fontsize=FONT)
    labelled = {
        text: line for panel in axes.flat for line, text in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    picture.legend(
        labelled.values(), labelled.keys(), loc="outside lower center", ncols=4, fontsize=FONT - 1, frameon=False
    )
    return picture


def _panel(panel: Axes, rows: Sequence[Row], quantity: str) -> None:
    ours = [row for row in rows if row["simulator"] == OURS]
    plain = _sorted(row for row in ours if not row["shuffled"] and row["dt"] == USUAL_STEP)
    fine = _sorted(row for row in ours if not row["shuffled"] and row["dt"] != USUAL_STEP)
    for part, colour in COLOURS.items():
        _line(panel, plain, quantity, part, label=f"{part}, dt 0.1 ms", ls="-", mfc=colour, ms=5)
        _line(panel, fine, quantity, part, label=f"{part}, dt 0.02 ms", ls="none", mfc="none", ms=9)
        for simulator in sorted({row["simulator"] for row in rows} - {OURS}):
            other = _sorted(row for row in rows if row["simulator"] == simulator)
            label = f"{part}, {simulator}"
            _line(panel, other, quantity, part, label=label, ls="none", marker="x+"[part == "noise"], ms=9, mec="black")
    control = _sorted(row for row in ours if row["shuffled"])
    _line(
        panel, control, quantity, "bias", label="bias, columns of W shuffled", ls="--", marker="s", color=CONTROL, ms=4
    )
    if plain:
        sizes = np.array([row["neurons_per_unit"] for row in plain], dtype=float)
        middle = len(sizes) // 2
        guide = plain[middle][quantity]["noise"] * np.sqrt(sizes[middle] / sizes)
        panel.plot(sizes, guide, color=GREY, lw=1, ls=":", label="1 / sqrt(M)")
        if quantity == "state":
            floor = plain[0]["discretisation_nrmse"]
            panel.axhline(floor, color=GREY, lw=1, ls="-.", label="trained Euler map to its own equation")
    dress(panel, yscale="log")
    panel.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    panel.xaxis.set_minor_formatter(NullFormatter())
    panel.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))


def _line(panel: Axes, rows: Sequence[Row], quantity: str, part: str, **style: Any) -> None:
    """Draw one measure of rows with its bootstrap intervals; a bias that cannot be told from 0 is left out."""
    if not rows:
        return
    sizes = [row["neurons_per_unit"] for row in rows]
    values = np.array([row[quantity][part] for row in rows], dtype=float)
    values[values <= 0] = np.nan
    ends = np.array([interval(row["by_trial"][quantity][part]) for row in rows]).T
    reach = np.maximum(np.stack([values - ends[0], ends[1] - values]), 0.0)
    look = {"color": COLOURS[part], "marker": MARKERS[part], "lw": 1.2, "elinewidth": 1, **style}
    panel.errorbar(sizes, values, yerr=reach, **look)


def _sorted(rows: Any) -> list[Row]:
    return sorted(rows, key=lambda row: row["neurons_per_unit"])


def table(rows: Sequence[Row]) -> str:
    """Return all rows as Markdown, biases with their intervals."""
    lines = [
        "| network | simulator | M | dt (ms) | trials | state.nrmse | state bias (95 %) | state noise "
        "| readout bias (95 %) | readout noise | mean rate (Hz) |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    names = list(dict.fromkeys(row["network"] for row in rows))

    def order(row: Row) -> tuple[Any, ...]:
        extra = row["lead"] is not None, row["shuffled"], row["simulator"] != OURS, row["simulator"], -row["dt"]
        return (names.index(row["network"]), *extra, row["neurons_per_unit"])

    for row in sorted(rows, key=order):
        what = row["simulator"] + ", W shuffled" * row["shuffled"] + ", lead 0" * (row["lead"] is not None)
        biases = [f"{row[name]['bias']:.4f} ({_span(row['by_trial'][name]['bias'])})" for name in QUANTITIES]
        lines.append(
            f"| {row['network']} | {what} | {row['neurons_per_unit']} | {row['dt'] * 1e3:g} | {row['trials']} "
            f"| {row['state']['nrmse']:.4f} | {biases[0]} | {row['state']['noise']:.4f} "
            f"| {biases[1]} | {row['readout']['noise']:.4f} | {row['mean_rate_hz']:.2f} |"
        )
    return "\n".join(lines)


def _span(squares: Sequence[float]) -> str:
    low, high = interval(squares)
    return "-" if np.isnan(low) else f"{low:.4f} to {high:.4f}"
