"""How the command line ends: signals, broken streams, a full disk, too little memory, faults; one line and a code."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from biornn.cli import ending
from biornn.core.checks import InputError

ROOT = Path(__file__).resolve().parent.parent
COMMAND = f"{sys.executable} -m biornn"


def environment(**changes):
    kept = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default", **changes}
    return {name: value for name, value in kept.items() if value is not None}


def shell(line, cwd, **changes):
    """Run a line of bash, in which BIORNN stands for the command line; it ends with the code of the first command."""
    text = line.replace("BIORNN", COMMAND) + "; exit ${PIPESTATUS[0]}"
    words = ["bash", "-c", text]
    return subprocess.run(
        words, cwd=cwd, env=environment(**changes), capture_output=True, text=True, timeout=120, check=False
    )


# A test run in the background of a shell ignores these signals, and its children would, too.
LISTENING = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
runpy.run_module("biornn", run_name="__main__")
"""


def stopped(words, number, delay, cwd):
    """Start the command line, send it a signal after `delay` in s, and return its exit code and what it said."""
    command = [sys.executable, "-c", LISTENING, *words]
    with subprocess.Popen(command, cwd=cwd, env=environment(), stderr=subprocess.PIPE, text=True) as process:
        time.sleep(delay)
        process.send_signal(number)
        try:
            _, said = process.communicate(timeout=120)
        finally:
            process.kill()
    return process.returncode, said


TRAIN = ("train", "go-nogo", "--units", "5", "--training", "goal_loss=0", "--training", "goal=1", "--out", "n")
STOPS = {
    signal.SIGINT: (130, "biornn: interrupted\n"),
    signal.SIGTERM: (143, "biornn: terminated\n"),
    signal.SIGHUP: (129, "biornn: stopped: the terminal was closed\n"),
}


def test_a_signal_ends_training_in_one_line_and_leaves_nothing(tmp_path):
    long = (*TRAIN, "--training", "steps=1000000")
    # During imports and during training; on a busy machine all may fall into the imports.
    cases = [(signal.SIGINT, 0.5), (signal.SIGHUP, 1), (signal.SIGTERM, 3), (signal.SIGINT, 7)]
    with ThreadPoolExecutor(len(cases)) as pool:
        endings = pool.map(lambda case: stopped(long, *case, tmp_path), cases)
    assert list(endings) == [STOPS[number] for number, _ in cases]
    assert list(tmp_path.iterdir()) == []


def test_broken_streams_are_quiet_or_one_line(tmp_path):
    cases = {
        # The reader of standard output is gone.
        "BIORNN tasks | true": (141, "", ""),
        "BIORNN models | head -c 0": (141, "", ""),
        # A full device.
        "BIORNN tasks >/dev/full": (2, "", "biornn: standard output: must be writable"),
        "BIORNN --help >/dev/full": (1, "", "biornn: No space left on device"),
        "BIORNN info nothing 2>/dev/full": (2, "", ""),
        # Streams that are closed: what is opened next must not take their place.
        "BIORNN --version >&-": (0, "", ""),
        "BIORNN --version 2>&- <&-": (0, "biornn ", ""),
        "BIORNN info nothing 2>&-": (2, "", ""),
        "BIORNN info nothing <&- >&- 2>&-": (2, "", ""),
    }
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda line: shell(line, tmp_path), cases))
    for (line, (code, out, err)), result in zip(cases.items(), results, strict=True):
        assert result.returncode == code, (line, result)
        assert result.stdout.startswith(out), (line, result)
        assert bool(result.stdout) == bool(out), (line, result)
        assert result.stderr.startswith(err), (line, result)
        assert result.stderr.count("\n") == bool(err), (line, result)


def test_a_terminal_that_lacks_characters_is_no_error(tmp_path):
    for changes, said in (
        ({"PYTHONIOENCODING": "ascii"}, r"n\xe4\u732b"),
        ({"PYTHONIOENCODING": "latin-1"}, r"\u732b"),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "HOME": None}, r"\udc"),
    ):
        words = ["bash", "-c", f"{COMMAND} --help && {COMMAND} info 'nä猫'"]
        result = subprocess.run(words, cwd=tmp_path, env=environment(**changes), capture_output=True, check=False)
        assert result.returncode == 2, result
        assert b"Usage: biornn" in result.stdout
        assert said in result.stderr.decode("latin-1")
        assert result.stderr.count(b"\n") == 1


def raising(problem):
    def work():
        raise problem

    return work


@pytest.fixture
def _signals(monkeypatch):
    """Give the signals back to pytest."""
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    handlers = {number: signal.getsignal(number) for number in STOPS}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_signals")
@pytest.mark.parametrize(
    ("problem", "code", "said"),
    [
        (InputError("x: must be y (got z); do w"), 2, "biornn: x: must be y (got z); do w\n"),
        (OSError(28, "No space left on device", "file\x1b[31m"), 1, "biornn: file\\x1b[31m: No space left on device\n"),
        (OSError("no number"), 1, "biornn: no number\n"),
        (MemoryError("7 TiB"), 1, "biornn: not enough memory (7 TiB); use fewer trials, units or neurons\n"),
        (MemoryError(), 1, "biornn: not enough memory (no details); use fewer trials, units or neurons\n"),
        (
            RuntimeError("Brian2 could not compile the network:\nline\n"),
            1,
            "Brian2 could not compile the network: line\n",
        ),
        (KeyboardInterrupt(), 130, "biornn: interrupted\n"),
        (SystemExit(7), 7, ""),
        (SystemExit(), 0, ""),
    ],
)
def test_what_stops_a_command_is_one_line_and_a_code(problem, code, said, capsys):
    assert ending.guarded(raising(problem)) == code
    caught = capsys.readouterr()
    assert caught.out == ""
    assert caught.err.endswith(said)
    assert caught.err.count("\n") == bool(said)


@pytest.mark.usefixtures("_signals")
@pytest.mark.parametrize("problem", [TypeError("a fault\x1b[31m"), RecursionError("deep"), NotImplementedError("not")])
def test_a_fault_of_biornn_keeps_its_traceback_and_asks_for_a_report(problem, capsys):
    assert ending.guarded(raising(problem)) == 1
    said = capsys.readouterr().err
    assert "in work" in said
    assert said.endswith(ending.FAULT)
    assert "\x1b" not in said


@pytest.mark.usefixtures("_signals")
def test_work_that_is_done_has_its_own_code(capsys):
    assert ending.guarded(lambda: 0) == 0
    assert ending.guarded(lambda: 3) == 3
    assert capsys.readouterr() == ("", "")


def test_a_signal_that_an_import_or_a_finaliser_swallows_still_ends_the_process():
    work = {
        "try: signal.raise_signal(signal.SIGINT)\nfinally: threading.Event().wait()": "clean-up",
        "try: signal.raise_signal(signal.SIGINT)\nexcept BaseException: raise ImportError('cut short')": "import",
        "class Last:\n    def __del__(self): signal.raise_signal(signal.SIGINT)\nlast = Last(); del last": "finaliser",
    }
    for lines, name in work.items():
        body = "\n".join(f"    {line}" for line in lines.split("\n"))
        head = "import signal, threading\nfrom biornn.cli import ending\nending.GRACE = 0.2"
        code = f"{head}\ndef work():\n{body}\n    return 0\nending.guarded(work)"
        result = subprocess.run(
            [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False
        )
        assert (result.returncode, result.stderr) == STOPS[signal.SIGINT], name
