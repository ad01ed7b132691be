"""Progress bars: shown on request, late for short work, and never with control characters of a name."""

import time

import pytest

from biornn.core import progress


@pytest.mark.parametrize(("show", "delay", "drawn"), [(True, 0, True), (False, 0, False), (True, 60, False)])
def test_a_bar_is_drawn_on_request_and_not_for_short_work(show, delay, drawn, capsys):
    with progress.bar(2, "mapping", "step", show, delay) as bar:
        bar.update(2)
    assert ("mapping: 100%" in capsys.readouterr().err) == drawn


def test_work_that_lasts_is_drawn_after_the_delay(capsys):
    with progress.bar(2, "mapping", "step", True, 0.01) as bar:
        time.sleep(0.2)  # tqdm redraws every 0.1 s
        bar.update(1)
        bar.update(1)
    assert "mapping" in capsys.readouterr().err


def test_control_characters_of_a_name_are_written_out(capsys):
    with progress.bar(1, "task \x1b]0;title\x07", "step", True) as bar:
        bar.update(1)
    said = capsys.readouterr().err
    assert "\x1b" not in said.replace("\x1b[A", "")
    assert r"task \x1b]0;title\x07" in said
