"""Initial weights: random, orthogonal or the identity, sparse, and balanced under Dale's law."""

import numpy as np
from numpy.typing import NDArray

from biornn.core.cells import CELLS
from biornn.core.seeds import generator
from biornn.rate.settings import Training

Array = NDArray[np.float64]


def initial(settings: Training, inputs: int, outputs: int) -> tuple[dict[str, Array], dict[str, Array]]:
    """Draw what is trained and what stays fixed.

    Parameters
    ----------
    settings : Training
        N units and how they are connected.
    inputs, outputs : int
        Channels I and O of the task.

    Returns
    -------
    trained, fixed : dict of str to array
        As `biornn.rate.cells.parameters.weights` takes them. Input weights are in `trained` only if they are trained.
    """
    rng = generator(settings.seed, "initial weights")
    units = settings.units
    signs = dale_signs(units, settings.inhibitory) if settings.dale else np.zeros(units)
    mask = connections(np.asarray(settings.connection_probability), units, rng)
    layout = CELLS[settings.cell]
    draw = recurrent(settings, mask, signs, len(layout.gates), rng)
    low, high = settings.tau_range
    place = rng.standard_normal(units)
    if not settings.learn_tau:
        low = high = low + (high - low) / (1 + np.exp(-place))
    trained = {
        "recurrent": draw,
        "bias": np.zeros(draw.shape[:-1]),
        "output": rng.standard_normal((outputs, units * (2 if settings.attention else 1))) / units,
        "output_bias": np.zeros(outputs),
        "tau": place,
    }
    fixed = {"mask": mask, "signs": signs, "tau_low": low, "tau_high": high}
    fixed |= {"noise": np.full(units, settings.noise), "initial_state": np.zeros(units)}
    (trained if settings.train_input else fixed)["input"] = rng.standard_normal((*draw.shape[:-1], inputs))
    # States at time 0 stay where they are; whatever else a cell has starts at 0 and is trained.
    for name in (name for name in layout.weights if name not in {*trained, *fixed}):
        (fixed if name.startswith("initial_") else trained)[name] = np.zeros(units)
    if "forget" in layout.gates:
        trained["bias"][layout.gates.index("forget")] = settings.forget
    if settings.attention:
        for name in ("query", "key"):
            trained[name] = rng.standard_normal((settings.attention, units)) / np.sqrt(units)
    return trained, fixed


def recurrent(settings: Training, mask: Array, signs: Array, gates: int, rng: np.random.Generator) -> Array:
    """Return recurrent weights (N, N), or (G, N, N) for a cell of G gates."""
    gain = float(settings.gain or 0.0)
    if settings.dale:
        return balanced(mask, signs, gain, rng)
    if settings.initial == "gaussian":
        draws = [plain(mask, gain, rng) for _ in range(max(gates, 1))]
    elif settings.initial == "orthogonal":
        draws = [gain * orthogonal(len(mask), rng) * mask for _ in range(max(gates, 1))]
    else:
        draws = [gain * np.eye(len(mask)) * mask] * max(gates, 1)
    return np.stack(draws) if gates else draws[0]


def orthogonal(units: int, rng: np.random.Generator) -> Array:
    """Return an orthogonal matrix (N, N), uniform over all of them (Mezzadri 2007, Notices AMS 54:592)."""
    q, r = np.linalg.qr(rng.standard_normal((units, units)))
    return np.asarray(q * np.sign(np.diag(r)))


def dale_signs(units: int, inhibitory: float) -> Array:
    """Return +1 for the first units and -1 for the last, `inhibitory` being the share of the latter, (N,)."""
    signs = np.ones(units)
    signs[units - round(inhibitory * units) :] = -1
    return signs


def connections(probability: Array, units: int, rng: np.random.Generator) -> Array:
    """Return the mask (N, N): `probability` itself if it is one already, else 1 with that probability."""
    if probability.ndim == 2:
        return probability
    return (rng.random((units, units)) < probability).astype(np.float64)


def plain(mask: Array, gain: float, rng: np.random.Generator) -> Array:
    """Return Gaussian weights (N, N) of spectral radius about `gain` (Girko's circular law)."""
    inputs = max(mask.sum() / len(mask), 1.0)
    return np.asarray(rng.standard_normal(mask.shape) * mask * gain / np.sqrt(inputs))


def balanced(mask: Array, signs: Array, gain: float, rng: np.random.Generator) -> Array:
    """Return weights (N, N) under Dale's law whose rows sum to 0 and whose spectral radius is about `gain`.

    Half-normal magnitudes times signs leave a mean in every column, hence one real eigenvalue far outside the disc
    (Rajan & Abbott 2006, Phys. Rev. Lett. 97:188104). Scaling the inhibitory weights of each row to cancel its
    excitatory ones removes it; what is left is a disc of radius sqrt(sum over columns of their variance).

    Notes
    -----
    A row without excitatory or without inhibitory inputs cannot be balanced and is kept as drawn.
    """
    weights: Array = np.abs(rng.standard_normal(mask.shape)) * mask * signs
    excitation = np.where(signs > 0, weights, 0).sum(axis=1)
    inhibition = -np.where(signs < 0, weights, 0).sum(axis=1)
    both = (excitation > 0) & (inhibition > 0)
    factor = np.divide(excitation, inhibition, out=np.ones_like(excitation), where=both)
    weights = np.where(signs < 0, weights * factor[:, None], weights)
    radius = np.sqrt(weights.var(axis=0).sum())
    return weights * (gain / radius if radius > 0 else 1.0)
