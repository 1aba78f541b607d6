"""One server, from its address to its line in the journal: control, probes, control."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tlsprobe.clients.profile import ClientProfile, built_in_profiles
from tlsprobe.dial import Dialer
from tlsprobe.facts import (
    SUITES_ONLY,
    Banner,
    DheSuites,
    Landing,
    LeadingZeros,
    PremasterZeros,
    ServerScan,
    Status,
    Survey,
    Unclear,
    Unreachable,
)
from tlsprobe.inventory import Target
from tlsprobe.limits import Limits
from tlsprobe.preludes import Prelude, prelude_for
from tlsprobe.probes.dhe_suites import VERSIONS, dhe_suites, says_no
from tlsprobe.probes.hello import MAX_SUITES, HelloForm, any_hello, oldest_hello, plain_hello
from tlsprobe.probes.interview import OUR_LIMITS, Answer, Interview
from tlsprobe.probes.leading_zeros import (
    FORCED_HANDSHAKES,
    MOST_FORCED_HANDSHAKES,
    failed_control,
    leading_zeros,
)
from tlsprobe.probes.server_share import conclude, sample
from tlsprobe.probes.software import ALL_QUESTIONS, MOST_CONNECTIONS, Question, software
from tlsprobe.probes.stack import GLANCES, glances
from tlsprobe.probes.windows_clients import count_replays, landings, not_asked
from tlsprobe.proxies import Proxy
from tlsprobe.selection import Selection
from tlsprobe.tls.handshake import Broken, Rejected
from tlsprobe.tls.identity import Identity
from tlsprobe.tls.suites import COMMON_DHE_SUITES, RARE_DHE_SUITES, suites_for

CONTROL = "control"
# How a server ends a prelude that is not the one it wants.
PUT_OFF = ("closed", "reset", "starttls-refused", "starttls-failed")


@dataclass(frozen=True, slots=True)
class ScanConfig:
    """What to ask of each server, and how gently. Times in seconds."""

    limits: Limits = field(default_factory=Limits)
    deadline_s: float = 180.0
    samples: int = 0
    survey: bool = False
    family: socket.AddressFamily = socket.AF_UNSPEC
    all_ips: bool = False  # every address of a name, not the first that answers
    selection: Selection | None = None
    identity: Identity | None = None
    proxy: Proxy | None = None
    clients: tuple[ClientProfile, ...] = field(default_factory=built_in_profiles)
    questions: tuple[Question, ...] = ALL_QUESTIONS  # of what the server says of itself
    until: datetime | None = None  # aware: no server is started that could not be done by then
    replay_always: bool = False  # the clients' offers, also where no DHE is accepted
    suites_only: bool = False  # which DHE suites, over which group, and nothing more


@dataclass(slots=True)
class _Notes:
    """What is known so far, so that a deadline loses nothing."""

    status: Status = Status.UNREACHABLE
    reason: str = "deadline"
    detail: str = ""
    interview: Interview | None = None
    dhe: DheSuites | None = None
    zeros: LeadingZeros | None = None
    landings: list[Landing] = field(default_factory=list)
    banners: tuple[Banner, ...] = ()
    survey: Survey | None = None
    settled: bool = False  # all that the status speaks of is done

    def settle(self, status: Status, reason: str = "", detail: str = "") -> None:
        self.status, self.reason, self.detail = status, reason, detail


@dataclass(frozen=True, slots=True)
class Budget:
    """Connections to one server.

    One with DHE sees `base`, one for each suite and version that it takes, and up to `without_dhe`: as many
    of the clients' offers land on DHE. `most` is the end of it, whatever the server does.
    """

    control: int
    refusals: int
    order: int
    forced: int
    replays: int
    without_dhe: int
    stack: int
    optional: int  # samples and survey
    most: int

    @property
    def base(self) -> int:
        """What a server with DHE sees, before its suites."""
        fixed = self.control + self.refusals + self.order + self.forced + self.stack
        return fixed + self.replays + self.optional


def budget(config: ScanConfig) -> Budget:
    """Count the connections that a scan may make; those that are repeated count for `most` only."""
    optional = config.samples + _survey_connections(config)
    control, order = 1, 1
    refusals = len(VERSIONS)
    longest = len(VERSIONS) + 1  # at TLS 1.2 in two lists
    every_suite = sum(len(suites_for(version, COMMON_DHE_SUITES + RARE_DHE_SUITES)) for version in VERSIONS)
    every_form = 2 * len(HelloForm) * longest  # a refusal by closing is asked for twice
    suites = 5 * control + every_suite + every_form + order
    if config.suites_only:
        return Budget(
            control=control,
            refusals=refusals,
            order=order,
            forced=0,
            replays=0,
            without_dhe=0,
            stack=0,
            optional=0,
            most=suites,
        )
    replays = count_replays(config.clients)
    optional += MOST_CONNECTIONS if config.questions else 0
    return Budget(
        control=control,
        refusals=refusals,
        order=order,
        forced=FORCED_HANDSHAKES,
        replays=replays.first,
        without_dhe=replays.without_dhe,
        stack=GLANCES,
        optional=optional,
        most=suites + MOST_FORCED_HANDSHAKES + replays.most + GLANCES + optional,
    )


def _survey_connections(config: ScanConfig) -> int:
    """Count those that sslyze makes itself."""
    if config.suites_only or not config.survey:
        return 0
    from tlsprobe.probes.survey import SURVEY_CONNECTIONS  # noqa: PLC0415

    return SURVEY_CONNECTIONS


async def scan_server(
    target: Target, address: str, *, dialer: Dialer, config: ScanConfig, deadline_s: float | None = None
) -> ServerScan:
    """Scan one server at one of its addresses within `deadline_s` (default: that of `config`).

    Whatever the server does, this returns. What was found before the deadline is kept; the status then is
    partly-assessed.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    notes = _Notes()
    try:
        async with asyncio.timeout(deadline_s or config.deadline_s):
            await _examine(target, address, dialer, config, notes)
    except TimeoutError:
        if not notes.settled:
            found = notes.status in (Status.ASSESSED, Status.PARTLY_ASSESSED)
            notes.settle(Status.PARTLY_ASSESSED if found else Status.UNREACHABLE, "deadline")
    interview = notes.interview
    groups = await interview.groups() if interview else ()
    return ServerScan(
        target=target,
        status=notes.status,
        status_reason=notes.reason,
        started=started,
        duration_s=round(time.monotonic() - clock, 3),
        address=interview.address if interview else None,
        connections=interview.connections if interview else 0,
        detail=notes.detail,
        observations=tuple(interview.observations) if interview else (),
        groups=groups,
        dhe=notes.dhe,
        zeros=notes.zeros,
        landings=tuple(notes.landings),
        banners=notes.banners,
        glances=tuple(interview.glances) if interview else (),
        share=conclude(interview.shares, interview.primes()) if interview else None,
        survey=notes.survey,
        extended_master_secret=interview.extended_master_secret if interview else None,
    )


