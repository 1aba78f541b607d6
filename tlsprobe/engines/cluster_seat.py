"""Seats in a dask cluster: a worker of it scans for each, and another one where that is lost."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count

from distributed import Client, Future, Queue

from tlsprobe.engines.cluster_worker import END, framed, opened, queues, release, work
from tlsprobe.engines.seat import EngineError, SeatLost, Visit
from tlsprobe.facts import ServerScan
from tlsprobe.scan import ScanConfig

_GOODBYE_S = 2.0
_HELLO_S = 30.0  # a worker loads tlsprobe in one

log = logging.getLogger(__name__)


class _Lost(Exception):
    """A worker is gone, or cut off; the text says which is known."""


@dataclass(slots=True)
class WorkerSeat:
    """A seat with a share of the limits; it is open while a worker of the cluster scans for it.

    A worker that hears nothing for `lease_s` seconds drops what it has, and one that is not heard for as
    long is lost. Its visits are only given back when it has dropped them for certain: it may be alive and
    merely cut off, and nobody else may go to the same addresses meanwhile.
    """

    client: Client
    config: ScanConfig
    lease_s: float
    open: bool = False
    opened: asyncio.Event = field(default_factory=asyncio.Event)  # for the first time
    _open_visits: dict[int, asyncio.Future[ServerScan]] = field(default_factory=dict)
    _outgoing: list[tuple[int, Visit]] = field(default_factory=list)
    _some_outgoing: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: count[int] = field(default_factory=count)

    async def scan(self, visit: Visit) -> ServerScan:
        """Have the worker make a visit; raise SeatLost."""
        number = next(self._numbers)
        came: asyncio.Future[ServerScan] = asyncio.get_running_loop().create_future()
        self._open_visits[number] = came
        self._outgoing.append((number, visit))
        self._some_outgoing.set()
        try:
            return await came
        finally:
            del self._open_visits[number]

    async def occupy(self, worker: str, gone: Callable[[str], Coroutine[None, None, None]]) -> None:
        """Have a worker scan until it is lost and its visits are given back; EngineError if it is unfit.

        `gone` waits until a worker has left the cluster.
        """
        try:
            async with _task(self.client, worker, self.lease_s) as (task, visits, scans):
                await self._come_to_terms(worker, task, visits, scans)
                await self._talk(
                    _ended(task), _left(gone(worker)), self._hand_over(visits), self._take(scans)
                )
        except _Lost as lost:
            log.warning("worker %s is lost: %s", worker, lost)
        if self._open_visits:
            await asyncio.sleep(self.lease_s)
        self._outgoing.clear()
        for each in self._open_visits.values():
            if not each.done():
                each.set_exception(SeatLost("the worker that scanned it died"))

    async def _come_to_terms(self, worker: str, task: Future[None], visits: Queue, scans: Queue) -> None:
        hello = asyncio.create_task(scans.get(timeout=_HELLO_S))
        failed = asyncio.create_task(_failure(task))
        try:
            await asyncio.wait({hello, failed}, return_when=asyncio.FIRST_COMPLETED)
            if not hello.done():
                raise EngineError(f"{worker}: tlsprobe does not run there ({await failed}); docs/cluster.md")
            has = list(hello.result())
        except (OSError, TimeoutError):
            raise _Lost("it does not begin; is it busy with something else?") from None
        finally:
            hello.cancel()
            failed.cancel()
        if has != release():
            raise EngineError(f"{worker} has {' and '.join(has)}, here it is {' and '.join(release())}")
        await visits.put(framed(self.config))

    async def _talk(self, *all_of_it: Coroutine[None, None, None]) -> None:
        """Hand visits over and take scans, until any of it fails: _Lost."""
        self.opened.set()
        self.open = True
        try:
            async with asyncio.TaskGroup() as group:
                for each in all_of_it:
                    group.create_task(each)
        except* TimeoutError:
            raise _Lost(f"nothing was heard of it for {self.lease_s:g} s") from None
        except* (_Lost, OSError) as errors:
            raise _Lost(str(errors.exceptions[0]) or "the scheduler is gone") from None
        finally:
            self.open = False

    async def _hand_over(self, visits: Queue) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.lease_s / 4):
                    await self._some_outgoing.wait()
            self._some_outgoing.clear()
            outgoing, self._outgoing = self._outgoing, []
            await visits.put(framed(outgoing))

    async def _take(self, scans: Queue) -> None:
        while True:
            async with asyncio.timeout(self.lease_s):
                message = await scans.get()
            for number, scan in opened(message):
                came = self._open_visits.get(number)
                if came is not None and not came.done():  # who waited for it may have been stopped
                    came.set_result(scan)


@asynccontextmanager
async def _task(
    client: Client, worker: str, lease_s: float
) -> AsyncIterator[tuple[Future[None], Queue, Queue]]:
    """Have a worker `work`; at the end it is told to stop, and is let go."""
    name = f"tlsprobe-{uuid.uuid4().hex}"
    visits, scans = [await Queue(each, client=client) for each in queues(name)]
    task = client.submit(
        work, name, lease_s, key=name, workers=[worker], allow_other_workers=False, pure=False
    )
    try:
        yield task, visits, scans
    finally:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                await visits.put(END)
                await _failure(task)
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                # Or dask would do it again should a worker of the same address join.
                await client.cancel([task])
        for each in (visits, scans):
            each.close()


async def _failure(task: Future[None]) -> str:
    """Wait until a task ends, and say what became of it.

    Not by its result, which would be fetched from the worker: nobody else connects to those.
    """
    error = await task.exception()
    return "it ended" if error is None else f"{type(error).__name__}: {str(error).splitlines()[0]}"


async def _ended(task: Future[None]) -> None:
    raise _Lost(await _failure(task))


async def _left(gone: Coroutine[None, None, None]) -> None:
    await gone
    raise _Lost("it left the cluster")
