"""Which side to fix, who would be locked out without DHE, and what would let them in again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tlsprobe.facts import FormAccepted, Landing, ServerScan, Unclear, accepts_dhe
from tlsprobe.rules.finding import Finding, FixSide, Sentence, sentence
from tlsprobe.rules.who import is_locked_out, may_lack_fix, names_of, who_counts
from tlsprobe.tls.suites import suite, suite_name

_WINDOWS_SERVERS = ("windows", "iis", "schannel", "sqlserver", "sql server", "mssql", "exchange")
_BROKEN = ("RC4", "RC2", "DES", "IDEA", "NULL", "EXPORT", "MD5")
# What a suite's name says of the key in the certificate it needs.
_RSA = ("TLS_ECDHE_RSA_", "TLS_RSA_", "TLS_DHE_RSA_")


@dataclass(frozen=True, slots=True)
class Advice:
    """`locked_out` connect today and would not without DHE; one of `add_suites` lets them in again."""

    side: FixSide
    locked_out: tuple[Landing, ...] = ()
    add_suites: tuple[int, ...] = ()
    tried: int = 0  # landings that were replayed without DHE


def advise(scan: ServerScan, findings: Sequence[Finding]) -> Advice:
    """Return the side where the change belongs, for the findings that are to be dealt with."""
    if not accepts_dhe(scan):
        known = scan.dhe is not None and scan.dhe.complete
        return Advice(FixSide.NONE if known else FixSide.UNKNOWN)
    if not findings:
        return Advice(FixSide.NONE)
    return advice_for(scan)


def advice_for(scan: ServerScan) -> Advice:
    """Say what to do about a server that accepts DHE."""
    anyone = who_counts(scan).anyone
    locked_out = tuple(each for each in anyone if is_locked_out(each))
    tried = sum(each.without_dhe is not None for each in anyone)
    return Advice(_side(scan, locked_out), locked_out, let_in(scan, locked_out), tried)


def _side(scan: ServerScan, locked_out: Sequence[Landing]) -> FixSide:
    if _is_unfixed_windows(scan):
        return FixSide.UPDATE_SERVER
    theirs = scan.target.managed is False
    if _any_not_known(scan):
        return FixSide.CLIENT if theirs and not locked_out else FixSide.UNKNOWN
    if theirs:
        # Only Windows is taken off DHE then: that others need it changes nothing.
        return FixSide.ADD_SUITE_FIRST if any(map(may_lack_fix, locked_out)) else FixSide.CLIENT
    return FixSide.ADD_SUITE_FIRST if locked_out else FixSide.SERVER


def _any_not_known(scan: ServerScan) -> bool:
    anyone = who_counts(scan).anyone
    arrivals = [arrival for each in anyone for arrival in (each.as_offered, each.without_dhe)]
    return not anyone or any(isinstance(arrival, Unclear) for arrival in arrivals)


def _is_unfixed_windows(scan: ServerScan) -> bool:
    """Whether the server says of itself that it is Windows, and refuses what unfixed Windows refuses."""
    refuses = scan.zeros is not None and scan.zeros.short_client_share is FormAccepted.REFUSED
    software = scan.target.software.casefold()
    return refuses and any(each in software for each in _WINDOWS_SERVERS)


def let_in(scan: ServerScan, locked_out: Sequence[Landing]) -> tuple[int, ...]:
    """Return the suites without DHE that fit the certificate and let the clients in, the best first.

    Those with forward secrecy where there are any, AEAD before CBC, else in the clients' order; nothing that
    is broken itself. Empty where the certificate fits none.
    """
    offered = dict.fromkeys(code for each in locked_out for code in each.shut_out)
    fitting = [suite(code) for code in offered if _fits_certificate(scan, suite_name(code))]
    decent = [each for each in fitting if not any(weak in each.name for weak in _BROKEN)]
    ephemeral = [each for each in decent if each.name.startswith("TLS_ECDHE_")]
    return tuple(each.code for each in sorted(ephemeral or decent, key=lambda each: not each.is_aead))


def _fits_certificate(scan: ServerScan, name: str) -> bool:
    shown = [suite_name(each.seen.suite) for each in scan.observations if each.seen]
    if name.startswith(_RSA):
        return any(each.startswith(_RSA) for each in shown)
    if name.startswith("TLS_ECDHE_ECDSA_"):
        return any(each.startswith("TLS_ECDHE_ECDSA_") for each in shown)
    return False


def sentences(scan: ServerScan) -> tuple[Sentence, ...]:
    """Say what to do, for the findings that end with DHE."""
    advice = advice_for(scan)
    theirs = ".not-ours" if scan.target.managed is False else ""
    if not advice.locked_out or advice.side is not FixSide.ADD_SUITE_FIRST:
        return (_plain(scan, advice),)
    clients = names_of(advice.locked_out)
    if not advice.add_suites:
        return (sentence("advice.no-suite-fits", clients=clients),)
    suites = ", ".join(suite_name(code) for code in advice.add_suites)
    return (sentence(f"advice.add-suite-first{theirs}", clients=clients, suites=suites),)


def _plain(scan: ServerScan, advice: Advice) -> Sentence:
    if advice.side is FixSide.CLIENT and _any_not_known(scan):
        return sentence("advice.client.not-tried")
    if advice.side is not FixSide.SERVER:
        return sentence(f"advice.{advice.side}")
    return sentence("advice.server", n=advice.tried) if advice.tried else sentence("advice.server.nobody")
