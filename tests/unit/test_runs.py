"""What a resumed run asks again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tlsprobe.facts import FormAccepted, LeadingZeros, PremasterZeros, ServerScan, Status
from tlsprobe.inventory import parse_inventory
from tlsprobe.journal import Journal, read_run_info, read_scans
from tlsprobe.runs import RETRYABLE, Plan, new_plan, pause, resumed_plan, start_folder, with_not_scanned
from tlsprobe.selection import Selection

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
INVENTORY = parse_inventory(b"host\na.example.com\n")


def zeros(
    premaster: PremasterZeros = PremasterZeros.STRIPPED, short: FormAccepted = FormAccepted.ACCEPTED
) -> LeadingZeros:
    return LeadingZeros(premaster, short, FormAccepted.ACCEPTED)


def asked_again(
    folder: Path, retry: str, status: Status, reason: str, found: LeadingZeros | None = None
) -> bool:
    """Whether a server whose line in the journal says this is scanned once more."""
    plan = new_plan(INVENTORY, source=Path("x.csv"), folder=folder, selection=Selection(), flags={}, now=NOW)
    start_folder(plan, b"")
    (target,) = INVENTORY.targets
    with Journal(folder) as journal:
        journal.append(ServerScan(target, status, reason, NOW, 0.1, zeros=found))
    return resumed_plan(folder, INVENTORY, selection=Selection(), retry=(retry,)).targets == (target,)


@pytest.mark.parametrize(
    ("reason", "found"),
    [
        ("dhe-incomplete", None),
        ("dhe-incomplete", zeros()),
        ("deadline", None),
        ("flapping", None),
        ("zeros-inconclusive", zeros(PremasterZeros.INCONCLUSIVE)),
        ("zeros-inconclusive", zeros(short=FormAccepted.INCONCLUSIVE)),
    ],
)
def test_what_may_be_gone_the_next_time_is_inconclusive(
    tmp_path: Path, reason: str, found: LeadingZeros | None
) -> None:
    asked = {
        retry: asked_again(tmp_path / retry, retry, Status.PARTLY_ASSESSED, reason, found)
        for retry in RETRYABLE
    }
    assert asked == {"unreachable": False, "untestable": False, "inconclusive": True}


@pytest.mark.parametrize(
    ("status", "reason", "found"),
    [
        (Status.ASSESSED, "", zeros()),
        (Status.PARTLY_ASSESSED, "client-certificate-required", zeros(PremasterZeros.UNTESTABLE)),
        (Status.PARTLY_ASSESSED, "zeros-untestable", zeros(PremasterZeros.UNTESTABLE)),
        (Status.UNREACHABLE, "deadline", None),
        (Status.NO_TLS, "silent", None),
    ],
)
def test_what_stays_as_it_is_is_not_inconclusive(
    tmp_path: Path, status: Status, reason: str, found: LeadingZeros | None
) -> None:
    assert not asked_again(tmp_path / "run", "inconclusive", status, reason, found)


def test_other_answers_are_asked_again_under_their_own_names(tmp_path: Path) -> None:
    assert asked_again(tmp_path / "a", "unreachable", Status.UNREACHABLE, "deadline")
    assert asked_again(tmp_path / "b", "untestable", Status.UNTESTABLE, "starttls-refused")
    partly, found = Status.PARTLY_ASSESSED, zeros(PremasterZeros.UNTESTABLE)
    assert asked_again(tmp_path / "c", "untestable", partly, "zeros-untestable", found)


# --- why a server has no line


MIXED = b"host,window\na.example.com,\nb.example.com,22:00-04:00\nc.example.com,\n"


def begun(folder: Path) -> Plan:
    """Begin a run of three servers, of which the last is done."""
    inventory = parse_inventory(MIXED)
    plan = new_plan(inventory, source=Path("x.csv"), folder=folder, selection=Selection(), flags={}, now=NOW)
    start_folder(plan, MIXED)
    with Journal(folder) as journal:
        journal.append(ServerScan(inventory.targets[2], Status.ASSESSED, "", NOW, 0.1))
    return plan


def reasons(folder: Path) -> dict[str, str]:
    scans = with_not_scanned(folder, read_run_info(folder), read_scans(folder))
    return {scan.target.host: scan.status_reason for scan in scans if scan.status is Status.NOT_SCANNED}


def test_where_the_clock_stopped_a_run_the_reason_is_the_servers_own(tmp_path: Path) -> None:
    plan = begun(tmp_path)
    assert reasons(tmp_path) == {"a.example.com": "interrupted", "b.example.com": "interrupted"}
    assert pause(plan, plan.targets[:2], NOW).stopped == "until"
    assert reasons(tmp_path) == {"a.example.com": "until", "b.example.com": "window-closed"}


def test_without_an_end_only_windows_stop_a_run(tmp_path: Path) -> None:
    plan = begun(tmp_path)
    assert pause(plan, plan.targets[1:2], None).stopped == "window"
    assert reasons(tmp_path)["b.example.com"] == "window-closed"
    assert pause(plan, plan.targets[:2], None).stopped is None
    assert reasons(tmp_path)["a.example.com"] == "interrupted"
