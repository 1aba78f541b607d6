from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tlsprobe.facts import (
    AcceptedSuite,
    DheSuites,
    Group,
    Observation,
    Offer,
    Seen,
    ServerScan,
    ServerShare,
    ShareEncoding,
    Status,
    SuiteOrder,
    Unreachable,
)
from tlsprobe.inventory import Target, parse_target
from tlsprobe.journal import (
    JOURNAL,
    Journal,
    JournalError,
    RunInfo,
    nobody_writing,
    read_each,
    read_run_info,
    read_scans,
    remaining,
    to_line,
    write_run_info,
)
from tlsprobe.tls.handshake import Broken, Completed, Rejected, Step, Untestable

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OUTCOMES = (
    Completed(Step.SERVER_FINISHED),
    Rejected(40, Step.CLIENT_HELLO),
    Broken("closed", Step.CLIENT_FINISHED, "detail \u202e"),
    Unreachable("refused"),
    Untestable("cipher", Step.SERVER_HELLO_DONE),
)


def full_scan(target: Target, status: Status = Status.ASSESSED) -> ServerScan:
    seen = Seen(0x0303, 0x009E, (0xFF01,), True, group=0, dh_Ys=b"\x00\x01\xff", layout=((22, 57),))
    offer = Offer(0x0303, "curves+ems", (0x009E,))
    return ServerScan(
        target=target,
        status=status,
        status_reason="",
        started=NOW,
        duration_s=0.25,
        address="127.0.0.1",
        connections=26,
        observations=tuple(
            Observation("leading-zeros", "control", outcome, 0.01, offer, seen, dh_Yc=b"\x01")
            for outcome in OUTCOMES
        ),
        groups=(Group(b"\xff\x07", b"\x02", 16, None, False, 1 / 256),),
        dhe=DheSuites((AcceptedSuite(0x0303, 0x009E, 0),), SuiteOrder.SERVER, "curves+ems", complete=True),
        share=ServerShare(ShareEncoding.SHORT, 3, 0, 1, 0, reused=False, confidence=1.0),
    )


def write(folder: Path, *scans: ServerScan) -> None:
    with Journal(folder) as journal:
        for scan in scans:
            journal.append(scan)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    scans = (full_scan(parse_target("a.example")), full_scan(parse_target("b.example:8443")))
    write(tmp_path, *scans)
    assert read_scans(tmp_path) == scans


def test_bytes_are_hex_and_codes_four_digits() -> None:
    line = to_line(full_scan(parse_target("a.example"))).decode()
    assert '"dh_Ys":"0001ff"' in line
    assert '"suite":"009e"' in line
    assert line.count("\n") == 1


def test_a_line_cut_off_is_not_read_and_taken_away(tmp_path: Path) -> None:
    first, second = full_scan(parse_target("a.example")), full_scan(parse_target("b.example"))
    whole = to_line(first)
    for size in range(len(to_line(second))):
        (tmp_path / JOURNAL).write_bytes(whole + to_line(second)[:size])
        assert read_scans(tmp_path) == (first,)
    write(tmp_path, second)
    assert read_scans(tmp_path) == (first, second)


def test_a_run_that_somebody_went_on_with_since_it_was_planned_is_left_alone(tmp_path: Path) -> None:
    first, second = full_scan(parse_target("a.example")), full_scan(parse_target("b.example"))
    write(tmp_path, first)
    with nobody_writing(tmp_path) as size:
        pass
    with Journal(tmp_path, after=size) as journal:
        journal.append(second)
    with pytest.raises(JournalError, match="meanwhile"), Journal(tmp_path, after=size):
        pass
    with pytest.raises(JournalError, match="meanwhile"), Journal(tmp_path, after=0):
        pass
    write(tmp_path, first)  # and it holds no lock on what it refused
    assert read_scans(tmp_path) == (first, second)


def test_a_run_that_is_worked_on_is_neither_read_nor_written(tmp_path: Path) -> None:
    with Journal(tmp_path):
        with pytest.raises(JournalError, match="another tlsprobe"), Journal(tmp_path):
            pass
        with pytest.raises(JournalError, match="another tlsprobe"), nobody_writing(tmp_path):
            pass


def test_the_last_line_of_a_server_counts(tmp_path: Path) -> None:
    target = parse_target("a.example")
    write(tmp_path, full_scan(target, Status.UNREACHABLE), full_scan(target))
    (scan,) = read_scans(tmp_path)
    assert scan.status is Status.ASSESSED


def test_remaining_are_the_targets_without_a_line() -> None:
    a, b = parse_target("a.example"), parse_target("b.example")
    assert remaining([a, b], [a]) == (b,)


@pytest.mark.parametrize("line", ["{}", "not json", '{"schema": 1, "target": 3}'])
def test_a_damaged_line_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / JOURNAL).write_text(line + "\n")
    with pytest.raises(JournalError, match="line 1"):
        read_scans(tmp_path)


def test_no_run_and_no_folder_are_said(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no such run"):
        read_scans(tmp_path / "nowhere")
    with pytest.raises(JournalError, match=r"run\.json"):
        read_run_info(tmp_path)
    with pytest.raises(JournalError, match="--out"), Journal(tmp_path / "nowhere"):
        pass


def test_a_journal_of_before_there_were_windows_is_read(tmp_path: Path) -> None:
    scan = full_scan(parse_target("a.example"))
    old = to_line(scan).replace(b'"window":"",', b"")
    assert old != to_line(scan)
    (tmp_path / JOURNAL).write_bytes(old)
    assert read_scans(tmp_path) == (scan,)
    info = RunInfo("run", "0.1", NOW, NOW, "me", "here", "tlsprobe scan x", "x", "00")
    write_run_info(tmp_path, info)
    fields = json.loads((tmp_path / "run.json").read_text())
    del fields["stopped"]
    (tmp_path / "run.json").write_text(json.dumps(fields))
    assert read_run_info(tmp_path) == info


def test_run_info_round_trip(tmp_path: Path) -> None:
    info = RunInfo("run", "0.1", NOW, None, "me", "here", "tlsprobe scan x", "x", "00", {"samples": "0"})
    write_run_info(tmp_path, info)
    assert read_run_info(tmp_path) == info
    assert os.listdir(tmp_path) == ["run.json"]  # noqa: PTH208 — nothing unfinished is left behind


def test_single_scans_are_read_again_in_any_order(tmp_path: Path) -> None:
    a, b, c = map(parse_target, ("a.example", "b.example", "c.example"))
    write(tmp_path, full_scan(a, Status.UNREACHABLE), full_scan(b))
    with (tmp_path / JOURNAL).open("ab") as journal:
        journal.write(b"\n" + to_line(full_scan(a)) + b'{"target":')
    assert list(read_each(tmp_path, [b, c, a])) == [full_scan(b), None, full_scan(a)]


def test_a_line_that_is_none_is_said_when_single_scans_are_read(tmp_path: Path) -> None:
    target = parse_target("a.example")
    (tmp_path / JOURNAL).write_bytes(to_line(full_scan(target)) + b'{"status": "assessed"}\n')
    with pytest.raises(JournalError, match="line 2: target"):
        list(read_each(tmp_path, [target]))
