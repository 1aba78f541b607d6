"""When a server may be touched: `22:00-04:00`, `Sat 22:00-Sun 06:00`, `Mon-Fri 01:00-05:00 Asia/Tokyo`.

A window is open whenever the clock on the wall of its zone says so, which is what whoever wrote it down looks
at. A time that clocks skip in spring opens nothing, one that they show twice in autumn counts twice.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from tlsprobe.hosts import shown

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY = 24 * 60  # minutes
_WEEK = 7 * _DAY
_LONGEST = 500  # characters
_EXAMPLES = "write 22:00-04:00, Sat 22:00-Sun 06:00 or Mon-Fri 01:00-05:00"

_CLOCK = r"[0-9]{1,2}:[0-9]{2}"
_SPAN = re.compile(rf"(?:(\D+?) ?)?({_CLOCK}) ?- ?(?:([^\W\d]+) ?)?({_CLOCK})")
# A zone has no digit where a time begins, and no colon; UTC and Etc/GMT-9 are zones.
_ZONE_AT_END = re.compile(r"(.*[0-9]:[0-9]{2}) ([A-Za-z][A-Za-z0-9_+/-]*)")
_COMMAS = str.maketrans(",、・", "   ")
# Hyphens and dashes, the minus sign, tilde, wave dash and full-width tilde.
_DASHES = str.maketrans(dict.fromkeys([*range(0x2010, 0x2016), 0x2212, ord("~"), 0x301C, 0xFF5E], "-"))


class ChangeWindowError(ValueError):
    """A text names no change window, or no end of one; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Span:
    """From a time of day, on each of some days (0 is Monday), for some minutes: less than a week of them."""

    days: tuple[int, ...]
    opens: int  # minutes since midnight
    minutes: int

    def __str__(self) -> str:
        """Write it as it is parsed; the day of the closing stands there where it is one and another."""
        closes = self.opens + self.minutes
        day = ""
        if len(self.days) == 1 and closes > _DAY:
            day = DAYS[(self.days[0] + closes // _DAY) % 7] + " "
            closes %= _DAY
        elif closes > _DAY:
            closes -= _DAY
        return f"{_days_text(self.days)}{_clock_text(self.opens)}-{day}{_clock_text(closes)}"


@dataclass(frozen=True, slots=True)
class ChangeWindow:
    """The spans in which a server may be touched, in a zone of the IANA database; "" is this machine's."""

    spans: tuple[Span, ...]
    zone: str = ""

    @classmethod
    def parse(cls, text: str) -> ChangeWindow:
        """Read a window; several spans are separated by `;`, and the zone, if any, stands at the end.

        Raises ChangeWindowError.
        """
        if len(text) > _LONGEST:
            raise ChangeWindowError(f"{shown(text)} is too long for a change window; {_EXAMPLES}")
        plain, zone = _without_zone(_plain(text))
        window = cls(tuple(_span(part.strip()) for part in plain.split(";") if part.strip()), zone)
        if not window.spans:
            raise ChangeWindowError(f"there is no change window here; {_EXAMPLES}")
        if _open_minutes(window.spans) == ((0, _WEEK),):
            raise ChangeWindowError("that is open at any time; leave it out instead")
        return window

    def __str__(self) -> str:
        """Write it in the one way that all texts of the same meaning come to."""
        return "; ".join(map(str, self.spans)) + (f" {self.zone}" if self.zone else "")

    def is_open(self, at: datetime) -> bool:
        """Whether the clock of its zone shows a time of it; `at` is aware, as everywhere here."""
        minute = _minute_of_week(at.astimezone(_tz(self.zone)))
        return any(opens <= minute < closes for opens, closes in _open_minutes(self.spans))

    def opens_at(self, now: datetime) -> datetime:
        """Return when it is open next, in UTC: `now` where it is open."""
        return self._first(now, open_=True)

    def closes_at(self, now: datetime) -> datetime | None:
        """Return when it closes, in UTC; None where it is not open."""
        return self._first(now, open_=False) if self.is_open(now) else None

    def _first(self, now: datetime, *, open_: bool) -> datetime:
        """Walk from one moment that could change it to the next: a time that it names, or a change of clocks.

        A step is a day at most, so only clocks changed twice within a day could deceive it.
        """
        zone, at = _tz(self.zone), now.astimezone(UTC)
        edges = {edge for span in _open_minutes(self.spans) for edge in span}
        while self.is_open(at) is not open_:
            wall = at.astimezone(zone)
            minute = _minute_of_week(wall)
            ahead = min((edge - minute) % _WEEK or _WEEK for edge in edges)
            into_minute = timedelta(seconds=wall.second, microseconds=wall.microsecond)
            then = at + min(timedelta(minutes=ahead) - into_minute, timedelta(days=1))
            at = _clock_changed(zone, at, then) or then
        return at


def until(text: str, now: datetime) -> datetime:
    """Return the moment, in UTC, that `04:00` (the next one) or `2026-11-26T04:00+09:00` names.

    Without a zone it is the local time of this machine; `04:00 Asia/Tokyo` is that of another place. Clocks
    that skip the time reach it when they are put on. Raises ChangeWindowError, for a moment that is over too.
    """
    plain, zone = _without_zone(_plain(text))
    if re.fullmatch(_CLOCK, plain):
        return _next(_clock(plain), _tz(zone), now)
    try:
        if ":" not in plain:
            raise ValueError("a date alone")
        moment = datetime.fromisoformat(plain)
        names_zone = moment.tzinfo is not None
        # Where that is before the first year, or behind the last, there is no such moment in UTC.
        moment = moment.astimezone(UTC) if names_zone else _moment(moment, _tz(zone))[0]
    except (ValueError, OverflowError):
        raise ChangeWindowError(
            f"{shown(text)} is no time; write 04:00, or with a date and a zone 2026-11-26T04:00+09:00"
        ) from None
    if names_zone and zone:
        raise ChangeWindowError(f"{shown(text)} names two zones; leave one of them out")
    if moment <= now:
        raise ChangeWindowError(f"{shown(text)} is over")
    return moment


def _plain(text: str) -> str:
    """Bring full-width letters, dashes of all kinds and spaces into one form."""
    return " ".join(unicodedata.normalize("NFKC", text.translate(_DASHES)).translate(_DASHES).split())


def _without_zone(text: str) -> tuple[str, str]:
    matched = _ZONE_AT_END.fullmatch(text)
    if not matched:
        return text, ""
    zone = "UTC" if matched[2].upper() in ("UTC", "Z") else matched[2]
    try:
        _tz(zone)
    except (ValueError, OSError, LookupError):
        raise ChangeWindowError(
            f"{shown(zone)} is no zone known here; write UTC, or a name such as Asia/Tokyo"
        ) from None
    return matched[1], zone


def _tz(zone: str) -> tzinfo | None:
    """Return the zone, None for this machine's: that is what astimezone takes None for."""
    return UTC if zone == "UTC" else ZoneInfo(zone) if zone else None


def _span(text: str) -> Span:
    matched = _SPAN.fullmatch(text)
    if not matched:
        raise ChangeWindowError(
            f"{shown(text)} is not a change window; {_EXAMPLES}, and a zone at the very end"
        )
    days = _days(matched[1]) if matched[1] else tuple(range(7))
    opens, closes = _clock(matched[2]), _clock(matched[4], last="24:00")
    if matched[3] is None:
        minutes = (closes - opens) % _DAY or (_DAY if (opens, closes) == (0, _DAY) else 0)
    elif len(days) > 1:
        raise ChangeWindowError(f"{shown(text)} closes on one day and opens on several; {_EXAMPLES}")
    else:
        minutes = ((_day(matched[3]) - days[0]) * _DAY + closes - opens) % _WEEK
    if not minutes:
        raise ChangeWindowError(
            f"{shown(text)} opens and closes at the same time; 00:00-24:00 is a whole day"
        )
    return Span(days, opens, minutes)


@lru_cache(maxsize=1024)
def _open_minutes(spans: tuple[Span, ...]) -> tuple[tuple[int, int], ...]:
    """List what is open in a week as minutes since Monday's midnight, in order, none touching another."""
    pieces = sorted(piece for span in spans for piece in _pieces(span))
    merged = [pieces[0]]
    for opens, closes in pieces[1:]:
        if opens > merged[-1][1]:
            merged.append((opens, closes))
        else:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
    return tuple(merged)


def _pieces(span: Span) -> Iterator[tuple[int, int]]:
    """Yield a span's minutes of the week, in two pieces where it goes on into the next one."""
    for day in span.days:
        opens = day * _DAY + span.opens
        closes = opens + span.minutes
        yield opens, min(closes, _WEEK)
        if closes > _WEEK:
            yield 0, closes - _WEEK


def _days(text: str) -> tuple[int, ...]:
    days: list[int] = []
    for part in re.sub(r" ?- ?", "-", text).translate(_COMMAS).split():
        first, dash, last = part.partition("-")
        start = _day(first)
        days += [(start + ahead) % 7 for ahead in range((_day(last) - start) % 7 + 1)] if dash else [start]
    if not days or len(set(days)) < len(days):
        raise ChangeWindowError(f"{shown(text)} names no day, or one twice; write Mon-Fri, or Mon,Wed,Fri")
    return tuple(sorted(days))


def _day(text: str) -> int:
    for names in (DAYS, _LONG_DAYS):
        for number, name in enumerate(names):
            if text.casefold() == name.casefold():
                return number
    # 月, 月曜 and 月曜日
    if text and text[0] in "月火水木金土日" and text[1:] in ("", "曜", "曜日"):
        return "月火水木金土日".index(text[0])
    raise ChangeWindowError(f"{shown(text)} is no day of the week; write one of {', '.join(DAYS)}")


def _days_text(days: tuple[int, ...]) -> str:
    if len(days) == 7:
        return ""
    row = len(days) > 2 and days[-1] - days[0] == len(days) - 1
    return (f"{DAYS[days[0]]}-{DAYS[days[-1]]}" if row else ",".join(DAYS[day] for day in days)) + " "


def _clock(text: str, last: str = "23:59") -> int:
    hours, minutes = map(int, text.split(":"))
    if minutes > 59 or f"{hours:02}:{minutes:02}" > last:
        raise ChangeWindowError(f"{shown(text)} is no time of day; write one from 00:00 to {last}")
    return hours * 60 + minutes


def _clock_text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _minute_of_week(wall: datetime) -> int:
    return wall.weekday() * _DAY + wall.hour * 60 + wall.minute


def _next(clock: int, zone: tzinfo | None, now: datetime) -> datetime:
    """Return the first moment behind `now` at which the clock of a zone shows a time."""
    today: date = now.astimezone(zone).date()
    at = time(clock // 60, clock % 60)
    moments = (
        moment
        for ahead in range(-1, 4)  # a zone may leave a day out: Samoa had no 30 December 2011
        for moment in _moment(datetime.combine(today + timedelta(days=ahead), at), zone)
    )
    return next(moment for moment in moments if moment > now)


def _moment(wall: datetime, zone: tzinfo | None) -> tuple[datetime, ...]:
    """Return when, in UTC, clocks show a time: twice where they are put back over it.

    Where they are put on over it, the moment at which that happens.
    """
    early, late = sorted(
        (wall.replace(tzinfo=zone, fold=fold) if zone else wall.replace(fold=fold)).astimezone(UTC)
        for fold in (0, 1)
    )
    if early == late:
        return (early,)
    if early.astimezone(zone).replace(tzinfo=None) == wall:
        return early, late
    return (_clock_changed(zone, early, late) or late,)


def _clock_changed(zone: tzinfo | None, start: datetime, end: datetime) -> datetime | None:
    """Return the first second at which a clock is no longer as far from UTC as at the start; else None."""
    offset = start.astimezone(zone).utcoffset()
    if end.astimezone(zone).utcoffset() == offset:
        return None
    before, after = int(start.timestamp()), math.ceil(end.timestamp())
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, UTC).astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return datetime.fromtimestamp(after, UTC)
