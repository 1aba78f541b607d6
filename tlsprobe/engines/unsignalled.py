"""Loaded by dask into each worker of a cluster of one's own: it leaves Ctrl-C to who started it.

A terminal sends it to the whole group; what becomes of what is in flight is the dispatcher's to say.
"""

from __future__ import annotations

import signal


def dask_setup(worker: object) -> None:
    """Ignore it, in the main thread of a worker that begins."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
