"""The printed fit: plain statements, each with its number."""

from dataclasses import replace

import numpy as np
import pytest
from test_bridge_border import FIT, network, never, trials

from biornn.bridge import Kim, OneToOne, Population
from biornn.bridge.code.dale import Classes


@pytest.mark.parametrize(
    ("lead", "line"),
    [
        (0.0024, "timing          populations run 2.4 ms ahead; synapses with a 2.4 ms rise compensate"),
        (-0.0012, "timing          populations lag by 1.2 ms; synapses that decay 1.2 ms faster compensate"),
        (0.0, "timing          populations keep time with their states"),
    ],
)
def test_the_lead_is_told_in_words(lead, line):
    assert line in str(replace(FIT, lead=lead))


def test_dales_law_is_told_in_words():
    assert "Dale's law      not imposed" in str(FIT)
    kept = Classes(np.array([[1.0, 1.0, -1.0, 0.0]]), 0)
    assert "Dale's law      kept by every neuron: 2 excitatory, 1 inhibitory\n" in str(replace(FIT, classes=kept))
    odd = str(replace(FIT, classes=kept._replace(differing=1)))
    assert "2 excitatory, 1 inhibitory; 1 of another class than their unit" in odd
    _, fit = Population(8, dale=True, lead=0.0)(network(), trials())
    assert "Dale's law      kept by every neuron" in str(fit)


def test_silent_units_are_named():
    assert "silent units    none" in str(FIT)
    assert "silent units    1 (unit 2)" in str(replace(FIT, largest_rate=np.array([5.0, 5.0, 0.0, 5.0])))


def test_lowered_peak_rates_are_told():
    for mapping in (Population(8, mean_rate=5, lead=0.0), OneToOne(mean_rate=20, lead=0.0)):
        _, fit = mapping(network(), trials())
        assert 0.05 < fit.lowered < 0.9
        assert f"peak rates      lowered to {fit.lowered:.0%} of those asked for, to keep mean_rate" in str(fit)
    _, fit = Population(8, mean_rate=500, lead=0.0)(network(), trials())
    assert fit.lowered == 1
    assert "lowered" not in str(fit)


def test_the_published_map_tells_its_own_rise():
    _, fit = Kim(never, never, unit_rates=(20.0,))(network(), trials())
    assert "synapses have a 2.0 ms rise, as published" in str(fit)
    assert "1 / lambda      20 Hz stand for an output of 1" in str(fit)
