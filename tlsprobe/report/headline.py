"""The first sentences of a report: how many servers, how bad, and what is not known."""

from __future__ import annotations

from collections.abc import Sequence

from tlsprobe.facts import Status
from tlsprobe.report.judged import Judged
from tlsprobe.report.phrases import in_ten_thousand, is_every
from tlsprobe.rules import Severity
from tlsprobe.wording import Wording

# These rules mean that handshakes fail, also where it is not known how often.
_DROPPING = {"DHE001", "DHE002", "DHE003", "DHE004"}
_EVERY_CLIENT = {"DHE001"}


def headline(every: Sequence[Judged], words: Wording) -> str:
    """Return the one sentence that a reader in a hurry takes away."""
    if not any(each.severity for each in every):
        return words.say("report.headline.nothing")
    dropping = sum(_drops(each) for each in every)
    if not dropping:
        return words.say("report.headline.none")
    return words.say("report.headline.some", n=dropping, total=len(every))


def lede(every: Sequence[Judged], bad_rows: int, words: Wording) -> list[str]:
    """Return the sentences below it: the worst rate, whom else it hits, and what is missing."""
    said = []
    rate, server = max(((each.rate or 0.0, each.scan.target.endpoint) for each in every), default=(0.0, ""))
    if rate:
        key = "report.lede.worst-every" if is_every(rate) else "report.lede.worst"
        said.append(words.say(key, count=in_ten_thousand(rate), server=server))
    with_every_client = sum(
        any(found.rule in _EVERY_CLIENT and found.severity >= Severity.HIGH for found in each.findings)
        for each in every
    )
    if with_every_client:
        said.append(words.say("report.lede.every-client", n=with_every_client))
    gaps = sum(each.scan.status is not Status.ASSESSED for each in every)
    if gaps:
        said.append(words.say("report.lede.gaps", n=gaps))
    if bad_rows:
        said.append(words.say("report.lede.bad-rows", n=bad_rows))
    return said


def _drops(each: Judged) -> bool:
    # Below high, nobody whose offer was replayed meets it.
    return bool(each.rate) or any(
        found.rule in _DROPPING and found.severity >= Severity.HIGH for found in each.findings
    )
