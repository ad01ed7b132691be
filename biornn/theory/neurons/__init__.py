"""Neuron models: one file each with its parameters, its f-I curve and its equations as text for the simulator.

A model is a `NeuronModel`, and its settings are a `Neuron`. A new one is one file like `integrator.py` and one line in
`NEURON_MODELS`; a model of your own script is registered by `register`.
"""

from biornn.core import checks, names
from biornn.theory.neurons.base import REQUIRED, Neuron, NeuronModel
from biornn.theory.neurons.integrator import INTEGRATOR_MODEL, Integrator
from biornn.theory.neurons.lif import LIF, LIF_MODEL

NEURON_MODELS: dict[str, NeuronModel] = {
    "lif": LIF_MODEL,
    "integrator": INTEGRATOR_MODEL,
}
"""Every neuron model by the name that a bank calls it."""

__all__ = ["LIF", "LIF_MODEL", "NEURON_MODELS", "Integrator", "Neuron", "NeuronModel", "register"]


def register(name: str, model: NeuronModel) -> None:
    """Give a user's neuron model a name, so that banks and settings can use it.

    Parameters
    ----------
    name : str
        Letters, digits and underscores; not the name of another model. The settings class has it as `model`.
    model : NeuronModel
        Its parameters hold ``t_ref``, ``v_rest``, ``v_reset`` and ``v_threshold``.

    Raises
    ------
    InputError
        A malformed or taken name, another object than a model, or a model without one of these parameters.
    """
    names.identifier("neuron model name", name)
    checks.instance("neuron model", model, NeuronModel, "make one: biornn.theory.neurons.NeuronModel(...)")
    if NEURON_MODELS.get(name, model) is not model:
        checks.refuse("neuron model name", "must not be taken by another model", repr(name), "choose another name")
    missing = [each for each in REQUIRED if each not in model.parameters]
    if missing:
        rule = f"must have the parameters {', '.join(REQUIRED)}"
        checks.refuse("neuron model", rule, f"none named {', '.join(missing)}", "add them to NeuronModel.parameters")
    NEURON_MODELS[name] = model
