"""A server behind something that limits connections: it is asked again, more slowly."""

from __future__ import annotations

import socket
import threading
import time
from itertools import count, pairwise
from pathlib import Path

from tests.hostile.servers import answers_dhe, flight, passes_on, serving
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, stack
from tlsprobe.engines.local import run
from tlsprobe.facts import Status
from tlsprobe.inventory import Target
from tlsprobe.probes.interview import ALIVE_DELAYS_S
from tlsprobe.scan import ScanConfig

HOST = "127.69.4.2"


def test_one_that_refuses_for_a_while_is_asked_again_more_slowly(tmp_path: Path) -> None:
    credentials = make_credentials(tmp_path)
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    numbers, times = count(1), list[float]()
    with stack("python").start("127.69.4.1", tmp_path / "server", credentials, options) as server:
        behind = passes_on(server.address, server.port, but=lambda _: False, to=lambda _: None)
        listener = socket.create_server((HOST, 0))
        port = listener.getsockname()[1]
        over = threading.Event()

        def serve() -> None:
            nonlocal listener
            while not over.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                times.append(time.monotonic())
                refuses = next(numbers) == 12
                if refuses:  # nobody listens for half a second: connections are refused
                    listener.close()
                with connection:
                    behind(connection)
                if refuses:
                    time.sleep(0.5)
                    listener = socket.create_server((HOST, port))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        (scan,) = run([Target(1, HOST, port)], ScanConfig(clients=(), questions=()))
        over.set()
        listener.close()
    assert scan.status is Status.ASSESSED
    assert scan.dhe is not None
    assert len(scan.dhe.accepted) == 13
    refused = [each for each in scan.observations if each.outcome.kind == "unreachable"]
    assert refused == []
    assert scan.connections > len(times)  # some were refused indeed
    waits = [after - before for before, after in pairwise(times[12:])]
    assert waits[0] >= 0.25 * 0.8 * 0.75  # slower behind the refusal: a pause that is eased, and its jitter


def test_one_that_never_answered_is_not_asked_again() -> None:
    with socket.socket() as unused:
        unused.bind((HOST, 0))
        (scan,) = run([Target(1, HOST, unused.getsockname()[1])], ScanConfig())
    assert (scan.status, scan.status_reason, scan.connections) == (Status.UNREACHABLE, "refused", 1)


def test_one_that_is_gone_is_asked_nothing_more() -> None:
    """It answers three times; then it is tried as often as a limit could explain, and left alone."""
    with serving(HOST, answers_dhe(flight()), lifetime=3) as place:
        (scan,) = run([Target(1, place.host, place.port)], ScanConfig())
    assert (scan.status, scan.status_reason) == (Status.PARTLY_ASSESSED, "dhe-incomplete")
    # One more may have come about while it died.
    assert 0 <= scan.connections - (3 + 1 + len(ALIVE_DELAYS_S["refused"])) <= 1
