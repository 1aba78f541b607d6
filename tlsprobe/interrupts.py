"""Ctrl-C, `kill`, a terminal that is closed: the first asks a run to end, the second ends it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stoppable(said: Callable[[], str]) -> Iterator[threading.Event]:
    """Return an event that the first signal sets; the second is a KeyboardInterrupt.

    The line that `said` makes tells whoever sent it what happens now, on standard error. Outside the main
    thread signals are somebody else's.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def on_signal(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        # Not by a stream: it may have been interrupted in the middle of a write.
        with suppress(OSError):  # the terminal may be gone
            os.write(2, f"{said()}\n".encode())

    # What is ignored stays so: that is how `nohup` keeps a run going.
    heeded = [each for each in _SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
    before = {each: signal.signal(each, on_signal) for each in heeded}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
