"""A window is open when the clock on the wall says so, in every zone and over every change of clocks."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsprobe.change_window import DAYS, ChangeWindow, ChangeWindowError, Span, until

# Changes of an hour, of half an hour, at midnight, in southern summers, twice in one summer, of a whole day.
ZONES = (
    "UTC", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana",
    "America/Sao_Paulo", "Africa/Cairo", "Africa/Casablanca", "Pacific/Apia", "Asia/Kathmandu",
)  # fmt: skip
MINUTE = timedelta(minutes=1)

moments = st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
spans = st.builds(
    Span,
    days=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    opens=st.integers(0, 24 * 60 - 1),
    minutes=st.integers(1, 24 * 60 - 1),
)
long_spans = st.builds(
    Span,
    days=st.tuples(st.integers(0, 6)),
    opens=st.integers(0, 24 * 60 - 1),
    minutes=st.integers(1, 7 * 24 * 60 - 1),
)
windows = st.builds(
    ChangeWindow,
    spans=st.lists(spans | long_spans, min_size=1, max_size=3).map(tuple),
    zone=st.sampled_from(ZONES),
).filter(lambda window: set(minutes_open(window)) != set(range(7 * 24 * 60)))


def minutes_open(window: ChangeWindow) -> Iterator[int]:
    """Spell out each minute of the week, counted from Monday's midnight, in which a window is open."""
    for span in window.spans:
        for day in span.days:
            for minute in range(span.minutes):
                yield (day * 24 * 60 + span.opens + minute) % (7 * 24 * 60)


def shown_on_the_wall(at: datetime, zone: str) -> int:
    wall = at.astimezone(ZoneInfo(zone))
    return wall.weekday() * 24 * 60 + wall.hour * 60 + wall.minute


@given(windows, moments)
def test_it_is_open_where_the_wall_clock_shows_a_minute_of_it(window: ChangeWindow, now: datetime) -> None:
    assert window.is_open(now) == (shown_on_the_wall(now, window.zone) in set(minutes_open(window)))


@given(windows, moments)
def test_it_opens_at_the_first_moment_at_which_it_is_open(window: ChangeWindow, now: datetime) -> None:
    opens = window.opens_at(now)
    assert opens >= now
    assert window.is_open(opens)
    assert (opens == now) == window.is_open(now)
    assert_none_between(window, now, opens, is_open=True)


@given(windows, moments)
def test_it_closes_at_the_first_moment_at_which_it_is_not(window: ChangeWindow, now: datetime) -> None:
    closes = window.closes_at(now)
    assert (closes is not None) == window.is_open(now)
    if closes is not None:
        assert closes > now
        assert not window.is_open(closes)
        assert_none_between(window, now, closes, is_open=False)


def assert_none_between(window: ChangeWindow, start: datetime, end: datetime, *, is_open: bool) -> None:
    """Look at every minute on the way; clocks change on whole minutes, and windows open on them."""
    opened = set(minutes_open(window))
    at = start.replace(second=0, microsecond=0) + MINUTE
    while at < end:
        assert (shown_on_the_wall(at, window.zone) in opened) is not is_open, at
        at += MINUTE
    assert not start < end - timedelta(microseconds=1) or (
        window.is_open(end - timedelta(microseconds=1)) is not is_open
    )


@given(windows)
def test_what_is_written_is_read_again(window: ChangeWindow) -> None:
    assert ChangeWindow.parse(str(window)) == window


BERLIN = ZoneInfo("Europe/Berlin")


