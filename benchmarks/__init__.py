"""Benchmarks: what biornn costs (`speed`) and how well its networks convert (`studies`).

Run from the root of the repository, for example ``python -m benchmarks.studies.conversion --help``.
"""
