"""Two ways to run one trial of a structure: the compiled program, or Brian2's numpy target where no compiler is."""

import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from biornn.spiking import cache
from biornn.spiking.structure import FROM_FILES, SPIKE_FILES, Structure

Values = Mapping[str, NDArray[Any]]
Runner = Callable[[Values], dict[str, NDArray[Any]]]


def compiled(program: Path, shared: Values, folder: Path) -> Runner:
    """Return the function that runs the values of one trial through a compiled program.

    Parameters
    ----------
    program : Path
        Folder of the program, see `biornn.spiking.cache.program`.
    shared : dict of str to array
        Values that all trials share.
    folder : Path
        An empty working folder.
    """
    manifest = cache.read_manifest(program)
    (folder / "static_arrays").mkdir()
    for array in (program / "static_arrays").iterdir():
        (folder / "static_arrays" / array.name).symlink_to(array)
    arguments = []
    for name, value in shared.items():
        if name in manifest["static"]:
            target = folder / "static_arrays" / manifest["static"][name]
            target.unlink()
            value.tofile(target)
        elif not name.endswith(".indices"):
            arguments += _write(name, value, folder)

    def runner(values: Values) -> dict[str, NDArray[Any]]:
        with tempfile.TemporaryDirectory(prefix="trial-", dir=folder) as trial:
            own = []
            for name, value in values.items():
                own += _write(name, value, Path(trial))
            call = [str(program / "main"), "--results_dir", f"{trial}/", *arguments, *own]
            done = subprocess.run(call, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode or done.stderr:
                raise RuntimeError(f"the simulation failed (exit {done.returncode}): {done.stderr[-500:]}")
            return {
                name: np.fromfile(Path(trial) / file, np.int32 if name.endswith(SPIKE_FILES) else np.float64)
                for name, file in manifest["results"].items()
            }

    return runner


def _write(name: str, value: NDArray[Any], folder: Path) -> list[str]:
    np.ascontiguousarray(value).tofile(folder / name)
    return [] if name.endswith(FROM_FILES) else [f"{name}={folder / name}"]


def interpreted(plan: Structure, shared: Values, folder: Path) -> Runner:
    """Return the function that runs the values of one trial through Brian2's numpy target."""
    (folder / "structure.json").write_text(plan.to_json())

    def runner(values: Values) -> dict[str, NDArray[Any]]:
        with tempfile.TemporaryDirectory(prefix="trial-", dir=folder) as trial:
            target = Path(trial) / "values.safetensors"
            save_file({**shared, **values}, target)
            cache.call_brian2("run", folder / "structure.json", target)
            results: dict[str, NDArray[Any]] = load_file(target.with_name("results.safetensors"))
            return results

    return runner
