"""Cells: the equations of a trainable unit, one file each."""
