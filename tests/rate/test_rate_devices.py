"""A batch spread over devices, in one process or two, trains the network that one device trains."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from biornn import rate
from biornn.core.checks import InputError
from biornn.rate.devices import Place, agreed, choose

sys.path.insert(0, str(Path(__file__).parent))

import trainings

ROOT = Path(__file__).parents[2]
# Sums over trials are taken in another order: 1e-7 of a gradient. Adam divides by the gradient's own size, so that in
# 8 steps of 1e-3 a weight whose gradient nearly vanishes may move by some 1e-5.
CLOSE = {"rtol": 1e-4, "atol": 5e-5}


def started(program, *arguments, devices=1):
    """Start a program that sees so many devices."""
    environment = {
        **os.environ,
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "JAX_PLATFORMS": "cpu",
    }
    call = [sys.executable, *program, *map(str, arguments)]
    return subprocess.Popen(call, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process):
    """Wait for a program and return what it printed."""
    out, error = process.communicate(timeout=300)
    assert process.returncode == 0, error
    return out


@pytest.fixture(scope="module")
def alone():
    with pytest.warns(UserWarning, match="goal not reached"):
        return trainings.trained()


def assert_same(found, alone, devices):
    assert found["devices"] == devices
    for name, expected in alone.items():
        np.testing.assert_allclose(found[name], expected, **CLOSE, err_msg=name)
    assert np.ptp(alone["lstm/loss"]) > 100 * CLOSE["atol"], "something was trained"


def test_four_devices_train_the_network_of_one(alone, tmp_path):
    ended(started([trainings.__file__], tmp_path / "four.npz", devices=4))
    assert_same(np.load(tmp_path / "four.npz"), alone, 4)


def test_two_processes_train_the_network_of_one(alone, tmp_path):
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    paths = [tmp_path / f"{process}.npz" for process in range(2)]
    processes = [
        started([trainings.__file__], path, address, 2, process, devices=2) for process, path in enumerate(paths)
    ]
    for process in processes:
        ended(process)
    one, other = (np.load(path) for path in paths)
    assert_same(one, alone, 4)
    for name in alone:
        np.testing.assert_array_equal(one[name], other[name])
    assert one["first"]
    assert not other["first"]


def test_a_batch_goes_to_as_many_devices_as_divide_it(tmp_path):
    code = """
from biornn.core.checks import InputError
from biornn.rate.devices import choose
print([choose(0, batch).devices for batch in (32, 10, 9, 7, 1)], choose(2, 32).devices, choose(1, 32).devices)
for wanted, batch in ((5, 20), (4, 10)):
    try:
        choose(wanted, batch)
    except InputError as refusal:
        print(refusal)
"""
    lines = ended(started(["-c", code], devices=4)).splitlines()
    assert lines == [
        "[4, 2, 3, 1, 1] 2 1",
        "Training.devices: must be at most the 4 that JAX sees (got 5); ask for fewer",
        "Training.batch: must divide evenly over 4 devices (got 10); give a batch of 12 or other devices",
    ]


def test_one_device_is_asked_for_nothing():
    place, values = choose(0, 32), {"a": np.ones(2)}
    assert place == Place()
    assert place.copied(values) is values
    assert place.everywhere() == {}
    assert rate.first()
    assert agreed((0.1, float("nan")))[0] == 0.1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("localhost:1", 2), r"rate\.join: must be told coordinator, processes and process, or none"),
        (("localhost", 2, 0), r"rate\.join coordinator: must be HOST:PORT \(got 'localhost'\)"),
        (("localhost:1", 2, 2), r"rate\.join process: must be a whole number from 0 to 1 \(got 2\)"),
        (("localhost:1", 2, 0), r"rate\.join: must find the other processes .*call it once and first"),
    ],
)
def test_processes_that_cannot_join_say_why(arguments, message):
    import jax

    jax.devices()  # from here on it is too late to join
    with pytest.raises(InputError, match=message):
        rate.join(*arguments)


def test_more_devices_than_there_are_are_refused():
    with pytest.raises(InputError, match=r"Training\.devices: must be at most the 1 that JAX sees \(got 2\)"):
        rate.train(trainings.tasks.FlipFlop(bits=1), devices=2, progress=False)
