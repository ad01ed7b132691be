"""Records of spiking networks and recordings refuse what would be cast in silence, and names that code cannot carry."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from networks import leaky_network

from biornn.core import places
from biornn.core.checks import InputError
from biornn.core.recording import Recording, Spikes, Voltages
from biornn.core.spiking import Filter, Input, Projection


def bank(**changes):
    return replace(leaky_network().banks[0], **changes)


def noise(value):
    return np.ma.masked_array(np.full((6, 5), 1e-3), np.eye(6, 5, dtype=bool)) if value == "masked" else value


@pytest.mark.parametrize(
    "name", ["two words", "a'b", "a\nb", "x : 1", "class", "", "1", "_x", "é", None, 3, "readout", "a" * 65]
)
@pytest.mark.parametrize("kind", ["bank", "channel", "decoder"])
def test_names_are_identifiers(kind, name):
    changes = {
        "bank": {"name": name},
        "channel": {
            "channels": {name: Filter.exponential(np.full(6, 0.02))},
            "initial": {name: np.zeros(6)},
            "rising": {},
        },
        "decoder": {"decoders": {name: np.zeros((6, 5))}},
    }
    with pytest.raises(InputError, match=r"^Bank.*: must (be an identifier|not be a reserved|have at most)") as refusal:
        bank(**changes[kind])
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"noise": "masked"}, r"noise: must have no masked values"),
        ({"noise": np.inf}, r"noise: must be finite \(got inf"),
        ({"noise": np.nan}, r"noise: must be finite \(got nan"),
        ({"noise": "loud"}, r"noise: must be an array of real numbers"),
        ({"noise": None}, r"noise: must be an array of real numbers"),
        ({"bias": np.full((6, 5), 1j)}, r"bias: must be an array of real numbers"),
        ({"gain": [[1, 2], [3]]}, r"gain: must be an array of real numbers"),
        ({"tuned": "wide"}, r"tuned: must be an array of real numbers"),
        ({"decoders": [np.zeros((6, 5))]}, r"decoders: must be a dict"),
        ({"channels": {"synapse": 0.02}}, r"channels\['synapse'\]: must be a Filter"),
    ],
)
def test_banks_cast_nothing_in_silence(changes, message):
    with pytest.raises(InputError, match=message):
        bank(
            **{
                name: noise(value) if name == "noise" and isinstance(value, str) else value
                for name, value in changes.items()
            }
        )


def test_noise_in_millivolt_is_taken_as_such():
    b2 = pytest.importorskip("brian2")
    assert bank(noise=2 * b2.mV).noise.max() == pytest.approx(2e-3)
    np.testing.assert_allclose(bank(noise=np.full((6, 5), 2.0) * b2.mV).noise, 2e-3)
    np.testing.assert_allclose(Filter.exponential(np.full(6, 20.0) * b2.ms).tau_decay, 0.02)
    with pytest.raises(InputError, match=r"Bank\[units\].noise: must be in volts"):
        bank(noise=2 * b2.ms)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"about": "text"}, r"about: must be a dictionary of JSON values \(got 'text'\)"),
        ({"about": {"x": np.zeros(3)}}, r"about: must hold JSON values only \(got a ndarray at \['x'\]\)"),
        ({"about": {"x": float("nan")}}, r"about: must hold finite numbers \(got nan\)"),
        ({"about": {"x": {1, 2}}}, r"about: must hold JSON values only \(got a set at \['x'\]\)"),
        ({"about": {3: "x"}}, r"about: must have text as keys \(got the key 3\)"),
        ({"banks": []}, r"banks: must be a tuple"),
        ({"banks": ("units",)}, r"banks: must be a Bank"),
        ({"inputs": ()}, r"inputs: must have at least one Input"),
        ({"projections": (3,)}, r"projections: must be a Projection"),
        ({"readout": None}, r"readout: must be a Readout"),
        ({"sample_dt": "5 ms"}, r"sample_dt: must be a number"),
        ({"sample_dt": np.nan}, r"sample_dt: must be a number"),
        ({"trial_dt": np.inf}, r"trial_dt: must be from"),
        ({"dt": None}, r"dt: must be a number"),
    ],
)
def test_networks_refuse_other_things(changes, message):
    with pytest.raises(InputError, match=rf"^SpikingNetwork.{message}"):
        replace(leaky_network(), **changes)


def test_weights_given_as_lists_become_arrays():
    assert Projection("a", "b", "c", "d", [[1, 2]]).weight.shape == (1, 2)
    assert not Input("a", "b", [[1.0]]).weight.flags.writeable
    with pytest.raises(InputError, match=r"Projection.weight: must have shape"):
        Projection("a", "b", "c", "d", [1, 2])


def recording(**changes):
    fields = {"states": np.zeros((2, 4, 6)), "rates": np.zeros((2, 4, 6)), "outputs": np.zeros((2, 4, 1))}
    return Recording(**{"dt": 5e-3, **fields, "source": leaky_network(), **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"states": np.zeros((2, 4))}, r"states: must have shape \(K, T, N\) \(got \(2, 4\)\)"),
        ({"rates": np.zeros((2, 3, 6))}, r"rates: must have shape \(2, 4, U\)"),
        ({"outputs": np.full((2, 4, 1), np.nan)}, r"outputs: must be finite"),
        ({"outputs": "none"}, r"outputs: must be an array of real numbers"),
        ({"source": None}, r"source: must be a network \(got a NoneType\)"),
        ({"spikes": []}, r"spikes: must be a Spikes"),
        ({"recorded": [0.5]}, r"recorded: must be whole numbers"),
        ({"dt": -1}, r"dt: must be positive"),
        ({"about": {"x": object()}}, r"about: must hold JSON values only \(got an object at \['x'\]\)"),
    ],
)
def test_recordings_check_their_fields(changes, message):
    assert recording().duration == pytest.approx(0.02)
    with pytest.raises(InputError, match=rf"^Recording.{message}"):
        recording(**changes)


def test_spikes_and_voltages_check_their_fields():
    with pytest.raises(InputError, match=r"Spikes.neuron: must have shape \(2\) \(got \(3,\)\)"):
        Spikes(np.zeros(2, np.int32), np.zeros(3, np.int32), np.zeros(2))
    with pytest.raises(InputError, match=r"Spikes.trial: must be whole numbers"):
        Spikes(np.full(2, 0.5), np.zeros(2, np.int32), np.zeros(2))
    with pytest.raises(InputError, match=r"Voltages.values: must have shape \(K, T, 2\)"):
        Voltages(np.zeros(2, np.int32), np.zeros((1, 3, 1)), 1e-4)


def test_the_cache_is_a_whole_path(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BIORNN_CACHE", "near")
    assert places.cache() == tmp_path / "near"
    monkeypatch.setenv("BIORNN_CACHE", "~nosuchuser/cache")
    with pytest.raises(InputError, match=r"BIORNN_CACHE: must be a folder that can be found \(got ~nosuchuser/cache"):
        places.cache()
    monkeypatch.delenv("BIORNN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert places.cache() == tmp_path / ".cache" / "biornn"

    def homeless(_):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", homeless)
    with pytest.raises(InputError, match=r"cache folder: must be a folder that can be found .*; set BIORNN_CACHE"):
        places.cache()
