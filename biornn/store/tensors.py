"""The safetensors format: a length, a JSON header, the bytes of the arrays.

Read and written here rather than by its library, which holds every array in memory several times, follows pipes and
devices, and is killed where a file shrinks while it is read. The tests compare both.
"""

import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Tensors = Mapping[str, NDArray[Any]]
TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip
NAMES = {np.dtype(kind): name for name, kind in TYPES.items()}
LONGEST_HEADER = 100_000_000
"""Bytes, as in the library."""
MAPPED = 2**28
"""Bytes beyond which an array is left in its file and read from there as it is used."""
PIECE = 2**24
"""Bytes that are copied at a time of an array that does not lie in memory as in a file."""
METADATA = "__metadata__"


@dataclass(frozen=True)
class Entry:
    """One array of a file: its type by the format's name, its shape, and where its bytes begin and end."""

    kind: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class Header:
    """What stands at the beginning of a file; `start` is where the bytes of the arrays begin."""

    metadata: dict[str, str]
    entries: dict[str, Entry]
    start: int


def write(file: IO[bytes], tensors: Tensors, metadata: Mapping[str, str]) -> None:
    """Write arrays and metadata; widest types first, so that all lie on whole multiples of their width."""
    plain = {name: array.astype(array.dtype.newbyteorder("<"), copy=False) for name, array in tensors.items()}
    order = sorted(plain, key=lambda name: (-plain[name].itemsize, name))
    header: dict[str, Any] = {METADATA: dict(metadata)}
    end = 0
    for name in order:
        begin, end = end, end + plain[name].nbytes
        kind = NAMES[plain[name].dtype]
        header[name] = {"dtype": kind, "shape": list(plain[name].shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)
    for name in order:
        for piece in _pieces(plain[name]):
            file.write(piece.data)


def read_header(file: IO[bytes]) -> Header:
    """Read and check the header of a regular file that is open at its beginning.

    Raises
    ------
    ValueError
        A file that is not whole or no safetensors file.
    """
    size = os.fstat(file.fileno()).st_size
    if size < 8:
        raise ValueError(f"{size} bytes")
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= min(size - 8, LONGEST_HEADER):
        raise ValueError(f"a header of {length} bytes in a file of {size}")
    try:
        content = strict_json(file.read(length).decode())
    except RecursionError:
        raise ValueError("a header of too many levels") from None
    if not isinstance(content, dict):
        raise ValueError("a header that is no dictionary")
    metadata = content.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("metadata that are no text")
    entries = {name: _entry(name, value) for name, value in content.items()}
    reached = 0
    for entry in sorted(entries.values(), key=lambda entry: (entry.begin, entry.end)):
        if entry.begin != reached:
            raise ValueError("arrays that overlap or leave gaps")
        reached = entry.end
    if 8 + length + reached != size:
        raise ValueError(f"{size} bytes where the header says {8 + length + reached}")
    return Header(metadata, entries, 8 + length)


def read(file: IO[bytes], header: Header) -> dict[str, NDArray[Any]]:
    """Read the arrays; large ones are mapped, read-only.

    Raises
    ------
    ValueError
        A type that numpy does not have, or a file that has shrunk since its header was read.
    """
    tensors = {}
    for name, entry in header.entries.items():
        if entry.kind not in TYPES:
            raise ValueError(f"an array of {entry.kind}, which numpy does not have")
        # A byte that is neither 0 nor 1 is no boolean to numpy.
        kind = np.dtype("|u1" if entry.kind == "BOOL" else TYPES[entry.kind])
        count, offset = math.prod(entry.shape), header.start + entry.begin
        if entry.end - entry.begin > MAPPED:
            flat: NDArray[Any] = np.memmap(file, kind, "r", offset, (count,))
        else:
            file.seek(offset)
            flat = np.fromfile(file, kind, count)
        if flat.size != count:
            raise ValueError("a file that shrank while it was read")
        array = flat.reshape(entry.shape)
        tensors[name] = array.astype(bool) if entry.kind == "BOOL" else array
    return tensors


def strict_json(text: str) -> Any:
    """Return JSON values; a key that stands twice and the words NaN and Infinity are refused with a ValueError."""

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            raise ValueError("a key that stands twice")
        return result

    def unknown(word: str) -> None:
        raise ValueError(f"the word {word}")

    return json.loads(text, object_pairs_hook=distinct, parse_constant=unknown)


def _entry(name: str, value: Any) -> Entry:
    wrong = ValueError(f"array {name!r} without a sound type, shape and place")
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        raise wrong
    kind, shape, place = value["dtype"], value["shape"], value["data_offsets"]
    if not (isinstance(kind, str) and isinstance(shape, list) and isinstance(place, list) and len(place) == 2):
        raise wrong
    if len(shape) > 32 or not all(type(number) is int and number >= 0 for number in (*shape, *place)):
        raise wrong
    width = np.dtype(TYPES[kind]).itemsize if kind in TYPES else None
    if place[0] > place[1] or (width is not None and math.prod(shape) * width != place[1] - place[0]):
        raise wrong
    return Entry(kind, tuple(shape), *place)


def _pieces(array: NDArray[Any]) -> Iterator[NDArray[np.uint8]]:
    """Yield the bytes of an array, row after row; one that lies so in memory, or is mapped, is not copied."""
    if array.flags.c_contiguous:
        yield array.reshape(-1).view(np.uint8)
        return
    rows = max(1, PIECE * len(array) // max(1, array.nbytes))
    for first in range(0, len(array), rows):
        yield np.ascontiguousarray(array[first : first + rows]).reshape(-1).view(np.uint8)
