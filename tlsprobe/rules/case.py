"""The facts of one server that accepts DHE, arranged for the rules, and the arithmetic of failing.

What a client negotiates here is not known yet, so a server counts as one that unfixed Windows picks DHE
on as soon as it accepts a DHE suite which that Windows offers, over a group which it can use.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from tlsprobe.facts import (
    AcceptedSuite,
    FormAccepted,
    Group,
    PremasterZeros,
    ServerScan,
    accepts_dhe,
    groups_of,
)
from tlsprobe.rules.named_clients import which_possibly_unfixed
from tlsprobe.tls.constants import Version

# The DHE suites in the offers of Windows 7 to 8.1, 2008 R2 to 2016, and 10 up to 1607 (Microsoft Learn,
# "Cipher Suites in TLS/SSL (Schannel SSP)"). Nothing anonymous, no PSK, and no DHE_RSA with 3DES.
WINDOWS_DHE_SUITES = frozenset(
    (0x009F, 0x009E, 0x0039, 0x0033, 0x006A, 0x0040, 0x0038, 0x0032, 0x0013),
)
# Below the first Windows has refused since KB 3061518; above the second 7 and 8.1 can't compute.
WINDOWS_MIN_BITS = 1024
WINDOWS_MAX_BITS = 4096


@dataclass(frozen=True, slots=True)
class Case:
    """One server that accepts DHE.

    `usable` are the accepted suites that an unfixed Windows offers and whose group it can use, `unusable`
    those where the size of the group stops it. `suspects` are the named clients that may be unfixed.
    """

    scan: ServerScan
    accepted: tuple[AcceptedSuite, ...]
    groups: tuple[Group, ...]
    usable: tuple[AcceptedSuite, ...]
    unusable: tuple[AcceptedSuite, ...]
    suspects: tuple[str, ...]

    @property
    def unfixed_clients_possible(self) -> bool:
        """False only where the inventory names the clients, and none of them can be unfixed Windows."""
        return not self.scan.target.clients or bool(self.suspects)

    @property
    def unfixed_windows_lands(self) -> bool:
        """Whether an unfixed Windows is taken to negotiate DHE here, and to get past the group."""
        return bool(self.usable) and self.unfixed_clients_possible

    @property
    def unfixed_windows_stops_at_group(self) -> bool:
        """Whether an unfixed Windows is taken to select DHE and to fail on the size of the group."""
        return bool(self.unusable) and self.unfixed_clients_possible

    @property
    def below_tls12_only(self) -> bool:
        """Whether what unfixed Windows could land on is TLS 1.0 or 1.1 only."""
        return bool(self.usable) and all(each.version < Version.TLS12 for each in self.usable)

    @property
    def worst_group(self) -> Group | None:
        """The group whose numbers start with a zero byte most often."""
        return _worst(self.groups)

    @property
    def worst_usable_group(self) -> Group | None:
        """The same, of the groups that unfixed Windows can use."""
        used = {each.group for each in self.usable}
        return _worst(self.scan.groups[index] for index in used if index is not None)


def case_of(scan: ServerScan) -> Case | None:
    """Arrange the facts; None where no DHE suite was accepted."""
    if scan.dhe is None or not accepts_dhe(scan):
        return None
    offered = [each for each in scan.dhe.accepted if each.suite in WINDOWS_DHE_SUITES]
    return Case(
        scan=scan,
        accepted=scan.dhe.accepted,
        groups=groups_of(scan),
        usable=tuple(each for each in offered if _size_fits(scan, each)),
        unusable=tuple(each for each in offered if not _size_fits(scan, each)),
        suspects=which_possibly_unfixed(scan.target.clients),
    )


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


def short_share_rate(case: Case) -> float | None:
    """Return how often unfixed Windows meets a dh_Ys that is too short for it: fault (a).

    A share that is reused stays as it is: with a short one every handshake fails. None where no short
    share was seen: a padded one adds nothing, and what Windows does with a sign byte is stated nowhere.
    """
    share, group = case.scan.share, case.worst_usable_group
    if share is None or not share.short:
        return None
    if share.reused:
        return 1.0
    return group.zero_probability if group else None


def premaster_rate(case: Case) -> float | None:
    """Return how often unfixed Windows and the server disagree about Z: fault (b).

    What Windows does with Z is stated nowhere, only that it fails against servers that strip. So where
    the server takes an unstripped Z the rate is not known; where it takes neither form, it is.
    """
    zeros, group = case.scan.zeros, case.worst_usable_group
    if zeros and zeros.premaster_zeros in (PremasterZeros.KEPT, PremasterZeros.BOTH):
        return None
    return group.zero_probability if group else None


def unfixed_windows_rate(case: Case) -> float | None:
    """Return how often unfixed Windows fails here, by both faults or by the size of the group."""
    if case.unfixed_windows_stops_at_group:
        return 1.0
    if not case.unfixed_windows_lands:
        return None
    return either(short_share_rate(case), premaster_rate(case))


def conforming_rate(case: Case) -> float | None:
    """Return how often a client fails that does all as the RFC says; None where it isn't seen to."""
    zeros, group = case.scan.zeros, case.worst_group
    if zeros is None or group is None:
        return None
    wrong_z = zeros.premaster_zeros in (PremasterZeros.KEPT, PremasterZeros.NEITHER)
    wrong_yc = FormAccepted.REFUSED in (zeros.short_client_share, zeros.padded_client_share)
    chance = group.zero_probability
    return either(chance if wrong_z else None, chance if wrong_yc else None)
