"""Who terminates TLS: the one family of libraries that has all the traits a server showed, or `unknown`.

A family is named only where hardly anything contradicts it, enough speaks for it and every other one is far
off. `unknown` is the answer for everything else, and for every library that was never learned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from tlsprobe.facts import ServerScan
from tlsprobe.stacks.caveats import caveat
from tlsprobe.stacks.fit import Fit, aspect, like, ranked, weight
from tlsprobe.stacks.learned import Family, Reported, families
from tlsprobe.stacks.schannel import reported_of
from tlsprobe.stacks.traits import traits

UNKNOWN = "unknown"
SCHANNEL = "schannel"
MEASURED = "measured"
Confidence = Literal["high", "medium", "low"]

# In aspects: how many must match, and how many more must contradict the next family; and in how many of the
# six answers. Where one aspect contradicts, the server may be set up as none that was learned: then the rest
# must be all the clearer. With less than this, a library that was never learned was taken for another one
# where only part of its answers was shown (docs/stacks.md).
_LEAST_MATCHES, _LEAST_MARGIN = 10, 2
_LEAST_MATCHES_BUT_ONE, _LEAST_MARGIN_BUT_ONE = 14, 4
_LEAST_ANSWERS = 4
_HIGH_MARGIN = 4
_MOST_EVIDENCE = 12


@dataclass(frozen=True, slots=True)
class Evidence:
    """A trait that spoke. `weight` in bits: 3: one family in eight has it; 0: not measured."""

    trait: str
    value: str
    weight: float
    source: str  # MEASURED, or who reports it


@dataclass(frozen=True, slots=True)
class Stack:
    """Who terminates TLS, as far as it can be told, and why.

    `libraries` are those of the family, with their versions, that answer like this; empty where all do.
    `windows` is whether Windows' own TLS answers. `contradicted` are the traits that do not fit. `caveat`
    is a stable id (caveats.py), or empty.
    """

    family: str = UNKNOWN
    libraries: tuple[str, ...] = ()
    confidence: Confidence = "low"
    windows: Literal["yes", "no", "unknown"] = "unknown"
    evidence: tuple[Evidence, ...] = ()
    runner_up: str = ""
    contradicted: tuple[str, ...] = ()
    caveat: str = ""

    @property
    def is_known(self) -> bool:
        """Whether a family is named."""
        return self.family != UNKNOWN


@dataclass(frozen=True, slots=True, eq=False)
class _This:
    """A scan as itself, and not as all that is in it: that takes as long to compare as to identify."""

    scan: ServerScan

    def __hash__(self) -> int:
        return id(self.scan)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _This) and self.scan is other.scan


def identify(scan: ServerScan) -> Stack:
    """Say who terminates TLS on a scanned server, from the journal alone.

    About a millisecond; the rules ask for the same server a dozen times in a row, so the last are kept.
    """
    return _identify(_This(scan))


@lru_cache(maxsize=8)
def _identify(this: _This) -> Stack:
    seen = traits(this.scan)
    found = _with_reported(_by_traits(frozenset(seen.items())), reported_of(this.scan, seen))
    return replace(found, caveat=caveat(this.scan, seen, found.family))


@lru_cache(maxsize=1024)
def _by_traits(seen: frozenset[tuple[str, str]]) -> Stack:
    """Servers of one kind answer alike, and an inventory has few kinds."""
    return identify_traits(dict(seen), families())


def identify_traits(seen: Mapping[str, str], known: Sequence[Family]) -> Stack:
    """Name the family that these traits leave, or none; by what was measured alone."""
    best, second = ranked(seen, known)[:2]
    margin = second.misses - best.misses
    if not _is_clear(best, margin):
        return Stack(runner_up=best.family.name if best.matches >= _LEAST_MATCHES else "")
    return Stack(
        family=best.family.name,
        libraries=like(best, seen),
        confidence="high" if not best.misses and margin >= _HIGH_MARGIN else "medium",
        windows="no",
        evidence=_evidence(best, seen, known),
        runner_up=second.family.name,
        contradicted=tuple(sorted(best.contradicted)),
    )


def _is_clear(best: Fit, margin: int) -> bool:
    if best.answers < _LEAST_ANSWERS or best.misses > 1:
        return False
    if best.misses:
        return best.matches >= _LEAST_MATCHES_BUT_ONE and margin >= _LEAST_MARGIN_BUT_ONE
    return best.matches >= _LEAST_MATCHES and margin >= _LEAST_MARGIN


def _evidence(best: Fit, seen: Mapping[str, str], known: Sequence[Family]) -> tuple[Evidence, ...]:
    """Return the trait that says most of each aspect, the strongest first."""
    strongest: dict[str, Evidence] = {}
    for trait in sorted(best.matched):
        found = Evidence(trait, seen[trait], weight(trait, seen[trait], known), MEASURED)
        kept = strongest.setdefault(aspect(trait), found)
        if found.weight > kept.weight:
            strongest[aspect(trait)] = found
    told = sorted(strongest.values(), key=lambda each: -each.weight)
    return tuple(each for each in told if each.weight > 0)[:_MOST_EVIDENCE]


def _with_reported(found: Stack, rows: Sequence[Reported]) -> Stack:
    """Add what is only reported of Schannel: a family that was measured outweighs it, but not silently."""
    speaking = [row for row in rows if row.says == SCHANNEL]
    excluding = [row for row in rows if row.says == "not-schannel"]
    if found.is_known:
        distinct = any(row.trait != "rich.layout.rest" for row in speaking)  # others share records too
        return Stack(runner_up=found.family, evidence=_told(speaking)) if distinct else found
    if excluding:
        return replace(found, windows="no", evidence=_told(excluding))
    if any(row.says == "not-old-schannel" for row in rows) or len(speaking) < 2:
        return replace(found, evidence=_told(speaking))
    return replace(
        found, family=SCHANNEL, confidence="medium", windows="yes", evidence=_told(speaking), runner_up=""
    )


def _told(rows: Sequence[Reported]) -> tuple[Evidence, ...]:
    return tuple(Evidence(row.trait, row.value, 0.0, row.source) for row in rows)
