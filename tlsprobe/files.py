"""Files that are whole or not there: what somebody opens is the old one or the new one."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile


def write_whole(path: Path, data: bytes) -> None:
    """Write beside the file, then replace it, and wait until the disk has both.

    Raises OSError that names the file, and leaves the old one as it was.
    """
    write_parts(path, (data,))


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file part by part, as write_whole does; an error in making a part leaves the old file too."""
    try:
        _write_beside(path, parts)
        sync_folder(path.parent)
    except OSError as error:  # it names the unfinished one, or none
        raise OSError(error.errno, error.strerror, str(path)) from error


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
