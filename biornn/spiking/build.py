"""Structure to Brian2: the objects of one simulation, compiled or run by Brian2's numpy target.

This module runs as a program of its own (``python -m biornn.spiking.build``), so that Brian2's global device, its
seeds and its magic network never touch the caller's.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brian2 as b2
import numpy as np
from brian2.codegen.cpp_prefs import get_compiler_and_args
from safetensors.numpy import load_file, save_file

from biornn.spiking import equations
from biornn.spiking.compilation import compile_project, compiler
from biornn.spiking.structure import BankStructure, Structure
from biornn.theory.neurons import NEURON_MODELS


@dataclass
class Simulation:
    """Brian2 objects of one simulation, by the names of `biornn.spiking.structure`."""

    network: b2.Network
    objects: dict[str, Any]
    duration: Any


def assemble(plan: Structure, values: dict[str, np.ndarray]) -> Simulation:
    """Return the Brian2 network of a structure.

    Parameters
    ----------
    values : dict of str to array
        Values by ``object.variable``; missing ones are zero (a compiled program is given them when it runs).
    """
    b2.defaultclock.dt = plan.dt * b2.second
    objects: dict[str, Any] = {}
    for bank, chosen in zip(plan.banks, plan.voltages, strict=True):
        objects |= _bank(bank, plan, values)
        objects |= _monitors(bank, plan, objects, chosen, values)
    for index, item in enumerate(plan.projections):
        if not item.synapses:
            continue
        name = f"projection_{index}"
        synapses = b2.Synapses(
            objects[item.source],
            objects[item.target],
            "w : 1 (constant)",
            on_pre={"send": f"drive_{item.channel}_post += w * activity_{item.decoder}_pre"},
            on_event={"send": "active"},
            name=name,
        )
        synapses.send.when, synapses.send.order = "synapses", 2
        empty = np.zeros(item.synapses, dtype=np.int32)
        synapses.connect(i=values.get(f"{name}.sources", empty), j=values.get(f"{name}.targets", empty))
        objects[name] = synapses
    _fill(objects, values)
    duration = (plan.samples * plan.steps_per_sample + 1) * plan.dt * b2.second
    timed = [value for value in objects.values() if not isinstance(value, b2.TimedArray)]
    return Simulation(b2.Network(*timed), objects, duration)


def _bank(bank: BankStructure, plan: Structure, values: dict[str, np.ndarray]) -> dict[str, Any]:
    shape, sample = (plan.samples, bank.units), plan.steps_per_sample * plan.dt * b2.second
    timed = {}
    for channel in bank.inputs:
        name = f"{bank.name}_{channel}_input"
        # Zeros would be folded into the program; the run gives the true values.
        timed[name] = b2.TimedArray(values.get(f"{name}.values", np.zeros(shape)), sample, name=name)
    units = b2.NeuronGroup(
        bank.units,
        equations.unit_declarations(bank),
        events={"active": "fresh > 0"},
        namespace=timed,
        name=bank.name,
    )
    units.set_event_schedule("active", when="synapses", order=1)
    units.run_regularly(equations.unit_update(bank, plan.dt), when="groups", order=1)
    model = NEURON_MODELS[bank.model]
    neurons = b2.NeuronGroup(
        bank.units * bank.neurons_per_unit,
        equations.neuron_declarations(bank),
        threshold=model.threshold,
        reset=model.reset,
        namespace={},
        name=f"{bank.name}_neurons",
    )
    owner = np.repeat(np.arange(bank.units), bank.neurons_per_unit)
    neurons.x = b2.linked_var(units, "x", index=owner)
    neurons.run_regularly(model.update, when="groups", order=0)
    gather = b2.Synapses(neurons, units, on_pre=equations.spike_effect(bank), name=f"{bank.name}_gather")
    gather.connect(i=np.arange(owner.size), j=owner)
    return {**timed, bank.name: units, neurons.name: neurons, gather.name: gather}


def _monitors(
    bank: BankStructure, plan: Structure, objects: dict[str, Any], chosen: int, values: dict[str, np.ndarray]
) -> dict[str, Any]:
    units, neurons = objects[bank.name], objects[f"{bank.name}_neurons"]
    monitors = {}
    variables = ["x", "spikes"] if bank.name == plan.observe else []
    variables += ["state_readout"] if bank.reads else []
    if variables:
        sample = plan.steps_per_sample * plan.dt * b2.second
        name = f"{bank.name}_samples"
        monitors[name] = b2.StateMonitor(units, variables, record=True, dt=sample, when="start", name=name)
    if plan.spikes:
        monitors[f"{bank.name}_spikes"] = b2.SpikeMonitor(neurons, name=f"{bank.name}_spikes")
    if chosen:
        name = f"{bank.name}_voltages"
        record = values.get(f"{name}.indices", np.arange(chosen, dtype=np.int32))
        monitors[name] = b2.StateMonitor(neurons, "v", record=record, when="start", name=name)
    return monitors


def _fill(objects: dict[str, Any], values: dict[str, np.ndarray]) -> None:
    for key, value in values.items():
        name, variable = key.split(".")
        if variable in ("sources", "targets", "values", "indices") or name not in objects:
            continue
        objects[name].state(variable, use_units=False)[:] = value


def compile_program(plan: Structure, folder: Path) -> None:
    """Write and compile the C++ program of a structure; `folder` gets the program and its ``manifest.json``.

    The manifest says which static array of the program holds the synapses' ends and the recorded neurons, and in which
    file it leaves each result.
    """
    b2.set_device("cpp_standalone", build_on_run=False, directory=None)
    simulation = assemble(plan, {})
    simulation.network.run(simulation.duration, namespace={})
    b2.device.build(directory=str(folder), compile=False, run=False, with_output=False)
    _, flags = get_compiler_and_args()
    compile_project(folder, compiler(), flags)
    device = b2.get_device()
    static: dict[str, str] = {}
    results: dict[str, str] = {}
    for name, item in simulation.objects.items():
        if name.startswith("projection_"):
            ends = {f"{name}.{side}": f"_static_array__array_{name}_{side}" for side in ("sources", "targets")}
            static |= ends
        if name.endswith("_voltages"):
            static[f"{name}.indices"] = f"_static_array__array_{name}__indices"
        for variable in recorded(item):
            results[f"{name}.{variable}"] = device.get_array_filename(item.variables[variable])
    for array in static.values():
        if not (folder / "static_arrays" / array).is_file():
            raise RuntimeError(f"Brian2 {b2.__version__} names its static arrays in an unknown way: no {array}")
    manifest = {"static": static, "results": results}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))


def run_in_numpy(plan: Structure, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Run a structure with Brian2's numpy target; return its results as a compiled program would leave them."""
    b2.prefs.codegen.target = "numpy"
    simulation = assemble(plan, values)
    simulation.network.run(simulation.duration, namespace={})
    results = {}
    for name, item in simulation.objects.items():
        for variable in recorded(item):
            # A copy: from Brian2 2.10 on the value is a view of memory that goes with the simulation.
            results[f"{name}.{variable}"] = np.array(item.variables[variable].get_value())
    return results


def recorded(item: Any) -> Sequence[str]:
    """Return the variables that an object of the simulation records."""
    if isinstance(item, b2.StateMonitor):
        return list(item.record_variables)
    return ["i", "t"] if isinstance(item, b2.SpikeMonitor) else []


def main(command: str, structure_file: str, target: str) -> None:
    """Compile into the folder `target`, or run the values in the file `target` and leave the results beside it."""
    plan = Structure.from_json(Path(structure_file).read_text())
    if command == "compile":
        compile_program(plan, Path(target))
    else:
        results = run_in_numpy(plan, load_file(target))
        save_file(results, Path(target).with_name("results.safetensors"))


if __name__ == "__main__":
    main(*sys.argv[1:])