async def _examine(target: Target, address: str, dialer: Dialer, config: ScanConfig, notes: _Notes) -> None:
    prelude = prelude_for(target.starttls, target.port, target.server_name or target.host)
    most = budget(config).most - _survey_connections(config)
    notes.interview = Interview(target, address, dialer, prelude, config.identity, most)
    if await _speaks_tls(notes.interview, notes) or await _speaks_otherwise(notes.interview, notes):
        await _probe(notes.interview, config, notes)


async def _speaks_tls(interview: Interview, notes: _Notes) -> bool:
    """Send the control hello; a plainer one where that gets no TLS back."""
    name = interview.target.server_name
    modern, oldest = any_hello(server_name=name), oldest_hello()
    for hello in (modern, plain_hello(server_name=name), oldest):
        if hello is oldest and notes.reason not in ("closed", "reset"):
            break  # a server of TLS 1.0 may close on what it does not know; it does not fall silent
        answer = await interview.ask(CONTROL, _who_answers(interview.prelude), hello)
        match answer.observation.outcome:
            case Unreachable(reason=reason, detail=detail):
                refusal = reason.startswith("starttls")
                notes.settle(Status.UNTESTABLE if refusal else Status.UNREACHABLE, reason, detail)
                return False
            case Broken(how="not-tls", detail=received):
                notes.settle(Status.NO_TLS, "not-tls", _looks_like(bytes.fromhex(received)))
                return False
            case Broken(how=how, detail=detail) if answer.server_hello is None:
                notes.settle(Status.NO_TLS, how, detail)
            case _:
                if hello is modern and answer.server_hello is not None:
                    interview.answered_modern = True
                    taken = answer.server_hello.cipher_suite
                    interview.reads_long_lists = taken in modern.cipher_suites[MAX_SUITES:]
                notes.settle(Status.ASSESSED)
                return True
    return False


def _who_answers(prelude: Prelude | None) -> str:
    return f"who answers {prelude.name}" if prelude and prelude.name else "who answers"


async def _speaks_otherwise(interview: Interview, notes: _Notes) -> bool:
    """Where the prelude put the server off, try the one that there is instead; whichever works stays."""
    prelude, first = interview.prelude, (notes.status, notes.reason, notes.detail)
    put_off = notes.status is not Status.NO_TLS and notes.reason in PUT_OFF
    if prelude is None or prelude.instead is None or not put_off:
        return False
    interview.prelude = prelude.instead
    if await _speaks_tls(interview, notes):
        return True
    interview.prelude = prelude
    notes.settle(*first)
    return False


