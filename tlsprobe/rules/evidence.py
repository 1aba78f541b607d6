"""What a finding rests on, sentence by sentence: each says what was seen, or that it was not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tlsprobe.facts import (
    FormAccepted,
    Group,
    Landed,
    Landing,
    LeadingZeros,
    PremasterZeros,
    RefusedByClient,
    ServerScan,
    ServerShare,
    ShareEncoding,
)
from tlsprobe.rules.advice import LetIn
from tlsprobe.rules.case import Case
from tlsprobe.rules.finding import Sentence, sentence
from tlsprobe.rules.inference import contradicts, inferred_share, is_inferred_short
from tlsprobe.rules.who import lands_on_dhe, names_of, not_understood, stops_at_group
from tlsprobe.rules.windows import IsWindows, windows_of
from tlsprobe.tls.constants import Version, version_label
from tlsprobe.tls.suites import suite_name
from tlsprobe.wording import SENTENCES

Evidence = tuple[Sentence, ...]


def names(codes: Iterable[int]) -> str:
    """Return the IANA names of suites, each once."""
    return ", ".join(suite_name(code) for code in dict.fromkeys(codes))


def premaster_zeros(zeros: LeadingZeros | None) -> Evidence:
    """Say what the server does with a Z that starts with a zero byte, or why that is not known."""
    if zeros is None:
        return (sentence("evidence.z.not-asked"),)
    said = sentence(f"evidence.z.{zeros.premaster_zeros}")
    unknown = zeros.premaster_zeros in (PremasterZeros.INCONCLUSIVE, PremasterZeros.UNTESTABLE)
    return (said, *_reason(zeros.reason)) if unknown else (said,)


def _reason(reason: str) -> Evidence:
    if not reason:
        return ()
    for family in ("zeros-reason", "status-reason"):
        if f"{family}.{reason}" in SENTENCES:
            return (sentence(f"{family}.{reason}"),)
    return (sentence("zeros-reason.other", reason=reason),)


def tried_with(zeros: LeadingZeros) -> Evidence:
    """Say which suite and version the forced handshakes used."""
    if zeros.suite is None or zeros.version is None:
        return ()
    version = Version(zeros.version).label
    return (sentence("evidence.tried-with", suite=suite_name(zeros.suite), version=version),)


def probability(group: Group | None) -> Evidence:
    """Say how often a number of this group starts with a zero byte."""
    if group is None:
        return (sentence("evidence.group.not-seen"),)
    one_in = 1 / group.zero_probability
    return (sentence("evidence.probability", bits=group.bits, one_in=one_in),)


def conforming_fail(group: Group | None) -> Evidence:
    """Say what a Z that is kept costs every client."""
    return (sentence("evidence.every-client", rate=group.zero_probability),) if group else ()


def all_fail(rate: float | None) -> Evidence:
    """Say what both faults come to for unfixed Windows."""
    if not rate:
        return ()
    if rate == 1:
        return (sentence("evidence.windows.always"),)
    return (sentence("evidence.windows.rate", rate=rate, one_in=1 / rate),)


def server_share(share: ServerShare | None) -> Evidence:
    """Say how the server wrote a dh_Ys that starts with a zero byte, or that none was seen."""
    if share is None or not share.samples:
        return (sentence("evidence.share.not-sampled"),)
    n = share.samples
    said: Evidence
    match share.encoding:
        case ShareEncoding.PADDED:
            said = (sentence("evidence.share.padded", count=share.padded, n=n),)
        case ShareEncoding.SHORT:
            said = (sentence("evidence.share.short", count=share.short, n=n),)
        case ShareEncoding.OVERLONG:
            said = (sentence("evidence.share.overlong", count=share.overlong, n=n),)
        case ShareEncoding.MIXED:
            values = {"padded": share.padded, "short": share.short, "overlong": share.overlong}
            said = (sentence("evidence.share.mixed", n=n, **values),)
        case ShareEncoding.UNOBSERVED:
            said = (sentence("evidence.share.unobserved", n=n, confidence=share.confidence),)
    if share.reused and share.short:
        return (*said, sentence("evidence.share.reused-short"))
    if share.reused:
        return (*said, sentence("evidence.share.reused-not-short"))
    return said


def share_by_library(scan: ServerScan) -> Evidence:
    """Say what the identified library does elsewhere, where that is all there is, or not what was seen."""
    if is_inferred_short(scan) and (inferred := inferred_share(scan)):
        return (sentence("evidence.share.inferred", family=inferred.family),)
    if expected := contradicts(scan):
        return (sentence("evidence.share.contradicts", family=expected.family),)
    return ()


def not_windows(scan: ServerScan) -> Evidence:
    """Say that the server is not the odd one, where that is known."""
    no = windows_of(scan).is_windows is IsWindows.NO
    return (sentence("evidence.windows.is-no"),) if no else ()


def unfixed_windows(scan: ServerScan) -> Evidence:
    """Say what the server says of itself, and whether it is a Windows that lacks the fix."""
    windows = windows_of(scan)
    if windows.is_windows is IsWindows.YES and _refuses_short(scan):
        return (sentence("evidence.windows.is-unfixed"), *windows.evidence)
    return windows.evidence


def _refuses_short(scan: ServerScan) -> bool:
    return scan.zeros is not None and scan.zeros.short_client_share is FormAccepted.REFUSED


def landing(case: Case) -> Evidence:
    """Say which unfixed Windows negotiates DHE here, or why it is taken to."""
    if not case.assumed:
        landed = _landed([each for each in case.who.unfixed if lands_on_dhe(each)])
        return (*landed, *_not_understood(case))
    said = sentence("evidence.landing.assumed", suites=names(each.suite for each in case.usable))
    if case.suspects:
        return (said, sentence("evidence.landing.named", clients=", ".join(case.suspects)))
    return (said, sentence("evidence.landing.clients-unknown"))


def who_meets(case: Case) -> Evidence:
    """Say which clients land on DHE here, whoever they are."""
    return _landed([each for each in case.scan.landings if lands_on_dhe(each)])


def _not_understood(case: Case) -> Evidence:
    """Say which names of the inventory were taken for any Windows."""
    unknown = not_understood(case.scan)
    return (sentence("evidence.landing.not-understood", clients=", ".join(unknown)),) if unknown else ()


def unusual_size(case: Case) -> Evidence:
    """Say that Windows may refuse the prime altogether."""
    return (sentence("evidence.group.unusual"),) if case.has_unusual_size else ()


def _landed(landings: Iterable[Landing]) -> Evidence:
    """Say who lands on what, those with the same landing together."""
    together: dict[tuple[int, int], list[Landing]] = {}
    for each in landings:
        arrival = each.as_offered
        if isinstance(arrival, Landed | RefusedByClient):
            together.setdefault((arrival.version, arrival.suite), []).append(each)
    return tuple(
        sentence(
            "evidence.landing.observed",
            clients=names_of(clients),
            suite=suite_name(code),
            version=version_label(version),
        )
        for (version, code), clients in together.items()
    )


def depends_on_updates(case: Case) -> Evidence:
    """Say where those that land may have the fix by an update."""
    depends = [each for each in case.who.unfixed if each.leading_zero_fix == "depends" and lands_on_dhe(each)]
    return (sentence("evidence.landing.depends", clients=names_of(depends)),) if depends else ()


def stopped(case: Case) -> Evidence:
    """Say which clients select a group here that they do not go on with."""
    return _landed([each for each in case.who.unfixed if stops_at_group(each)])


def locked_out(landings: Sequence[Landing], ways: Iterable[LetIn]) -> Evidence:
    """Say who connects today and would not without DHE, and what would let them in again."""
    said = [sentence("evidence.locked-out", clients=names_of(landings))]
    for way in ways:
        clients = names_of(way.clients)
        if way.suites:
            said.append(sentence("evidence.locked-out.let-in", clients=clients, suites=names(way.suites)))
        else:
            said.append(sentence("evidence.locked-out.no-suite", clients=clients))
    return tuple(said)


def without_ems(landings: Sequence[Landing]) -> Evidence:
    """Say that the server has no extended master secret, and who is reported to need it."""
    return (sentence("evidence.no-ems"), *_landed(landings))


def old_versions(case: Case) -> Evidence:
    """Say where the reports stop: they are about TLS 1.2."""
    return (sentence("evidence.old-versions"),) if case.below_tls12_only else ()


def no_landing(case: Case) -> Evidence:
    """Say why no unfixed Windows runs into the faults here."""
    accepted = sentence("evidence.suites.accepted", suites=names(each.suite for each in case.accepted))
    reasons: list[Sentence] = []
    if not case.unfixed_clients_possible:
        clients = ", ".join(case.scan.target.clients)
        reasons.append(sentence("evidence.no-landing.clients", clients=clients))
    elif not case.usable and not case.unusable and not case.assumed:
        reasons.append(sentence("evidence.no-landing.replayed", n=len(case.who.unfixed)))
    if not case.usable and case.unusable:
        reasons.append(sentence("evidence.no-landing.size"))
    elif not case.usable and case.assumed:
        reasons.append(sentence("evidence.no-landing.suites"))
    return (accepted, *reasons)
