"""Series: prediction of any series of numbers, from an array or a CSV file."""

from __future__ import annotations

import hashlib
import warnings
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from biornn.core import checks, show
from biornn.core.trials import Trials
from biornn.tasks import base, files, frame, sheet
from biornn.tasks.base import Array
from biornn.tasks.forecast import Axis, Forecast


@dataclass(frozen=True, kw_only=True)
class Measured(Forecast):
    """Prediction of a user's own series, which may be scaled as another one was; see `Forecast` for other settings.

    Parameters
    ----------
    trained_on : dict
        What a network was trained on: ``mean`` and ``sd`` of each column, which scale the series, and a ``digest``.
        Descriptions hold it; the training part decides without it.
    """

    trained_on: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    @abstractmethod
    def _sheet(self) -> sheet.Sheet | None:
        """The columns with their names and clock, where they have any."""

    def axis(self, trials: Trials, trial: int = 0, channel: int = 0) -> Axis:
        """Return the dates, years or numbers of rows of the judged samples of one trial, and the axes' labels."""
        sample, clock = super().axis(trials, trial, channel), self._sheet.clock if self._sheet else None
        if clock is None:
            return sample
        return Axis(clock.positions[sample.positions.astype(np.int64)], (clock.label, sample.labels[1]))

    def column(self, channel: int) -> str:
        """Return what a column is called: its name, or the number of one of several."""
        name = self._sheet.names[channel] if self._sheet else ""
        return name if name and not name.isdigit() else super().column(channel)

    def _face(self) -> show.Face:
        face, clock = super()._face(), self._sheet.clock if self._sheet else None
        names = [self.column(k) for k in range(self.inputs)] if self._sheet else []
        what = f"{show.count(len(self.samples), 'sample')}{' of ' * bool(names)}{checks.shown(', '.join(names), 60)}"
        if clock is not None:
            what = f"{what}, {clock.label} {clock.positions[0]:.6g} to {clock.positions[-1]:.6g}"
        parts = ", ".join(f"{len(part)} {name}" for name, part in self._parts().items())
        return show.Face(f"{face.line}, {what}", (*face.rows, ("series", what), ("parts", parts)), face.calls)

    def remembered(self) -> dict[str, Any]:
        """Return mean and SD of training, per column, and a digest of the series that they come from."""
        mean, sd = self._statistics()
        digest = self.trained_on.get("digest", self._digest())
        return {"mean": mean.tolist(), "sd": sd.tolist(), "digest": digest}

    def _digest(self) -> str:
        content = repr(self.samples.shape).encode() + np.ascontiguousarray(self.samples).tobytes()
        return hashlib.sha256(content).hexdigest()[:32]

    def _statistics(self) -> tuple[Array, Array]:
        where, advice = f"{type(self).__name__}.trained_on", "give what describe() has returned"
        if not isinstance(self.trained_on, Mapping):
            checks.refuse(where, "must be a dictionary", f"a {type(self.trained_on).__name__}", advice)
        if not self.trained_on:
            return super()._statistics()
        for name in ("mean", "sd", "digest"):
            if name not in self.trained_on:
                checks.refuse(where, f"must hold {name!r}", ", ".join(map(str, self.trained_on)), advice)
        columns = (self.samples.shape[1],)
        known = checks.plain_array(f"{where}['mean']", self.trained_on["mean"]).size
        if known != columns[0]:
            rule = f"must have a mean and SD for each of the {columns[0]} columns"
            checks.refuse(where, rule, f"{known} of them", "choose the columns of training")
        mean, sd = (checks.array(f"{where}[{n!r}]", self.trained_on[n], columns) for n in ("mean", "sd"))
        if not isinstance(self.trained_on["digest"], str):
            checks.refuse(f"{where}['digest']", "must be text", self.trained_on["digest"], advice)
        if sd.min() <= 0:
            checks.refuse(f"{where}['sd']", "must be positive", sd.min(), advice)
        return mean, sd


