"""The public callables and, for each, a right call of small size; names that begin with * are passed by position.

The third entry names what a fuzzer must leave alone: arguments whose right values would cost minutes.
"""

import os
from dataclasses import fields
from functools import cache

import numpy as np

from biornn import bridge, compare, experiment, interop, plots, rate, spiking, store, tasks
from biornn.core.bank import Bank, Filter
from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording, Spikes, Voltages
from biornn.core.spiking import Attention, Input, Projection, Readout, SpikingNetwork
from biornn.core.trials import Trials
from biornn.theory import activation
from biornn.theory.neurons import LIF

RANDOM = np.random.default_rng(0)
UNITS = 4
WEIGHTS = {
    "recurrent": RANDOM.normal(size=(UNITS, UNITS)) / 2,
    "input": RANDOM.normal(size=(UNITS, 1)),
    "bias": np.zeros(UNITS),
    "output": RANDOM.normal(size=(1, UNITS)),
    "output_bias": np.zeros(1),
    "initial_state": np.zeros(UNITS),
}
NETWORK_FIELDS = {
    "weights": WEIGHTS,
    "activation": "tanh",
    "tau": np.full(UNITS, 0.05),
    "dt": 0.01,
    "signs": np.zeros(UNITS),
    "noise": np.full(UNITS, 0.1),
}
NETWORK = RateNetwork(**NETWORK_FIELDS)
TRIALS_FIELDS = {
    "inputs": RANDOM.normal(size=(2, 8, 1)),
    "targets": RANDOM.normal(size=(2, 8, 1)),
    "mask": np.ones((2, 8)),
    "dt": 0.01,
    "conditions": {"side": np.array([0, 1])},
}
TRIALS = Trials(**TRIALS_FIELDS)


def fields_of(record):
    """Return the fields of a record as arguments of its class."""
    return {field.name: getattr(record, field.name) for field in fields(record) if field.init}


TRAINING = {"units": 4, "steps": 2, "batch": 2, "validate_every": 2, "validation_trials": 2, "progress": False}
TRAINED = {name: value for name, value in TRAINING.items() if name != "progress"}
QUIET = {"progress": False, "jobs": 1}

GENERATED = (
    "go-nogo", "xor", "context-integration", "flip-flop", "perceptual-decision", "delayed-match",
    "sine", "mackey-glass", "lorenz", "sunspots", "adding", "copying",
)  # fmt: skip
NAMES = (
    *GENERATED,
    "Trials",
    "Trials.select",
    "RateNetwork",
    "Filter",
    "Bank",
    "Projection",
    "Input",
    "Readout",
    "Attention",
    "SpikingNetwork",
    "Spikes",
    "Voltages",
    "Recording",
    "LIF",
    "Arrays",
    "Sequences",
    "Series",
    "make",
    "GoNoGo.trials",
    "GoNoGo.part",
    "Arrays.score",
    "GoNoGo.score",
    "published_score",
    "Training",
    "rate.train",
    "rate.ensemble",
    "rate.run",
    "rate.flow",
    "register",
    "Population",
    "Population.irregular",
    "Population()",
    "OneToOne",
    "OneToOne()",
    "predict",
    "spiking.run",
    "compare",
    "plots.comparison",
    "plots.forecast",
    "plots.save",
    "experiment.compare",
    "experiment.task_of",
    "experiment.population",
    "store.save",
    "store.load",
    "store.find",
    "store.save_json",
    "store.check_writable",
    "from_keras",
    "from_torch",
)


