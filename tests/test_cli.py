"""The command line: what it prints and writes, and how it refuses: exit code 2, one line, nothing left behind."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from biornn import __version__, bridge, cli, experiment, store
from biornn.compare.report import KEYS
from biornn.config import Recipe
from biornn.core import places
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.options import held_for, mapper_of
from biornn.tasks import GoNoGo

ROOT = Path(__file__).resolve().parent.parent
NETWORK = "go-nogo-sigmoid"
TINY = {"noise": 0.05, "goal": 0.5, "validation_trials": 32}
DESIGN_KEYS = (
    "task, network, mapping, trials, repeats, seed, units, neurons, accuracy {rate, spiking}, error {rate, spiking}, "
    "state {nrmse, bias, noise}, readout {nrmse, bias, noise}, null {state, readout}, discretisation_nrmse, "
    "rate_correlation, mean_rate_hz, cv2, seconds {map, build, simulate}, "
    "causes, components {count, nrmse, bias, noise}, verdict"
)
"""As design.md has them, and what was added since; other programs read them."""


def shell(*words, cwd):
    """Run ``python -m biornn`` as a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"}
    command = [sys.executable, "-m", "biornn", *map(str, words)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture
def here(capsys, monkeypatch, tmp_path):
    """Return a function that runs the command line in this process, in an empty folder, as `shell` would."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for Brian2's processes, where biornn is not installed
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["biornn", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ending:
            cli.main()
        caught = capsys.readouterr()
        return subprocess.CompletedProcess(words, ending.value.code or 0, caught.out, caught.err)

    yield call
    for number, handler in handlers.items():
        signal.signal(number, handler)


def assert_refused(result, *parts):
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("biornn: ")
    assert result.stderr.count("\n") == 1
    assert result.stderr.endswith("\n")
    assert "Traceback" not in result.stderr
    # Object and attribute, rule, value, next step.
    where, rest = result.stderr.removeprefix("biornn: ").split(": must ", 1)
    assert where
    assert " (got " in rest
    assert "); " in rest
    for part in parts:
        assert part in result.stderr


def everything_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def damaged(folder, kind):
    """Write a file that is no network of ours and return its name."""
    whole = (ROOT / "models" / NETWORK / "network.safetensors").read_bytes()
    path = folder / f"{kind}.safetensors"
    if kind == "truncated":
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "header-only":
        path.write_bytes(whole[:100])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("these are not weights\n")
    elif kind == "foreign":
        save_file({"layer.weight": np.eye(3)}, path)
    else:
        save_file({"recurrent": np.eye(3)}, path, {"format": store.FORMAT, "version": "999", "network": "{}"})
    return path.name


TRAIN = ("train", "go-nogo", "--out", "n.safetensors")
COMPARE = ("compare", NETWORK)
REFUSED = {
    "unknown task": (("train", "nogo", "--out", "n.safetensors"), "task: must be a known name (got 'nogo')", "go-nogo"),
    "no task": (("train", "--out", "n.safetensors"), "TASK: must be named", "--recipe"),
    "unknown activation": ((*TRAIN, "--activation", "gelu"), "Training.activation", "'gelu'", "softplus"),
    "tau of 20 s": ((*TRAIN, "--training", "tau=20"), "Training.tau", "20 s", "20 ms is 0.02"),
    "tau below zero": ((*TRAIN, "--training", "tau=-0.02"), "Training.tau: must be positive", "-0.02 s"),
    "tau of another length": ((*TRAIN, "--training", "tau=[0.02, 0.03, 0.04]"), "Training.tau", "one for each"),
    "tau is text": ((*TRAIN, "--training", "tau=fast"), "Training.tau", "real numbers"),
    "tau range upside down": ((*TRAIN, "--training", "tau=[0.1, 0.02]"), "Training.tau", "must be a range (low, high)"),
    "dt above tau": (
        (*TRAIN, "--setting", "dt=0.02", "--training", "tau=0.01"),
        "Training.tau: must not be below the task's step of 0.02 s",
        "got 0.01 s",
    ),
    "dt below zero": ((*TRAIN, "--setting", "dt=-0.005"), "GoNoGo.dt: must be positive"),
    "dt of 5 s": ((*TRAIN, "--setting", "dt=5"), "GoNoGo.dt", "got 5 s"),
    "no units": ((*TRAIN, "--units", "0"), "Training.units", "got 0"),
    "seed below zero": ((*TRAIN, "--seed", "-1"), "Training.seed", "got -1"),
    "unknown training field": ((*TRAIN, "--training", "step=3"), "rate.train setting", "'step'", "steps"),
    "unknown task setting": ((*TRAIN, "--setting", "pulse=1"), "setting of task go-nogo", "'pulse'", "dt"),
    "training renames": ((*TRAIN, "--training", "progress=true"), "rate.train setting", "'progress'"),
    "Dale is a number": ((*TRAIN, "--training", "dale=5"), "Training.dale: must be True or False (got 5)"),
    "setting renames the task": ((*TRAIN, "--setting", "task=xor"), "setting 'task': must not rename the task"),
    "setting without value": ((*TRAIN, "--setting", "dt"), "--setting: must be NAME=VALUE (got 'dt')"),
    "setting without name": ((*TRAIN, "--setting", "=3"), "--setting: must be NAME=VALUE (got '=3')"),
    "training without value": ((*TRAIN, "--training", "tau"), "--training: must be NAME=VALUE (got 'tau')"),
    "no recipe": (("train", "--recipe", "none.toml", "--out", "n.safetensors"), "recipe none.toml"),
    "out in no folder": (("train", "go-nogo", "--out", "no/n.safetensors"), "no/n.safetensors", "no folder no"),
    "out is a folder": (("train", "go-nogo", "--out", "."), ".: must be a file to write (got a folder)"),
    "unknown network": (("compare", "go-nogo-sigmod"), "network: must be a file or the name", NETWORK),
    "info of unknown network": (("info", "nothing"), "network: must be a file or the name", NETWORK),
    "unknown task to compare on": ((*COMPARE, "--task", "nogo"), "task: must be a known name (got 'nogo')"),
    "task of other inputs": ((*COMPARE, "--task", "xor"), "Trials.inputs: must have 1 channels (got 2)"),
    "task of another step": ((*COMPARE, "--setting", "dt=0.01"), "Trials.dt", "0.005 s", "got 0.01 s"),
    "no neurons": ((*COMPARE, "--neurons", "0"), "Population.neurons_per_unit", "got 0"),
    "no trials": ((*COMPARE, "--trials", "0"), "trials: must be a whole number", "got 0"),
    "no repeats": ((*COMPARE, "--repeats", "0"), "repeats: must be a whole number", "got 0"),
    "no jobs": ((*COMPARE, "--neurons", "2", "--trials", "1", "--jobs", "0"), "jobs: must be a whole number", "got 0"),
    "compare seed below zero": ((*COMPARE, "--seed", "-1"), "seed: must be", "got -1"),
    "step of a network without steps": (
        (*COMPARE, "--step", "0.1"),
        "--step: must be left out but for a discrete network mapped onto populations (got 0.1)",
    ),
    "unknown mapping": ((*COMPARE, "--mapping", "copy"), "--mapping: must be a known name (got 'copy')", "population"),
    "unknown tuning": ((*COMPARE, "--tuning", "flat"), "Population.tuning", "'flat'", "on-off"),
    "noise below zero": ((*COMPARE, "--noise", "-0.1"), "--noise: must be from 0 to 5", "got -0.1", "a tenth"),
    "falling curves under Dale": ((*COMPARE, "--dale", "--tuning", "on-off"), "Population.tuning", "Dale's law"),
    "malformed compare setting": ((*COMPARE, "--setting", "dt"), "--setting: must be NAME=VALUE"),
    "json in no folder": ((*COMPARE, "--json", "no/c.json"), "no/c.json: must lie in a folder that exists"),
    "json is a folder": ((*COMPARE, "--json", "."), ".: must be a file to write (got a folder)"),
    "figure in no folder": ((*COMPARE, "--figure", "no/c.png"), "no/c.png: must lie in a folder that exists"),
    "figure of unknown ending": ((*COMPARE, "--figure", "c.jpeg", "--json", "c.json"), "--figure c.jpeg", ".png"),
    "figure without ending": ((*COMPARE, "--figure", "c"), "--figure c: ending", ".svg"),
    "noise with irregular firing": (
        (*COMPARE, "--irregular", "--noise", "0.1"),
        "--noise: must be left out with --irregular, which sets the noise (got 0.1)",
    ),
    "no noise with irregular firing": ((*COMPARE, "--noise", "0", "--irregular"), "--noise: must be left out"),
    "noise that overflows": ((*COMPARE, "--noise", "1e-320"), "--noise: must be 0 or at least 0.0001", "1e-320"),
    "noise is no number": ((*COMPARE, "--noise", "nan"), "--noise: must be a number (got nan)"),
    "endless noise": ((*COMPARE, "--noise", "inf"), "--noise: must be from 0 to 5 (got inf)"),
    **{
        f"{option} for single neurons": (
            (*COMPARE, "--mapping", "one-to-one", option, *value),
            f"{option}: must be left out with --mapping one-to-one: every unit is one neuron",
        )
        for option, *value in (
            ("--neurons", "50"),
            ("--tuning", "rising"),
            ("--dale",),
            ("--refit",),
            ("--irregular",),
        )
    },
    "neurons for the published map": (
        (*COMPARE, "--mapping", "one-to-one-kim", "--neurons", "7"),
        "--neurons: must be left out with --mapping one-to-one-kim",
    ),
    "a task for a network": (
        ("compare", "go-nogo"),
        "(got 'go-nogo', which is a task); choose go-nogo-relu or go-nogo-sigmoid, or train one: biornn train go-nogo",
    ),
    "a task without a network": (("info", "adding"), "which is a task); train one: biornn train adding --out"),
    "empty task": ((*COMPARE, "--task", ""), "--task: must not be empty"),
    "empty step": ((*COMPARE, "--step", " "), "--step: must not be empty"),
    "empty training task": (("train", "", "--out", "n.safetensors"), "TASK: must not be empty"),
    "empty activation": ((*TRAIN, "--activation", ""), "--activation: must not be empty"),
    "empty file": ((*COMPARE, "--json", ""), "must be a file to write (got a folder)"),
    "setting given twice": (
        (*TRAIN, "--setting", "dt=0.01", "--setting", "dt = 0.005"),
        "--setting dt: must be given once (got 0.01 and 0.005)",
    ),
    "setting is NaN": ((*TRAIN, "--setting", "dt=NaN"), "--setting dt: must be finite (got NaN)"),
    "setting is infinite": ((*TRAIN, "--setting", "dt=[1, -Infinity]"), "--setting dt: must be finite"),
    "setting overflows": ((*TRAIN, "--setting", "dt=1e999"), "--setting dt: must be finite (got 1e999)"),
    "setting is nan as text": ((*TRAIN, "--setting", "dt=-inf"), "--setting dt: must be finite (got -inf)"),
    "setting of too many digits": ((*TRAIN, "--setting", f"dt={'9' * 5000}"), "must be a number of fewer digits"),
    "setting of too many brackets": ((*TRAIN, "--setting", f"dt={'[' * 100_000}"), "GoNoGo.dt"),
    "setting is null": ((*TRAIN, "--setting", "dt=null"), "--setting dt: must be a value (got null); leave it out"),
    "tau is null": ((*TRAIN, "--training", "tau=null"), "--training tau: must be a value (got null)"),
    "empty setting": ((*TRAIN, "--setting", "dt="), "--setting: must be NAME=VALUE (got 'dt=')"),
    "units given twice": (
        (*TRAIN, "--units", "5", "--training", "units=6"),
        "--training units: must be left out with --units (got 6)",
    ),
    "json over the figure": (
        (*COMPARE, "--json", "c.png", "--figure", "./c.png"),
        "--figure: must not be the same file as --json (got c.png)",
    ),
    "seed beyond 64 bits": ((*COMPARE, "--seed", str(10**30)), "--seed: must be a whole number from 0"),
    "trials beyond memory": ((*COMPARE, "--trials", str(10**12)), "--trials: must be a whole number from 1 to 1000000"),
    "repeats beyond patience": ((*COMPARE, "--repeats", str(10**9)), "--repeats: must be a whole number from 1"),
    "process of digits that are none": (
        (*TRAIN, "--join", "localhost:1", "--process", "\u00b2/3"),
        "--process: must be I/N",
    ),
    "demo on no processor": (("demo", "--jobs", "0"), "--jobs: must be a whole number from 1"),
    "demo with a seed below zero": (("demo", "--seed", "-1"), "--seed: must be a whole number"),
    "demo without neurons": (("demo", "--neurons", "0"), "Population.neurons_per_unit", "got 0"),
    "demo without trials": (("demo", "--trials", "0"), "trials: must be a whole number", "got 0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused_in_one_line(case, here, tmp_path):
    words, *parts = REFUSED[case]
    assert_refused(here(*words), *parts)
    assert everything_in(tmp_path) == []


@pytest.mark.parametrize("option", ["--json", "--figure"])
def test_a_file_is_no_folder_to_write_in(option, here, tmp_path):
    (tmp_path / "file").write_text("kept")
    assert_refused(here(*COMPARE, option, "file/c.png"), "file/c.png: must lie in a folder that exists")
    assert_refused(here("train", "go-nogo", "--out", "file/n.safetensors"), "must lie in a folder that exists")
    assert_refused(here("demo", "--out", "file/demo"), "--out: must be a folder that can be made")
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("truncated", "must be a whole safetensors file"),
        ("header-only", "must be a whole safetensors file"),
        ("empty", "must be a whole safetensors file"),
        ("text", "must be a whole safetensors file"),
        ("foreign", "must be a network saved by biornn"),
        ("newer", "must have version 1 of the format (got 999)"),
    ],
)
@pytest.mark.parametrize("command", ["info", "compare"])
def test_damaged_and_foreign_weights_are_refused(command, kind, rule, here, tmp_path):
    name = damaged(tmp_path, kind)
    assert_refused(here(command, name), name, rule)
    assert everything_in(tmp_path) == [name]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("task = ", "must be a readable TOML file"),
        ("[training]\nunits = 3\n", "must name its task"),
        ('task = "go-nogo"\n[trainings]\nunits = 3\n', "must be a known name (got 'trainings')"),
        ('task = "go-nogo"\n[training]\ntau = 20\n', "Training.tau"),
        ('task = "nogo"\n', "task: must be a known name"),
    ],
)
def test_bad_recipe_is_refused(text, rule, here, tmp_path):
    (tmp_path / "recipe.toml").write_text(text)
    assert_refused(here("train", "--recipe", "recipe.toml", "--out", "n.safetensors"), rule)
    assert everything_in(tmp_path) == ["recipe.toml"]


@pytest.mark.parametrize("case", ["unknown task", "dt above tau", "unknown network", "figure of unknown ending"])
def test_a_process_of_its_own_refuses_likewise(case, tmp_path):
    words, *parts = REFUSED[case]
    assert_refused(shell(*words, cwd=tmp_path), *parts)
    assert everything_in(tmp_path) == []


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("TASK", ["go-nogo"]),
        ("--units", ["--units", "200"]),
        ("--activation", ["--activation", "tanh"]),
        ("--seed", ["--seed", "0"]),
        ("--dale", ["--dale"]),
        ("--setting", ["--setting", "dt=0.01"]),
        ("--training", ["--training", "steps=1"]),
    ],
)
def test_a_recipe_says_all_of_the_training(option, words, here, tmp_path):
    (tmp_path / "r.toml").write_text('task = "go-nogo"\n')
    result = here("train", "--recipe", "r.toml", *words, "--out", "n.safetensors")
    assert_refused(result, f"{option}: must be left out with --recipe, which says all of the training")
    assert everything_in(tmp_path) == ["r.toml"]


def test_no_output_takes_the_place_of_an_input(here, tmp_path):
    (tmp_path / "r.toml").write_text('task = "go-nogo"\n')
    taken = ": must not be the same file as the input"
    assert_refused(here("train", "--recipe", "r.toml", "--out", "r.toml"), f"--out{taken} --recipe (got r.toml)")
    (tmp_path / "data.csv").write_text("1\n2\n")
    series = ("train", "series", "--setting", "path=data.csv")
    assert_refused(here(*series, "--out", "./data.csv"), f"--out{taken} --setting path (got data.csv)")
    shutil.copy(ROOT / "models" / NETWORK / "network.safetensors", tmp_path / "n.png")
    (tmp_path / "link.json").symlink_to("n.png")
    before = (tmp_path / "n.png").read_bytes()
    assert_refused(here("compare", "n.png", "--figure", "n.png"), f"--figure{taken} NETWORK (got n.png)")
    assert_refused(here("compare", "n.png", "--json", "link.json"), f"--json{taken} NETWORK (got link.json)")
    assert (tmp_path / "n.png").read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_refused_before_training(here, tmp_path):
    tmp_path.chmod(0o500)
    assert_refused(here("demo"), "--out: must be a folder that can be made")
    tmp_path.chmod(0o700)


def test_existing_output_survives_a_refusal(here, tmp_path):
    (tmp_path / "n.safetensors").write_bytes(b"old")
    assert_refused(here(*TRAIN, "--training", "tau=20"), "Training.tau")
    assert (tmp_path / "n.safetensors").read_bytes() == b"old"


@pytest.mark.parametrize(
    ("words", "said", "advice"),
    [
        (("train", "xor"), "Missing option '--out'", "biornn train"),
        (("compare", NETWORK, "--neurons", "many"), "Invalid value for '--neurons'", "biornn compare"),
        (("compare", NETWORK, "--neurons", "9" * 5000), "Invalid value for '--neurons'", "biornn compare"),
        (("compare", NETWORK, "--trails", "3"), "No such option: --trails", "--trials); see 'biornn compare"),
        (("sing",), "No such command 'sing'", "biornn"),
        (("compair",), "No such command 'compair'; did you mean 'compare'", "biornn"),
        (("import", "net.keras"), "No such command 'import'; networks of Keras", "biornn.interop.from_keras"),
        (("[/red]\x1b[31m",), r"No such command '[/red]\x1b[31m'", "biornn"),
        (("info", "go-nogo-sigmoid", "--\x1b[31m"), r"No such option: --\x1b[31m", "biornn info"),
    ],
)
def test_misuse_is_one_line(words, said, advice, here):
    result = here(*words)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"biornn: {said}")
    assert advice in result.stderr
    assert result.stderr.endswith("--help'\n")
    assert result.stderr.count("\n") == 1
    assert "\x1b" not in result.stderr


def test_version(tmp_path):
    result = shell("--version", cwd=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"biornn {__version__}\n", "")


def test_tasks_are_listed(here):
    result = here("tasks")
    assert result.returncode == 0
    wanted = (
        "go-nogo xor context-integration flip-flop perceptual-decision delayed-match sine mackey-glass lorenz sunspots"
    )
    assert {*wanted.split(), "series", "sequences"} <= {line.split()[0] for line in result.stdout.splitlines()}


def test_models_are_listed_with_whole_paths(here):
    result = here("models")
    assert result.returncode == 0
    rows = [line.split() for line in result.stdout.splitlines()[1:]]
    assert [row[0] for row in rows] == store.available()
    assert all(Path(row[-1]).is_file() for row in rows)


def test_info_tells_what_a_network_is(here):
    result = here("info", NETWORK)
    assert result.returncode == 0
    rows = dict(line.split("  ", 1) for line in result.stdout.splitlines())
    for name, part in {
        "file": "go-nogo-sigmoid",
        "cell": "leaky",
        "units": "200 units, 1 input, 1 output",
        "activation": "sigmoid",
        "step": "5 ms",
        "Dale's law": "not imposed",
        "training noise": "SD 0.15",
        "task": "task go-nogo, dt 0.005",
        "settings": "units 200, activation sigmoid",
        "loss": "240 values",
    }.items():
        assert part in rows[name]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return the file of a tiny network, trained through the command line."""
    folder = tmp_path_factory.mktemp("trained")
    options = [word for name, value in TINY.items() for word in ("--training", f"{name}={value}")]
    result = shell("train", "go-nogo", "--units", 30, *options, "--out", "tiny.safetensors", cwd=folder)
    assert (result.returncode, result.stderr) == (0, "")
    assert "tiny.safetensors: 30 sigmoid units" in result.stdout
    assert everything_in(folder) == ["tiny.safetensors"]
    return folder / "tiny.safetensors"


@pytest.fixture(scope="module")
def compared(trained, tmp_path_factory):
    """Return the folder of a comparison's files and what was printed."""
    folder = tmp_path_factory.mktemp("compared")
    sizes = ("--neurons", 10, "--trials", 4, "--repeats", 2)
    result = shell("compare", trained, *sizes, "--json", "c.json", "--figure", "c.png", cwd=folder)
    assert (result.returncode, result.stderr) == (0, "")
    return folder, result.stdout


def test_trained_file_knows_its_task_and_settings(trained):
    network = store.load(trained)
    assert network.units == 30
    assert network.about["task"] == {"task": "go-nogo", "dt": 0.005}
    assert network.about["settings"]["goal"] == TINY["goal"]
    assert network.about["goal_reached"]


def test_compare_writes_table_json_and_figure(compared, trained):
    folder, printed = compared
    assert everything_in(folder) == ["c.json", "c.png"]
    assert (folder / "c.png").read_bytes().startswith(b"\x89PNG")
    for part in ("fit of 30 units", "accuracy, spiking", "state error", "JSON    c.json\nfigure  c.png"):
        assert part in printed
    result = json.loads((folder / "c.json").read_text())
    assert [result[key] for key in ("task", "network", "mapping")] == ["go-nogo", str(trained), "population"]
    assert [result[key] for key in ("trials", "repeats", "seed", "units", "neurons")] == [4, 2, 0, 30, 300]
    assert 1 < result["mean_rate_hz"] < 200
    assert result["state"]["nrmse"] > 0
    assert printed.startswith(result["verdict"][:40])


def test_json_keys_are_those_of_the_design(compared):
    folder, _ = compared
    result = json.loads((folder / "c.json").read_text())
    found = [f"{key} {{{', '.join(part)}}}" if isinstance(part, dict) else key for key, part in result.items()]
    assert ", ".join(found) == DESIGN_KEYS
    assert tuple(result) == KEYS
    # Two repeats are too few for bias and noise, and a decision has no error.
    assert result["error"] == {"rate": None, "spiking": None}
    assert result["state"]["bias"] is None


def test_a_step_is_given_or_looked_for(monkeypatch):
    units, none = 2, np.zeros(2)
    weight = {"recurrent": np.eye(units), "input": np.ones((units, 1)), "bias": none, "initial_state": none}
    readout = {"output": np.ones((1, units)), "output_bias": np.zeros(1)}
    network = RateNetwork({**weight, **readout}, "tanh", np.full(units, 0.01), 0.01, none, none, cell="elman")
    found = bridge.ShortestStep(0.04, 1.0, 8, (bridge.Tried(0.04, 1.0, 0.0, 0.0, 0.1, True),))
    monkeypatch.setattr(experiment, "shortest_step", lambda *_, **__: found)
    shown = []
    for step, duration in (("", 0.1), ("0.2", 0.2), ("shortest", 0.04)):
        mapper = held_for(step, bridge.Population(), network, None, seed=0, jobs=1, show=shown.append)
        assert mapper.step_duration == duration
    assert [text.split(";")[0] for text in shown] == ["shortest reliable step  40 ms"]
    with pytest.raises(InputError, match=r"--step: must be a number \(got long\); give seconds, or 'shortest'"):
        held_for("long", bridge.Population(), network, None, seed=0, jobs=1, show=shown.append)


def test_options_reach_the_mapping_they_name():
    task, shape = GoNoGo(), {"neurons_per_unit": 7, "tuning": "rising", "dale": False, "irregular": False}
    shape |= {"refit": False}

    def chosen(mapping, noise=None, **changes):
        return mapper_of(mapping, task, {**shape, **changes}, given={}, noise=noise, jobs=1)

    population = chosen("population", 0.1, dale=True)
    assert (population.neurons_per_unit, population.dale, population.refit) == (7, True, None)
    assert np.ravel(population.noise) == pytest.approx(0.0015)
    assert chosen("population", irregular=True).peak_rates == bridge.Population.irregular().peak_rates
    assert chosen("population", refit=True).refit is not None
    assert chosen("one-to-one", 0.2).noise == pytest.approx(0.003)
    assert isinstance(chosen("one-to-one"), bridge.OneToOne)
    assert chosen("one-to-one-kim", 0.2).noise == pytest.approx(0.003)
    assert chosen("one-to-one-kim").noise == bridge.Kim.noise


def test_noise_dale_and_irregular_reach_the_mapping(trained, here):
    sizes = ("--neurons", 10, "--trials", 2)
    plain = here("compare", trained, *sizes).stdout
    assert "Dale's law      not imposed" in plain
    for words in (("--dale",), ("--dale", "--noise", 0.1), ("--dale", "--irregular")):
        printed = here("compare", trained, *sizes, *words).stdout
        assert "kept by every neuron: " in printed
        assert rate_of(printed) < rate_of(plain) or words == ("--dale",)
        assert rate_of(printed) > 2


def rate_of(printed):
    """Return the mean rate in Hz from a printed comparison."""
    line = next(line for line in printed.splitlines() if line.startswith("mean firing rate"))
    return float(line.split()[3])


def test_a_poor_conversion_is_printed_with_its_causes_and_a_good_one_without(compared, trained, here):
    _, good = compared
    poor = here("compare", trained, "--neurons", 1, "--trials", 4).stdout
    assert "poor conversion; its causes:" in poor
    assert "of the squared state error): " in poor
    assert "poor conversion" not in good


def test_same_seed_gives_the_same_numbers_and_another_seed_others(compared, trained, here, tmp_path):
    folder, _ = compared
    sizes = ("--neurons", 10, "--trials", 4, "--repeats", 2, "--jobs", 1)
    assert here("compare", trained, *sizes, "--json", "same.json").returncode == 0
    assert here("compare", trained, *sizes, "--json", "other.json", "--seed", 1).returncode == 0
    first, same, other = (
        json.loads(path.read_text()) for path in (folder / "c.json", tmp_path / "same.json", tmp_path / "other.json")
    )
    for result in (first, same, other):
        assert all(value >= 0 for value in result.pop("seconds").values())
    assert same == first
    assert other["seed"] == 1
    assert other["state"] != first["state"]


def test_missed_goal_is_one_line_of_warning(tmp_path):
    words = ("train", "go-nogo", "--units", 5, "--training", "steps=1", "--training", "validation_trials=4")
    result = shell(*words, "--out", "n.safetensors", cwd=tmp_path)
    assert result.returncode == 0
    assert result.stderr.startswith("biornn: rate.train: goal not reached in 1 steps")
    assert result.stderr.count("\n") == 1


@pytest.mark.usefixtures("compared")
def test_demo_keeps_its_network_and_cache_forgets_it(here, tmp_path, monkeypatch):
    # A cache of its own to clear; the program of a network of this size is there already and need not be compiled.
    ignore = shutil.ignore_patterns("building-*")
    shutil.copytree(places.cache() / "programs", tmp_path / "kept" / "programs", ignore=ignore)
    monkeypatch.setenv("BIORNN_CACHE", str(tmp_path / "kept"))
    monkeypatch.setattr("biornn.experiment.training.DEMO", Recipe("go-nogo", training={"units": 30, **TINY}))
    small = ("demo", "--trials", 2, "--neurons", 10, "--out", "demo")
    first, second = here(*small), here(*small)
    for result in (first, second):
        assert (result.returncode, result.stderr) == (0, "")
        assert "accuracy, spiking" in result.stdout
    assert "trained network: kept" not in first.stdout
    assert "trained network: kept from an earlier demo" in second.stdout
    names = ["comparison.json", "comparison.png", "network.safetensors"]
    assert everything_in(tmp_path / "demo") == names
    assert all(str(Path("demo") / name) in first.stdout for name in names)
    listed = here("cache").stdout
    assert "demo/" in listed
    assert "programs/" in listed
    assert "cleared" in here("cache", "--clear").stdout
    assert not any(path.is_file() for path in (tmp_path / "kept").rglob("*"))
    assert here("cache").stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--process", "0/2"], ["--process: must be I/N beside --join HOST:PORT (got '0/2')"]),
        (["--join", "localhost:1", "--process", "half"], ["--process: must be I/N", "(got 'half')"]),
        (["--join", "localhost", "--process", "0/2"], ["rate.join coordinator: must be HOST:PORT (got 'localhost')"]),
        (["--join", "localhost:1", "--process", "2/2"], ["rate.join process: must be a whole number from 0 to 1"]),
    ],
)
def test_processes_that_cannot_join_are_refused(here, words, parts):
    assert_refused(here("train", "xor", "--out", "x.safetensors", *words), *parts)
    assert not list(Path().iterdir())


def test_processes_that_join_train_one_network_and_the_first_writes_it(tmp_path):
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    fields = ["steps=3", "batch=4", "validation_trials=4"]
    words = ["train", "go-nogo", "--units", 5, *(word for field in fields for word in ("--training", field))]
    with ThreadPoolExecutor(3) as pool:
        one, *two = pool.map(
            lambda where: shell(*words, *where, cwd=tmp_path),
            [["--out", "alone"]]
            + [["--out", f"{index}", "--join", address, "--process", f"{index}/2"] for index in range(2)],
        )
    assert [one.returncode, *(result.returncode for result in two)] == [0, 0, 0], (one.stderr, two)
    assert {path.name for path in tmp_path.iterdir()} == {"alone", "0"}
    assert "5 sigmoid units, 3 steps" in two[0].stdout
    assert "steps" not in two[1].stdout
    alone, joined = (store.load(tmp_path / name) for name in ("alone", "0"))
    for name, weight in alone.weights.items():
        np.testing.assert_allclose(joined.weights[name], weight, rtol=1e-4, atol=5e-5, err_msg=name)
