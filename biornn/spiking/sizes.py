"""Sizes: one compiled program for any number of neurons per unit.

Brian2 writes the sizes of arrays into its C++ as numbers. A program is therefore generated for sizes that occur nowhere
else, and these numbers are replaced by ``biornn::neurons<bank>()`` of ``files.h``, which reads the size from a file
when the program starts. Measured on 200 x 50 neurons, without and with noise: no difference in run time beyond the
noise of the measurement, the same spikes.
"""

import re
from pathlib import Path

from biornn.spiking.structure import Structure

PER_UNIT = 4099
"""Least number of neurons per unit in a generated program: a prime, so that its multiples are hardly other numbers."""
NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")


def generated(plan: Structure, per_unit: int = PER_UNIT) -> dict[str, int]:
    """Return the number of neurons by bank for which a program is generated.

    Neither they nor numbers made of them (`_made_of`) are numbers of units or steps, or made of those of another bank.
    """
    sizes: dict[str, int] = {}
    taken = {plan.steps_per_sample, *(bank.units for bank in plan.banks)}
    for bank in plan.banks:
        each = per_unit
        while taken & _made_of(bank.units * each):
            each += 1
        sizes[bank.name] = bank.units * each
        taken |= _made_of(sizes[bank.name])
    return sizes


def _made_of(size: int) -> set[int]:
    """Return a size, and numbers that a release of Brian2 might make of it: of its neighbours, of bytes."""
    return {size - 1, size, size + 1, size + 2, size // 2, 2 * size, 4 * size, 8 * size}


def read_at_start(plan: Structure, sizes: dict[str, int], folder: Path) -> None:
    """Let the sources of a generated program read the sizes of its banks when it starts.

    Parameters
    ----------
    plan : Structure
    sizes : dict of str to int
        What `generated` returned.
    folder : Path
        The sources.

    Raises
    ------
    RuntimeError
        Brian2 has written a size in a way that this function does not know.
    """
    words: dict[str, str] = {}
    unknown: set[str] = set()
    for index, bank in enumerate(plan.banks):
        size, word = sizes[bank.name], f"biornn::neurons<{index}>()"
        words |= {str(size): word, str(size + 1): f"({word} + 1)"}
        unknown |= {str(number) for number in _made_of(size)}
    unknown -= words.keys()
    met: set[str] = set()
    for source in [*folder.glob("*.cpp"), *folder.glob("*.h"), *folder.glob("code_objects/*.cpp")]:
        text = source.read_text()
        numbers = set(NUMBER.findall(text))
        _known(not numbers & unknown, source.name, numbers & unknown)
        if numbers & words.keys():
            met |= numbers
            changed = NUMBER.sub(lambda number: words.get(number[0], number[0]), text)
            source.write_text(f'#include "files.h"\n{changed}')
    _known(met >= words.keys(), "the whole program", words.keys() - met)
    objects = (folder / "objects.cpp").read_text()
    for bank in plan.banks:
        fixed = re.findall(rf"_num__array_{bank.name}_neurons_\w+ = (?!1;)\d+;", objects)
        _known(not fixed, "objects.cpp", fixed)


def _known(fulfilled: bool, place: str, numbers: object) -> None:
    if not fulfilled:
        raise RuntimeError(f"this release of Brian2 writes sizes of arrays in an unknown way: {numbers} in {place}")
