"""A file of lines that only grows: one process writes it, and a line is there whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from tlsprobe.files import refuse_strange_links, sync_folder

log = logging.getLogger(__name__)

_BLOCK = 1 << 16
# What flock says where a file system has no locks: some that are mounted over a network, or by FUSE.
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


class LineFile:
    """Appends lines; a context manager that holds the file's lock.

    A line is on the disk when `append` returns, and not in the file where it raises. What a writer that was
    killed, or a power cut, left behind the last line feed is taken away when the file is opened.

    Raises BlockingIOError where another process holds the lock, and OSError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        self.size = 0  # bytes, all of whole lines

    def __enter__(self) -> LineFile:
        refuse_strange_links(self._path.parent)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            self._file = os.open(self._path, flags, 0o666)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise OSError(errno.ELOOP, "a symbolic link; it is not followed", str(self._path)) from None
            raise
        try:
            _lock(self._file, fcntl.LOCK_EX, self._path)
            self.size = _end_of_lines(self._file)
            if self.size < os.fstat(self._file).st_size:
                os.ftruncate(self._file, self.size)
            sync_folder(self._path.parent)
        except BaseException:
            os.close(self._file)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def append(self, line: bytes) -> None:
        """Add a line, which has its line feed, and wait until the disk has it."""
        left = memoryview(line)
        try:
            while left:
                left = left[os.write(self._file, left) :]
            os.fsync(self._file)
        except BaseException:
            # A full disk takes half a line. The next one must not be written behind that.
            with suppress(OSError):
                os.ftruncate(self._file, self.size)
            raise
        self.size += len(line)


@contextmanager
def at_rest(path: Path) -> Iterator[int]:
    """Keep writers away for as long as the block reads the file; yield the size of its whole lines.

    Raises BlockingIOError where a process is writing it, and OSError.
    """
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _lock(file, fcntl.LOCK_SH, path)
        yield _end_of_lines(file)
    finally:
        os.close(file)


def _lock(file: int, kind: int, path: Path) -> None:
    """Lock it until it is closed, however its process ends. A lock is advice: it stops only tlsprobe."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        log.warning("%s: no locks on this file system; see that only one tlsprobe works on this run", path)


def _end_of_lines(file: int) -> int:
    """Return where the last line feed ends, read from the end: a journal may have gigabytes."""
    end = os.fstat(file).st_size
    while end > 0:
        start = max(0, end - _BLOCK)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
