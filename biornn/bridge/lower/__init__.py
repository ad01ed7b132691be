"""Lowering: one short file per cell that writes a trained network as banks, projections, inputs and a readout."""
