"""Modules of PyTorch as people have them: taken with their own outputs, or refused by name and left as they were."""

import numpy as np
import pytest

from biornn.core.checks import InputError
from biornn.interop import from_torch
from biornn.theory.rate import euler

torch = pytest.importorskip("torch")
nn = torch.nn
prune = pytest.importorskip("torch.nn.utils.prune")
parametrize = pytest.importorskip("torch.nn.utils.parametrize")
INPUTS = np.random.default_rng(0).normal(size=(4, 9, 3))


def layer(kind="GRU", **options):
    torch.manual_seed(1)
    return getattr(nn, kind)(3, 5, batch_first=True, **options)


def linear(outputs=2, **options):
    torch.manual_seed(2)
    return nn.Linear(5, outputs, **options)


def home(module, readout):
    """What the user's own model gives, in float64."""
    with torch.no_grad():
        hidden = module.double().eval()(torch.as_tensor(INPUTS))[0]
        return readout.double().eval()(hidden).numpy()


class Half(nn.Module):
    def forward(self, weight):
        return weight / 2


def pruned(kind, name):
    module = layer(kind)
    prune.random_unstructured(module, name, amount=0.3)
    return module


def parametrized(module, name):
    parametrize.register_parametrization(module, name, Half())
    return module


@pytest.mark.parametrize(
    ("module", "readout"),
    [
        *(
            (lambda kind=kind, name=name: pruned(kind, name), linear)
            for kind, name in (("RNN", "bias_ih_l0"), ("GRU", "weight_hh_l0"), ("LSTM", "bias_hh_l0"))
        ),
        (lambda: parametrized(layer(), "weight_hh_l0"), lambda: parametrized(linear(), "weight")),
        (layer, lambda: nn.utils.parametrizations.spectral_norm(linear())),
        (layer, lambda: nn.utils.spectral_norm(linear())),
        (layer, lambda: nn.Sequential(nn.Dropout(0.5), linear())),
        (layer, lambda: nn.Sequential(linear(), nn.Softmax(-1))),
        (lambda: layer().bfloat16(), lambda: linear().bfloat16()),
        (lambda: layer("LSTM", bias=False).half(), linear),
        (lambda: layer("RNN", nonlinearity="relu").requires_grad_(False), lambda: linear(1, bias=False)),
    ],
)
def test_effective_weights_are_read(module, readout):
    module, readout = module(), readout()
    run = euler(from_torch(module, readout), INPUTS)
    assert run.rates.std() > 0.05
    np.testing.assert_allclose(run.outputs, home(module, readout), rtol=0, atol=1e-9)


@pytest.mark.filterwarnings("ignore:.*weight_norm.*deprecated")
def test_old_weight_normalisation_is_read_as_after_the_last_step_of_training():
    module = nn.utils.weight_norm(layer(), "weight_hh_l0")
    with torch.no_grad():
        module.weight_hh_l0_g.mul_(3)
    run = euler(from_torch(module, linear()), INPUTS)
    np.testing.assert_allclose(run.outputs, home(module, linear()), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("kind", "options"), [("RNNCell", {"nonlinearity": "relu"}), ("GRUCell", {}), ("LSTMCell", {})]
)
def test_cells_are_layers(kind, options):
    torch.manual_seed(1)
    cell, readout = getattr(nn, kind)(3, 5, dtype=torch.float64, **options), linear(dtype=torch.float64)
    state, expected = None, []
    with torch.no_grad():
        for step in torch.as_tensor(INPUTS).unbind(1):
            state = cell(step, state)
            expected.append(readout(state[0] if kind == "LSTMCell" else state))
    run = euler(from_torch(cell, readout), INPUTS)
    np.testing.assert_allclose(run.outputs, torch.stack(expected, 1).numpy(), rtol=0, atol=1e-12)


