"""The first sentences of a report: how many servers, how bad, and what is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median_low

from tlsprobe.assessment import Judged
from tlsprobe.facts import Status
from tlsprobe.report.phrases import in_ten_thousand, is_every
from tlsprobe.rules import FixSide, Severity
from tlsprobe.wording import Wording

# What old Windows runs into, and what every client does that follows the RFC.
_OLD_WINDOWS = {"DHE003", "DHE004"}
_EVERY_CLIENT = {"DHE001", "DHE002"}
_DECIDED = set(FixSide) - {FixSide.NONE}


def headline(every: Sequence[Judged], words: Wording) -> str:
    """Return the one sentence that a reader in a hurry takes away: what is so, waived or not."""
    if not any(each.severity for each in every):
        return words.say("report.headline.nothing")
    hit = counted(every)
    if not hit:
        return words.say("report.headline.none")
    key = "some" if any(map(_drops_old_windows, hit)) else "others"
    return words.say(f"report.headline.{key}", n=len(hit), total=len(every))


def counted(every: Sequence[Judged]) -> list[Judged]:
    """Return the servers that the headline counts: where old Windows fails, or if nowhere, anybody."""
    old_windows = [each for each in every if _drops_old_windows(each)]
    return old_windows or [each for each in every if (each.rate and each.believed) or _drops_everybody(each)]


def to_decide(every: Sequence[Judged], words: Wording) -> str:
    """Return what the reader has to decide: the two sides that most servers wait for."""
    sides = Counter(each.fix for each in every if each.fix in _DECIDED and each.open)
    said = [words.say(f"report.decide.{side}", n=count) for side, count in sides.most_common(2)]
    return words.say("report.decide", what=words.listed(said, long=True)) if said else ""


def lede(every: Sequence[Judged], bad_rows: int, words: Wording) -> list[str]:
    """Return the sentences below it: how often it fails, whom else it hits, and what is missing."""
    return [*how_often(every, words), *what_is_missing(every, bad_rows, words)]


def how_often(every: Sequence[Judged], words: Wording) -> list[str]:
    """Say how many handshakes fail on a typical server and on the worst, and whether it hits others too."""
    said = []
    if spread := len({each.scan.target.row for each in every if _is_one_of_several(each)}):
        said.append(words.say("report.lede.addresses", n=spread))
    hit = counted(every)
    rates = sorted(each.rate for each in hit if each.rate)
    if rates and in_ten_thousand(middle := median_low(rates)) != in_ten_thousand(rates[-1]):
        said.append(words.say("report.lede.typical", count=in_ten_thousand(middle)))
    rated = ((each.rate or 0.0, each.scan.target.label) for each in every if each.believed)
    rate, server = max(rated, default=(0.0, ""))
    if rate:
        key = "report.lede.worst-every" if is_every(rate) else "report.lede.worst"
        said.append(words.say(key, count=in_ten_thousand(rate), server=server))
    if waived := sum(not _drops_openly(each) for each in hit):
        said.append(words.say("report.lede.waived", count=waived))
    others = [each for each in every if _drops_everybody(each)]
    if old_windows := sum(map(_drops_old_windows, others)):
        said.append(words.say("report.lede.every-client", count=old_windows))
    if only_others := sum(each not in hit for each in others):
        said.append(words.say("report.lede.only-others", n=only_others))
    return said


def what_is_missing(every: Sequence[Judged], bad_rows: int, words: Wording) -> list[str]:
    """Say how many servers were not assessed in full, and how many rows were left out."""
    said = []
    if gaps := sum(each.scan.status is not Status.ASSESSED for each in every):
        said.append(words.say("report.lede.gaps", n=gaps))
    if bad_rows:
        said.append(words.say("report.lede.bad-rows", n=bad_rows))
    return said


def _is_one_of_several(each: Judged) -> bool:
    pin = each.scan.target.pin
    return pin is not None and len(pin.of) > 1


def _drops_old_windows(each: Judged) -> bool:
    return any(
        found.rule in _OLD_WINDOWS or (found.rule == "DHE007" and found.expected_failure_rate == 1)
        for found in each.believed
    )


def _drops_everybody(each: Judged) -> bool:
    # Below high, nobody whose offer was replayed meets it.
    return any(found.rule in _EVERY_CLIENT and found.severity >= Severity.HIGH for found in each.believed)


def _drops_openly(each: Judged) -> bool:
    """Whether one of the findings by which the headline counts it is not waived."""
    rules = _OLD_WINDOWS | _EVERY_CLIENT | {"DHE007"}
    return any(found.rule in rules for found in each.open)
