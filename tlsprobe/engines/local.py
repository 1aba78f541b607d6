"""The engine of one machine: an event loop for each core that is worth it."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

from tlsprobe.engines.background import in_background
from tlsprobe.engines.processes import in_processes
from tlsprobe.engines.seat import Here, Seat
from tlsprobe.facts import ServerScan
from tlsprobe.scan import ScanConfig
from tlsprobe.target import Target

# A process takes half a second to start, as long as some ten servers take it to scan.
_WORTH_A_PROCESS = 24


def run(
    targets: Sequence[Target],
    config: ScanConfig,
    *,
    processes: int | None = None,
    stop: threading.Event | None = None,
) -> Iterator[ServerScan]:
    """Scan all targets, within the limits of `config`, and yield each as it is done.

    With `config.all_ips` a name yields a scan for each of its addresses. `processes` is how many scan beside
    this one, 0 for none; left out it is the machine's cores, and none for a few targets. Once `stop` is set
    nothing more is begun, and what is not done within five seconds is given up.

    A caller that stops early (closes the iterator, or is interrupted) ends the scans in flight.
    """
    number = _worthwhile(len(targets)) if processes is None else processes
    return in_background(targets, config, lambda: _seats(config, number), stop or threading.Event())


def cores() -> int:
    """Return how many of the machine's cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _worthwhile(targets: int) -> int:
    number = min(cores(), targets // _WORTH_A_PROCESS)
    return number if number > 1 else 0


@asynccontextmanager
async def _seats(config: ScanConfig, processes: int) -> AsyncIterator[Sequence[Seat]]:
    if not processes:
        yield [Here(config)]
        return
    async with in_processes(config, processes) as seats:
        yield seats
