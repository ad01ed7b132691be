"""Where the stages meet: calibration and comparison never share trials, seeds never meet."""

import numpy as np
import pytest

from biornn import bridge, experiment, store
from biornn.config import Recipe
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.core.seeds import STAGES
from biornn.core.task import Score
from biornn.tasks import XOR, FlipFlop, GoNoGo, Sunspots


class Watched:
    """A task that remembers which trials were drawn."""

    def __init__(self, task):
        self.task, self.drawn = task, []
        self.name, self.dt, self.inputs, self.outputs = task.name, task.dt, task.inputs, task.outputs
        self.readout = task.readout

    def part(self, name):
        return self

    def describe(self):
        return self.task.describe()

    def trials(self, count, seed):
        self.drawn.append(self.task.trials(count, seed))
        return self.drawn[-1]

    def score(self, outputs, trials):
        return Score(np.ones(trials.count))


def test_calibration_and_comparison_draw_other_trials():
    network = store.load(store.find("flip-flop-tanh"))
    task = Watched(FlipFlop())
    seen = []

    def mapper(network, trials):
        seen.append(trials)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        experiment.compare(network, task, mapper, trials=40, progress=False)
    calibration, fresh = task.drawn
    assert seen == [calibration]
    same = [np.array_equal(a, b) for a in calibration.inputs for b in fresh.inputs]
    assert not any(same)


def test_stages_repeats_and_seeds_have_seeds_of_their_own():
    seeds = [experiment.derived_seed(s, stage, i) for s in (0, 1) for stage in STAGES for i in range(4)]
    assert len(set(seeds)) == len(seeds)


def test_a_network_knows_its_task_with_its_settings():
    network = store.load(store.find("sunspots"))
    assert experiment.task_of(network) == Sunspots()
    assert experiment.task_of(network, settings={"horizon": 2}).horizon == 2
    assert experiment.task_of(network, "go-nogo").name == "go-nogo"


def test_a_network_without_a_task_asks_for_one():
    network = store.load(store.find("sunspots"))
    bare = RateNetwork(**{**network.__dict__, "about": {}})
    with pytest.raises(InputError, match=r"task: must be named for a network that does not know its own .*--task NAME"):
        experiment.task_of(bare)


def described(task, **about):
    """Return a network whose file says this of its task."""
    network = store.load(store.find("sunspots"))
    return RateNetwork(**{**network.__dict__, "about": {"task": task, **about}})


DESCRIBED = r"about\['task'\] of the network"
MALFORMED = [
    (3, rf"{DESCRIBED}: must be a description such as .* \(got 3\); add --task NAME"),
    ("go-nogo", rf"{DESCRIBED}: must be a description such as .* \(got go-nogo\)"),
    ([["task", "go-nogo"]], rf"{DESCRIBED}: must be a description"),
    ({"name": "go-nogo"}, rf"{DESCRIBED}: must be a description"),
    ({"task": None}, rf"{DESCRIBED}: must be a description"),
    ({"task": ["go-nogo"]}, rf"{DESCRIBED}: must be a description"),
    ({"task": "[/red]\x1b[31m"}, r"task: must be a known name \(got '\[/red\]\\x1b\[31m'\)"),
    ({"task": "go-nogo", "pulse": 1}, r"setting of task go-nogo: must be a known name \(got 'pulse'\)"),
    (None, r"task: must be named for a network that does not know its own"),
    (
        {"task": "own", "in_memory": {"inputs": 1}},
        r"task own: must be made of settings or a file .*; use Python: experiment.compare\(store.load\(FILE\), task",
    ),
    ({"task": "series", "path": "/dev/zero"}, rf"{DESCRIBED}: path: must be a file of data \(got /dev/zero\)"),
    (
        {"task": "series", "path": "gone.csv"},
        rf"{DESCRIBED}: path: .*; put the file there, or give another by --setting",
    ),
    ({"task": "series", "path": 7}, rf"{DESCRIBED}: path: must be a file of data \(got 7\)"),
    ({"task": "series", "path": None}, rf"{DESCRIBED}: path: must be a file of data \(got None\)"),
    ({"task": "series", "path": "nul\0"}, rf"{DESCRIBED}: path: must be a file of data"),
]


