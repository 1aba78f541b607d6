"""Client profiles: what each version of Windows offers, and the clients that a change must not break.

They are data (`data/clients.toml`), each with its source; a user's own file has the same form.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from tlsprobe.clients.hello import HelloTemplate, parse_extension, parse_suites, recorded
from tlsprobe.tls.constants import Version
from tlsprobe.tls.record import MAX_PLAINTEXT


class LeadingZeroFix(StrEnum):
    """Whether a client treats leading zeros as everybody else does."""

    YES = "yes"
    NO = "no"
    DEPENDS = "depends"  # on its updates


class Basis(StrEnum):
    """Where an offer is known from."""

    OBSERVED = "observed"  # a hello that was recorded
    DOCUMENTED = "documented"  # the maker's own list


@dataclass(frozen=True, slots=True)
class ClientOffer:
    """One way in which a client asks: its hello, then those it falls back to where that fails."""

    id: str
    name: str
    basis: Basis
    source: str
    hellos: tuple[HelloTemplate, ...]


@dataclass(frozen=True, slots=True)
class ClientProfile:
    """One client. `min_dh_bits` and `max_dh_bits` bound the groups that it goes on with; 0 is no bound.

    `must_not_break` marks those that a change is checked against whatever the inventory says.
    """

    id: str
    name: str
    windows: bool
    leading_zero_fix: LeadingZeroFix
    source: str
    offers: tuple[ClientOffer, ...]
    aliases: tuple[str, ...] = ()
    min_dh_bits: int = 0
    max_dh_bits: int = 0
    must_not_break: bool = False
    note: str = ""

    @property
    def possibly_unfixed(self) -> bool:
        """Whether it is Windows that has the faults, or has them where it lacks an update."""
        return self.windows and self.leading_zero_fix is not LeadingZeroFix.YES

    def takes_group(self, bits: int) -> bool:
        """Whether it goes on with a group of this size."""
        return self.min_dh_bits <= bits <= (self.max_dh_bits or bits)


class ClientsError(ValueError):
    """A file of client profiles can't be used; the text says where and why."""


@cache
def built_in_profiles() -> tuple[ClientProfile, ...]:
    """Return the profiles that come with tlsprobe, in the order of their file."""
    text = resources.files("tlsprobe.data").joinpath("clients.toml").read_text("utf-8")
    return parse_profiles(text, "clients.toml")


def read_profiles(path: Path) -> tuple[ClientProfile, ...]:
    """Read a user's file. Raises ClientsError."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ClientsError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ClientsError(f"{path}: can't be read as UTF-8 text: {error}") from None
    return parse_profiles(text, str(path))


def parse_profiles(text: str, where: str) -> tuple[ClientProfile, ...]:
    """Read a file's text. Raises ClientsError that names `where`, the client and what is wrong with it."""
    try:
        clients = tomllib.loads(text).get("client", [])
    except (ValueError, RecursionError) as error:  # not TOML, or built to exhaust its reader
        why = "built to exhaust its reader" if isinstance(error, RecursionError) else error
        raise ClientsError(f"{where}: {why}") from None
    if not isinstance(clients, list) or not clients:
        raise ClientsError(f"{where}: no [[client]] in it")
    profiles: dict[str, ClientProfile] = {}
    for number, table in enumerate(clients, start=1):
        try:
            profile = _profile(table)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise ClientsError(f"{where}: client {_label(table, number)}: {_explained(error)}") from None
        if profile.id in profiles:
            raise ClientsError(f"{where}: client {profile.id} is there twice")
        profiles[profile.id] = profile
    return tuple(profiles.values())


def merged(profiles: Sequence[ClientProfile], own: Sequence[ClientProfile]) -> tuple[ClientProfile, ...]:
    """Add a user's profiles; one with a known id takes the place of the other."""
    by_id = {each.id: each for each in profiles} | {each.id: each for each in own}
    return tuple(by_id.values())


