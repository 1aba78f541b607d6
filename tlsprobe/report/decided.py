"""Sentences about decisions: waivers that hold, have expired or match nothing, and the baseline in short."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tlsprobe.assessment import Assessment, Change
from tlsprobe.assessment.answers import of_waiver
from tlsprobe.wording import Wording
from tlsprobe.wording.visible import visible

GONE, NOT_KNOWN, LEFT = "gone", "not-known", "left"
# In the order of reading: what asks for something first.
BECAME = (Change.NEW, Change.WORSE, Change.BETTER, GONE, Change.LEARNED, NOT_KNOWN, Change.SAME, LEFT)


def sentences(assessment: Assessment, words: Wording) -> list[str]:
    """Return what is to be said of a run as a whole; nothing where there are no decisions."""
    waived = sum(each.standing(found).waiver is not None for each, found in assessment.findings)
    bereft = sum(each.standing(found).bereft for each, found in assessment.findings)
    expired = Counter(waiver for _, _, waiver in assessment.expired)
    return [
        *([compared(assessment, words)] if assessment.baseline else []),
        *newer(assessment, words),
        *(of_waiver("waiver.expired", each, words, n=n) for each, n in expired.items()),
        *([words.say("waiver.taken-away", n=bereft)] if bereft else []),
        *([words.say("waiver.counted", n=waived)] if waived else []),
        *idle(assessment, words),
    ]


def idle(assessment: Assessment, words: Wording) -> list[str]:
    """Point out the waivers that nothing needs, and those of which that can't be said."""
    return [
        *(of_waiver("waiver.unmatched", each, words) for each in assessment.unmatched),
        *(of_waiver("waiver.unsettled", each, words) for each in assessment.unsettled),
    ]


def compared(assessment: Assessment, words: Wording) -> str:
    """Say with what a run was compared and what came of it; a run without a baseline is a ValueError."""
    if assessment.baseline is None:
        raise ValueError("no baseline")
    counted = counts(assessment)
    said = [
        words.say("baseline.count", n=counted[each], became=words.say(f"baseline.became.{each}"))
        for each in BECAME
        if counted[each]
    ]
    return words.say(
        "baseline.compared",
        run=visible(assessment.baseline.run_id),
        date=f"{assessment.baseline.started:%Y-%m-%d}",
        counts=words.listed(said) or words.say("baseline.no-findings"),
    )


def counts(assessment: Assessment) -> Mapping[str, int]:
    """Count the findings by what became of them, those of the baseline included that are no more."""
    counted: Counter[str] = Counter(
        str(change) for each, found in assessment.findings if (change := each.standing(found).change)
    )
    counted[GONE] = len(assessment.gone)
    counted[NOT_KNOWN] = len(assessment.not_known)
    counted[LEFT] = sum(len(each.findings) for each in assessment.left)
    return counted


def newer(assessment: Assessment, words: Wording) -> list[str]:
    """Point out that the baseline is the later run."""
    baseline, info = assessment.baseline, assessment.info
    if baseline is None or baseline.started <= info.started:
        return []
    minute = "%Y-%m-%d %H:%M"
    return [
        words.say("baseline.newer", baseline=f"{baseline.started:{minute}}", date=f"{info.started:{minute}}")
    ]