def berlin(text: str, fold: int = 0) -> datetime:
    """In UTC: of a time that is shown twice, Python calls no two zones' moments equal."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).astimezone(UTC)


def test_a_time_that_is_skipped_opens_nothing() -> None:
    """On 29 March 2026 the clocks of Berlin go from 02:00 to 03:00, so that night has no 02:30."""
    skipped = ChangeWindow.parse("02:00-03:00 Europe/Berlin")
    assert skipped.opens_at(berlin("2026-03-28 12:00")) == berlin("2026-03-30 02:00")
    cut = ChangeWindow.parse("02:30-04:00 Europe/Berlin")
    opens = cut.opens_at(berlin("2026-03-28 12:00"))
    assert opens == berlin("2026-03-29 03:00")
    assert cut.closes_at(opens) == berlin("2026-03-29 04:00")


def test_a_time_that_is_shown_twice_counts_twice() -> None:
    """On 25 October 2026 the clocks of Berlin go from 03:00 back to 02:00."""
    night = ChangeWindow.parse("22:00-02:30 Europe/Berlin")
    first = night.closes_at(berlin("2026-10-24 23:00"))
    assert first == berlin("2026-10-25 02:30")
    assert night.opens_at(first) == berlin("2026-10-25 02:00", fold=1)
    assert night.closes_at(night.opens_at(first)) == berlin("2026-10-25 02:30", fold=1)
    whole = ChangeWindow.parse("02:00-03:00 Europe/Berlin")
    opens = whole.opens_at(berlin("2026-10-25 01:00"))
    assert whole.closes_at(opens) == opens + timedelta(hours=2)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("22:00-04:00", "22:00-04:00"),
        (" 9:00 - 17:30 ", "09:00-17:30"),
        ("Sat 22:00-Sun 06:00", "Sat 22:00-Sun 06:00"),
        ("saturday 22:00 \u2013 SUNDAY 06:00", "Sat 22:00-Sun 06:00"),
        ("Sat 22:00-06:00", "Sat 22:00-Sun 06:00"),
        ("Sat 00:00-Sun 24:00", "Sat 00:00-Mon 00:00"),
        ("Sat 12:00-Fri 12:00", "Sat 12:00-Fri 12:00"),
        ("Mon-Fri 01:00-05:00", "Mon-Fri 01:00-05:00"),
        ("Fri-Mon 01:00-05:00", "Mon,Fri,Sat,Sun 01:00-05:00"),
        ("Mon, Wed,Fri 22:00-04:00 UTC", "Mon,Wed,Fri 22:00-04:00 UTC"),
        ("22:00-04:00 utc", "22:00-04:00 UTC"),
        ("Mon-Fri 1:00-5:00;Sat,Sun 00:00-24:00 UTC", "Mon-Fri 01:00-05:00; Sat,Sun 00:00-24:00 UTC"),
        ("月〜金　０１：００〜０５：００", "Mon-Fri 01:00-05:00"),  # noqa: RUF001
        ("土曜日 22:00-日曜 06:00; 水 1:00-2:00", "Sat 22:00-Sun 06:00; Wed 01:00-02:00"),
    ],
)  # fmt: skip
def test_texts_of_one_meaning_are_written_in_one_way(text: str, written: str) -> None:
    assert str(ChangeWindow.parse(text)) == written


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "write 22:00-04:00"),
        ("nightly", "write 22:00-04:00, Sat 22:00-Sun 06:00 or Mon-Fri 01:00-05:00"),
        ("22-04", "write 22:00-04:00"),
        ("22:00", "write 22:00-04:00"),
        ("22:00-04:00 Sat", "Sat is no zone known here; write UTC, or a name such as Asia/Tokyo"),
        ("22:00-04:00 JST", "write UTC, or a name such as Asia/Tokyo"),
        ("22:00-04:00 Asia", "write UTC"),
        ("22:00-04:00 Asia/Tokyo; 10:00-11:00", "a zone at the very end"),
        ("25:00-04:00", "25:00 is no time of day; write one from 00:00 to 23:59"),
        ("24:00-04:00", "24:00 is no time of day"),
        ("22:00-24:30", "24:30 is no time of day; write one from 00:00 to 24:00"),
        ("22:60-04:00", "22:60 is no time of day"),
        ("04:00-04:00", "00:00-24:00 is a whole day"),
        ("Sat 22:00-Sat 22:00", "opens and closes at the same time"),
        ("Mo-Fr 01:00-05:00", "Mo is no day of the week; write one of " + ", ".join(DAYS)),
        ("Mon,Mon 01:00-05:00", "one twice"),
        ("-01:00-05:00", "is no day of the week"),
        ("Mon- 01:00-05:00", "is no day of the week"),
        ("Mon-Fri 22:00-Sat 04:00", "closes on one day and opens on several"),
        ("00:00-24:00", "leave it out instead"),
        ("00:00-12:00; 12:00-24:00", "leave it out instead"),
        ("22:00-04:00;" * 100, "too long"),
    ],
)
def test_what_is_no_window_is_said_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(ChangeWindowError) as raised:
        ChangeWindow.parse(text)
    assert said in str(raised.value)


@given(st.text(max_size=60) | st.from_regex(r"[A-Z][a-z]{2} [0-9]{2}:[0-9]{2}-[0-9:; -]{0,12}"))
def test_any_text_is_a_window_or_an_error_that_says_why(text: str) -> None:
    try:
        window = ChangeWindow.parse(text)
    except ChangeWindowError:
        return
    assert ChangeWindow.parse(str(window)) == window


@given(moments, st.integers(0, 24 * 60 - 1), st.sampled_from(ZONES))
def test_until_is_the_first_moment_at_which_the_clock_gets_there(
    now: datetime, minute: int, zone: str
) -> None:
    text = f"{minute // 60:02}:{minute % 60:02}"
    end = until(f"{text} {zone}", now)
    assert end > now
    wall = end.astimezone(ZoneInfo(zone))
    before = (end - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
    skipped = before.utcoffset() != wall.utcoffset()
    assert f"{wall:%H:%M}" == text or (skipped and f"{before:%H:%M}" < text < f"{wall:%H:%M}")
    at = now.replace(second=0, microsecond=0) + MINUTE
    while at < end:
        assert f"{at.astimezone(ZoneInfo(zone)):%H:%M}" != text
        at += MINUTE


NOW = datetime(2026, 11, 25, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("04:00 UTC", "2026-11-26T04:00:00+00:00"),
        ("4:00 Asia/Tokyo", "2026-11-25T19:00:00+00:00"),
        ("2026-11-26T04:00+09:00", "2026-11-25T19:00:00+00:00"),
        ("2026-11-26T04:00Z", "2026-11-26T04:00:00+00:00"),
        ("2026-11-26 04:00 Asia/Tokyo", "2026-11-25T19:00:00+00:00"),
    ],
)
def test_until_a_time_or_a_date_with_one(text: str, moment: str) -> None:
    assert until(text, NOW) == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "write 04:00"),
        ("tomorrow", "write 04:00, or with a date and a zone 2026-11-26T04:00+09:00"),
        ("2026-11-26", "write 04:00"),
        ("26:00", "26:00 is no time of day"),
        ("9999-12-31T23:59-12:00", "is no time"),
        ("9999-12-31T23:59 America/New_York", "is no time"),
        ("0001-01-01T00:00+12:00", "is no time"),
        ("0001-01-01T00:00 Asia/Tokyo", "is no time"),
        ("0001-01-01T00:00Z", "is over"),
        ("04:00 JST", "write UTC, or a name such as Asia/Tokyo"),
        ("2026-11-25T17:00Z", "is over"),
        ("2026-11-26T04:00+09:00 Asia/Tokyo", "names two zones"),
    ],
)
def test_what_is_no_end_is_said_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(ChangeWindowError) as raised:
        until(text, NOW)
    assert said in str(raised.value)


@pytest.fixture
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_new_york")
def test_without_a_zone_it_is_the_time_of_the_machine() -> None:
    """Its clocks go from 02:00 to 03:00 on 8 March 2026, and back to 01:00 on 1 November."""
    assert os.environ["TZ"] == "America/New_York"
    here, there = ChangeWindow.parse("01:30-02:30"), ChangeWindow.parse("01:30-02:30 America/New_York")
    for day in (datetime(2026, 3, 7, 20, tzinfo=UTC), datetime(2026, 10, 31, 20, tzinfo=UTC)):
        opens = here.opens_at(day)
        assert opens == there.opens_at(day)
        assert here.closes_at(opens) == there.closes_at(opens)
        for text in ("01:15", "02:15", "04:00"):
            assert until(text, day) == until(f"{text} America/New_York", day)
    assert until("2026-07-01 04:00", datetime(2026, 6, 1, tzinfo=UTC)) == datetime(2026, 7, 1, 8, tzinfo=UTC)
