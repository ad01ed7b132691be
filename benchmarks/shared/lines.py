"""Lines: results kept as they come, so that a study goes on where it was cut off."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Lines:
    """A file of JSON objects, one a line; a line that was cut off is as good as not written."""

    path: Path

    def read(self) -> list[dict[str, Any]]:
        """Return all whole lines."""
        found = []
        for line in self.path.read_text(encoding="utf-8").splitlines() if self.path.is_file() else []:
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                continue
        return found

    def find(self, key: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the lines that hold every value of `key`."""
        return [row for row in self.read() if all(row.get(name) == value for name, value in key.items())]

    def add(self, row: Mapping[str, Any]) -> None:
        """Append one line."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # A leading newline parts it from a line that was cut off.
        with self.path.open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps(row) + "\n")
