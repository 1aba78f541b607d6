"""The engine of one machine: one event loop in a thread, scans handed over as they are done."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from tlsprobe.dial import Dialer
from tlsprobe.facts import ServerScan, Status
from tlsprobe.inventory import Target
from tlsprobe.scan import ScanConfig, scan_server, spread

R = TypeVar("R")
log = logging.getLogger(__name__)

_FINISHED = None


def run(targets: Sequence[Target], config: ScanConfig) -> Iterator[ServerScan]:
    """Scan all targets at once, within the limits of `config`, and yield each as it is done.

    With `config.all_ips` a name yields a scan for each of its addresses.

    A caller that stops early (closes the iterator, or is interrupted) ends the scans in flight.
    """
    done: queue.Queue[ServerScan | BaseException | None] = queue.Queue()
    loop = asyncio.new_event_loop()
    work: asyncio.Task[None] | None = None

    async def main() -> None:
        nonlocal work
        work = asyncio.current_task()
        await _scan_all(targets, config, done)

    def thread() -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(main())
        except asyncio.CancelledError:
            pass
        except BaseException as error:
            done.put(error)
        finally:
            done.put(_FINISHED)

    worker = threading.Thread(target=thread, name="scans", daemon=True)
    worker.start()
    try:
        while (item := done.get()) is not _FINISHED:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        if worker.is_alive() and work is not None:
            loop.call_soon_threadsafe(work.cancel)
        worker.join(timeout=10)


async def _scan_all(
    targets: Sequence[Target], config: ScanConfig, done: queue.Queue[ServerScan | BaseException | None]
) -> None:
    dialer = Dialer(config.limits, family=config.family, selection=config.selection, proxy=config.proxy)
    turns = asyncio.Semaphore(config.limits.connections)

    async def scan(target: Target) -> None:
        async with turns:
            done.put(await _safely(target, scan_server(target, dialer=dialer, config=config)))

    async def take(target: Target) -> None:
        """Use a turn that was taken for what a row comes to; further addresses take turns of their own."""
        try:
            found = await _safely(target, spread(target, dialer=dialer, config=config))
            if isinstance(found, ServerScan):
                done.put(found)
                return
            first, *others = found
            for each in others:
                group.create_task(scan(each))
            done.put(await _safely(first, scan_server(first, dialer=dialer, config=config)))
        finally:
            turns.release()

    async with asyncio.TaskGroup() as group:
        for target in targets:
            await turns.acquire()
            group.create_task(take(target))


async def _safely(target: Target, work: Coroutine[None, None, R]) -> R | ServerScan:
    """Await the work on one server; a bug of ours costs that server's result, says so, and no other's."""
    try:
        return await work
    except Exception as error:
        log.exception("internal error at %s", target.label)
        return ServerScan(
            target=target,
            status=Status.UNTESTABLE,
            status_reason="internal-error",
            started=datetime.now(UTC),
            duration_s=0.0,
            detail=f"{type(error).__name__}: {error}",
        )
