"""RateNetwork: what a trained rate network is, whatever its cell, checked once when made."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks, show
from biornn.core.cells import ATTENTION, CELLS, READOUT, checked_weights, not_huge
from biornn.core.values import json_values, kind_name

TAU_RANGE = (1e-4, 5.0)
"""Unit time constants in s that are plausible; 20 s is refused as 20 ms given in the wrong unit."""


SYMBOL = "symbol"
"""What ``about["imported"]["step"]`` is for a layer of another library, which takes one step a symbol."""


@dataclass(frozen=True, eq=False)
class RateNetwork(show.Shown):
    """A rate network of N units, I inputs and O outputs; its equations are those of its cell in `biornn.theory.cells`.

    Leaky: ``tau_i dx_i/dt = -x_i + sum_j W_ij r_j + (W_in u)_i + b_i + noise``, ``r = phi(x)``; always
    ``z = W_out r + b_out``.

    Parameters
    ----------
    weights : dict of str to array
        ``recurrent`` (N, N) with row i the inputs of unit i, ``input`` (N, I), ``bias`` (N,), ``output`` (O, N),
        ``output_bias`` (O,), ``initial_state`` (N,). A gated cell has one of the first three for each of its gates,
        along a first axis in the order of `biornn.core.cells.CELLS`. With attention in front of the readout also
        ``query`` and ``key`` (A, N), and ``output`` is (O, 2 N): the units, then what is attended to.
    activation : str
        A name registered in `biornn.theory.activation`; of a gated cell's candidate, its gates being sigmoids.
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
        A name of `biornn.core.cells.CELLS`.

    Raises
    ------
    InputError
        Values of another kind, shapes that do not agree, NaN or infinity, a weight or noise above 1e12, `about` with
        other than JSON values, implausible time constants, dt above a time constant (or not equal to
        all of them for a discrete cell), or a weight whose sign breaks Dale's law.
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
        put(self, "weights", checked_weights(self.cell, self.weights))
        units = self.units
        if not isinstance(self.activation, str):
            advice = "register a function of your own by biornn.theory.activation.register and give its name"
            checks.refuse("RateNetwork.activation", "must be a name", kind_name(self.activation), advice)
        put(self, "dt", checks.seconds("RateNetwork.dt", self.dt, 1e-6, 10.0))
        tau = _per_unit("RateNetwork.tau", checks.unit_free("RateNetwork.tau", self.tau, "second"), units)
        put(self, "tau", tau)
        for extreme in (tau.min(), tau.max()):
            checks.seconds("RateNetwork.tau", extreme, *TAU_RANGE)
        if self.dt > tau.min() * (1 + 1e-9):
            rule = f"must not exceed the smallest time constant {tau.min():g} s"
            checks.refuse("RateNetwork.dt", rule, f"{self.dt:g} s", "use a smaller step or a larger tau")
        if CELLS[self.cell].discrete and not self.discrete:
            rule = f"must equal the step of {self.dt:g} s for the cell {self.cell!r}"
            checks.refuse("RateNetwork.tau", rule, f"{tau.min():g} to {tau.max():g} s", "use the cell 'leaky'")
        put(self, "signs", _per_unit("RateNetwork.signs", self.signs, units))
        if not np.isin(self.signs, (-1, 0, 1)).all():
            checks.refuse("RateNetwork.signs", "must be -1, 0 or +1", self.signs, "give one sign per unit")
        if (self.weights["recurrent"] * self.signs < 0).any():
            wrong = (self.weights["recurrent"] * self.signs < 0).reshape(-1, units)
            unit = int(np.argwhere(wrong.any(axis=0))[0, 0])
            rule = "must keep Dale's law: every outgoing weight has its unit's sign"
            checks.refuse("RateNetwork.weights['recurrent']", rule, f"column {unit}", "clip it or set its sign to 0")
        put(self, "noise", not_huge("RateNetwork.noise", _per_unit("RateNetwork.noise", self.noise, units)))
        if (self.noise < 0).any():
            checks.refuse("RateNetwork.noise", "must be at least 0", self.noise.min(), "give a standard deviation")
        checks.member("RateNetwork.readout", self.readout, ("identity", "softmax"))
        put(self, "about", json_values("RateNetwork.about", self.about))

    def _face(self) -> show.Face:
        channels = f"{show.count(self.inputs, 'input')}, {show.count(self.outputs, 'output')}"
        kind = " ".join(dict.fromkeys(("discrete" if self.discrete else "", self.cell, self.activation))).strip()
        times = f"dt {self.dt * 1e3:g} ms" + ("" if self.discrete else f", tau {show.span(self.tau, 1e3, 'ms')}")
        task = show.named(self.about)
        excitatory, inhibitory = int((self.signs > 0).sum()), int((self.signs < 0).sum())
        law = f"{excitatory} excitatory, {inhibitory} inhibitory units" if self.signs.any() else "not imposed"
        rows = (
            ("units", f"{self.units:,} {kind}"),
            ("channels", f"{channels}, {self.readout} readout"),
            ("times", times),
            ("Dale's law", law),
            ("training noise", f"SD {show.span(self.noise)}"),
            ("task", task or "not known"),
        )
        calls = (
            "rates = rate.run(network, trials)",
            "snn, fit = bridge.Population()(network, task.trials(32, seed=2))",
            'store.save(network, "network.safetensors")',
        )
        trained = f"; trained on {task}" if task else ""
        return show.Face(f"RateNetwork: {self.units:,} {kind} units, {channels}, {times}{trained}", rows, calls)

    def _sketch(self) -> show.Sketch:
        weight = self.weights["recurrent"].reshape(-1, self.units, self.units)[-1]
        return show.Sketch("matrix", np.empty(0), weight, ("from unit", "to unit"))

    @property
    def units(self) -> int:
        """Number of units N."""
        return int(self.weights["recurrent"].shape[-1])

    @property
    def states(self) -> int:
        """Number of states S: N times the states of a unit."""
        return self.units * CELLS[self.cell].states

    @property
    def inputs(self) -> int:
        """Number of input channels I."""
        return int(self.weights["input"].shape[-1])

    @property
    def outputs(self) -> int:
        """Number of output channels O."""
        return int(self.weights["output"].shape[0])

    @property
    def discrete(self) -> bool:
        """Whether a step forgets all but what the weights carry over: every time constant equals the step."""
        return bool(np.allclose(self.tau, self.dt, rtol=1e-9, atol=0))

    @property
    def steps_are_symbols(self) -> bool:
        """Whether a step is one symbol of a sequence, as in the layer that the network was read from."""
        source = self.about.get("imported")
        return isinstance(source, Mapping) and source.get("step") == SYMBOL

    @property
    def attends(self) -> bool:
        """Whether the readout attends to past rates."""
        return "query" in self.weights

    def with_weights(self, **changes: NDArray[np.float64]) -> "RateNetwork":
        """Return the same network with some weights replaced (lesions, controls).

        Raises
        ------
        InputError
            A weight that the network's cell does not have, or one that does not fit the others.
        """
        for name in changes:
            checks.member("RateNetwork.with_weights", name, {*CELLS[self.cell].weights, *READOUT, *ATTENTION})
        return replace(self, weights={**self.weights, **changes})


def _per_unit(where: str, value: Any, units: int) -> NDArray[np.float64]:
    """Return one number for each unit."""
    if np.ndim(checks.plain_array(where, value)) == 0:
        checks.refuse(where, f"must have one value for each of {units} units", value, f"use numpy.full({units}, value)")
    return checks.array(where, value, (units,))