@pytest.mark.parametrize(("task", "message"), MALFORMED)
def test_a_malformed_description_of_a_task_is_one_line(task, message):
    network = described(task)
    with pytest.raises(InputError, match=message) as refusal:
        experiment.task_of(network)
    assert "\n" not in str(refusal.value)
    # A task that is named needs no description.
    assert experiment.task_of(network, "xor") == XOR()
    assert experiment.task_of(network, "go-nogo", {"dt": 0.01}) == GoNoGo(dt=0.01)


def test_data_that_have_moved_may_be_given_again(tmp_path):
    (tmp_path / "data.csv").write_text("\n".join(map(str, range(200))))
    network = described({"task": "series", "path": "gone.csv"})
    assert experiment.task_of(network, settings={"path": str(tmp_path / "data.csv")}).path == str(tmp_path / "data.csv")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None,), r"network: must be a RateNetwork \(got None\)"),
        (("NETWORK", 3), r"name: must be a str \(got 3\)"),
        (("NETWORK", "", 3), r"settings: must be a dictionary of settings by name \(got 3\)"),
        (("NETWORK", "", {1: 2}), r"settings: must be a dictionary of settings by name"),
        (("NETWORK", "", {"task": "xor"}), r"setting 'task': must not rename the task"),
        (("NETWORK", "sunspot"), r"task: must be a known name .*did you mean sunspots\?"),
    ],
)
def test_task_of_refuses_the_wrong_kind(arguments, message):
    network = store.load(store.find("sunspots"))
    with pytest.raises(InputError, match=message):
        experiment.task_of(*(network if one == "NETWORK" else one for one in arguments))


NEVER = "a mapping that must not be called"
GO = {"network": store.load(store.find("go-nogo-sigmoid")), "task": GoNoGo(), "mapper": lambda *_: pytest.fail(NEVER)}
WRONG_COMPARISONS = [
    ({"network": None}, r"network: must be a RateNetwork \(got None\); load one"),
    ({"network": "go-nogo-sigmoid"}, r"network: must be a RateNetwork \(got 'go-nogo-sigmoid'\)"),
    ({"network": RateNetwork}, r"network: must be a RateNetwork \(got the class RateNetwork"),
    ({"task": None}, r"task: must be a task \(got a NoneType\)"),
    ({"task": "go-nog"}, r"task: must be a known name .*did you mean go-nogo\?"),
    ({"task": GoNoGo}, r"task: must be a task \(got the class GoNoGo\); make one: GoNoGo\(\)"),
    ({"mapper": None}, r"mapper: must be a mapping \(got None\); make one: bridge.Population\(\)"),
    ({"mapper": "population"}, r"mapper: must be a mapping \(got population\)"),
    ({"mapper": bridge.Population}, r"mapper: must be a mapping \(got the class Population\)"),
    ({"mapper": lambda *_: None}, r"mapper: must return a SpikingNetwork and its fit \(got None\)"),
    ({"name": 3}, r"name: must be a str \(got 3\)"),
    ({"trials": 2.0}, r"trials: must be a whole number from 1 to 1000000 \(got 2.0\)"),
    ({"trials": True}, r"trials: must be a whole number"),
    ({"trials": 2**80}, r"trials: must be a whole number"),
    ({"seed": -1}, r"seed: must be a whole number from 0"),
    ({"seed": None}, r"seed: must be a whole number from 0 .*\(got None\)"),
    ({"seed": 2**80}, r"seed: must be a whole number from 0"),
    ({"jobs": 0}, r"jobs: must be a whole number from 1"),
    ({"jobs": 1.5}, r"jobs: must be a whole number from 1"),
    ({"repeats": "2"}, r"repeats: must be a whole number from 1 to 10000 \(got '2'\)"),
    ({"calibration_trials": -1}, r"calibration_trials: must be a whole number from 1"),
    ({"progress": 1}, r"progress: must be True or False \(got 1\)"),
]


