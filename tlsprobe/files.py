"""Files that are whole or not there: what somebody opens is the old one or the new one."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO


def write_whole(path: Path, data: bytes) -> None:
    """Write beside the file, then replace it, and wait until the disk has both.

    Raises OSError that names the file, and leaves the old one as it was.
    """
    write_parts(path, (data,))


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file part by part, as write_whole does; an error in making a part leaves the old file too."""
    refuse_strange_links(path.parent)
    try:
        _write_beside(path, parts)
        sync_folder(path.parent)
    except OSError as error:  # it names the unfinished one, or none
        raise OSError(error.errno, error.strerror, str(path)) from error


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; OSError, also where one of them is another user's link."""
    refuse_strange_links(folder)
    folder.mkdir(parents=True, exist_ok=True)


def refuse_strange_links(folder: Path) -> None:
    """Raise OSError where the way to a folder leads over a symbolic link of another user, root excepted.

    Linux does so itself in folders like /tmp (protected_symlinks), where that is switched on; what is shared
    by a group need not be one.
    """
    for each in (folder, *folder.parents):
        try:
            found = each.lstat()
        except OSError:  # not there yet, or not to be seen: whoever opens it will say so
            continue
        if stat.S_ISLNK(found.st_mode) and found.st_uid not in (0, os.geteuid()):
            raise OSError(errno.EPERM, "a symbolic link of another user; it is not followed", str(each))


def open_regular(path: Path) -> BinaryIO:
    """Open a file to read; OSError for what is none, such as a pipe that nobody writes to."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a file", str(path))
    return os.fdopen(descriptor, "rb")


def belongs_to_us(path: Path) -> bool:
    """Whether this user wrote a file. Raises OSError."""
    return path.stat().st_uid == os.geteuid()


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in it; without that a new file may be gone after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some file systems sync no folders
            raise
    finally:
        os.close(descriptor)


def _write_beside(path: Path, parts: Iterable[bytes]) -> None:
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as unfinished:
        try:
            unfinished.writelines(parts)
            unfinished.flush()
            os.fsync(unfinished.fileno())
            # A temporary file is private to its owner; this one gets the rights of any new file.
            os.fchmod(unfinished.fileno(), 0o666 & ~_umask())
            Path(unfinished.name).replace(path)
        except BaseException:
            Path(unfinished.name).unlink(missing_ok=True)
            raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
