"""JSON values are kept as they are or refused by key."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biornn.core.checks import InputError
from biornn.core.json_values import json_object

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@given(st.dictionaries(st.text(), VALUES))
def test_what_json_can_say_is_kept(values):
    assert json.loads(json.dumps(json_object("x about", values))) == values


@pytest.mark.parametrize(
    "value",
    [np.ones(2), np.float64(1), {1, 2}, 1j, float("nan"), float("inf"), b"x", int, {"a": [np.int64(1)]}, {1: 2}],
    ids=str,
)
def test_what_json_cannot_say_is_refused(value):
    with pytest.raises(InputError, match=r"x about\['k'\]: must (hold JSON values only|have keys that are text)"):
        json_object("x about", {"k": value})


@pytest.mark.parametrize("value", [5, "text", [1], None])
def test_only_a_dictionary_is_taken(value):
    with pytest.raises(InputError, match="x about: must be a dictionary of JSON values"):
        json_object("x about", value)


def test_endless_nesting_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(InputError, match="must be nested at most 50 times"):
        json_object("x about", {"k": endless})
