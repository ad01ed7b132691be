"""The safetensors format, written and read by its library, whose complaints become those of Python.

The library is given names of files that this package has made or found to be regular files, and nothing else: it puts
a new file in the place of a device, and waits for a pipe.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

Tensors = Mapping[str, NDArray[Any]]
TYPES = frozenset({"F64", "F32", "F16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL"})
"""Types of the format that numpy has and biornn takes, by the format's names."""
NAMES = frozenset(
    {"float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool"}
)
"""The same by numpy's names."""


def write(draft: Path, tensors: Tensors, metadata: Mapping[str, str]) -> None:
    """Write arrays and metadata to a regular file, which may be replaced by a new one.

    Raises
    ------
    OSError
    """
    # The library takes the bytes as they lie in memory, whatever the order of the axes.
    rows = {name: np.asarray(array, array.dtype.newbyteorder("<"), order="C") for name, array in tensors.items()}
    try:
        save_file(rows, draft, dict(metadata))
    except SafetensorError as problem:
        raise OSError(str(problem)) from None


@dataclass(frozen=True)
class Reader:
    """A file that is open: its metadata and the names of its arrays at once, the arrays when they are asked for."""

    metadata: Mapping[str, str]
    names: tuple[str, ...]
    file: Any

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all arrays.

        Raises
        ------
        ValueError
            A type that numpy does not have.
        """
        return {name: self._array(name) for name in self.names}

    def _array(self, name: str) -> NDArray[Any]:
        kind = self.file.get_slice(name).get_dtype()
        if kind not in TYPES:
            raise ValueError(f"an array of {kind}, which biornn does not read")
        array: NDArray[Any] = self.file.get_tensor(name)
        # A byte that is neither 0 nor 1 is no boolean to numpy.
        return array.view(np.uint8).astype(bool) if kind == "BOOL" else array


@contextlib.contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Open a regular file.

    Raises
    ------
    ValueError
        A file that is not whole or no safetensors file.
    OSError
    """
    library: Any = safe_open
    try:
        with library(path, framework="numpy") as file:
            yield Reader(file.metadata() or {}, tuple(file.keys()), file)
    except SafetensorError as problem:
        raise ValueError(str(problem)) from None
