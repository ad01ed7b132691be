"""Training: every choice made before a rate network is trained, checked before work starts."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from biornn.core import checks, show
from biornn.core.cells import CELLS
from biornn.core.rate import TAU_RANGE
from biornn.theory.activation import ACTIVATIONS, Activation


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
        Spectral radius of the initial recurrent weights (Sompolinsky, Crisanti & Sommers 1988). By default 1.5, for
        gated and discrete cells 1.
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
    noise: float | ArrayLike = 0.15
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
        for name, value in DEFAULTS[checks.member("Training.cell", self.cell, DEFAULTS)].items():
            if getattr(self, name) is None:
                put(self, name, value)
        put(self, "attention", checks.count("Training.attention", self.attention, 0))
        put(self, "forget", checks.number("Training.forget", self.forget, -20.0, 20.0, "use 1"))
        put(self, "segment", checks.count("Training.segment", self.segment, 0))
        put(self, "devices", checks.count("Training.devices", self.devices, 0))
        checks.member("Training.initial", str(self.initial), ("gaussian", "orthogonal", "identity"))
        if self.truncate and not self.segment:
            checks.refuse("Training.segment", "must be given where gradients are truncated", 0, "give steps, 100 say")
        if CELLS[self.cell].gates and self.dale:
            rule = "must be false for a gated cell, whose products have no sign of their own"
            checks.refuse("Training.dale", rule, True, "train a leaky network, or keep Dale's law in the mapping")
        for name in ("units", "batch", "steps", "validate_every", "validation_trials"):
            put(self, name, checks.count(f"Training.{name}", getattr(self, name)))
        checks.count("Training.seed", self.seed, 0, 2**63)
        for name in ("learn_tau", "dale", "train_input", "truncate"):
            if not isinstance(getattr(self, name), bool):
                checks.refuse(f"Training.{name}", "must be true or false", getattr(self, name), "choose one")
        put(self, "activation", activation_name(self.activation))
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


_GATED: dict[str, Any] = {"activation": "tanh", "tau": 0.1, "initial": "orthogonal", "gain": 1.0, "train_input": True}
DEFAULTS: dict[str, dict[str, Any]] = {
    "leaky": {"activation": "sigmoid", "tau": (0.02, 0.1), "initial": "gaussian", "gain": 1.5, "train_input": False},
    "elman": {**_GATED, "tau": 0.01, "initial": "gaussian"},
    "gru": _GATED,
    "gru-reset-before": _GATED,
    "lstm": _GATED,
}
"""What stands for None, by cell."""

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


def _checked_tau(tau: Any, units: int) -> NDArray[np.float64]:
    plain = checks.unit_free("Training.tau", tau, "second")
    if np.ndim(plain) > 0:
        plain = [checks.unit_free("Training.tau", value, "second") for value in plain]
    if np.ndim(plain) == 1 and len(plain) not in (2, units):
        rule = f"must be one time constant, a range (low, high), or one for each of {units} units"
        checks.refuse("Training.tau", rule, f"{len(plain)} values", "give 1, 2 or as many as there are units")
    shape: tuple[int, ...] = () if np.ndim(plain) == 0 else (2 if len(plain) == 2 else units,)
    values = checks.array("Training.tau", plain, shape)
    for value in (values.min(), values.max()):
        checks.seconds("Training.tau", value, *TAU_RANGE)
    if values.size == 2 and values[0] > values[1]:
        checks.refuse("Training.tau", "must be a range (low, high)", tau, "give the lower time constant first")
    return values


def _checked_noise(noise: ArrayLike, units: int) -> NDArray[np.float64]:
    values = checks.array("Training.noise", noise, () if np.ndim(noise) == 0 else (units,))
    if values.min() < 0:
        checks.refuse("Training.noise", "must be at least 0", values.min(), "give a standard deviation")
    return values


def _checked_connections(value: ArrayLike, units: int) -> NDArray[np.float64]:
    result = checks.array("Training.connection_probability", value, () if np.ndim(value) == 0 else (units, units))
    allowed = (result >= 0) & (result <= 1) if result.ndim == 0 else np.isin(result, (0, 1))
    if not np.all(allowed):
        rule = "must be a probability from 0 to 1 or a mask of 0 and 1"
        checks.refuse("Training.connection_probability", rule, result, "choose another value")
    return result
