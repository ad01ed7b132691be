"""Neuron models: one file each with its parameters, its f-I curve and its equations as text for the simulator.

A model is a `NeuronModel`; registering it here is all that a bank needs to use it.
"""

from biornn.theory.neurons.base import NeuronModel
from biornn.theory.neurons.lif import LIF, LIF_MODEL

NEURON_MODELS: dict[str, NeuronModel] = {"lif": LIF_MODEL}

__all__ = ["LIF", "LIF_MODEL", "NEURON_MODELS", "NeuronModel"]
