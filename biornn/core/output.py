"""Output files: written whole or not at all, and never in the place of something that is no file.

A regular file is replaced in one step and keeps its mode; a link stays a link. Devices, pipes and the descriptors of
this process (``/dev/stdout``, ``/dev/fd/3``) are written to as they are.
"""

import contextlib
import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from biornn.core.checks import instance, refuse, shown
from biornn.core.values import kind_name

if sys.platform != "win32":
    import fcntl

PathLike = str | os.PathLike[str]
DESCRIPTOR = re.compile(r"/dev/(?:fd/(\d{1,6})|(stdin|stdout|stderr))|/proc/(?:self|thread-self|(\d+))/fd/(\d{1,6})")
STREAMS = {"stdin": 0, "stdout": 1, "stderr": 2}
MOST_LINKS = 40


def path_of(where: str, value: Any) -> Path:
    """Return a path given as text or as a path.

    Raises
    ------
    InputError
        Another object, no name at all, or a NUL character.
    """
    if not isinstance(value, str | os.PathLike) or not isinstance(os.fspath(value), str):
        refuse(where, "must be a path", kind_name(value), "give a file name as text or a pathlib.Path")
    text = os.fspath(value)
    try:
        if not text or b"\0" in os.fsencode(text):
            refuse(where, "must be a path", repr(text), "give a file name")
    except UnicodeEncodeError:
        refuse(where, "must be a path", repr(text), "use characters that this system's file names can have")
    return Path(value)


def check_writable(path: PathLike) -> Path:
    """Return `path` if a file can be written there; call it before hours of work.

    Raises
    ------
    InputError
        A missing folder, a folder where the file should be, no permission, or a disk itself.
    """
    target = path_of("output path", path)
    where, number = str(path), descriptor(target)
    try:
        if number is not None:
            _check_descriptor(number)
        elif (mode := _mode(target)) is not None and not stat.S_ISREG(mode):
            _check_special(target, mode)
        else:
            _check_file(target, exists=mode is not None)
    except OSError as problem:
        refuse(where, "must be writable", problem.strerror or problem, "choose another place")
    return target


def check_outputs(outputs: Mapping[str, PathLike], inputs: Mapping[str, PathLike]) -> None:
    """Check that all outputs can be written, and that none replaces another one or an input.

    Parameters
    ----------
    outputs, inputs : dict of str to path
        What to call each in a refusal (``"--json"``), and its path. Links and other spellings of a path are seen
        through; devices and pipes may be named more than once.

    Raises
    ------
    InputError
        As `check_writable`; an output that is the same file as another output or as an input.
    """
    advice = "give a dictionary from names to paths"
    for where, paths in (("check_outputs.outputs", outputs), ("check_outputs.inputs", inputs)):
        instance(where, paths, dict, advice)
    seen = {_identity(path_of(f"input {name}", path)): f"the input {name}" for name, path in inputs.items()}
    for name, path in outputs.items():
        same = _identity(check_writable(path))
        if same is not None and same in seen:
            refuse(name, f"must not be the same file as {seen[same]}", path, "give each file a name of its own")
        if same is not None:
            seen[same] = name


@contextlib.contextmanager
def writing(path: PathLike) -> Iterator[IO[bytes]]:
    """Open an output for its bytes; a regular file appears under its name only once it is complete.

    Raises
    ------
    InputError
        As `check_writable`; a disk that is full. What was there before is still there then.
    """
    with _translating(path) as target:
        number = descriptor(target)
        if number is None and _whole(target):
            with _replacing(Path(os.path.realpath(target))) as draft, draft.open("wb") as file:
                yield file
        else:
            with _through(target, number) as file:
                yield file


@contextlib.contextmanager
def drafting(path: PathLike) -> Iterator[Path]:
    """Give a library that writes files by name the path of a draft, a regular file; then it is put in its place.

    Such a library may replace what it is given rather than write into it, a device included. For a device, a pipe or a
    descriptor the draft lies among the temporary files and is copied to it.

    Raises
    ------
    InputError
        As `writing`.
    """
    with _translating(path) as target:
        number = descriptor(target)
        if number is None and _whole(target):
            with _replacing(Path(os.path.realpath(target))) as draft:
                yield draft
        else:
            with tempfile.TemporaryDirectory(prefix="biornn-") as folder:
                draft = Path(folder) / "draft"
                yield draft
                with draft.open("rb") as source, _through(target, number) as file:
                    shutil.copyfileobj(source, file)


