"""A few servers that differ, to be scanned by each engine, and what has to be the same then."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from tests.hostile import servers as hostile
from tests.hostile.servers import answers_dhe, flight, record, serving
from tlsprobe.demo.servers import Running
from tlsprobe.facts import ServerScan
from tlsprobe.inventory import Target
from tlsprobe.limits import Limits
from tlsprobe.scan import ScanConfig
from tlsprobe.tls.constants import ContentType

CONFIG = ScanConfig(limits=Limits(timeout_s=1.0, rate=1000.0), deadline_s=30.0, questions=())


@contextmanager
def several_servers(network: str, server: Running) -> Iterator[Sequence[Target]]:
    """Serve five behaviours at addresses of `network`, beside `server` and one that is not there."""
    behaviours = (
        hostile.closes,
        hostile.answers(record(ContentType.ALERT, b"\x02\x28")),
        hostile.greets(b"SSH-2.0-OpenSSH_9.2\r\n"),
        answers_dhe(flight(p=b"\xff\xf1", share=b"\x05")),
        hostile.silent,
    )
    with ExitStack() as stacks:
        places = [
            stacks.enter_context(serving(f"{network}.{number}", behave))
            for number, behave in enumerate(behaviours, start=1)
        ]
        targets = [Target(1, server.address, server.port), Target(2, f"{network}.6", 9)]
        yield targets + [Target(line, each.host, each.port) for line, each in enumerate(places, start=3)]


def verdicts(scans: list[ServerScan]) -> list[tuple[object, ...]]:
    return sorted(
        (each.target.line, each.address, each.status.value, each.status_reason, each.dhe, each.zeros)
        for each in scans
    )


def is_open(connection: socket.socket) -> bool:
    """Whether the other side has not closed it."""
    try:
        return bool(connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except BlockingIOError:
        return True
    except OSError:
        return False
