"""Who counts: of the clients whose offers were replayed, those that the inventory means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tlsprobe.clients.names import names_understood, profiles_named
from tlsprobe.clients.profile import built_in_profiles
from tlsprobe.facts import Landed, Landing, RefusedByClient, ServerScan, Unclear
from tlsprobe.rules.named_clients import possibly_unfixed
from tlsprobe.tls.suites import suite
from tlsprobe.wording import ClientNames, Wording


@dataclass(frozen=True, slots=True)
class Who:
    """The landings that count.

    `clients` are those of the clients that the inventory names, of all where it names none; `unfixed` and
    `fixed` the Windows among them that may lack the fix or has it. `anyone` is whom a change is checked
    against: these, and what must not break.
    """

    clients: tuple[Landing, ...]
    anyone: tuple[Landing, ...]
    named: bool

    @property
    def unfixed(self) -> tuple[Landing, ...]:
        """Windows that may lack the fix."""
        return tuple(each for each in self.clients if may_lack_fix(each))

    @property
    def fixed(self) -> tuple[Landing, ...]:
        """Windows that has the fix."""
        return tuple(each for each in self.clients if each.windows and not may_lack_fix(each))

    @property
    def windows(self) -> tuple[Landing, ...]:
        """Those of any Windows."""
        return tuple(each for each in self.clients if each.windows)

    @property
    def on_dhe(self) -> tuple[Landing, ...]:
        """Those that DHE is selected for.

        A client that nobody named and that never goes on with such a group is not one of this server.
        """
        return tuple(each for each in self.clients if lands_on_dhe(each) or self._stops(each))

    def _stops(self, landing: Landing) -> bool:
        return stops_at_group(landing) and (self.named or landing.windows)


def who_counts(scan: ServerScan) -> Who:
    """Return the landings of the clients that the inventory names; of all where it names none."""
    is_named = bool(scan.target.clients)
    named = _named(scan) if is_named else {each.client for each in scan.landings}
    return Who(
        clients=tuple(each for each in scan.landings if each.client in named),
        anyone=tuple(each for each in scan.landings if each.client in named or each.must_not_break),
        named=is_named,
    )


def not_understood(scan: ServerScan) -> tuple[str, ...]:
    """Return the names in the inventory that no profile goes by, and that may be any Windows."""
    return tuple(
        name for name in scan.target.clients if not _ids_of(name, scan.landings) and possibly_unfixed(name)
    )


def _named(scan: ServerScan) -> set[str]:
    named: set[str] = set()
    for name in scan.target.clients:
        ids = _ids_of(name, scan.landings)
        if not ids and possibly_unfixed(name):
            # A name that is not understood may be any Windows.
            ids = frozenset(each.client for each in scan.landings if may_lack_fix(each))
        named |= ids
    return named


def _ids_of(name: str, landings: Sequence[Landing]) -> frozenset[str]:
    """Return whose name it is: of the profiles that come with tlsprobe, or of the user's own."""
    plain = name.casefold()
    own = {
        each.client
        for each in landings
        if plain in (each.client.casefold(), each.client_name.casefold())
        or plain in (alias.casefold() for alias in each.aliases)
    }
    return frozenset(own) | (_built_in_ids(name) & {each.client for each in landings})


@lru_cache(maxsize=4096)
def _built_in_ids(name: str) -> frozenset[str]:
    """Names come again on every row of an inventory."""
    known = built_in_profiles()
    names = names_understood(name, known)
    return frozenset(each.id for one in names for each in profiles_named(one, known))


def may_lack_fix(landing: Landing) -> bool:
    """Whether this is Windows without the fix, or one that has it only with an update."""
    return landing.windows and landing.leading_zero_fix != "yes"


def lands_on_dhe(landing: Landing) -> bool:
    """Whether it negotiates DHE and goes on."""
    arrival = landing.as_offered
    return isinstance(arrival, Landed) and suite(arrival.suite).has_dh_params


def stops_at_group(landing: Landing) -> bool:
    """Whether DHE is selected for it over a group that it does not take."""
    arrival = landing.as_offered
    return isinstance(arrival, RefusedByClient) and arrival.reason != "version"


def is_unclear(landing: Landing) -> bool:
    """Whether it is not known what this client gets."""
    return isinstance(landing.as_offered, Unclear)


def is_locked_out(landing: Landing) -> bool:
    """Whether it connects today, and would not without DHE."""
    without = landing.without_dhe
    return lands_on_dhe(landing) and without is not None and not isinstance(without, Landed | Unclear)


def clients_of(landings: Iterable[Landing]) -> tuple[str, ...]:
    """Return the ids of the profiles, each once."""
    return tuple(dict.fromkeys(each.client for each in landings))


def names_of(landings: Sequence[Landing]) -> ClientNames:
    """Return the names of the clients, each once, for a sentence."""
    return ClientNames(tuple(dict.fromkeys((each.client, each.client_name) for each in landings)))


def name_of(landing: Landing, words: Wording) -> str:
    """Name the client, and which of its ways to ask this is."""
    client = words.client(landing.client, landing.client_name)
    offer = words.offer(landing.client, landing.offer, landing.offer_name)
    return f"{client} ({offer})" if offer else client
