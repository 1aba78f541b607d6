"""An engine's event loop in a thread of its own, so that whoever takes the scans can wait for a disk."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from tlsprobe.engines.dispatch import Dispatcher
from tlsprobe.engines.seat import Seat
from tlsprobe.facts import ServerScan
from tlsprobe.scan import ScanConfig
from tlsprobe.target import Target

Seats = Callable[[], AbstractAsyncContextManager[Sequence[Seat]]]

_FINISHED = None
# Python runs a signal's handler in the main thread, between two steps. One that comes as that thread goes to
# sleep, or is taken by another thread, would be heeded when it wakes: so it wakes.
_AWAKE_S = 0.5


class Engine(Protocol):
    """Scans targets within the limits of a configuration, and yields each scan as it is done.

    Once `stop` is set it begins nothing more and gives up what is not done soon. Raises EngineError.
    """

    def __call__(
        self, targets: Sequence[Target], config: ScanConfig, *, stop: threading.Event
    ) -> Iterator[ServerScan]:
        """Begin; closing the iterator ends the scans in flight."""
        ...


def in_background(
    targets: Sequence[Target], config: ScanConfig, seats: Seats, stop: threading.Event
) -> Iterator[ServerScan]:
    """Have targets scanned from the seats, and yield each scan as it is done; raise EngineError.

    A caller that closes the iterator ends the scans in flight.
    """
    done: queue.SimpleQueue[ServerScan | BaseException | None] = queue.SimpleQueue()
    loop = asyncio.new_event_loop()
    work: asyncio.Task[None] | None = None

    async def main() -> None:
        nonlocal work
        work = asyncio.current_task()
        async with seats() as taken:
            await Dispatcher(taken, config, deliver=done.put, untaken=done.qsize).run(targets, stop)

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
        while True:
            try:
                item = done.get(timeout=_AWAKE_S)
            except queue.Empty:
                continue
            if item is _FINISHED:
                break
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        if worker.is_alive() and work is not None:
            loop.call_soon_threadsafe(work.cancel)
        worker.join(timeout=10)
