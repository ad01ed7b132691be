"""Files made to break their reader, and files of other programs: one line each, at once, whatever they hold."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import networks
import numpy as np
import pytest
from compare import planted
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save
from test_store import make

from biornn import store
from biornn.compare import compare
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording

NETWORK = store.FORMAT


def refused(path, *said):
    with pytest.raises(InputError) as refusal:
        store.load(path)
    text = str(refusal.value)
    assert text.isprintable(), "one line, no control characters"
    assert len(text) < 2000
    for part in said:
        assert part in text
    return text


def raw(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def entry(kind="F64", shape=(2,), place=(0, 16)):
    return {"a": {"dtype": kind, "shape": shape, "data_offsets": place}}


def ours(**changes):
    """Return a header that says that biornn wrote the file."""
    return {**entry(**changes), "__metadata__": {"format": NETWORK, "version": "1"}}


WHOLE = "must be a whole safetensors file"
HEADER = "(got Error while deserializing header: "


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "got an empty file"),
        (b"1234567", HEADER),
        (raw(b"{}", length=2**63), HEADER),
        (raw(b"{}", length=3), HEADER),
        (raw(b"{}", length=100_000_001), HEADER),
        (raw(b"{}", length=0), HEADER),
        (raw(b"[" * 200_000), HEADER),
        (raw(b"[" * 200_000 + b"]" * 200_000), HEADER),
        (raw(b'{"__metadata__": {}, "__metadata__": {}}'), HEADER),
        (raw(b"[]"), HEADER),
        (raw(b"\xff\xfe"), HEADER),
        (raw(b'{"a": NaN}'), HEADER),
        (raw(b'{"__metadata__": {"format": 3}}'), HEADER),
        (raw(b'{"__metadata__": []}'), HEADER),
        (raw({"a": 3}), HEADER),
        (raw(entry(shape=[-2]), bytes(16)), HEADER),
        (raw(entry(shape=[True, 2]), bytes(16)), HEADER),
        (raw(entry(shape=[2**70]), bytes(16)), HEADER),
        (raw(entry(shape=[2**63, 2]), bytes(16)), HEADER),
        (raw(entry(place=(0, 24)), bytes(24)), HEADER),
        (raw(entry(place=(8, 24)), bytes(24)), HEADER),
        (raw(entry(place=(16, 0)), bytes(16)), HEADER),
        (raw(entry(kind=["F64"]), bytes(16)), HEADER),
        (raw(entry(kind="F99"), bytes(16)), HEADER),
        (raw(entry()), HEADER),
        (raw(entry(), bytes(17)), HEADER),
        (raw({"a\x1b[31m\n": 3}), HEADER),
        (raw(ours(shape=[1] * 70, place=(0, 8)), bytes(8)), "dimension"),
        (raw(ours(shape=[0, 2**63], place=(0, 0))), "dimension"),
        (raw(ours(kind="BF16", shape=[8]), bytes(16)), "an array of BF16, which biornn does not read"),
        (raw(ours(kind="F8_E4M3", shape=[16]), bytes(16)), "an array of F8_E4M3, which biornn does not read"),
        # of a type that releases before 0.7 do not know
        (raw(ours(kind="C64", shape=[2]), bytes(16)), WHOLE),
        (raw(ours(kind="F4", shape=[32]), bytes(16)), WHOLE),
    ],
)
def test_files_that_are_not_whole_are_refused(tmp_path, content, said):
    path = tmp_path / "file"
    path.write_bytes(content)
    refused(path, "file: " + WHOLE, said)


def saved(path, tensors=None, **metadata):
    """Write a network's file with other arrays or metadata."""
    network = make()
    arrays = {**network.weights, "tau": network.tau, "signs": network.signs, "noise": network.noise, **(tensors or {})}
    text = {"activation": "tanh", "dt": 5e-3, "readout": "identity", "cell": "leaky", "about": {}}
    text |= metadata.pop("description", {})
    full = {"format": NETWORK, "version": "1", "network": json.dumps(text), **metadata}
    path.write_bytes(save({name: np.ascontiguousarray(value) for name, value in arrays.items()}, full))
    return path


def test_the_file_that_is_tampered_with_below_is_sound(tmp_path):
    assert isinstance(store.load(saved(tmp_path / "file")), RateNetwork)


