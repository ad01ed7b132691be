"""How the command line ends: one line for whatever stops it, and an exit code.

=========  =========================================================================================
exit code  meaning
=========  =========================================================================================
0          done
1          the machine could not do it: a full disk, too little memory, a simulation that failed
2          input that is refused, or standard output that cannot be written
129        SIGHUP: the terminal was closed
130        SIGINT: Ctrl-C
141        the reader of standard output went away (``biornn tasks | head -1``)
143        SIGTERM
=========  =========================================================================================

Anything else is a fault of biornn: its traceback is printed, with a line that asks for a report. A signal is raised as
`Stopped` where the program is, so that files and processes are cleaned up on the way out. A second signal ends the
process at once.
"""

# Few imports: until `guarded` listens, an interrupt is a traceback of Python's own.
from __future__ import annotations

import atexit
import io
import os
import signal
import sys
import threading
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import TextIO

WORDS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "stopped: the terminal was closed"}
"""What is said of each signal; Windows lacks some of them."""
BROKEN_PIPE = 141
GRACE = 10.0
"""Time in s for cleaning up after a signal."""
FAULTS = (RecursionError, NotImplementedError)
"""RuntimeErrors that only a fault of the program raises."""
FAULT = "biornn: this is a fault of biornn; please report the lines above with the command that led to them\n"


class Stopped(BaseException):
    """A signal asks this process to end; no `except Exception` stops it."""


class Signals:
    """The signals that end the process: the number of the one received, 0 before."""

    def __init__(self) -> None:
        self.received, self.working = 0, True

    def listen(self) -> None:
        """Raise `Stopped` at the first signal; one that is ignored from outside (``nohup``) stays ignored."""
        for number in _numbers():
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._stop)
        # An exception raised inside a finaliser or a callback of the garbage collector would be lost.
        sys.unraisablehook = self._unraisable
        # Registered first, called last: the interpreter that is taken down has no handlers, and its work is done.
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.received = number
        for other in _numbers():
            if signal.getsignal(other) is not signal.SIG_IGN:
                signal.signal(other, signal.SIG_DFL)
        if not self.working:
            self.leave()
        # What cleans up on the way out may wait for a thread that never ends.
        last = threading.Timer(GRACE, self.leave)
        last.daemon = True
        last.start()
        raise Stopped

    def _unraisable(self, unraisable: sys.UnraisableHookArgs) -> None:
        if issubclass(unraisable.exc_type, Stopped):
            self.leave()
        sys.__unraisablehook__(unraisable)

    def leave(self) -> None:
        """End the process: threads of libraries may be at work still, and taking them down crashes."""
        tell(WORDS[signal.Signals(self.received).name])
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(128 + self.received)


def _numbers() -> list[signal.Signals]:
    return [number for number in signal.Signals if number.name in WORDS]


def guarded(work: Callable[[], int]) -> int:
    """Return the exit code of `work`, whatever happens in it.

    Parameters
    ----------
    work : callable
        Returns an exit code.
    """
    signals = Signals()
    try:
        signals.listen()
        prepare_streams()
        try:
            code = work()
        finally:
            signals.working = False
    except BaseException as problem:
        # A signal may arrive as another error: an import that it cut short fails as an import.
        code = 0 if signals.received else _code(problem)
    if signals.received:
        signals.leave()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = code or BROKEN_PIPE
        silence(sys.stdout)
    except OSError as problem:
        tell(f"standard output cannot be written ({problem.strerror})")
        code = code or 2
        silence(sys.stdout)
    return code


def prepare_streams() -> None:
    """Open what of the three standard streams is closed, and make a character that a terminal lacks no error."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # else the next file that is opened would become standard output or error
            os.open(os.devnull, os.O_RDWR)
    # Streams that were closed when Python started are None, whatever their type says.
    sys.stdout = sys.stdout or _opened(1)
    sys.stderr = sys.stderr or _opened(2)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # notebooks have stand-ins
            stream.reconfigure(errors="backslashreplace")


def _opened(number: int) -> TextIO:
    return os.fdopen(number, "w", closefd=False)


def silence(stream: TextIO) -> None:
    """Send what is left in the buffer of a broken stream to nowhere, so that Python's own exit does not fail on it."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def tell(text: str) -> None:
    """Write one line to standard error; where that fails nobody can be told."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"biornn: {text}\n")
        sys.stderr.flush()


def _code(problem: BaseException) -> int:
    """Say what happened, and return the exit code."""
    from biornn.core.checks import InputError, shown

    text, code = "", 1
    if isinstance(problem, SystemExit):
        code = int(problem.code or 0)
    elif isinstance(problem, BrokenPipeError):
        silence(sys.stdout)
        code = BROKEN_PIPE
    elif isinstance(problem, InputError):
        text, code = str(problem), 2
    elif isinstance(problem, KeyboardInterrupt):  # raised where signals are ignored, such as by a library
        text, code = WORDS["SIGINT"], 130
    elif isinstance(problem, MemoryError):
        text = f"not enough memory ({shown(problem, 300) or 'no details'}); use fewer trials, units or neurons"
    elif isinstance(problem, OSError | RuntimeError) and not isinstance(problem, FAULTS):
        parts = (problem.filename, problem.strerror) if isinstance(problem, OSError) else ()
        text = ": ".join(shown(part, 300) for part in parts if part) or shown(problem, 2000) or type(problem).__name__
    else:
        import traceback

        with suppress(OSError, ValueError):
            sys.stderr.write(printable("".join(traceback.format_exception(problem))) + FAULT)
    if text:
        tell(text)
    return code


def printable(text: str) -> str:
    """Return lines of text with control characters written out, so that a terminal shows them and obeys none."""
    from biornn.core.checks import CONTROL

    return "\n".join(CONTROL.sub(lambda found: repr(found[0])[1:-1], line) for line in text.split("\n"))
