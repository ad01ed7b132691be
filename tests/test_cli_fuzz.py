"""Any value of any option: a refusal in one line with exit code 2, or work that begins with what was asked for."""

import contextlib
import io
import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biornn import cli, experiment, rate, store

# Separated by spaces; those that hold spaces follow.
NUMBERS = st.sampled_from(
    """0 1 -1 2 3.5 -0.0 1e-320 1e308 1e999 nan NaN inf -Infinity null true 0x10 1_0 \u00b2 \u0661 1e-9 0.1
    9223372036854775808 1000000000000 1000000000000000000000000000000""".split()  # noqa: SIM905
)
LONG_NUMBERS = st.sampled_from(["9" * 5000, "[" * 5000, " 1", "1 "])
TEXTS = st.sampled_from(
    """[/red] \x1b[31m \u202e \udcff go-nogo GO-NOGO xor nogo tanh rising . / .. /dev/zero /dev/null/x ~ none.toml
    no/f.json -- -1 {} = a=b auto 0/2 1/0 localhost:1 shortest population one-to-one one-to-one-kim
    a.png a.jpeg""".split()  # noqa: SIM905
)
LONG_TEXTS = st.sampled_from(["", " ", "a\nb", "x" * 300])
PAIRS = st.builds(
    "{}={}".format,
    st.sampled_from(
        ["dt", "tau", "units", "task", "window", "path", "noise", "", " ", "[b]", "\x1b", "self", "progress"]
    ),
    st.one_of(NUMBERS, TEXTS, LONG_NUMBERS, LONG_TEXTS),
)
ANY = st.one_of(NUMBERS, TEXTS, PAIRS, LONG_NUMBERS, LONG_TEXTS)
OPTIONS = {
    "compare": "task neurons trials seed repeats mapping tuning noise step jobs setting json figure "
    "irregular dale refit",
    "train": "out units activation seed setting training recipe join process dale",
    "demo": "trials neurons seed jobs out",
}
FLAGS = ("irregular", "dale", "refit")


class Begun(BaseException):
    """The work would have begun."""


def command_lines(command, words):
    """Return command lines of a command with some of its options, each with any value."""
    option = st.sampled_from(OPTIONS[command].split()).flatmap(
        lambda name: st.just([f"--{name}"]) if name in FLAGS else st.tuples(st.just(f"--{name}"), ANY).map(list)
    )
    return st.lists(option, max_size=4).map(
        lambda chosen: [command, *words, *(word for pair in chosen for word in pair)]
    )


LINES = st.one_of(
    command_lines("compare", ["go-nogo-sigmoid"]),
    command_lines("train", ["go-nogo", "--out", "n.safetensors"]),
    command_lines("train", ["--out", "n.safetensors"]),
    command_lines("demo", ["--out", "new/folder"]),
    st.lists(ANY, max_size=3),
    ANY.map(lambda text: ["info", text]),
    ANY.map(lambda text: ["tasks", text]),
    ANY.map(lambda text: ["compare", text]),
    ANY.map(lambda text: ["train", text, "--out", "n.safetensors"]),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return an empty folder to stand in, in a process that never begins to work."""
    patch, place = pytest.MonkeyPatch(), tmp_path_factory.mktemp("fuzz")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    def begin(*_, **__):
        raise Begun

    for module, name in ((experiment, "compare"), (experiment, "demo_network"), (experiment, "shortest_step")):
        patch.setattr(module, name, begin)
    patch.setattr(rate, "train", begin)
    patch.setattr(rate, "join", begin)
    patch.setattr(sys, "unraisablehook", sys.unraisablehook)
    patch.setattr("warnings.formatwarning", sys.modules["warnings"].formatwarning)
    # The network is read once: what a file may hold is another test's matter.
    network, load = store.load(store.find("go-nogo-sigmoid")), store.load
    patch.setattr(store, "load", lambda path, *kind: network if "go-nogo-sigmoid" in str(path) else load(path, *kind))
    patch.chdir(place)
    yield place
    patch.undo()
    for number, handler in handlers.items():
        signal.signal(number, handler)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(words=LINES)
def test_any_command_line_is_done_or_refused_in_one_line(words, folder):
    before, out, err = sys.argv, io.StringIO(), io.StringIO()
    sys.argv = ["biornn", *words]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ending:
            cli.main()
    finally:
        sys.argv = before
    said, code = err.getvalue(), ending.value.code
    if "in begin" in said:  # the work that was to begin here shows as a fault
        assert said.count("raise Begun") == 1
    elif code == 2:
        assert said.startswith("biornn: "), words
        assert said.count("\n") == 1, said
        assert out.getvalue() == ""
        assert len(said) < 2000
    else:
        assert code == 0, (words, said)
        assert said == ""
    assert not set("\x1b\x07") & set(said + out.getvalue())
    assert os.listdir(folder) == []  # noqa: PTH208
    assert Path.cwd() == folder
