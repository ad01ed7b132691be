"""Products of two signals, unit by unit, by populations: ``a b`` from the squares of a sum and a difference.

``a b = (a - A) (b - B) + A b + B a - A B`` for any centres A and B, and with a scale s

    (a - A) (b - B) = s ((p^2 - m^2) / 4),     p, m = (a - A) / s +- (b - B)

Centres in the middle of what each factor visits make the squares, whose error the populations' is a share of, as small
as can be; what they leave out is linear. Equal spans of both summands do the same for the scale.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.graph.graph import Part, Route

Array = NDArray[np.float64]


def quarter_square(x: Array) -> Array:
    """Return x^2 / 4."""
    return x * x / 4


@dataclass(frozen=True, eq=False)
class Factor:
    """A factor ``sum of weight (reading of source) + bias``, one for each of the P products.

    Attributes
    ----------
    terms : tuple of (str, str, (P, U_source) array)
        Part, reading and weight.
    bias : (P,) array
    centre, span : (P,) arrays
        Middle and half width of what it visits.
    """

    terms: tuple[tuple[str, str, Array], ...]
    bias: Array
    centre: Array
    span: Array


def factor(terms: tuple[tuple[str, str, Array], ...], bias: Array, values: Array) -> Factor:
    """Return a factor that visits `values` (..., P)."""
    visited = values.reshape(-1, values.shape[-1])
    low, high = visited.min(axis=0), visited.max(axis=0)
    return Factor(terms, bias, (low + high) / 2, np.maximum((high - low) / 2, 1e-3))


def products(name: str, one: Factor, other: Factor, inputs: int) -> tuple[Part, tuple[Route, ...]]:
    """Return the part whose 2 P signals are the sums and differences of two factors, and the routes into it."""
    scale = (one.span / other.span)[:, None]
    bias = np.concatenate(
        [(one.bias - one.centre) / scale[:, 0] + sign * (other.bias - other.centre) for sign in (1, -1)]
    )
    routes = [Route(source, reading, name, np.tile(w / scale, (2, 1))) for source, reading, w in one.terms]
    routes += [Route(source, reading, name, np.concatenate([w, -w])) for source, reading, w in other.terms]
    return Part(name, {"square": quarter_square}, bias, np.zeros((bias.size, inputs))), tuple(routes)


def product_routes(
    name: str, one: Factor, other: Factor, target: str, weight: Array
) -> tuple[tuple[Route, ...], Array]:
    """Return the routes that bring products (P,) through weights (U_target, P), and the bias (U_target,) they need."""
    scale = one.span / other.span
    routes = [Route(name, "square", target, np.concatenate([weight * scale, -weight * scale], axis=1))]
    routes += [Route(source, reading, target, (weight * one.centre) @ w) for source, reading, w in other.terms]
    routes += [Route(source, reading, target, (weight * other.centre) @ w) for source, reading, w in one.terms]
    constant = one.centre * other.bias + other.centre * one.bias - one.centre * other.centre
    return tuple(route for route in routes if route.weight.any()), weight @ constant


def merged(routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """Return routes with those of one source, reading and target added up."""
    total: dict[tuple[str, str, str], Array] = {}
    for route in routes:
        key = (route.source, route.reading, route.target)
        total[key] = total[key] + route.weight if key in total else route.weight
    return tuple(Route(*key, weight) for key, weight in total.items() if weight.any())
