"""One server's interview: every connection to it is made here, and written down here."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import TypeVar

from tlsprobe.dial import Dialer, DialError
from tlsprobe.facts import Glance, Group, Observation, Offer, Seen, Unreachable
from tlsprobe.inventory import Target
from tlsprobe.preludes import Prelude, PreludeFailed
from tlsprobe.probes.hello import HelloForm
from tlsprobe.tls.glance import glance
from tlsprobe.tls.groups import (
    MAX_GROUP_BITS,
    ShareForm,
    integer,
    is_safe_prime,
    known_groups,
    pick_share,
    zero_probability,
)
from tlsprobe.tls.handshake import Broken, Handshake, PickShare, handshake
from tlsprobe.tls.identity import Identity
from tlsprobe.tls.messages import ClientHello, ServerDHParams, ServerHello
from tlsprobe.tls.stream import Conversation, PeerGone

# How long to wait before a connection is tried again that did not come about, by what became of it.
RETRY_DELAYS_S = {"reset": (0.2, 1.0), "closed": (0.2, 1.0), "busy": (1.0, 3.0, 9.0)}
# The same where the server has answered before: it may limit how fast connections come, or start again.
ALIVE_DELAYS_S = {**RETRY_DELAYS_S, "timeout": (1.0, 3.0), "refused": (1.0, 3.0)}
# How far each further connection is put off once one did not come about: doubled each time, less again when
# all goes well.
_LEAST_PAUSE_S, _MOST_PAUSE_S, _EASED = 0.25, 2.0, 0.8
# Many scans that were held up by the same thing must not come back at the same moment.
_JITTER = 0.25
# A primality test of 4096 bits takes a second; what is larger is reported as not tested.
MAX_TESTED_BITS = 4096
MAX_TESTED_PRIMES = 8  # of one server: more are somebody's game
# How many records and extensions of a connection are written down; a hostile flight has 4,096 records.
MAX_NOTED = 64
# Groups of one server: a farm of so many machines, each with a group of its own, is none that anybody has.
MAX_GROUPS = 64
# Why nothing more is asked where it is for a limit of ours.
OUR_LIMITS = ("budget", "endless-groups")
# Resets in a row, none behind a ServerHello. Windows refuses that way; who has had enough does it too.
MAX_RESETS = 3


R = TypeVar("R")
AskOnce = Callable[[], Awaitable[tuple[R, float] | Unreachable]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one question: the fact for the journal, and what the handshake showed."""

    observation: Observation
    server_hello: ServerHello | None = None
    params: ServerDHParams | None = None


