"""Short trainings whose result must not depend on where they run; as a program, one process of several.

python trainings.py OUT.npz [HOST:PORT PROCESSES PROCESS]
"""

import sys

import numpy as np

from biornn import rate, tasks

SHORT = {
    "units": 12,
    "batch": 16,
    "steps": 12,
    "validate_every": 4,
    "goal": 1.0,
    "goal_loss": 0.0,
    "learning_rate": 1e-3,
}
CASES = {
    "leaky": {"rate_penalty": 0.1},
    "lstm": {"cell": "lstm"},
    "segments": {"cell": "gru", "segment": 30, "attention": 4},
}


def trained(cases=CASES):
    """Losses, validation and weights of each case by name."""
    found = {}
    for name, settings in cases.items():
        network = rate.train(tasks.FlipFlop(bits=1), **SHORT, **settings, progress=False)
        found[f"{name}/loss"] = np.array(network.about["loss"])
        found[f"{name}/validation"] = np.array(network.about["validation"])
        found |= {f"{name}/{key}": value for key, value in {**network.weights, "tau": network.tau}.items()}
    return found


if __name__ == "__main__":
    import warnings

    if sys.argv[2:]:
        rate.join(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    warnings.simplefilter("ignore")
    from biornn.rate.devices import choose

    np.savez(sys.argv[1], devices=choose(0, SHORT["batch"]).devices, first=rate.first(), **trained())
