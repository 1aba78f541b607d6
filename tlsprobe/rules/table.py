"""RULES: what can be wrong with a server, a row each. A new one is a row, its check and its sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tlsprobe.facts import FormAccepted, Group, PremasterZeros
from tlsprobe.rules.advice import ways_in
from tlsprobe.rules.case import (
    WINDOWS_MAX_BITS,
    WINDOWS_MIN_BITS,
    Case,
    premaster_rate,
    short_share_rate,
    unfixed_rate,
)
from tlsprobe.rules.evidence import (
    all_fail,
    conforming_fail,
    depends_on_updates,
    landing,
    locked_out,
    names,
    no_landing,
    not_windows,
    old_versions,
    premaster_zeros,
    probability,
    server_share,
    share_by_library,
    stopped,
    tried_with,
    unfixed_windows,
    unusual_size,
    who_meets,
    without_ems,
)
from tlsprobe.rules.finding import Confidence, Sentence, Severity, Source, sentence
from tlsprobe.rules.inference import is_inferred_short
from tlsprobe.rules.rates import fails_for_want_of_ems
from tlsprobe.rules.who import is_locked_out
from tlsprobe.tls.suites import KeyExchange, suite


@dataclass(frozen=True, slots=True)
class Met:
    """A rule is met: how bad here, how sure, and because of what."""

    severity: Severity
    confidence: Confidence
    evidence: tuple[Sentence, ...]
    expected_failure_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `severity` is the worst it can be; `ends_with_dhe`: switching DHE off is a cure.

    Its sentences are `rule.<id>.title`, `.why`, `.recommendation` and `.recommendation.not-ours`.
    """

    id: str
    name: str
    severity: Severity
    sources: tuple[Source, ...]
    check: Callable[[Case], Met | None]
    ends_with_dhe: bool = True


# ---- sources -------------------------------------------------------------------------------------

RFC5246_PREMASTER = Source("RFC 5246 §8.1.2", "https://www.rfc-editor.org/rfc/rfc5246#section-8.1.2")
RFC5246_NUMBERS = Source("RFC 5246 §4.4", "https://www.rfc-editor.org/rfc/rfc5246#section-4.4")
RFC5246_ANONYMOUS = Source("RFC 5246 §F.1.1.1", "https://www.rfc-editor.org/rfc/rfc5246#appendix-F.1.1.1")
RFC9325 = Source("RFC 9325", "https://www.rfc-editor.org/rfc/rfc9325")
CVE_2020_1968 = Source("CVE-2020-1968", "https://nvd.nist.gov/vuln/detail/CVE-2020-1968")
KB_4557473 = Source("Microsoft KB 4557473", "https://support.microsoft.com/help/4557473")
KB_4528489 = Source("Microsoft KB 4528489", "https://support.microsoft.com/help/4528489")
KB_3061518 = Source("Microsoft KB 3061518", "https://support.microsoft.com/help/3061518")
SCHANNEL_SUITES = Source(
    "Microsoft Learn, Cipher Suites in TLS/SSL (Schannel SSP)",
    "https://learn.microsoft.com/en-us/windows/win32/secauthn/cipher-suites-in-schannel",
)
OPENSSL_1320 = Source("openssl/openssl pull 1320", "https://github.com/openssl/openssl/pull/1320")
OPENSSL_12331 = Source("openssl/openssl pull 12331", "https://github.com/openssl/openssl/pull/12331")
COREFX_7812 = Source("dotnet/corefx issue 7812", "https://github.com/dotnet/corefx/issues/7812")
CURL_5488 = Source("curl/curl issue 5488", "https://github.com/curl/curl/issues/5488")
TLS_ATTACKER_50 = Source(
    "tls-attacker/TLS-Attacker issue 50", "https://github.com/tls-attacker/TLS-Attacker/issues/50"
)
S2N_5778 = Source("aws/s2n-tls pull 5778", "https://github.com/aws/s2n-tls/pull/5778")


# ---- checks --------------------------------------------------------------------------------------


def _premaster_zeros_kept(case: Case) -> Met | None:
    zeros = case.scan.zeros
    if zeros is None or zeros.premaster_zeros not in (PremasterZeros.KEPT, PremasterZeros.NEITHER):
        return None
    group = case.worst_group
    return Met(
        _hits_every_client(case),
        Confidence.OBSERVED,
        (
            *premaster_zeros(zeros),
            *tried_with(zeros),
            *probability(group),
            *conforming_fail(group),
            *who_meets(case),
        ),
        group.zero_probability if group else None,
    )


