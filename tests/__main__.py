"""The gate, the same on a laptop and in CI: ``python -m tests`` from the root of the repository.

Format, lint, types, import direction, the documentation's site, then pytest (which also executes notebooks and every
example). Every step runs, so that one call shows all there is to mend; the exit code is 0 only if all passed.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# Two workers: Brian2's compiler and XLA use the cores that are left.
STEPS = {
    "format": [BIN / "ruff", "format", "--check"],
    "lint": [BIN / "ruff", "check"],
    "types": [BIN / "mypy"],
    "import direction": [BIN / "lint-imports", "--no-cache"],
    # A page that says less than the code, a link to nowhere or a file from elsewhere is a warning, and fails.
    "documentation": [BIN / "mkdocs", "build", "--strict", "--site-dir", "build/site"],
    "tests": [BIN / "python", "-m", "pytest", "-n", "2", "--dist", "loadfile", "--durations", "10"],
}


def main() -> int:
    """Run every step and return the number of those that failed."""
    # One thread per worker; XLA and BLAS would otherwise fight over the cores.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    failed = []
    for name, command in STEPS.items():
        start = time.perf_counter()
        print(f"== {name}", flush=True)
        extra = sys.argv[1:] if name == "tests" else []
        code = subprocess.run([*map(str, command), *extra], cwd=ROOT, env=environment, check=False).returncode
        print(f"== {name}: {'failed' if code else 'passed'} in {time.perf_counter() - start:.0f} s", flush=True)
        if code:
            failed.append(name)
    print(f"gate: {', '.join(failed)} failed" if failed else "gate: all passed")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
