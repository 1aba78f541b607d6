"""What may be connected to: `--exclude` and `--only`.

A name may lead to an address that is ruled out, so a verdict falls in two steps: on the target
before anything is sent, and on each address after DNS. A line that can't be understood is an
error, never skipped: half a safety file is none.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import assert_never

from tlsprobe.columns import InventoryError, read_bytes
from tlsprobe.csvrows import decode, is_idle, split_lines, undecodable
from tlsprobe.hosts import (
    IpAddress,
    normalise_name,
    parse_address,
    parse_place,
    parse_port,
    shown,
)
from tlsprobe.inventory import Target

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052 §2.1: an IPv4 address in its last 32 bits


class SelectionError(InventoryError):
    """A line of a selection file can't be understood; the text names file and line."""


class Verdict(StrEnum):
    """What is known about a target before its name is resolved."""

    ALLOWED = "allowed"
    EXCLUDED = "excluded"
    DEPENDS_ON_ADDRESS = "depends-on-address"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, and the line of the file it rests on, for whoever asks later."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Name:
    """One host name, as normalise_name returns it."""

    name: str


@dataclass(frozen=True, slots=True)
class Glob:
    """Names with `*` for any characters, dots among them, and `?` for one."""

    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Network:
    """A network; a single address is one with all bits fixed."""

    network: ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a file. Without a port it stands for all of them."""

    what: Name | Glob | Network
    port: int | None
    where: str  # "exclude.txt line 3: *.example.com"

    def at_port(self, port: int) -> bool:
        """Whether the entry says anything about this port."""
        return self.port is None or self.port == port

    def covers(self, target: Target, address: str | None = None) -> bool:
        """Whether it means this target: its host as the inventory has it, or the address that answered."""
        if not self.at_port(target.port):
            return False
        if not isinstance(self.what, Network):
            return _hits(self, [target.host], None)
        addresses = (parse_address(one) for one in (target.host, address or ""))
        return any(one is not None and _holds(self, one) for one in addresses)


@dataclass(frozen=True, slots=True)
class Selection:
    """The lines of all files. `only` is None where nothing limits what is scanned."""

    exclude: tuple[Entry, ...] = ()
    only: tuple[Entry, ...] | None = None

    def decide(self, target: Target) -> Decision:
        """Judge a target before DNS.

        An excluded name holds for the host and for the SNI alike. After DEPENDS_ON_ADDRESS each
        address must be put to allows_address before a packet goes to it.
        """
        address = parse_address(target.host)
        names = [target.host, *([target.server_name] if target.server_name else [])]
        out = _first(self.exclude, target.port, lambda e: _hits(e, names, address))
        if out:
            return Decision(Verdict.EXCLUDED, out.where)
        admitted = _first(self.only or (), target.port, lambda e: _hits(e, [target.host], address))
        if admitted is None and self.only is not None:
            if address is not None or not _networks(self.only, target.port):
                return Decision(Verdict.EXCLUDED, "no line of the --only files names it")
            return Decision(Verdict.DEPENDS_ON_ADDRESS, "--only names networks")
        if address is None and _networks(self.exclude, target.port):
            return Decision(Verdict.DEPENDS_ON_ADDRESS, "--exclude names networks")
        return Decision(Verdict.ALLOWED, admitted.where if admitted else "")

    def allows_target(self, target: Target) -> bool:
        """Whether the target may be looked at, as far as that is known before DNS."""
        return self.decide(target).verdict is not Verdict.EXCLUDED

    def decide_address(self, ip: str, *, target: Target) -> Decision:
        """Judge one address of a target, after DNS. Never DEPENDS_ON_ADDRESS.

        What is not an address is excluded.
        """
        before = self.decide(target)
        if before.verdict is Verdict.EXCLUDED:
            return before
        address = parse_address(ip)
        if address is None:
            return Decision(Verdict.EXCLUDED, f"{shown(ip)} is not an IP address")
        out = _first(self.exclude, target.port, lambda e: _holds(e, address))
        if out:
            return Decision(Verdict.EXCLUDED, out.where)
        if self.only is None:
            return Decision(Verdict.ALLOWED, "")
        admitted = _first(
            self.only, target.port, lambda e: _hits(e, [target.host], None) or _holds(e, address)
        )
        if admitted is None:
            return Decision(Verdict.EXCLUDED, "no line of the --only files holds this address")
        return Decision(Verdict.ALLOWED, admitted.where)

    def allows_address(self, ip: str, *, target: Target) -> bool:
        """Whether a connection may go to this address for this target."""
        return self.decide_address(ip, target=target).verdict is Verdict.ALLOWED


def read_selection(*, exclude: Sequence[Path] = (), only: Sequence[Path] = ()) -> Selection:
    """Read the files of `--exclude` and `--only`.

    Raises SelectionError for a line that can't be understood and for `--only` files that name
    nothing, InventoryError for a file that can't be read.
    """
    excluded = tuple(entry for path in exclude for entry in _read(path))
    admitted = tuple(entry for path in only for entry in _read(path))
    if only and not admitted:
        files = ", ".join(shown(str(path), 200) for path in only)
        raise SelectionError(f"{files}: no line names a host, so nothing could be scanned")
    return Selection(exclude=excluded, only=admitted if only else None)


def parse_entry(text: str, where: str) -> Entry:
    """Read a host, a glob, an address or a network, each with a port or without.

    `where` stands before the text of the error. Raises SelectionError.
    """
    what: Name | Glob | Network
    try:
        if "*" in text or "?" in text:
            what, port = _glob(text)
        elif "/" in text and "://" not in text:
            what, port = _network(text)
        else:
            place = parse_place(text)
            address = parse_address(place.host)
            what = Name(place.host) if address is None else Network(_single(address))
            port = place.port
    except ValueError as error:
        raise SelectionError(f"{where}: {error}") from None
    return Entry(what, port, f"{where}: {shown(text)}")


def _read(path: Path) -> list[Entry]:
    entries = []
    for number, line in enumerate(split_lines(decode(read_bytes(path, "selection"))), start=1):
        if is_idle(line):
            continue
        where = f"{shown(path.name)} line {number}"
        text = re.split(r"\s#", line, maxsplit=1)[0].strip()
        if undecodable(text):
            raise SelectionError(f"{where}: {shown(text)} is not UTF-8")
        entries.append(parse_entry(text, where))
    return entries


def _glob(text: str) -> tuple[Glob, int | None]:
    name, colon, after = text.partition(":")
    port = parse_port(after) if colon else None
    if not re.search(r"[^0-9.*?]", name):
        raise ValueError(
            f"{shown(text)} would match any name or only addresses as they are written; "
            "write names such as *.example.com, or a network such as 192.0.2.0/24"
        )
    labels = name.removesuffix(".").split(".")
    plain = ".".join(one if re.search(r"[*?]", one) else _ascii_label(one) for one in labels)
    plain = plain.lower()
    if not re.fullmatch(r"[a-z0-9_.*?-]+", plain):
        raise ValueError(f"{shown(text)} is not a pattern for names")
    pattern = re.escape(plain).replace(r"\*", ".*").replace(r"\?", ".")
    return Glob(re.compile(pattern)), port


def _ascii_label(label: str) -> str:
    return label if label.isascii() else normalise_name(label)


def _network(text: str) -> tuple[Network, int | None]:
    matched = re.fullmatch(r"\[?([^\[\]/]+)/([0-9]{1,3})\]?(?::(.*))?", text)
    if not matched:
        raise ValueError(f"{shown(text)} is neither one host nor a network such as 192.0.2.0/24")
    written = f"{matched[1]}/{matched[2]}"
    try:
        loose = ipaddress.ip_network(written, strict=False)
    except ValueError:
        raise ValueError(f"{shown(text)} is not a network such as 192.0.2.0/24") from None
    if str(loose.network_address) != str(ipaddress.ip_address(matched[1])):
        raise ValueError(
            f"{shown(text)} is an address inside a network; write {loose} for all of it, "
            f"or {matched[1]} for the one"
        )
    return Network(loose), None if matched[3] is None else parse_port(matched[3])


def _single(address: IpAddress) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    if isinstance(address, ipaddress.IPv4Address):
        return ipaddress.IPv4Network(address)
    return ipaddress.IPv6Network(int(address))  # without the zone


def _first(entries: Sequence[Entry], port: int, matches: Callable[[Entry], bool]) -> Entry | None:
    return next((entry for entry in entries if entry.at_port(port) and matches(entry)), None)


def _networks(entries: Sequence[Entry], port: int) -> bool:
    return any(isinstance(entry.what, Network) and entry.at_port(port) for entry in entries)


def _hits(entry: Entry, names: Sequence[str], address: IpAddress | None) -> bool:
    match entry.what:
        case Name(name):
            return name in names
        case Glob(pattern):
            return any(pattern.fullmatch(name) for name in names)
        case Network():
            return address is not None and _holds(entry, address)
    assert_never(entry.what)


def _holds(entry: Entry, address: IpAddress) -> bool:
    """Whether a network holds the address, or the IPv4 address that an IPv6 one leads to."""
    if not isinstance(entry.what, Network):
        return False
    return any(one in entry.what.network for one in _forms(address))


def _forms(address: IpAddress) -> list[IpAddress]:
    """Give every address by which the same host is reached."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address, ipaddress.IPv6Address(b"\0" * 10 + b"\xff\xff" + address.packed)]
    if address.ipv4_mapped is not None:
        return [address, address.ipv4_mapped]
    if address in _NAT64:
        return [address, ipaddress.IPv4Address(address.packed[12:])]
    return [address]
