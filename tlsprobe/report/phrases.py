"""Facts in words, for the page and the terminal. What they mean is not said here, only what they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from tlsprobe.assessment import Judged, has_no_dhe
from tlsprobe.facts import (
    Group,
    Observation,
    Outcome,
    PremasterZeros,
    ServerScan,
    ShareEncoding,
    Unreachable,
    accepts_dhe,
    groups_of,
)
from tlsprobe.inventory import BadRow, Notice
from tlsprobe.rules import windows_of
from tlsprobe.rules.evidence import premaster_zeros, server_share
from tlsprobe.tls.constants import ALERT_CLOSE_NOTIFY, alert_name
from tlsprobe.tls.groups import integer, size_in_bytes
from tlsprobe.tls.handshake import Broken, Completed, Rejected, Step, Untestable
from tlsprobe.wording import ENGLISH, SENTENCES, Wording
from tlsprobe.wording.visible import visible

DASH = "\u2013"  # where there is nothing to say
_SHOWN_BYTES = 8


@dataclass(frozen=True, slots=True)
class Phrases:
    """The words for facts, in the language of `words`."""

    words: Wording

    def rate(self, rate: float | None) -> str:
        """Say a failure rate in handshakes of 10,000."""
        if rate is None:
            return self.words.say("report.rate.unknown")
        if rate == 0:
            return self.words.say("report.rate.none")
        if is_every(rate):
            return self.words.say("report.rate.every")
        return self.words.say("report.rate.some", count=in_ten_thousand(rate))

    def count(self, rate: float | None) -> str:
        """Say a failure rate as the bare number of 10,000, for a column that says so."""
        if rate is None:
            return self.words.say("report.rate.unknown")
        return "0" if rate == 0 else "10,000" if is_every(rate) else in_ten_thousand(rate)

    def fix(self, each: Judged) -> str:
        """Say where the change belongs; nothing where there is nothing to change."""
        return self.words.say(f"report.fix.{each.fix}") if each.fix and each.open else ""

    def banner(self, source: str) -> str:
        """Say where a server said something of itself."""
        key = f"report.banner.{source}"
        return self.words.say(key) if key in SENTENCES else source

    def windows(self, scan: ServerScan) -> str:
        """Say whether the server is Windows, which, and whether it has the fix."""
        windows = windows_of(scan)
        said = self.words.say(f"report.windows.{windows.is_windows}")
        if windows.version:
            said = self.words.say("report.windows.version", said=said, version=windows.version)
        if windows.fix is None:
            return said
        return self.words.say(f"report.windows.fix.{windows.fix}", said=said)

    def per_day(self, each: Judged) -> str:
        """Say how many handshakes fail a day; "up to" where the inventory doesn't say whose they are.

        Nor does it say how many of them go to one address of a name.
        """
        if each.per_day is None:
            return ""
        target = each.scan.target
        key = "report.per-day.of-named" if target.clients and not target.pin else "report.per-day.up-to"
        return self.words.say(key, count=f"{each.per_day:.2g}" if each.per_day < 10 else round(each.per_day))

    def severity(self, each: Judged) -> str:
        """Name the worst severity, or say that there was no assessment."""
        return self.words.say(f"report.severity.{severity_id(each)}")

    def digest(self, each: Judged) -> str:
        """Say the worst that was found in one sentence; where nothing was, what that is worth."""
        if each.worst:
            return each.worst.title.render(self.words)
        if has_no_dhe(each.scan):
            return self.words.say("report.digest.no-dhe")
        return self.words.say("report.digest.none" if each.severity else "report.digest.not-known")

    def suites(self, scan: ServerScan) -> str:
        """Count the DHE suites; one taken in several versions counts once."""
        if has_no_dhe(scan):
            return self.words.say("report.suites.none")
        if scan.dhe is None or not accepts_dhe(scan):
            return self.words.say("report.unknown")
        count = len({each.suite for each in scan.dhe.accepted})
        return str(count) if scan.dhe.complete else self.words.say("report.suites.at-least", count=count)

    def groups(self, scan: ServerScan) -> str:
        """Say the sizes of the groups, the smallest first."""
        sizes = dict.fromkeys(str(each.bits) for each in groups_of(scan))
        return self.words.say("report.group.bits", bits=", ".join(sizes)) if sizes else DASH

    def share(self, scan: ServerScan) -> str:
        """Say how dh_Ys was written, as short as a table cell allows."""
        if not accepts_dhe(scan):
            return DASH
        if scan.share is None or not scan.share.samples:
            return self.words.say("report.share.not-sampled")
        key = f"report.share.{scan.share.encoding}"
        said = self.words.say(key, count=scan.share.samples)
        return self.words.say("report.share.and-reused", said=said) if scan.share.reused else said

    def zeros(self, scan: ServerScan) -> str:
        """Say what the server does with a zero-led Z, as short as a table cell allows."""
        if not accepts_dhe(scan):
            return DASH
        if scan.zeros is None:
            return self.words.say("report.zeros.not-asked")
        return self.words.say(f"report.zeros.{scan.zeros.premaster_zeros}")

    def counted(self, count: int, key: str) -> str:
        """Say how many there are of something."""
        return self.words.say("report.counted", count=count, what=self.words.say(key))

    def bad_row(self, row: BadRow) -> str:
        """Say what is wrong with a row. The message was made in English, when the inventory was read."""
        if self.words.lang == ENGLISH:
            return row.message
        return self.words.say(f"bad-row.{row.reason}", value=row.value)

    def bad_row_at(self, row: BadRow) -> str:
        """Say where the row is and what is wrong with it."""
        key = "report.bad-row.at-cell" if row.column else "report.bad-row.at"
        return self.words.say(key, line=row.line, column=row.column, message=self.bad_row(row))

    def notice(self, notice: Notice) -> str:
        """Say what is worth a look in the inventory; like `bad_row`, from its id where not in English."""
        key = f"notice.{notice.kind}"
        if self.words.lang == ENGLISH or key not in SENTENCES:
            return notice.message
        return self.words.say(key, value=notice.value)

    def reason(self, reason: str) -> str:
        """Return the sentence for a stable id; the id itself where it has none."""
        for family in ("status-reason", "zeros-reason", "report.row-reason"):
            if f"{family}.{reason}" in SENTENCES:
                return self.words.say(f"{family}.{reason}")
        return reason

    def question(self, observation: Observation) -> str:
        """Say what a connection asked."""
        key = f"report.question.{observation.question}"
        return self.words.say(key) if key in SENTENCES else observation.question

    def outcome(self, outcome: Outcome) -> str:
        """Say how a connection ended."""
        match outcome:
            case Completed(after=Step.SERVER_FINISHED):
                return self.words.say("report.outcome.completed")
            case Completed(after=step):
                return self.words.say("report.outcome.came-to", step=self._step(step))
            case Rejected(alert=alert, after=step):
                key = "close-notify" if alert == ALERT_CLOSE_NOTIFY else "alert"
                return self.words.say(
                    f"report.outcome.{key}", name=alert_name(alert), number=alert, step=self._step(step)
                )
            case Broken(how=how, after=step, detail=detail):
                return self._detailed(self._broken(how, step), detail)
            case Unreachable(reason=reason, detail=detail):
                return self._detailed(self.reason(reason), detail)
            case Untestable(why=why):
                return self.words.say("report.outcome.untestable", why=self.reason(why))
            case _:
                assert_never(outcome)

    def generator(self, group: Group) -> str:
        """Say how long g came, and what it is where it is short."""
        value = integer(group.dh_g)
        text = str(value) if value < 1000 else first_bytes(group.dh_g)
        return self.words.say("report.group.generator", n=len(group.dh_g), value=text)

    def problem(self, scan: ServerScan) -> str:
        """Say why a server was not assessed, or not in all; empty where it was."""
        return self._detailed(self.reason(scan.status_reason), scan.detail) if scan.status_reason else ""

    def gaps(self, scan: ServerScan) -> list[str]:
        """Say what could not be found out about a server that was asked, and why."""
        said: list[str] = []
        if scan.status_reason:
            said.append(self.problem(scan))
        if scan.dhe is not None and not scan.dhe.complete and scan.status_reason != "dhe-incomplete":
            said.append(self._detailed(self.reason("dhe-incomplete"), self.reason(scan.dhe.reason)))
        if not accepts_dhe(scan):
            return said
        if scan.zeros is None or scan.zeros.premaster_zeros in (
            PremasterZeros.INCONCLUSIVE,
            PremasterZeros.UNTESTABLE,
            PremasterZeros.MIXED,
        ):
            sentences = premaster_zeros(scan.zeros)
            if scan.zeros is not None and scan.zeros.reason == scan.status_reason:
                sentences = sentences[:1]  # the reason is the server's own, and said above
            said.append(self.words.joined(each.render(self.words) for each in sentences))
        if scan.share is None or scan.share.encoding is ShareEncoding.UNOBSERVED:
            said += [each.render(self.words) for each in server_share(scan.share)[:1]]
        if any(group.safe_prime is None for group in groups_of(scan)):
            said.append(self.words.say("report.gap.safe-prime"))
        if scan.extended_master_secret is None:
            said.append(self.words.say("report.gap.extended-master-secret"))
        if not scan.landings:
            said.append(self.words.say("report.gap.landing"))
        return said

    def _step(self, step: Step) -> str:
        return self.words.say(f"report.step.{step}")

    def _broken(self, how: str, step: Step) -> str:
        key = f"report.outcome.{how}"
        if key not in SENTENCES:
            return how
        return self.words.say(key, step=self._step(step))

    def _detailed(self, sentence: str, detail: str) -> str:
        return (
            self.words.say("report.with-detail", said=sentence, detail=visible(self.words.detail(detail)))
            if detail
            else sentence
        )


def is_every(rate: float) -> bool:
    """Whether a rate is all of 10,000."""
    return rate >= 0.99995


def in_ten_thousand(rate: float) -> str:
    """Return `78`, `1.3` or `0.04`: two digits at least, no exponent."""
    count = rate * 10_000
    return f"{count:.0f}" if count >= 10 else f"{count:.2g}" if count >= 0.0001 else "0.0001"


def severity_id(each: Judged) -> str:
    """Return the severity, `none`, `waived` where all that was found is, or `not-assessed`."""
    if each.is_waived:
        return "waived"
    return each.severity.value if each.severity else "not-assessed"


def first_bytes(number: bytes) -> str:
    """Return the first bytes in hex, with an ellipsis where there are more."""
    shown = number[:_SHOWN_BYTES].hex(" ")
    return f"{shown} …" if len(number) > _SHOWN_BYTES else shown


def prime_size(group: Group) -> int:
    """Return the length of the integer p in bytes: what shares are measured against."""
    return size_in_bytes(integer(group.dh_p))
