"""A cell's settings of training and its initial weights come from its registration."""

import pytest

from biornn import rate
from biornn.core.cells import CELLS as LAYOUTS
from biornn.core.cells import READOUT
from biornn.rate.initial import initial
from biornn.theory.cells import CELLS


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_has_layout_equations_and_settings(cell):
    settings = rate.Training(units=4, cell=cell)
    for name, value in CELLS[cell].defaults.items():
        assert getattr(settings, name) == pytest.approx(value)
    assert set(CELLS) == set(LAYOUTS)


@pytest.mark.parametrize("cell", CELLS)
def test_every_weight_of_a_layout_is_drawn_in_its_shape(cell):
    trained, fixed = initial(rate.Training(units=4, cell=cell, forget=2.0), 3, 2)
    sizes = {"N": 4, "I": 3, "O": 2, "F": 4}
    for name, shape in {**LAYOUTS[cell].weights, **READOUT}.items():
        weight = {**trained, **fixed}[name]
        assert weight.shape == tuple(sizes.get(size, size) for size in shape)
        assert not name.startswith("initial_") or name in fixed
    gates = LAYOUTS[cell].gates
    assert [float(row.mean()) for row in trained["bias"][: len(gates)] if gates] == [
        2.0 if gate == "forget" else 0.0 for gate in gates
    ]
