"""Networks and results on disk: whole or not at all, and what cannot be read is refused in one line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from biornn import store
from biornn.core import places
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.theory import activation

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)


def make(units=5, inputs=2, outputs=3, seed=0, about=None, phi="tanh", readout="identity"):
    rng = np.random.default_rng(seed)
    signs = rng.choice([-1.0, 0.0, 1.0], units)
    recurrent = rng.normal(size=(units, units))
    weights = {
        "recurrent": np.where(signs == 0, recurrent, np.abs(recurrent) * signs),
        "input": rng.normal(size=(units, inputs)),
        "bias": rng.normal(size=units),
        "output": rng.normal(size=(outputs, units)),
        "output_bias": rng.normal(size=outputs),
        "initial_state": rng.normal(size=units),
    }
    tau, noise = rng.uniform(0.01, 0.1, units), rng.uniform(0, 1, units)
    return RateNetwork(weights, phi, tau, 0.005, signs, noise, readout, about or {})


def assert_same(first, second):
    for name in first.weights:
        np.testing.assert_array_equal(first.weights[name], second.weights[name])
    for name in ("tau", "signs", "noise"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    for name in ("activation", "dt", "readout", "cell", "about"):
        assert getattr(first, name) == getattr(second, name)


@settings(max_examples=30, deadline=None)
@given(
    sizes=st.tuples(*[st.integers(1, 6)] * 3),
    seed=st.integers(0, 1000),
    about=st.dictionaries(st.text(), json_values, max_size=3),
    phi=st.sampled_from(["sigmoid", "tanh", "relu", "softplus", "lif"]),
    readout=st.sampled_from(["identity", "softmax"]),
)
def test_what_is_saved_comes_back(tmp_path_factory, sizes, seed, about, phi, readout):
    path = tmp_path_factory.mktemp("store") / "network.safetensors"
    network = make(*sizes, seed=seed, about=about, phi=phi, readout=readout)
    assert store.save(network, path) == path
    assert_same(store.load(path), network)
    assert [entry.name for entry in path.parent.iterdir()] == ["network.safetensors"]


def test_saving_replaces_and_keeps_ordinary_permissions(tmp_path):
    path = tmp_path / "network.safetensors"
    store.save(make(seed=0), path)
    store.save(make(seed=1), str(path))
    assert_same(store.load(path), make(seed=1))
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    assert path.stat().st_mode == ordinary.stat().st_mode


@pytest.mark.parametrize("size", [0, 5, 100, -1])
def test_truncated_files_are_refused(tmp_path, size):
    path = store.save(make(), tmp_path / "network.safetensors")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(InputError, match=r"network\.safetensors: must be a whole safetensors file \(got .*; save the"):
        store.load(path)


def test_foreign_files_are_refused(tmp_path):
    path = tmp_path / "foreign.safetensors"
    path.write_text("a text about sunspots, longer than the eight bytes of a header length")
    with pytest.raises(InputError, match="must be a whole safetensors file"):
        store.load(path)
    save_file({"weight": np.ones(3)}, path)
    with pytest.raises(InputError, match=r"must be a network saved by biornn .*got another file"):
        store.load(path)
    save_file({"weight": np.ones(3)}, path, {"format": "pt"})
    with pytest.raises(InputError, match=r"must be a network saved by biornn .*got pt"):
        store.load(path)


def rewrite(path, tensors=None, drop=(), **metadata):
    """Rewrite a saved network with other tensors or metadata."""
    held = {name: value for name, value in {**load_file(path), **(tensors or {})}.items() if name not in drop}
    with safe_open(path, framework="numpy") as file:
        kept = file.metadata()
    save_file(held, path, {**kept, **metadata})


def test_broken_networks_are_refused(tmp_path):
    def saved():
        return store.save(make(), tmp_path / "network.safetensors")

    path = saved()
    rewrite(path, drop=("tau", "bias"))
    with pytest.raises(InputError, match=r"must hold every weight \(got without bias, tau\)"):
        store.load(path)
    rewrite(saved(), {"bias": np.array([0, np.nan, 0, 0, 0])})
    with pytest.raises(InputError, match=r"RateNetwork\.weights\['bias'\]: must be finite \(got nan at \[1\]\)"):
        store.load(path)
    rewrite(saved(), {"bias": np.zeros(4)})
    with pytest.raises(InputError, match=r"RateNetwork\.weights\['bias'\]: must have shape \(5\)"):
        store.load(path)
    rewrite(saved(), version="2")
    with pytest.raises(InputError, match=r"must have version 1 of the format \(got 2\)"):
        store.load(path)
    for text in ("", "{", "[]", '{"activation": "tanh"}', '{"activation":"tanh","dt":"x"}'):
        rewrite(saved(), network=text)
        with pytest.raises(InputError, match="must hold a whole description of its network"):
            store.load(path)


def test_an_activation_of_another_session_is_named(tmp_path):
    activation.register("cube-root", lambda x, xp: xp.cbrt(x))
    try:
        path = store.save(make(phi="cube-root"), tmp_path / "network.safetensors")
        assert store.load(path).activation == "cube-root"
    finally:
        del activation.ACTIVATIONS["cube-root"]
    advice = r"must use a registered activation \(got 'cube-root'\); call biornn\.theory\.activation\.register"
    with pytest.raises(InputError, match=advice):
        store.load(path)
    with pytest.raises(InputError, match=advice):
        store.save(make(phi="cube-root"), tmp_path / "other.safetensors")
    assert not (tmp_path / "other.safetensors").exists()


def test_no_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.safetensors: must be a file"):
        store.load(tmp_path / "nothing.safetensors")
    with pytest.raises(InputError, match="must be a file"):
        store.load(tmp_path)


@pytest.mark.parametrize("write", [lambda path: store.save(make(), path), lambda path: store.save_json({}, path)])
def test_unwritable_paths_are_refused(tmp_path, write):
    with pytest.raises(InputError, match=r"must lie in a folder that exists .*make the folder first"):
        write(tmp_path / "missing" / "file")
    with pytest.raises(InputError, match=r"must be a file to write \(got a folder\)"):
        write(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="must lie in a folder that exists"):
        write(tmp_path / "file" / "below")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_no_permission_is_refused(monkeypatch):
    with pytest.raises(InputError, match=r"/proc/network\.safetensors: must be writable"):
        store.check_writable("/proc/network.safetensors")


def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    path = store.save(make(seed=0), tmp_path / "network.safetensors")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"must be writable \(got No space left on device\); free some space"):
        store.save(make(seed=1), path)
    monkeypatch.undo()
    assert_same(store.load(path), make(seed=0))
    assert [entry.name for entry in tmp_path.iterdir()] == ["network.safetensors"]


def test_what_stops_the_library_is_refused_and_leaves_what_was_there(tmp_path):
    """A file may have no more than 500 bytes here, as on a disk that is full."""
    path = store.save(make(seed=0), tmp_path / "network.safetensors")
    code = f"""
