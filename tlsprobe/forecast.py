"""How long a run takes, and how much of it is sure to be done in time, as far as that is known beforehand."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tlsprobe.scan import ScanConfig, budget
from tlsprobe.target import Target
from tlsprobe.timetable import At, Never, Now, start


@dataclass(frozen=True, slots=True)
class Forecast:
    """The seconds that a number of servers take: at most, and at least where all of them have DHE.

    At most holds where no two are at one address; what names they have is looked up by the scan alone.
    """

    most_s: float
    least_s: float


def forecast(servers: int, config: ScanConfig) -> Forecast:
    """Reckon with each server's deadline, and with the rates as if servers answered at once."""
    limits, connections = config.limits, budget(config).base
    one_s = max(0, connections - limits.burst) / limits.rate
    in_all_s = max(0, servers * connections - limits.burst_in_all) / limits.rate_in_all
    return Forecast(
        most_s=math.ceil(servers / limits.connections) * config.deadline_s,
        least_s=max(one_s, in_all_s, servers / limits.connections * one_s),
    )


def sure_to_start(targets: Iterable[Target], config: ScanConfig, seconds: float) -> int:
    """Count those that are started in time whatever each does: turns are free again after a deadline at most.

    Of servers that wait for their windows none is sure.
    """
    free = sum(not target.window for target in targets)
    return min(free, int(seconds // config.deadline_s) * config.limits.connections)


@dataclass(frozen=True, slots=True)
class WindowsAhead:
    """The servers with a change window: how many can be started now, how many when it opens, how many not."""

    open: int
    later: int
    never: int


def windows_ahead(targets: Iterable[Target], config: ScanConfig, now: datetime) -> WindowsAhead:
    """Sort the servers that have a window by what becomes of them if all the others were done at once."""
    decisions = [
        type(start(target, now=now, deadline_s=config.deadline_s, until=config.until))
        for target in targets
        if target.window
    ]
    return WindowsAhead(decisions.count(Now), decisions.count(At), decisions.count(Never))
