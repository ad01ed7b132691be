"""Files: the text of a user's file, or one line that says why there is none."""

import os
import stat
from pathlib import Path
from typing import Any

from biornn.core import checks

LARGEST = 2**30
"""Bytes of the largest file that is read."""


def path_text(where: str, path: Any) -> str:
    """Return a path as text.

    Raises
    ------
    InputError
        Neither text nor a path.
    """
    if not isinstance(path, str | os.PathLike) or isinstance(path, type):
        checks.refuse(where, "must be the path of a file", f"a {type(path).__name__}", "give it as text or as a Path")
    return os.fsdecode(path)


def text(where: str, path: str) -> str:
    """Return the text of a regular file in UTF-8, or in UTF-16 with its mark, as Excel writes it.

    Raises
    ------
    InputError
        A missing file, a folder, a pipe or a device, an empty file, a file of more than 1 GiB, another encoding, a
        binary file.
    """
    rule = "must be a readable text file in UTF-8"
    try:
        status = Path(path).stat()
        # Reading a pipe or a device may never end.
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or device"
            checks.refuse(where, rule, f"{kind}, {path}", "give the path of a file")
        if status.st_size > LARGEST:
            checks.refuse(where, "must have at most 1 GiB", f"{status.st_size:,} bytes", "give a part of it")
        # What the system makes up as it is read has no size, and may have no end.
        if not status.st_size:
            checks.refuse(where, "must hold text", f"an empty file, {path}", "give another file")
        raw = Path(path).read_bytes()
        wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
        result = raw.decode("utf-16" if wide else "utf-8-sig")
    except checks.InputError:
        raise
    except UnicodeError as problem:
        advice = f"save it as UTF-8 ({type(problem).__name__})"
        checks.refuse(where, rule, path, advice)
    except (OSError, ValueError) as problem:
        checks.refuse(where, rule, path, f"check the path ({type(problem).__name__})")
    if "\0" in result:
        checks.refuse(where, rule, f"zero bytes in {path}", "give a text file, no spreadsheet and no archive")
    return result
