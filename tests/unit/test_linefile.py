"""What a file of lines keeps, with real files, locks and limits: nothing here stands in for the system."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tlsprobe.linefile import _BLOCK, LineFile, at_rest

FIRST = b"first\n"


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Make the system refuse more, as a full disk does: it takes what still fits, then no more.

    Python ignores the signal that comes with it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [0, 1, _BLOCK - 1, _BLOCK, _BLOCK + 1, 3 * _BLOCK])
@pytest.mark.parametrize("before", [b"", b"\n", FIRST, b"x" * (_BLOCK - 1) + b"\n", b"x" * _BLOCK + b"\n"])
def test_what_stands_behind_the_last_line_feed_is_taken_away(
    tmp_path: Path, before: bytes, size: int
) -> None:
    path = tmp_path / "lines"
    path.write_bytes(before + b"y" * size)
    with LineFile(path) as lines:
        assert lines.size == len(before)
        lines.append(b"next\n")
    assert path.read_bytes() == before + b"next\n"


def test_a_file_larger_than_the_memory_is_opened(tmp_path: Path) -> None:
    path, large = tmp_path / "lines", 1 << 40  # a hole: it takes no room
    with path.open("wb") as file:
        file.truncate(large)
        file.seek(large)
        file.write(b"\ntorn")
    with at_rest(path) as size:
        assert size == large + 1
    with LineFile(path):
        assert path.stat().st_size == large + 1


@pytest.mark.parametrize("room", range(len(b"second\n")))
def test_a_line_for_which_there_is_no_room_is_not_there_in_part(tmp_path: Path, room: int) -> None:
    path = tmp_path / "lines"
    with LineFile(path) as lines:
        lines.append(FIRST)
        with no_file_larger_than(len(FIRST) + room), pytest.raises(OSError, match="large"):
            lines.append(b"second\n")
        assert path.read_bytes() == FIRST
        lines.append(b"third\n")  # somebody made room
    assert path.read_bytes() == FIRST + b"third\n"


HOLDER = """
import sys
from pathlib import Path
from tlsprobe.linefile import LineFile
with LineFile(Path(sys.argv[1])) as lines:
    lines.append(b"theirs\\n")
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_by_another(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that writes the file until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_only_one_process_writes(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    with held_by_another(path) as other:
        with path.open("ab") as file:
            file.write(b"torn")  # half a line of theirs
        with pytest.raises(BlockingIOError), LineFile(path):
            pass
        with pytest.raises(BlockingIOError), at_rest(path):
            pass
        assert path.read_bytes() == b"theirs\ntorn"
        other.kill()
        other.wait()
        with LineFile(path) as lines:  # a lock does not outlive its process
            lines.append(b"ours\n")
    assert path.read_bytes() == b"theirs\nours\n"


def test_any_number_read_while_nobody_writes(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(FIRST)
    with at_rest(path) as one, at_rest(path) as two:
        assert one == two == len(FIRST)
        with pytest.raises(BlockingIOError), LineFile(path):
            pass
    with LineFile(path):
        pass


def test_nothing_stays_open_where_it_was_refused(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    before = os.listdir("/proc/self/fd")  # noqa: PTH208
    with LineFile(path):
        for _ in range(3):
            with pytest.raises(BlockingIOError), LineFile(path):
                pass
    assert os.listdir("/proc/self/fd") == before  # noqa: PTH208
