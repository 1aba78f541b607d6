"""A process that scans: visits come in on standard input, scans go out on standard output."""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import os
import signal
import threading
from typing import BinaryIO

from tlsprobe.engines.frames import READY, framed, next_message
from tlsprobe.engines.seat import Here, Visit


class _ToParent(logging.handlers.QueueHandler):
    """Log records go to the process that started this one: it knows how and where they are shown."""

    def __init__(self, sink: BinaryIO) -> None:
        super().__init__(None)  # type: ignore[arg-type] # what `enqueue` would use
        self._sink = sink

    def enqueue(self, record: logging.LogRecord) -> None:
        _send(self._sink, record)


_sending = threading.Lock()  # log records come from threads too


def _send(sink: BinaryIO, message: object) -> None:
    with _sending:
        sink.write(framed(message))
        sink.flush()


async def _work(source: BinaryIO, sink: BinaryIO) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), source)
    level, config = await next_message(reader)
    logging.basicConfig(level=level, handlers=[_ToParent(sink)])
    here = Here(config)
    _send(sink, READY)

    async def make(number: int, visit: Visit) -> None:
        _send(sink, (number, await here.scan(visit)))

    visits: set[asyncio.Task[None]] = set()
    while True:
        task = asyncio.create_task(make(*await next_message(reader)))
        visits.add(task)
        task.add_done_callback(visits.discard)


def main() -> None:
    """Scan until the parent has no more visits, or is gone."""
    # Ctrl-C reaches the whole group: it is the parent who says what becomes of what is in flight.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library may print must not get among the scans
    try:
        asyncio.run(_work(source, sink))
    except (EOFError, BrokenPipeError):
        os._exit(0)  # without waiting for threads that still compute for nobody


if __name__ == "__main__":
    main()
