"""One program for any number of neurons per unit: its sources depend on no size, and every size has its own spikes."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from networks import leaky_network, random_trials, two_banks
from reference import simulate

from biornn import spiking
from biornn.spiking import cache, sizes
from biornn.spiking.compilation import compiler
from biornn.spiking.structure import structure

needs_compiler = pytest.mark.skipif(not compiler(), reason="needs a C++ compiler")


@needs_compiler
def test_other_numbers_of_neurons_never_compile_again(monkeypatch):
    spiking.run(leaky_network(), random_trials(leaky_network()), progress=False)
    # Tests that run beside this one compile into the same folder: it is the call that must not be made.
    monkeypatch.setattr(cache, "call_brian2", lambda *_: pytest.fail("compiled again"))
    for neurons in (1, 3, 64, 333):
        network = leaky_network(neurons=neurons)
        trials = random_trials(network, count=1)
        run = spiking.run(network, trials, seed=11, progress=False)
        _, spikes, _ = simulate(network, trials.inputs[0], seed=11, trial=0)
        assert len(spikes) > 20
        np.testing.assert_array_equal(run.spikes.neuron, spikes[:, 1])


GENERATE = """
import sys
from pathlib import Path
from biornn.spiking import build, sizes
from biornn.spiking.structure import Structure

structure, folder, per_unit = sys.argv[1:]
build.generated = lambda plan: sizes.generated(plan, int(per_unit))
build.compile_project = lambda *_: None
build.digests = lambda _: {}
build.compile_program(Structure.from_json(structure), Path(folder))
"""
"""Writes a program for a number of neurons per unit, without compiling it."""


def test_no_source_depends_on_the_size_that_it_was_generated_for(tmp_path):
    network = two_banks()
    noisy = replace(network, banks=tuple(replace(bank, noise=bank.noise + 0.002) for bank in network.banks))
    one, other = {}, {}
    for per_unit, texts in ((sizes.PER_UNIT, one), (5003, other)):
        folder = tmp_path / str(per_unit)
        folder.mkdir()
        call = [sys.executable, "-c", GENERATE, structure(noisy).to_json(), str(folder), str(per_unit)]
        subprocess.run(call, check=True, capture_output=True)
        # Brian2 leaves the order of some lines to chance.
        texts |= {path.relative_to(folder): sorted(path.read_text().splitlines()) for path in folder.rglob("*.cpp")}
    assert len(one) > 20
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
    assert any("biornn::neurons<1>()" in line for line in one[Path("code_objects/bank_1_gather_codeobject.cpp")])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("char* all = new char[{bytes}];", "in objects.cpp"),
        ("const int _num__array_bank_0_neurons_v = 100;", "in objects.cpp"),
        ("// no array of the second bank: {first}, {after}", "in the whole program"),
    ],
    ids=["derived", "fixed", "absent"],
)
def test_a_size_written_in_an_unknown_way_is_refused(line, said, tmp_path):
    plan = structure(two_banks())
    numbers = sizes.generated(plan)
    first, second = numbers.values()
    known = f"int a = {first}, b = {first + 1};\n" + (
        "" if "second" in line else f"int c = {second}, d = {second + 1};\n"
    )
    text = line.format(bytes=8 * first, first=first, after=first + 1)
    (tmp_path / "objects.cpp").write_text(known + text)
    with pytest.raises(RuntimeError, match=f"writes sizes of arrays in an unknown way: .* {said}"):
        sizes.read_at_start(plan, numbers, tmp_path)


@pytest.mark.parametrize("units", [(1, 1), (4, 4), (32, 64), (64, 32), (1, sizes.PER_UNIT), (1, 2 * sizes.PER_UNIT)])
def test_sizes_of_banks_cannot_be_mistaken_for_each_other_or_for_numbers_of_units(units):
    plan = structure(two_banks())
    banks = tuple(replace(bank, units=count) for bank, count in zip(plan.banks, units, strict=True))
    first, second = sizes.generated(replace(plan, banks=banks)).values()
    assert (first % units[0], second % units[1]) == (0, 0)
    meanings = [*units, plan.steps_per_sample]
    for size in (first, second):
        meanings += [size - 1, size, size + 1, size + 2, size // 2, 2 * size, 4 * size, 8 * size]
    assert len(set(meanings)) == len({*units}) + 1 + 16