@pytest.mark.parametrize(("change", "message"), WRONG_COMPARISONS)
def test_compare_refuses_the_wrong_kind_before_it_maps(change, message):
    with pytest.raises(InputError, match=message):
        experiment.compare(**{**GO, **change})


def test_more_trials_than_memory_holds_are_refused_before_they_are_drawn(monkeypatch):
    monkeypatch.setattr("biornn.spiking.memory.available", lambda: 1e9)
    drawn = Watched(GoNoGo())
    with pytest.raises(
        InputError, match=r"trials: must fit into .* that are available \(got 900000 trials, which need"
    ):
        experiment.compare(**{**GO, "task": drawn}, trials=900_000)
    assert [trials.count for trials in drawn.drawn] == [experiment.CALIBRATION_TRIALS]


def test_compare_takes_the_name_of_a_task():
    def mapper(network, trials):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        experiment.compare(GO["network"], "go-nogo", mapper)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: experiment.population(neuron_per_unit=5),
            r"bridge.Population option: .*did you mean neurons_per_unit",
        ),
        (lambda: experiment.population(jobs=0), r"jobs: must be a whole number"),
        (lambda: experiment.population(refit=1), r"refit: must be True or False \(got 1\)"),
        (lambda: experiment.population(irregular="yes"), r"irregular: must be True or False \(got 'yes'\)"),
        (lambda: experiment.kim("adding"), r"published scorer: task: must be a known name \(got 'adding'\)"),
        (lambda: experiment.kim(None), r"task: must be a task \(got a NoneType\)"),
        (lambda: experiment.kim("go-nogo", "lenient"), r"scorer: must be a known name"),
        (lambda: experiment.kim("go-nogo", unit_rate=5), r"bridge.Kim option: .*did you mean unit_rates"),
        (lambda: experiment.shortest_step(None, "go-nogo"), r"shortest_step: network: must be a RateNetwork"),
        (
            lambda: experiment.shortest_step(GO["network"], "go-nogo", 3),
            r"shortest_step: mapping: must be a Population",
        ),
        (lambda: experiment.shortest_step(GO["network"], "go-nogo", loses=3), r"shortest_step option: must be a known"),
        (lambda: experiment.train("go-nogo"), r"recipe: must be a Recipe \(got 'go-nogo'\)"),
        (lambda: experiment.train(experiment.DEMO, progress="no"), r"progress: must be True or False"),
        (lambda: experiment.train(Recipe("xor", {"task": "a"})), r"setting 'task': must not rename"),
        (lambda: experiment.derived_seed("a", "rate"), r"seed: must be a whole number"),
        (lambda: experiment.derived_seed(0, "rates"), r"stage: must be a known name .*did you mean rate\?"),
        (lambda: experiment.derived_seed(0, "rate", -1), r"index: must be a whole number"),
        (lambda: experiment.figures(None, "go-nogo", "a.png"), r"report: must be a Report \(got None\)"),
        (lambda: experiment.demo_network(progress=0), r"progress: must be True or False"),
    ],
)
def test_the_other_calls_refuse_the_wrong_kind(call, message):
    with pytest.raises(InputError, match=message):
        call()


@pytest.mark.parametrize("change", [{"trials": 0}, {"repeats": 0}])
def test_nothing_to_compare_is_refused(change):
    network = store.load(store.find("sunspots"))
    with pytest.raises(InputError, match=r"must be a whole number from 1"):
        experiment.compare(network, Sunspots(), lambda *_: None, **change)


@pytest.mark.parametrize("shown", [True, False])
def test_a_calibration_that_simulates_shows_its_progress(shown, capsys):
    network = store.load(store.find("go-nogo-relu"))
    mapping = experiment.population(1, neurons_per_unit=4, refit=True, progress=shown)
    mapping(network, experiment.task_of(network).part("train").trials(4, 0))
    assert ("simulating" in capsys.readouterr().err) is shown