@cache
def calls():
    """Return the calls by name, and right objects, which are wrong in most places."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras
    import torch

    task = tasks.Arrays(RANDOM.normal(size=(20, 8, 1)), RANDOM.normal(size=(20, 8, 1)), dt=0.01)
    decision = tasks.GoNoGo()
    snn, _ = bridge.Population(neurons_per_unit=5)(NETWORK, TRIALS)
    bank = snn.banks[0]
    rates = rate.run(NETWORK, TRIALS)
    spikes = spiking.run(snn, TRIALS, progress=False, jobs=1)
    report = compare.compare(rates, spikes, task, TRIALS)
    sequences = [RANDOM.normal(size=(5, 1)) for _ in range(20)]
    labels = np.arange(20) % 2
    series = np.sin(np.arange(400) / 5) + 0.1 * RANDOM.normal(size=400)
    outputs = RANDOM.normal(size=TRIALS.targets.shape)
    right = (task, NETWORK, TRIALS, snn, rates, spikes, report, decision, tasks.GoNoGo, WEIGHTS, bank)
    layer, dense = keras.layers.GRU(5, return_sequences=True), keras.layers.Dense(2)
    dense(layer(np.zeros((1, 3, 2), "float32")))
    calls = {
        # records
        "Trials": (Trials, TRIALS_FIELDS, ()),
        "Trials.select": (TRIALS.select, {"trials": [1]}, ()),
        "RateNetwork": (RateNetwork, NETWORK_FIELDS, ()),
        "Filter": (Filter, fields_of(next(iter(bank.channels.values()))), ()),
        "Bank": (Bank, fields_of(bank), ()),
        "Projection": (Projection, fields_of(snn.projections[0]), ()),
        "Input": (Input, fields_of(snn.inputs[0]), ()),
        "Readout": (Readout, fields_of(snn.readout), ()),
        "Attention": (Attention, {"constant": np.zeros(4), "query": np.ones((2, 4)), "key": np.ones((2, 4))}, ()),
        "SpikingNetwork": (SpikingNetwork, fields_of(snn), ()),
        "Spikes": (Spikes, fields_of(spikes.spikes), ()),
        "Voltages": (Voltages, {"neurons": np.zeros(1, np.int32), "values": np.zeros((2, 8, 1)), "dt": 0.01}, ()),
        "Recording": (Recording, fields_of(spikes), ()),
        "LIF": (LIF, {"tau_m": 0.02}, ()),
        # tasks
        **{name: (tasks.TASKS[name], {}, ()) for name in GENERATED},
        "Arrays": (tasks.Arrays, {"inputs": task.data.inputs, "targets": task.data.targets, "dt": 0.01}, ()),
        "Sequences": (tasks.Sequences, {"sequences": sequences, "labels": labels, "classes": 2}, ()),
        "Series": (tasks.Series, {"values": series}, ()),
        "make": (tasks.make, {"task": "go-nogo"}, ()),
        "GoNoGo.trials": (decision.trials, {"count": 2, "seed": 0}, ()),
        "GoNoGo.part": (decision.part, {"name": "train"}, ()),
        "Arrays.score": (task.score, {"outputs": outputs, "trials": TRIALS}, ()),
        "GoNoGo.score": (decision.score, {"outputs": np.zeros((2, 200, 1)), "trials": decision.trials(2, 0)}, ()),
        "published_score": (
            tasks.published_score,
            {"task": decision, "outputs": np.zeros((2, 200, 1)), "trials": decision.trials(2, 0)},
            (),
        ),
        # rate
        "Training": (rate.Training, TRAINED, ()),
        "rate.train": (rate.train, {"task": task, **TRAINING}, ("settings", "steps")),
        "rate.ensemble": (rate.ensemble, {"task": task, "seeds": [0], **TRAINING}, ("settings", "steps")),
        "rate.run": (rate.run, {"network": NETWORK, "trials": TRIALS}, ()),
        "rate.flow": (rate.flow, {"network": NETWORK, "trials": TRIALS}, ()),
        "register": (activation.register, {"name": "fuzzed", "function": lambda x, xp: xp.tanh(x)}, ()),
        # bridge
        "Population": (bridge.Population, {"neurons_per_unit": 5}, ()),
        "Population.irregular": (bridge.Population.irregular, {"neurons_per_unit": 5}, ()),
        "Population()": (bridge.Population(neurons_per_unit=5), {"network": NETWORK, "trials": TRIALS}, ()),
        "OneToOne": (bridge.OneToOne, {}, ()),
        "OneToOne()": (bridge.OneToOne(), {"network": NETWORK, "trials": TRIALS}, ()),
        "predict": (bridge.predict, {"network": NETWORK, "spiking": snn, "trials": TRIALS}, ()),
        # spiking
        "spiking.run": (spiking.run, {"network": snn, "trials": TRIALS, **QUIET}, ("progress",)),
        # compare
        "compare": (compare.compare, {"rates": rates, "spikes": spikes, "task": task, "trials": TRIALS}, ()),
        "plots.comparison": (plots.comparison, {"report": report}, ()),
        "plots.forecast": (plots.forecast, {"report": report}, ()),
        "plots.save": (plots.save, {"figure": plots.comparison(report), "path": "figure.svg"}, ()),
        # experiment
        "experiment.compare": (
            experiment.compare,
            {"network": NETWORK, "task": task, "mapper": bridge.Population(neurons_per_unit=5), "trials": 2, **QUIET},
            ("progress",),
        ),
        "experiment.task_of": (experiment.task_of, {"network": NETWORK, "name": "go-nogo"}, ()),
        "experiment.population": (experiment.population, {}, ()),
        # files
        "store.save": (store.save, {"thing": NETWORK, "path": "network.safetensors"}, ()),
        "store.load": (store.load, {"path": "go-nogo-sigmoid"}, ()),
        "store.find": (store.find, {"name_or_path": "go-nogo-sigmoid"}, ()),
        "store.save_json": (store.save_json, {"value": {"a": 1}, "path": "value.json"}, ()),
        "store.check_writable": (store.check_writable, {"path": "new.json"}, ()),
        # interop
        "from_keras": (interop.from_keras, {"*layer": layer, "*dense": dense}, ()),
        "from_torch": (interop.from_torch, {"*module": torch.nn.GRU(3, 5), "*linear": torch.nn.Linear(5, 2)}, ()),
    }
    return calls, right