def _hits_every_client(case: Case) -> Severity:
    return Severity.CRITICAL if case.somebody_may_land else Severity.MEDIUM


def _client_share_form_refused(case: Case) -> Met | None:
    zeros = case.scan.zeros
    if zeros is None:
        return None
    refused = {
        "evidence.yc.short-refused": zeros.short_client_share,
        "evidence.yc.padded-refused": zeros.padded_client_share,
    }
    said = tuple(sentence(key) for key, answer in refused.items() if answer is FormAccepted.REFUSED)
    if not said:
        return None
    group = case.worst_group
    return Met(
        _hits_every_client(case),
        Confidence.OBSERVED,
        (*said, *unfixed_windows(case.scan), *tried_with(zeros), *probability(group), *who_meets(case)),
        group.zero_probability if group else None,
    )


def _short_server_share(case: Case) -> Met | None:
    share = case.scan.share
    inferred = is_inferred_short(case.scan)
    if share is None or not case.unfixed_windows_lands or not (share.short or inferred):
        return None
    if inferred and share.reused:
        return None  # it stays as it is, and was not short
    group = case.worst_usable_group
    stuck = share.reused is True
    return Met(
        Severity.CRITICAL if stuck else Severity.HIGH,
        # The share was seen; over TLS 1.0 and 1.1 nobody has reported what Windows makes of it.
        Confidence.INFERRED
        if inferred or case.below_tls12_only or case.has_unusual_size
        else Confidence.OBSERVED,
        (
            *server_share(share),
            *share_by_library(case.scan),
            *landing(case),
            *unusual_size(case),
            *old_versions(case),
            *(() if stuck else probability(group)),
            *all_fail(unfixed_rate(case.scan, group)),
        ),
        short_share_rate(case.scan, group),
    )


def _unfixed_windows_lands_on_dhe(case: Case) -> Met | None:
    if not case.unfixed_windows_lands:
        return None
    return Met(
        Severity.HIGH,
        _how_sure_of_premaster(case),
        (
            *landing(case),
            *depends_on_updates(case),
            *unusual_size(case),
            *old_versions(case),
            *not_windows(case.scan),
            *premaster_zeros(case.scan.zeros),
            *server_share(case.scan.share),
            *share_by_library(case.scan),
            *probability(case.worst_usable_group),
        ),
        premaster_rate(case.scan, case.worst_usable_group),
    )


def _how_sure_of_premaster(case: Case) -> Confidence:
    """The landing was seen and so was the stripping; anything less is inferred."""
    stripped = case.scan.zeros is not None and case.scan.zeros.premaster_zeros is PremasterZeros.STRIPPED
    sure = case.never_fixed_lands and not case.has_unusual_size
    seen = stripped and sure and not case.assumed and not case.below_tls12_only
    return Confidence.OBSERVED if seen else Confidence.INFERRED


def _dhe_offered(case: Case) -> Met | None:
    # Everything that accepts DHE meets this rule or DHE004, so such a server never goes without a
    # word. That includes a group of a size that stops Windows before either fault: DHE007 says so,
    # but once the group is replaced, the faults are there.
    if case.unfixed_windows_lands:
        return None
    return Met(Severity.MEDIUM, Confidence.OBSERVED, no_landing(case))


def _dhe_is_the_only_way_in(case: Case) -> Met | None:
    shut_out = tuple(each for each in case.who.anyone if is_locked_out(each))
    if not shut_out:
        return None
    return Met(Severity.MEDIUM, Confidence.OBSERVED, locked_out(shut_out, ways_in(case.scan, shut_out)))


def _no_extended_master_secret(case: Case) -> Met | None:
    hit = tuple(each for each in case.who.windows if fails_for_want_of_ems(case.scan, each))
    if not hit:
        return None
    group = case.worst_group
    return Met(
        Severity.MEDIUM,
        Confidence.REPORTED,
        (*without_ems(hit), *probability(group)),
        group.zero_probability if group else None,
    )


