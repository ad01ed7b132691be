"""Refit: weights corrected on the populations' own activity, in simulations of calibration trials."""