import resource
from biornn import store
network = store.load({str(path)!r})
resource.setrlimit(resource.RLIMIT_FSIZE, (500, resource.RLIM_INFINITY))
try:
    store.save(network, {str(path)!r})
except ValueError as refusal:
    print(refusal)
"""
    before = path.read_bytes()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{path}: must be writable (got Error while serializing"), done
    assert "toolarge" in done.stdout.lower().replace(" ", "")
    assert done.stdout.count("\n") == 1
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["network.safetensors"]


def test_a_network_goes_through_a_pipe(tmp_path):
    code = (
        f"from biornn import store; store.save(store.load({str(store.save(make(), tmp_path / 'n'))!r}), '/dev/stdout')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    (tmp_path / "piped").write_bytes(done.stdout)
    assert_same(store.load(tmp_path / "piped"), make())


def test_files_of_earlier_releases_are_read(tmp_path):
    """They were written by biornn itself: widest types first, then by name, the header filled up with blanks."""
    network = make()
    arrays = {**network.weights, **{name: getattr(network, name) for name in ("tau", "signs", "noise")}}
    about = {"activation": "tanh", "dt": 0.005, "readout": "identity", "cell": "leaky", "about": {}}
    metadata = {"format": "biornn.rate-network", "version": "1", "network": json.dumps(about)}
    header, data = {"__metadata__": metadata}, b""
    for name in sorted(arrays):
        begin, data = len(data), data + arrays[name].tobytes()
        header[name] = {"dtype": "F64", "shape": arrays[name].shape, "data_offsets": [begin, len(data)]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    (tmp_path / "network").write_bytes(len(text).to_bytes(8, "little") + text + data)
    assert_same(store.load(tmp_path / "network"), network)


def test_about_must_be_json(tmp_path):
    with pytest.raises(InputError, match=r"RateNetwork\.about: must hold JSON values only"):
        store.save(make(about={"task": object()}), tmp_path / "network.safetensors")
    assert not list(tmp_path.iterdir())


def test_check_writable_writes_nothing(tmp_path):
    assert store.check_writable(str(tmp_path / "new")) == tmp_path / "new"
    assert not list(tmp_path.iterdir())


def test_json_turns_what_is_not_a_number_into_null(tmp_path):
    value = {"a": float("nan"), "b": [np.float64("inf"), np.int64(3)], "c": np.array([1.0, np.nan]), "d": (True, "x")}
    path = store.save_json(value, tmp_path / "report.json")
    expected = {"a": None, "b": [None, 3], "c": [1.0, None], "d": [True, "x"]}
    assert json.loads(path.read_text()) == expected


def test_networks_are_found_by_path_or_name(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "models", lambda: tmp_path / "models")
    for name in ("xor-relu", "go-nogo-sigmoid"):
        (tmp_path / "models" / name).mkdir(parents=True)
        store.save(make(), tmp_path / "models" / name / "network.safetensors")
    (tmp_path / "models" / "empty").mkdir()
    assert store.available() == ["go-nogo-sigmoid", "xor-relu"]
    assert store.find("xor-relu") == tmp_path / "models" / "xor-relu" / "network.safetensors"
    path = store.save(make(), tmp_path / "mine.safetensors")
    assert store.find(str(path)) == path
    for wrong in ("xor", "empty", str(tmp_path / "other.safetensors"), str(Path("..") / "models")):
        with pytest.raises(InputError, match=r"the name of a known network .* choose one of go-nogo-sigmoid, xor-relu"):
            store.find(wrong)
