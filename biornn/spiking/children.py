"""Children: processes that compile and simulate, and that never outlive the one that started them.

Each child leads a process group of its own, so that it can be ended with its own children. Python children watch a
pipe that closes when the parent dies, however it dies (`end_with_parent`); programs ask in every sampling step whether
their parent is still the same (``templates/files.h``).
"""

import errno
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, NoReturn

from biornn.core.checks import refuse
from biornn.spiking.structure import PROGRESS

FULL = os.strerror(errno.ENOSPC)
KILLED = "Killed signal terminated program"
"""What g++ says when its compiler proper was killed."""
KILLED_BY_SIZE = "SIGXFSZ"
"""Signal of a limit on the size of files (ulimit -f)."""


@dataclass(frozen=True)
class Children:
    """The processes of one run that are at work, so that all of them can be ended at once."""

    _working: set["subprocess.Popen[str]"] = field(default_factory=set)
    _lock: Any = field(default_factory=Lock)
    _ended: Event = field(default_factory=Event)

    def start(self, command: Sequence[str], folder: Path, **options: Any) -> "subprocess.Popen[str]":
        """Start a child in `folder`; its output is text whatever its bytes are."""
        with self._lock:
            if self._ended.is_set():
                raise RuntimeError("the run has ended")
            # An own group: Ctrl-C in a terminal reaches the parent alone, which then ends its children.
            process: subprocess.Popen[str] = subprocess.Popen(
                command, cwd=folder, process_group=0, encoding="utf-8", errors="replace", **options
            )
            self._working.add(process)
        return process

    def done(self, process: "subprocess.Popen[str]") -> int:
        """Wait for a child and return its exit status, negative where a signal ended it."""
        status = process.wait()
        self._working.discard(process)
        if status:  # it may have left children of its own
            _kill(process)
        return status

    def end(self) -> None:
        """End all of them, and start no more."""
        with self._lock:
            self._ended.set()
            for process in list(self._working):
                _kill(process)


def _kill(process: "subprocess.Popen[str]") -> None:
    if sys.platform == "win32":
        process.kill()
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def end_with_parent() -> None:
    """Kill this process and its group as soon as the pipe at its standard input closes: its parent has died."""

    def watch() -> None:
        while os.read(0, 1024):
            pass
        if sys.platform != "win32" and os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def call_brian2(
    command: str,
    structure_file: Path,
    target: Path,
    tell: Callable[[int, int], None] = lambda *_: None,
    children: Children | None = None,
) -> None:
    """Run `biornn.spiking.build` in a process of its own; ``tell(done, files)`` follows a build.

    Raises
    ------
    InputError
        The disk is full, or a signal ended the process.
    RuntimeError
        Brian2 or the compiler failed; the message holds their last lines.
    """
    files = [str(path.resolve()) for path in (structure_file, target)]
    call = [sys.executable, "-m", "biornn.spiking.build", command, *files]
    folder = target if target.is_dir() else target.parent
    last: deque[str] = deque(maxlen=20)
    family = children or Children()
    # Python looks for modules where it is started: another copy of biornn there must not take this one's place.
    home = Path(__file__).parents[2]
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = family.start(call, home, env=_environment(folder), **options)
    try:
        for line in process.stdout or ():
            word, *numbers = line.split() or [""]
            if word == PROGRESS and len(numbers) == 2:
                tell(int(numbers[0]), int(numbers[1]))
            else:
                last.append(line)
        status = family.done(process)
    except BaseException:  # an interrupted caller leaves no build behind
        _kill(process)
        process.wait()
        raise
    finally:
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
    if status:
        explain(f"spiking.run: {command}", status, "".join(last), folder)
        raise RuntimeError(f"Brian2 could not {command} the network:\n{''.join(last)}")


def _environment(folder: Path) -> Mapping[str, str]:
    """Return the environment of a Python child, whose temporary files lie in `folder`."""
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    # Words of the system are read by `explain`: not in the user's language.
    return {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary)), "LC_MESSAGES": "C"}


def explain(where: str, status: int, said: str, folder: Path) -> None:
    """Refuse in one line what the machine has caused: a full disk, a killed process. Anything else returns."""
    name = signal.Signals(-status).name if -status in set(signal.Signals) else ""
    if FULL in said or name == KILLED_BY_SIZE:
        full_disk(folder)
    killed = "a compiler was killed" if KILLED in said else f"killed by signal {-status}, {name}"
    if KILLED in said or name in ("SIGKILL", "SIGTERM", "SIGHUP", "SIGINT", "SIGXCPU"):
        advice = "memory may have run out: close other programs or use fewer neurons, and run it again"
        refuse(where, "must be allowed to end", killed, advice)


def full_disk(folder: Path) -> NoReturn:
    """Refuse to work on: the disk of `folder` is full."""
    advice = "free some space, or set BIORNN_CACHE and TMPDIR to folders on a larger disk"
    refuse(f"disk of {folder}", "must have room", FULL, advice)
