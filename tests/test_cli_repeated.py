"""Options that would silently replace each other, and file names that mean something else elsewhere."""

import pytest

from biornn.cli.app import run
from biornn.core.checks import InputError


@pytest.mark.parametrize(
    "words",
    [
        ["compare", "go-nogo-sigmoid", "--seed", "1", "--seed=2"],
        ["compare", "go-nogo-sigmoid", "--json", "a.json", "--json", "b.json"],
        ["train", "go-nogo", "--out", "a.safetensors", "--out", "b.safetensors"],
    ],
)
def test_an_option_that_is_given_twice_is_refused(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"--(seed|json|out): must be given once \(got 2 times\)"):
        run(words)
    assert not list(tmp_path.iterdir())


def test_a_dash_is_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"--json: must be the name of a file \(got -\); give /dev/stdout"):
        run(["compare", "go-nogo-sigmoid", "--json", "-"])
    assert not list(tmp_path.iterdir())
