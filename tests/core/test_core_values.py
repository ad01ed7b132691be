"""JSON values: what JSON can hold comes through unchanged, everything else is refused in one line."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biornn.core.checks import InputError
from biornn.core.values import json_values


def test_json_values_come_through_as_plain_copies():
    inner = [1, 2.5, True, None, "text"]
    said = {"a": inner, "b": {"c": (1, 2)}, "d": np.float64(0.5), "e": np.int32(3), "f": np.bool_(True), "g": 2**63}
    taken = json_values("about", said)
    assert taken == {"a": inner, "b": {"c": [1, 2]}, "d": 0.5, "e": 3, "f": True, "g": 2**63}
    assert [type(taken[key]) for key in "def"] == [float, int, bool]
    inner.append("later")
    assert "later" not in taken["a"]


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64) + 1, 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@given(st.dictionaries(st.text(), VALUES))
def test_what_json_can_say_is_kept(values):
    assert json.loads(json.dumps(json_values("about", values, finite=True))) == values


LOOP: dict = {}
LOOP["again"] = LOOP
LOOP_OF_LISTS: list = []
LOOP_OF_LISTS.append(LOOP_OF_LISTS)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, r"about: must be a dictionary of JSON values \(got None\)"),
        ("text", r"must be a dictionary of JSON values \(got 'text'\)"),
        (dict, r"must be a dictionary of JSON values \(got the class dict\)"),
        ([("a", 1)], r"must be a dictionary of JSON values \(got a list\)"),
        ({1: 2}, r"must have text as keys \(got the key 1\)"),
        ({"a": {2: 3}}, r"must have text as keys \(got the key 2\)"),
        ({"a": {1, 2}}, r"must hold JSON values only \(got a set at \['a'\]\)"),
        ({"a": [0, object()]}, r"must hold JSON values only \(got an object at \['a'\]\[1\]\)"),
        ({"a": np.zeros(3)}, r"must hold JSON values only \(got a ndarray at \['a'\]\); use .*array\.tolist\(\)"),
        ({"a": 1j}, r"must hold JSON values only \(got a complex at"),
        ({"a": np.datetime64("2020-01-01")}, r"must hold JSON values only \(got a datetime64 at"),
        ({"a": b"x"}, r"must hold JSON values only \(got a bytes at"),
        ({"a": 2**80}, r"must hold whole numbers below 2\^64"),
        (LOOP, r"must have at most 50 levels"),
        ({"a": LOOP_OF_LISTS}, r"must have at most 50 levels"),
    ],
)
def test_other_values_are_refused(value, message):
    with pytest.raises(InputError, match=message) as refusal:
        json_values("about", value)
    assert str(refusal.value).isprintable()


def test_numbers_that_json_lacks_are_kept_or_refused():
    assert repr(json_values("about", {"a": [float("nan"), float("-inf")]})) == "{'a': [nan, -inf]}"
    with pytest.raises(InputError, match=r"about: must hold finite numbers \(got -inf\); leave it out, or use None"):
        json_values("about", {"a": [1.0, {"b": float("-inf")}]}, finite=True)
    assert json_values("about", {"a": [1.0]}, finite=True) == {"a": [1.0]}
