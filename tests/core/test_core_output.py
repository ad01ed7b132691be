"""Output files: whole or not there, with their mode; devices and pipes are written to and stay what they are."""

import os
import re
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from biornn.core import output
from biornn.core.checks import InputError


def write(path, content=b"new"):
    with output.writing(path) as file:
        file.write(content)


def in_shell(code, **options):
    script = f"from biornn.core import output\n{code}"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, **options)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path, mode):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(mode)
    write(path)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_new_file_follows_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        write(tmp_path / "file")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o666 & ~mask


def test_links_are_followed_and_stay(tmp_path):
    (tmp_path / "folder").mkdir()
    target, link, new = tmp_path / "folder" / "target", tmp_path / "link", tmp_path / "new"
    target.write_bytes(b"old")
    link.symlink_to("folder/target")
    new.symlink_to("folder/not-there-yet")
    write(link)
    write(new)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert (tmp_path / "folder" / "not-there-yet").read_bytes() == b"new"


def test_links_that_lead_nowhere_are_refused(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "c").symlink_to("missing/file")
    with pytest.raises(InputError, match=r"a: must be writable \(got Too many levels of symbolic links\)"):
        write(tmp_path / "a")
    with pytest.raises(InputError, match=r"c: must lie in a folder that exists \(got no folder "):
        write(tmp_path / "c")


def test_devices_are_written_to():
    before = Path("/dev/null").stat()
    write("/dev/null")
    assert Path("/dev/null").stat().st_rdev == before.st_rdev
    with pytest.raises(InputError, match=r"/dev/full: must be writable \(got No space left on device\); free some"):
        write("/dev/full")
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_pipes_are_written_to(tmp_path):
    path, got = tmp_path / "pipe", []
    os.mkfifo(path)
    output.check_writable(path)
    reader = threading.Thread(target=lambda: got.append(path.read_bytes()))
    reader.start()
    write(path)
    reader.join()
    assert got == [b"new"]
    assert stat.S_ISFIFO(path.stat().st_mode)


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_is_written_to_in_order(tmp_path, name):
    code = f"print('before'); f = output.writing({name!r})\nwith f as file: file.write(b'new\\n')\nprint('after')"
    assert in_shell(code).stdout == "before\nnew\nafter\n"
    into = tmp_path / "redirected"
    with into.open("w") as file:
        subprocess.run([sys.executable, "-c", f"from biornn.core import output\n{code}"], stdout=file, check=True)
    assert into.read_text() == "before\nnew\nafter\n"


def test_a_link_to_standard_output_is_followed(tmp_path):
    link = tmp_path / "link"
    link.symlink_to("/dev/stdout")
    assert in_shell(f"with output.writing({str(link)!r}) as file: file.write(b'new')").stdout == "new"
    assert link.is_symlink()


def test_descriptors_that_cannot_be_written_are_refused():
    with (
        Path("/dev/null").open() as file,
        pytest.raises(InputError, match=r"must be writable \(got descriptor \d+ is open for"),
    ):
        output.check_writable(f"/dev/fd/{file.fileno()}")
    with pytest.raises(InputError, match=r"/dev/fd/999: must be writable \(got Bad file descriptor\)"):
        output.check_writable("/dev/fd/999")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (None, r"output path: must be a path \(got None\); give a file name"),
        (3, r"output path: must be a path \(got 3\)"),
        (b"name", r"output path: must be a path \(got a bytes\)"),
        (Path, r"output path: must be a path \(got the class Path\)"),
        ("", r"output path: must be a path \(got ''\)"),
        ("a\0b", r"output path: must be a path \(got 'a\\x00b'\)"),
        ("a\ud800", r"output path: must be a path \(got 'a\\ud800'\)"),
        ("x" * 5000, r"must be writable \(got File name too long\)"),
        (".", r"must be a file to write \(got a folder\)"),
        ("\x1b[31m/x", r"^\\x1b\[31m/x: must lie in a folder that exists"),
    ],
)
def test_what_is_no_place_for_a_file_is_refused(path, message):
    with pytest.raises(InputError, match=message) as refusal:
        output.check_writable(path)
    assert str(refusal.value).isprintable()


