"""A clock that is set while a scan runs: deadlines go by one that nobody can set, windows by the wall's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from tests.hostile.servers import closes, serving
from tlsprobe.engines import dispatch, local
from tlsprobe.facts import Status
from tlsprobe.inventory import Target, parse_target
from tlsprobe.limits import Limits
from tlsprobe.scan import ScanConfig

NOW = datetime.now(UTC)


def set_to(monkeypatch: pytest.MonkeyPatch, *times: datetime) -> None:
    """Set the wall clock that starts servers: one reading after the other, the last for good."""
    left = list(times)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return left.pop(0) if len(left) > 1 else left[0]

    monkeypatch.setattr(dispatch, "datetime", Clock)


@pytest.fixture
def targets() -> Iterator[list[Target]]:
    with serving("127.77.50.1", closes) as one, serving("127.77.50.2", closes) as two:
        yield [parse_target(f"{each.host}:{each.port}") for each in (one, two)]


@pytest.mark.parametrize("days", [-3650, 3650])
def test_a_jump_ends_no_scan_and_stretches_none(
    targets: list[Target], days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_to(monkeypatch, NOW, NOW + timedelta(days=days), NOW, NOW + timedelta(days=days))
    scans = [*local.run(targets, ScanConfig(limits=Limits(timeout_s=5), deadline_s=30))]
    assert len(scans) == len(targets)
    assert {scan.status_reason for scan in scans}.isdisjoint({"deadline", "timeout", "internal-error"})
    assert all(0 <= scan.duration_s < 30 for scan in scans)


def test_after_a_jump_beyond_until_nothing_more_is_started(
    targets: list[Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    until = NOW + timedelta(hours=2)
    set_to(monkeypatch, NOW, until + timedelta(hours=1))
    scans = [*local.run(targets, ScanConfig(limits=Limits(), until=until), stop=threading.Event())]
    assert len(scans) <= 1
    assert all(scan.status is not Status.NOT_SCANNED for scan in scans)
