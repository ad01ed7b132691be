"""Steps that divide: the longest one is kept where it does, the next shorter one is taken where it does not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biornn.core import threads
from biornn.core.checks import InputError
from biornn.core.steps import checked_step, divides, dividing


@pytest.mark.parametrize("period", [5e-3, 1e-3, 0.02, 0.01, 0.1, 1e-4, 2e-3, 1.0])
def test_the_longest_step_is_kept_to_the_last_bit_where_it_divides(period):
    assert dividing(period, 1e-4) == 1e-4


@pytest.mark.parametrize(("rate", "count"), [(30, 334), (60, 167), (128, 79), (256, 40), (44_100, 1), (7.3, 1370)])
def test_data_at_any_rate_have_a_step(rate, count):
    step = dividing(1 / rate, 1e-4)
    assert round(1 / rate / step) == count
    assert step <= 1e-4


@given(st.floats(1e-6, 10), st.floats(1e-6, 1e-3))
def test_the_step_is_the_largest_that_divides(period, longest):
    step = dividing(period, longest)
    count = round(period / step)
    assert divides(step, period)
    assert step <= longest * (1 + 1e-6) or count == 1
    assert count == 1 or period / (count - 1) > longest * (1 - 1e-6)


def test_a_refused_step_comes_with_one_that_works():
    with pytest.raises(
        InputError, match=r"X.dt: must divide the step 0.0333333 s \(got 0.0001 s\); .* give 9.98"
    ) as found:
        checked_step("X.dt", 1e-4, 1 / 30, "the step")
    named = float(str(found.value).split("give ")[1].split(" s")[0])
    assert checked_step("X.dt", named, 1 / 30, "the step") == named
    with pytest.raises(InputError, match=r"leave it out, or give 1e-05 s"):
        checked_step("X.dt", 1e-4, 1e-5, "the step")


def test_linear_algebra_has_one_thread_inside_and_as_many_as_before_after():
    from threadpoolctl import threadpool_info

    def counts():
        np.eye(2) @ np.eye(2)
        return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]

    before = counts()
    with threads.single():
        assert set(counts()) == {1}
        with threads.single():
            pass
        assert set(counts()) == {1}
    assert counts() == before
