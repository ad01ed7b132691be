"""Settings are checked, each with one line."""

import json

import numpy as np
import pytest

from biornn.core.checks import InputError
from biornn.rate import Training
from biornn.theory import activation


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"units": 0}, r"Training\.units: must be a whole number from 1 .*got 0"),
        ({"steps": 1.5}, r"Training\.steps: must be a whole number"),
        ({"seed": -1}, r"Training\.seed: must be a whole number from 0"),
        ({"activation": "sigmoidal"}, r"Training\.activation: must be a known name .*choose one of .*sigmoid"),
        ({"tau": 20}, r"Training\.tau: must be from 0\.0001 s to 5 s \(got 20 s\); times are in seconds"),
        ({"tau": -0.02}, r"Training\.tau: must be positive \(got -0\.02 s\)"),
        ({"tau": (0.1, 0.02)}, r"Training\.tau: must be a range \(low, high\)"),
        (
            {"tau": (0.1, 0.02, 0.1)},
            r"Training\.tau: must be one time constant, a range \(low, high\), or one for each of 200 units",
        ),
        ({"noise": -0.1}, r"Training\.noise: must be at least 0"),
        ({"noise": np.nan}, r"Training\.noise: must be finite"),
        ({"inhibitory": 1.2}, r"Training\.inhibitory: must be from 0 to 1"),
        ({"learning_rate": 0}, r"Training\.learning_rate: must be from"),
        ({"goal": 99}, r"Training\.goal: must be from 0 to 1 \(got 99\)"),
        ({"connection_probability": 1.5}, r"Training\.connection_probability: must be a probability"),
        ({"connection_probability": np.full((200, 200), 0.5)}, r"Training\.connection_probability: must be a prob"),
        ({"connection_probability": np.ones((3, 3))}, r"Training\.connection_probability: must have shape"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        Training(**settings)


def test_tau_is_one_each_or_a_range():
    low, high = Training(units=3, tau=0.03).tau_range
    np.testing.assert_array_equal((low, high), np.full((2, 3), 0.03))
    low, high = Training(units=3, tau=[0.01, 0.02, 0.03]).tau_range
    np.testing.assert_array_equal((low, high), [[0.01, 0.02, 0.03]] * 2)
    low, high = Training(units=3, tau=[0.02, 0.1]).tau_range
    np.testing.assert_array_equal((low, high), [[0.02] * 3, [0.1] * 3])


def test_a_function_is_an_activation_once_registered():

    def hump(x, xp):
        return x / (1 + x**2)

    with pytest.raises(InputError, match=r"must be registered.*call biornn\.theory\.activation\.register"):
        Training(activation=hump)
    activation.register("hump", hump)
    try:
        assert Training(activation=hump).activation == "hump"
    finally:
        del activation.ACTIVATIONS["hump"]


def test_settings_are_json():
    text = json.dumps(Training(units=3, noise=[0.1, 0.2, 0.3], connection_probability=np.eye(3)).as_json())
    values = json.loads(text)
    assert values["connection_probability"] == pytest.approx(1 / 3)
    assert values["noise"] == [0.1, 0.2, 0.3]
    assert values["goal_loss"] is None
