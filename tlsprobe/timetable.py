"""When a server may be started: it has to be done before its change window closes and before `--until`.

Done means its deadline, so nothing that was started has to be broken off, and a server that hangs costs no
one's window.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Literal

from tlsprobe.change_window import ChangeWindow
from tlsprobe.target import Target

# No clock is put on or back on two weekends in a row, so a window that is long enough once opens by then.
_FAR = timedelta(days=15)


class Unstarted(StrEnum):
    """Why a server had no turn: ids that a line `not-scanned` has for its `status_reason`."""

    UNTIL = "until"
    WINDOW_CLOSED = "window-closed"


@dataclass(frozen=True, slots=True)
class Now:
    """It may be started at once."""


@dataclass(frozen=True, slots=True)
class At:
    """It may be started when its window opens, in UTC, and not before; that is never behind `until`."""

    opens: datetime


@dataclass(frozen=True, slots=True)
class Never:
    """It can't be started any more by this invocation."""

    reason: Unstarted


def start(target: Target, *, now: datetime, deadline_s: float, until: datetime | None) -> Now | At | Never:
    """Decide when a scan of at most `deadline_s` seconds may begin; `now` and `until` are aware.

    Whether an At is worth waiting for is the caller's to say: with `until` it always is, without it only
    while other servers are being scanned.
    """
    # Elsewhere than in UTC, an hour more is not always an hour later.
    now, until = now.astimezone(UTC), until and until.astimezone(UTC)
    takes = timedelta(seconds=deadline_s)
    reason = why_unstarted(target)
    if until is not None and now + takes > until:
        return Never(reason)
    if not target.window:
        return Now()
    begins = _begins(_window(target.window), now, takes)
    if begins is None or (until is not None and begins + takes > until):
        return Never(reason)
    return Now() if begins == now else At(begins)


def why_unstarted(target: Target) -> Unstarted:
    """Say why a run that stopped by the clock did not come to a server."""
    return Unstarted.WINDOW_CLOSED if target.window else Unstarted.UNTIL


def what_stopped(left: Iterable[Target], until: datetime | None) -> Literal["until", "window"] | None:
    """Say what ended an invocation with these servers left; None where it was not the clock."""
    reasons = {why_unstarted(target) for target in left}
    if Unstarted.UNTIL in reasons:
        return "until" if until is not None else None
    return "window" if reasons else None


def _begins(window: ChangeWindow, now: datetime, takes: timedelta) -> datetime | None:
    """Return the first moment from `now` on with enough of an open window ahead; None where none comes."""
    opens = window.opens_at(now)
    while opens < now + _FAR:
        closes = window.closes_at(opens)
        assert closes is not None  # noqa: S101 - it opens there
        if opens + takes <= closes:
            return opens
        opens = window.opens_at(closes)
    return None


_window = lru_cache(maxsize=1024)(ChangeWindow.parse)  # of a text that has been parsed before
