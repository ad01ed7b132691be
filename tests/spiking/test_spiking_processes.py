"""Processes and files around a run: children end with their parent, folders are swept, failures are one line."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from networks import leaky_network, random_trials

from biornn import spiking
from biornn.core.checks import InputError
from biornn.spiking import cache, children, collect, compilation, engines, scratch
from biornn.spiking.request import Request
from biornn.spiking.structure import structure

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")

SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from networks import leaky_network, random_trials
from biornn import spiking
network = leaky_network()
print("begins", flush=True)
spiking.run(network, random_trials(network, count=1, steps={steps}), progress=False)
"""
SLOW_COMPILER = """#!/bin/sh
case "$*" in *--version*) echo 1.0; exit 0;; *-E*) exit 0;; esac
echo $$ >> "$PIDS"
{work}
"""


def fake_compiler(folder, monkeypatch, work):
    """Set CXX to a compiler that writes down its process number and then does `work`."""
    script = folder / "compiler"
    script.write_text(SLOW_COMPILER.format(work=work))
    script.chmod(0o755)
    monkeypatch.setenv("CXX", str(script))
    monkeypatch.setenv("PIDS", str(folder / "pids"))
    return folder / "pids"


@pytest.fixture
def places(monkeypatch, tmp_path):
    """A cache and a folder for temporary files of this test's own."""
    for name in ("cache", "temporary"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("BIORNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(scratch.tempfile, "tempdir", None)
    return tmp_path


def start(steps=40):
    script = SCRIPT.format(tests=str(Path(__file__).parent), steps=steps)
    call = [sys.executable, "-c", script]
    return subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for(condition, seconds=120.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)


def alive(pid):
    """Whether a process still works; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def programs_at_work(folder):
    """Process numbers of compiled programs that work below a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(word.decode().startswith(str(folder)) for word in words) and words[0].endswith(b"main"):
            found.append(int(entry.name))
    return [pid for pid in found if alive(pid)]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_compilers_die_with_the_process_that_builds_and_the_next_build_sweeps(places, monkeypatch, how):
    pids = fake_compiler(places, monkeypatch, "sleep 300")
    parent = start()
    wait_for(pids.is_file)
    compilers = [int(pid) for pid in pids.read_text().split()]
    assert any(map(alive, compilers))
    parent.send_signal(how)
    parent.wait()
    assert parent.returncode == -how
    wait_for(lambda: not any(map(alive, compilers)))
    programs = places / "cache" / "programs"
    scratch.sweep(programs, cache.BUILDING)
    assert list(programs.iterdir()) == []
    assert list((places / "temporary").iterdir()) == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_programs_die_with_the_process_that_simulates_and_the_next_run_sweeps(monkeypatch, tmp_path, how):
    network = leaky_network()
    spiking.run(network, random_trials(network), progress=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(scratch.tempfile, "tempdir", None)
    parent = start(steps=1_000_000)
    wait_for(lambda: programs_at_work(tmp_path))
    parent.send_signal(how)
    parent.wait()
    assert parent.returncode == -how
    wait_for(lambda: not programs_at_work(tmp_path))
    assert len(list(tmp_path.iterdir())) == (1 if how == signal.SIGKILL else 0)
    spiking.run(network, random_trials(network), progress=False)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_at_work_is_not_swept(tmp_path):
    with scratch.folder(tmp_path, "biornn-") as work:
        scratch.sweep(tmp_path, "biornn-")
        assert work.is_dir()
    assert not work.exists()
    others = tmp_path / "biornn-results"
    others.mkdir()
    os.utime(others, (1000, 1000))
    scratch.sweep(tmp_path, "biornn-")
    assert others.is_dir(), "old, but no folder of a run"
    (others / scratch.UNLOCKED).touch()
    os.utime(others, (1000, 1000))
    scratch.sweep(tmp_path, "biornn-")
    assert not others.exists(), "of a file system without locks"


def test_a_killed_build_is_one_line(places, monkeypatch):
    fake_compiler(places, monkeypatch, "kill -9 $PPID")
    with pytest.raises(InputError, match=r"must be allowed to end \(got killed by signal 9, SIGKILL\); memory"):
        spiking.run(leaky_network(), random_trials(leaky_network()), progress=False)
    assert list((places / "cache" / "programs").iterdir()) == []


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("fatal error: error writing to /tmp/x.s: No space left on device", r"disk of .*building-.*: must have room"),
        ("g++: fatal error: Killed signal terminated program cc1plus", r"compile: must be allowed to end .*a compiler"),
    ],
)
def test_a_full_disk_and_a_killed_compiler_are_one_line(places, monkeypatch, said, message):
    fake_compiler(places, monkeypatch, f'echo "{said}" >&2; exit 1')
    with pytest.raises(InputError, match=message):
        spiking.run(leaky_network(), random_trials(leaky_network()), progress=False)
    assert list((places / "cache" / "programs").iterdir()) == []


def test_a_cache_on_a_full_disk_is_refused(places, monkeypatch):
    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(cache, "_build", full)
    with pytest.raises(InputError, match=r"disk of .*programs: must have room .*BIORNN_CACHE"):
        spiking.run(leaky_network(), random_trials(leaky_network()), progress=False)
    assert list((places / "cache" / "programs").iterdir()) == []


@pytest.mark.parametrize("kind", ["killed", "limit", "cut off"])
def test_a_program_that_cannot_write_or_is_killed_is_one_line(monkeypatch, kind, tmp_path):
    network = leaky_network()
    with cache.using(structure(network)) as program:
        main = tmp_path / "main"
        cut = f'BIORNN_PARENT=$$ {program}/main "$@"; for file in "$2"*; do : > "$file"; done'
        work = {"killed": "kill -9 $$", "limit": "kill -XFSZ $$", "cut off": cut}[kind]
        main.write_text(f"#!/bin/sh\n{work}\n")
        main.chmod(0o755)
        monkeypatch.setattr(engines, "_executable", lambda *_: main)
        message = (
            r"must be allowed to end \(got killed by signal 9" if kind == "killed" else "disk of .*: must have room"
        )
        with pytest.raises(InputError, match=message):
            spiking.run(network, random_trials(network), progress=False)


def test_spikes_that_do_not_fit_on_the_disk_are_refused():
    network = leaky_network()
    spikes = [np.zeros(3), np.zeros(3)]
    result = collect.Trial(np.zeros((2, 6)), np.zeros((2, 6)), np.zeros((2, 1)), *spikes, *[np.zeros((100, 0))] * 2)
    with Path("/dev/full").open("wb", buffering=0) as full:
        run = collect.Collector(network, 1, 2, Request())
        run.close()
        run._files = [full] * 3
        with pytest.raises(InputError, match=r"disk of .*: must have room .*TMPDIR"):
            run.add(0, result)


def test_words_on_standard_error_are_no_failure(monkeypatch, caplog):
    network = leaky_network()
    plain = spiking.run(network, random_trials(network), progress=False)
    monkeypatch.setenv("LD_PRELOAD", "/nonexistent/libgone.so")
    engines._log.cache_clear()
    with caplog.at_level("INFO", "biornn"):
        loud = spiking.run(network, random_trials(network), progress=False)
    np.testing.assert_array_equal(plain.outputs, loud.outputs)
    assert sum("libgone" in record.getMessage() for record in caplog.records) == 1


def test_a_damaged_program_is_built_anew(places, caplog):
    network, trials = leaky_network(), random_trials(leaky_network())
    whole = spiking.run(network, trials, progress=False)
    (program,) = (places / "cache" / "programs").iterdir()
    content = (program / "main").read_bytes()
    (program / "main").write_bytes(content[: len(content) // 2])
    again = spiking.run(network, trials, progress=False)
    np.testing.assert_array_equal(whole.outputs, again.outputs)
    assert sum("is damaged" in record.getMessage() for record in caplog.records) == 1
    for damage in ("", "{", "[]", '{"results": {}}', '{"results": {"a.x": "a"}}'):
        assert cache.whole(program) or damage
        (program / "manifest.json").write_text(damage)
        assert not cache.whole(program)


def test_a_program_that_may_not_be_started_there_runs_elsewhere(monkeypatch, tmp_path):
    network = leaky_network()
    with cache.using(structure(network)) as program:
        plain = spiking.run(network, random_trials(network), progress=False)
        real = os.access
        # A disk mounted with noexec.
        monkeypatch.setattr(engines.os, "access", lambda path, mode: path != program / "main" and real(path, mode))
        copied = spiking.run(network, random_trials(network), progress=False)
        np.testing.assert_array_equal(plain.outputs, copied.outputs)
        monkeypatch.setattr(engines.os, "access", lambda *_: False)
        with pytest.raises(InputError, match=r"must be on a disk where programs may be started .*BIORNN_CACHE"):
            spiking.run(network, random_trials(network), progress=False)


def test_preferences_of_the_user_change_nothing(places, monkeypatch):
    network, trials = leaky_network(), random_trials(leaky_network())
    (places / ".brian").mkdir()
    (places / ".brian" / "user_preferences").write_text("this is [no preference\n")
    monkeypatch.setenv("HOME", str(places))
    monkeypatch.chdir(places)
    (places / "brian_preferences").write_text("core.default_float_dtype = float32\n")
    assert spiking.run(network, trials, progress=False).spikes.count > 50


@pytest.mark.parametrize("chosen", ["", "   ", "g++ -O1", "/usr/bin/env g++"])
def test_the_compiler_is_a_command(monkeypatch, chosen):
    if compilation.shutil.which("g++") is None:
        pytest.skip("no g++ here")
    monkeypatch.setenv("CXX", chosen)
    found = compilation.compiler()
    assert found[0] == compilation.shutil.which(chosen.split()[0] if chosen.split() else "g++")
    assert list(found[1:]) == chosen.split()[1:]
    assert ("-O3" in compilation.flags(found)) == ("-O1" not in chosen)


def test_a_compiler_that_is_none_is_named(monkeypatch, caplog):
    for chosen in ("no-such-compiler -O2", "false"):
        monkeypatch.setenv("CXX", chosen)
        assert compilation.compiler() == ()
        assert f"no C++ compiler ({chosen}) found: simulating with Brian2's slower numpy target" in caplog.text
    monkeypatch.setenv("CXX", 'g++ "')
    with pytest.raises(InputError, match=r"CXX: must be a command \(got g\+\+ .*No closing quotation\)"):
        compilation.compiler()


def test_a_model_that_has_changed_under_its_name_is_another_program(monkeypatch):
    from dataclasses import replace

    from biornn.theory import neurons

    before = structure(leaky_network())
    changed = replace(neurons.LIF_MODEL, threshold="v > v_threshold + 1*volt")
    monkeypatch.setitem(neurons.NEURON_MODELS, "lif", changed)
    assert cache.key(structure(leaky_network())) != cache.key(before)
    # It is compiled as it is here, though the child has never heard of it.
    run = spiking.run(leaky_network(), random_trials(leaky_network()), progress=False)
    assert run.spikes.count == 0


def test_children_end_at_once_and_no_more_start(tmp_path):
    family = children.Children()
    process = family.start(["sleep", "300"], tmp_path)
    family.end()
    assert family.done(process) == -signal.SIGKILL
    with pytest.raises(RuntimeError, match="the run has ended"):
        family.start(["sleep", "300"], tmp_path)
