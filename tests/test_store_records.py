"""Spiking networks, recordings and reports come back from disk as they were: every field, every array, every bit."""

import io
import json
import subprocess
import sys
from dataclasses import MISSING, dataclass, fields, is_dataclass, make_dataclass, replace
from typing import Any, NamedTuple

import networks
import numpy as np
import pytest
from compare import planted
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from safetensors.numpy import load_file

from biornn import store, tasks
from biornn.compare import compare
from biornn.core.cells import CELLS, READOUT
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording, Spikes
from biornn.core.spiking import Attention
from biornn.core.task import Task
from biornn.core.trials import Trials
from biornn.store import kinds, tensors
from biornn.store.annotations import form_of
from biornn.store.kinds import KINDS

TASK = planted.Pulse()
TRIALS = TASK.trials(6, 0)
NET = planted.network()
RATES = planted.rate_run(NET, TRIALS)
RUNS = planted.repeats(NET, TRIALS, 2, bias=0.1, noise=0.05, network="pulse-sigmoid", mapping="population")
SPIKES = planted.with_spikes(RUNS[0])


def same(first, second):
    """Whether two values are alike to the bit, type for type."""
    if isinstance(first, np.ndarray):
        alike = first.dtype == second.dtype and first.shape == second.shape
        return alike and np.ascontiguousarray(first).tobytes() == np.ascontiguousarray(second).tobytes()
    if type(first) is not type(second):
        return False
    if is_dataclass(first):
        return all(same(getattr(first, f.name), getattr(second, f.name)) for f in fields(first))
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return repr(first) == repr(second)


def again(thing, folder):
    return store.load(store.save(thing, folder / "thing.safetensors"))


def pixels(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=30)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def report():
    return compare(RATES, [SPIKES, RUNS[1]], TASK, TRIALS)


def attending():
    network = networks.leaky_network()
    random = np.random.default_rng(3)
    attention = Attention(random.normal(size=6), random.normal(size=(2, 6)), random.normal(size=(2, 6)))
    readout = replace(network.readout, weight=random.normal(size=(1, 12)), attention=attention, kind="softmax")
    return replace(network, readout=readout, about={"nested": {"values": [1, None]}})


@pytest.mark.parametrize(
    "thing",
    [
        NET,
        networks.leaky_network(),
        networks.two_banks(),
        networks.delayed_banks(),
        attending(),
        RATES,
        RUNS[0],
        SPIKES,
    ],
    ids=["rate", "leaky", "two banks", "delayed", "attending", "rate run", "spiking run", "spikes and voltages"],
)
def test_what_is_saved_comes_back(tmp_path, thing):
    assert same(again(thing, tmp_path), thing)
    assert [path.name for path in tmp_path.iterdir()] == ["thing.safetensors"]


def test_numbers_that_json_lacks_come_back(tmp_path):
    network = replace(NET, about={"loss": [1.0, float("nan"), float("-inf")], "best": float("inf")})
    assert same(again(network, tmp_path), network)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_runs_of_gated_networks_come_back(tmp_path, cell):
    layout, random = CELLS[cell], np.random.default_rng(0)
    sizes = {"N": 3, "I": 1, "O": 1, "F": 3}
    shapes = {
        name: tuple(sizes.get(size, size) for size in shape) for name, shape in {**layout.weights, **READOUT}.items()
    }
    weights = {name: random.normal(size=shape) for name, shape in shapes.items()}
    network = RateNetwork(weights, "tanh", np.full(3, 5e-3), 5e-3, np.zeros(3), np.zeros(3), cell=cell)
    run = planted.rate_run(network, TRIALS)
    assert run.states.shape[2] == network.states
    assert same(again(run, tmp_path), run)


def test_same_sees_a_difference():
    """The control of the tests above."""
    time = SPIKES.spikes.time
    other = replace(SPIKES, spikes=Spikes(SPIKES.spikes.trial, SPIKES.spikes.neuron, np.nextafter(time, 1)))
    assert not same(SPIKES, other)
    assert not same({"a": np.zeros(2, np.int32)}, {"a": np.zeros(2, np.int64)})


def test_a_report_prints_and_plots_as_before(tmp_path, report):
    loaded = again(report, tmp_path)
    assert str(loaded) == str(report)
    assert loaded.to_dict() == report.to_dict()
    assert pixels(loaded.plot()) == pixels(report.plot())
    for name in (f.name for f in fields(report.evidence) if f.name != "task"):
        assert same(getattr(loaded.evidence, name), getattr(report.evidence, name))


