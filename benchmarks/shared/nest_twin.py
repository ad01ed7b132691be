"""The twin of a described network in NEST: neurons and synapses, no populations and no unit states.

NEST shares nothing with `biornn.spiking` but the description it runs. Neuron k of unit j is connected to neuron l of
unit i by a synapse of weight ``gain[i, l] W[i, j] decoder[j, k]``, N^2 M^2 of them times the share of non-zero weights,
so that the network without unit states is measured as well. Membranes and synapses are integrated exactly, currents
included. Two neuron models are used:

* ``iaf_psc_exp_multisynapse`` on the grid of dt, with synapses of two time constants;
* ``iaf_psc_exp_ps``, whose spikes have exact times (Hanuschkin et al. 2010, Front. Neuroinform. 4:113): the limit
  dt -> 0. Its synapses have one time constant, so it runs populations whose lead is not taken back (``lead=0``).

Unit states and outputs are read from leaky nodes without threshold that listen to the neurons and send nothing.

Tried and dropped: nodes that pass a unit's state on to its neurons, which would save the M^2 synapses. No model of NEST
takes spikes and sends a current.
"""

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.shared.spikeless import decayed, spikeless, started
from biornn.core.recording import Recording
from biornn.core.seeds import generator
from biornn.core.spiking import Filter, SpikingNetwork
from biornn.core.trials import Trials

Array = NDArray[np.float64]

MS, MV = 1e3, 1e3
GAP = 1.0
"""Silence between trials in s, in which synapses decay by ten of their longest time constants."""
HOLD = 1e-4
"""Step in s at which the part of a state that no spike decides, input and initial state, is renewed."""
NEVER = 1e9
"""Threshold in mV of nodes that only listen."""


def nest() -> Any:
    """Return the NEST module, or leave with a note on how to get it."""
    try:
        import nest as module
    except ImportError:
        sys.exit("this needs NEST; install it by: pip install nest-simulator")
    module.verbosity = module.VerbosityLevel.ERROR
    return module


