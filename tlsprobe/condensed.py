"""A scan in short: what the rules and the reports read of it. The rest is for whoever reads the journal.

Nine tenths of a line are numbers that no two connections have in common: shares, randoms, signatures, times.
Without them the servers of one kind are alike, and what is alike is kept once. A condensed scan is judged
and reported as the whole one is; tests/unit/test_condensed.py holds that.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import replace
from pathlib import Path

from tlsprobe.facts import Observation, Offer, Seen, ServerScan
from tlsprobe.interning import Interner
from tlsprobe.inventory import Target
from tlsprobe.journal import read_scans
from tlsprobe.stacks.bare import bare

FORCED = "leading-zeros"  # the probe whose connections are shown one by one


def read_condensed(folder: Path) -> tuple[ServerScan, ...]:
    """Read a run's scans as journal.read_scans does, each in short. Raises JournalError."""
    return read_scans(folder, keep=Condenser().scan)


class Condenser:
    """Condenses scans one after the other, and keeps their equal parts once."""

    def __init__(self) -> None:
        self._one = Interner().one

    def scan(self, scan: ServerScan) -> ServerScan:
        """Return the scan in short: about 2 kB in memory, where the whole has 80."""
        one = self._one
        return replace(
            scan,
            target=self._target(scan.target),
            observations=self._observations(scan),
            groups=one(scan.groups),
            dhe=one(scan.dhe),
            zeros=one(scan.zeros),
            share=one(scan.share),
            landings=one(tuple(map(one, scan.landings))),
            banners=one(scan.banners),
            glances=one(tuple(one(bare(each, scan.started)) for each in scan.glances)),
        )

    def _target(self, target: Target) -> Target:
        """Mostly the name that is sent is the host's, and the tags are those of others."""
        name = target.host if target.server_name == target.host else target.server_name
        return replace(target, server_name=name, tags=tuple(map(self._one, target.tags)))

    def _observations(self, scan: ServerScan) -> tuple[Observation, ...]:
        """Equal ones are kept once, the last of them; of the forced handshakes each is shown."""
        deciding = scan.share.deciding_shares if scan.share else ()
        kept: dict[Hashable, Observation] = {}
        for place, each in reversed(list(enumerate(scan.observations))):
            seen = each.seen and self._one(_without_share(each.seen, deciding))
            if each.probe == FORCED:
                kept[place] = self._forced(each, seen)
            else:
                one = self._one(_other(each, seen))
                kept.setdefault(one, one)
        return tuple(reversed(kept.values()))

    def _forced(self, one: Observation, seen: Seen | None) -> Observation:
        """Of the client's share its length is shown, and the time in milliseconds."""
        shown = replace(
            one,
            offer=None,
            outcome=self._one(one.outcome),
            elapsed_s=self._one(round(1000 * one.elapsed_s) / 1000),
            seen=seen,
            dh_Yc=one.dh_Yc and self._one(bytes(len(one.dh_Yc))),
            premaster_first_bytes=self._one(one.premaster_first_bytes),
        )
        return self._one(shown)


def _other(one: Observation, seen: Seen | None) -> Observation:
    """What was offered is read by its version alone: by that a refusal is told from others."""
    offer = one.offer and Offer(one.offer.version, "", ())
    return Observation(one.probe, "", one.outcome, 0.0, offer, seen)


def _without_share(seen: Seen, deciding: Collection[bytes]) -> Seen:
    """Leave out the share, unless it is one of those that decide: then its group is looked up by it."""
    if seen.dh_Ys is None or seen.dh_Ys in deciding or b"" in deciding:
        return seen
    return replace(seen, dh_Ys=b"")
