"""Show: how every object shows itself, as one line of text and, in a notebook, as a small table with a thumbnail.

A class that inherits `Shown` says in `_face` what it is and in `_sketch` what its thumbnail draws; nothing else in the
project writes a ``__repr__``. `Settings` does both for records of settings.
"""

import base64
import html
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from biornn.core.checks import shown

LONGEST = 199
"""Characters of a line at most."""
VALUE = 40
"""Characters of one setting at most."""
STYLE = "text-align:left;padding:1px 8px 1px 0;vertical-align:top"


@dataclass(frozen=True)
class Face:
    """What an object shows.

    Attributes
    ----------
    line : str
        What it is, with sizes and units, beginning with its class.
    rows : tuple of (str, str)
        Names and values of the table.
    calls : tuple of str
        What can be done next, as Python.
    """

    line: str
    rows: tuple[tuple[str, str], ...] = ()
    calls: tuple[str, ...] = ()


class Sketch(NamedTuple):
    """What a thumbnail draws.

    ``"lines"``: y (T, C) over x (T,). ``"matrix"``: y (R, C), x empty. ``"dots"``: y (S,) over x (S,).
    """

    kind: Literal["lines", "matrix", "dots"]
    x: NDArray[Any]
    y: NDArray[Any]
    labels: tuple[str, str]


class Shown:
    """An object that shows itself; what cannot be shown, such as a record that is half made, never raises."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # A dataclass writes a __repr__ that prints every array, unless its class has one of its own.
        cls.__repr__ = cls.__repr__  # type: ignore[method-assign]

    def _face(self) -> Face:
        """Return what the object shows."""
        return Face(type(self).__name__)

    def _sketch(self) -> Sketch | None:
        """Return what the thumbnail draws; None for no thumbnail."""
        return None

    def __repr__(self) -> str:
        return shown(_face_of(self).line, LONGEST)

    def _repr_html_(self) -> str:
        face = _face_of(self)
        rows = "".join(
            f'<tr><td style="{STYLE}">{_safe(name)}</td><td style="{STYLE}">{_safe(value)}</td></tr>'
            for name, value in face.rows
        )
        calls = "".join(f"<br><code>{_safe(call)}</code>" for call in face.calls)
        following = f"<div>next:{calls}</div>" if calls else ""
        table = f"<b>{_safe(face.line)}</b><table>{rows}</table>{following}"
        return f'<div style="display:flex;gap:16px"><div>{table}</div>{_picture_of(self)}</div>'


class Settings(Shown):
    """A record of settings: its line shows those that differ from their defaults, its table all of them."""

    _calls: ClassVar[tuple[str, ...]] = ()

    def _face(self) -> Face:
        return settings(self, self._calls)


def settings(record: Any, calls: tuple[str, ...] = ()) -> Face:
    """Return the face of a record of settings, with what can be done next."""
    known = tuple(field for field in fields(record) if field.repr) if is_dataclass(record) else ()
    rows = tuple((field.name, _value(getattr(record, field.name))) for field in known)
    differing = [_differs(record, field) for field in known]
    chosen = ", ".join(f"{name}={text}" for (name, text), kept in zip(rows, differing, strict=True) if kept)
    return Face(f"{type(record).__name__}({chosen})", rows, calls)


def _differs(record: Any, field: "Field[Any]") -> bool:
    default = field.default if field.default_factory is MISSING else field.default_factory()
    try:
        return default is MISSING or not bool(np.all(getattr(record, field.name) == default))
    except (TypeError, ValueError):  # values that do not compare are no defaults
        return True


def _face_of(thing: Shown) -> Face:
    """Return the face of an object, or its class alone: showing a broken object must not hide what broke it."""
    try:
        return thing._face()
    except Exception:
        return Face(f"{type(thing).__name__} (incomplete)")


def _picture_of(thing: Shown) -> str:
    """Return the thumbnail as HTML, or nothing where it cannot be drawn: the table says what the object is."""
    try:
        sketch = thing._sketch()
        if sketch is None:
            return ""
        from biornn.plots.thumbnail import png  # the one import upwards: it is made in a notebook only

        data = base64.b64encode(png(sketch)).decode()
    except Exception:
        return ""
    return f'<img alt="{_safe(", ".join(sketch.labels))}" src="data:image/png;base64,{data}">'


def _safe(text: str) -> str:
    return html.escape(shown(text, 1000))


def _value(value: object) -> str:
    """Return a setting as short text: numbers as they are, arrays by their shape, functions by their name."""
    if isinstance(value, float | np.floating):
        return f"{value:g}"
    if isinstance(value, np.ndarray):
        return f"array {value.shape}" if value.ndim else f"{value}"
    if isinstance(value, Mapping):
        return shown(f"{{{', '.join(f'{key!r}: {_value(item)}' for key, item in value.items())}}}", VALUE)
    if isinstance(value, tuple | list):
        inside = ", ".join(_value(item) for item in value)
        return shown(f"[{inside}]" if isinstance(value, list) else f"({inside})", VALUE)
    if callable(value) and not isinstance(value, Shown):
        return shown(getattr(value, "__name__", type(value).__name__), VALUE)
    return shown(repr(value), VALUE)


def count(number: int, noun: str) -> str:
    """Return ``"1 trial"`` or ``"10,000 trials"``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def span(values: NDArray[np.floating], scale: float = 1.0, unit: str = "") -> str:
    """Return ``"20 to 100 ms"``, or one number where all values agree, or ``"none"``."""
    if not np.size(values):
        return "none"
    low, high = (f"{float(end) * scale:.4g}" for end in (np.min(values), np.max(values)))
    return (low if low == high else f"{low} to {high}") + (f" {unit}" if unit else "")


def time_axis(trials: int, steps: int, dt: float) -> str:
    """Return ``"64 trials x 200 steps of 5 ms (1 s)"``."""
    return f"{count(trials, 'trial')} x {count(steps, 'step')} of {dt * 1e3:g} ms ({steps * dt:.3g} s)"


def named(about: Mapping[str, Any]) -> str:
    """Return the name of the task in the `about` of a network, or nothing."""
    task = about.get("task", "")
    return str(task.get("task", task.get("name", "")) if isinstance(task, Mapping) else task)
