"""The command line: `main` is what ``biornn`` and ``python -m biornn`` start.

Nothing heavy is imported here: signals are listened to before anything else happens.
"""

import sys

from biornn.cli.ending import guarded


def main() -> None:
    """Run the command line and exit; `biornn.cli.ending` says with which codes."""
    sys.exit(guarded(_work))


def _work() -> int:
    from biornn.cli.app import run

    return run(sys.argv[1:])
