"""Structure to Brian2: the objects of one simulation, compiled or run by Brian2's numpy target.

This module runs as a program of its own (``python -m biornn.spiking.build``), so that Brian2's global device, its
seeds and its magic network never touch the caller's.
"""

import json
import re
import shutil
import sys
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from biornn.spiking import equations
from biornn.spiking.children import end_with_parent
from biornn.spiking.compilation import compile_project, compiler, digests
from biornn.spiking.noise import CPP, standard_normal
from biornn.spiking.operations import Compiled, Interpreted, Operations
from biornn.spiking.plain_brian2 import b2
from biornn.spiking.sizes import generated, read_at_start
from biornn.spiking.structure import FROM_FILES, PROGRESS, SPIKE_FILES, TRACE, BankStructure, Structure

LONGEST = 1e5 * b2.second
"""Compiled programs stop when their inputs do; this only has to be longer."""

WRITTEN = re.compile(
    r"    ofstream (?P<stream>\w+);\n"
    r'    (?P=stream)\.open\(results_dir \+ "(?P<file>[^"]+)", ios::binary \| ios::out\);\n'
    r"    if\((?P=stream)\.is_open\(\)\)\n    \{\n.*?\n    \} else\n    \{\n.*?\n    \}\n",
    re.DOTALL,
)
"""How Brian2's ``objects.cpp`` writes one array."""


@dataclass
class Simulation:
    """Brian2 objects of one simulation, by the names of `biornn.spiking.structure`."""

    network: Any
    objects: dict[str, Any]


def assemble(plan: Structure, operations: Operations, sizes: Mapping[str, int]) -> Simulation:
    """Return the Brian2 network of a structure, all values zero; `sizes` is the number of neurons of each bank."""
    b2.defaultclock.dt = plan.dt * b2.second
    clock = b2.Clock(plan.steps_per_sample * plan.dt * b2.second, name="sample_clock")
    objects: dict[str, Any] = {}
    for bank in plan.banks:
        units, neurons = _units(bank, plan.dt), _neurons(bank, sizes[bank.name])
        objects |= {units.name: units, neurons.name: neurons}
        for channel in bank.inputs:
            name = f"{bank.name}_{channel}_input"
            objects[name] = operations.hold(name, channel, units, clock)
        objects[f"{bank.name}_spread"] = operations.spread(bank, units, neurons)
        objects[f"{bank.name}_gather"] = operations.gather(bank, units, neurons)
        objects[f"{bank.name}_mute"] = operations.mute(bank, neurons)
        objects[f"{bank.name}_spikes"] = operations.record(bank, neurons)
        for name, group, variable in ((f"{bank.name}_voltages", neurons, "v"), (f"{bank.name}_currents", units, "x")):
            objects[name] = operations.trace(name, group, variable)
        objects |= _monitors(bank, plan, units, clock)
    for index, item in enumerate(plan.projections):
        name = f"projection_{index}"
        objects[name] = operations.project(name, item, objects[item.source], objects[item.target])
    return Simulation(b2.Network(*objects.values()), objects)


def _units(bank: BankStructure, dt: float) -> Any:
    units = b2.NeuronGroup(bank.units, equations.unit_declarations(bank), namespace={}, name=bank.name)
    units.run_regularly(equations.unit_update(bank, dt), when="groups", order=1)
    return units


def _neurons(bank: BankStructure, size: int) -> Any:
    draw = b2.Function(standard_normal, arg_units=[1, 1, 1], return_unit=1)
    draw.implementations.add_implementation("cpp", CPP)
    neurons = b2.NeuronGroup(
        size,
        equations.neuron_declarations(bank),
        threshold=bank.threshold,
        reset=bank.reset,
        namespace={"standard_normal": draw},
        name=f"{bank.name}_neurons",
    )
    neurons.run_regularly(equations.neuron_update(bank), when="groups", order=0)
    return neurons


def _monitors(bank: BankStructure, plan: Structure, units: Any, clock: Any) -> dict[str, Any]:
    variables = ["x", "spikes"] if bank.name == plan.observe else []
    variables += ["state_readout"] if bank.reads else []
    if not variables:
        return {}
    name = f"{bank.name}_samples"
    return {name: b2.StateMonitor(units, variables, record=True, clock=clock, when="start", name=name)}


