"""Rules that were not met, and for which that says little: something was not asked, or did not show."""

from __future__ import annotations

from dataclasses import dataclass

from tlsprobe.facts import (
    SUITES_ONLY,
    FormAccepted,
    PremasterZeros,
    ServerScan,
    ShareEncoding,
    Status,
    Unclear,
    accepts_dhe,
)
from tlsprobe.report.phrases import Phrases
from tlsprobe.rules.case import case_of
from tlsprobe.rules.evidence import premaster_zeros, server_share
from tlsprobe.rules.inference import inferred_share

_UNANSWERED_Z = (PremasterZeros.INCONCLUSIVE, PremasterZeros.UNTESTABLE)
_UNANSWERED_FORM = (FormAccepted.INCONCLUSIVE, FormAccepted.UNTESTABLE)
_WHO_LANDS = ("DHE003", "DHE004", "DHE006", "DHE009")
# What is said of a single question: the rules that don't ask it are decided all the same.
_OF_ONE_QUESTION = (
    "zeros-inconclusive",
    "zeros-untestable",
    "landings-unclear",
    "client-certificate-required",
)


# What the suites, their groups and the shares that came with them decide.
_OF_SUITES = ("DHE007", "DHE008", "DHE010")


@dataclass(frozen=True, slots=True)
class Undecided:
    """Why a rule is left open. `gap`: the scan did not get as far (exit code 3); else it did not show."""

    why: str
    gap: bool


def undecided(scan: ServerScan, rule: str, phrases: Phrases) -> Undecided | None:
    """Say why a rule that was not found met may be met all the same; None where it is not."""
    if said := _gap(scan, rule, phrases):
        return Undecided(said, gap=True)
    if accepts_dhe(scan) and (said := _not_shown(scan, rule, phrases)):
        return Undecided(said, gap=False)
    return None


def _gap(scan: ServerScan, rule: str, phrases: Phrases) -> str:
    if _ended_early(scan, rule):
        return next(iter(phrases.gaps(scan)), "") or phrases.words.say(f"report.status.{scan.status}")
    zeros = scan.zeros
    if rule == "DHE001" and zeros and zeros.premaster_zeros in _UNANSWERED_Z:
        return _premaster_zeros(scan, phrases)
    if rule == "DHE002" and zeros and _answered(scan, *_UNANSWERED_FORM):
        said = phrases.words.say("ci.undecided.client-share")
        return f"{said} {phrases.reason(zeros.reason)}" if zeros.reason else said
    if rule in _WHO_LANDS and scan.status is not Status.ASSESSED and _are_landings_unclear(scan, rule):
        return phrases.reason("landings-unclear")
    return ""


def _ended_early(scan: ServerScan, rule: str) -> bool:
    if scan.status is Status.ASSESSED:
        return False
    asked = scan.status is Status.PARTLY_ASSESSED and scan.dhe is not None and scan.dhe.complete
    if scan.status_reason == SUITES_ONLY and rule in _OF_SUITES:
        return not asked
    return not asked or scan.status_reason not in _OF_ONE_QUESTION


def _not_shown(scan: ServerScan, rule: str, phrases: Phrases) -> str:
    words, zeros, share, said = phrases.words, scan.zeros, scan.share, ""
    match rule:
        case "DHE001" if zeros is None or zeros.premaster_zeros is PremasterZeros.MIXED:
            said = _premaster_zeros(scan, phrases)
        case "DHE002" if zeros is None or _answered(scan, FormAccepted.MIXED):
            said = words.say("ci.undecided.client-share")
        case "DHE003" if _would_a_short_share_matter(scan):
            said = words.joined(each.render(words) for each in server_share(share))
        case "DHE006" | "DHE009" if not scan.landings:
            said = words.say("report.gap.landing")
        case "DHE008" if share is None or share.reused is None:
            said = words.say("ci.undecided.reuse")
        case "DHE009" if scan.extended_master_secret is None:
            said = words.say("report.gap.extended-master-secret")
    return said


def _answered(scan: ServerScan, *answers: FormAccepted) -> bool:
    zeros = scan.zeros
    return zeros is not None and (zeros.short_client_share in answers or zeros.padded_client_share in answers)


def _are_landings_unclear(scan: ServerScan, rule: str) -> bool:
    arrivals = [each.as_offered for each in scan.landings]
    if rule == "DHE006":
        return any(
            isinstance(at, Unclear) for at in [*arrivals, *(each.without_dhe for each in scan.landings)]
        )
    return any(isinstance(at, Unclear) for at in arrivals)


def _would_a_short_share_matter(scan: ServerScan) -> bool:
    """Whether DHE003 hangs on a share that starts with a zero byte, and none came."""
    case, share = case_of(scan), scan.share
    if case is None or not case.unfixed_windows_lands or inferred_share(scan) is not None:
        return False
    return share is None or (share.encoding is ShareEncoding.UNOBSERVED and not share.reused)


def _premaster_zeros(scan: ServerScan, phrases: Phrases) -> str:
    return phrases.words.joined(said.render(phrases.words) for said in premaster_zeros(scan.zeros))