def test_other_programs_can_read_the_arrays(tmp_path):
    path = store.save(SPIKES, tmp_path / "run.safetensors")
    read = load_file(path)
    np.testing.assert_array_equal(read["Recording.spikes.time"], SPIKES.spikes.time)
    assert read["Recording.spikes.neuron"].dtype == np.int32


def test_every_field_of_every_record_has_a_form():
    """A new field that no file can carry is seen here, not by a user after hours of work."""
    from biornn.compare.report import Report

    for kind in (*KINDS.values(), Report):
        assert form_of(kind).fields.keys() == {f.name for f in fields(kind)}
    with pytest.raises(TypeError, match="no file can carry a"):
        form_of(make_dataclass("Odd", [("call", type(len))]))


def test_a_rate_network_has_no_field_that_its_format_forgets():
    from biornn.store.kinds import ARRAYS, DESCRIPTION

    assert {"weights", *ARRAYS, *DESCRIPTION} == {f.name for f in fields(RateNetwork)}


class Point(NamedTuple):
    x: float
    y: float = 1.5


@dataclass(frozen=True, eq=False)
class Odd:
    number: float
    count: int
    flag: bool
    name: str
    values: NDArray[np.float64]
    indices: NDArray[np.int32]
    anything: NDArray[np.generic]
    notes: dict[str, Any]
    named: dict[str, NDArray[np.float64]]
    point: Point
    points: tuple[Point, ...]
    pair: tuple[int, str]
    maybe: NDArray[np.float64] | None
    either: str | float | None
    default: int = 7


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
SHAPES = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
FLOATS = arrays.arrays(np.float64, SHAPES)
GENERIC = st.sampled_from(
    ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?", ">f8", ">i4", "M8[D]", "m8[us]"]
)
POINTS = st.builds(Point, st.floats(), st.floats())
ODD = st.builds(
    Odd, st.floats(), st.integers(-(2**63), 2**63), st.booleans(), st.text(), FLOATS,
    arrays.arrays(np.int32, SHAPES), GENERIC.flatmap(lambda kind: arrays.arrays(kind, SHAPES)),
    st.dictionaries(st.text(), JSON, max_size=3), st.dictionaries(st.text(), FLOATS, max_size=3),
    POINTS, st.lists(POINTS, max_size=3).map(tuple), st.tuples(st.integers(0, 5), st.text()),
    st.none() | FLOATS, st.none() | st.text() | st.floats(),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(odd=ODD)
def test_any_values_of_the_annotated_types_come_back(tmp_path_factory, odd):
    form, written = form_of(Odd), {}
    description = form.write(odd, "Odd", written)
    path = tmp_path_factory.mktemp("odd") / "file"
    tensors.write(path, written, {})
    with tensors.reading(path) as found:
        read = found.arrays()
    text = json.dumps(description, allow_nan=False)
    back = form.read(kinds.strict_json(text), "Odd", read)
    assert same(back, replace(odd, anything=odd.anything.astype(odd.anything.dtype.newbyteorder("="))))
    assert not read


def test_labels_come_back(tmp_path):
    conditions = {"word": np.array(["a", "bcd"]), "a.b": np.array([1, 2]), "a_b": np.array([True, False])}
    form, written = form_of(Trials), {}
    trials = Trials(np.zeros((2, 3, 1)), np.zeros((2, 3, 1)), np.ones((2, 3)), 5e-3, conditions)
    back = form.read(form.write(trials, "Trials", written), "Trials", written)
    assert same(back.conditions, conditions)


def test_a_field_with_a_default_may_be_missing_and_no_other():
    form, written = form_of(Point), {}
    assert form.read({"x": 1.0}, "Point", written) == Point(1.0)
    with pytest.raises(InputError, match=r"Point: must have the fields of a Point \(got missing or unknown: x\)"):
        form.read({"y": 1.0}, "Point", written)
    with pytest.raises(InputError, match=r"missing or unknown: z\); read it with the biornn that wrote it"):
        form.read({"x": 1.0, "z": 1.0}, "Point", written)
    assert [f.name for f in fields(Odd) if f.default is not MISSING] == ["default"]


@pytest.mark.parametrize("task", [tasks.GoNoGo(), tasks.Sunspots(), tasks.Sine()], ids=lambda task: task.name)
def test_tasks_come_back(task):
    form = form_of(Task)
    assert form.read(form.write(task, "task", {}), "task", {}) == task


class Mine(planted.Pulse):
    def describe(self):
        return {"task": "pulse", "in_memory": {"inputs": 1}}


def test_a_task_of_a_class_of_ones_own_keeps_its_name_and_sizes():
    form = form_of(Task)
    back = form.read(form.write(Mine(), "task", {}), "task", {})
    assert (back.name, back.dt, back.inputs, back.outputs, back.readout) == ("pulse", planted.DT, 1, 1, "identity")
    assert back.describe() == Mine().describe()
    with pytest.raises(InputError, match="task pulse: must be at hand"):
        back.trials(2, seed=0)


@pytest.mark.parametrize(
    "described",
    [
        {"task": "series", "path": "/dev/zero"},
        {"task": "series", "path": "/proc/kmsg"},
        {"task": "series", "path": "gone.csv"},
        {"task": "series", "path": "a\0b"},
        {"task": "series", "path": 3},
        {"task": "unheard-of"},
        {"task": None},
        {"task": "go-nogo", "colour": "red"},
        {"task": "go-nogo", "dt": "x"},
        {"task": "go-nogo", "dt": 0.01},  # a sound one, but of another step than the report's
        {},
    ],
)
def test_a_task_that_cannot_be_made_again_is_named_only(described):
    form = form_of(Task)
    written = form.write(tasks.GoNoGo(), "task", {})
    back = form.read({**written, "task": described}, "task", {})
    assert (back.name, back.dt, back.describe()) == ("go-nogo", 0.005, described)
    with pytest.raises(InputError, match="task go-nogo: must be at hand"):
        back.score(np.zeros((1, 1, 1)), TRIALS)


def test_arrays_that_lie_otherwise_in_memory_or_on_disk_come_back(tmp_path):
    """The library takes bytes as they lie; spikes that were left on disk are written from there."""
    mapped = np.memmap(tmp_path / "time", np.float64, "w+", shape=SPIKES.spikes.time.shape)
    mapped[:] = SPIKES.spikes.time
    spikes = Spikes(SPIKES.spikes.trial[::1], SPIKES.spikes.neuron, mapped)
    turned = replace(SPIKES, spikes=spikes, states=np.asfortranarray(SPIKES.states), rates=SPIKES.rates[:, ::-1])
    loaded = again(turned, tmp_path)
    np.testing.assert_array_equal(loaded.spikes.time, SPIKES.spikes.time)
    np.testing.assert_array_equal(loaded.states, SPIKES.states)
    np.testing.assert_array_equal(loaded.rates, SPIKES.rates[:, ::-1])
    store.save(SPIKES, tmp_path / "thing.safetensors")  # what was loaded stays, whatever becomes of its file
    np.testing.assert_array_equal(loaded.rates, SPIKES.rates[:, ::-1])


@pytest.mark.parametrize(
    ("thing", "message"),
    [
        (None, r"store\.save: must be one of RateNetwork, SpikingNetwork, Recording, Report \(got None\)"),
        ("network.safetensors", r"got 'network\.safetensors'\); give the object first and the path second"),
        ((networks.leaky_network(), "fit"), r"got a tuple\); a mapping returns a network and its fit"),
        ([RATES], r"got a list\); save one after the other"),
        (RateNetwork, r"got the class RateNetwork\)"),
        (TRIALS, r"got a Trials\)"),
    ],
)
def test_other_objects_are_refused(tmp_path, thing, message):
    with pytest.raises(InputError, match=message):
        store.save(thing, tmp_path / "thing.safetensors")
    assert not list(tmp_path.iterdir())


def test_the_kind_that_is_wanted_can_be_named(tmp_path):
    path = store.save(RATES, tmp_path / "run.safetensors")
    assert isinstance(store.load(path, Recording), Recording)
    with pytest.raises(InputError, match=r"run\.safetensors: must be a RateNetwork \(got a Recording\)"):
        store.load(path, RateNetwork)
    assert isinstance(store.load("go-nogo-sigmoid", RateNetwork), RateNetwork)


def test_a_recording_that_contradicts_itself_is_not_saved(tmp_path):
    with pytest.raises(InputError, match=r"Recording"):
        store.save(replace(SPIKES, neurons=3), tmp_path / "run.safetensors")
    assert not list(tmp_path.iterdir())


def test_saving_a_network_does_not_wait_for_compare():
    code = "from biornn import store; import sys; store.load('go-nogo-sigmoid'); print('biornn.compare' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
