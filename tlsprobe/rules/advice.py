"""Which side to fix, who would be locked out without DHE, and what would let them in again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tlsprobe.facts import (
    FormAccepted,
    Landed,
    Landing,
    RefusedByClient,
    ServerScan,
    Unclear,
    accepts_dhe,
)
from tlsprobe.rules.finding import Finding, FixSide, Sentence, sentence
from tlsprobe.rules.who import Who, is_locked_out, names_of, stops_at_group, who_counts
from tlsprobe.rules.windows import IsWindows, software_of, windows_of
from tlsprobe.tls.constants import Version
from tlsprobe.tls.suites import suite, suite_name

_WINDOWS_SERVERS = ("windows", "iis", "schannel", "sqlserver", "sql server", "mssql", "exchange")
_BROKEN = ("RC4", "RC2", "DES", "IDEA", "NULL", "EXPORT", "MD5")
# What a suite's name says of the key in the certificate it needs.
_RSA = ("TLS_ECDHE_RSA_", "TLS_RSA_", "TLS_DHE_RSA_")


@dataclass(frozen=True, slots=True)
class LetIn:
    """Any one of `suites` lets all these clients in without DHE; none where there is no such suite."""

    clients: tuple[Landing, ...]
    suites: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """`locked_out` connect today and would not without DHE; `ways` say what lets whom in.

    `still_connect` counts the offers that land on DHE and were seen to connect without.
    """

    side: FixSide
    locked_out: tuple[Landing, ...] = ()
    ways: tuple[LetIn, ...] = ()
    still_connect: int = 0

    @property
    def add_suites(self) -> tuple[int, ...]:
        """The suites that let everybody in; empty where somebody is left whom none lets in."""
        if not all(way.suites for way in self.ways):
            return ()
        return tuple(dict.fromkeys(code for way in self.ways for code in way.suites))


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
    who = who_counts(scan)
    locked_out = tuple(each for each in who.anyone if is_locked_out(each))
    in_need = (*locked_out, *_neither_way(who))
    still = sum(isinstance(each.without_dhe, Landed) for each in who.anyone)
    return Advice(_side(scan, who, locked_out), locked_out, ways_in(scan, in_need), still)


def _side(scan: ServerScan, who: Who, locked_out: Sequence[Landing]) -> FixSide:
    if _is_unfixed_windows(scan):
        return FixSide.UPDATE_SERVER
    theirs = scan.target.managed is False
    if _any_not_known(who):
        return FixSide.CLIENT if theirs and not locked_out else FixSide.UNKNOWN
    if not theirs:
        return FixSide.ADD_SUITE_FIRST if locked_out else FixSide.SERVER
    windows = [each for each in who.on_dhe if each.windows]
    if not windows:
        return FixSide.NONE  # nothing that is ours meets DHE there
    # Only Windows is taken off DHE then: that others need it changes nothing.
    helped = all(isinstance(each.without_dhe, Landed) for each in windows)
    return FixSide.CLIENT if helped else FixSide.ADD_SUITE_FIRST


def _neither_way(who: Who) -> tuple[Landing, ...]:
    """Return those that refuse the group of the DHE selected for them, and get nothing without it."""
    return tuple(
        each
        for each in who.on_dhe
        if stops_at_group(each) and not isinstance(each.without_dhe, Landed | Unclear | None)
    )


def _any_not_known(who: Who) -> bool:
    arrivals = [arrival for each in who.anyone for arrival in (each.as_offered, each.without_dhe)]
    return not who.anyone or any(isinstance(arrival, Unclear) for arrival in arrivals)


def _is_unfixed_windows(scan: ServerScan) -> bool:
    """Whether the server is Windows, by its words or the inventory's, and refuses what unfixed ones do."""
    if scan.zeros is None or scan.zeros.short_client_share is not FormAccepted.REFUSED:
        return False
    return windows_of(scan).is_windows is IsWindows.YES or is_windows_software(software_of(scan))


