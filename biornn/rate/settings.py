"""Training: every choice made before a rate network is trained, checked before work starts."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from biornn.core import checks, show
from biornn.core.cells import CELLS
from biornn.core.rate import TAU_RANGE
from biornn.theory.activation import ACTIVATIONS, Activation, apply
from biornn.theory.cells import CELLS as EQUATIONS

NOISE = 0.15
"""Default stationary SD of a unit under training noise."""


@dataclass(frozen=True, eq=False)
class Training(show.Settings):
    """Settings of `biornn.rate.train`.

    Parameters
    ----------
    units : int
        Number of units N.
    cell : str
        A name of `biornn.core.cells.CELLS`.
    activation : str or callable, optional
        A name registered in `biornn.theory.activation`, or a function that has been registered there; of a gated cell's
        candidate. By default ``"sigmoid"``, for gated and discrete cells ``"tanh"``.
    attention : int
        Size A of the queries and keys of attention in front of the readout; none with 0.
    seed : int
        Decides initial weights, batches and noise; the same seed gives the same network on one machine.
    tau : float, pair of float or (N,) array, optional
        Unit time constants in s: one for all units, one for each, or a range (low, high). Brian2 quantities are
        accepted. Two numbers are always a range. By default 20 to 100 ms, for gated cells 100 ms; a discrete cell's is
        the step of its task, which also makes textbook steps of a gated cell's.
    learn_tau : bool
        Whether time constants given as a range are learned inside it, or drawn from it and kept.
    dale : bool
        Dale's law: the first units are excitatory, the last ``inhibitory`` share inhibitory.
    inhibitory : float
        Share of inhibitory units under Dale's law.
    connection_probability : float or (N, N) array
        Probability that a recurrent weight exists, or a mask (row i: the inputs of unit i) that is 0 where none may.
    initial : {"gaussian", "orthogonal", "identity"}, optional
        Initial recurrent weights: Gaussian, orthogonal (Saxe, McClelland & Ganguli 2014) or the identity (Le, Jaitly &
        Hinton 2015), times `gain`. By default Gaussian, for gated cells orthogonal.
    gain : float, optional
        Spectral radius of the initial recurrent weights (Sompolinsky, Crisanti & Sommers 1988). By default 1 for gated
        and discrete cells, and for leaky ones 1.5, or 0.9 over the activation's slope at 0 where that is less: 0.9 for
        ``"tanh"``, which is chaotic at 1.5, so that no spiking network could follow its trajectories.
    forget : float
        Initial bias of an LSTM's forget gate: 1 opens it (Gers, Schmidhuber & Cummins 2000), more keeps it open for
        longer (Tallec & Ollivier 2018).
    noise : float or (N,) array
        Stationary SD of a free unit under the training noise, whatever dt. Kim et al. 2019 add 0.1 at every 5 ms step,
        which is 0.15 at tau = 20 ms and 0.32 at 100 ms.
    train_input : bool, optional
        Whether the input weights, drawn from N(0, 1), are trained. By default those of gated and discrete cells are.
    learning_rate, clip : float
        Step of Adam (Kingma & Ba 2015) and the largest global norm of a gradient.
    batch : int
        Trials in a training step.
    steps : int
        Most training steps.
    goal : float
        Training stops at this strict accuracy on the validation trials.
    goal_error : float
        Training on a forecast stops at this validation error; 0 trains for all steps and keeps the best network.
    goal_loss : float
        Training stops no earlier than at this loss, averaged since the last validation; ask for a small one when
        outputs are to keep a distance from the scorer's thresholds.
    validate_every, validation_trials : int
        Training steps between validations, and trials in each.
    rate_penalty, weight_penalty : float
        Added to the loss: this times the mean of r^2 and of W^2.
    segment : int
        Steps between states that are kept for the gradient; those in between are computed anew (Chen et al. 2016, arXiv
        1604.06174), so that memory grows with T / segment + segment, least near sqrt(T). With 0 all are kept.
    truncate : bool
        Whether gradients end at the borders of segments (truncated backpropagation, Williams & Peng 1990).
    devices : int
        Devices that share the trials of each batch, which they must divide evenly. With 0 as many of those that JAX
        sees as do; see `biornn.rate.join` for those of several processes. The network is the same to rounding.

    Raises
    ------
    InputError
        A setting that is of the wrong kind, size or range.
    """

    units: int = 200
    cell: str = "leaky"
    activation: str | Activation | None = None
    attention: int = 0
    seed: int = 0
    tau: float | Sequence[float] | NDArray[np.float64] | None = None
    learn_tau: bool = True
    dale: bool = False
    inhibitory: float = 0.2
    connection_probability: float | ArrayLike = 1.0
    initial: str | None = None
    gain: float | None = None
    forget: float = 1.0
    noise: float | ArrayLike = NOISE
    train_input: bool | None = None
    learning_rate: float = 0.01
    clip: float = 1.0
    batch: int = 32
    steps: int = 1500
    goal: float = 0.99
    goal_error: float = 0.0
    goal_loss: float = float("inf")
    validate_every: int = 20
    validation_trials: int = 128
    rate_penalty: float = 0.0
    weight_penalty: float = 0.0
    segment: int = 0
    truncate: bool = False
    devices: int = 0

    def __post_init__(self) -> None:
        put = object.__setattr__
        for name, value in EQUATIONS[checks.member("Training.cell", self.cell, EQUATIONS)].defaults.items():
            if getattr(self, name) is None:
                put(self, name, value)
        put(self, "activation", activation_name(self.activation))
        if self.gain is None:
            put(self, "gain", usual_gain(self.activation))
        put(self, "attention", checks.count("Training.attention", self.attention, 0))
        put(self, "forget", checks.number("Training.forget", self.forget, -20.0, 20.0, "use 1"))
        put(self, "segment", checks.count("Training.segment", self.segment, 0))
        put(self, "devices", checks.count("Training.devices", self.devices, 0))
        checks.member("Training.initial", cast(str, self.initial), ("gaussian", "orthogonal", "identity"))
        for name in ("learn_tau", "dale", "train_input", "truncate"):
            put(self, name, checks.flag(f"Training.{name}", getattr(self, name)))
        if self.truncate and not self.segment:
            checks.refuse("Training.segment", "must be given where gradients are truncated", 0, "give steps, 100 say")
        if CELLS[self.cell].gates and self.dale:
            rule = "must be false for a gated cell, whose products have no sign of their own"
            checks.refuse("Training.dale", rule, True, "train a leaky network, or keep Dale's law in the mapping")
        for name in ("units", "batch", "steps", "validate_every", "validation_trials"):
            put(self, name, checks.count(f"Training.{name}", getattr(self, name)))
        put(self, "seed", checks.seed("Training.seed", self.seed))
        for name, (low, high) in _RANGES.items():
            given = getattr(self, name)
            put(self, name, checks.number(f"Training.{name}", given, low, high, "choose another value"))
        put(self, "tau", _checked_tau(self.tau, self.units))
        put(self, "noise", _checked_noise(self.noise, self.units))
        put(self, "connection_probability", _checked_connections(self.connection_probability, self.units))

    @property
    def tau_range(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest time constant of each unit in s, (N,) each; equal where tau is not a range."""
        tau = np.asarray(self.tau)
        low, high = tau if tau.size == 2 else (tau, tau)
        return np.full(self.units, low), np.full(self.units, high)

    def as_json(self) -> dict[str, Any]:
        """Return the settings as JSON values; a mask is given by the share of weights it lets through."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        values["connection_probability"] = float(np.mean(values["connection_probability"]))
        values["goal_loss"] = self.goal_loss if np.isfinite(self.goal_loss) else None
        return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}


LEAKY_GAIN = 1.5
LOUDEST = 1e3
"""Most noise: states and their losses must stay numbers in single precision."""

_RANGES = {
    "inhibitory": (0.0, 1.0),
    "gain": (0.0, 100.0),
    "learning_rate": (1e-9, 10.0),
    "clip": (1e-9, 1e9),
    "goal": (0.0, 1.0),
    "goal_error": (0.0, np.inf),
    "goal_loss": (0.0, np.inf),
    "rate_penalty": (0.0, 1e6),
    "weight_penalty": (0.0, 1e6),
}


def activation_name(activation: str | Activation | None) -> str:
    """Return the registered name of an activation given by name or as a function.

    Raises
    ------
    InputError
        An unknown name, or a function that was not registered.
    """
    if isinstance(activation, str):
        return checks.member("Training.activation", activation, ACTIVATIONS)
    names = [name for name, function in ACTIVATIONS.items() if function is activation]
    if names:
        return names[0]
    rule = "must be registered, so that the trained network can be saved and run again"
    advice = "call biornn.theory.activation.register(name, function) first"
    return checks.refuse("Training.activation", rule, activation, advice)


def usual_gain(activation: str | Activation | None) -> float:
    """Return the default gain of leaky cells: 1.5, or less where the activation makes the state at rest unstable.

    Gaussian weights of radius g times a slope of s at rest let a perturbation grow if g s > 1; 0.9 leaves a margin. The
    slope is that of the chord from -0.25 to 0.25, since noise and inputs move every unit about.
    """
    near, edge = 0.25, 0.9
    low, high = apply(activation_name(activation), np.array([-near, near]))
    slope = abs(float(high - low)) / (2 * near)
    return round(edge / slope, 1) if slope * LEAKY_GAIN > edge else LEAKY_GAIN


def _checked_tau(tau: Any, units: int) -> NDArray[np.float64]:
    plain = checks.unit_free("Training.tau", tau, "second")
    if isinstance(plain, list | tuple):
        plain = [checks.unit_free("Training.tau", value, "second") for value in plain]
    found = _numbers("Training.tau", plain)
    if found.ndim == 1 and len(found) not in (2, units):
        rule = f"must be one time constant, a range (low, high), or one for each of {units} units"
        checks.refuse("Training.tau", rule, f"{len(found)} values", "give 1, 2 or as many as there are units")
    shape: tuple[int, ...] = () if found.ndim == 0 else (2 if len(found) == 2 else units,)
    values = checks.array("Training.tau", found, shape)
    for value in (values.min(), values.max()):
        checks.seconds("Training.tau", value, *TAU_RANGE)
    if values.size == 2 and values[0] > values[1]:
        checks.refuse("Training.tau", "must be a range (low, high)", tau, "give the lower time constant first")
    return values


def _checked_noise(noise: ArrayLike, units: int) -> NDArray[np.float64]:
    found = _numbers("Training.noise", noise)
    values = checks.array("Training.noise", found, () if found.ndim == 0 else (units,))
    if values.min() < 0:
        checks.refuse("Training.noise", "must be at least 0", values.min(), "give a standard deviation")
    if values.max() > LOUDEST:
        checks.refuse("Training.noise", f"must be at most {LOUDEST:g}", values.max(), "give a standard deviation")
    return values


def _checked_connections(value: ArrayLike, units: int) -> NDArray[np.float64]:
    where = "Training.connection_probability"
    found = _numbers(where, value, masks=True)
    result = checks.array(where, found, () if found.ndim == 0 else (units, units))
    allowed = (result >= 0) & (result <= 1) if result.ndim == 0 else np.isin(result, (0, 1))
    if not np.all(allowed):
        checks.refuse(where, "must be a probability from 0 to 1 or a mask of 0 and 1", value, "choose another value")
    return result


def _numbers(where: str, value: Any, masks: bool = False) -> NDArray[Any]:
    """Return a number or an array of numbers as an array; true and false are numbers in a mask only."""
    found = checks.plain_array(where, value)
    if found.dtype.kind == "b" and not (masks and found.ndim):
        checks.refuse(where, "must be a number, or an array of numbers", value, "give numbers")
    return found