def test_chaotic_layers_are_taken_in_spite_of_rounding():
    module, readout = layer(), linear()
    with torch.no_grad():
        module.weight_hh_l0.mul_(50)
    run = euler(from_torch(module, readout), INPUTS)
    np.testing.assert_allclose(run.outputs, home(module, readout), rtol=0, atol=1e-9)


class Counting(nn.GRU):
    calls = 0

    def forward(self, given, state=None):
        self.calls += 1
        torch.rand(1)
        return super().forward(given, state)


def test_the_users_objects_stay_as_they_were():
    torch.manual_seed(1)
    module, readout = Counting(3, 5).bfloat16(), nn.utils.parametrizations.spectral_norm(linear())
    module.weight_ih_l0.grad = torch.ones_like(module.weight_ih_l0)
    kept = [{name: value.clone() for name, value in part.state_dict().items()} for part in (module, readout)]
    random = torch.get_rng_state()
    assert from_torch(module, readout).units == 5
    assert module.calls == 0
    assert module.training
    assert readout.training
    assert torch.equal(torch.get_rng_state(), random)
    assert torch.equal(module.weight_ih_l0.grad, torch.ones_like(module.weight_ih_l0))
    for part, before in zip((module, readout), kept, strict=True):
        for name, value in part.state_dict().items():
            assert value.dtype == before[name].dtype
            assert torch.equal(value, before[name])


class Louder(nn.GRU):
    def forward(self, given, state=None):
        hidden, state = super().forward(given, state)
        return 1.01 * hidden, state


class Shifted(nn.Linear):
    def forward(self, given):
        return super().forward(given) + 1


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.head = layer(), linear()


def hooked(module):
    module.register_forward_hook(lambda module, given, found: 2 * found)
    return module


def with_nan():
    module = layer()
    with torch.no_grad():
        module.weight_hh_l0[1, 2] = torch.nan
    return module


def huge(scale, dtype=torch.float64):
    module = layer("RNN", nonlinearity="relu", dtype=dtype)
    with torch.no_grad():
        module.weight_hh_l0.mul_(scale)
    return module


def quantised(module):
    return torch.ao.quantization.quantize_dynamic(nn.Sequential(module), {type(module)})[0]


REFUSED = {
    "an own forward": (
        lambda: Louder(3, 5),
        linear,
        "GRU: must give the outputs .* a difference of 0.01 of their size",
    ),
    "a readout's own forward": (layer, lambda: Shifted(5, 2), "Linear: must give the outputs"),
    "hook": (lambda: hooked(layer()), linear, "GRU: must have no forward hooks.* handle.remove"),
    "hook of a readout": (layer, lambda: hooked(nn.Sequential(linear())), "Linear: must have no forward hooks"),
    "NaN": (with_nan, linear, r"GRU.weight_hh_l0: must be finite \(got nan at \[1, 2\]\)"),
    "huge": (lambda: huge(1e120), linear, r"weights\['recurrent'\]: must be at most 1e\+12 in magnitude"),
    "overflow": (lambda: huge(1e11, torch.float32), linear, "RNN: must give the outputs .*not finite"),
    "complex": (lambda: layer("RNN", dtype=torch.complex64), linear, "RNN.weight_ih_l0: must hold real numbers"),
    "meta": (lambda: layer(device="meta"), linear, "GRU.weight_ih_l0: must have values .*meta device"),
    "lazy": (layer, lambda: nn.LazyLinear(2), "Linear.weight: must have values .*lazy"),
    "layers": (lambda: layer(num_layers=2), linear, r"GRU.num_layers: must be 1 \(got 2\); train one layer"),
    "directions": (lambda: layer(bidirectional=True), linear, "GRU.bidirectional: must be False"),
    "projection": (lambda: layer("LSTM", proj_size=2), linear, r"LSTM.proj_size: must be 0 \(got 2\)"),
    "width": (layer, lambda: nn.Linear(8, 2), r"Linear.in_features: must be 5, .*of the GRU \(got 8\)"),
    "linear as layer": (linear, linear, r"from_torch.module: must be .*\(got a torch.nn.modules.linear.Linear\)"),
    "model": (Model, lambda: None, r"give its layers: from_torch\(model.rnn, model.head\)"),
    "sequence": (lambda: nn.Sequential(layer(), linear()), lambda: None, r"from_torch\(model\[0\], model\[1\]\)"),
    "two layers": (lambda: nn.Sequential(layer(), layer()), lambda: None, "one layer, this has 2"),
    "parallel": (lambda: nn.DataParallel(layer()), linear, "give what is inside it, model.module"),
    "compiled": (lambda: torch.compile(layer()), linear, "give what is inside it, module._orig_mod"),
    "list": (lambda: [layer(), linear()], linear, r"got a list\); give the layers one by one"),
    "weights": (lambda: layer().state_dict(), linear, "load these weights into a layer"),
    "class": (lambda: nn.GRU, linear, r"got the class GRU\); give the object, not its class"),
    "file": (lambda: "gru.pt", linear, "load the file with its own library"),
    "nothing": (lambda: None, linear, r"from_torch.module: must be .*\(got None\)"),
    "no readout": (layer, lambda: None, r"from_torch.linear: must be .*\(got None\)"),
    "identity": (layer, nn.Identity, "from_torch.linear: must be .*Identity"),
    "empty": (layer, nn.Sequential, "from_torch.linear: must be .*Sequential"),
    "layers behind": (layer, lambda: nn.Sequential(linear(), nn.ReLU(), nn.Linear(2, 2)), "Linear, ReLU, Linear"),
    "log": (layer, lambda: nn.Sequential(linear(), nn.LogSoftmax(-1)), "its Linear alone, and readout='softmax'"),
    "over time": (layer, lambda: nn.Sequential(linear(), nn.Softmax(1)), r"Softmax.dim: must be -1.*\(got 1\)"),
}


