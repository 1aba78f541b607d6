"""What a resumed run asks again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tlsprobe.facts import FormAccepted, LeadingZeros, PremasterZeros, ServerScan, Status
from tlsprobe.inventory import parse_inventory
from tlsprobe.journal import Journal
from tlsprobe.runs import RETRYABLE, new_plan, resumed_plan, start_folder
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