def descriptor(path: Path) -> int | None:
    """Return the number of this process' descriptor that a path stands for (``/dev/stdout``), or None."""
    place = os.path.abspath(path)  # noqa: PTH100 - Path.resolve would follow the descriptor to what it is open on
    for _ in range(MOST_LINKS):
        found = DESCRIPTOR.fullmatch(place)
        if found and found[3] in {None, str(os.getpid())}:
            return STREAMS[found[2]] if found[2] else int(found[1] or found[4])
        try:
            link = os.readlink(place)  # noqa: PTH115
        except OSError:  # no link, or nothing there
            return None
        place = os.path.normpath(os.path.join(os.path.dirname(place), link))  # noqa: PTH118, PTH120
    return None


def kind_of(path: Path) -> str:
    """Return what lies at a path, in words: "a file", "a folder", "a device", "a pipe", "nothing"."""
    try:
        mode = _mode(path)
    except OSError as problem:
        return shown(problem.strerror or problem)
    except ValueError:  # a name that no file can have
        return "nothing"
    if mode is None:
        return "nothing"
    kinds = {"a file": stat.S_ISREG, "a folder": stat.S_ISDIR, "a pipe": stat.S_ISFIFO, "a socket": stat.S_ISSOCK}
    return next((name for name, test in kinds.items() if test(mode)), "a device")


def _mode(path: Path) -> int | None:
    """Return the mode of what a path leads to, None where there is nothing."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _check_descriptor(number: int) -> None:
    if sys.platform != "win32" and fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
        raise OSError(0, f"descriptor {number} is open for reading only")


def _check_special(target: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        refuse(str(target), "must be a file to write", "a folder", "give a file name inside it")
    if not (stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)):
        refuse(str(target), "must be a file to write", "a disk or a socket", "choose another place")
    if not os.access(target, os.W_OK):
        raise PermissionError(13, "Permission denied")


def _check_file(target: Path, *, exists: bool) -> None:
    folder = Path(os.path.realpath(target)).parent  # a link is followed, even to a file that is not there yet
    if not folder.is_dir():
        missing = folder if target.is_symlink() else target.parent
        refuse(str(target), "must lie in a folder that exists", f"no folder {missing}", "make the folder first")
    if exists and not os.access(target, os.W_OK):
        raise PermissionError(13, "Permission denied")
    with tempfile.TemporaryFile(dir=folder):
        pass


def _identity(path: Path) -> object:
    """Return what two names of one file have in common, None for what cannot be replaced."""
    if descriptor(path) is not None:
        return None
    try:
        found = path.stat()
    except (OSError, ValueError):
        return os.path.realpath(path)
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None


@contextlib.contextmanager
def _translating(path: PathLike) -> Iterator[Path]:
    """Check an output and refuse what goes wrong while it is written."""
    target = check_writable(path)
    try:
        yield target
    except OSError as problem:
        refuse(str(path), "must be writable", problem.strerror or problem, "free some space or choose another place")


def _whole(target: Path) -> bool:
    """Return whether a path leads to a regular file or to nothing yet."""
    mode = _mode(target)
    return mode is None or stat.S_ISREG(mode)


@contextlib.contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """Give a draft beside the target, then let it take the target's place; the draft never stays."""
    draft = target.parent / f".biornn-{secrets.token_hex(8)}"
    try:
        draft.touch(exist_ok=False)
        before = (
            draft.stat()
        )  # the mode that a new file has here; a library may put a file of its own in the draft's place
        yield draft
        with contextlib.suppress(FileNotFoundError):
            before = target.stat()
        _keep_owner_and_mode(draft, before)
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _keep_owner_and_mode(draft: Path, before: os.stat_result) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(PermissionError):  # only root gives files away
            os.chown(draft, before.st_uid, before.st_gid)
    draft.chmod(stat.S_IMODE(before.st_mode))


@contextlib.contextmanager
def _through(target: Path, number: int | None) -> Iterator[IO[bytes]]:
    """Write to a device, a pipe or a descriptor; closing it does not close the descriptor itself."""
    if number == STREAMS["stdout"] and sys.stdout is not None:
        sys.stdout.flush()  # what was printed before comes before
    # Neither made nor emptied: `open` alone would ask for both.
    opened = os.open(target, os.O_WRONLY) if number is None else os.dup(number)
    with os.fdopen(opened, "wb") as file:
        yield file
