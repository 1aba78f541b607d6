"""Which DHE suites a server takes, in whose order, over which group.

Everything is offered at once; what the server takes is removed and the rest offered again, until it
refuses: k + 1 connections for k suites. Each is a half handshake that ends after ServerHelloDone. What it
takes out of our order shows whose order rules; only where it never does, that is asked.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum, auto

from tlsprobe.facts import AcceptedSuite, DheSuites, Observation, SuiteOrder, Unreachable
from tlsprobe.probes.hello import MAX_SUITES, HelloForm, dhe_hello
from tlsprobe.probes.interview import Answer, Interview
from tlsprobe.tls.constants import (
    ALERT_HANDSHAKE_FAILURE,
    ALERT_INSUFFICIENT_SECURITY,
    ALERT_PROTOCOL_VERSION,
    Version,
)
from tlsprobe.tls.handshake import Broken, Rejected
from tlsprobe.tls.suites import COMMON_DHE_SUITES, RARE_DHE_SUITES, suites_for

PROBE = "dhe-suites"
VERSIONS = (Version.TLS12, Version.TLS11, Version.TLS10)
_BATCHES = (COMMON_DHE_SUITES, RARE_DHE_SUITES)
_ALL_SUITES = COMMON_DHE_SUITES + RARE_DHE_SUITES  # in the order in which they are offered

_REFUSALS = (ALERT_HANDSHAKE_FAILURE, ALERT_PROTOCOL_VERSION, ALERT_INSUFFICIENT_SECURITY)

# A server that chooses a suite and then says nothing costs a whole timeout each time.
_MOST_SILENCES = 2
# Hellos that were closed on, and taken when sent again: so many can be a busy server, more are two in turn.
_MOST_CHANGES = 2
# After two closes in a row: time for a limit to pass, or a server to come back.
_PAUSE_S = 0.5


class _Ending(Enum):
    """Why no more suites were found in a batch."""

    REFUSED = auto()
    OTHER_VERSION = auto()  # the server does not speak this version at all
    UNCLEAR = auto()


@dataclass(frozen=True, slots=True)
class _Batch:
    taken: tuple[AcceptedSuite, ...]
    ending: _Ending
    reason: str = ""
    spoken: int | None = None  # the version that was chosen instead
    changes: int = 0  # hellos that were closed on, and taken when sent again


async def dhe_suites(interview: Interview, *, in_brief: bool = False) -> DheSuites:
    """Ask for every DHE suite of the registry at TLS 1.2, 1.1 and 1.0.

    The first form of hello that finds one is kept for all that follows. No form finding any is "none". What
    a server can't choke on, since it answered a control that has it, is not left out to try; `in_brief` not
    even supported_groups, since no server is known that has DHE only without.
    """
    accepted: list[AcceptedSuite] = []
    form: HelloForm | None = None
    spoken: set[int | None] = set()
    changes = 0
    unclear = ""
    for version in VERSIONS:
        unclear_here = ""
        for candidate in (form,) if form else _forms(interview, in_brief=in_brief):
            batches = await _ask_batches(interview, version, candidate)
            taken = [suite for batch in batches for suite in batch.taken]
            accepted += taken
            spoken |= {batch.spoken for batch in batches}
            changes += sum(batch.changes for batch in batches)
            reason = next((b.reason for b in batches if b.ending is _Ending.UNCLEAR), "")
            if taken:
                form, unclear_here = candidate, reason  # what other forms came to does not matter
                break
            unclear_here = unclear_here or reason
            if batches[0].ending is _Ending.OTHER_VERSION:
                break
        unclear = unclear or unclear_here
    # A version chosen for DHE suites takes some of them when it is asked for, or another server answered.
    contradicted = spoken.intersection(VERSIONS) - {each.version for each in accepted}
    if contradicted or changes > _MOST_CHANGES:
        unclear = unclear or "flapping"
    order = await _order(interview, accepted, form) if form else SuiteOrder.UNKNOWN
    return DheSuites(accepted=tuple(accepted), order=order, form=form, complete=not unclear, reason=unclear)


def _forms(interview: Interview, *, in_brief: bool) -> tuple[HelloForm, ...]:
    """Leave out Extended Master Secret, or all extensions, only for a server that may choke on them."""
    if not interview.answered_modern:
        return tuple(HelloForm)
    forms = (form for form in HelloForm if not form.is_for_chokers)
    return tuple(form for form in forms if not (in_brief and form is HelloForm.NO_GROUPS_EMS))


async def _ask_batches(interview: Interview, version: Version, form: HelloForm) -> list[_Batch]:
    """Ask for all suites in one list; for the rare ones in a second where a server may not read so far."""
    every = suites_for(version, _ALL_SUITES)
    if interview.reads_long_lists or len(every) <= MAX_SUITES:
        return [await _exhaust(interview, version, form, every)]
    batches = []
    for batch in _BATCHES:
        batches.append(await _exhaust(interview, version, form, suites_for(version, batch)))
        if batches[-1].ending is _Ending.OTHER_VERSION:
            break
    return batches


async def _exhaust(
    interview: Interview, version: Version, form: HelloForm, suites: tuple[int, ...]
) -> _Batch:
    """Offer `suites` less what was taken, until nothing is taken."""
    taken: list[AcceptedSuite] = []
    silences, changes = 0, 0
    while suites and silences < _MOST_SILENCES:
        answer = await _ask(interview, version, form, suites)
        if answer.server_hello is None:
            ending, reason = _read_refusal(answer)
            if ending is not _Ending.REFUSED or isinstance(answer.observation.outcome, Rejected):
                return _Batch(tuple(taken), ending, reason)
            # A bare close is how some stacks refuse, and how a busy one fails: ask once more.
            answer = await _ask(interview, version, form, suites)
            if answer.server_hello is None and taken and _ended_without_alert(answer):
                # It took suites before. Only where it still does is a third close a refusal.
                await asyncio.sleep(_PAUSE_S)
                control = await _ask(interview, version, form, (taken[0].suite,))
                if control.server_hello is None:
                    return _Batch(tuple(taken), _Ending.UNCLEAR, "closed")
                answer = await _ask(interview, version, form, suites)
            if answer.server_hello is None:
                return _Batch(tuple(taken), *_read_refusal(answer), changes=changes)
            changes += 1
        hello = answer.server_hello
        if hello.version != version:
            return _Batch(tuple(taken), _Ending.OTHER_VERSION, spoken=hello.version)
        group = interview.group_index(answer.params) if answer.params else None
        taken.append(AcceptedSuite(version, hello.cipher_suite, group))
        suites = tuple(code for code in suites if code != hello.cipher_suite)
        silences += isinstance(outcome := answer.observation.outcome, Broken) and outcome.how == "silent"
    if silences == _MOST_SILENCES:
        return _Batch(tuple(taken), _Ending.UNCLEAR, "silent")
    return _Batch(tuple(taken), _Ending.REFUSED, changes=changes)


async def _ask(interview: Interview, version: Version, form: HelloForm, suites: tuple[int, ...]) -> Answer:
    hello = dhe_hello(version=version, form=form, suites=suites, server_name=interview.target.server_name)
    question = f"TLS {version.label}: which of {len(suites)} DHE suites"
    return await interview.ask(PROBE, question, hello, form=form)


def says_no(observation: Observation) -> bool:
    """Whether this is a refusal in so many words, unlike what a server sends that fails or chokes."""
    return isinstance(outcome := observation.outcome, Rejected) and outcome.alert in _REFUSALS


def _ended_without_alert(answer: Answer) -> bool:
    outcome = answer.observation.outcome
    return isinstance(outcome, Broken) and outcome.how in ("closed", "reset")


def _read_refusal(answer: Answer) -> tuple[_Ending, str]:
    match answer.observation.outcome:
        case Rejected(alert=alert):
            refused = alert != ALERT_PROTOCOL_VERSION
            return (_Ending.REFUSED if refused else _Ending.OTHER_VERSION), ""
        case Broken(how="closed" | "reset"):
            return _Ending.REFUSED, ""
        case Broken(how=how):
            return _Ending.UNCLEAR, how
        case Unreachable(reason=reason):
            return _Ending.UNCLEAR, reason
        case _:
            return _Ending.UNCLEAR, "malformed"


async def _order(interview: Interview, accepted: list[AcceptedSuite], form: HelloForm) -> SuiteOrder:
    """Say whose order rules. A server that once took what we put further behind does not follow ours.

    One that always took our first may have the same order. It is offered its first choice last. ChaCha20 is
    not put first there: servers that prioritise it for clients that do would seem to follow them.
    """
    version = Version(accepted[0].version)
    codes = [each.suite for each in accepted if each.version == version]
    if len(codes) < 2:
        return SuiteOrder.UNKNOWN
    if codes != [code for code in _ALL_SUITES if code in codes]:
        return SuiteOrder.SERVER
    favourite, others = codes[0], codes[:0:-1]
    others.sort(key=lambda code: code == 0xCCAA)
    offer = (*others, favourite)[-MAX_SUITES:]
    hello = dhe_hello(version=version, form=form, suites=offer, server_name=interview.target.server_name)
    answer = await interview.ask(PROBE, "whose order of suites rules", hello, form=form)
    if answer.server_hello is None:
        return SuiteOrder.UNKNOWN
    if answer.server_hello.cipher_suite == favourite:
        return SuiteOrder.SERVER
    if answer.server_hello.cipher_suite == offer[0] != 0xCCAA:
        return SuiteOrder.CLIENT
    return SuiteOrder.UNKNOWN
