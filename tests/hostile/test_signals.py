"""A signal is heeded whichever thread gets it, and however the main thread waits then."""

from __future__ import annotations

import subprocess
import sys

from tests.hostile.servers import serving, silent

SCRIPT = """
import os, signal, sys, threading
from tlsprobe import Limits, ScanConfig, parse_target, run
from tlsprobe.interrupts import stoppable

threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
with stoppable(lambda: "stopping") as stop:
    scans = run([*map(parse_target, sys.argv[1:])], ScanConfig(limits=Limits(timeout_s=60.0)), stop=stop)
    next(scans)
    # The threads that are there by now get it, and not this one, as if it came at the wrong moment.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    print(len(list(scans)), stop.is_set())
"""


def test_a_signal_that_the_main_thread_sleeps_through_is_heeded() -> None:
    with serving("127.79.0.1", silent) as place:
        targets = ["127.79.0.2:9", f"{place.host}:{place.port}"]  # nobody is there, and one that hangs
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, *targets], capture_output=True, text=True, timeout=30, check=True
        )
    assert done.stdout == "0 True\n"
    assert done.stderr == "stopping\n"
