"""Nothing is started that could not be done before its window closes and before `--until`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.test_change_window import moments, windows
from tlsprobe.change_window import ChangeWindow
from tlsprobe.target import Target
from tlsprobe.timetable import At, Never, Now, Unstarted, start, what_stopped

NOW = datetime(2026, 11, 25, 20, tzinfo=UTC)
deadlines = st.floats(1, 10 * 24 * 3600)
ends = st.none() | st.timedeltas(timedelta(minutes=-5), timedelta(days=9))
in_windows = windows.map(lambda window: Target(2, "a.example.com", window=str(window)))
targets = st.just(Target(1, "a.example.com")) | in_windows


@given(targets, moments, deadlines, ends)
def test_what_begins_when_it_is_told_to_is_done_in_time(
    target: Target, now: datetime, deadline_s: float, ends_in: timedelta | None
) -> None:
    until = None if ends_in is None else now + ends_in
    decision = start(target, now=now, deadline_s=deadline_s, until=until)
    if isinstance(decision, Never):
        assert decision.reason is (Unstarted.WINDOW_CLOSED if target.window else Unstarted.UNTIL)
        return
    begins = now if isinstance(decision, Now) else decision.opens
    done = begins + timedelta(seconds=deadline_s)
    assert until is None or done <= until
    if target.window:
        closes = ChangeWindow.parse(target.window).closes_at(begins)
        assert closes is not None
        assert done <= closes
    if isinstance(decision, At):
        assert begins > now
        again = start(target, now=begins, deadline_s=deadline_s, until=until)
        assert again == Now()


@given(targets, moments, deadlines, ends)
def test_nothing_that_fits_is_put_off(
    target: Target, now: datetime, deadline_s: float, ends_in: timedelta | None
) -> None:
    """Where it is told to wait, or never to begin, it would not have been done in time now."""
    until = None if ends_in is None else now + ends_in
    decision = start(target, now=now, deadline_s=deadline_s, until=until)
    if not isinstance(decision, Now):
        done = now + timedelta(seconds=deadline_s)
        closes = ChangeWindow.parse(target.window).closes_at(now) if target.window else None
        late = until is not None and done > until
        assert late or (target.window and (closes is None or done > closes))


@given(in_windows, moments, deadlines)
def test_without_an_end_only_a_window_that_is_too_short_is_never_waited_for(
    target: Target, now: datetime, deadline_s: float
) -> None:
    decision = start(target, now=now, deadline_s=deadline_s, until=None)
    window = ChangeWindow.parse(target.window)
    if isinstance(decision, Never):
        opens = window.opens_at(now)
        for _ in range(5):
            closes = window.closes_at(opens)
            assert closes is not None
            assert closes - opens < timedelta(seconds=deadline_s)
            opens = window.opens_at(closes)


def night(window: str = "22:00-04:00 UTC") -> Target:
    return Target(2, "a.example.com", window=window)


def test_a_server_waits_for_its_window() -> None:
    opens = datetime(2026, 11, 25, 22, tzinfo=UTC)
    assert start(night(), now=NOW, deadline_s=180, until=None) == At(opens)
    assert start(night(), now=opens, deadline_s=180, until=None) == Now()
    just = opens + timedelta(seconds=180)
    assert start(night(), now=NOW, deadline_s=180, until=just) == At(opens)
    assert start(night(), now=NOW, deadline_s=181, until=just) == Never(Unstarted.WINDOW_CLOSED)


def test_what_is_left_of_a_window_may_be_too_little() -> None:
    late = datetime(2026, 11, 26, 3, 58, tzinfo=UTC)
    assert start(night(), now=late, deadline_s=120, until=None) == Now()
    assert start(night(), now=late, deadline_s=121, until=None) == At(datetime(2026, 11, 26, 22, tzinfo=UTC))


def test_a_window_shorter_than_the_deadline_never_comes() -> None:
    assert start(night("22:00-22:02 UTC"), now=NOW, deadline_s=180, until=None) == Never(
        Unstarted.WINDOW_CLOSED
    )


def test_the_night_on_which_clocks_are_put_back_is_an_hour_longer() -> None:
    """`now` may be local: 02:59 in Berlin, and four minutes later 02:03."""
    now = datetime(2026, 10, 25, 2, 59, tzinfo=ZoneInfo("Europe/Berlin"))
    until = datetime(2026, 10, 25, 2, 3, tzinfo=ZoneInfo("Europe/Berlin"), fold=1)
    target = night("02:00-03:00 Europe/Berlin")
    assert start(target, now=now, deadline_s=240, until=until) == Now()
    assert start(target, now=now, deadline_s=241, until=until) == Never(Unstarted.WINDOW_CLOSED)


def test_what_stopped_an_invocation() -> None:
    plain = Target(1, "a.example.com")
    assert what_stopped([], NOW) is None
    assert what_stopped([plain, night()], NOW) == "until"
    assert what_stopped([night()], NOW) == what_stopped([night()], None) == "window"
    assert what_stopped([plain, night()], None) is None  # the clock leaves no server without a window over


def test_any_other_server_only_minds_the_end() -> None:
    target = Target(1, "a.example.com")
    assert start(target, now=NOW, deadline_s=180, until=None) == Now()
    assert start(target, now=NOW, deadline_s=180, until=NOW + timedelta(seconds=180)) == Now()
    late = start(target, now=NOW, deadline_s=180, until=NOW + timedelta(seconds=179))
    assert late == Never(Unstarted.UNTIL)
