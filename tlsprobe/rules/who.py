"""Who counts: of the clients whose offers were replayed, those that the inventory means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tlsprobe.clients.names import profiles_named
from tlsprobe.clients.profile import built_in_profiles
from tlsprobe.facts import Landed, Landing, RefusedByClient, ServerScan, Unclear
from tlsprobe.rules.named_clients import possibly_unfixed
from tlsprobe.tls.suites import suite


@dataclass(frozen=True, slots=True)
class Who:
    """The landings that count.

    `unfixed` are those of Windows that may lack the fix, `fixed` those of Windows that has it, `anyone`
    all that a change is checked against: these two and what must not break.
    """

    unfixed: tuple[Landing, ...]
    fixed: tuple[Landing, ...]
    anyone: tuple[Landing, ...]

    @property
    def windows(self) -> tuple[Landing, ...]:
        """Those of any Windows."""
        return (*self.unfixed, *self.fixed)


def who_counts(scan: ServerScan) -> Who:
    """Return the landings of the clients that the inventory names; of all where it names none."""
    named = _named(scan) if scan.target.clients else {each.client for each in scan.landings}
    counting = [each for each in scan.landings if each.client in named]
    return Who(
        unfixed=tuple(each for each in counting if may_lack_fix(each)),
        fixed=tuple(each for each in counting if each.windows and not may_lack_fix(each)),
        anyone=tuple(each for each in scan.landings if each.client in named or each.must_not_break),
    )


def _named(scan: ServerScan) -> set[str]:
    known = {each.client: each for each in scan.landings}
    named: set[str] = set()
    for name in scan.target.clients:
        profiles = _built_in_ids(name) | {
            each.client for each in known.values() if name in (each.client, each.client_name)
        }
        if not profiles & known.keys() and possibly_unfixed(name):
            # A name that is not understood may be any Windows.
            profiles = frozenset(each.client for each in known.values() if may_lack_fix(each))
        named |= profiles
    return named


@lru_cache(maxsize=4096)
def _built_in_ids(name: str) -> frozenset[str]:
    """Names come again on every row of an inventory."""
    return frozenset(each.id for each in profiles_named(name, built_in_profiles()))


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


def names_of(landings: Sequence[Landing]) -> str:
    """Return the names of the clients, each once, for a sentence."""
    return "; ".join(dict.fromkeys(each.client_name for each in landings))
