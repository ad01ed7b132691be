"""The pages of docs/ at the size of a test: each test names the table or figure whose line it draws.

Networks are those of the conversion study, seed 0; trials are fewer. 20 trials of which at most one may be wrong
refuse a network that is right in 78 % of them 19 times of 20.
"""

from functools import cache

import pytest

from benchmarks.studies.conversion import VARIANTS, conditions, grown, mapper
from biornn import bridge, experiment, store

TRIALS = 20


@cache
def network(condition):
    if condition.endswith(("softplus", "tanh", "dale")):
        return grown(conditions()[condition], 0)
    return store.load(store.find(condition))


def converted(condition, variant, trials=TRIALS, repeats=1):
    own = network(condition)
    task = experiment.task_of(own)
    how = mapper(VARIANTS[variant], task) if isinstance(variant, str) else variant
    return experiment.compare(own, task, how, trials=trials, repeats=repeats, seed=7, progress=False).report


@pytest.mark.parametrize(
    ("condition", "variant", "worst"),
    [
        ("go-nogo-sigmoid", "noise 0.1", 0.03),
        ("go-nogo-sigmoid", "one to one", 0.10),
        ("go-nogo-sigmoid-dale", "Dale", 0.028),
        ("go-nogo-softplus", "population", 0.04),
        ("go-nogo-softplus", "one to one", 0.12),
        ("go-nogo-relu", "noise 0.1", 0.12),
        ("go-nogo-relu", "one to one", 0.18),
        ("go-nogo-tanh", "population", 0.06),
        ("xor-sigmoid", "noise 0.1", 0.06),
        ("context-integration-sigmoid", "noise 0.1", 0.04),
    ],
)
def test_networks_convert(condition, variant, worst):
    """docs/conversion.md, first table: 20 of 20 in every row; `worst` is 1.3 to 1.7 times the highest state.nrmse."""
    report = converted(condition, variant)
    assert report.accuracy.rate >= 0.95
    assert report.accuracy.spiking >= 0.95
    assert report.state.nrmse < worst
    assert 2 < report.mean_rate_hz < (60 if variant == "one to one" else 30)


def test_go_nogo_is_followed_as_closely_as_the_page_says():
    """docs/fidelity.md and models/go-nogo-sigmoid: bias at most 0.04, nrmse 0.07 at M = 50 and 0.03 at M = 200."""
    usual = converted("go-nogo-sigmoid", "population", trials=8, repeats=8)
    assert 0 < usual.state.bias < 0.02
    assert usual.state.nrmse < 0.03
    assert usual.readout.bias < usual.null.readout / 2
    many = converted("go-nogo-sigmoid", bridge.Population(neurons_per_unit=200), trials=4)
    assert many.state.nrmse < 0.03


@pytest.mark.parametrize("condition", ["go-nogo-sigmoid", "xor-sigmoid"])
def test_corrected_weights_halve_the_readouts_bias(condition):
    """docs/conversion.md, 'Refit of the weights': readout bias at most half the readout's null."""
    plain = converted(condition, "population", trials=8, repeats=8)
    corrected = converted(condition, experiment.population(refit=True), trials=8, repeats=8)
    assert corrected.readout.bias < corrected.null.readout / 2
    assert corrected.readout.bias < 0.8 * plain.readout.bias


@pytest.mark.parametrize(("neurons", "worst"), [(50, 0.20), (200, 0.10)])
def test_irregular_firing_costs_what_the_page_says(neurons, worst):
    """docs/fidelity.md, irregular firing: state.nrmse at most 0.20 at M = 50 and 0.10 at M = 200."""
    report = converted("go-nogo-sigmoid", bridge.Population.irregular(neurons_per_unit=neurons), trials=8)
    assert 5 < report.mean_rate_hz < 12
    assert report.state.nrmse < worst


def test_shuffled_weights_do_not_convert():
    """docs/fidelity.md, control: W with its columns in random order follows nothing."""
    from benchmarks.studies.models import controls

    own = network("go-nogo-sigmoid")
    task = experiment.task_of(own)
    shuffled = controls(own)["columns of W shuffled"]
    report = experiment.compare(shuffled, task, bridge.Population(), trials=TRIALS, seed=7, progress=False).report
    assert report.accuracy.spiking <= 0.75
    assert report.mean_rate_hz > 2