def test_a_disk_or_a_socket_is_refused(tmp_path, monkeypatch):
    import socket

    monkeypatch.chdir(tmp_path)  # names of sockets are short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        with pytest.raises(InputError, match=r"socket: must be a file to write \(got a disk or a socket\)"):
            output.check_writable("socket")


def test_permissions_are_kept(tmp_path):
    """Root may write anywhere, so a user without rights tries."""
    (tmp_path / "closed").mkdir(mode=0o555)
    (tmp_path / "file").touch(mode=0o444)
    tmp_path.chmod(0o777)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(folder.stat().st_mode | 0o055) if folder != Path("/") else None
    drop = "import os\nif os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
    tries = "\n".join(
        f"try: output.check_writable({str(tmp_path / name)!r})\nexcept ValueError as refusal: print(refusal)"
        for name in ("closed/new", "file")
    )
    said = in_shell(drop + tries).stdout
    assert len(re.findall(r": must be writable \(got Permission denied\); choose another place\n", said)) == 2


@pytest.mark.parametrize(
    "problem", [OSError(28, "No space left on device"), KeyboardInterrupt("stop"), ValueError("mine")]
)
def test_a_write_that_ends_early_leaves_what_was_there(tmp_path, problem):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    kind = InputError if isinstance(problem, OSError) else type(problem)

    def half():
        with output.writing(path) as file:
            file.write(b"half")
            file.flush()
            raise problem

    with pytest.raises(kind, match=r"No space left|stop|mine"):
        half()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_outputs_that_coincide_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "network").touch()
    (tmp_path / "link").symlink_to("network")
    os.link("network", "hard")
    output.check_outputs({"--json": "a.json", "--figure": tmp_path / "a.png"}, {"NETWORK": "network"})
    for same in ("a.json", "./a.json", tmp_path / "a.json", "sub/../a.json"):
        (tmp_path / "sub").mkdir(exist_ok=True)
        with pytest.raises(InputError, match=r"--figure: must not be the same file as --json \(got .*a\.json\); give"):
            output.check_outputs({"--json": "a.json", "--figure": same}, {})
    for same in ("network", "link", "hard"):
        with pytest.raises(InputError, match="--json: must not be the same file as the input NETWORK"):
            output.check_outputs({"--json": same}, {"NETWORK": "network"})
    output.check_outputs({"--json": "/dev/null", "--figure": "/dev/null"}, {})
    with pytest.raises(InputError, match="must lie in a folder that exists"):
        output.check_outputs({"--json": "none/a.json"}, {})


def by_name(path, content=b"new"):
    """Write as a library does that makes a file of its own and moves it to where it was told."""
    with output.drafting(path) as draft:
        own = draft.with_name(f"{draft.name}-own")
        own.write_bytes(content)
        own.chmod(0o600)
        own.replace(draft)


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_draft_that_a_library_replaces_has_the_mode_of_a_new_file(tmp_path, mask):
    before = os.umask(mask)
    try:
        by_name(tmp_path / "file")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o666 & ~mask
    (tmp_path / "file").chmod(0o640)
    by_name(tmp_path / "file", b"newer")
    assert (tmp_path / "file").read_bytes() == b"newer"
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_no_library_is_given_a_device_or_a_pipe(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    os.mkfifo(tmp_path / "pipe")

    def stop(path):
        with output.drafting(path) as draft:
            raise ValueError(draft)

    for path in ("/dev/null", "/dev/full", tmp_path / "pipe", "/dev/stdout"):
        with pytest.raises(ValueError, match=rf"^{re.escape(str(tmp_path))}/temporary/.*/draft$"):
            stop(path)
    by_name("/dev/null")
    with pytest.raises(InputError, match=r"/dev/full: must be writable \(got No space left on device\); free some"):
        by_name("/dev/full")
    reader = subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE)
    by_name(tmp_path / "pipe", b"x" * 100_000)
    assert reader.communicate(timeout=60)[0] == b"x" * 100_000
    assert not list((tmp_path / "temporary").iterdir())
    for name in ("/dev/null", "/dev/full"):
        assert stat.S_ISCHR(Path(name).stat().st_mode)


def test_a_draft_that_is_not_finished_leaves_what_was_there(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def half():
        with output.drafting(path) as draft:
            draft.write_bytes(b"half")
            raise OSError("the library's words")

    with pytest.raises(InputError, match=r"file: must be writable \(got the library's words\); free some"):
        half()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
