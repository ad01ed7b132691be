"""Causes: what made a conversion poor, by name and with its number.

The rate equation promises the next state from each recorded one; where the spiking run arrives elsewhere something is
at fault (`defects`). What decoders and f-I curves read at constant states (`static`) and how the run moves (`dynamic`)
share these defects out among faults, and the rate equation run with all defects but those of one fault tells how much
of the error that fault explains. `find` decides whether a conversion is poor and ranks the causes.
"""

from biornn.compare.causes.find import find, is_poor

__all__ = ["find", "is_poor"]
