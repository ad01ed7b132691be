"""What a trial of spiking populations is before any spike: input, initial states of the filters, starting voltages.

In closed form, from the description alone; written for the second simulator.
"""

import numpy as np
from numpy.typing import NDArray

from biornn.core.spiking import Bank, Filter, SpikingNetwork
from biornn.theory.neurons.lif import firing_rate

Array = NDArray[np.float64]


def spikeless(network: SpikingNetwork, inputs: Array, at: Array) -> Array:
    """Return the part (S, U) of the unit states that no spike decides, at times `at` (S,) in s: input, initial state.

    Inputs (T, I) are held for a sampling step each.
    """
    (bank,), (item,) = network.banks, network.inputs
    tau, dt = bank.channels[item.channel].tau_decay, network.sample_dt
    target = inputs @ item.weight.T
    state = [bank.initial[item.channel]]
    for row in target:
        state.append(row + (state[-1] - row) * np.exp(-dt / tau))
    # The last sample ends at the trial's end, where nothing is held any more.
    step = np.minimum((at / dt + 1e-9).astype(int), len(inputs) - 1)
    since = at - step * dt
    external = target[step] + (np.array(state)[step] - target[step]) * np.exp(-since[:, None] / tau)
    name = network.projections[0].channel
    recurrent = decayed(bank.initial[name], bank.rising[name], bank.channels[name], at)
    return np.asarray(bank.offset + external + recurrent)


def decayed(initial: Array, rising: Array, synapse: Filter, at: Array) -> Array:
    """Return what is left at times `at` (S,) in s of the initial states (U,) of a filter and of its rise; (S, U)."""
    decay, rise, since = synapse.tau_decay, synapse.tau_rise, at[:, None]
    quick = np.exp(-since / np.where(rise > 0, rise, 1.0)) * (rise > 0)
    part = rising * rise / (rise - decay)
    return np.asarray(part * quick + (initial - part) * np.exp(-since / decay))


def started(bank: Bank, phase: Array) -> Array:
    """Return voltages (U, M) in V at a phase of the firing cycle that the unit's initial state drives.

    NEST keeps its refractory counter to itself; a neuron in its refractory period starts as far below the reset as
    lets it rise to it by the period's end.
    """
    parameters = bank.parameters
    steady = parameters["v_rest"] + bank.bias + bank.gain * bank.initial_state[:, None]
    hertz = firing_rate(parameters, steady)
    since = np.where(hertz > 0, phase / np.where(hertz > 0, hertz, 1.0), np.inf)
    rising = np.exp(-(since - parameters["t_ref"]) / parameters["tau_m"])
    return np.asarray(np.where(hertz > 0, steady - (steady - parameters["v_reset"]) * rising, steady))
