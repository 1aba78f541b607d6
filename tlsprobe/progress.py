"""How far a run is: servers done, how fast, how long it may still take, and what was found so far."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tlsprobe.facts import ServerScan, Status
from tlsprobe.journal import target_key
from tlsprobe.log import log, said
from tlsprobe.rules import Finding, Severity, judge
from tlsprobe.runs import Plan
from tlsprobe.scan import ScanConfig
from tlsprobe.wording import Wording

EVERY_S = 30.0
# Nothing is said of the time left before that: what is done first is what refuses at once.
_WARM_UP_S = 10.0

Clock = Callable[[], float]  # seconds, of any beginning
Ticks = Callable[[Callable[[], None]], AbstractContextManager[None]]


@dataclass(slots=True)
class Tally:
    """Counts servers as they are done; `now` is of one clock that never goes back.

    `done` begins with what was done before, of which nothing counts for the rate. The rate is an average over
    all that was done since `began`, in which what is `smoothing_s` old counts for 1/e of what is new.
    """

    total: int
    done: int
    began: float
    at_a_time: int
    deadline_s: float
    found: dict[Severity, int] = field(default_factory=lambda: dict.fromkeys(Severity, 0))
    new: int = 0  # done since `began`, by being asked
    _recent: float = 0.0  # the same, each by its age
    _last: float = 0.0  # when the last one was done

    @property
    def smoothing_s(self) -> float:
        """As long as two servers that hang: where these come in waves, the rate does not."""
        return max(60.0, 2 * self.deadline_s)

    def add(self, scan: ServerScan, now: float) -> None:
        """Count one that is done; who is excluded was not asked, so says nothing of the rate."""
        self.done += 1
        self.remember(scan)
        if scan.status is not Status.EXCLUDED:
            self.new += 1
            self._recent = self._recent * self._fading(now) + 1
            self._last = now

    def remember(self, scan: ServerScan) -> None:
        """Count what was found, now or before."""
        for finding in findings(scan):
            self.found[finding.severity] += 1

    def rate(self, now: float) -> float | None:
        """Servers a second; None before the first is done."""
        weights = self.smoothing_s * -math.expm1((self.began - now) / self.smoothing_s)
        return self._recent * self._fading(now) / weights if self.new and weights > 0 else None

    def left_s(self, now: float) -> float | None:
        """Seconds that the rest may take; None where nobody can tell.

        That is at the beginning, and at the end: those that are left then are being asked, and each takes as
        long as it takes, up to its deadline.
        """
        rate, left = self.rate(now), self.total - self.done
        settled = self.new >= self.at_a_time and now - self.began >= _WARM_UP_S
        return left / rate if rate and settled and left > self.at_a_time else None

    def _fading(self, now: float) -> float:
        return math.exp((self._last - now) / self.smoothing_s)


def findings(scan: ServerScan) -> tuple[Finding, ...]:
    """Judge one scan. A bug in a rule is logged, and stops no scan: the facts are what can't be had again."""
    try:
        return judge(scan)
    except Exception:
        log.exception("%s could not be judged", scan.target.label, extra={"event": "internal-error"})
        return ()


def logged(scans: Iterator[ServerScan]) -> Iterator[ServerScan]:
    """Log a line for each server that is done, where lines of that kind are wanted."""
    for scan in scans:
        if log.isEnabledFor(logging.INFO):
            log_done(scan)
        yield scan


def log_done(scan: ServerScan) -> None:
    """Log what became of one server: the facts of the scan, and how bad the worst finding is."""
    found, target = findings(scan), scan.target
    known = bool(found) or scan.status is Status.ASSESSED
    severity = (found[0].severity if found else Severity.NONE).value if known else None
    reason = f" ({scan.status_reason})" if scan.status_reason else ""
    said(
        "server-done",
        f"{target.label}: {scan.status}{reason}; severity {severity or 'not known'}; "
        f"{scan.connections} connection{'s' * (scan.connections != 1)} in {scan.duration_s:.1f} s",
        level=logging.INFO,
        host=target.host,
        port=target.port,
        server_name=target.server_name,
        address=scan.address,
        status=scan.status,
        status_reason=scan.status_reason,
        connections=scan.connections,
        duration_s=scan.duration_s,
        severity=severity,
        findings=[each.rule for each in found],
    )


