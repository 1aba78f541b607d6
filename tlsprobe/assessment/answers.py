"""Who answers for a finding, in a sentence."""

from __future__ import annotations

from tlsprobe.assessment.judged import Standing
from tlsprobe.waivers import Waiver
from tlsprobe.wording import Wording
from tlsprobe.wording.visible import visible


def of_standing(standing: Standing, words: Wording) -> str:
    """Say who answers for a finding and why, or that nobody does any longer; empty where nobody ever did."""
    if standing.waiver is not None:
        return of_waiver("waiver.holds", standing.waiver, words)
    if standing.bereft:
        return words.say("waiver.is-taken-away")
    return of_waiver("waiver.is-expired", standing.expired, words) if standing.expired else ""


def of_waiver(key: str, waiver: Waiver, words: Wording, **values: int) -> str:
    """Say a sentence about a waiver, with all that it says."""
    return words.say(
        key,
        rule=waiver.rule,
        host=visible(waiver.host),
        reason=visible(waiver.reason),
        kind=waiver.kind,
        approver=visible(waiver.approver),
        expires=waiver.expires.isoformat(),
        **values,
    )
