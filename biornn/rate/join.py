"""Join: several processes, on one machine or many, that train one network together."""

import sys

from biornn.core import checks


def join(coordinator: str | None = None, processes: int | None = None, process: int | None = None) -> None:
    """Make this process one of several that train together; call it before anything else that uses JAX.

    Every process then makes the same calls. `biornn.rate.train` spreads each batch over the devices of all of them,
    shows progress in process 0, and returns the same network in each.

    Parameters
    ----------
    coordinator : str, optional
        ``"HOST:PORT"`` of process 0, any free port; without it JAX asks Slurm, Open MPI or the TPU for all three.
    processes : int, optional
        Number of processes P.
    process : int, optional
        Which of them this is, 0 to P - 1.

    Raises
    ------
    InputError
        No port, a number out of range, some but not all of the three, JAX in use already, or nobody who answers.

    Notes
    -----
    The first of two processes calls ``rate.join("localhost:4321", processes=2, process=0)``, the second one the same
    with ``process=1``.
    """
    given = (coordinator, processes, process)
    if any(value is None for value in given) and any(value is not None for value in given):
        checks.refuse("rate.join", "must be told coordinator, processes and process, or none of them", given, "add it")
    if coordinator is not None:
        host, _, port = coordinator.rpartition(":") if isinstance(coordinator, str) else ("", "", "")
        if not (host and port.isascii() and port.isdigit() and 0 < int(port[:6]) < 2**16):
            checks.refuse("rate.join coordinator", "must be HOST:PORT", repr(coordinator), "write localhost:4321")
        processes = checks.count("rate.join processes", processes, 1, 1_000_000)
        process = checks.count("rate.join process", process, 0, processes - 1)
    import jax

    # What sums gradients between processes on CPUs; other platforms have their own.
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    try:
        jax.distributed.initialize(coordinator, processes, process)
    except (RuntimeError, ValueError) as problem:
        text = str(problem).strip() or type(problem).__name__
        advice = "call it once and first, with the same coordinator in every process"
        checks.refuse("rate.join", "must find the other processes", text.splitlines()[0], advice)


def first() -> bool:
    """Return whether this process is the only one, or the first of those that train together."""
    jax = sys.modules.get("jax")
    return jax is None or bool(jax.process_index() == 0)
