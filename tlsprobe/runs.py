"""A whole run: an inventory goes in, a run folder comes out; or an unfinished one goes on."""

from __future__ import annotations

import getpass
import os
import re
import shlex
import socket
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from tlsprobe import __version__
from tlsprobe.columns import kept_columns
from tlsprobe.condensed import read_condensed
from tlsprobe.engines import local
from tlsprobe.engines.background import Engine
from tlsprobe.facts import PremasterZeros, ServerScan, Status
from tlsprobe.files import make_folder, sync_folder, write_whole
from tlsprobe.inventory import Inventory, Target, read_inventory
from tlsprobe.journal import (
    INVENTORY,
    JOURNAL,
    RUN,
    Journal,
    JournalError,
    RunInfo,
    nobody_writing,
    read_run_info,
    remaining,
    write_run_info,
)
from tlsprobe.scan import ScanConfig
from tlsprobe.selection import Selection
from tlsprobe.timetable import what_stopped, why_unstarted

# Reasons of a partly assessed server that may be gone the next time.
_PASSING_REASONS = ("dhe-incomplete", "deadline", "flapping", "zeros-inconclusive", "landings-unclear")
VERIFIES = "verifies"  # in the flags of a run of `verify`: the run that it looks at again
RETRYABLE = ("unreachable", "untestable", "inconclusive")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run has to do: its folder, the targets left, those that the selection took out."""

    folder: Path
    info: RunInfo
    targets: tuple[Target, ...]
    excluded: tuple[ServerScan, ...] = ()
    done: tuple[ServerScan, ...] = ()
    journal_size: int = 0  # bytes, when `done` was read


def new_plan(
    inventory: Inventory,
    *,
    source: Path,
    folder: Path,
    selection: Selection,
    flags: dict[str, str],
    now: datetime,
) -> Plan:
    """Plan a new run; nothing is written yet."""
    allowed = tuple(target for target in inventory.targets if selection.allows_target(target))
    excluded = tuple(
        _excluded(target, selection.decide(target).reason, now)
        for target in inventory.targets
        if not selection.allows_target(target)
    )
    info = replace(
        run_info(folder.name, source=str(source), sha256=inventory.sha256, flags=flags, now=now),
        excluded=tuple(scan.target.endpoint for scan in excluded),
        bad_rows=inventory.bad_rows,
        notices=inventory.notices,
    )
    return Plan(folder, info, allowed, excluded)


def run_info(run_id: str, *, source: str, sha256: str, flags: dict[str, str], now: datetime) -> RunInfo:
    """Say who begins a run, when, where and how."""
    return RunInfo(
        run_id=run_id,
        tool_version=__version__,
        started=now,
        finished=None,
        user=_user(),
        host=socket.gethostname(),
        command=command_line(),
        inventory=source,
        inventory_sha256=sha256,
        flags=flags,
    )


def resumed_plan(
    folder: Path, inventory: Inventory, *, selection: Selection, retry: Sequence[str] = ()
) -> Plan:
    """Plan the rest of a run, or with `retry` only the servers whose answer was one of RETRYABLE."""
    with nobody_writing(folder) as size:
        info, done = read_run_info(folder), read_condensed(folder)
    if inventory.sha256 != info.inventory_sha256:
        raise JournalError(
            f"{folder}: the run began with another inventory; leave it out, {INVENTORY} there is a copy of it"
        )
    allowed = tuple(target for target in inventory.targets if selection.allows_target(target))
    if retry:
        rows = {target.row: target for target in allowed}
        again = (scan.target for scan in done if _asks_again(scan, retry))
        targets = tuple(replace(rows[each.row], pin=each.pin) for each in again if each.row in rows)
    else:
        targets = remaining(allowed, (scan.target for scan in done))
    return Plan(folder, info, targets, done=done, journal_size=size)


def start_folder(
    plan: Plan, inventory_bytes: bytes, others: Mapping[str, bytes] = MappingProxyType({})
) -> None:
    """Make the folder of a new run, with `others` in it by name.

    One that holds a run already is left alone: JournalError.
    """
    folder = plan.folder
    try:
        make_folder(folder)
        sync_folder(folder.parent)
        if (folder / RUN).exists():
            raise JournalError(f"{folder} holds a run already; go on with --resume, or choose another --out")
        for name, content in {INVENTORY: inventory_bytes, **others}.items():
            write_whole(folder / name, content)
        (folder / JOURNAL).touch()
    except OSError as error:
        raise JournalError(f"{error.filename}: {error.strerror}; choose another folder with --out") from None
    # The last of them: a folder that has it is a run that can be gone on with.
    write_run_info(folder, plan.info)


def carry_out(
    plan: Plan, config: ScanConfig, *, engine: Engine = local.run, stop: threading.Event
) -> Iterator[ServerScan]:
    """Scan what the plan has left, until `stop` is set; yield each scan once it is in the journal."""
    with Journal(plan.folder, after=plan.journal_size) as journal:
        for scan in plan.excluded:
            journal.append(scan)
            yield scan
        for scan in engine(plan.targets, config, stop=stop):
            journal.append(scan)
            yield scan


def finish(plan: Plan, *, now: datetime) -> RunInfo:
    """Write into run.json when the run ended."""
    info = replace(plan.info, finished=now)
    write_run_info(plan.folder, info)
    return info


def pause(plan: Plan, left: Iterable[Target], until: datetime | None) -> RunInfo:
    """Write into run.json why an invocation that nobody interrupted has not come to all servers."""
    info = replace(plan.info, stopped=what_stopped(left, until))
    write_run_info(plan.folder, info)
    return info


def with_not_scanned(folder: Path, info: RunInfo, scans: tuple[ServerScan, ...]) -> tuple[ServerScan, ...]:
    """Add the servers that have no line, so that no report leaves them out.

    Those of an unfinished run had no turn yet, where it stopped by the clock for that reason; of a finished
    one a line is gone. They can be addresses of a name that had none until it was asked again.
    """
    targets = tuple({scan.target.row: scan.target for scan in scans}.values())
    # A run of `verify` asks only who had findings.
    if info.finished is None or (VERIFIES not in info.flags and (folder / INVENTORY).is_file()):
        columns = kept_columns(info.flags["columns"]) if "columns" in info.flags else None
        targets = read_inventory(folder / INVENTORY, columns=columns).targets
    left = tuple(
        ServerScan(
            target=target,
            status=Status.NOT_SCANNED,
            status_reason=_why_not_scanned(target, info),
            started=info.started,
            duration_s=0.0,
        )
        for target in remaining(targets, (scan.target for scan in scans))
    )
    return scans + left


def _why_not_scanned(target: Target, info: RunInfo) -> str:
    if info.stopped is not None:
        return why_unstarted(target).value
    return "interrupted" if info.finished is None else "line-lost"


def command_line() -> str:
    """Return what was typed, as a shell takes it, without the password in an address."""
    typed = [re.sub(r"(?s)(://[^:]*):.*@", r"\1:…@", word) for word in sys.argv[1:]]
    return shlex.join(["tlsprobe", *typed])


def default_folder(source: Path, now: datetime, root: Path) -> Path:
    """reports/<inventory>-<time>, the time in UTC so that folders sort."""
    return root / f"{source.stem}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _asks_again(scan: ServerScan, retry: Sequence[str]) -> bool:
    if scan.status.value in retry:
        return True
    gap = scan.status is Status.PARTLY_ASSESSED and scan.status_reason in _PASSING_REASONS
    if gap and "inconclusive" in retry:
        return True
    zeros = scan.zeros
    if zeros is None:
        return False
    answers = {zeros.premaster_zeros.value, zeros.short_client_share.value, zeros.padded_client_share.value}
    return not answers.isdisjoint(set(retry) & {each.value for each in PremasterZeros})


def _excluded(target: Target, why: str, now: datetime) -> ServerScan:
    return ServerScan(
        target=target,
        status=Status.EXCLUDED,
        status_reason="excluded",
        started=now,
        duration_s=0.0,
        detail=why,
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without an entry for its uid
        return str(os.getuid())