@dataclass(slots=True)
class Interview:
    """All that was asked of one address and answered, in order."""

    target: Target
    address: str
    dialer: Dialer
    prelude: Prelude | None = None
    identity: Identity | None = None
    most: int | None = None  # connections, whatever the server does
    observations: list[Observation] = field(default_factory=list)
    glances: list[Glance] = field(default_factory=list)
    connections: int = 0
    answered_modern: bool = False  # `any_hello`, which has many extensions, got a ServerHello
    reads_long_lists: bool = False  # with a suite that stands beyond MAX_SUITES in it
    # (group, dh_Ys) of every connection that showed one; how often each share came.
    shares: Counter[tuple[int, bytes]] = field(default_factory=Counter)
    _params: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    gone: Unreachable | None = None  # why it is asked nothing more
    _is_alive: bool = False  # a connection came about
    _resets: int = 0  # in a row
    _answered: ClientHello | None = None  # the last hello that got a ServerHello
    _pause_s: float = 0.0  # before each connection, once one did not come about

    async def ask(
        self,
        probe: str,
        question: str,
        hello: ClientHello,
        *,
        form: HelloForm | None = None,
        share_form: ShareForm | None = None,
        silence_s: float | None = None,
        keep: bool = True,
    ) -> Answer:
        """Make one connection; with `share_form` complete the handshake with such a share.

        A connection that does not come about is tried again, as RETRY_DELAYS_S says. `keep` False counts
        shares without writing the connection down (for samples by the thousand).
        """
        pick = None if share_form is None else lambda params: pick_share(params, share_form)
        ask_once = partial(self._ask_once, hello, pick=pick, silence_s=silence_s)
        outcome = await self._patiently(ask_once)
        offer = Offer(hello.version, form or "control", hello.cipher_suites)
        if isinstance(outcome, Unreachable):
            observation = Observation(probe, question, outcome, 0.0, offer)
            answer = Answer(observation)
        else:
            result, elapsed_s = outcome
            share = result.share
            observation = Observation(
                probe,
                question,
                result.end,
                round(elapsed_s, 4),
                offer,
                seen=self._seen(result),
                dh_Yc=share.dh_Yc if share else None,
                premaster_first_bytes=share.premaster_secret[:2] if share else None,
            )
            answer = Answer(observation, result.server_hello, result.params)
        if keep:
            self.observations.append(answer.observation)
        if answer.server_hello is not None:
            self._answered = hello
        if not isinstance(outcome, Unreachable):
            await self._mind_resets(_is_reset(answer))
        return answer

    async def look(self, question: str, hello: ClientHello, *, record_version: int) -> Glance:
        """Make one connection, and write down how the server answers `hello`, whatever that is."""
        if self.prelude is not None:
            hello = self.prelude.adapt(hello)
        outcome = await self._patiently(lambda: self._converse(glance(hello, record_version=record_version)))
        if isinstance(outcome, Unreachable):
            seen = Glance(question, outcome.reason)
        else:
            came = outcome[0]
            seen = Glance(
                question=question,
                end=came.end,
                records=tuple((each.kind, each.version, each.size) for each in came.records),
                messages=tuple((each.kind, each.size) for each in came.messages),
                server_hello=came.server_hello,
                key_exchange=came.key_exchange,
                alert=came.alert,
                warnings=came.warnings,
            )
        self.glances.append(seen)
        if not isinstance(outcome, Unreachable):
            await self._mind_resets(seen.end == "reset" and not seen.server_hello)
        return seen

    async def _mind_resets(self, was_reset: bool) -> None:
        """After MAX_RESETS in a row ask for what was answered before; a reset again means: no more."""
        self._resets = self._resets + 1 if was_reset else 0
        if self._resets < MAX_RESETS or self.gone is not None:
            return
        self._resets = 0
        if self._answered is not None:
            fresh = replace(self._answered, random=secrets.token_bytes(32))
            if not _is_reset(await self.ask("control", "still there", fresh)):
                return
        self.gone = Unreachable("reset", "again and again")

    async def _patiently(self, ask_once: AskOnce[R]) -> tuple[R, float] | Unreachable:
        """Ask, and again after a pause where no connection came about.

        One that answered before and then did not, however often, is asked nothing more.
        """
        if self.gone is not None:
            return self.gone
        if self._pause_s:
            await _sleep_about(self._pause_s)
        outcome = await ask_once()
        tries = 0
        while isinstance(outcome, Unreachable):
            delays = (ALIVE_DELAYS_S if self._is_alive else RETRY_DELAYS_S).get(outcome.reason, ())
            self._resets += outcome.reason == "reset"
            enough = self._is_alive and self._answered is None and self._resets >= MAX_RESETS
            if enough or tries == len(delays):
                self.gone = outcome if self._is_alive else self.gone
                return outcome
            if outcome.reason != "closed":  # which may be an answer to this one hello
                self._pause_s = min(_MOST_PAUSE_S, max(_LEAST_PAUSE_S, 2 * self._pause_s))
            await _sleep_about(delays[tries])
            outcome = await ask_once()
            tries += 1
        self._is_alive = True
        self._pause_s = self._pause_s * _EASED if self._pause_s > _LEAST_PAUSE_S / 2 else 0.0
        return outcome

    async def _ask_once(
        self, hello: ClientHello, *, pick: PickShare | None, silence_s: float | None
    ) -> tuple[Handshake, float] | Unreachable:
        if self.prelude is not None:
            hello = self.prelude.adapt(hello)
        conversation = handshake(hello, pick_share=pick, identity=self.identity)
        return await self._converse(conversation, silence_s=silence_s, in_thread=pick is not None)

    async def have(
        self, conversation: Conversation[R], *, silence_s: float, bare: bool = False
    ) -> R | Unreachable:
        """Make one connection for some other conversation, `bare` of the prelude; it is not tried again.

        Raises what the conversation raises.
        """
        if self.gone is not None:
            return self.gone
        outcome = await self._converse(conversation, silence_s=silence_s, bare=bare)
        return outcome if isinstance(outcome, Unreachable) else outcome[0]

    async def _converse(
        self,
        conversation: Conversation[R],
        *,
        silence_s: float | None = None,
        in_thread: bool = False,
        bare: bool = False,
    ) -> tuple[R, float] | Unreachable:
        if self.most is not None and self.connections >= self.most:
            self.gone = Unreachable("budget", f"the budget of {self.most} connections is used up")
            return self.gone
        self.connections += 1
        try:
            return await self.dialer.converse(
                self.address,
                self.target.port,
                conversation,
                prelude=None if bare else self.prelude,
                silence_s=silence_s,
                in_thread=in_thread,
            )
        except DialError as error:
            return Unreachable(error.reason, error.detail)
        except PreludeFailed as error:
            return Unreachable(error.reason, error.detail)
        except PeerGone as error:  # before TLS, in the prelude
            return Unreachable(error.how, "before STARTTLS was done")

    def _seen(self, result: Handshake) -> Seen | None:
        """Return what the server showed, and add its share to the shares."""
        hello, params = result.server_hello, result.params
        if hello is None:
            return None
        group = None
        if params is not None and (group := self._noted(params)) is not None:
            self.shares[group, params.dh_Ys] += 1
        return Seen(
            version=hello.version,
            suite=hello.cipher_suite,
            extensions=tuple(each.kind for each in hello.extensions[:MAX_NOTED]),
            extended_master_secret=hello.has_extended_master_secret,
            hello_retry_request=hello.is_hello_retry_request,
            named_group=hello.group,
            group=group,
            dh_Ys=params.dh_Ys if params else None,
            certificate_requested=result.certificate_requested,
            warnings=result.warnings,
            layout=result.layout[:MAX_NOTED],
        )

    def _noted(self, params: ServerDHParams) -> int | None:
        """Note a group and return its index; None for one too many, behind which nothing more is asked."""
        if len(self._params) < MAX_GROUPS:
            self._params.setdefault((params.dh_p, params.dh_g), len(self._params))
        index = self.group_index(params)
        if index is None:
            self.gone = Unreachable("endless-groups", f"more than {MAX_GROUPS} groups")
        return index

    def group_index(self, params: ServerDHParams) -> int | None:
        """Return the index that `groups` has or will have for these parameters; None beyond MAX_GROUPS."""
        return self._params.get((params.dh_p, params.dh_g))

    def primes(self) -> tuple[int, ...]:
        """Return p of each group, by index."""
        return tuple(integer(p) for p, _ in self._params)

    async def groups(self) -> tuple[Group, ...]:
        """Describe every group seen; primality is tested beside the event loop."""
        primes = dict.fromkeys(integer(p) for p, _ in self._params)
        tested = set(list(primes)[:MAX_TESTED_PRIMES])
        return tuple(
            [await asyncio.to_thread(_describe, p, g, integer(p) in tested) for p, g in self._params]
        )

    @property
    def extended_master_secret(self) -> bool | None:
        """Whether the server has EMS; None where it was never asked for over TLS 1.2 or before."""
        answers = [
            each.seen.extended_master_secret
            for each in self.observations
            if each.seen and each.offer and each.offer.form.endswith("+ems")
        ]
        return any(answers) if answers else None


def _is_reset(answer: Answer) -> bool:
    outcome = answer.observation.outcome
    return isinstance(outcome, Broken) and outcome.how == "reset" and answer.server_hello is None


async def _sleep_about(seconds: float) -> None:
    await asyncio.sleep(seconds * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311 - no secret


_is_safe_prime = lru_cache(maxsize=1024)(is_safe_prime)


def _describe(dh_p: bytes, dh_g: bytes, tested: bool) -> Group:
    p = integer(dh_p)
    known = known_groups().get(p) if p.bit_length() <= MAX_GROUP_BITS else None
    safe_prime = None
    if known is not None:  # every published one is a safe prime but those of RFC 5114
        safe_prime = "5114" not in known.source
    elif tested and p.bit_length() <= MAX_TESTED_BITS:
        safe_prime = _is_safe_prime(p)
    return Group(
        dh_p=dh_p,
        dh_g=dh_g,
        bits=p.bit_length(),
        name=known.name if known else None,
        safe_prime=safe_prime,
        zero_probability=zero_probability(p),
    )
