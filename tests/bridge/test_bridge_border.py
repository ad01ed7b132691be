"""The border of the bridge: one line for whatever is no network, no trials, no setting, or has no effect."""

import re
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from biornn import bridge, tasks
from biornn.bridge import Fit, Kim, OneToOne, Population, predict, predicted_unit_rate, shortest_step
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording
from biornn.core.task import Score
from biornn.core.trials import Trials

UNITS = 4


def never(*_):
    raise AssertionError("simulated")


def network(cell="leaky", *, tau=0.1, dt=0.01, activation="sigmoid", inputs=1):
    random = np.random.default_rng(0)
    lead = (3,) if cell == "gru" else ()
    weights = {
        "recurrent": random.normal(0, 0.3, (*lead, UNITS, UNITS)),
        "input": random.normal(size=(*lead, UNITS, inputs)),
        "bias": np.zeros((*lead, UNITS)),
        "output": random.normal(size=(1, UNITS)),
        "output_bias": np.zeros(1),
        "initial_state": np.zeros(UNITS),
    }
    weights |= {"recurrent_bias": np.zeros(UNITS)} if cell == "gru" else {}
    none = np.zeros(UNITS)
    return RateNetwork(weights, activation, np.full(UNITS, tau), dt, none, none, cell=cell)


def trials(count=3, steps=20, dt=0.01, inputs=1):
    values = np.random.default_rng(1).normal(size=(count, steps, inputs))
    return Trials(values, np.zeros((count, steps, 1)), np.ones((count, steps)), dt)


MAPPINGS = {
    "Population": Population(5, lead=0.0),
    "OneToOne": OneToOne(lead=0.0),
    "Kim": Kim(never, never, unit_rates=(20.0,)),
}
SNN, FIT = MAPPINGS["Population"](network(), trials())


class Silent:
    """An object whose text fails."""

    def __str__(self):
        raise RuntimeError("no text")


def quantity(name):
    b2 = pytest.importorskip("brian2")
    return 3 * getattr(b2, name)


WRONG = {
    "None": lambda: None,
    "text": lambda: "fast",
    "markup": lambda: "[/red]\x1b[31m\n",
    "bytes": lambda: b"x",
    "list": lambda: [1, 2, 3],
    "text list": lambda: ["1", "2"],
    "ragged": lambda: [[1.0], [1.0, 2.0]],
    "dict": lambda: {"a": 1},
    "numbered dict": lambda: {3: 4},
    "set": lambda: {1, 2},
    "slice": lambda: slice(3),
    "nan": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "huge": lambda: 2**80,
    "tiny": lambda: -1e-320,
    "complex": lambda: 1 + 2j,
    "matrix": lambda: np.zeros((2, 3)),
    "empty": lambda: np.zeros(0),
    "masked": lambda: np.ma.masked_array([1.0, 2.0], [0, 1]),
    "object": Silent,
    "class": lambda: Population,
    "date": lambda: np.datetime64("2020-01-01"),
    "kilogram": lambda: quantity("kilogram"),
}
ACCEPTS = {
    ("None", "target_nrmse"), ("None", "lead"), ("None", "refit"), ("None", "synapse"), ("None", "dt"),
    ("matrix", "noise"), ("dict", "neurons"), ("list", "unit_rates"), ("empty", "unit_rates"),
}  # fmt: skip


def one_line(where, call):
    """Check that a call is refused in one line that names what was wrong, and return the line."""
    with pytest.raises(InputError, match=re.escape(where)) as found:
        call()
    text = str(found.value)
    assert len(text.splitlines()) == 1
    assert "\x1b" not in text
    assert len(text) < 500
    return text


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("mapping", [Population, OneToOne, Kim])
def test_no_setting_takes_what_it_is_not(mapping, kind):
    base = {"simulate": never, "score": never} if mapping is Kim else {}
    for item in fields(mapping):
        if (kind, item.name) not in ACCEPTS:
            given = {**base, item.name: WRONG[kind]()}
            one_line(f"{mapping.__name__}.{item.name}", lambda given=given: mapping(**given))


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("name", MAPPINGS)
def test_mappings_refuse_what_is_no_network_and_what_are_no_trials(name, kind):
    value = WRONG[kind]()
    one_line(f"{name}: network", lambda: MAPPINGS[name](value, trials()))
    one_line(f"{name}: trials", lambda: MAPPINGS[name](network(), value))
    if kind != "None":
        one_line("progress", lambda: MAPPINGS[name](network(), trials(), value))


