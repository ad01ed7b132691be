"""README: its Python blocks, one after the other in one fresh process, run and end in figures."""

import os
import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def test_the_blocks_run_and_draw(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 5
    script = tmp_path / "pasted.py"
    # Small sizes would be another page: what is executed is what people paste.
    script.write_text("\n".join(blocks), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", script],
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "follows" in done.stdout
    for figure in ("comparison.png", "forecast.png"):
        assert (tmp_path / figure).stat().st_size > 20_000
