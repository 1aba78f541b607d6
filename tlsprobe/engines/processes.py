"""Seats in processes of their own: each has an event loop, and so a core, to itself."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count

from tlsprobe.engines.frames import READY, framed, next_message
from tlsprobe.engines.seat import EngineError, SeatLost, Visit
from tlsprobe.facts import ServerScan
from tlsprobe.scan import ScanConfig

# A worker keeps its deadlines itself; one that is this late hangs, and is ended.
LATE_S = 30.0
# Half a second, on a machine that is not overloaded.
_START_S = 60.0
# What kills one while it starts, such as a want of memory, may spare the next.
_START_TRIES = 3

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Worker:
    """A process that scans, and the visits that it has not come back from."""

    process: asyncio.subprocess.Process
    results: asyncio.Task[None]
    open_visits: dict[int, asyncio.Future[ServerScan]]


@dataclass(slots=True)
class ProcessSeat:
    """A seat whose worker is a process; one that died is replaced when the next visit comes."""

    config: ScanConfig
    open: bool = True
    _worker: _Worker | None = None
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    _numbers: count[int] = field(default_factory=count)

    async def scan(self, visit: Visit) -> ServerScan:
        """Have the worker make a visit; raise SeatLost where it dies, or hangs and is ended."""
        worker = await self._present_worker()
        number = next(self._numbers)
        came: asyncio.Future[ServerScan] = asyncio.get_running_loop().create_future()
        worker.open_visits[number] = came
        try:
            assert worker.process.stdin is not None  # noqa: S101
            worker.process.stdin.write(framed((number, visit)))
            async with asyncio.timeout(visit.deadline_s + LATE_S):
                return await came
        except TimeoutError:
            worker.process.kill()
            await worker.results  # or the next visit would go to the same one
            raise SeatLost("the worker did not keep the deadline") from None
        finally:
            worker.open_visits.pop(number, None)

    async def _present_worker(self) -> _Worker:
        async with self._starting:
            if self._worker is None or self._worker.results.done():
                self._worker = await self._start()
            return self._worker

    async def _start(self) -> _Worker:
        for _ in range(_START_TRIES):
            process = await self._start_process()
            assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
            process.stdin.write(framed((logging.getLogger().level, self.config)))
            try:
                async with asyncio.timeout(_START_S):
                    ready = await next_message(process.stdout)
            except EOFError:
                await process.wait()
                continue
            except TimeoutError:
                process.kill()
                await process.wait()
                break
            assert ready == READY  # noqa: S101
            visits: dict[int, asyncio.Future[ServerScan]] = {}
            return _Worker(process, asyncio.create_task(_take_results(process, visits)), visits)
        raise EngineError("a process to scan with did not start; try --processes 0")

    async def _start_process(self) -> asyncio.subprocess.Process:
        try:
            # -P: with -m alone, Python would look for modules in the folder that it is started in first.
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "tlsprobe.engines.worker"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            raise EngineError(f"no process can be started ({error.strerror}); try --processes 0") from None

    async def end(self) -> None:
        """End the worker, whatever it is doing."""
        self.open = False
        if self._worker is not None:
            with suppress(ProcessLookupError):
                self._worker.process.kill()
            await self._worker.results
            await self._worker.process.wait()


async def _take_results(
    process: asyncio.subprocess.Process, visits: dict[int, asyncio.Future[ServerScan]]
) -> None:
    """Hand results to who waits for them, until the worker is gone."""
    assert process.stdout is not None  # noqa: S101
    with suppress(EOFError):
        while True:
            message = await next_message(process.stdout)
            if isinstance(message, logging.LogRecord):
                logging.getLogger(message.name).handle(message)
                continue
            number, scan = message
            if number in visits and not visits[number].done():
                visits[number].set_result(scan)
    for each in visits.values():
        if not each.done():
            each.set_exception(SeatLost("the worker that scanned it died"))


@asynccontextmanager
async def in_processes(config: ScanConfig, number: int) -> AsyncIterator[Sequence[ProcessSeat]]:
    """Divide the limits among `number` processes at most, and end these at the end."""
    seats = [ProcessSeat(replace(config, limits=limits)) for limits in config.limits.shares(number)]
    try:
        yield seats
    finally:
        await asyncio.gather(*(seat.end() for seat in seats))