@dataclass(frozen=True, eq=False)
class Series(Measured):
    """Prediction of a series that is in memory; see `Forecast` for other settings.

    Parameters
    ----------
    values : (N,) or (N, C) array, or pandas series or data frame
        Samples in the order of time, in any unit. Of a data frame, an index or columns of dates or years are the axis
        of figures; columns that count rows or tell the time are left out with a warning.
    trained_on : dict
        What ``network.about["task"]["in_memory"]`` holds, for new samples that are scaled as those of training; the
        training part decides without it.

    Raises
    ------
    InputError
        NaN or infinity, values that are no real numbers, or what `Forecast` refuses.

    Warns
    -----
    UserWarning
        A column of a data frame is left out, or its rows are not in the order of time.
    """

    values: ArrayLike = field(repr=False)
    name: ClassVar[str] = "series"

    @cached_property
    def samples(self) -> Array:
        """The series in the data's units, (N, C)."""
        if self._sheet is not None:
            return self._sheet.samples
        given = checks.plain_array("Series.values", self.values)
        gaps = np.argwhere(~np.isfinite(given))
        if len(gaps):
            place, fill = gaps[0].tolist(), "fill the gap" if len(gaps) == 1 else f"fill the {len(gaps)} gaps"
            found = f"{given[tuple(gaps[0])]} at {place}"
            checks.refuse("Series.values", "must be finite", found, f"{fill}, as pandas' interpolate() does")
        axes = ("N",) if given.ndim == 1 else ("N", "C")
        result = checks.array("Series.values", given, axes).reshape(len(given), -1)
        sheet.say_clocks(result)
        return result

    @cached_property
    def _sheet(self) -> sheet.Sheet | None:
        """What a data frame holds; None for an array."""
        found = frame.of(self.values)
        return None if found is None else sheet.chosen(found)

    def describe(self) -> dict[str, Any]:
        """Return the sizes of the task, whose data exist in memory only, with mean, SD and digest of training."""
        return base.in_memory(self, samples=self.samples.shape[0], **self.remembered())

    @staticmethod
    def from_csv(path: str | Path, columns: Any = (), **settings: Any) -> CsvSeries:
        """Return the prediction of columns of a CSV file, `CsvSeries`."""
        return CsvSeries(files.path_text("Series.from_csv: path", path), columns, **settings)


@dataclass(frozen=True)
class CsvSeries(Measured):
    """Prediction of columns of a CSV file; see `Forecast` for other settings.

    Commas, semicolons, tabs, bars or blanks separate the cells; decimals have a point, or a comma where it does not
    separate. Lines that begin with # and a title line are left out. Columns of dates are the axis of figures and are
    not forecast. Columns that count rows or tell the time are left out with a warning, unless `columns` names them.

    Parameters
    ----------
    path : str
        Text file in UTF-8, one sample a row in the order of time, with or without a line of column names.
    columns : tuple of str or int
        Names of the columns, or their numbers from 0; one of them, or several. All columns of numbers if empty.
    trained_on : dict
        Mean and SD of each column, and a digest of the file, of the training of a network; `describe` adds them. They
        scale the series; a file that has changed since is used with a warning.

    Raises
    ------
    InputError
        A file that is missing or no table of numbers, an unknown column, or what `Forecast` refuses.

    Warns
    -----
    UserWarning
        A column is left out, the rows are not in the order of time, or the file has changed since training.
    """

    path: str
    columns: tuple[str | int, ...] = ()
    name: ClassVar[str] = "series"

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", files.path_text("CsvSeries.path", self.path))
        object.__setattr__(self, "columns", sheet.column_names("CsvSeries.columns", self.columns))
        super().__post_init__()
        if self.trained_on and self.trained_on["digest"] != self._digest():
            text = (
                f"CsvSeries.path: {checks.shown(self.path, 200)} is not what the network was trained on, or has"
                " changed since; the mean and SD of training are kept, and the parts are those of the file as it is now"
            )
            warnings.warn(text, stacklevel=3)

    @cached_property
    def _sheet(self) -> sheet.Sheet:
        """What the file holds."""
        return sheet.read(self.path, self.columns)

    @property
    def samples(self) -> Array:
        """The series in the data's units, (N, C)."""
        return self._sheet.samples

    def describe(self) -> dict[str, Any]:
        """Return the settings, with mean, SD and digest of training."""
        settings = {item.name: base.plain(getattr(self, item.name)) for item in fields(self)}
        return {"task": self.name, **settings, "trained_on": self.remembered()}