# As of torch.compile, which loads torch.jit.
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_taken_is_refused_in_one_line(name):
    module, readout, message = REFUSED[name]
    with pytest.raises(InputError, match=message) as refusal:
        from_torch(module(), readout())
    assert "\n" not in str(refusal.value)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*quantize_per_tensor:UserWarning")
def test_quantised_and_scripted_modules_are_refused():
    with pytest.raises(InputError, match="give the module as it was before quantisation"):
        from_torch(quantised(layer()), linear())
    with pytest.raises(InputError, match=r"from_torch.linear: .* give the module as it was before quantisation"):
        from_torch(layer(), quantised(linear()))
    with pytest.raises(InputError, match=r"give the module as it was before torch.jit"):
        from_torch(torch.jit.script(layer()), linear())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dt": "10 ms"}, "from_torch.dt: must be a number"),
        ({"dt": 10.0}, "from_torch.dt: must be from 0.0001 s to 5 s"),
        ({"readout": "Softmax"}, "from_torch.readout: must be a known name .*did you mean softmax"),
        ({"about": "digits"}, "from_torch.about: must be a dictionary"),
        ({"about": {"epochs": {1, 2}}}, r"from_torch.about: must hold JSON values only \(got a set at \['epochs'\]\)"),
        ({"about": {"loss": [{1: 0.5}]}}, r"from_torch.about: must have text as keys \(got the key 1\)"),
        ({"about": {"imported": 1}}, "from_torch.about: must not have the key 'imported'"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        from_torch(layer(), linear(), **options)


def test_a_second_softmax_is_refused_and_steps_may_have_a_unit():
    with pytest.raises(InputError, match=r"from_torch.readout: must be left out"):
        from_torch(layer(), nn.Sequential(linear(), nn.Softmax(-1)), readout="softmax")
    brian2 = pytest.importorskip("brian2")
    read = from_torch(layer(), linear(), dt=5 * brian2.ms, about={"epochs": np.int64(3)})
    assert read.dt == 0.005
    assert read.about["epochs"] == 3
    assert read.about["imported"]["layer"] == "GRU"