@pytest.mark.parametrize("kind", WRONG)
def test_predictions_refuse_what_they_cannot_use(kind):
    value, states = WRONG[kind](), np.zeros((3, UNITS))
    one_line("predict: network", lambda: predict(value, SNN, trials()))
    one_line("predict: spiking", lambda: predict(network(), value, trials()))
    one_line("predict: trials", lambda: predict(network(), SNN, value))
    one_line("predict: seed", lambda: predict(network(), SNN, trials(), seed=value))
    one_line("predicted_unit_rate: network", lambda: predicted_unit_rate(value, states))
    one_line("predicted_unit_rate: states", lambda: predicted_unit_rate(network(), value))
    one_line("predicted_unit_rate: noise", lambda: predicted_unit_rate(network(), states, value))


@pytest.mark.parametrize("kind", WRONG)
def test_the_search_for_the_shortest_step_refuses_what_it_cannot_use(kind):
    value = WRONG[kind]()
    right = {
        "mapping": Population(4),
        "network": network(tau=0.01),
        "calibration": trials(),
        "judged": trials(),
        "simulate": never,
        "score": never,
    }
    for name in (*right, "durations", "loss", "state_nrmse"):
        if (name, kind) in {("state_nrmse", "None"), ("durations", "list")}:
            continue
        given = {**right, name: value}
        where = "shortest_step" if name != "calibration" else "shortest_step: trials"
        one_line(where, lambda given=given: shortest_step(**given))


@pytest.mark.parametrize("kind", WRONG)
def test_fits_are_checked(kind):
    for name in ("low", "high", "residual", "spread", "rate", "largest_rate", "lead", "classes"):
        if (name, kind) == ("lead", "tiny"):
            continue
        one_line("Fit.", lambda name=name: replace(FIT, **{name: WRONG[kind]()}))


def test_objects_in_the_wrong_order_are_named():
    for name, mapping in MAPPINGS.items():
        text = one_line(
            f"{name}: network: must be a RateNetwork (got a Trials)", lambda m=mapping: m(trials(), network())
        )
        assert "first" in text
    one_line("Population: trials: must be a Trials", lambda: Population()(network(), SNN))
    text = one_line("the class GoNoGo; call it, GoNoGo()", lambda: Population()(network(), tasks.GoNoGo))
    assert text.startswith("Population: trials")
    one_line("Population: trials", lambda: Population()(network(), "go-nogo"))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([item.name for item in fields(Population)]), st.one_of(
    st.integers(), st.floats(), st.text(max_size=5), st.booleans(), st.none(), st.complex_numbers(),
    st.lists(st.floats(), max_size=3), st.tuples(st.floats(0, 100), st.floats(0, 100)),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
))  # fmt: skip
def test_settings_are_taken_or_refused_in_one_line(name, value):
    try:
        made = Population(**{name: value})
    except InputError as found:
        refusal = str(found)
    else:
        refusal = f"taken: {getattr(made, name) is not None or value is None}"
    assert refusal.startswith("taken: True") or len(refusal.splitlines()) == 1
    assert refusal.startswith(("taken: True", "Population."))


class Described(tasks.Arrays):
    def describe(self):
        return {"task": self.name, "in_memory": {}}


@pytest.mark.parametrize("name", MAPPINGS)
def test_a_task_in_place_of_trials_has_them_drawn_from_its_training_part(name):
    signal = np.random.default_rng(0).normal(size=(50, 20, 1))
    task = Described(signal, signal, dt=0.01)
    snn, _ = MAPPINGS[name](network(), task)
    seeds = np.random.SeedSequence(0, spawn_key=(3, 0))
    same, _ = MAPPINGS[name](
        network(), task.part("train").trials(32, int(np.random.default_rng(seeds).integers(2**62)))
    )
    other, _ = MAPPINGS[name](network(), task.part("train").trials(32, 1))
    np.testing.assert_array_equal(snn.banks[0].gain, same.banks[0].gain)
    assert name == "Kim" or not np.array_equal(snn.banks[0].gain, other.banks[0].gain)
    assert predict(network(), MAPPINGS["Population"](network(), task)[0], task).mean_rate_hz > 0


