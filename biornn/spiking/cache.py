"""Compiled programs, kept by what they depend on: structure, code, versions, compiler and processor.

A weight, a mask, an input, a trial's length, a gain, a threshold or a seed never compiles anything anew.
"""

import hashlib
import json
import platform
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

from biornn.core import places
from biornn.core.checks import refuse
from biornn.spiking.compilation import compiler
from biornn.spiking.structure import Structure
from biornn.theory.neurons import base, lif

SOURCES = ("build.py", "compilation.py", "equations.py", "noise.py", "operations.py", "structure.py")


def key(plan: Structure) -> str:
    """Return the name under which the program of a structure is kept."""
    here = Path(__file__).parent
    code = [path.read_bytes() for path in (*(here / name for name in SOURCES), *sorted((here / "templates").iterdir()))]
    code += [Path(str(module.__file__)).read_bytes() for module in (base, lif)]
    depends = [plan.to_json(), version("brian2"), compiler(), _compiler_version(), platform.machine(), _processor()]
    digest = hashlib.sha256(json.dumps(depends).encode())
    for text in code:
        digest.update(hashlib.sha256(text).digest())
    return digest.hexdigest()[:32]


@cache
def _compiler_version() -> str:
    found = compiler()
    return subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout if found else ""


@cache
def _processor() -> str:
    # Programs are compiled for this very processor, and home folders are shared between machines.
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else [platform.processor()]
    return next((line for line in lines if line.startswith("flags")), lines[0] if lines else "")


def program(plan: Structure) -> Path:
    """Return the folder of the compiled program, compiling it where it is not kept yet.

    A program is built in a folder of its own and then renamed, so that a cut-off build leaves nothing behind and
    builds that race end with one whole program.

    Raises
    ------
    InputError
        The cache folder cannot be written.
    RuntimeError
        Brian2 or the compiler failed; the message holds their last lines.
    """
    folder = places.cache() / "programs" / key(plan)
    if (folder / "manifest.json").is_file():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix="building-", dir=folder.parent))
    except OSError as problem:
        refuse("cache folder", "must be writable", problem, "set BIORNN_CACHE to a folder you can write")
    try:
        (building / "structure.json").write_text(plan.to_json())
        call_brian2("compile", building / "structure.json", building)
        try:
            building.rename(folder)
        except OSError:  # another process was first; its program is as good
            if not (folder / "manifest.json").is_file():
                raise
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return folder


def read_manifest(folder: Path) -> dict[str, dict[str, str]]:
    """Return what the program calls its static arrays and results, see `biornn.spiking.build.compile_program`."""
    manifest: dict[str, dict[str, str]] = json.loads((folder / "manifest.json").read_text())
    return manifest


def call_brian2(command: str, structure_file: Path, target: Path) -> None:
    """Run `biornn.spiking.build` in a process of its own."""
    call = [sys.executable, "-m", "biornn.spiking.build", command, str(structure_file), str(target)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise RuntimeError(f"Brian2 could not {command} the network:\n{lines}")
