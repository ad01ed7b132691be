"""C++ sources of a Brian2 standalone project to one program, in few large pieces.

Brian2 writes some twenty small files, and its own makefile reads the standard library anew for each of them, twice.
Joined to a few files they cost about a sixth of that (2.3 s of processor time instead of 6.1 s with a precompiled
header and 14 s with Brian2's makefile, for one bank).
"""

import hashlib
import logging
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from biornn.core.checks import refuse

logger = logging.getLogger("biornn")

FRAME = ("objects.cpp", "network.cpp", "run.cpp", "synapses_classes.cpp", "main.cpp")
"""What Brian2 writes besides its code objects."""
TOGETHER = 15
"""Code objects in one piece: about as much work as the frame."""
INCLUDE = re.compile(r"^#include.*$", re.MULTILINE)
FUNCTION = re.compile(r"^void (\w+)\(\);$", re.MULTILINE)
"""How the header of a code object declares its function."""
FLAGS = ("-O3", "-ffast-math", "-fno-finite-math-only", "-march=native", "-std=c++11")
"""Those of Brian2, whose own preferences are left aside: they may differ between users of one cache."""
REPLACED = ("-O", "-march=", "-std=")
"""A flag of the user's takes the place of one that begins alike."""


def compiler() -> tuple[str, ...]:
    """Return the command of the C++ compiler, or nothing where there is none; says so once.

    ``$CXX`` is split as make and CMake do: ``ccache g++``, ``g++ -march=x86-64-v3``.

    Raises
    ------
    InputError
        Quotes in CXX that do not close.
    """
    return _compiler(os.environ.get("CXX", ""))


@cache
def _compiler(chosen: str) -> tuple[str, ...]:
    try:
        command = shlex.split(chosen)
    except ValueError as problem:
        refuse("CXX", "must be a command", f"{chosen}: {problem}", "set CXX to a C++ compiler, or unset it")
    names = [command] if command else [["g++"], ["clang++"]]
    for program, *arguments in names:
        path = shutil.which(program)
        if path and _answers(found := (path, *arguments)):
            return found
    tried = " or ".join(" ".join(name) for name in names)
    logger.warning("no C++ compiler (%s) found: simulating with Brian2's slower numpy target", tried)
    return ()


def _answers(command: tuple[str, ...]) -> bool:
    return bool(version_of(command))


@cache
def version_of(command: tuple[str, ...]) -> str:
    """Return what a compiler says of its version; nothing where it cannot be started."""
    try:
        done = subprocess.run([*command, "--version"], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    except OSError:
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""


def flags(command: Sequence[str]) -> list[str]:
    """Return the flags for all sources: `FLAGS`, but those that the command has itself or does not know."""
    chosen = [flag for flag in FLAGS if not _has_own(flag, command)]
    call = [*command, *chosen, "-E", "-x", "c++", os.devnull, "-o", os.devnull]
    known = subprocess.run(call, capture_output=True, check=False).returncode == 0
    # Compilers of some processors have no "native".
    return chosen if known else [flag for flag in chosen if flag != "-march=native"]


def _has_own(flag: str, command: Sequence[str]) -> bool:
    kind = next((start for start in REPLACED if flag.startswith(start)), flag)
    return any(argument.startswith(kind) for argument in command[1:])


def compile_project(folder: Path, command: Sequence[str], tell: Callable[[int, int], None]) -> None:
    """Compile and link all sources in `folder` into ``folder/main``; sources stay, object files do not.

    Parameters
    ----------
    command : sequence of str
        g++ or clang++, and arguments of its own.
    tell : callable
        ``tell(done, files)`` is called after each file: pieces and the program itself.

    Raises
    ------
    RuntimeError
        The compiler's first complaint.
    """
    options = [*flags(command), "-w", "-I."]
    pieces = {"frame": join_frame(), **join_code_objects(folder)}
    for name, text in pieces.items():
        (folder / f"{name}.cpp").write_text(text)
    files = len(pieces) + 1

    def one(name: str) -> str:
        _call(folder, [*command, *options, "-c", f"{name}.cpp", "-o", f"{name}.o"])
        return f"{name}.o"

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = []
        for target in pool.map(one, pieces):
            objects.append(target)
            tell(len(objects), files)
    _call(folder, [*command, *objects, "-o", "main"])
    tell(files, files)
    for leftover in objects:
        (folder / leftover).unlink()


def join_frame() -> str:
    """Return one source of all but the code objects."""
    return "".join(f'#include "{name}"\n' for name in FRAME)


def join_code_objects(folder: Path) -> dict[str, str]:
    """Return sources of code objects by name, each in a namespace of its own: their helpers share names."""
    sources = sorted((folder / "code_objects").glob("*.cpp"))
    count = -(-len(sources) // TOGETHER)
    # Whatever they include comes first, so that nothing but their own code lands in their namespaces.
    included = [line for source in sources for line in INCLUDE.findall(source.read_text())]
    opening = "".join(f"{line}\n" for line in dict.fromkeys(included))
    return {f"piece_{i}": opening + "".join(map(_in_namespace, sources[i::count])) for i in range(count)}


def _in_namespace(source: Path) -> str:
    function = FUNCTION.search(source.with_suffix(".h").read_text())
    if function is None:
        raise RuntimeError(f"Brian2 declares its code objects in an unknown way: {source.name}")
    name = function[1]
    return (
        f'namespace {source.stem}_own {{\n#include "code_objects/{source.name}"\n}}\n'
        f"void {name}() {{ {source.stem}_own::{name}(); }}\n"
    )


def digests(folder: Path) -> dict[str, str]:
    """Return the digests of all files that a program needs when it runs."""
    files = [folder / "main", *sorted((folder / "static_arrays").glob("*"))]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _call(folder: Path, command: list[str]) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        said = done.stderr.decode(errors="replace")
        raise RuntimeError(f"{' '.join(command)} failed:\n{said[:2000]}")
