"""Every public callable with one argument that nobody means: a right result or a refusal of one line, nothing else.

More examples: ``BIORNN_FUZZ=1000 python -m pytest tests/fuzz``.
"""

import inspect
import os
import warnings

import numpy as np
import pytest
from calls import NAMES, calls
from hostile import hostile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biornn.core.checks import InputError
from biornn.theory import activation

EXAMPLES = int(os.environ.get("BIORNN_FUZZ", "40"))
LONGEST_LINE = 1500


@pytest.fixture(scope="module", autouse=True)
def _elsewhere(tmp_path_factory):
    """Whatever is written goes to a folder of its own, and what is registered is forgotten."""
    patch = pytest.MonkeyPatch()
    patch.chdir(tmp_path_factory.mktemp("fuzz"))
    known = dict(activation.ACTIVATIONS)
    yield
    activation.ACTIVATIONS.clear()
    activation.ACTIVATIONS.update(known)
    patch.undo()


def parameters(function, given_arguments):
    """Return the names that may be replaced: those that the call has, and those that it leaves out."""
    known = inspect.signature(function).parameters.values()
    named = [p.name for p in known if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    here = {name.lstrip("*") for name in given_arguments}
    return [*given_arguments, *(name for name in named if name not in here)]


def refused_in_one_line(call):
    """Run a call; its result is right or it is refused in one printable line."""
    with warnings.catch_warnings():
        # A warning of ours is an answer; one of another library says that a value was not looked at.
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UserWarning)
        warnings.filterwarnings("error", category=RuntimeWarning)
        try:
            return call()
        except InputError as refusal:
            said = str(refusal)
            assert said.isprintable(), repr(said)
            assert len(said) < LONGEST_LINE
            assert ": " in said
            assert "(got " in said
            return None


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_one_wrong_argument(name, data):
    function, arguments, frozen = calls()[0][name]
    which = data.draw(st.sampled_from([n for n in parameters(function, arguments) if n not in frozen]))
    value = data.draw(hostile(*calls()[1]))
    positional = [n for n in arguments if n.startswith("*")]
    keywords = {n: v for n, v in arguments.items() if n not in positional}
    if which in positional:
        listed = [value if n == which else arguments[n] for n in positional]
    else:
        listed, keywords = [arguments[n] for n in positional], {**keywords, which: value}
    refused_in_one_line(lambda: function(*listed, **keywords))


@pytest.mark.parametrize("name", NAMES)
def test_the_right_call_is_accepted(name):
    """The calls themselves are right: without this a call that always refuses would pass."""
    function, arguments, _ = calls()[0][name]
    keywords = {n: v for n, v in arguments.items() if not n.startswith("*")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        function(*(arguments[n] for n in arguments if n.startswith("*")), **keywords)


def test_every_call_is_named():
    assert sorted(NAMES) == sorted(calls()[0])


def test_a_traceback_is_seen():
    """Negative control: an error that is no refusal is not taken for one."""
    with pytest.raises(TypeError, match="unsupported operand"):
        refused_in_one_line(lambda: 1 + "a")
    with pytest.raises(RuntimeWarning, match="divide by zero"):
        refused_in_one_line(lambda: np.float64(1.0) / np.zeros(1))
