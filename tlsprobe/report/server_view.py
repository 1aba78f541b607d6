"""What the page says of one server, each value as the text that is shown."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from tlsprobe.assessment import Judged
from tlsprobe.facts import (
    AcceptedSuite,
    Group,
    Observation,
    ServerScan,
    accepts_dhe,
)
from tlsprobe.report import clients_view, stack_view, survey
from tlsprobe.report.clients_view import ClientView
from tlsprobe.report.phrases import DASH, Phrases, first_bytes, prime_size, severity_id
from tlsprobe.report.tables import utc
from tlsprobe.rules import Finding
from tlsprobe.rules.evidence import server_share
from tlsprobe.tls.constants import version_label
from tlsprobe.tls.suites import suite_name

FORCED = "leading-zeros"  # the probe whose connections are shown one by one


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding in words."""

    rule: str
    name: str
    severity: str
    severity_label: str
    confidence: str
    title: str
    why: str
    evidence: tuple[str, ...]
    recommendation: str
    rate: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForcedView:
    """One forced handshake: what was sent, what came back."""

    question: str
    control: bool
    share: str
    secret: str
    answer: str
    time: str


@dataclass(frozen=True, slots=True)
class SuiteView:
    """A suite at its place in the server's order."""

    place: int
    code: str
    name: str
    group: str


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group as it was sent."""

    bits: int
    name: str
    prime: str
    generator: str
    safe_prime: str
    probability: str


@dataclass(frozen=True, slots=True)
class ServerView:
    """All of one server: its row in the table and its section."""

    anchor: str
    endpoint: str
    also: str  # what tells it from others of the same endpoint
    label: str  # both
    status: str
    status_label: str
    severity: str
    severity_label: str
    digest: str
    suites: str
    group: str
    share: str
    zeros: str
    rate: str
    fix: str
    facts: tuple[tuple[str, str], ...]
    tags: tuple[tuple[str, str], ...]
    findings: tuple[FindingView, ...]
    forced_with: str
    forced: tuple[ForcedView, ...]
    suite_order: str
    versions: tuple[tuple[str, tuple[SuiteView, ...]], ...]
    groups: tuple[GroupView, ...]
    shares: tuple[str, ...]
    deciding_shares: tuple[str, ...]
    clients: tuple[ClientView, ...]
    clients_summary: str
    survey: tuple[str, ...]
    stack: tuple[str, ...]
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotAskedView:
    """A server that was not assessed, and why."""

    label: str
    line: int
    status: str
    status_label: str
    reason: str
    reason_id: str
    detail: str


def server(each: Judged, place: int, phrases: Phrases) -> ServerView:
    """Put everything that is known of a server into words."""
    scan, say = each.scan, phrases.words.say
    target = scan.target
    return ServerView(
        anchor=f"server-{place}",
        endpoint=target.endpoint,
        also=", ".join(target.also),
        label=target.label,
        status=scan.status.value,
        status_label=say(f"report.status.{scan.status}"),
        severity=severity_id(each),
        severity_label=phrases.severity(each),
        digest=phrases.digest(each),
        suites=phrases.suites(scan),
        group=phrases.groups(scan),
        share=phrases.share(scan),
        zeros=phrases.zeros(scan),
        rate=phrases.rate(each.rate),
        fix=say(f"report.fix.{each.fix}") if each.fix and each.findings else "",
        facts=_facts(each, phrases),
        tags=tuple((name, value) for name, value in target.tags if value),
        findings=tuple(_finding(found, phrases) for found in each.findings),
        forced_with=_forced_with(scan, phrases),
        forced=tuple(_forced(scan, one, phrases) for one in scan.observations if one.probe == FORCED),
        suite_order=say(f"report.order.{scan.dhe.order}") if scan.dhe and accepts_dhe(scan) else "",
        versions=_versions(scan, phrases),
        groups=tuple(_group(group, phrases) for group in scan.groups),
        shares=tuple(said.render(phrases.words) for said in server_share(scan.share))
        if accepts_dhe(scan)
        else (),
        deciding_shares=_deciding_shares(scan, phrases),
        clients=clients_view.clients(scan, phrases),
        clients_summary=clients_view.summary(scan, phrases),
        survey=survey.sentences(scan, phrases.words),
        stack=stack_view.sentences(scan, phrases.words),
        gaps=tuple(phrases.gaps(scan)),
    )


def not_asked(each: Judged, phrases: Phrases) -> NotAskedView:
    """Say why a server was not assessed."""
    scan = each.scan
    return NotAskedView(
        label=scan.target.label,
        line=scan.target.line,
        status=scan.status.value,
        status_label=phrases.words.say(f"report.status.{scan.status}"),
        reason=phrases.reason(scan.status_reason),
        reason_id=scan.status_reason,
        detail=scan.detail,
    )


def _facts(each: Judged, phrases: Phrases) -> tuple[tuple[str, str], ...]:
    scan, say = each.scan, phrases.words.say
    secret = {True: "yes", False: "no", None: "unknown"}[scan.extended_master_secret]
    facts = [
        (say("report.fact.status"), say(f"report.status.{scan.status}")),
        (say("report.fact.address"), scan.address or DASH),
        (say("report.fact.scanned"), utc(scan.started)),
        (say("report.fact.effort"), say("report.effort", n=scan.connections, seconds=scan.duration_s)),
        (say("report.fact.extended-master-secret"), say(f"report.{secret}")),
    ]
    facts.append((say("report.fact.stack"), stack_view.named(scan, phrases.words)))
    facts.append((say("report.fact.windows"), phrases.windows(scan)))
    for banner in scan.banners:
        text = f"{banner.text} ({banner.build})" if banner.build else banner.text
        facts.append((phrases.banner(banner.source), text))
    if per_day := phrases.per_day(each):
        facts.insert(0, (say("report.fact.per-day"), per_day))
    if scan.target.line:
        facts.append((say("report.fact.line"), str(scan.target.line)))
    if scan.zeros is not None:
        for form in ("short", "padded"):
            answer = getattr(scan.zeros, f"{form}_client_share")
            facts.append((say(f"report.fact.{form}-client-share"), say(f"report.form.{answer}")))
    return tuple(facts)


def _finding(found: Finding, phrases: Phrases) -> FindingView:
    words = phrases.words
    return FindingView(
        rule=found.rule,
        name=found.name,
        severity=found.severity.value,
        severity_label=words.say(f"report.severity.{found.severity}"),
        confidence=words.say(f"report.confidence.{found.confidence}"),
        title=found.title.render(words),
        why=found.why.render(words),
        evidence=tuple(each.render(words) for each in found.evidence),
        recommendation=found.recommended(words),
        rate="" if found.expected_failure_rate is None else phrases.rate(found.expected_failure_rate),
        sources=found.sources,
    )


def _forced_with(scan: ServerScan, phrases: Phrases) -> str:
    zeros = scan.zeros
    if zeros is None or zeros.suite is None or zeros.version is None or scan.dhe is None:
        return ""
    return phrases.words.say(
        "report.forced.with",
        suite=suite_name(zeros.suite),
        code=f"{zeros.suite:04x}",
        version=version_label(zeros.version),
        form=scan.dhe.form or DASH,
    )


def _forced(scan: ServerScan, one: Observation, phrases: Phrases) -> ForcedView:
    say = phrases.words.say
    share = DASH
    if one.dh_Yc is not None:
        group = scan.groups[one.seen.group] if one.seen and one.seen.group is not None else None
        of = prime_size(group) if group else "?"
        share = say("report.forced.share", length=len(one.dh_Yc), of=of)
    answer = phrases.outcome(one.outcome)
    if one.seen and one.seen.warnings:
        alerts = ", ".join(str(alert) for alert in one.seen.warnings)
        answer = say("report.forced.warnings", said=answer, alerts=alerts)
    return ForcedView(
        question=phrases.question(one),
        control=one.question == "control",
        share=share,
        secret=DASH if one.premaster_first_bytes is None else f"{one.premaster_first_bytes.hex(' ')} …",
        answer=answer,
        time=say("report.time", milliseconds=1000 * one.elapsed_s),
    )


def _versions(scan: ServerScan, phrases: Phrases) -> tuple[tuple[str, tuple[SuiteView, ...]], ...]:
    if scan.dhe is None:
        return ()
    newest_first = sorted(scan.dhe.accepted, key=lambda each: -each.version)
    return tuple(
        (
            phrases.words.say("report.version", version=version_label(version)),
            tuple(_suite(scan, place, each, phrases) for place, each in enumerate(suites, start=1)),
        )
        for version, suites in groupby(newest_first, key=lambda each: each.version)
    )


def _suite(scan: ServerScan, place: int, each: AcceptedSuite, phrases: Phrases) -> SuiteView:
    group = DASH
    if each.group is not None:
        group = phrases.words.say("report.group.bits", bits=scan.groups[each.group].bits)
    return SuiteView(place, f"{each.suite:04x}", suite_name(each.suite), group)


def _group(group: Group, phrases: Phrases) -> GroupView:
    say = phrases.words.say
    prime = {True: "report.yes", False: "report.no", None: "report.group.not-tested"}[group.safe_prime]
    chance = group.zero_probability
    return GroupView(
        bits=group.bits,
        name=group.name or say("report.group.unnamed"),
        prime=say("report.group.prime", n=len(group.dh_p), start=first_bytes(group.dh_p)),
        generator=phrases.generator(group),
        safe_prime=say(prime),
        probability=say("report.group.one-in", one_in=1 / chance) if chance else say("report.rate.none"),
    )


def _deciding_shares(scan: ServerScan, phrases: Phrases) -> tuple[str, ...]:
    if scan.share is None:
        return ()
    by_share = {one.seen.dh_Ys: one.seen.group for one in scan.observations if one.seen}
    said = []
    for share in scan.share.deciding_shares:
        # A sample by the thousand is counted and not written down, so its group is the only one or unknown.
        group = by_share.get(share, 0 if len(scan.groups) == 1 else None)
        of = str(prime_size(scan.groups[group])) if group is not None else "?"
        said.append(
            phrases.words.say("report.share.deciding", length=len(share), of=of, start=first_bytes(share))
        )
    return tuple(said)
