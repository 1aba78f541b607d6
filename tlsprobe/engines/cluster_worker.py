"""What a worker of a dask cluster does for a seat: a task that scans until it is ended, or hears no more.

All that is said goes through two of dask's queues in the scheduler, so a worker needs no port that others
can reach. The scans have an event loop of their own, in the thread of the task: the worker's heartbeats
never wait for them.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from distributed import Queue, get_client

from tlsprobe import __version__
from tlsprobe.engines.seat import Here, Visit
from tlsprobe.facts import ServerScan
from tlsprobe.scan import ScanConfig

END = b""
# Results that come within this go together. Longer saves messages, and makes all visits wait for each other.
_GATHERED_FOR_S = 0.02

log = logging.getLogger(__name__)


def release() -> list[str]:
    """Return what has to be the same on both sides for one to understand the other's pickles."""
    return [f"tlsprobe {__version__}", f"Python {sys.version_info.major}.{sys.version_info.minor}"]


def queues(name: str) -> tuple[str, str]:
    """Return the names of a seat's queues: of visits, and of scans."""
    return f"{name}-visits", f"{name}-scans"


def framed(message: object) -> bytes:
    """Return a message as it goes into a queue, which takes no objects; of a scan a third is left."""
    return zlib.compress(pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL), level=1)


def opened(message: bytes) -> Any:
    """Return what `framed` was given. Whoever can reach the scheduler can run code here anyway."""
    return pickle.loads(zlib.decompress(message))  # noqa: S301


def work(name: str, lease_s: float) -> None:
    """Scan what comes, until END comes or nothing has for `lease_s` seconds: that is the task.

    First it says its release; the configuration is the first thing that it is told. Then lists of visits
    come, each with its number, and lists of scans go, each with the number of its visit; both are empty now
    and then, to say that somebody is still there.
    """
    client = get_client()
    visits, scans = (Queue(each, client=client) for each in queues(name))
    scans.put(release())
    message = visits.get(timeout=lease_s)
    if message != END:
        with ThreadPoolExecutor(2, thread_name_prefix=name) as threads:
            asyncio.run(_Work(visits, scans, threads, lease_s).go_on(opened(message)))


@dataclass(slots=True)
class _Work:
    """One worker's scans; dask's calls block, so each of the two directions has a thread."""

    visits: Queue
    scans: Queue
    threads: ThreadPoolExecutor
    lease_s: float
    _done: list[tuple[int, ServerScan]] = field(default_factory=list)
    _some_done: asyncio.Event = field(default_factory=asyncio.Event)

    async def go_on(self, config: ScanConfig) -> None:
        """Scan until the end; what is in flight then is dropped."""
        both = {asyncio.create_task(self._take(Here(config))), asyncio.create_task(self._give())}
        ended, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for each in ended:
            each.result()

    async def _take(self, here: Here) -> None:
        loop, tasks = asyncio.get_running_loop(), set[asyncio.Task[None]]()
        try:
            while True:
                async with asyncio.timeout(self.lease_s):  # the call's own is the scheduler's, if it is there
                    message = await loop.run_in_executor(self.threads, self.visits.get, self.lease_s)
                if message == END:
                    return
                for number, visit in opened(message):
                    task = asyncio.create_task(self._make(number, visit, here))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
        except TimeoutError:
            log.warning("nothing heard for %g s: its visits are dropped, others may make them", self.lease_s)

    async def _make(self, number: int, visit: Visit, here: Here) -> None:
        scan = await here.scan(visit)
        self._done.append((number, scan))
        self._some_done.set()

    async def _give(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout(self.lease_s / 4):
                    await self._some_done.wait()
            except TimeoutError:
                pass
            else:
                await asyncio.sleep(_GATHERED_FOR_S)
            self._some_done.clear()
            done, self._done = self._done, []
            await loop.run_in_executor(self.threads, self.scans.put, framed(done))
