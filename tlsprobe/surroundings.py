"""What whoever starts the command line leaves to chance: streams, their encoding, the rights of new files."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from typing_extensions import Buffer  # of the standard library from Python 3.12 on

# A pipe whose reader left, a terminal that was closed.
_NOBODY_READS = (errno.EPIPE, errno.EIO)
# Host names and what is wrong with them are nothing for every user of the machine.
_NOT_FOR_OTHERS = 0o007


class Outlet(io.FileIO):
    """A standard stream that may fail: what comes then goes nowhere, so that a scan ends as it would have.

    `lost` is why, where that matters: a full disk does, a reader who has seen enough does not.
    """

    lost: str | None = None

    def write(self, data: Buffer, /) -> int:
        """Write, or swallow."""
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in _NOBODY_READS:
                self.lost = error.strerror
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return memoryview(data).nbytes


def settle() -> Outlet:
    r"""Make sure of what the rest relies on; return what is behind standard output.

    Descriptors 0 to 2 are open, so that no file of ours gets one of their numbers. What an encoding lacks
    is written as `\u3042`. A Python that is started from here, also by dask, takes no module from the folder
    that it happens to be in. No new file is for users who are neither its owner nor of its group.
    """
    os.umask(os.umask(_NOT_FOR_OTHERS) | _NOT_FOR_OTHERS)
    os.environ["PYTHONSAFEPATH"] = "1"
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free: this one
    out = Outlet(1, "w", closefd=False)
    sys.stdout = _text(out, sys.stdout)
    sys.stderr = _text(Outlet(2, "w", closefd=False), sys.stderr, by_line=True)
    return out


def _text(outlet: Outlet, before: TextIO | None, *, by_line: bool = False) -> TextIO:
    encoding = before.encoding if before else "utf-8"
    by_line = by_line or outlet.isatty()
    buffer = io.BufferedWriter(outlet)
    return io.TextIOWrapper(buffer, encoding, errors="backslashreplace", line_buffering=by_line)
