"""What became of a server since the baseline: each finding, and what is no longer one.

The server's share can't be forced, so two scans of one server may know it or not. That is no change: what an
earlier run saw still holds while prime and TLS library are the same, and what is first seen now was there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tlsprobe.assessment.baseline import FindingBefore, ServerBefore, ShareSeen
from tlsprobe.assessment.gone import is_known_gone
from tlsprobe.facts import ServerScan, ShareEncoding, accepts_dhe
from tlsprobe.rules import Finding, Sentence
from tlsprobe.rules.finding import sentence

# By how much a rate has to move to be another one: it is computed, but from a group that varies where a
# server takes several.
NOISE = 0.1

_SHORT_SHARE = "DHE003"
_LANDS_ON_DHE = "DHE004"
# A server that accepts DHE meets one of the two: the milder one is what is left of the other.
_MILDER_FORM_OF = {"DHE005": _LANDS_ON_DHE}
_SHARE_SENTENCES = "evidence.share."


class Change(StrEnum):
    """What became of a finding since the baseline."""

    NEW = "new"
    WORSE = "worse"
    SAME = "same"
    BETTER = "better"
    LEARNED = "learned"  # the server is as it was; more is known of it


@dataclass(frozen=True, slots=True)
class Missing:
    """A finding of the baseline that this run does not make, and the server as it is now.

    `learned`: it had been inferred, and was never so.
    """

    scan: ServerScan
    found: FindingBefore
    learned: bool = False


def change_of(found: Finding, before: ServerBefore | None, now: ServerScan) -> Change:
    """Say what became of a finding. `before` is None for a server that the baseline does not have."""
    if before is None:
        return Change.NEW
    was = before.finding(found.rule)
    if was is not None:
        return _between(was, found)
    if milder_of := _MILDER_FORM_OF.get(found.rule):
        return Change.BETTER if before.finding(milder_of) else Change.NEW
    lands = before.finding(_LANDS_ON_DHE) is not None
    is_learned = found.rule == _SHORT_SHARE and lands and _was_not_seen(before, now)
    return Change.LEARNED if is_learned else Change.NEW


def _between(was: FindingBefore, found: Finding) -> Change:
    if found.severity != was.severity:
        return Change.WORSE if found.severity > was.severity else Change.BETTER
    if was.rate is None or found.expected_failure_rate is None:
        return Change.SAME
    if found.expected_failure_rate > was.rate * (1 + NOISE):
        return Change.WORSE
    return Change.BETTER if was.rate > found.expected_failure_rate * (1 + NOISE) else Change.SAME


def _was_not_seen(before: ServerBefore, now: ServerScan) -> bool:
    """Whether only this run saw a zero-led share, and the server is as it was."""
    if now.share is None or now.share.encoding is ShareEncoding.UNOBSERVED:
        return False
    if before.share is not None and (before.share.decides or before.share.share.reused):
        return False
    # A share that is reused may have become short: it fails always, and did not before.
    return not now.share.reused and before.is_unchanged(now)


def carried_share(now: ServerScan, before: ServerBefore | None) -> ShareSeen | None:
    """Return what an earlier run saw of the share, where this one did not and the server is as it was."""
    if before is None or before.share is None or not before.share.decides or not accepts_dhe(now):
        return None
    seen = now.share
    if seen is not None and seen.encoding is not ShareEncoding.UNOBSERVED:
        return None
    reused = before.share.share.reused if seen is None or seen.reused is None else seen.reused
    # One that is reused was looked at: it starts with no zero byte, whatever others did.
    if reused or not before.is_unchanged(now):
        return None
    return replace(before.share, share=replace(before.share.share, reused=reused))


def with_share(now: ServerScan, carried: ShareSeen | None) -> ServerScan:
    """Return the facts to judge by."""
    return now if carried is None else replace(now, share=carried.share)


def saying_so(findings: Sequence[Finding], carried: ShareSeen | None) -> tuple[Finding, ...]:
    """Add to evidence about the share that it was seen in an earlier run."""
    if carried is None:
        return tuple(findings)
    said = sentence("baseline.share-carried", run=carried.run_id, date=f"{carried.when:%Y-%m-%d}")
    return tuple(replace(each, evidence=_with(each.evidence, said)) for each in findings)


def _with(evidence: tuple[Sentence, ...], said: Sentence) -> tuple[Sentence, ...]:
    of_share = [place for place, each in enumerate(evidence) if each.key.startswith(_SHARE_SENTENCES)]
    if not of_share:
        return evidence
    return (*evidence[: of_share[-1] + 1], said, *evidence[of_share[-1] + 1 :])


def missing(
    now: ServerScan, findings: Sequence[Finding], before: ServerBefore | None, carried: ShareSeen | None
) -> tuple[tuple[Missing, ...], tuple[Missing, ...]]:
    """Return what is gone, and of what it is not known whether it is."""
    if before is None:
        return (), ()
    met = {each.rule for each in findings}
    facts = with_share(now, carried)
    gone, not_known = [], []
    for each in before.findings:
        if each.rule in met:
            continue
        if is_known_gone(each.rule, facts):
            learned = each.rule == _SHORT_SHARE and _was_not_seen(before, now)
            gone.append(Missing(now, each, learned))
        else:
            not_known.append(Missing(now, each))
    return tuple(gone), tuple(not_known)