def test_neurons_are_told_from_neurons_per_unit():
    text = one_line("Population.neurons", lambda: Population(neurons=5))
    assert "did you mean neurons_per_unit=5?" in text
    assert Population(50).neurons_per_unit == 50


def test_noise_in_millivolt_is_hinted_at():
    for make in (Population, OneToOne, lambda noise: Kim(never, never, noise=noise)):
        assert "1.5 mV is 0.0015" in one_line("noise: must be from 0 to 0.1 (got 1.5)", lambda m=make: m(noise=1.5))
        one_line("must be 0 or at least 1e-09", lambda m=make: m(noise=1e-320))
    one_line("Population.noise: must be in volts", lambda: Population(noise=quantity("second")))


CONFLICTS = [
    (
        {"target_nrmse": 0.1, "neurons_per_unit": 20},
        "leaky",
        "Population.neurons_per_unit: must be left out with target",
    ),
    ({"non_negative": True, "tuning": "on-off"}, "leaky", "Population.tuning: must be 'rising' with non_negative"),
    ({"ridge": 0.1}, "leaky", "Population.ridge: must be left out without refit"),
    ({"synapse": 0.01}, "leaky", "Population.synapse: must be left out for a leaky network"),
    ({"step_duration": 0.2}, "leaky", "Population.step_duration: must be left out but for a discrete network"),
    ({"step_duration": 0.2}, "gru", "Population.step_duration: must be left out but for a discrete network"),
    ({"neurons": {"units": 5}}, "leaky", "Population.neurons: must be left out for a leaky network"),
    ({"target_nrmse": 0.1}, "gru", "Population.target_nrmse: must be left out but for a leaky network"),
    ({"target_nrmse": 0.1}, "discrete", "Population.target_nrmse: must be left out but for a leaky network"),
    ({"readout_tau": 0.05}, "discrete", "Population.readout_tau: must be left out for a discrete network"),
]


@pytest.mark.parametrize(("options", "cell", "message"), CONFLICTS)
def test_settings_that_would_have_no_effect_are_refused_by_name(options, cell, message):
    own = {"leaky": network(), "gru": network("gru"), "discrete": network(tau=0.01)}[cell]
    one_line(message, lambda: Population(**options)(own, trials()))


def test_limits_and_durations_that_would_have_no_effect_are_refused():
    own, given = network(tau=0.01), {"simulate": never, "score": never}
    for mapping, limits, message in (
        (Population(4, step_duration=0.2), {}, "shortest_step: step_duration: must be left out of the mapping"),
        (Population(4), {"loss": 0.1, "state_nrmse": 0.1}, "shortest_step: loss: must be left out with state_nrmse"),
    ):
        one_line(message, lambda m=mapping, o=limits: shortest_step(m, own, trials(), trials(), **given, **o))


def test_mappings_work_on_one_thread_and_leave_the_rest_as_it_was():
    def counts():
        return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]

    def simulate(*_):
        seen.append(set(counts()))
        return Recording(0.01, np.zeros((3, 20, UNITS)), np.zeros((3, 20, UNITS)), np.zeros((3, 20, 1)), SNN, 0)

    seen, before = [], counts()
    Kim(simulate, lambda *_: Score(np.ones(3)), unit_rates=(20.0, 30.0))(network(), trials())
    assert seen == [{1}, {1}]
    assert counts() == before


def test_the_irregular_preset_and_its_own_settings_are_refused_together():
    for name, value in (("noise", 0.001), ("peak_rates", (10, 20))):
        one_line(
            f"Population.irregular: {name}: must be left out", lambda n=name, v=value: Population.irregular(**{n: v})
        )
    one_line("Population.irregular: argument: must be a known name", lambda: Population.irregular(neuron_per_unit=5))
    one_line("Population.neuron: must be a Neuron", lambda: Population.irregular(neuron=5))
    assert Population.irregular(neurons_per_unit=7).noise == pytest.approx(0.0075)


def test_predictions_of_gated_networks_say_what_to_do_instead():
    for own in (network("gru"), network(tau=0.01)):
        snn, _ = Population(5, lead=0.0)(own, trials())
        text = one_line("RateNetwork.cell", lambda o=own, s=snn: predict(o, s, trials()))
        assert "spiking.run" in text
        assert "bridge.Population" not in text
    assert "use bridge.Population" in one_line("RateNetwork.cell", lambda: OneToOne()(network("gru"), trials()))