async def _probe(interview: Interview, config: ScanConfig, notes: _Notes) -> None:
    notes.status = Status.PARTLY_ASSESSED  # until the last probe has had its say
    notes.dhe = await dhe_suites(interview, in_brief=config.suites_only)
    if config.suites_only:
        return notes.settle(*await _after_suites(interview, notes.dhe))
    if not notes.dhe.accepted:
        status, *why = await _after_suites(interview, notes.dhe)
        if status is not Status.ASSESSED:
            return notes.settle(status, *why)
        if config.replay_always:
            await _replay(interview, config, notes)
        return await _conclude(interview, config, notes)
    notes.zeros = await leading_zeros(interview, notes.dhe)
    await _replay(interview, config, notes)
    if config.samples:
        # A share not observed is no gap, so neither is a deadline among the samples.
        notes.settle(*_status(notes))
        notes.settled = True
        await sample(interview, notes.dhe, config.samples)
    return await _conclude(interview, config, notes)


async def _after_suites(interview: Interview, dhe: DheSuites) -> tuple[Status, str, str]:
    """Close with a control where the last answer was none. Without DHE that is all there is to know."""
    if not dhe.complete:
        return Status.PARTLY_ASSESSED, *(_our_limit(interview) or ("dhe-incomplete", dhe.reason))
    # An answer, or a no in so many words, is as good as an answer to a control.
    last = interview.observations[-1]
    if last.seen is None and not says_no(last) and not await _still_answers(interview):
        return Status.PARTLY_ASSESSED, "flapping", "the closing control failed"
    if dhe.accepted:
        return Status.PARTLY_ASSESSED, SUITES_ONLY, ""
    return Status.ASSESSED, "", ""


async def _replay(interview: Interview, config: ScanConfig, notes: _Notes) -> None:
    assert notes.dhe is not None  # noqa: S101 - the suites are asked for first
    try:
        async for landing in landings(interview, config.clients, notes.dhe):
            notes.landings.append(landing)
    finally:
        # A deadline leaves the rest unknown; left out they would count as asked.
        notes.landings += not_asked(config.clients, len(notes.landings), "deadline")


async def _conclude(interview: Interview, config: ScanConfig, notes: _Notes) -> None:
    notes.settle(*_status(notes))
    notes.settled = True
    await glances(interview)
    notes.banners = await software(interview, config.questions)
    if config.survey:
        # Imported here: sslyze takes half a second to load, and only a survey needs it.
        from tlsprobe.probes.survey import failed, survey  # noqa: PLC0415

        if config.proxy is not None:
            notes.survey = failed("sslyze is not asked through a proxy")
            return
        if interview.gone is not None:
            notes.survey = failed("it answers no more")
            return
        notes.survey = failed("the deadline of this server came first")
        notes.survey = await survey(interview, notes.dhe)


def _status(notes: _Notes) -> tuple[Status, str, str]:
    """Say how the scan went, why, and what stood behind that."""
    reason, detail = _what_is_missing(notes)
    return Status.PARTLY_ASSESSED if reason else Status.ASSESSED, reason, detail


def _what_is_missing(notes: _Notes) -> tuple[str, str]:
    interview, dhe, zeros = notes.interview, notes.dhe, notes.zeros
    if interview and (limit := _our_limit(interview)):
        return limit
    if dhe is None or not dhe.complete:
        return "dhe-incomplete", dhe.reason if dhe else ""
    if zeros is None:
        return "", ""
    if zeros.reason == "client-certificate-required":
        return zeros.reason, ""
    answers = {zeros.premaster_zeros.value, zeros.short_client_share.value, zeros.padded_client_share.value}
    for unanswered in (PremasterZeros.UNTESTABLE, PremasterZeros.INCONCLUSIVE):
        if unanswered.value in answers:
            return f"zeros-{unanswered.value}", _behind(zeros, interview)
    arrivals = [each for landing in notes.landings for each in (landing.as_offered, landing.without_dhe)]
    return ("landings-unclear" if any(isinstance(each, Unclear) for each in arrivals) else ""), ""


def _our_limit(interview: Interview) -> tuple[str, str] | None:
    """Return reason and detail where a limit of ours was the end."""
    gone = interview.gone
    return (gone.reason, gone.detail) if gone and gone.reason in OUR_LIMITS else None


def _behind(zeros: LeadingZeros, interview: Interview | None) -> str:
    return failed_control(interview) if interview and zeros.reason == "control-failed" else ""


async def _still_answers(interview: Interview) -> bool:
    name = interview.target.server_name
    for hello in (any_hello(server_name=name), plain_hello(server_name=name)):
        if _is_tls(await interview.ask(CONTROL, "still there", hello)):
            return True
    return False


def _is_tls(answer: Answer) -> bool:
    return answer.server_hello is not None or isinstance(answer.observation.outcome, Rejected)


def _looks_like(received: bytes) -> str:
    """Name the protocol that answered, for the commonest."""
    for start, name in ((b"HTTP/", "HTTP"), (b"SSH-", "SSH"), (b"220", "SMTP or FTP"), (b"+OK", "POP3")):
        if received.startswith(start):
            return f"answers {name} in plain text"
    return f"answers {received[:16].hex()}"
