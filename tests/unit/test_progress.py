"""How far a run is, by a clock that the test turns: nothing waits, and nothing is timed."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from tests.unit.sample_scans import OPENSSL, S2N
from tlsprobe import progress
from tlsprobe.facts import ServerScan, Status
from tlsprobe.inventory import Target, parse_target
from tlsprobe.limits import Limits
from tlsprobe.log import set_up
from tlsprobe.progress import Tally, findings, logged, progress_line, ticking, with_progress
from tlsprobe.rules import Severity, judge
from tlsprobe.runs import Plan, run_info
from tlsprobe.scan import ScanConfig
from tlsprobe.wording import wording

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NOTHING = ServerScan(parse_target("a.example"), Status.ASSESSED, "", NOW, 0.1)
EXCLUDED = replace(NOTHING, status=Status.EXCLUDED)


@dataclass
class Time:
    """A clock that the test turns, and what is to be called every 30 s."""

    now: float = 1000.0
    call: Callable[[], None] = field(default=lambda: None)

    def __call__(self) -> float:
        return self.now

    @contextmanager
    def ticks(self, call: Callable[[], None]) -> Iterator[None]:
        self.call = call
        yield
        self.call = lambda: pytest.fail("it goes on after the end")


Written = Callable[[], str]  # what was written to standard error since the last call


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Written]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    set_up()
    yield lambda: capsys.readouterr().err
    root.handlers[:] = handlers
    root.setLevel(level)


def tally(total: int = 1000, *, at_a_time: int = 4, deadline_s: float = 30.0, done: int = 0) -> Tally:
    return Tally(total, done, began=0.0, at_a_time=at_a_time, deadline_s=deadline_s)


@pytest.mark.parametrize("per_s", [0.05, 1, 20])
@pytest.mark.parametrize("after_s", [40, 100, 3000])
def test_a_steady_rate_is_the_rate(per_s: float, after_s: int) -> None:
    count = tally(10**6)
    for n in range(1, int(per_s * after_s) + 1):
        count.add(NOTHING, n / per_s)
    rate = count.rate(after_s)
    assert rate == pytest.approx(per_s, rel=0.2 if per_s * after_s > 10 else 0.6)  # a few are no rate yet


def test_the_rate_of_long_ago_is_forgotten() -> None:
    count = tally(10**6)
    for n in range(10_000):
        count.add(NOTHING, n / 100)  # a hundred a second, up to the hundredth
    for n in range(600):
        count.add(NOTHING, 100 + n)  # then one
    assert count.rate(700) == pytest.approx(1, rel=0.05)
    assert count.rate(700 + 600) == pytest.approx(0, abs=0.01)  # then none


def test_waves_of_servers_that_hang_do_not_shake_the_time_left() -> None:
    count = tally(10_000, at_a_time=64, deadline_s=180.0)
    said = []
    for wave in range(1, 30):
        for _ in range(64):
            count.add(NOTHING, wave * 180.0)
        for moment in (wave * 180.0, wave * 180.0 + 179.9):
            true = (10_000 - count.done) / (64 / 180)
            if (left_s := count.left_s(moment)) is not None:
                said.append(left_s / true)
    assert len(said) > 50
    assert 0.7 < min(said) <= max(said) < 2.1  # between the first two waves it may as well be half as fast
    assert max(said[6:]) < 1.45


def test_nothing_is_said_of_the_time_left_before_anybody_can_tell() -> None:
    count = tally(at_a_time=64)
    assert count.rate(5.0) is None
    assert count.left_s(5.0) is None
    for n in range(500):
        count.add(NOTHING, n / 1000)  # they refuse at once
    assert count.left_s(0.5) is None
    assert count.left_s(20.0) is not None


def test_nothing_is_said_of_the_time_left_before_a_turn_is_over() -> None:
    count = tally(at_a_time=64)
    for n in range(63):
        count.add(NOTHING, float(n))
    assert count.left_s(63.0) is None  # the first 64 may all hang
    count.add(NOTHING, 63.0)
    assert count.left_s(63.0) is not None


def test_of_the_last_it_is_said_how_long_each_may_take() -> None:
    count = tally(100, at_a_time=4, deadline_s=90.0)
    for n in range(96):
        count.add(NOTHING, float(n))
    assert count.left_s(96.0) is None
    assert "the last 4 take 0:01:30 at most, each" in progress_line(count, wording(), 96.0)
    assert "残り 4 台 (1 台につき最長 0:01:30)" in progress_line(count, wording("ja"), 96.0)
    for n in range(96, 100):
        count.add(NOTHING, float(n))
    assert progress_line(count, wording(), 100.0).startswith("100 of 100 servers; ")
    assert "in 0:01:40" in progress_line(count, wording(), 100.0)


def test_who_is_excluded_counts_as_done_and_not_for_the_rate() -> None:
    count = tally()
    for _ in range(100):
        count.add(EXCLUDED, 1.0)
    assert (count.done, count.new, count.rate(1.0)) == (100, 0, None)


def test_a_line_in_both_languages() -> None:
    count = tally(12_000, at_a_time=64)
    for n in range(2000):
        count.add(NOTHING, n / 10)
    count.found[Severity.HIGH], count.found[Severity.CRITICAL] = 1234, 2
    assert progress_line(count, wording(), 200.0) == (
        "2,000 of 12,000 servers; 10.0 a second; about 0:16:41 left; findings: 2 Critical, 1,234 High"
    )
    assert progress_line(count, wording("ja"), 200.0) == (
        "12,000 台中 2,000 台、毎秒 10.0 台、残り約 0:16:41、検出事項: 緊急 2 件、重要 1,234 件"
    )


def plan(targets: list[Target], *, done: tuple[ServerScan, ...] = ()) -> Plan:
    info = run_info("run", source="x.csv", sha256="", flags={}, now=NOW)
    return Plan(Path("run"), info, tuple(targets), done=done)


def at(scan: ServerScan, host: str) -> ServerScan:
    return replace(scan, target=parse_target(host))


def config() -> ScanConfig:
    return ScanConfig(limits=Limits(connections=2))


def test_a_line_every_tick_and_one_at_the_end(written: Written) -> None:
    time = Time()
    hosts = [f"{n}.example" for n in range(4)]

    def scans() -> Iterator[ServerScan]:
        yield at(OPENSSL, hosts[0])
        time.now += 30
        time.call()
        yield at(S2N, hosts[1])
        yield at(NOTHING, hosts[2])
        time.now += 30
        time.call()
        yield at(NOTHING, hosts[3])
        time.now += 1

    targets = plan(list(map(parse_target, hosts)))
    taken = list(with_progress(scans(), targets, config(), wording(), clock=time, ticks=time.ticks))
    assert [each.target.host for each in taken] == hosts
    lines = written().splitlines()
    assert [each.split(";")[0] for each in lines] == ["1 of 4 servers", "3 of 4 servers", "4 of 4 servers"]
    assert "in 0:01:01" in lines[-1]
    found = [each.severity for scan in (OPENSSL, S2N) for each in judge(scan)]
    assert found.count(Severity.CRITICAL) > 0
    assert f"{found.count(Severity.CRITICAL)} Critical" in lines[-1]
    assert f"{found.count(Severity.HIGH)} High" in lines[-1]


def test_a_resumed_run_counts_what_was_done_and_takes_its_rate_from_the_rest(written: Written) -> None:
    set_up(as_json=True)
    time = Time()
    before = tuple(at(OPENSSL, f"{n}.example") for n in range(50))
    again, new = "7.example", "new.example"  # one of them is asked again

    def scans() -> Iterator[ServerScan]:
        time.now += 10
        yield at(NOTHING, again)
        time.now += 10
        yield at(NOTHING, new)

    resumed = plan([parse_target(again), parse_target(new)], done=before)
    list(with_progress(scans(), resumed, config(), wording(), clock=time, ticks=time.ticks))
    entry = json.loads(written())
    assert (entry["event"], entry["level"]) == ("progress", "notice")
    fields = entry["fields"]
    assert (fields["done"], fields["total"], fields["elapsed_s"]) == (51, 51, 20.0)
    assert fields["rate"] == pytest.approx(0.1, rel=0.1)
    each = [found.severity.value for found in judge(OPENSSL)]
    assert fields["findings"] == {severity: each.count(severity) * 49 for severity in each}


def test_a_name_turns_out_to_be_as_many_servers_as_it_has_addresses(written: Written) -> None:
    time, name = Time(), parse_target("a.example")
    pinned = name.pinned(("192.0.2.1", "192.0.2.2", "192.0.2.3"))
    scans = iter([replace(NOTHING, target=each) for each in pinned])
    list(with_progress(scans, plan([name]), config(), wording(), clock=time, ticks=time.ticks))
    assert written().startswith("3 of 3 servers;")


def test_on_a_terminal_there_is_a_bar_and_no_line(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(
        progress,
        "Console",
        lambda *, stderr: Console(file=terminal, force_terminal=True, width=100, color_system=None),
    )
    time = Time(call=lambda: None)
    scans = iter([at(OPENSSL, "a.example"), at(NOTHING, "b.example")])
    targets = plan([parse_target("a.example"), parse_target("b.example")])
    list(with_progress(scans, targets, config(), wording("ja"), clock=time, ticks=time.ticks))
    shown = terminal.getvalue()
    assert "2 台中 2 台" in shown
    assert "━" in shown
    assert written() == ""


def test_the_ticks_come_from_a_thread_until_the_block_ends() -> None:
    calls, came = [], threading.Event()

    def call() -> None:
        calls.append(threading.current_thread())
        came.set()

    with ticking(call, every_s=0.0):
        assert came.wait(60)
    after = len(calls)
    assert threading.main_thread() not in calls
    assert len(calls) == after


def test_a_line_for_each_server_that_is_done(written: Written) -> None:
    set_up(as_json=True, verbose=True)
    partly = replace(
        at(OPENSSL, "b.example"), status=Status.UNREACHABLE, status_reason="timeout", dhe=None, connections=3
    )
    given = [at(OPENSSL, "a.example:8443"), at(NOTHING, "n.example"), partly]
    assert list(logged(iter(given))) == given
    one, two, three = map(json.loads, written().splitlines())
    assert one["event"] == "server-done"
    assert one["level"] == "info"
    assert one["fields"] == {
        "host": "a.example",
        "port": 8443,
        "server_name": "a.example",
        "address": OPENSSL.address,
        "status": "assessed",
        "status_reason": "",
        "connections": OPENSSL.connections,
        "duration_s": OPENSSL.duration_s,
        "severity": judge(OPENSSL)[0].severity.value,
        "findings": [each.rule for each in judge(OPENSSL)],
    }
    assert (two["fields"]["severity"], two["fields"]["findings"]) == ("none", [])
    assert three["fields"]["severity"] is None
    assert three["message"].startswith("b.example:443: unreachable (timeout); severity not known; 3 ")


def test_without_verbose_there_is_no_line_for_a_server(written: Written) -> None:
    list(logged(iter([NOTHING])))
    assert written() == ""


def test_a_bug_in_a_rule_stops_no_scan(written: Written) -> None:
    broken = replace(OPENSSL, groups=())  # no scan has this: the index of a group leads nowhere
    with pytest.raises(IndexError):
        judge(broken)
    assert findings(broken) == ()
    said = written()
    assert said.startswith("tlsprobe: ")
    assert "IndexError" in said
