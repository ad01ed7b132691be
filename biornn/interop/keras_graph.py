"""Keras graph: what a model does around a layer and its readout, which a network made of the two alone would not do."""

import warnings
from collections.abc import Iterator
from typing import Any

from biornn.core import checks

SILENT = (
    "Dropout",
    "SpatialDropout1D",
    "AlphaDropout",
    "GaussianDropout",
    "GaussianNoise",
    "ActivityRegularization",
    "Identity",
    "GetItem",
)
"""Operations that change nothing after training, or choose the last step."""


def check(kind: str, layer: Any, dense: Any) -> None:
    """Refuse layers of a model that computes between them or after them.

    Parameters
    ----------
    kind : str
        Name of the layer for messages.
    layer, dense : keras layers
        `dense` as it stands in the model, in its TimeDistributed if there is one. Layers that were only called on
        arrays belong to no graph, and nothing is known of them.

    Raises
    ------
    InputError
        A normalisation, pooling or another layer between them; a softmax or another layer after them.

    Warns
    -----
    UserWarning
        The layer gets a mask in its model.
    """
    paths = [path for node in dense._inbound_nodes for path in _paths(node, layer, ())]
    loud = [[name for name in path if name not in SILENT] for path in paths]
    if loud and all(loud):
        rule = f"must read the {kind} directly, with nothing but dropout between them"
        checks.refuse("Dense", rule, f"{', '.join(loud[0])} between them", "train a model without it")
    after = [type(node.operation).__name__ for node in dense._outbound_nodes] if paths else []
    computing = [name for name in after if name not in SILENT]
    if computing:
        advice = "train the model with Dense(classes, activation='softmax') as its last layer, or with a linear one"
        checks.refuse("Dense", "must be the last layer of its model", f"{computing[0]} after it", advice)
    if any(node.arguments.kwargs.get("mask") is not None for node in layer._inbound_nodes):
        text = (
            f"from_keras: the {kind} skips masked steps in its model, but a network of biornn takes every step; pad"
            " sequences at their end, and judge them at their own last step, as tasks.Sequences does"
        )
        warnings.warn(text, stacklevel=3)


def _paths(node: Any, layer: Any, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the names of the operations on each way from a node back to the layer."""
    for tensor in node.input_tensors:
        operation, index, _ = tensor._keras_history
        if operation is layer:
            yield names
        elif operation._inbound_nodes:
            yield from _paths(operation._inbound_nodes[index], layer, (type(operation).__name__, *names))
