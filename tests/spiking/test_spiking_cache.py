"""The cache of programs: bounded, safe for those who run, and a build says that it is one."""

import json
import logging
import os
import shutil
import sys
import time
from pathlib import Path

import pytest
from networks import leaky_network, random_trials

from biornn import spiking
from biornn.core.checks import InputError
from biornn.spiking import cache, compilation, scratch
from biornn.spiking.structure import SPIKE_FILES, TRACE, Structure, structure


@pytest.fixture
def programs(tmp_path):
    """Five programs, the first used longest ago."""
    for number in range(5):
        folder = tmp_path / f"program-{number}"
        folder.mkdir()
        (folder / "manifest.json").write_text("{}")
        os.utime(folder / "manifest.json", (1000 + number, 1000 + number))
    return tmp_path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_programs_used_longest_ago_are_removed(programs):
    cache.prune(programs, 2)
    assert names(programs) == ["program-3", "program-4"]
    cache.prune(programs, 0)
    assert names(programs) == []


@pytest.mark.skipif(sys.platform == "win32", reason="files in use cannot be removed there in any case")
def test_a_program_in_use_is_kept(programs):
    lock = cache._locked(programs / "program-0", shared=True)
    second = cache._locked(programs / "program-0", shared=True)
    assert second is not None, "many may run one program"
    cache.prune(programs, 1)
    assert names(programs) == ["program-0", "program-4"]
    os.close(second)
    os.close(lock)
    cache.prune(programs, 1)
    assert names(programs) == ["program-4"]
    assert cache._locked(programs / "program-0", shared=True) is None


def test_builds_at_work_are_left_alone_and_abandoned_ones_removed(programs):
    for name, age in (("building-young", 60), ("building-old", 2 * scratch.ABANDONED)):
        (programs / name).mkdir()
        when = time.time() - age
        os.utime(programs / name, (when, when))
    cache.prune(programs, 5)
    assert [name for name in names(programs) if name.startswith("building")] == ["building-young"]


class Builds:
    """A compiler that takes no time."""

    def __init__(self):
        self.count = 0

    def __call__(self, command, structure_file, target, tell, children):
        self.count += 1
        for done in range(1, 4):
            tell(done, 3)
        (Path(target) / "main").write_text("a program")
        manifest = {"results": {"samples.x": "x"}, "digests": compilation.digests(Path(target))}
        (Path(target) / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def builds(monkeypatch, tmp_path):
    monkeypatch.setenv("BIORNN_CACHE", str(tmp_path))
    builds = Builds()
    monkeypatch.setattr(cache, "call_brian2", builds)
    return builds


def plan(units, neurons=5):
    return structure(leaky_network(units=units, neurons=neurons))


def test_another_number_of_units_builds_and_says_so(builds, caplog, capsys):
    with caplog.at_level(logging.INFO, "biornn"):
        cache.program(plan(6), show=True)
        cache.program(plan(6), show=True)
        assert builds.count == 1
        cache.program(plan(7), show=True)
        cache.program(plan(7, neurons=1200), show=True)
    assert builds.count == 2
    assert [record.getMessage() for record in caplog.records] == [
        f"compiling a network of {size}, which is not kept yet" for size in ("6 x M lif", "7 x M lif")
    ]
    shown = capsys.readouterr().err
    assert "compiling 7 x M lif: 100%" in shown
    assert "3/3" in shown


def test_cache_never_holds_more_than_its_limit_and_a_use_counts(builds, monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "LIMIT", 2)
    folders = []
    for number, units in enumerate((3, 4, 3, 5)):
        folders.append(cache.program(plan(units)))
        for age, folder in enumerate(folders):  # clocks of file systems are coarse
            if folder.exists() and number < 3 and folder not in folders[age + 1 :]:
                os.utime(folder / "manifest.json", (age + 1, age + 1))
    assert set((tmp_path / "programs").iterdir()) == {folders[2], folders[3]}
    assert builds.count == 3


def test_a_program_removed_between_look_and_lock_is_built_again(builds, monkeypatch):
    real = cache._locked
    removed = []

    def late(folder, *, shared):
        if not removed:
            removed.append(folder)
            shutil.rmtree(folder)
        return real(folder, shared=shared)

    monkeypatch.setattr(cache, "_locked", late)
    with cache.using(plan(6)) as folder:
        assert (folder / "manifest.json").is_file()
    assert builds.count == 2


def test_a_cache_that_keeps_nothing_is_refused(builds, monkeypatch):
    monkeypatch.setattr(cache, "_locked", lambda *_, **__: None)
    with pytest.raises(InputError, match="cache folder: must keep what is put there"):
        cache.using(plan(6)).__enter__()


def test_describe_names_the_network(builds):
    folder = cache.program(plan(6))
    assert cache.describe(folder) == "6 x M lif"
    assert cache.describe(folder.parent) == ""
    assert Structure.from_json((folder / "structure.json").read_text()) == plan(6)


def test_a_failed_build_shows_the_last_lines_and_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("BIORNN_CACHE", str(tmp_path))
    monkeypatch.setattr(Structure, "to_json", lambda self: "{}")
    with pytest.raises(RuntimeError, match=r"(?s)Brian2 could not compile the network:.*KeyError: 'banks'"):
        spiking.run(leaky_network(), random_trials(leaky_network()), progress=False)
    assert names(tmp_path / "programs") == []


def test_a_program_writes_what_is_read_and_nothing_else():
    folder = cache.program(plan(6))
    source = (folder / "objects.cpp").read_text()
    files = [
        file
        for name, file in cache.read_manifest(folder)["results"].items()
        if not name.endswith((*SPIKE_FILES, TRACE))
    ]
    assert len(files) == 3
    assert all(f'results_dir + "{file}"' in source for file in files)
    # The fourth is Brian2's note on the run.
    assert source.count("ofstream outfile") == 4