class Twin:
    """A described network of one bank of noise-free LIF neurons, built in NEST once and run trial after trial.

    Parameters
    ----------
    network : SpikingNetwork
        As `biornn.bridge.Population` makes it.
    exact : bool
        Whether spikes have exact times; the synapses must not rise then.
    """

    def __init__(self, network: SpikingNetwork, exact: bool) -> None:
        (self.bank,) = network.banks
        (self.projection,) = network.projections
        if self.bank.noise.any() or (exact and self.synapse.tau_rise.any()):
            sys.exit("nest_twin: runs neurons without noise, and exact spike times only with lead = 0")
        self.network, self.exact, self.sim = network, exact, nest()
        self.sim.ResetKernel()
        self.sim.set(resolution=network.dt * MS, local_num_threads=1)
        self.neurons = self._neurons()
        self.first = int(self.neurons[0].global_id)
        self._connect()
        self.states = self._listeners(self.synapse, self.projection.weight)
        self.reads = self._listeners(network.readout.synapse, np.eye(self.bank.units))
        self.drives = self._drives()
        self.meters = [self._meter(nodes) for nodes in (self.states, self.reads)]
        self.recorder = self.sim.Create("spike_recorder")
        self.sim.Connect(self.neurons, self.recorder, syn_spec={"delay": self.delay})

    @property
    def synapse(self) -> Filter:
        """Filter between units."""
        return self.bank.channels[self.projection.channel]

    @property
    def delay(self) -> float:
        """Shortest delay there is, one step in ms: biornn's spikes move their targets from the next step on."""
        return float(self.network.dt * MS)

    def _neurons(self) -> Any:
        bank, flat = self.bank, {name: np.ravel(value) for name, value in self.bank.parameters.items()}
        tau = np.repeat(self.synapse.tau_decay, bank.neurons_per_unit) * MS
        rise = np.repeat(self.synapse.tau_rise, bank.neurons_per_unit) * MS
        if self.exact:
            synapses = {"tau_syn_ex": tau, "tau_syn_in": tau}
        else:
            pairs = np.stack([tau, rise], axis=1)
            synapses = {"tau_syn": [pair[pair > 0].tolist() for pair in pairs]}
        return self.sim.Create(
            "iaf_psc_exp_ps" if self.exact else "iaf_psc_exp_multisynapse",
            bank.neurons,
            {
                "C_m": 1.0,
                "tau_m": flat["tau_m"] * MS,
                "t_ref": flat["t_ref"] * MS,
                "E_L": (flat["v_rest"] + bank.bias.ravel()) * MV,
                "V_reset": flat["v_reset"] * MV,
                "V_th": flat["v_threshold"] * MV,
                **synapses,
            },
        )

    def _connect(self) -> None:
        """Connect neurons with neurons, all synapses of a target unit at a time."""
        bank, size = self.bank, self.bank.neurons_per_unit
        decoder = bank.decoders[self.projection.decoder]
        per_state = bank.gain * MV / (bank.parameters["tau_m"] * MS)
        number = np.arange(bank.neurons).reshape(bank.units, size) + self.first
        for unit, row in enumerate(self.projection.weight):
            sources = np.flatnonzero(row)
            # Amplitude in units of state of one spike of each source neuron.
            effect = (row[sources, None] * decoder[sources]).ravel() * MS
            weight = np.outer(effect, per_state[unit]).ravel()
            before = np.repeat(number[sources].ravel(), size)
            after = np.tile(number[unit], len(effect))
            for receptor, share in self._receptors(unit):
                spec = {"weight": weight * share, "delay": np.full(weight.size, self.delay)}
                if not self.exact:
                    spec["receptor_type"] = np.full(weight.size, receptor)
                self.sim.Connect(before, after, "one_to_one", spec)

    def _receptors(self, unit: int) -> list[tuple[int, float]]:
        """Return receptors and amplitudes of a unit's synapse: a difference of two exponentials of unit area."""
        decay, rise = self.synapse.tau_decay[unit] * MS, self.synapse.tau_rise[unit] * MS
        share = 1 / (decay - rise)
        return [(1, share), (2, -share)] if rise > 0 else [(1, share)]

    def _listeners(self, synapse: Filter, weight: Array) -> Any:
        """Return one leaky node per unit whose voltage, in mV, is its activities through a filter."""
        bank, decay, rise = self.bank, synapse.tau_decay * MS, synapse.tau_rise * MS
        common = {"C_m": 1.0, "tau_m": decay, "E_L": 0.0, "V_reset": 0.0, "V_th": NEVER, "V_m": 0.0}
        if rise.any():
            nodes = self.sim.Create("iaf_psc_exp", bank.units, {**common, "tau_syn_ex": rise, "tau_syn_in": rise})
        else:
            nodes = self.sim.Create("iaf_psc_delta", bank.units, common)
        size = bank.neurons_per_unit
        target, source = np.nonzero(weight)
        effect = weight[target, source, None] * bank.decoders[self.projection.decoder][source] * MS
        effect /= (decay * np.where(rise > 0, rise, 1.0))[target, None]
        before = (source[:, None] * size + np.arange(size)).ravel() + self.first
        after = np.repeat(target, size) + int(nodes[0].global_id)
        spec = {"weight": effect.ravel(), "delay": np.full(effect.size, self.delay)}
        self.sim.Connect(before, after, "one_to_one", spec)
        return nodes

    def _drives(self) -> Any:
        """Return one current generator per unit, in units of state."""
        bank = self.bank
        per_state = bank.gain * MV / (bank.parameters["tau_m"] * MS)
        drives = self.sim.Create("step_current_generator", bank.units)
        for unit in range(bank.units):
            own = self.neurons[unit * bank.neurons_per_unit : (unit + 1) * bank.neurons_per_unit]
            weight = per_state[unit][:, None]
            self.sim.Connect(drives[unit], own, syn_spec={"weight": weight, "delay": self.delay})
        return drives

    def _meter(self, nodes: Any) -> Any:
        meter = self.sim.Create("multimeter", 1, {"record_from": ["V_m"], "interval": self.network.sample_dt * MS})
        self.sim.Connect(meter, nodes, syn_spec={"delay": self.delay})
        return meter

    def run(self, trials: Trials, seed: int) -> Recording:
        """Run trials, each from random phases of the firing cycle, and return what `biornn.spiking.run` would."""
        random = generator(seed, "spiking")
        results = [self._trial(inputs, random.random(self.bank.gain.shape)) for inputs in trials.inputs]
        states, read, rates = (np.stack(values) for values in zip(*results, strict=True))
        readout = self.network.readout
        return Recording(
            dt=self.network.sample_dt,
            states=states,
            rates=rates,
            outputs=read @ readout.weight.T + readout.bias,
            source=self.network,
            seed=seed,
            neurons=self.network.neurons,
            about={"nest": self.sim.__version__},
        )

    def _trial(self, inputs: Array, phase: Array) -> tuple[Array, Array, Array]:
        network, bank, sim = self.network, self.bank, self.sim
        duration = len(inputs) * network.sample_dt
        now = round(sim.biological_time, 6)
        start = now + GAP * MS
        held = np.arange(round(duration / HOLD)) * HOLD
        # A generator's value is felt one step after its time.
        times = np.concatenate([[now], start + held * MS]) - self.delay
        times[0] = now + self.delay
        free = spikeless(network, inputs, held + HOLD / 2)
        self.drives.set(
            [
                {"amplitude_times": times, "amplitude_values": np.concatenate([[low], values])}
                for low, values in zip(self._silencing(), free.T, strict=True)
            ]
        )
        sim.Simulate(GAP * MS)
        self.neurons.V_m = (started(bank, phase) * MV).ravel().tolist()
        for device in (self.recorder, *self.meters):
            device.n_events = 0
        sim.Simulate(duration * MS)
        # A multimeter hands over its last sample one step later.
        sim.Simulate(self.delay)
        at = (np.arange(len(inputs)) + 1) * network.sample_dt
        states, read = (self._sampled(meter, start, len(inputs)) for meter in self.meters)
        states = states + spikeless(network, inputs, at)
        readout = network.readout
        read = read + decayed(readout.initial, readout.initial, readout.synapse, at)
        counts = self._counts(start, len(inputs))
        # The next silence starts on a sample again.
        sim.Simulate(network.sample_dt * MS - self.delay)
        return states, read, counts / (bank.neurons_per_unit * network.sample_dt)

    def _silencing(self) -> Array:
        """Return states (U,) at which no neuron fires, whatever is left in its synapses."""
        bank = self.bank
        onset = (bank.parameters["v_threshold"] - bank.parameters["v_rest"] - bank.bias) / bank.gain
        return np.asarray(onset.min(axis=1) - 10 * np.abs(self.projection.weight).sum(axis=1))

    def _sampled(self, meter: Any, start: float, steps: int) -> Array:
        events = meter.get("events")
        kept = np.rint((events["times"] - start) / (self.network.sample_dt * MS)).astype(int)
        values = np.full((steps, self.bank.units), np.nan)
        inside = (kept >= 1) & (kept <= steps)
        first = events["senders"].min()
        values[kept[inside] - 1, events["senders"][inside] - first] = events["V_m"][inside]
        return values

    def _counts(self, start: float, steps: int) -> Array:
        events = self.recorder.get("events")
        sample = ((events["times"] - start - self.delay / 2) // (self.network.sample_dt * MS)).astype(int)
        unit = (events["senders"] - self.first) // self.bank.neurons_per_unit
        inside = (sample >= 0) & (sample < steps)
        flat = sample[inside] * self.bank.units + unit[inside]
        return np.bincount(flat, minlength=steps * self.bank.units).reshape(steps, self.bank.units)
