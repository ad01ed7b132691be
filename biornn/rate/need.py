"""Need: what a training takes at the least, so that what cannot fit is refused before anything is allocated."""

from biornn.core import checks
from biornn.core.cells import CELLS
from biornn.core.memory import available, readable
from biornn.core.task import Task
from biornn.rate.settings import Training

WHOLE, SINGLE = 8, 4
"""Bytes of a number in numpy, and in JAX."""
COPIES = 5
"""Of each weight in JAX: itself, its gradient, its change, and two averages of Adam."""


def fits(task: Task, settings: Training) -> None:
    """Refuse a training that takes more than the available memory, reckoned from below.

    Raises
    ------
    InputError
        Too many units, or too many trials in a batch or a validation.
    """
    layout, steps = CELLS[settings.cell], task.trials(1, 0).steps
    matrices = settings.units**2 * max(len(layout.gates), 1)
    channels = settings.units * task.inputs * max(len(layout.gates), 1)
    weights = (2 * WHOLE + COPIES * SINGLE) * (matrices + channels) + WHOLE * settings.units**2
    # Of each step the gradient needs the states at least; with segments, those of one segment.
    kept = min(steps, settings.segment or steps) * settings.units * layout.states
    batch = settings.batch * (WHOLE * steps * (task.inputs + task.outputs) + SINGLE * kept)
    validation = settings.validation_trials * WHOLE * steps * (task.inputs + 2 * task.outputs)
    free = available()
    for name, size in (("units", weights), ("batch", batch), ("validation_trials", validation)):
        if size > free:
            rule = f"must fit into the {readable(free)} of memory that are available"
            value = f"{getattr(settings, name)}, which takes {readable(size)} or more"
            checks.refuse(f"Training.{name}", rule, value, "give fewer, or allow more by BIORNN_MEMORY in GB")
