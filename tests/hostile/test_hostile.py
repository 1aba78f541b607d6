"""Misbehaving servers beside a healthy one, through the real engine: a status and a reason for each."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.hostile import servers as hostile
from tests.hostile.servers import GROUP_14, Behaviour, flight, hello_then, record
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, stack
from tlsprobe.engines.local import run
from tlsprobe.facts import PremasterZeros, ServerScan
from tlsprobe.inventory import StartTls, Target
from tlsprobe.journal import to_line
from tlsprobe.limits import Limits
from tlsprobe.scan import ScanConfig

DEADLINE_S = 12.0
CONFIG = ScanConfig(limits=Limits(timeout_s=0.5, rate=1000.0), deadline_s=DEADLINE_S)
EVEN = (GROUP_14.p - 1).to_bytes(256, "big")
LARGE = b"\xff" * 2048
LONG = b"\x02\x00\x00\x26\x03\x03" + bytes(33) + b"\x00\x9e\x00" + b"\x0b\x00\x20\x00" + bytes(8192)
LAST = (GROUP_14.p - 1).to_bytes(256, "big")
ZEROS = ("partly-assessed", "zeros-untestable")


@dataclass(frozen=True)
class Case:
    """A behaviour, and what must be said of it: status, reason, and the reason about Z."""

    name: str
    behave: Behaviour
    status: str
    reason: str
    zeros: str | None = None
    starttls: StartTls = StartTls.NONE
    lifetime: int | None = None  # in connections


CASES = (
    Case("silent", hostile.silent, "no-tls", "silent"),
    Case("http", hostile.greets(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "no-tls", "not-tls"),
    Case("ssh", hostile.greets(b"SSH-2.0-OpenSSH_9.2\r\n"), "no-tls", "not-tls"),
    Case("garbage", hostile.answers(b"\x99" * 1000), "no-tls", "not-tls"),
    Case("closes", hostile.closes, "no-tls", "closed"),
    Case("resets", hostile.resets, "no-tls", "reset"),
    Case("huge message", hostile.answers(record(22, b"\x02\xff\xff\xff")), "no-tls", "malformed"),
    Case("endless empty records", hostile.forever(record(22, b"")), "no-tls", "malformed"),
    Case("endless warnings", hostile.forever(record(21, b"\x01\x70")), "no-tls", "malformed"),
    Case("oversize record", hostile.answers(b"\x16\x03\x03\xff\xff"), "no-tls", "malformed"),
    Case("drip", hostile.forever(b"\x16", pause_s=0.3), "no-tls", "not-tls"),
    Case("suite not offered", hostile.answers(hello_then(suite=0x1234)), "no-tls", "malformed"),
    Case("version not offered", hostile.answers(hello_then(version=0x0399)), "no-tls", "malformed"),
    Case("16-bit p", hostile.answers_dhe(flight(p=b"\xff\xf1", share=b"\x05")), *ZEROS, "group-too-small"),
    Case("p of 16,384 bits", hostile.answers_dhe(flight(p=LARGE)), *ZEROS, "group-too-large"),
    Case("even p", hostile.answers_dhe(flight(p=EVEN)), *ZEROS, "p-even"),
    Case("p of 0", hostile.answers_dhe(flight(p=b"\x00")), *ZEROS, "group-too-small"),
    Case("empty p", hostile.answers_dhe(flight(p=b"")), *ZEROS, "group-too-small"),
    Case("dh_Ys of 0", hostile.answers_dhe(flight(share=b"\x00")), *ZEROS, "share-out-of-range"),
    Case("dh_Ys of 1", hostile.answers_dhe(flight(share=b"\x01")), *ZEROS, "share-out-of-range"),
    Case("dh_Ys of p - 1", hostile.answers_dhe(flight(share=LAST)), *ZEROS, "share-out-of-range"),
    Case("dh_Ys above p", hostile.answers_dhe(flight(share=b"\xff" * 300)), *ZEROS, "share-out-of-range"),
    Case("g of 0", hostile.answers_dhe(flight(g=b"\x00")), *ZEROS, "generator-out-of-range"),
    Case("g of 1", hostile.answers_dhe(flight(g=b"\x01")), *ZEROS, "generator-out-of-range"),
    Case(
        "never finishes",
        hostile.answers_dhe(flight()),
        "partly-assessed",
        "zeros-inconclusive",
        "control-failed",
    ),
    Case(
        "silent after ServerHello",
        hostile.silent_after(hello_then()),
        "partly-assessed",
        "dhe-incomplete",
        "control-failed",
    ),
    Case(
        "takes every suite, then is silent",
        hostile.takes_every_suite,
        "partly-assessed",
        "dhe-incomplete",
        "control-failed",
    ),
    # Chosen from what the control offers, and never from what the DHE hellos do.
    Case("always ECDHE", hostile.answers(hello_then(suite=0xC02F)), "partly-assessed", "dhe-incomplete"),
    Case(
        "a broken flight after ServerHello",
        hostile.answers_dhe(hello_then(b"\x0b\x00\x00\x01\x00")),
        "partly-assessed",
        "zeros-inconclusive",
        "control-failed",
    ),
    Case(
        "a flight in one-byte records",
        hostile.answers_dhe(b"".join(record(22, bytes([each])) for each in LONG)),
        "partly-assessed",
        "zeros-inconclusive",
        "control-failed",
    ),
    Case(
        "dies after three connections",
        hostile.answers_dhe(flight()),
        "partly-assessed",
        "dhe-incomplete",
        "control-failed",
        lifetime=3,
    ),
    # Each byte comes in time, so only the deadline ends it.
    Case("drips inside a record", hostile.drips_after(b"\x16\x03\x03\x40\x00"), "unreachable", "deadline"),
    Case(
        "smtp says no", hostile.greets(b"554 no\r\n"), "untestable", "starttls-refused", None, StartTls.SMTP
    ),
    Case(
        "smtp takes no mail",
        hostile.greets(b"554 no SMTP here\r\n"),
        "untestable",
        "starttls-refused",
        None,
        StartTls.SMTP,
    ),
    Case(
        "tds packet of 0 bytes",
        hostile.answers(b"\x04\x01\0\0\0\0\1\0"),
        "untestable",
        "starttls-failed",
        None,
        StartTls.MSSQL,
    ),
    Case(
        "tls in a tds packet of 0 bytes",
        hostile.takes_prelogin(hostile.answers(b"\x12\x01\0\0\0\0\1\0")),
        "no-tls",
        "malformed",
        None,
        StartTls.MSSQL,
    ),
    Case(
        "endless empty tds packets",
        hostile.takes_prelogin(hostile.forever(b"\x12\x01\0\x08\0\0\1\0")),
        "no-tls",
        "malformed",
        None,
        StartTls.MSSQL,
    ),
    # Records, bare ones too, are taken where they stand; that the packet does not end shows by and by.
    Case(
        "tds packet larger than what is in it",
        hostile.takes_prelogin(hostile.answers_dhe(b"\x12\x01\x7f\xff\0\0\1\0" + flight())),
        "partly-assessed",
        "zeros-inconclusive",
        "control-failed",
        StartTls.MSSQL,
    ),
    Case("sql server that says nothing more", hostile.silent, "unreachable", "silent", None, StartTls.MSSQL),
    Case(
        "ldap of 4 GiB",
        hostile.answers(b"\x30\x84\xff\xff\xff\xff"),
        "untestable",
        "starttls-failed",
        None,
        StartTls.LDAP,
    ),
    Case("endless xmpp", hostile.forever(b"<a>" * 999), "untestable", "starttls-failed", None, StartTls.XMPP),
    Case(
        "old rdp",
        hostile.answers(b"\3\0\0\x0b\6\xd0\0\0\x12\x34\0"),
        "untestable",
        "starttls-not-offered",
        None,
        StartTls.RDP,
    ),
    Case(
        "mysql without tls",
        hostile.greets(b"\x1b\0\0\0\x0a8\0" + bytes(24)),
        "untestable",
        "starttls-not-offered",
        None,
        StartTls.MYSQL,
    ),
)


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ServerScan]]:
    """Scan all of them, and three more, in one run; by name."""
    root = tmp_path_factory.mktemp("hostile")
    credentials = make_credentials(root)
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    with ExitStack() as running:
        targets = {}
        for number, case in enumerate(CASES, start=1):
            place = running.enter_context(
                hostile.serving(f"127.67.0.{number}", case.behave, lifetime=case.lifetime)
            )
            targets[case.name] = Target(number, place.host, place.port, starttls=case.starttls)
        with socket.socket() as unused:
            unused.bind(("127.67.1.1", 0))
            targets["closed port"] = Target(101, "127.67.1.1", unused.getsockname()[1])
        targets["no such name"] = Target(102, "no-such-name.invalid", 443)
        healthy = running.enter_context(
            stack("python").start("127.67.1.2", root / "healthy", credentials, options)
        )
        targets["healthy"] = Target(103, healthy.address, healthy.port)
        names = {target: name for name, target in targets.items()}
        done = list(run(list(targets.values()), CONFIG))
        assert len(done) == len(targets)  # nothing lost, nothing twice
        yield {names[scan.target]: scan for scan in done}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_ends_with_a_status_and_a_reason(case: Case, scans: dict[str, ServerScan]) -> None:
    scan = scans[case.name]
    assert (scan.status.value, scan.status_reason) == (case.status, case.reason), scan.detail
    assert (scan.zeros.reason if scan.zeros else None) == case.zeros
    assert scan.duration_s < DEADLINE_S + 2


def test_unreachable_ones_say_why(scans: dict[str, ServerScan]) -> None:
    assert (scans["closed port"].status, scans["closed port"].status_reason) == ("unreachable", "refused")
    assert (scans["no such name"].status, scans["no such name"].status_reason) == ("unreachable", "dns")


def test_the_healthy_neighbour_is_not_disturbed(scans: dict[str, ServerScan]) -> None:
    healthy = scans["healthy"]
    assert healthy.status == "assessed"
    assert healthy.zeros is not None
    assert healthy.zeros.premaster_zeros is PremasterZeros.STRIPPED


def test_every_scan_fits_in_the_journal(scans: dict[str, ServerScan]) -> None:
    for scan in scans.values():
        assert to_line(scan).count(b"\n") == 1
        assert len(to_line(scan)) < 200_000


def test_a_suite_counts_as_taken_from_its_server_hello_on(scans: dict[str, ServerScan]) -> None:
    for name in ("a broken flight after ServerHello", "a flight in one-byte records"):
        dhe = scans[name].dhe
        assert dhe is not None
        assert [each.suite for each in dhe.accepted] == [0x009E]


def test_a_server_that_dies_keeps_what_was_found(scans: dict[str, ServerScan]) -> None:
    scan = scans["dies after three connections"]
    assert scan.dhe is not None
    assert ([each.suite for each in scan.dhe.accepted], scan.dhe.reason) == ([0x009E], "refused")
    assert len(scan.groups) == 1