@contextmanager
def ticking(call: Callable[[], None], *, every_s: float = EVERY_S) -> Iterator[None]:
    """Call something again and again, from a thread: also while no server comes to its end."""
    ended = threading.Event()

    def tick() -> None:
        while not ended.wait(every_s):
            call()

    thread = threading.Thread(target=tick, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def with_progress(
    scans: Iterator[ServerScan],
    plan: Plan,
    config: ScanConfig,
    words: Wording,
    *,
    bar: bool = True,
    clock: Clock = time.monotonic,
    ticks: Ticks = ticking,
) -> Iterator[ServerScan]:
    """Show how far the run is: a bar where standard error is a terminal, else a line now and then.

    A name that is planned as one turns out to be as many servers as it has addresses.
    """
    tally, console = _tally(plan, config, clock()), Console(stderr=True)

    def line() -> None:
        say_progress(tally, words, clock())

    def renderable() -> RenderableType:
        rows = Table.grid(expand=True)
        rows.add_row(ProgressBar(tally.total, tally.done))
        rows.add_row(Text(progress_line(tally, words, clock())))
        return rows

    is_bar = bar and console.is_terminal
    shown: AbstractContextManager[object] = (
        Live(get_renderable=renderable, console=console, transient=True) if is_bar else ticks(line)
    )
    names = {target.row for target in plan.targets if not target.pin}
    with shown:
        for scan in scans:
            target = scan.target
            if target.pin and target.row in names:
                names.remove(target.row)
                tally.total += len(target.pin.of) - 1
            tally.add(scan, clock())
            yield scan
    if not is_bar:
        line()


def _tally(plan: Plan, config: ScanConfig, now: float) -> Tally:
    again = set(map(target_key, plan.targets))
    before = [scan for scan in plan.done if target_key(scan.target) not in again]
    tally = Tally(
        total=len(before) + len(plan.targets) + len(plan.excluded),
        done=len(before),
        began=now,
        at_a_time=config.limits.connections,
        deadline_s=config.deadline_s,
    )
    for scan in before:
        tally.remember(scan)
    return tally


def say_progress(tally: Tally, words: Wording, now: float) -> None:
    """Log how far it is."""
    rate, left_s = tally.rate(now), tally.left_s(now)
    said(
        "progress",
        progress_line(tally, words, now),
        done=tally.done,
        total=tally.total,
        elapsed_s=round(now - tally.began, 1),
        rate=None if rate is None else round(rate, 3),
        left_s=None if left_s is None else round(left_s),
        findings={severity.value: n for severity, n in tally.found.items() if n},
    )


def progress_line(tally: Tally, words: Wording, now: float) -> str:
    """Return one line: how many are done, how fast, how long it may still take, and what was found."""
    rate, left_s, left = tally.rate(now), tally.left_s(now), tally.total - tally.done
    parts = [words.say("progress.done", count=tally.done, total=tally.total)]
    if rate is not None:
        parts.append(words.say("progress.rate", rate=f"{rate:.1f}" if rate >= 1 else f"{rate:.2g}"))
    if left_s is not None:
        parts.append(words.say("progress.left", time=_duration(left_s)))
    elif 0 < left <= tally.at_a_time:
        parts.append(words.say("progress.last", n=left, time=_duration(tally.deadline_s)))
    elif not left:
        parts.append(words.say("progress.took", time=_duration(now - tally.began)))
    found = [
        words.say("report.counted", count=n, what=words.say(f"report.severity.{severity}"))
        for severity, n in sorted(tally.found.items(), key=lambda each: -each[0].rank)
        if n
    ]
    if found:
        parts.append(words.say("progress.found", said=words.listed(found)))
    return words.listed(parts, long=True)


def _duration(seconds: float) -> str:
    """H:MM:SS."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
