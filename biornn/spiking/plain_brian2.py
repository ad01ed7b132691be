"""Brian2 as it comes: imported without the preferences of whoever runs it.

Brian2 reads ``~/.brian/user_preferences`` and ``./brian_preferences`` when it is imported. They may change the code
that it writes (loop invariants, flags) or the simulation, while compiled programs are shared by their structure alone.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

PREFERENCES = "logging.file_log = False\nlogging.save_script = False\n"
"""Logs of generated code are of no use to anybody once the process has ended."""


def _plain() -> Any:
    # An empty home, and an empty folder to be in, for the time of the import.
    homes = {name: os.environ.get(name) for name in ("HOME", "USERPROFILE")}
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as empty:
        (Path(empty) / ".brian").mkdir()
        (Path(empty) / ".brian" / "user_preferences").write_text(PREFERENCES)
        os.environ |= dict.fromkeys(homes, empty)
        os.chdir(empty)
        try:
            import brian2
        finally:
            os.chdir(before)
            for name, home in homes.items():
                os.environ.pop(name)
                if home is not None:
                    os.environ[name] = home
    return brian2


b2 = _plain()