def test_networks_that_explode_and_trials_that_move_nothing_are_refused():
    wild = network(activation="relu").with_weights(recurrent=np.full((UNITS, UNITS), 1e12))
    for mapping in MAPPINGS.values():
        one_line("RateNetwork: must keep ", lambda m=mapping: m(wild, trials()))
    loud = network(activation="relu").with_weights(input=np.full((UNITS, 1), 1e12))
    one_line("RateNetwork: must keep its states below 1e+09", lambda: Population(5)(loud, trials()))
    still = network().with_weights(recurrent=np.zeros((UNITS, UNITS)), input=np.zeros((UNITS, 1)))
    snn, _ = Population(5)(still, trials())
    one_line("predict: trials: must move the network's states", lambda: predict(still, snn, trials()))


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("cell", ["leaky", "gru", "discrete"])
def test_very_short_trials_are_mapped(cell, steps):
    own = {"leaky": network(), "gru": network("gru"), "discrete": network(tau=0.01)}[cell]
    _, fit = Population(5)(own, trials(2, steps))
    assert fit.rate.mean() > 0


@pytest.mark.parametrize("rate", [30, 60, 128, 256])
def test_data_at_any_rate_are_mapped_with_a_step_that_divides(rate):
    own, some = network(dt=1 / rate), trials(dt=1 / rate)
    for mapping, longest in (("Population", 1e-4), ("OneToOne", 1e-4), ("Kim", 5e-5)):
        snn, _ = MAPPINGS[mapping](own, some)
        assert longest / 2 < snn.dt <= longest
        assert snn.steps_per_sample * snn.dt == pytest.approx(1 / rate, rel=1e-9)
    for refused in (Population(5, dt=1e-4), OneToOne(dt=1e-4)):
        text = one_line("must divide the step of the trials", lambda m=refused: m(own, some))
        named = float(text.split("give ")[1].split(" s")[0])
        assert replace(refused, dt=named, lead=0.0)(own, some)[0].dt == named


def test_usual_steps_and_those_of_discrete_networks_stay_as_they_are():
    assert SNN.dt == 1e-4
    own = network(tau=1 / 30, dt=1 / 30)
    snn, _ = Population(5, lead=0.0)(own, trials(dt=1 / 30))
    assert (snn.dt, snn.trial_dt) == (1e-4, 1 / 30)
    one_line("Population.dt: must divide the sampling step", lambda: Population(5, dt=3e-4)(own, trials(dt=1 / 30)))


def test_a_bar_is_shown_for_long_work_only(monkeypatch, capsys):
    monkeypatch.setattr("biornn.bridge.border.DELAY", 0.0)
    for name, mapping in MAPPINGS.items():
        mapping(network(), trials(), progress=False)
        assert capsys.readouterr().err == ""
        mapping(network(), trials())
        assert ("calibrating" if name == "Kim" else "mapping") in capsys.readouterr().err
    predict(network(), SNN, trials())
    assert "predicting" in capsys.readouterr().err
    monkeypatch.undo()
    Population(5, lead=0.0)(network(), trials())
    assert capsys.readouterr().err == ""


def test_a_scorer_that_returns_no_score_is_named():
    def simulate(*_):
        return Recording(0.01, np.zeros((3, 20, UNITS)), np.zeros((3, 20, UNITS)), np.zeros((3, 20, 1)), SNN, 0)

    kim = Kim(simulate, lambda *_: 0.5, unit_rates=(20.0, 30.0))
    one_line("Kim.score: must be a Score (got 0.5)", lambda: kim(network(), trials()))
    given = {"simulate": simulate, "score": lambda *_: 0.5}
    one_line(
        "shortest_step: score: must be a Score (got 0.5)",
        lambda: shortest_step(Population(4), network(tau=0.01), trials(), trials(), **given),
    )


def test_public_names_are_all_tried_here():
    records = {"Prediction", "ShortestStep", "Tried"}
    tried = {call.__name__ for call in (Population, OneToOne, Kim, predict, predicted_unit_rate, shortest_step, Fit)}
    assert set(bridge.__all__) == tried | records
