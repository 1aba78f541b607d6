"""Findings that somebody answers for: rule, host, why, who, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from tlsprobe.inventory import Target


@dataclass(frozen=True, slots=True)
class Waiver:
    """One entry of waivers.toml. `host` is a glob over the host's name or over host:port."""

    rule: str
    host: str
    reason: str
    kind: str
    approver: str
    expires: date

    def covers(self, target: Target, rule: str) -> bool:
        """Whether it speaks of this rule on this server, whatever the date."""
        names = (target.host, target.endpoint)
        return rule == self.rule and any(fnmatchcase(name, self.host.casefold()) for name in names)

    def has_expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return today > self.expires
