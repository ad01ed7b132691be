"""A second simulator: the same populations in NEST, as an explicit network of neurons and synapses.

    pip install nest-simulator
    python benchmarks/second_simulator.py                       # Go/NoGo at M = 20 and 50, and with exact spike times
    python benchmarks/second_simulator.py --neurons 20

NEST shares nothing with `biornn.spiking` but the description it runs. There are no populations and no unit states in
it: neuron k of unit j is connected to neuron l of unit i by a synapse of weight ``gain[i, l] W[i, j] decoder[j, k]``,
N^2 M^2 times the share of non-zero weights, so that the network without unit states is measured as well. Membranes and
synapses are integrated exactly, currents included. Two neuron models are used:

* ``iaf_psc_exp_multisynapse`` on the grid of dt, with synapses of two time constants;
* ``iaf_psc_exp_ps``, whose spikes have exact times (Hanuschkin et al. 2010, Front. Neuroinform. 4:113): the limit
  dt -> 0. Its synapses have one time constant, so it runs populations whose lead is not taken back (``lead=0``).

Unit states and outputs are read from leaky nodes without threshold that listen to the neurons and send nothing.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from fidelity import FINE_STEP, OURS, USUAL_STEP, Point, drawn, measure, measures
from lines import Lines
from numpy.typing import NDArray

from biornn import bridge, compare, experiment, rate, store
from biornn.core import places
from biornn.core.recording import Recording
from biornn.core.seeds import generator
from biornn.core.spiking import Bank, Filter, SpikingNetwork
from biornn.core.trials import Trials
from biornn.theory.neurons.lif import firing_rate

Array = NDArray[np.float64]

NETWORK, NEURONS, EXACT_NEURONS = "go-nogo-sigmoid", (20, 50), 20
TRIALS = {20: 4, 50: 2}
EXACT_TRIALS = 2
MS, MV = 1e3, 1e3
GAP = 1.0
"""Silence between trials in s, in which synapses decay by ten of their longest time constants."""
HOLD = 1e-4
"""Step in s at which the part of a state that no spike decides, input and initial state, is renewed."""
EXACT = ", exact spike times"
NEVER = 1e9
"""Threshold in mV of nodes that only listen."""


def nest() -> Any:
    """Return the NEST module, or leave with a note on how to get it."""
    try:
        import nest as module
    except ImportError:
        sys.exit("second_simulator.py: needs NEST; install it by: pip install nest-simulator")
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
            sys.exit("second_simulator.py: runs neurons without noise, and exact spike times only with lead = 0")
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
            nodes = self.sim.Create(
                "iaf_psc_exp", bank.units, {**common, "tau_syn_ex": rise, "tau_syn_in": rise}
            )
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
        meter = self.sim.Create(
            "multimeter", 1, {"record_from": ["V_m"], "interval": self.network.sample_dt * MS}
        )
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


def simulated(point: Point, exact: bool) -> dict[str, Any]:
    """Map, simulate in NEST and compare one point; trials, calibration and measures are those of `fidelity.measure`."""
    network = store.load(store.find(point.network))
    task = experiment.task_of(network)
    calibration, fresh = drawn(task, point)
    snn, fit = bridge.Population(neurons_per_unit=point.neurons_per_unit, dt=point.dt, lead=point.lead)(
        network, calibration
    )
    twin = Twin(snn, exact)
    # Seeds of their own: no run starts at phases that biornn's runs start at.
    seeds = [experiment.derived_seed(point.seed, "spiking", 1000 + repeat) for repeat in range(point.repeats)]
    runs = [twin.run(fresh, seed) for seed in seeds]
    report = compare.compare(rate.run(network, fresh), runs, task.part("test"), fresh, seed=point.seed)
    return {**asdict(point), "measured_lead": fit.lead, **measures(report, runs)}


def points(neurons: Sequence[int]) -> list[Point]:
    """Return the points of both simulators, on the grid and, where the lead is not taken back, with exact times."""
    name = f"NEST {nest().__version__}"
    grid = [Point(NETWORK, m, trials=TRIALS.get(m, 1), simulator=each) for m in neurons for each in (OURS, name)]
    plain = {"neurons_per_unit": EXACT_NEURONS, "lead": 0.0, "trials": EXACT_TRIALS}
    ours = [Point(NETWORK, dt=dt, **plain) for dt in (USUAL_STEP, FINE_STEP)]
    return [*grid, *ours, Point(NETWORK, dt=FINE_STEP, simulator=f"{name}{EXACT}", **plain)]


def main() -> None:
    """Measure what is missing and print both simulators side by side."""
    parser = argparse.ArgumentParser(description="The same populations in NEST.")
    parser.add_argument("--neurons", nargs="*", type=int, default=list(NEURONS), metavar="M")
    parser.add_argument("--kept", type=Path, default=places.cache() / "fidelity" / "rows.jsonl", help="results so far")
    asked = parser.parse_args()
    kept = Lines(asked.kept)
    for point in points(asked.neurons):
        if not kept.find(asdict(point)):
            ours = point.simulator == OURS
            kept.add(measure(point) if ours else simulated(point, exact=point.simulator.endswith(EXACT)))
        (row,) = kept.find(asdict(point))
        print(row["simulator"], row["neurons_per_unit"], row["dt"], row["state"], row["readout"], row["mean_rate_hz"])


if __name__ == "__main__":
    main()
