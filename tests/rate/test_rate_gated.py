"""Gated and discrete cells in JAX against the numpy reference, finite differences and PyTorch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from biornn import rate, store, tasks
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.rate import Training
from biornn.rate.cells.parameters import weights
from biornn.rate.cells.unroll import states
from biornn.rate.initial import initial, orthogonal
from biornn.rate.optimise import Batch, objective
from biornn.theory.activation import ACTIVATIONS
from biornn.theory.rate import euler, ode, reference

CELLS = ["elman", "gru", "gru-reset-before", "lstm"]
DT, UNITS, INPUTS, OUTPUTS, TRIALS, STEPS = 0.01, 5, 2, 3, 4, 17


def problem(cell, attention=0, seed=0, **settings):
    """Training settings, and parameters away from the zeros that biases start from."""
    random = np.random.default_rng(seed)
    if cell == "elman":
        settings["tau"] = DT
    chosen = Training(units=UNITS, cell=cell, attention=attention, seed=seed, noise=0.1, **settings)
    trained, fixed = initial(chosen, INPUTS, OUTPUTS)
    for part in (trained, fixed):
        for name in ("bias", "recurrent_bias", "output", "output_bias", "initial_state", "initial_cell"):
            if name in part:
                part[name] = random.normal(0, 0.5, part[name].shape)
    return chosen, trained, fixed


def network_of(chosen, trained, fixed):
    weight = weights(trained, fixed, np)
    tau = weight.pop("tau")
    return RateNetwork(
        weight, str(chosen.activation), tau, DT, fixed["signs"], fixed["noise"], cell=chosen.cell
    )  # fmt: skip


@pytest.mark.parametrize("segment", [0, 5])
@pytest.mark.parametrize("cell", CELLS)
def test_states_are_those_of_the_numpy_run(cell, segment):
    chosen, trained, fixed = problem(cell)
    network = network_of(chosen, trained, fixed)
    random = np.random.default_rng(1)
    inputs = random.normal(size=(TRIALS, STEPS, INPUTS))
    xi = random.standard_normal((TRIALS, STEPS, network.states))
    expected = euler(network, inputs, xi).states
    noise = jnp.asarray(np.swapaxes(xi, 0, 1) * 0.1)
    weight = weights(trained, fixed, jnp)
    phi = ACTIVATIONS[str(chosen.activation)]
    got = states(cell, weight, phi, jnp.asarray(np.swapaxes(inputs, 0, 1)), noise, dt=DT, segment=segment)
    assert expected.std() > 0.1
    np.testing.assert_allclose(np.swapaxes(got, 0, 1), expected, atol=2e-6)


@pytest.mark.parametrize("attention", [0, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_gradient_is_that_of_finite_differences(cell, attention):
    with jax.enable_x64(True):
        chosen, trained, fixed = problem(cell, attention, segment=6)
        random = np.random.default_rng(2)
        count = network_of(chosen, trained, fixed).states
        xi = jnp.asarray(random.standard_normal((STEPS, TRIALS, count)))
        shapes = ((STEPS, TRIALS, INPUTS), (STEPS, TRIALS, OUTPUTS))
        batch = Batch(*(jnp.asarray(random.normal(size=shape)) for shape in shapes), jnp.ones((STEPS, TRIALS, 1)))
        trained, fixed = ({name: jnp.asarray(value) for name, value in part.items()} for part in (trained, fixed))

        def loss(parameters):
            return objective(parameters, fixed, batch, xi, settings=chosen, dt=DT, readout="identity")

        gradient = jax.grad(loss)(trained)
        for name, value in trained.items():
            direction = jnp.asarray(random.standard_normal(value.shape))
            ahead, behind = ({**trained, name: value + sign * 1e-5 * direction} for sign in (1, -1))
            expected = (loss(ahead) - loss(behind)) / 2e-5
            np.testing.assert_allclose((gradient[name] * direction).sum(), expected, rtol=1e-5, atol=1e-9)
        assert float(jnp.abs(gradient["recurrent"]).max()) > 1e-3


@pytest.mark.parametrize("cell", ["leaky", "gru", "lstm"])
def test_truncated_gradients_see_no_further_than_their_segment(cell):
    chosen, trained, fixed = problem(cell)
    weight = weights(trained, fixed, jnp)
    phi = ACTIVATIONS[str(chosen.activation)]
    noise = jnp.zeros((STEPS, TRIALS, UNITS * (2 if cell == "lstm" else 1)))

    def final(inputs, truncate):
        return states(cell, weight, phi, inputs, noise, dt=DT, segment=6, truncate=truncate)[-1].sum()

    inputs = jnp.asarray(np.random.default_rng(3).normal(size=(STEPS, TRIALS, INPUTS)))
    whole, part = (jax.grad(final)(inputs, truncate) for truncate in (False, True))
    # Segments end after 6 and 12 steps: the last one holds steps 12 to 16.
    np.testing.assert_allclose(whole[12:], part[12:], rtol=1e-5)
    assert float(jnp.abs(whole[:12]).min(axis=(1, 2)).max()) > 0
    assert float(jnp.abs(part[:12]).max()) == 0


@pytest.mark.parametrize("attention", [0, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_networks_survive_a_file(cell, attention, tmp_path):
    network = network_of(*problem(cell, attention))
    again = store.load(store.save(network, tmp_path / "network.safetensors"))
    inputs = np.random.default_rng(4).normal(size=(TRIALS, STEPS, INPUTS))
    np.testing.assert_array_equal(euler(again, inputs).outputs, euler(network, inputs).outputs)
    assert again.cell == cell
    assert again.attends == (attention > 0)


def test_attention_is_causal_and_reads_the_past():
    network = network_of(*problem("gru", 3))
    inputs = np.random.default_rng(5).normal(size=(1, STEPS, INPUTS))
    later = inputs.copy()
    later[:, 9:] += 1
    one, other = euler(network, inputs), euler(network, later)
    np.testing.assert_array_equal(one.outputs[:, :9], other.outputs[:, :9])
    # Uniform attention is the running mean.
    flat = network.with_weights(query=np.zeros((3, UNITS)))
    mean = np.cumsum(one.rates, axis=1) / np.arange(1, STEPS + 1)[:, None]
    read = np.concatenate([one.rates, mean], axis=2) @ flat.weights["output"].T + flat.weights["output_bias"]
    np.testing.assert_allclose(euler(flat, inputs).outputs, read, atol=1e-12)


@pytest.mark.parametrize("cell", ["gru", "gru-reset-before", "lstm"])
def test_the_map_approaches_its_equation_as_the_step_shrinks(cell):
    network = network_of(*problem(cell, tau=0.1))
    held = np.random.default_rng(6).normal(size=(2, 40, INPUTS))

    def distance(factor):
        fine = RateNetwork(
            network.weights, "tanh", network.tau, DT / factor, network.signs, network.noise, cell=cell
        )  # fmt: skip
        exact = ode(network, held, np.zeros(UNITS)).states
        return np.abs(euler(fine, held.repeat(factor, axis=1)).states[:, factor - 1 :: factor] - exact).max()

    errors = [distance(factor) for factor in (1, 4, 16)]
    assert errors[0] > 1e-3
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.25)
    assert errors[1] / errors[2] == pytest.approx(4, rel=0.25)


def test_a_discrete_network_is_measured_against_its_own_map():
    network = network_of(*problem("gru", tau=DT))
    inputs = np.random.default_rng(7).normal(size=(1, STEPS, INPUTS))
    assert network.discrete
    np.testing.assert_array_equal(
        reference(network, inputs, np.ones(UNITS)).states, euler(network, inputs).states
    )  # fmt: skip


@pytest.mark.parametrize("cell", ["gru", "lstm", "elman"])
def test_trained_networks_learn_a_flip_flop(cell):
    network = rate.train(
        tasks.FlipFlop(bits=1), units=16, cell=cell, steps=1500, noise=0.05, learning_rate=0.01, progress=False
    )
    assert network.cell == cell
    assert network.about["goal_reached"]


def test_orthogonal_weights_keep_lengths():
    q = orthogonal(30, np.random.default_rng(0))
    np.testing.assert_allclose(q @ q.T, np.eye(30), atol=1e-12)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cell": "transformer"}, "Training.cell: must be a known name"),
        ({"cell": "gru", "dale": True}, "Training.dale: must be false for a gated cell"),
        ({"initial": "zero"}, "Training.initial: must be a known name"),
        ({"truncate": True}, "Training.segment: must be given"),
        ({"attention": -1}, "Training.attention: must be a whole number"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        Training(**settings)


def test_odd_gate_shapes_are_refused_by_name():
    network = network_of(*problem("lstm"))
    with pytest.raises(InputError, match=r"weights\['bias'\]: must have shape \(4, 5\) \(got \(3, 5\)\)"):
        network.with_weights(bias=np.zeros((3, 5)))
    with pytest.raises(InputError, match=r"RateNetwork.tau: must equal the step of 0.01 s for the cell 'elman'"):
        RateNetwork(
            {**network_of(*problem("elman")).weights}, "tanh", np.full(5, 0.02), DT, np.zeros(5), np.zeros(5),
            cell="elman",
        )  # fmt: skip


def from_torch(module, cell, h0, dt):
    """Weights of a torch layer, by hand: gates (r, z, n) or (i, f, g, o), biases of both kinds."""
    arrays = {name: value.detach().numpy().astype(float) for name, value in module.named_parameters()}
    units = h0.size
    given, recurrent = arrays["weight_ih_l0"], arrays["weight_hh_l0"]
    bias, inner = arrays["bias_ih_l0"], arrays["bias_hh_l0"]
    readout = {"output": np.eye(units), "output_bias": np.zeros(units), "initial_state": h0}
    if cell == "elman":
        return {"recurrent": recurrent, "input": given, "bias": bias + inner, **readout}
    shape = (-1, units, given.shape[1])
    weight = {
        "input": given.reshape(shape),
        "recurrent": recurrent.reshape(-1, units, units),
        "bias": (bias + inner).reshape(-1, units),
    }
    if cell == "gru":
        order = [1, 0, 2]
        weight = {name: value[order].copy() for name, value in weight.items()}
        weight["bias"][2] = bias.reshape(3, units)[2]
        weight["recurrent_bias"] = inner.reshape(3, units)[2]
    else:
        weight["initial_cell"] = np.zeros(units)
    return {**weight, **readout}


@pytest.mark.parametrize(("cell", "kind"), [("elman", "RNN"), ("gru", "GRU"), ("lstm", "LSTM")])
def test_textbook_steps_are_those_of_pytorch(cell, kind):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    module = getattr(torch.nn, kind)(INPUTS, UNITS, batch_first=True, dtype=torch.float64)
    inputs = np.random.default_rng(8).normal(size=(TRIALS, STEPS, INPUTS))
    expected = module(torch.as_tensor(inputs))[0].detach().numpy()
    weight = from_torch(module, cell, np.zeros(UNITS), DT)
    network = RateNetwork(weight, "tanh", np.full(UNITS, DT), DT, np.zeros(UNITS), np.zeros(UNITS), cell=cell)
    assert expected.std() > 0.1
    np.testing.assert_allclose(euler(network, inputs).rates, expected, atol=1e-6)
