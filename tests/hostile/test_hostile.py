"""Misbehaving servers beside a healthy one, through the real engine: a status and a reason for each."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.hostile import servers as hostile
from tests.hostile.cases import CASES, Case
from tests.hostile.servers import Behaviour
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, stack
from tlsprobe.engines.local import run
from tlsprobe.facts import PremasterZeros, ServerScan
from tlsprobe.inventory import Target
from tlsprobe.journal import to_line
from tlsprobe.limits import Limits
from tlsprobe.scan import ScanConfig

DEADLINE_S = 12.0
CONFIG = ScanConfig(limits=Limits(timeout_s=0.5, rate=1000.0), deadline_s=DEADLINE_S)


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
    assert case.said in scan.detail
    assert scan.duration_s < DEADLINE_S + 2


@pytest.mark.parametrize(
    ("behave", "most"), [(hostile.breaks_off, 3), (hostile.leaves, 9)], ids=["resets", "closes"]
)
def test_one_that_ends_at_once_is_left_after_three_tries(behave: Behaviour, most: int) -> None:
    """Whether the hello or the end is first at the other side, and so what is seen, is chance.

    Nine are three hellos whose connection was reset twice and then closed.
    """
    with hostile.serving("127.67.2.1", behave) as place:
        (scan,) = run([Target(1, place.host, place.port)], CONFIG)
    assert scan.status.value in ("no-tls", "unreachable")
    assert scan.status_reason in ("closed", "reset")
    assert 3 <= scan.connections <= most


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
    for name in ("certificates that end too soon", "a flight in one-byte records"):
        dhe = scans[name].dhe
        assert dhe is not None
        assert [each.suite for each in dhe.accepted] == [0x009E]


def test_a_server_that_dies_keeps_what_was_found(scans: dict[str, ServerScan]) -> None:
    scan = scans["dies after three connections"]
    assert scan.dhe is not None
    assert ([each.suite for each in scan.dhe.accepted], scan.dhe.reason) == ([0x009E], "refused")
    assert len(scan.groups) == 1
