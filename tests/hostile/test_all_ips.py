"""Names with several addresses: one that hangs, one that trips us up, and few turns for many addresses."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from tests.hostile import servers as hostile
from tests.hostile.servers import record, serving
from tlsprobe.engines.local import run
from tlsprobe.facts import ServerScan, Status
from tlsprobe.inventory import Target
from tlsprobe.limits import Limits
from tlsprobe.scan import ScanConfig
from tlsprobe.tls.constants import ContentType

REFUSAL = record(ContentType.ALERT, b"\x02\x28")
ask_the_system = socket.getaddrinfo
LookUp = Callable[[str], list[str]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, LookUp]:
    """Which addresses names have: the system's resolver, not ours, is replaced."""
    known: dict[str, LookUp] = {}

    def getaddrinfo(host: str, *more: int, **named: int) -> list[object]:
        addresses = known[host](host) if host in known else [host]
        return [info for each in addresses for info in ask_the_system(each, *more, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


def told(scans: list[ServerScan]) -> list[tuple[str, str | None, str, str]]:
    return sorted(
        (each.target.host, each.target.address or "", each.status.value, each.status_reason) for each in scans
    )


def test_a_name_that_hangs_or_trips_us_up_costs_no_other(names: dict[str, LookUp]) -> None:
    hang = threading.Event()

    def hangs(_: str) -> list[str]:
        hang.wait(60)
        return []

    names["hangs.example"] = hangs
    names["odd.example"] = lambda _: ["127.70.2.1"][: int("a bug")]
    names["none.example"] = lambda _: []
    names["two.example"] = lambda _: ["127.70.2.1", "127.70.2.2"]
    with serving("127.70.2.1", hostile.answers(REFUSAL)) as place:
        hosts = ("hangs.example", "odd.example", "none.example", "two.example")
        config = ScanConfig(all_ips=True, deadline_s=4.0)
        scans = list(run([Target(1, host, place.port) for host in hosts], config))
    hang.set()
    assert told(scans) == [
        ("hangs.example", "", "unreachable", "deadline"),
        ("none.example", "", "unreachable", "dns"),
        ("odd.example", "", "untestable", "internal-error"),
        ("two.example", "127.70.2.1", "assessed", ""),
        ("two.example", "127.70.2.2", "unreachable", "refused"),
    ]


def test_one_turn_is_enough_for_any_number_of_addresses(names: dict[str, LookUp]) -> None:
    """And no more are taken: servers are scanned one after another."""
    addresses = [f"127.70.3.{number}" for number in range(8, 13)]
    names["many.example"] = lambda _: list(reversed(addresses))
    names["few.example"] = lambda _: addresses[:2]
    config = ScanConfig(all_ips=True, limits=Limits(connections=1, timeout_s=0.2))
    with serving(addresses[0], hostile.silent) as place:
        targets = [Target(1, "many.example", place.port), Target(2, "few.example", place.port)]
        scans = list(run(targets, config))
    assert {each.target.pin.of for each in scans if each.target.pin} == {
        tuple(addresses),
        tuple(addresses[:2]),
    }
    assert len(scans) == 7
    silent = [each for each in scans if each.target.address == addresses[0]]
    assert [each.status for each in silent] == [Status.NO_TLS, Status.NO_TLS]
    # No clock runs while a server waits for its turn, so that a deadline is its own.
    in_order = sorted(scans, key=lambda each: each.started)
    for before, after in pairwise(in_order):
        assert after.started >= before.started + timedelta(seconds=before.duration_s - 0.01)


def test_an_address_is_no_name(names: dict[str, LookUp]) -> None:
    with serving("127.70.4.1", hostile.answers(REFUSAL)) as place:
        targets = [
            Target(1, "127.70.4.1", place.port),
            *Target(1, "x.example", place.port).pinned(("127.70.4.1",)),
        ]
        first, second = sorted(run(targets, ScanConfig(all_ips=True)), key=lambda each: each.target.host)
    assert first.target == targets[0]
    assert second.target == targets[1]
    assert first.status is second.status is Status.ASSESSED
