"""Interrupts: Ctrl-C and the like wait until a training step is over.

JAX computes in threads of its own. An exception that leaves them at work ends in a segmentation fault when Python
exits, one raised while JAX is imported leaves half a module behind, and one raised inside a callback of JAX is lost.
So a signal is only noted, and its handler is called where nothing is at work.
"""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Deferred:
    """While it is entered, handlers of signals are called by `deliver` and at the exit only; a second signal at once.

    Signals without a handler of Python's keep their own action. Outside the main thread nothing is changed.
    """

    def __init__(self) -> None:
        self._handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}
        self._caught: int | None = None

    def __enter__(self) -> "Deferred":
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                handler = signal.getsignal(number)
                if callable(handler):
                    self._handlers[number] = handler
                    signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if kind is None or issubclass(kind, Exception):
            self.deliver()

    def deliver(self) -> None:
        """Call the handler of a signal that has come; by default it raises KeyboardInterrupt."""
        caught, self._caught = self._caught, None
        if caught is not None:
            self._handlers[caught](caught, None)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._caught is not None:
            self._handlers[number](number, frame)
        self._caught = number
