"""The scaling and peer benchmarks: exponents, memory of processes below, and that a peer simulates the same network."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.shared import reference
from benchmarks.speed import peers, scaling
from biornn import spiking


def test_slope_is_the_exponent_of_a_power_law():
    sizes = np.array([1.0, 10.0, 100.0])
    assert scaling.slope(sizes, 3 * sizes**1.3) == pytest.approx(1.3)


@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="reads /proc")
def test_resident_memory_includes_processes_below():
    code = "held = b'1' * 300_000_000; print(len(held), flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        held = scaling.resident(child.pid)
        total = scaling.resident(os.getpid())
        child.communicate(b"\n")
    assert 3e8 < held < 4e8
    assert total > held


@pytest.mark.parametrize("make", [peers.jax_scan, peers.brainpy, peers.nengo], ids=["JAX", "BrainPy", "Nengo"])
def test_a_peer_fires_like_biornn(make):
    snn, trials, values = peers.setting(1)
    try:
        program = make(values)
    except ImportError:
        pytest.skip("not installed")
    count = spiking.run(snn, trials, seed=peers.SEED, progress=False).spikes.count
    assert count > 20 * reference.UNITS * reference.NEURONS
    assert program() == pytest.approx(count, rel=reference.AGREE)


def test_another_size_of_the_reference_network_keeps_its_rate_and_weights():
    small = scaling.network(units=20, neurons=10)
    assert small.neurons == 200
    assert np.count_nonzero(small.projections[0].weight) == 18 * 20
    assert reference.network(3560, 0.0).neurons == 10_000
