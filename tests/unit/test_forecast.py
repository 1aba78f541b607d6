"""What is said of the time beforehand holds, whatever servers do."""

from __future__ import annotations

import heapq
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tlsprobe.forecast import WindowsAhead, forecast, sure_to_start, windows_ahead
from tlsprobe.limits import Limits
from tlsprobe.scan import ScanConfig
from tlsprobe.target import Target

NOW = datetime(2026, 11, 25, 20, tzinfo=UTC)
TARGETS = tuple(Target(line, f"a{line}.example.com") for line in range(60))


def config(turns: int, deadline_s: float, until: datetime | None = None) -> ScanConfig:
    return ScanConfig(Limits(connections=turns), deadline_s=deadline_s, until=until)


def begin(lasts: list[float], turns: int) -> tuple[list[float], float]:
    """Give each server the next free turn: when each begins, and when the last is done."""
    free = [0.0] * turns
    begins = []
    for one in lasts:
        at = heapq.heappop(free)
        begins.append(at)
        heapq.heappush(free, at + one)
    return begins, max(free)


durations = st.lists(st.floats(0, 60), min_size=1, max_size=60)


@given(durations, st.integers(1, 8))
def test_it_takes_no_longer_than_at_most(lasts: list[float], turns: int) -> None:
    _, done = begin(lasts, turns)
    assert done <= forecast(len(lasts), config(turns, 60.0)).most_s + 1e-6


@given(durations, st.integers(1, 8), st.floats(0, 1000))
def test_as_many_as_are_sure_are_started_in_time(lasts: list[float], turns: int, seconds: float) -> None:
    """In time means that a deadline is left."""
    begins, _ = begin(lasts, turns)
    in_time = sum(at + 60.0 <= seconds + 1e-6 for at in begins)
    assert sure_to_start(TARGETS[: len(lasts)], config(turns, 60.0), seconds) <= in_time


def test_rates_hold_up_what_answers_at_once() -> None:
    slow = ScanConfig(Limits(rate=1.0, burst=5, rate_in_all=1e9))
    per_server = forecast(1, slow).least_s
    assert per_server > 40  # of some fifty connections, a second each behind the burst
    assert forecast(640, slow).least_s == 10 * per_server  # 64 at a time
    in_all = ScanConfig(Limits(rate=1e9, rate_in_all=100.0))
    assert forecast(10_000, in_all).least_s > 10_000 * 50 / 100


def test_servers_with_windows_are_sorted_by_when_they_can_be_started() -> None:
    windows = ("18:00-22:00 UTC", "22:00-04:00 UTC", "19:00-20:01 UTC", "10:00-10:01 UTC", "")
    targets = [Target(line, "a.example.com", window=text) for line, text in enumerate(windows)]
    assert windows_ahead(targets, config(64, 180.0), NOW) == WindowsAhead(open=1, later=2, never=1)
    early = config(64, 180.0, until=NOW + timedelta(hours=1))
    assert windows_ahead(targets, early, NOW) == WindowsAhead(open=1, later=0, never=3)
