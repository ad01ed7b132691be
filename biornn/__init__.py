"""biornn: train a rate recurrent network, map it onto spiking populations in Brian2, compare both on the same trials.

Importing the package imports no stage; the stages and the records below are imported when they are first used.

>>> import biornn
>>> biornn.tasks.GoNoGo().name
'go-nogo'
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from biornn import bridge, compare, config, experiment, interop, plots, rate, spiking, store, tasks
    from biornn.core.checks import InputError
    from biornn.core.rate import RateNetwork
    from biornn.core.recording import Recording
    from biornn.core.spiking import SpikingNetwork
    from biornn.core.task import Score, Task
    from biornn.core.trials import Trials
    from biornn.store import load, save

__version__ = "0.1.0"
__all__ = [
    "InputError",
    "RateNetwork",
    "Recording",
    "Score",
    "SpikingNetwork",
    "Task",
    "Trials",
    "__version__",
    "bridge",
    "compare",
    "config",
    "experiment",
    "interop",
    "load",
    "plots",
    "rate",
    "save",
    "spiking",
    "store",
    "tasks",
]

_HOMES = {
    "InputError": "core.checks",
    "RateNetwork": "core.rate",
    "Recording": "core.recording",
    "Score": "core.task",
    "SpikingNetwork": "core.spiking",
    "Task": "core.task",
    "Trials": "core.trials",
    "load": "store",
    "save": "store",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for; Python calls this for names that are not there yet."""
    if name in _HOMES:
        return getattr(import_module(f"biornn.{_HOMES[name]}"), name)
    if name in __all__:
        return import_module(f"biornn.{name}")
    message = f"module 'biornn' has no attribute {name!r}"
    raise AttributeError(message, name=name, obj=sys.modules[__name__])  # Python then guesses which name was meant


def __dir__() -> list[str]:
    """Return the public names, for completion by the tab key."""
    return __all__
