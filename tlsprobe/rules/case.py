"""The facts of one server that accepts DHE, arranged for the rules, and the arithmetic of failing.

Who lands on DHE is known where the clients' offers were replayed. Where they were not, or the answers
were unclear, an unfixed Windows is taken to land on every DHE suite that it offers and the server takes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from tlsprobe.facts import (
    AcceptedSuite,
    FormAccepted,
    Group,
    Landed,
    Landing,
    PremasterZeros,
    RefusedByClient,
    ServerScan,
    accepts_dhe,
    groups_of,
)
from tlsprobe.rules.inference import is_inferred_short
from tlsprobe.rules.named_clients import which_possibly_unfixed
from tlsprobe.rules.who import Who, is_unclear, lands_on_dhe, stops_at_group, who_counts
from tlsprobe.tls.constants import Version

# The DHE suites in the offers of Windows 7 to 8.1, 2008 R2 to 2016, and 10 up to 1607 (Microsoft Learn,
# "Cipher Suites in TLS/SSL (Schannel SSP)"). Nothing anonymous, no PSK, and no DHE_RSA with 3DES.
WINDOWS_DHE_SUITES = frozenset(
    (0x009F, 0x009E, 0x0039, 0x0033, 0x006A, 0x0040, 0x0038, 0x0032, 0x0013),
)
# Below the first Windows has refused since KB 3061518; above the second 7 and 8.1 can't compute.
WINDOWS_MIN_BITS = 1024
WINDOWS_MAX_BITS = 4096
# BCryptGenerateKeyPair takes DH keys in steps of so many bits; libtomcrypt pull 111 met a refusal of 2072.
_USUAL_STEP = 64


@dataclass(frozen=True, slots=True)
class Case:
    """One server that accepts DHE.

    `usable` are the DHE suites that an unfixed Windows lands on and goes on with, `unusable` those where
    the size of the group stops it: as replayed, or, where `assumed`, of those it offers and the server
    takes. `suspects` are the named clients that may be unfixed.
    """

    scan: ServerScan
    accepted: tuple[AcceptedSuite, ...]
    groups: tuple[Group, ...]
    who: Who
    usable: tuple[AcceptedSuite, ...]
    unusable: tuple[AcceptedSuite, ...]
    assumed: bool
    suspects: tuple[str, ...]

    @property
    def unfixed_clients_possible(self) -> bool:
        """False only where the inventory names the clients, and none of them can be unfixed Windows."""
        if self.scan.landings:
            return bool(self.who.unfixed)
        return not self.scan.target.clients or bool(self.suspects)

    @property
    def unfixed_windows_lands(self) -> bool:
        """Whether an unfixed Windows negotiates DHE here, and gets past the group."""
        return bool(self.usable) and self.unfixed_clients_possible

    @property
    def unfixed_windows_stops_at_group(self) -> bool:
        """Whether DHE is selected for an unfixed Windows, which then fails on the size of the group."""
        return bool(self.unusable) and self.unfixed_clients_possible

    @property
    def somebody_may_land(self) -> bool:
        """Whether some client lands on DHE, named by the inventory or not, or it may be that one does."""
        landings = self.scan.landings
        if not landings:
            return True
        return any(lands_on_dhe(each) or is_unclear(each) for each in landings)

    @property
    def never_fixed_lands(self) -> bool:
        """Whether a Windows lands that no update fixes: of the others it depends on their updates."""
        return any(each.leading_zero_fix == "no" and lands_on_dhe(each) for each in self.who.unfixed)

    @property
    def has_unusual_size(self) -> bool:
        """Whether a prime that Windows lands on has a number of bits that it is said to refuse."""
        return any(
            self.scan.groups[each.group].bits % _USUAL_STEP for each in self.usable if each.group is not None
        )

    @property
    def below_tls12_only(self) -> bool:
        """Whether what unfixed Windows lands on is TLS 1.0 or 1.1 only."""
        return bool(self.usable) and all(each.version < Version.TLS12 for each in self.usable)

    @property
    def worst_group(self) -> Group | None:
        """The group whose numbers start with a zero byte most often."""
        return _worst(self.groups)

    @property
    def worst_usable_group(self) -> Group | None:
        """The same, of the groups that unfixed Windows lands on."""
        used = {each.group for each in self.usable}
        return _worst(self.scan.groups[index] for index in used if index is not None)


def case_of(scan: ServerScan) -> Case | None:
    """Arrange the facts; None where no DHE suite was accepted."""
    if scan.dhe is None or not accepts_dhe(scan):
        return None
    who = who_counts(scan)
    usable = tuple(dict.fromkeys(_selected(each) for each in who.unfixed if lands_on_dhe(each)))
    unusable = tuple(dict.fromkeys(_selected(each) for each in who.unfixed if stops_at_group(each)))
    # One that lands is enough to know; that none does is known only where every answer was clear.
    known = bool(usable or unusable) or not any(is_unclear(each) for each in who.unfixed)
    assumed = not scan.landings or not known
    if assumed:
        offered = [each for each in scan.dhe.accepted if each.suite in WINDOWS_DHE_SUITES]
        usable = tuple(each for each in offered if _size_fits(scan, each))
        unusable = tuple(each for each in offered if not _size_fits(scan, each))
    return Case(
        scan=scan,
        accepted=scan.dhe.accepted,
        groups=groups_of(scan),
        who=who,
        usable=usable,
        unusable=unusable,
        assumed=assumed,
        suspects=which_possibly_unfixed(scan.target.clients),
    )


def _selected(landing: Landing) -> AcceptedSuite:
    arrival = landing.as_offered
    assert isinstance(arrival, Landed | RefusedByClient)  # noqa: S101 - the callers asked
    return AcceptedSuite(arrival.version, arrival.suite, arrival.group)


def _size_fits(scan: ServerScan, accepted: AcceptedSuite) -> bool:
    """Whether Windows can use the group; one that was not seen is taken to fit."""
    if accepted.group is None:
        return True
    return WINDOWS_MIN_BITS <= scan.groups[accepted.group].bits <= WINDOWS_MAX_BITS


def _worst(groups: Iterable[Group]) -> Group | None:
    usual = (group for group in groups if group.zero_probability > 0)  # else p is 0: a broken server
    return max(usual, key=lambda group: group.zero_probability, default=None)


# ---- rates: of full handshakes over DHE; None where not known --------------------------------------


def either(*rates: float | None) -> float | None:
    """Return how often at least one of independent faults strikes, of those that are known."""
    known = [rate for rate in rates if rate is not None]
    if not known:
        return None
    # One fault alone is itself, to the last digit.
    return known[0] if len(known) == 1 else 1 - math.prod(1 - rate for rate in known)


def short_share_rate(scan: ServerScan, group: Group | None) -> float | None:
    """Return how often unfixed Windows meets a dh_Ys that is too short for it: fault (a).

    A share that is reused stays as it is: with a short one every handshake fails. None where no short
    share was seen or is inferred: a padded one adds nothing, and what Windows does with a sign byte is stated
    nowhere.
    """
    share = scan.share
    if share is None:
        return None
    if is_inferred_short(scan):
        return group.zero_probability if group and not share.reused else None
    if not share.short:
        return None
    if share.reused:
        return 1.0
    return group.zero_probability if group else None


def premaster_rate(scan: ServerScan, group: Group | None) -> float | None:
    """Return how often unfixed Windows and the server disagree about Z: fault (b).

    What Windows does with Z is stated nowhere, only that it fails against servers that strip. So where
    the server takes an unstripped Z the rate is not known; where it takes neither form, it is.
    """
    zeros = scan.zeros
    if zeros and zeros.premaster_zeros in (PremasterZeros.KEPT, PremasterZeros.BOTH):
        return None
    return group.zero_probability if group else None


def unfixed_rate(scan: ServerScan, group: Group | None) -> float | None:
    """Return how often an unfixed Windows fails that lands on this group, by both faults."""
    return either(short_share_rate(scan, group), premaster_rate(scan, group))


def conforming_rate(scan: ServerScan, group: Group | None) -> float | None:
    """Return how often a client fails that does all as the RFC says; None where it isn't seen to."""
    zeros = scan.zeros
    if zeros is None or group is None:
        return None
    wrong_z = zeros.premaster_zeros in (PremasterZeros.KEPT, PremasterZeros.NEITHER)
    wrong_yc = FormAccepted.REFUSED in (zeros.short_client_share, zeros.padded_client_share)
    chance = group.zero_probability
    return either(chance if wrong_z else None, chance if wrong_yc else None)
