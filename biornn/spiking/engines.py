"""Two ways to run one trial of a structure: the compiled program, or Brian2's numpy target where no compiler is."""

import errno
import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from functools import cache as once
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from biornn.core.checks import refuse
from biornn.spiking import cache
from biornn.spiking.children import Children, call_brian2, explain, full_disk
from biornn.spiking.structure import FROM_FILES, SPIKE_FILES, Structure

Values = Mapping[str, NDArray[Any]]
Runner = Callable[[Values], dict[str, NDArray[Any]]]

logger = logging.getLogger("biornn")


def compiled(program: Path, shared: Values, folder: Path, children: Children) -> Runner:
    """Return the function that runs the values of one trial through a compiled program.

    Parameters
    ----------
    program : Path
        Folder of the program, see `biornn.spiking.cache.program`.
    shared : dict of str to array
        Values that all trials share.
    folder : Path
        A working folder.
    children : Children
        Takes the processes of the trials.
    """
    results = cache.read_manifest(program)["results"]
    if (program / "static_arrays").is_dir():
        (folder / "static_arrays").symlink_to(program / "static_arrays")
    main = _executable(program / "main", folder)
    environment = {**os.environ, "BIORNN_PARENT": str(os.getpid())}
    arguments = [argument for name, value in shared.items() for argument in _write(name, value, folder)]

    def runner(values: Values) -> dict[str, NDArray[Any]]:
        with tempfile.TemporaryDirectory(prefix="trial-", dir=folder) as trial:
            own = []
            for name, value in values.items():
                own += _write(name, value, Path(trial))
            call = [str(main), "--results_dir", f"{trial}/", *arguments, *own]
            pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
            process = children.start(call, folder, env=environment, **pipes)
            said = process.communicate()[1]
            _judge(children.done(process), said, folder)
            return {
                name: np.fromfile(Path(trial) / file, np.int32 if name.endswith(SPIKE_FILES) else np.float64)
                for name, file in results.items()
            }

    return runner


def _judge(status: int, said: str, folder: Path) -> None:
    """Refuse or raise where a program has not ended well; words alone are no failure, and are logged once."""
    if status:
        explain("spiking.run", status, said, folder)
        raise RuntimeError(f"the simulation failed (exit {status}): {said[-500:]}")
    if said.strip():
        _log(said.strip()[-500:])


@once
def _log(said: str) -> None:
    logger.info("the simulation said: %s", said)


def _executable(main: Path, folder: Path) -> Path:
    """Return the program, or a copy of it where nothing may be started: disks may be mounted so (noexec)."""
    if os.access(main, os.X_OK):
        return main
    copy = Path(shutil.copy(main, folder / "main"))
    copy.chmod(0o700)
    if not os.access(copy, os.X_OK):
        advice = "set BIORNN_CACHE or TMPDIR to a folder on a disk without noexec"
        refuse("cache folder", "must be on a disk where programs may be started", main.parent.parent, advice)
    return copy


def _write(name: str, value: NDArray[Any], folder: Path) -> list[str]:
    try:
        # Not `tofile`, which says nothing when the last bytes do not fit.
        (folder / name).write_bytes(np.ascontiguousarray(value).data)
    except OSError as problem:
        if problem.errno == errno.ENOSPC:
            full_disk(folder)
        raise
    return [] if name.endswith(FROM_FILES) else [f"{name}={folder / name}"]


def interpreted(plan: Structure, shared: Values, folder: Path, children: Children) -> Runner:
    """Return the function that runs the values of one trial through Brian2's numpy target."""
    (folder / "structure.json").write_text(plan.to_json())

    def runner(values: Values) -> dict[str, NDArray[Any]]:
        with tempfile.TemporaryDirectory(prefix="trial-", dir=folder) as trial:
            target = Path(trial) / "values.safetensors"
            save_file({**shared, **values}, target)
            call_brian2("run", folder / "structure.json", target, children=children)
            results: dict[str, NDArray[Any]] = load_file(target.with_name("results.safetensors"))
            return results

    return runner
