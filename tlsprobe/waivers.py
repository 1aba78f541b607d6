"""A finding that somebody answers for: rule, host, why, of which kind, who, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from tlsprobe.hosts import parse_address
from tlsprobe.inventory import Target
from tlsprobe.selection import Entry, Network, parse_entry


class Kind(StrEnum):
    """Why a finding may stay, in the terms that auditors use."""

    ACCEPTED_RISK = "accepted-risk"  # it is so, and that is known and borne
    FALSE_POSITIVE = "false-positive"  # it is not so
    COMPENSATING_CONTROL = "compensating-control"  # it is so, and something else keeps the harm away
    PLANNED_CHANGE = "planned-change"  # it is so until a change that has its date


@dataclass(frozen=True, slots=True)
class Waiver:
    """One entry of waivers.toml. `host` is what a line of `--exclude` takes, `expires` the last day."""

    rule: str
    host: str
    reason: str
    kind: str
    approver: str
    expires: date

    def covers(self, target: Target, rule: str, address: str | None = None) -> bool:
        """Whether it speaks of this rule on this server, whatever the date.

        `address` is the one that answered, for a host that is an address or a network. Raises
        SelectionError for a host that says nothing.
        """
        return rule == self.rule and _entry(self.host).covers(target, address or target.address)

    def may_mean(self, target: Target, address: str | None = None) -> bool:
        """Whether it names this server; also where only an address could tell, and none answered."""
        entry, address = _entry(self.host), address or target.address
        if entry.covers(target, address):
            return True
        by_address = isinstance(entry.what, Network) and entry.at_port(target.port)
        return by_address and address is None and parse_address(target.host) is None

    @property
    def denies(self) -> bool:
        """Whether it says that the finding is false; any other kind says that it is so."""
        return self.kind == Kind.FALSE_POSITIVE

    @property
    def plans_change(self) -> bool:
        """Whether the finding only stays until a change: that needs its edit."""
        return self.kind == Kind.PLANNED_CHANGE

    def has_expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return today > self.expires


@lru_cache(maxsize=4096)
def _entry(host: str) -> Entry:
    return parse_entry(host, "waiver")