def is_windows_software(software: str) -> bool:
    """Whether an application as an inventory names it does its TLS with Schannel."""
    return any(each in software.casefold() for each in _WINDOWS_SERVERS)


def ways_in(scan: ServerScan, in_need: Sequence[Landing]) -> tuple[LetIn, ...]:
    """Group the clients so that one suite lets all of a group in; those with the fewest suites first."""
    groups: list[tuple[list[Landing], tuple[int, ...]]] = []
    certificates = _certificates(scan)
    fitting = [(each, _fitting(each, certificates)) for each in in_need]
    for landing, suites in sorted(fitting, key=lambda pair: len(pair[1])):
        for at, (members, common) in enumerate(groups):
            shared = tuple(code for code in common if code in suites)
            if shared or (not common and not suites):
                groups[at] = ([*members, landing], shared)
                break
        else:
            groups.append(([landing], suites))
    return tuple(LetIn(tuple(members), common) for members, common in groups)


def _fitting(landing: Landing, certificates: tuple[str, ...]) -> tuple[int, ...]:
    """Return the client's suites without DHE that fit certificate and version, the best first.

    Those with forward secrecy where there are any, AEAD before CBC, else in the client's order; nothing
    that is broken itself.
    """
    arrival = landing.as_offered
    newest = arrival.version if isinstance(arrival, Landed | RefusedByClient) else Version.TLS12
    possible = [suite(code) for code in landing.shut_out if suite(code).first_version <= newest]
    decent = [
        each
        for each in possible
        if each.name.startswith(certificates) and not any(weak in each.name for weak in _BROKEN)
    ]
    ephemeral = [each for each in decent if each.name.startswith("TLS_ECDHE_")]
    return tuple(each.code for each in sorted(ephemeral or decent, key=lambda each: not each.is_aead))


def _certificates(scan: ServerScan) -> tuple[str, ...]:
    """Return how the names of suites begin that go with a certificate the server has shown."""
    shown = {suite_name(each) for each in {each.seen.suite for each in scan.observations if each.seen}}
    return tuple(
        start
        for kind in (_RSA, ("TLS_ECDHE_ECDSA_",))
        if any(each.startswith(kind) for each in shown)
        for start in kind
    )


def sentences(scan: ServerScan) -> tuple[Sentence, ...]:
    """Say what to do, for the findings that end with DHE."""
    advice = advice_for(scan)
    match advice.side:
        case FixSide.ADD_SUITE_FIRST:
            theirs = ".not-ours" if scan.target.managed is False else ""
            return (sentence(f"advice.add-suite-first{theirs}"), *_ways(advice))
        case FixSide.CLIENT if _any_not_known(who_counts(scan)):
            return (sentence("advice.client.not-tried"),)
        case FixSide.SERVER:
            return (_switch_off(scan, advice), *_ways(advice))
        case FixSide.NONE:
            return ()
        case side:
            return (sentence(f"advice.{side}"),)


def _switch_off(scan: ServerScan, advice: Advice) -> Sentence:
    who = who_counts(scan)
    if advice.still_connect:
        return sentence("advice.server", n=advice.still_connect)
    if any(isinstance(each.as_offered, Landed) for each in who.anyone):
        return sentence("advice.server.nobody")
    return sentence("advice.server.nobody-connects")


def _ways(advice: Advice) -> tuple[Sentence, ...]:
    """Say for each group of clients what lets it in."""
    said = []
    for way in advice.ways:
        clients = names_of(way.clients)
        if way.suites:
            suites = ", ".join(suite_name(code) for code in way.suites)
            said.append(sentence("advice.way-in", clients=clients, suites=suites))
        elif any(each.shut_out for each in way.clients):
            said.append(sentence("advice.no-suite-fits", clients=clients))
        else:
            said.append(sentence("advice.offers-only-dhe", clients=clients))
    return tuple(said)
