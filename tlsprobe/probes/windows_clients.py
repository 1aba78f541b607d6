"""What each client would negotiate here, with its DHE suites and without them.

Each offer is replayed as the client sends it, in its order and with its extensions, and again without
DHE where it landed on DHE. Equal hellos get equal answers, so each is sent once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace

from tlsprobe.clients.hello import HelloTemplate
from tlsprobe.clients.profile import ClientOffer, ClientProfile, built_in_profiles
from tlsprobe.facts import (
    Arrival,
    DheSuites,
    Landed,
    Landing,
    RefusedByClient,
    RefusedByServer,
    Unclear,
    Unreachable,
)
from tlsprobe.probes.hello import HelloForm, any_hello, dhe_hello
from tlsprobe.probes.interview import Answer, Interview
from tlsprobe.tls.constants import ALERT_PROTOCOL_VERSION, Version
from tlsprobe.tls.handshake import Broken, Rejected
from tlsprobe.tls.suites import suite

PROBE = "clients"
# A server that falls silent costs a whole timeout each time; after these the rest is not asked.
_MOST_SILENCES = 3


@dataclass(frozen=True, slots=True)
class Replays:
    """How many different hellos a set of profiles comes to: `first` are those always sent."""

    first: int
    without_dhe: int
    fallback: int

    @property
    def most(self) -> int:
        """Connections at most: a close without an alert is asked for twice, with a control behind."""
        return 3 * (self.first + self.without_dhe + self.fallback)


def count_replays(profiles: Sequence[ClientProfile]) -> Replays:
    """Count the hellos that `landings` may send for these profiles."""
    chains = [offer.hellos for profile in profiles for offer in profile.offers]
    first = {chain[0] for chain in chains}
    without = {each.without_dhe for each in first if each.offers_dhe} - first
    later = {each for chain in chains for each in chain[1:]}
    later |= {each.without_dhe for each in later}
    return Replays(len(first), len(without), len(later - first - without))


async def landings(
    interview: Interview, profiles: Sequence[ClientProfile], suites: DheSuites | None = None
) -> AsyncIterator[Landing]:
    """Yield what each offer of each profile comes to, in the order of the profiles.

    `suites` is what the server is known to take: a hello with one of them is the control.
    """
    spoken = {each.version for each in suites.accepted} if suites else set()
    replay = _Replay(interview, suites, spoken)
    for profile, offer in _offers(profiles):
        yield await _landing(replay, profile, offer)


def not_asked(profiles: Sequence[ClientProfile], done: int, reason: str) -> tuple[Landing, ...]:
    """Return a landing for each offer that was not come to: it is not known, which is not "none"."""
    left = list(_offers(profiles))[done:]
    return tuple(_described(profile, offer, Unclear(reason)) for profile, offer in left)


def _offers(profiles: Sequence[ClientProfile]) -> Iterator[tuple[ClientProfile, ClientOffer]]:
    return ((profile, offer) for profile in profiles for offer in profile.offers)


async def _landing(replay: _Replay, profile: ClientProfile, offer: ClientOffer) -> Landing:
    label = f"{profile.id}/{offer.id}"
    as_offered = _judged(replay, await replay.chain(offer.hellos, label), profile)
    without_dhe: Arrival | None = None
    shut_out: tuple[int, ...] = ()
    if _is_dhe(as_offered):
        fewer = tuple(each.without_dhe for each in offer.hellos)
        without_dhe = await replay.chain(fewer, f"{label}, without DHE")
        if not isinstance(without_dhe, Landed):
            shut_out = tuple(dict.fromkeys(code for each in fewer for code in each.suites))
    return replace(_described(profile, offer, as_offered), without_dhe=without_dhe, shut_out=shut_out)


def _described(profile: ClientProfile, offer: ClientOffer, as_offered: Arrival) -> Landing:
    return Landing(
        client=profile.id,
        offer=offer.id,
        client_name=profile.name,
        offer_name=offer.name,
        windows=profile.windows,
        leading_zero_fix=profile.leading_zero_fix.value,
        must_not_break=profile.must_not_break,
        as_offered=as_offered,
        # Those of the profiles that come with tlsprobe are known without the journal.
        aliases=() if profile in built_in_profiles() else profile.aliases,
    )


def _is_dhe(arrival: Arrival) -> bool:
    return isinstance(arrival, Landed | RefusedByClient) and suite(arrival.suite).has_dh_params


def _judged(replay: _Replay, arrival: Arrival, profile: ClientProfile) -> Arrival:
    """Selected is not connected: hold a DHE group against what the client takes."""
    if not isinstance(arrival, Landed) or arrival.group is None:
        return arrival
    bits = replay.interview.primes()[arrival.group].bit_length()
    if profile.takes_group(bits):
        return arrival
    return RefusedByClient(
        arrival.version,
        arrival.suite,
        "group-too-small" if bits < profile.min_dh_bits else "group-too-large",
        arrival.group,
    )


@dataclass(slots=True)
class _Replay:
    """The hellos sent so far and what came of each."""

    interview: Interview
    suites: DheSuites | None
    spoken: set[int]  # versions that the server was seen to speak
    answers: dict[HelloTemplate, Arrival] = field(default_factory=dict)
    refused_version: int = 0  # the highest that got the alert protocol_version
    silences: int = 0
    gone: bool = False  # what worked before works no longer

    async def chain(self, hellos: Sequence[HelloTemplate], label: str) -> Arrival:
        """Send a client's hellos until one lands; say what the first came to where none does."""
        arrivals: list[Arrival] = []
        for fallback, template in enumerate(hellos):
            arrival = await self._once(template, label)
            if isinstance(arrival, Landed):
                return replace(arrival, fallback=fallback)
            arrivals.append(arrival)
        return next((each for each in arrivals if isinstance(each, Unclear)), arrivals[0])

    async def _once(self, template: HelloTemplate, label: str) -> Arrival:
        arrival = self.answers.get(template)
        if arrival is None:
            arrival = self.answers[template] = await self._ask(template, label)
        return arrival

    async def _ask(self, template: HelloTemplate, label: str) -> Arrival:
        if not template.suites:
            return RefusedByServer(None)  # nothing is left to offer
        if not template.versions and self._is_below_all(template.version):
            return RefusedByServer(ALERT_PROTOCOL_VERSION)
        if self.gone:
            return Unclear("closed")
        if self.silences >= _MOST_SILENCES:
            return Unclear("silent")
        arrival = self._read(await self._send(template, label), template)
        if arrival == RefusedByServer(None):
            # A bare close is how some stacks refuse, and how a busy one fails: ask once more.
            arrival = self._read(await self._send(template, label), template)
        if arrival == RefusedByServer(None) and not await self._still_answers():
            # So it proves nothing. A server, or what stands before it, has had enough of us.
            self.gone = True
            arrival = Unclear("closed")
        self.silences += arrival == Unclear("silent")
        return arrival

    def _is_below_all(self, version: int) -> bool:
        """Whether no hello of this version can get anything else than protocol_version."""
        return version <= self.refused_version and all(version < spoken for spoken in self.spoken)

    async def _still_answers(self) -> bool:
        """Ask for what the server took before, as a control."""
        name = self.interview.target.server_name
        if self.suites is None or not self.suites.accepted or self.suites.form is None:
            hello = any_hello(server_name=name)
        else:
            taken = self.suites.accepted[0]
            hello = dhe_hello(
                version=Version(taken.version),
                form=HelloForm(self.suites.form),
                suites=(taken.suite,),
                server_name=name,
            )
        answer = await self.interview.ask(PROBE, "control", hello)
        return answer.server_hello is not None

    async def _send(self, template: HelloTemplate, label: str) -> Answer:
        hello = template.hello(server_name=self.interview.target.server_name)
        return await self.interview.ask(PROBE, label, hello)

    def _read(self, answer: Answer, template: HelloTemplate) -> Arrival:
        hello = answer.server_hello
        if hello is None or _lacks_params(answer):
            return self._read_refusal(answer, template)
        group = self.interview.group_index(answer.params) if answer.params else None
        if not template.goes_on_with(hello.version, hello.cipher_suite):
            return RefusedByClient(hello.version, hello.cipher_suite, "version", group)
        self.spoken.add(hello.version)
        return Landed(
            version=hello.version,
            suite=hello.cipher_suite,
            group=group,
            named_group=hello.group,
            extended_master_secret=hello.has_extended_master_secret,
        )

    def _read_refusal(self, answer: Answer, template: HelloTemplate) -> Arrival:
        match answer.observation.outcome:
            case Rejected(alert=alert):
                if alert == ALERT_PROTOCOL_VERSION and not template.versions:
                    self.refused_version = max(self.refused_version, template.version)
                return RefusedByServer(alert)
            case Broken(how="closed" | "reset") if answer.server_hello is None:
                return RefusedByServer(None)
            case Broken(how=how):
                return Unclear(how)
            case Unreachable(reason=reason):
                return Unclear(reason)
            case _:
                return Unclear("malformed")


def _lacks_params(answer: Answer) -> bool:
    hello = answer.server_hello
    return hello is not None and answer.params is None and suite(hello.cipher_suite).has_dh_params
