"""Long sequences: memory that does not grow with all states, the same gradients, the same outputs."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from biornn import rate, tasks
from biornn.core.trials import Trials
from biornn.rate import Training
from biornn.rate.initial import initial
from biornn.rate.optimise import Batch, objective, once, prepared, rule_of, time_first
from biornn.rate.run import noisy_outputs, run
from biornn.theory.rate import euler

# A few steps of training make networks that no spiking one follows, and nobody asks it to.
pytestmark = pytest.mark.filterwarnings("ignore:rate.train. a spiking network will follow")
UNITS, BATCH, DT = 16, 4, 0.01


def step_of(steps, **settings):
    """A training step and its arguments on random trials."""
    random = np.random.default_rng(0)
    chosen = Training(units=UNITS, batch=BATCH, **settings)
    trials = Trials(random.normal(size=(BATCH, steps, 2)), np.ones((BATCH, steps, 1)), np.ones((BATCH, steps)), DT)
    parameters, state, constants = prepared(*initial(chosen, 2, 1), chosen)
    return once(rule_of(chosen, DT, "identity")), (parameters, state, constants, time_first(trials), jax.random.key(0))


@pytest.mark.parametrize("cell", ["leaky", "lstm"])
def test_segments_never_hold_all_states(cell):
    steps = 4096
    states = steps * BATCH * UNITS * 4

    def held(**settings):
        update, arguments = step_of(steps, cell=cell, **settings)
        return jax.jit(update).lower(*arguments).compile().memory_analysis().temp_size_in_bytes

    assert max(held(segment=64), held(segment=64, truncate=True)) < states < held()


@pytest.mark.parametrize("cell", ["leaky", "lstm"])
def test_segments_have_the_full_gradient_and_truncation_has_it_where_nothing_is_cut(cell):
    random = np.random.default_rng(1)
    inputs, targets = (jnp.asarray(random.normal(size=(40, BATCH, width)), float) for width in (2, 1))
    batch = Batch(inputs, targets, jnp.ones((40, BATCH, 1)))
    xi = jnp.asarray(random.standard_normal((40, BATCH, UNITS * (2 if cell == "lstm" else 1))), float)

    def gradient(**given):
        chosen = Training(units=UNITS, cell=cell, rate_penalty=0.1, **given)
        trained, fixed = ({k: jnp.asarray(v, float) for k, v in part.items()} for part in initial(chosen, 2, 1))
        loss = partial(objective, settings=chosen, dt=DT, readout="identity")
        return jax.jit(jax.value_and_grad(loss))(trained, fixed, batch, xi)

    (loss, full), (_, segments) = gradient(), gradient(segment=7)
    (_, whole), (cut_loss, cut) = gradient(segment=40, truncate=True), gradient(segment=5, truncate=True)
    for name, value in full.items():
        for found in (segments, whole):
            np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-6, err_msg=name)
    # What reads states has its gradient from each step itself; what makes them had it from before, too.
    np.testing.assert_allclose(cut_loss, loss, rtol=1e-5)
    np.testing.assert_allclose(cut["output"], full["output"], rtol=1e-4, atol=1e-6)
    assert np.abs(cut["recurrent"] - full["recurrent"]).max() > 1e-2 * np.abs(full["recurrent"]).max()


def test_noise_of_segments_differs_between_them_and_repeats_with_the_seed():
    settings = {"units": UNITS, "batch": BATCH, "steps": 4, "goal": 0.0, "segment": 20, "progress": False}
    first, again, other = (rate.train(tasks.FlipFlop(bits=1), **settings, noise=s) for s in (0.2, 0.2, 0.0))
    assert first.about["loss"] == again.about["loss"] != other.about["loss"]


@pytest.mark.parametrize("cell", ["leaky", "lstm"])
def test_outputs_alone_are_those_of_a_whole_run(cell):
    network = rate.train(
        tasks.FlipFlop(bits=1), cell=cell, units=UNITS, steps=1, goal=0.0, noise=0.2, progress=False
    )  # fmt: skip
    trials = tasks.FlipFlop(bits=1).trials(3, 1)
    whole = run(network, trials, 5, noise=True).outputs
    assert np.abs(whole - euler(network, trials.inputs).outputs).max() > 1e-3
    np.testing.assert_allclose(noisy_outputs(network, trials, 5, limit=7 * 3 * network.states), whole, atol=1e-12)
    np.testing.assert_array_equal(noisy_outputs(network, trials, 5), whole)