_KEYS = frozenset(
    (
        "id",
        "name",
        "windows",
        "leading_zero_fix",
        "source",
        "offer",
        "aliases",
        "dh_bits",
        "must_not_break",
        "note",
    )
)


def _profile(table: Mapping[str, Any]) -> ClientProfile:
    _only(table, _KEYS)
    least, most = _dh_bits(table.get("dh_bits", [0, 0]))
    offers = tuple(_offer(each) for each in table["offer"])
    if not offers or len({each.id for each in offers}) < len(offers):
        raise ValueError("it needs a [[client.offer]], and each an id of its own")
    return ClientProfile(
        id=_identifier(table["id"]),
        name=_text(table["name"]),
        windows=_flag(table.get("windows", False)),
        leading_zero_fix=LeadingZeroFix(table.get("leading_zero_fix", "yes")),
        source=_text(table.get("source", "")),
        offers=offers,
        aliases=tuple(_text(each) for each in table.get("aliases", ())),
        min_dh_bits=least,
        max_dh_bits=most,
        must_not_break=_flag(table.get("must_not_break", False)),
        note=_text(table.get("note", "")),
    )


def _offer(table: Mapping[str, Any]) -> ClientOffer:
    _only(table, ("id", "name", "basis", "source", "hello"))
    hellos = tuple(_hello(each) for each in table["hello"])
    if not hellos:
        raise ValueError("an offer without a [[client.offer.hello]]")
    return ClientOffer(
        id=_identifier(table.get("id", "offer")),
        name=_text(table.get("name", "")),
        basis=Basis(table.get("basis", "observed")),
        source=_text(table.get("source", "")),
        hellos=hellos,
    )


def _hello(table: Mapping[str, Any]) -> HelloTemplate:
    if "hex" in table:
        _only(table, ("hex",))
        return _sendable(recorded(bytes.fromhex(_text(table["hex"]))))
    _only(table, ("version", "suites", "extensions"))
    suites = parse_suites(_text(table["suites"]))
    if not suites:
        raise ValueError("a hello without suites")
    (version,) = parse_suites(_text(table["version"])) or (0,)
    if version not in (Version.SSL30, Version.TLS10, Version.TLS11, Version.TLS12):
        raise ValueError(f"version {table['version']!r} is none of 0300 to 0303; a hello of TLS 1.3 has 0303")
    extensions = table.get("extensions")
    return _sendable(
        HelloTemplate(
            version=version,
            suites=suites,
            extensions=None
            if extensions is None
            else tuple(parse_extension(_text(each)) for each in extensions),
        )
    )


def _sendable(template: HelloTemplate) -> HelloTemplate:
    """Try it once here: what can't be written would fail on every server."""
    try:
        size = len(template.hello(server_name="a.example").serialise())
    except (OverflowError, ValueError) as error:
        raise ValueError(f"a hello that can't be sent: {error}") from None
    if size > MAX_PLAINTEXT - 4:
        raise ValueError(f"a hello of {size} bytes, which does not fit into one record")
    return template


def _only(table: Mapping[str, Any], known: Sequence[str] | frozenset[str]) -> None:
    unknown = [key for key in table if key not in known]
    if unknown:
        raise ValueError(f"{', '.join(unknown)} is not among {', '.join(sorted(known))}")


def _identifier(text: object) -> str:
    if not isinstance(text, str) or not text or not all(c.isalnum() or c in "-._" for c in text):
        raise ValueError(f"the id {text!r} is not made of letters, digits, dots and hyphens")
    return text


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a text")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _dh_bits(value: object) -> tuple[int, int]:
    match value:
        case [int(least), int(most)] if bool not in (type(least), type(most)) and 0 <= least <= (
            most or least
        ):
            return least, most
        case _:
            raise ValueError(f"dh_bits is {value!r}, not the least and the most bits, 0 for no bound")


def _label(table: object, number: int) -> str:
    return str(table.get("id", number)) if isinstance(table, dict) else str(number)


def _explained(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