@pytest.mark.parametrize(
    "value", [None, 3, "text", [], {}, True, -1, 1e999, "x" * 100_000, "\x1b[2J\n", {"a": {"b": [1]}}]
)
@pytest.mark.parametrize("field", ["activation", "dt", "readout", "cell", "about"])
def test_descriptions_of_wrong_kinds_are_refused(tmp_path, field, value):
    path = saved(tmp_path / "file", description={field: value})
    if field == "about" and isinstance(value, dict):
        assert store.load(path).about == value
    else:
        refused(path, "file: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must hold a whole description of its network"),
        ("[" * 200_000 + "]" * 200_000, "must hold a whole description of its network"),
        ('{"dt": 1, "dt": 2}', "a key that stands twice"),
        ('{"dt": NaN}', "the word NaN"),
        ("null", "got a NoneType"),
        ("1" * 10_000, "must hold a whole description of its network"),
        ('{"activation": "tanh"}', "missing or unknown: about, cell, dt, readout"),
    ],
)
def test_broken_descriptions_are_refused(tmp_path, text, said):
    refused(saved(tmp_path / "file", network=text), said)


def deep(levels):
    return {"a": deep(levels - 1)} if levels else 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tensors": {"bias": np.full(5, np.nan)}}, "RateNetwork.weights['bias']: must be finite"),
        ({"tensors": {"bias": np.full(5, 1e300)}}, "must be at most 1e+12 in magnitude (got 1e+300)"),
        ({"tensors": {"noise": np.full(5, 1e300)}}, "RateNetwork.noise: must be at most 1e+12"),
        ({"tensors": {"recurrent": np.full((5, 5), 1e200)}}, "must be at most 1e+12"),
        ({"tensors": {"recurrent": np.zeros((0, 0))}}, "must have shape (N, N)"),
        ({"tensors": {"extra": np.zeros(5)}}, "unknown: extra"),
        ({"description": {"about": deep(60)}}, "at most 50 levels"),
        ({"description": {"about": {"a": {"$float": "no"}}}}, "must be a float"),
        ({"version": "2"}, "must have version 1 of the format (got 2)"),
        ({"format": "biornn.report"}, "must hold a whole description of its Report"),
        ({"format": "biornn.recording", "description": {}}, "must hold a whole description of its Recording"),
        ({"format": "\x1b[31m"}, r"\x1b[31m"),
    ],
)
def test_contents_that_cannot_be_are_refused(tmp_path, change, said):
    refused(saved(tmp_path / "file", **change), said)


def test_types_that_numpy_has_are_exact(tmp_path):
    half = saved(tmp_path / "half", tensors={"bias": np.linspace(0, 1, 5).astype(np.float16)})
    assert store.load(half).weights["bias"].dtype == np.float64
    assert store.load(half).weights["bias"][1] == np.float16(0.25)


