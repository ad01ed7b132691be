"""Irregular firing: how irregular `bridge.Population.irregular` is, and what it costs in fidelity.

    python -m benchmarks.studies.irregular                  # about five minutes on 2 cores

The network is ``models/go-nogo-sigmoid``. CV2 (Holt et al. 1996) is the median over neurons at constant states, 20 s at
each of several shares of the units' ranges, so that no slow change of the state can pass for irregularity; the usual
mapping is measured beside it. Fidelity is that of 64 fresh trials, 8 spiking runs of each.
"""

import argparse
from dataclasses import replace

import numpy as np

from biornn import bridge, experiment, spiking, store
from biornn.bridge import Fit
from biornn.compare.accuracy import wilson
from biornn.compare.spike_trains import median_cv2
from biornn.core.spiking import SpikingNetwork
from biornn.core.trials import Trials

NETWORK, SECONDS, SHARES, FEW, REPEATS = "go-nogo-sigmoid", 20.0, (0.2, 0.35, 0.5, 0.65), 20, 8


def hold(snn: SpikingNetwork, fit: Fit, share: float) -> SpikingNetwork:
    """Return a network of one bank with every unit held at a share of its range, cut off from all others."""
    bank = snn.bank(snn.observe)
    silent = {name: np.zeros_like(value) for name, value in bank.initial.items()}
    still = replace(bank, offset=fit.low + share * (fit.high - fit.low), initial=silent, rising=silent)
    cut = tuple(replace(route, weight=np.zeros_like(route.weight)) for route in snn.projections)
    return replace(snn, banks=(still,), projections=cut)


def regularity(mapping: bridge.Population, share: float) -> tuple[float, float]:
    """Return mean rate in Hz and median CV2 at constant states."""
    network = store.load(store.find(NETWORK))
    snn, fit = mapping(network, experiment.task_of(network).part("train").trials(32, 101))
    inputs = np.zeros((1, round(SECONDS / snn.sample_dt), network.inputs))
    trials = Trials(inputs, np.zeros((1, inputs.shape[1], 1)), np.ones((1, inputs.shape[1])), snn.sample_dt)
    run = spiking.run(hold(snn, fit, share), trials, progress=False)
    return float(run.rates.mean()), median_cv2(run.spikes)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, nargs="+", default=[50, 200], metavar="M", help="neurons of each unit")
    parser.add_argument("--trials", type=int, default=64, help="fresh trials")
    arguments = parser.parse_args()
    print("| share of the range | irregular: rate (Hz) | CV2 | usual: rate (Hz) | CV2 |\n|---|---|---|---|---|")
    for share in SHARES:
        irregular = regularity(bridge.Population.irregular(neurons_per_unit=FEW), share)
        usual = regularity(bridge.Population(neurons_per_unit=FEW), share)
        print(f"| {share} | {irregular[0]:.1f} | {irregular[1]:.2f} | {usual[0]:.1f} | {usual[1]:.2f} |", flush=True)
    print("\n| M | accuracy (95 % interval) | state.nrmse | bias | noise | readout.nrmse | mean rate (Hz) |")
    print("|---|---|---|---|---|---|---|")
    network = store.load(store.find(NETWORK))
    task = experiment.task_of(network)
    for neurons in arguments.neurons:
        mapping = bridge.Population.irregular(neurons_per_unit=neurons)
        report = experiment.compare(
            network, task, mapping, name=NETWORK, trials=arguments.trials, repeats=REPEATS, progress=False
        ).report
        low, high = wilson(report.accuracy.spiking, arguments.trials)
        print(
            f"| {neurons} | {report.accuracy.spiking:.3f} ({low:.2f} to {high:.2f}) | {report.state.nrmse:.3f} "
            f"| {report.state.bias:.3f} | {report.state.noise:.3f} | {report.readout.nrmse:.3f} "
            f"| {report.mean_rate_hz:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