def _group_size(case: Case) -> Met | None:
    odd = [(_size_severity(group), group) for group in case.groups]
    worst = max((severity for severity, _ in odd), default=Severity.NONE)
    if worst is Severity.NONE:
        return None
    stops = case.unfixed_windows_stops_at_group
    return Met(
        worst,
        Confidence.OBSERVED,
        (
            *(_size_evidence(group) for severity, group in odd if severity > Severity.NONE),
            *((sentence("evidence.group.windows-stops"), *stopped(case)) if stops else ()),
        ),
        1.0 if stops else None,
    )


def _size_severity(group: Group) -> Severity:
    if group.bits < WINDOWS_MIN_BITS or group.bits > WINDOWS_MAX_BITS:
        return Severity.HIGH
    return Severity.MEDIUM if group.bits < 2048 else Severity.NONE


def _size_evidence(group: Group) -> Sentence:
    if group.name:
        return sentence("evidence.group.named", bits=group.bits, name=group.name)
    return sentence("evidence.group.size", bits=group.bits)


def _server_share_reused(case: Case) -> Met | None:
    share = case.scan.share
    if share is None or share.reused is not True:
        return None
    return Met(Severity.MEDIUM, Confidence.OBSERVED, (sentence("evidence.share.reused", n=share.samples),))


def _anonymous_or_export_dhe(case: Case) -> Met | None:
    codes = dict.fromkeys(each.suite for each in case.accepted)
    anonymous = [code for code in codes if suite(code).key_exchange is KeyExchange.DH_ANON]
    breakable = [code for code in codes if suite(code).export or suite(code).cipher == "DES_CBC"]
    said = (
        *((sentence("evidence.suites.anonymous", suites=names(anonymous)),) if anonymous else ()),
        *((sentence("evidence.suites.breakable", suites=names(breakable)),) if breakable else ()),
    )
    return Met(Severity.HIGH, Confidence.OBSERVED, said) if said else None


# ---- the table -----------------------------------------------------------------------------------

RULES: tuple[Rule, ...] = (
    Rule(
        id="DHE001",
        name="premaster-zeros-kept",
        severity=Severity.CRITICAL,
        sources=(RFC5246_PREMASTER, S2N_5778),
        check=_premaster_zeros_kept,
    ),
    Rule(
        id="DHE002",
        name="client-share-form-refused",
        severity=Severity.CRITICAL,
        sources=(RFC5246_NUMBERS, TLS_ATTACKER_50, OPENSSL_12331),
        check=_client_share_form_refused,
    ),
    Rule(
        id="DHE003",
        name="short-server-share",
        severity=Severity.CRITICAL,  # where the short share is reused, else high
        sources=(OPENSSL_1320, COREFX_7812),
        check=_short_server_share,
    ),
    Rule(
        id="DHE004",
        name="unfixed-windows-lands-on-dhe",
        severity=Severity.HIGH,
        sources=(KB_4557473, CURL_5488),
        check=_unfixed_windows_lands_on_dhe,
    ),
    Rule(
        id="DHE005",
        name="dhe-offered",
        severity=Severity.MEDIUM,
        sources=(KB_4557473,),
        check=_dhe_offered,
    ),
    Rule(
        id="DHE006",
        name="dhe-is-the-only-way-in",
        severity=Severity.MEDIUM,
        sources=(SCHANNEL_SUITES,),
        check=_dhe_is_the_only_way_in,
        ends_with_dhe=False,
    ),
    Rule(
        id="DHE007",
        name="group-size",
        severity=Severity.HIGH,
        sources=(RFC9325, KB_3061518),
        check=_group_size,
    ),
    Rule(
        id="DHE008",
        name="server-share-reused",
        severity=Severity.MEDIUM,
        sources=(CVE_2020_1968, RFC9325),
        check=_server_share_reused,
        ends_with_dhe=False,
    ),
    Rule(
        id="DHE009",
        name="no-extended-master-secret",
        severity=Severity.MEDIUM,
        sources=(KB_4528489,),
        check=_no_extended_master_secret,
    ),
    Rule(
        id="DHE010",
        name="anonymous-or-export-dhe",
        severity=Severity.HIGH,
        sources=(RFC5246_ANONYMOUS, RFC9325),
        check=_anonymous_or_export_dhe,
        ends_with_dhe=False,
    ),
)


def ends_with_dhe(rule: str) -> bool:
    """Whether what this rule finds is gone where no DHE is negotiated."""
    return any(each.ends_with_dhe for each in RULES if each.id == rule)
