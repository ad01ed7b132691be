"""A layer takes one step a symbol: its own accuracy, or a refusal that names hold_steps."""

import os

import numpy as np
import pytest

from biornn import bridge, experiment, rate, spiking, store, tasks
from biornn.core.checks import InputError
from biornn.interop import from_keras, from_torch

HELD = r"Trials.hold_steps: must be 1 .*one symbol \(got {}\); make the task with hold_steps=1"


@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
def test_digits_are_classified_as_keras_classifies_them(kind):
    os.environ.setdefault("KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras")
    pytest.importorskip("sklearn")
    task = tasks.Digits(hold_steps=1)
    trials, other = task.trials(300, 0), task.trials(1000, 1)
    keras.utils.set_random_seed(1)
    layer, dense = getattr(keras.layers, kind)(24), keras.layers.Dense(10, activation="softmax")
    hidden, wanted = np.asarray(layer(other.inputs)), np.eye(10)[other.conditions["label"]]
    # A readout from linear regression is right far more often than by chance, and quickly made.
    weight = np.linalg.lstsq(np.column_stack([hidden, np.ones(len(hidden))]), 20 * wanted, rcond=None)[0]
    dense.build((None, 24))
    dense.set_weights([weight[:-1], weight[-1]])
    home = np.asarray(dense(layer(trials.inputs))).argmax(axis=1) == trials.conditions["label"]
    assert home.mean() > 0.4
    network = from_keras(layer, dense)
    np.testing.assert_array_equal(task.score(rate.run(network, trials).outputs, trials).correct, home)
    with pytest.raises(InputError, match=HELD.format(10)):
        rate.run(network, tasks.Digits().trials(4, 0))


@pytest.fixture
def network():
    torch = pytest.importorskip("torch")
    torch.manual_seed(1)
    return from_torch(torch.nn.RNN(1, 6, batch_first=True), torch.nn.Linear(6, 1))


def series(**options):
    values = np.sin(np.arange(300) / 5) + 0.1 * np.random.default_rng(0).normal(size=300)
    return tasks.Series(values, warmup=4, window=12, **options)


def test_a_series_is_forecast_as_pytorch_forecasts_it():
    torch = pytest.importorskip("torch")
    torch.manual_seed(1)
    layer, linear = torch.nn.GRU(1, 6, batch_first=True), torch.nn.Linear(6, 1)
    task = series(hold_steps=1)
    trials = task.trials(20, 0)
    with torch.no_grad():
        own = linear.double()(layer.double()(torch.tensor(trials.inputs))[0]).numpy()
    judged = (trials.targets - own)[:, 4:]
    error = np.sqrt((judged**2).mean()) / trials.targets[:, 4:].std()
    network = from_torch(layer, linear)
    assert task.score(rate.run(network, trials).outputs, trials).error == pytest.approx(error, rel=1e-9)
    with pytest.raises(InputError, match=HELD.format(7)):
        rate.run(network, series(hold_steps=7).trials(2, 0))


@pytest.mark.parametrize(
    "task",
    [
        series(hold_steps=3),
        tasks.Sequences([np.zeros((4, 1))] * 4, [0, 1, 0, 1], 2, hold_steps=3, validation=0, test=0),
        tasks.Adding(length=4, hold_steps=3),
        tasks.Copying(symbols=2, delay=2, hold_steps=3),
        tasks.Characters(hold_steps=3),
        tasks.MackeyGlass(hold_steps=3),
    ],
    ids=lambda task: type(task).__name__,
)
def test_trials_know_how_long_a_symbol_is_held(task):
    trials = task.part("test").trials(2, 0)
    assert trials.hold_steps == 3
    assert trials.select([1]).hold_steps == 3
    np.testing.assert_array_equal(trials.inputs[:, ::3].repeat(3, axis=1), trials.inputs)


def test_every_stage_refuses_symbols_that_are_held(network, tmp_path):
    held, trials = series(hold_steps=2), series(hold_steps=1).trials(8, 0)
    loaded = store.load(store.save(network, tmp_path / "network.safetensors"))
    mapping = bridge.Population(neurons_per_unit=4)
    spiking_network, _ = mapping(loaded, trials)
    for stage in (
        lambda: rate.run(loaded, held.trials(2, 0)),
        lambda: mapping(loaded, held.trials(2, 0)),
        lambda: spiking.run(spiking_network, held.trials(2, 0), progress=False),
        lambda: experiment.shortest_step(loaded, held, mapping, state_nrmse=0.1, trials=4),
        lambda: experiment.compare(loaded, held, mapping, trials=2, progress=False),
    ):
        with pytest.raises(InputError, match=HELD.format(2)):
            stage()


def test_discrete_networks_trained_here_take_symbols_that_are_held(network):
    trained = rate.train(series(hold_steps=2), cell="elman", units=4, tau=0.01, steps=1, seed=0, progress=False)
    assert trained.discrete
    assert np.isfinite(rate.run(trained, series(hold_steps=2).trials(2, 0)).outputs).all()
