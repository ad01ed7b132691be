"""``python -m biornn`` is the command line."""

from biornn.cli import main

main()
