"""Timing: processor time of this process and of the programs that it calls."""

import resource
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def processor_time() -> float:
    """Return the processor time in s (user and system) of this process and of its children that have ended."""
    return _used(resource.RUSAGE_SELF) + _used(resource.RUSAGE_CHILDREN)


def of_children(work: Callable[[], T]) -> tuple[float, T]:
    """Return the processor time in s of the programs that `work` calls, and its result."""
    before = _used(resource.RUSAGE_CHILDREN)
    result = work()
    return _used(resource.RUSAGE_CHILDREN) - before, result


def _used(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime
