"""Files of other programs, told by what they hold rather than by their names, and what to do with each."""

import zipfile
from typing import IO, NoReturn

from biornn.core.checks import refuse
from biornn.store.tensors import Reader

HDF5 = b"\x89HDF\r\n\x1a\n"
PROTOCOLS = (b"\2", b"\3", b"\4", b"\5")
"""Second byte of a pickle."""
TORCH = "biornn.interop.from_torch(module, linear)"
KERAS = (
    "a Keras model",
    "load it by keras.models.load_model and call biornn.interop.from_keras(layer, dense) with its recurrent layer and "
    "the Dense layer behind it",
)
PICKLE = (
    "a pickle, which can run code of its author when it is opened",
    "open it yourself if you trust it, and make a biornn.core.rate.RateNetwork of its matrices",
)
CHECKPOINT = (
    "a PyTorch checkpoint",
    f"build the torch module, load this file into it by torch.load(file, weights_only=True) and call {TORCH}",
)
STATE_DICT = (
    "a PyTorch state dict",
    f"build the torch module, load this file into it by safetensors.torch.load_file and call {TORCH}",
)
MATRICES = "and make a biornn.core.rate.RateNetwork of its matrices"
MAGIC = {
    HDF5: ("an HDF5 file", f"{KERAS[1]}, if Keras wrote it"),
    b"MATLAB ": ("a MATLAB file", f"read it by scipy.io.loadmat {MATRICES}"),
    b"\x93NUMPY": ("a numpy array", f"read it by numpy.load {MATRICES}"),
}
OTHER_TENSORS = "make the layers that it belongs to, load it into them and call biornn.interop.from_torch or from_keras"


def refuse_foreign(file: IO[bytes], where: str) -> None:
    """Refuse the file of another program that `load` cannot read; return if it may be safetensors.

    Raises
    ------
    InputError
        Its kind is named, and the calls that make a network of it.
    """
    start = file.read(520)
    kind = _kind(file, start)
    file.seek(0)
    if kind is not None:
        refuse(where, "must be a file saved by biornn", *kind)


def refuse_tensors(found: Reader, where: str, rule: str) -> NoReturn:
    """Refuse safetensors that biornn did not write.

    Raises
    ------
    InputError
        A PyTorch state dict is named as such.
    """
    if any(name.rpartition(".")[2].startswith(("weight_ih", "weight_hh")) for name in found.names):
        refuse(where, rule, *STATE_DICT)
    refuse(where, rule, found.metadata.get("format", "another file"), OTHER_TENSORS)


def _kind(file: IO[bytes], start: bytes) -> tuple[str, str] | None:
    if start.startswith(b"PK\x03\x04"):
        return _archive(file)
    # The length of a safetensors header may begin with the same two bytes.
    if start[:1] == b"\x80" and start[1:2] in PROTOCOLS and start[4:9] != b"\0\0\0\0{":
        return PICKLE
    if start[512:520] == HDF5:
        return "a MATLAB 7.3 file", f"read it by h5py {MATRICES}"
    return next((kind for magic, kind in MAGIC.items() if start.startswith(magic)), None)


def _archive(file: IO[bytes]) -> tuple[str, str]:
    """Return the kind of an archive by the names of its files."""
    try:
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except Exception:  # what is wrong with a broken archive is no matter here
        names = []
    if "config.json" in names and any(name.endswith(".h5") for name in names):
        return KERAS
    if any(name.endswith("/data.pkl") or name == "data.pkl" for name in names):
        return CHECKPOINT
    if names and all(name.endswith(".npy") for name in names):
        return "a numpy archive", f"read it by numpy.load {MATRICES}"
    return "an archive", "unpack it, or give a file that biornn saved"
