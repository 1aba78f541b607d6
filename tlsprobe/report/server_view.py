"""What the page says of one server, each value as the text that is shown."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from tlsprobe.assessment import Judged, Standing, answers
from tlsprobe.condensed import FORCED
from tlsprobe.facts import AcceptedSuite, Group, Observation, ServerScan, Status, groups_of
from tlsprobe.report import stack_view
from tlsprobe.report.phrases import DASH, Phrases, first_bytes, prime_size, severity_id
from tlsprobe.report.tables import utc
from tlsprobe.rules import Finding
from tlsprobe.tls.constants import version_label
from tlsprobe.tls.suites import suite_name

ASKED = (Status.ASSESSED, Status.PARTLY_ASSESSED)


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
    fingerprint: str
    change: str
    answered_for: str  # by whom and why; empty where nobody does or did
    is_waived: bool


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
class RowView:
    """A server's row in the ranked list; `note` says what the severity leaves out."""

    anchor: str
    endpoint: str
    also: str  # what tells it from others of the same endpoint
    label: str  # both
    severity: str
    severity_label: str
    note: str
    rate: str
    fix: str
    group: str
    share: str
    zeros: str
    owner: str
    environment: str
    fingerprints: str


def row(each: Judged, anchor: str, phrases: Phrases) -> RowView:
    """Put a server into the words of one row."""
    scan, target = each.scan, each.scan.target
    asked = scan.status in ASKED
    return RowView(
        anchor=anchor,
        endpoint=target.endpoint,
        also=", ".join(target.also),
        label=target.label,
        severity=severity_id(each),
        severity_label=phrases.severity(each),
        note=_row_note(each, phrases),
        rate=phrases.count(each.rate) if asked else DASH,
        fix=phrases.fix(each),
        group=", ".join(dict.fromkeys(str(group.bits) for group in groups_of(scan))) or DASH,
        share=phrases.share(scan),
        zeros=phrases.zeros(scan),
        owner=target.owner,
        environment=target.environment,
        fingerprints=" ".join(found.fingerprint for found in each.findings),
    )


def _row_note(each: Judged, phrases: Phrases) -> str:
    """Say the status where not all was asked, and how many findings somebody answers for."""
    said = []
    if each.scan.status is not Status.ASSESSED:
        said.append(phrases.words.say(f"report.status.{each.scan.status}"))
    if waived := len(each.findings) - len(each.open):
        said.append(phrases.words.say("report.row.waived", n=waived))
    return " · ".join(said)


def facts(each: Judged, phrases: Phrases) -> tuple[tuple[str, str], ...]:
    """Return what is said of a server at the top, with its label."""
    scan, say = each.scan, phrases.words.say
    secret = {True: "yes", False: "no", None: "unknown"}[scan.extended_master_secret]
    said = [("rate", phrases.rate(each.rate))] if scan.status in ASKED else []
    if per_day := phrases.per_day(each):
        said.append(("per-day", per_day))
    if fix := phrases.fix(each):
        said.append(("fix", fix))
    if scan.status in ASKED:
        said.append(("suites", phrases.suites(scan)))
        said.append(("stack", stack_view.named(scan, phrases.words)))
        said.append(("windows", phrases.windows(scan)))
        said.append(("extended-master-secret", say(f"report.{secret}")))
    if scan.zeros is not None:
        said.append(("short-client-share", say(f"report.form.{scan.zeros.short_client_share}")))
        said.append(("padded-client-share", say(f"report.form.{scan.zeros.padded_client_share}")))
    said.append(("status", say(f"report.status.{scan.status}")))
    said.append(("address", scan.address or DASH))
    said.append(("scanned", utc(scan.started)))
    said.append(("effort", say("report.effort", n=scan.connections, seconds=scan.duration_s)))
    if scan.target.line:
        said.append(("line", str(scan.target.line)))
    told = [(say(f"report.fact.{name}"), value) for name, value in said]
    for banner in scan.banners:
        text = f"{banner.text} ({banner.build})" if banner.build else banner.text
        told.append((phrases.banner(banner.source), text))
    return tuple(told)


def finding(found: Finding, standing: Standing, phrases: Phrases) -> FindingView:
    """Put a finding into words, with what became of it and who answers for it."""
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
        fingerprint=found.fingerprint,
        change=words.say(f"report.change.{standing.change}") if standing.change else "",
        answered_for=answers.of_standing(standing, words),
        is_waived=standing.waiver is not None,
    )


def forced(scan: ServerScan, phrases: Phrases) -> tuple[ForcedView, ...]:
    """Return the forced handshakes of a server, in order."""
    return tuple(_forced(scan, one, phrases) for one in scan.observations if one.probe == FORCED)


def forced_with(scan: ServerScan, phrases: Phrases) -> str:
    """Say over what the forced handshakes went."""
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


def versions(scan: ServerScan, phrases: Phrases) -> tuple[tuple[str, tuple[SuiteView, ...]], ...]:
    """Return the DHE suites by version, the newest first."""
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


def group(group: Group, phrases: Phrases) -> GroupView:
    """Put a group into words."""
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


def deciding_shares(scan: ServerScan, phrases: Phrases) -> tuple[str, ...]:
    """Say how long the shares were that decide, and how they begin."""
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
