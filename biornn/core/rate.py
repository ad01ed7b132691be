"""RateNetwork: what a trained rate network is, checked once when made."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks

TAU_RANGE = (1e-4, 5.0)
"""Unit time constants in s that are plausible; 20 s is refused as 20 ms given in the wrong unit."""


@dataclass(frozen=True, eq=False)
class RateNetwork:
    """A leaky rate network of N units, I inputs and O outputs (Eq. 2 of docs/science.md).

    ``tau_i dx_i/dt = -x_i + sum_j W_ij r_j + (W_in u)_i + b_i + noise``, ``r = phi(x)``, ``z = W_out r + b_out``.

    Parameters
    ----------
    weights : dict of str to array
        ``recurrent`` (N, N) with row i the inputs of unit i, ``input`` (N, I), ``bias`` (N,), ``output`` (O, N),
        ``output_bias`` (O,), ``initial_state`` (N,).
    activation : str
        A name registered in `biornn.theory.activation`.
    tau : (N,) array
        Unit time constants in s, at least `dt`.
    dt : float
        Step of the trained Euler map in s.
    signs : (N,) array
        Dale's law: +1 excitatory, -1 inhibitory (the sign of column j), 0 where a unit is not constrained.
    noise : (N,) array
        Stationary SD of a free unit under the training noise.
    readout : {"identity", "softmax"}
        What is applied to z.
    about : dict
        Where it comes from: task, seed, versions, loss history; JSON values only.
    cell : str
        Name of the cell; ``"leaky"``.

    Raises
    ------
    InputError
        Shapes that do not agree, NaN or infinity, implausible time constants, dt above a time constant, or a weight
        whose sign breaks Dale's law.
    """

    weights: Mapping[str, NDArray[np.float64]]
    activation: str
    tau: NDArray[np.float64]
    dt: float
    signs: NDArray[np.float64]
    noise: NDArray[np.float64]
    readout: str = "identity"
    about: Mapping[str, Any] = field(default_factory=dict)
    cell: str = "leaky"

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "weights", _checked_weights(self.weights))
        units = self.units
        put(self, "dt", checks.seconds("RateNetwork.dt", self.dt, 1e-6, 10.0))
        tau = checks.array("RateNetwork.tau", checks.unit_free("RateNetwork.tau", self.tau, "second"), (units,))
        put(self, "tau", tau)
        for extreme in (tau.min(), tau.max()):
            checks.seconds("RateNetwork.tau", extreme, *TAU_RANGE)
        if self.dt > tau.min() * (1 + 1e-9):
            rule = f"must not exceed the smallest time constant {tau.min():g} s"
            checks.refuse("RateNetwork.dt", rule, f"{self.dt:g} s", "use a smaller step or a larger tau")
        put(self, "signs", checks.array("RateNetwork.signs", self.signs, (units,)))
        if not np.isin(self.signs, (-1, 0, 1)).all():
            checks.refuse("RateNetwork.signs", "must be -1, 0 or +1", self.signs, "give one sign per unit")
        if (self.weights["recurrent"] * self.signs < 0).any():
            unit = int(np.argwhere((self.weights["recurrent"] * self.signs < 0).any(axis=0))[0, 0])
            rule = "must keep Dale's law: every outgoing weight has its unit's sign"
            checks.refuse("RateNetwork.weights['recurrent']", rule, f"column {unit}", "clip it or set its sign to 0")
        put(self, "noise", checks.array("RateNetwork.noise", self.noise, (units,)))
        if (self.noise < 0).any():
            checks.refuse("RateNetwork.noise", "must be at least 0", self.noise.min(), "give a standard deviation")
        checks.member("RateNetwork.readout", self.readout, ("identity", "softmax"))
        checks.member("RateNetwork.cell", self.cell, ("leaky",))

    @property
    def units(self) -> int:
        """Number of units N."""
        return int(self.weights["recurrent"].shape[0])

    @property
    def inputs(self) -> int:
        """Number of input channels I."""
        return int(self.weights["input"].shape[1])

    @property
    def outputs(self) -> int:
        """Number of output channels O."""
        return int(self.weights["output"].shape[0])

    def with_weights(self, **changes: NDArray[np.float64]) -> "RateNetwork":
        """Return the same network with some weights replaced (lesions, controls)."""
        return replace(self, weights={**self.weights, **changes})


def _checked_weights(weights: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    names = {"recurrent", "input", "bias", "output", "output_bias", "initial_state"}
    if set(weights) != names:
        odd = sorted(names.symmetric_difference(weights))
        rule = f"must have exactly the keys {', '.join(sorted(names))}"
        checks.refuse("RateNetwork.weights", rule, f"missing or unknown: {', '.join(odd)}", "rename or add them")
    units = np.shape(weights["recurrent"])[0] if np.ndim(weights["recurrent"]) == 2 else 0
    outputs = np.shape(weights["output"])[0] if np.ndim(weights["output"]) == 2 else 0
    shapes: dict[str, tuple[int | str, ...]] = {
        "recurrent": (units or "N", units or "N"),
        "input": (units, "I"),
        "bias": (units,),
        "output": (outputs or "O", units),
        "output_bias": (outputs,),
        "initial_state": (units,),
    }
    return {name: checks.array(f"RateNetwork.weights[{name!r}]", weights[name], shapes[name]) for name in shapes}
