"""A scan in short: what the rules and the reports read of it. The rest is for whoever reads the journal.

Nine tenths of a line are numbers that no two connections have in common: shares, randoms, signatures, times.
Without them the servers of one kind are alike, and what is alike is kept once. A condensed scan is judged
and reported as the whole one is; tests/unit/test_condensed.py holds that.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, cast

from tlsprobe.facts import Observation, Seen, ServerScan
from tlsprobe.journal import read_scans
from tlsprobe.stacks.bare import bare

Part = TypeVar("Part", bound=Hashable)

FORCED = "leading-zeros"  # the probe whose connections are shown one by one


def read_condensed(folder: Path) -> tuple[ServerScan, ...]:
    """Read a run's scans as journal.read_scans does, each in short. Raises JournalError."""
    return read_scans(folder, keep=Condenser().scan)


class Condenser:
    """Condenses scans one after the other, and keeps their equal parts once."""

    def __init__(self) -> None:
        self._parts: dict[Hashable, Hashable] = {}

    def scan(self, scan: ServerScan) -> ServerScan:
        """Return the scan in short: about 3 kB in memory, where the whole has 80."""
        return replace(
            scan,
            observations=self._observations(scan),
            groups=self._one(scan.groups),
            dhe=self._one(scan.dhe),
            zeros=self._one(scan.zeros),
            share=self._one(scan.share),
            landings=self._one(tuple(self._one(each) for each in scan.landings)),
            banners=self._one(scan.banners),
            glances=self._one(tuple(self._one(bare(each, scan.started)) for each in scan.glances)),
        )

    def _observations(self, scan: ServerScan) -> tuple[Observation, ...]:
        """Equal ones are kept once, the last of them; of the forced handshakes each is shown."""
        deciding = scan.share.deciding_shares if scan.share else ()
        kept: dict[Hashable, Observation] = {}
        for place, each in reversed(list(enumerate(scan.observations))):
            seen = each.seen and self._one(_without_share(each.seen, deciding))
            if each.probe == FORCED:
                kept[place] = self._forced(each, seen)
            else:
                one = replace(each, elapsed_s=0.0, seen=seen, dh_Yc=None, premaster_first_bytes=None)
                kept.setdefault(one, self._one(one))
        return tuple(reversed(kept.values()))

    def _forced(self, one: Observation, seen: Seen | None) -> Observation:
        """Of the client's share, its length is shown."""
        return replace(
            one,
            offer=self._one(one.offer),
            outcome=self._one(one.outcome),
            seen=seen,
            dh_Yc=one.dh_Yc and self._one(bytes(len(one.dh_Yc))),
            premaster_first_bytes=self._one(one.premaster_first_bytes),
        )

    def _one(self, part: Part) -> Part:
        return cast(Part, self._parts.setdefault((type(part), part), part))


def _without_share(seen: Seen, deciding: Collection[bytes]) -> Seen:
    """Leave out the share, unless it is one of those that decide: then its group is looked up by it."""
    if seen.dh_Ys is None or seen.dh_Ys in deciding or b"" in deciding:
        return seen
    return replace(seen, dh_Ys=b"")