def test_truth_values_are_0_or_1_whatever_their_bytes(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(raw(entry(kind="BOOL", shape=[2, 2], place=(0, 4)), b"\0\7\1\xff"))
    with store.tensors.reading(path) as found:
        (values,) = found.arrays().values()
    assert values.view(np.uint8).tolist() == [[0, 1], [1, 1]]


TASK = planted.Pulse()
TRIALS = TASK.trials(3, 0)
NET = planted.network(units=4)
SPIKES = planted.with_spikes(planted.repeats(NET, TRIALS, 1, noise=0.1)[0], watched=(3,))
THINGS = {
    "network": NET,
    "spiking": networks.delayed_banks(),
    "recording": SPIKES,
    "report": compare(planted.rate_run(NET, TRIALS), SPIKES, TASK, TRIALS),
}


def places(value, path=()):
    """Yield the places of all values of a description."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def put(value, path, new):
    """Return a description with one value replaced."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(value[path[0]], path[1:], new)
    return copy


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The header and the arrays of one file of each kind."""
    result = {}
    for name, thing in THINGS.items():
        content = store.save(thing, tmp_path_factory.mktemp("things") / name).read_bytes()
        length = int.from_bytes(content[:8], "little")
        result[name] = json.loads(content[8 : 8 + length]), content[8 + length :]
    return result


NEW = st.sampled_from(
    [None, 3, -1, 0, 2**63, 1e308, "text", "", [], {}, [[]], {"$float": "nan"}, {"$float": 3}, {"$tensor": "none"},
     True, {"$tensor": "Recording.states"}, {"$tensor": "SpikingNetwork.readout.bias"}, {"$tensor": 3}, {"$text": [1]}]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(sorted(THINGS)), choice=st.integers(0, 10**6), new=NEW)
def test_any_value_of_a_description_may_be_replaced(written, tmp_path_factory, kind, choice, new):
    header, data = written[kind]
    key = "network" if kind == "network" else "description"
    description = json.loads(header["__metadata__"][key])
    every = list(places(description))
    changed = put(description, every[choice % len(every)], new)
    metadata = {**header["__metadata__"], key: json.dumps(changed)}
    path = tmp_path_factory.mktemp("tampered") / "file"
    path.write_bytes(raw({**header, "__metadata__": metadata}, data))
    message = ""
    try:
        thing = store.load(path)
        str(thing) if kind == "report" else None
    except InputError as refusal:
        message = str(refusal)
    assert message.isprintable()
    assert message or type(thing) is type(THINGS[kind])


@settings(max_examples=100, deadline=None)
@given(kind=st.sampled_from(sorted(THINGS)), place=st.integers(0, 10**9), byte=st.integers(0, 255))
def test_any_byte_of_the_header_may_be_replaced(written, tmp_path_factory, kind, place, byte):
    header, data = written[kind]
    content = bytearray(raw(header, data))
    content[place % (len(content) - len(data))] = byte
    path = tmp_path_factory.mktemp("flipped") / "file"
    path.write_bytes(content)
    message = ""
    try:
        store.load(path)
    except InputError as refusal:
        message = str(refusal)
    assert message.isprintable()


@pytest.mark.parametrize("cut", [1, 100, 1000])
def test_truncated_objects_are_refused(tmp_path, cut):
    for name, thing in THINGS.items():
        path = store.save(thing, tmp_path / name)
        path.write_bytes(path.read_bytes()[:-cut])
        refused(path, WHOLE)


def pretend(kind, **changes):
    """Return an object whose checks were passed by, so that `save` writes what no run leaves."""
    thing = object.__new__(kind)
    for name, value in changes.items():
        object.__setattr__(thing, name, value)
    return thing


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"neurons": 7}, "Recording.neurons"),
        ({"seed": -1}, "Recording.seed"),
        ({"outputs": np.zeros((3, 100, 2))}, "Recording.outputs"),
        ({"states": np.zeros((3, 100))}, "Recording.states"),
        ({"recorded": np.array([10**6], np.int32)}, "Recording.recorded"),
        ({"source": NET}, "Recording"),
    ],
)
def test_recordings_that_contradict_themselves_are_refused(tmp_path, monkeypatch, change, said):
    fields = {name: getattr(SPIKES, name) for name in SPIKES.__dataclass_fields__}
    run = pretend(Recording, **{**fields, **change})
    with monkeypatch.context() as patch:
        patch.setattr(store.agreement, "check", lambda thing: None)
        path = store.save(run, tmp_path / "run")
    refused(path, said)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/dev/random", "/dev/stdin", "/dev", "/proc/kmsg", "."])
def test_what_is_no_file_is_refused_at_once(path):
    refused(path, path)


def test_pipes_are_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "must be a file or the name of a known network", "a pipe")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (None, "store.load path: must be a path (got None)"),
        (3, "store.load path: must be a path (got 3)"),
        (b"name", "must be a path (got a bytes)"),
        (NET, "must be a path (got a RateNetwork)"),
        ("", "must be a path (got '')"),
        ("a\0b", r"must be a path (got 'a\x00b')"),
        ("\ud800", r"must be a path (got '\ud800')"),
        ("x" * 5000, "File name too long"),
        ("\x1b[31mred", r"\x1b[31mred: must be a file"),
        ("go-nogo-sigmod", "did you mean go-nogo-sigmoid?"),
        ("go-nogo-sigmod.safetensors", "did you mean go-nogo-sigmoid?"),
    ],
)
def test_names_that_lead_nowhere_are_refused(path, said):
    refused(path, said)


def test_folders_and_loops_are_refused(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    refused(tmp_path / "loop", "Too many levels of symbolic links")
    store.save(NET, tmp_path / "network.safetensors")
    refused(tmp_path, f"got a folder); give {tmp_path}/network.safetensors")


def test_files_without_permission_are_refused(tmp_path, monkeypatch):
    path = store.save(NET, tmp_path / "network")

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    refused(path, "network: must be readable (got Permission denied); check the file and its permissions")


LOOP: dict = {}
LOOP["again"] = LOOP
WRONG = [
    None,
    3,
    2**80,
    1j,
    b"x",
    "",
    "\0",
    [],
    {},
    {1},
    LOOP,
    slice(3),
    object(),
    RateNetwork,
    NET,
    np.zeros(3),
    ["a"],
]


@pytest.mark.parametrize("call", ["save", "save_json", "load", "load kind", "find", "check_writable", "check_outputs"])
@pytest.mark.parametrize("value", WRONG, ids=lambda value: type(value).__name__)
def test_wrong_objects_are_refused_in_one_line(tmp_path, monkeypatch, call, value):
    monkeypatch.chdir(tmp_path)
    path = store.save(NET, tmp_path / "network")
    calls = {
        "save": lambda: (store.save(NET, value), store.save(value, "new")),
        "save_json": lambda: (store.save_json(value, "new"), store.save_json({}, value)),
        "load": lambda: store.load(value),
        "load kind": lambda: store.load(path, value),
        "find": lambda: store.find(value),
        "check_writable": lambda: store.check_writable(value),
        "check_outputs": lambda: (store.check_outputs({}, {"a": value}), store.check_outputs({"a": value}, {})),
    }
    if call == "load kind" and value is RateNetwork:
        assert store.load(path, value).units == 4
        return
    with pytest.raises(InputError, match="must ") as refusal:
        calls[call]()
    assert str(refusal.value).isprintable()


def test_what_is_saved_may_go_to_a_device_and_not_to_a_full_one():
    assert store.save(NET, "/dev/null") == Path("/dev/null")
    assert store.save_json({"a": 1}, "/dev/null") == Path("/dev/null")
    with pytest.raises(InputError, match=r"/dev/full: must be writable \(got No space left on device\)"):
        store.save(SPIKES, "/dev/full")


def archive(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (archive("config.json", "metadata.json", "model.weights.h5"), "a Keras model); load it by keras.models"),
        (archive("archive/data.pkl", "archive/data/0"), "a PyTorch checkpoint); build the torch module"),
        (archive("a.npy", "b.npy"), "a numpy archive); read it by numpy.load"),
        (archive("a.txt"), "an archive); unpack it"),
        (b"PK\x03\x04 cut", "an archive); unpack it"),
        (b"\x89HDF\r\n\x1a\n" + bytes(600), "an HDF5 file); load it by keras.models.load_model"),
        (b"MATLAB 5.0 MAT-file" + bytes(600), "a MATLAB file); read it by scipy.io.loadmat"),
        ((b"MATLAB 7.3 MAT-file" + bytes(512))[:512] + b"\x89HDF\r\n\x1a\n", "a MATLAB 7.3 file); read it by h5py"),
        (b"\x93NUMPY\x01\x00" + bytes(80), "a numpy array); read it by numpy.load"),
        (b"\x80\x04\x95" + bytes(80), "a pickle, which can run code of its author"),
        (b"\x80", WHOLE),
        (b"year,sunspots\n1700,5\n", WHOLE),
    ],
)  # fmt: skip
def test_files_of_other_programs_are_named_and_answered(tmp_path, content, said):
    (tmp_path / "file").write_bytes(content)
    refused(tmp_path / "file", said)


@pytest.mark.parametrize("length", [0x380, 0x480])
def test_a_header_whose_length_looks_like_a_pickle_is_read(tmp_path, length):
    path = saved(tmp_path / "file")
    content = path.read_bytes()
    old = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + old])
    while len(json.dumps(header)) < length:
        about = json.loads(header["__metadata__"]["network"])
        about["about"]["pad"] = about["about"].get("pad", "") + "x"
        header["__metadata__"]["network"] = json.dumps(about)
        if len(json.dumps(header)) > length:
            pytest.skip("the header is longer than that")
    path.write_bytes(raw(header, content[8 + old :]))
    assert path.read_bytes()[:2] == length.to_bytes(2, "little")
    assert store.load(path).units == 5


def test_state_dicts_are_named_and_the_advice_works(tmp_path):
    """The control of the advice: it is followed to the letter."""
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file, save_file

    from biornn import interop

    trained, path = torch.nn.GRU(3, 5, batch_first=True), tmp_path / "gru.safetensors"
    save_file(trained.state_dict(), path)
    said = refused(
        path, "a PyTorch state dict", "safetensors.torch.load_file", "biornn.interop.from_torch(module, linear)"
    )
    assert "biornn import" not in said
    module, linear = torch.nn.GRU(3, 5, batch_first=True), torch.nn.Linear(5, 1)
    module.load_state_dict(load_file(path))
    assert interop.from_torch(module, linear).units == 5
    path.write_bytes(save({"layers.0.kernel": np.ones(3)}))
    assert "biornn import" not in refused(path, "another file", "from_torch or from_keras")


def test_the_command_line_answers_at_once(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "biornn", "info", "/dev/zero"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "must be a file or the name of a known network (got a device, '/dev/zero')" in done.stderr
