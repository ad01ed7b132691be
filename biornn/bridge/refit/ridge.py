"""Ridge regression drawn to trained weights, from moments of samples."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over samples of the products of regressors (a constant last) with each other and with what is missing.

    Attributes
    ----------
    gram : (J + 1, J + 1) array
    missing : (J + 1, O) array
        With the target less what the trained weights give.
    """

    gram: Array
    missing: Array

    def __add__(self, other: "Moments") -> "Moments":
        """Return the moments of both sets of samples."""
        return Moments(self.gram + other.gram, self.missing + other.missing)


def moments(regressors: Array, target: Array, trained: Array) -> Moments:
    """Return the moments of samples: regressors (S, J), target (S, O), trained weights (O, J)."""
    full = np.column_stack([regressors, np.ones(len(regressors))])
    return Moments(full.T @ full, full.T @ (target - regressors @ trained.T))


def corrected(sums: Moments, trained: Array, ridge: float, signs: Array) -> tuple[Array, Array]:
    """Return weights (O, J) and constants (O,) that fit the target, drawn towards the trained weights.

    Minimises the squared error and ``ridge`` times the mean variance of the regressors times
    ``sum (w - trained)^2``; the constant is free.

    Parameters
    ----------
    sums : Moments
    trained : (O, J) array
    ridge : float
        Strength; 0 follows the data alone.
    signs : (J,) array
        Sign that the weights of each regressor must have; 0 leaves them free.
    """
    count = sums.gram[-1, -1]
    mean, mean_missing = sums.gram[:-1, -1] / count, sums.missing[-1] / count
    covariance = sums.gram[:-1, :-1] / count - np.outer(mean, mean)
    shared = sums.missing[:-1] / count - np.outer(mean, mean_missing)
    penalty = max(ridge * float(np.trace(covariance)) / max(len(mean), 1), 1e-12)
    root = np.linalg.cholesky(covariance + penalty * np.eye(len(mean))).T
    wanted = root @ trained.T + np.linalg.solve(root.T, shared)
    if signs.any():
        side = np.where(signs == 0, 1.0, signs)
        weights = np.array([side * nnls(root * side, column)[0] for column in wanted.T])
    else:
        weights = np.linalg.solve(root, wanted).T
    return weights, mean_missing - (weights - trained) @ mean