def compile_program(plan: Structure, folder: Path) -> None:
    """Write and compile the C++ program of a structure; `folder` gets the program and its ``manifest.json``.

    The manifest says in which file the program leaves each result, and the digests of all files that it needs.
    """
    b2.set_device("cpp_standalone", build_on_run=False, directory=None)
    # Templates of this package come before Brian2's own.
    code = b2.devices.cpp_standalone.codeobject.CPPStandaloneCodeObject
    code.templater = code.templater.derive("biornn.spiking")
    sizes = generated(plan)
    simulation = assemble(plan, Compiled(), sizes)
    simulation.network.run(LONGEST, namespace={})
    b2.device.build(directory=str(folder), compile=False, run=False, with_output=False)
    shutil.copy(Path(__file__).parent / "templates" / "files.h", folder)
    results: dict[str, str] = {}
    for name, item in simulation.objects.items():
        for variable in recorded(item):
            results[f"{name}.{variable}"] = b2.get_device().get_array_filename(item.variables[variable])
        if name.endswith("_spikes"):
            results |= {f"{name}.{part}": f"{name}.{part}" for part in SPIKE_FILES}
        if name.endswith(("_voltages", "_currents")):
            results[f"{name}.{TRACE}"] = f"{name}.{TRACE}"
    objects = folder / "objects.cpp"
    objects.write_text(writing_only(objects.read_text(), set(results.values())))
    read_at_start(plan, sizes, folder)
    compile_project(folder, compiler(), lambda done, files: print(f"{PROGRESS} {done} {files}", flush=True))
    manifest = {"results": results, "digests": digests(folder)}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))


def writing_only(source: str, files: Set[str]) -> str:
    """Return Brian2's ``objects.cpp`` without the code that writes any but these files.

    Brian2 leaves every array on disk, those of the neurons included: a third of the time of a short trial.
    """

    def kept(block: re.Match[str]) -> str:
        return block[0] if block["file"] in files else ""

    return WRITTEN.sub(kept, source)


def run_in_numpy(plan: Structure, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Run a structure with Brian2's numpy target; return its results as a compiled program would leave them."""
    b2.prefs.codegen.target = "numpy"
    operations = Interpreted(values)
    sizes = {bank.name: int(values[f"{bank.name}_neurons.size"][0]) for bank in plan.banks}
    simulation = assemble(plan, operations, sizes)
    for key, value in values.items():
        name, variable = key.split(".")
        if not key.endswith(FROM_FILES):
            simulation.objects[name].state(variable, use_units=False)[:] = value
    samples = next(len(value) for key, value in values.items() if key.endswith("_input.values"))
    # One step more samples the final state.
    simulation.network.run((samples * plan.steps_per_sample + 1) * plan.dt * b2.second, namespace={})
    results = {}
    for name, item in simulation.objects.items():
        for variable in recorded(item):
            # A copy: from Brian2 2.10 on the value is a view of memory that goes with the simulation.
            results[f"{name}.{variable}"] = np.array(item.variables[variable].get_value())
    for name, rows in operations.traces.items():
        results[f"{name}.{TRACE}"] = np.concatenate(rows)
    for name, steps in operations.fired.items():
        results[f"{name}.neurons"] = np.concatenate([np.empty(0, np.int32), *steps])
        results[f"{name}.counts"] = np.array([step.size for step in steps], dtype=np.int32)
    return results


def recorded(item: Any) -> Sequence[str]:
    """Return the variables that an object of the simulation records."""
    return list(item.record_variables) if isinstance(item, b2.StateMonitor) else []


def main(command: str, structure_file: str, target: str) -> None:
    """Compile into the folder `target`, or run the values in the file `target` and leave the results beside it."""
    end_with_parent()
    plan = Structure.from_json(Path(structure_file).read_text())
    if command == "compile":
        compile_program(plan, Path(target))
    else:
        results = run_in_numpy(plan, load_file(target))
        save_file(results, Path(target).with_name("results.safetensors"))


if __name__ == "__main__":
    main(*sys.argv[1:])
