"""What a cell or an argument that names a server says: the host, and perhaps a port.

Names come out as DNS and SNI carry them: lower case, A-labels, no dot at the end. Addresses come
out in their shortest form. Nothing here asks DNS.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# What a URL says about the port when it names none. http is not among them: its port 80 speaks no
# TLS, so whoever pasted it most likely means the same server's 443, the default of every row.
SCHEME_PORTS = {
    "amqps": 5671,
    "ftp": 21,
    "ftps": 990,
    "https": 443,
    "imap": 143,
    "imaps": 993,
    "ircs": 6697,
    "ldap": 389,
    "ldaps": 636,
    "mqtts": 8883,
    "mysql": 3306,
    "nntp": 119,
    "nntps": 563,
    "pop3": 110,
    "pop3s": 995,
    "postgres": 5432,
    "postgresql": 5432,
    "rdp": 3389,
    "smtp": 25,
    "smtps": 465,
    "wss": 443,
    "xmpp": 5222,
}

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_ZONE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_BETWEEN_HOSTS = re.compile(r"[\s,;|/\\]+")
_PORT = re.compile(r"0*([0-9]{1,5})(?:\.0+)?")
_LONGEST_CELL = 1000  # the idna codec takes quadratic time, and no host is this long


class Reason(StrEnum):
    """Why a row can't be used. The ids are stable; docs/inventory.md lists them."""

    NO_HOST = "no-host"
    BAD_HOST = "bad-host"
    TWO_HOSTS = "two-hosts"
    BAD_PORT = "bad-port"
    PORT_CONFLICT = "port-conflict"
    BAD_SERVER_NAME = "bad-server-name"
    UNKNOWN_STARTTLS = "unknown-starttls"
    BAD_MANAGED = "bad-managed"
    BAD_NUMBER = "bad-number"
    BAD_WINDOW = "bad-window"
    TOO_MANY_CELLS = "too-many-cells"
    STRAY_QUOTE = "stray-quote"
    UNDECODABLE = "undecodable"
    TOO_LONG = "too-long"


class HostError(ValueError):
    """The text names no host, or no port, that could be connected to."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Place:
    """A host, and the port written beside it; `implied_port` is what the scheme of a URL means."""

    host: str
    port: int | None = None
    implied_port: int | None = None


def parse_place(text: str) -> Place:
    """Read `host`, `host:port`, `[v6]:port`, a bare IPv6 address or a URL.

    Raises HostError: no-host, bad-host, two-hosts or bad-port.
    """
    text = text.strip()
    if len(text) > _LONGEST_CELL:
        raise HostError(Reason.BAD_HOST, f"{shown(text)} is too long to be a host name")
    scheme, rest = _without_scheme(text)
    rest = rest.rstrip("/")
    if not rest:
        raise HostError(Reason.NO_HOST, "there is no host here; write a name or an address")
    _refuse_several(rest)
    host, port = _split_port(rest)
    return Place(host=host, port=port, implied_port=SCHEME_PORTS.get(scheme))


def normalise_host(text: str) -> str:
    """Bring a name or an address into the form it is compared in. Raises HostError (bad-host)."""
    address = parse_address(text)
    return str(address) if address is not None else normalise_name(text)


def normalise_name(text: str) -> str:
    """Bring a DNS name into A-labels and lower case, without the final dot.

    Underscores are let through: service names use them. The IDNA is that of 2003, which Python
    brings along, so `ß` becomes `ss`. Raises HostError (bad-host), for an IP address too.
    """
    if "*" in text:
        raise _bad_host(text, "a wildcard stands for many hosts; list each of them")
    name = _to_ascii(text).lower()
    name = name.removesuffix(".")
    if len(name) > 253:
        raise _bad_host(text, "a name has at most 253 characters")
    labels = name.split(".")
    for label in labels:
        if not label:
            raise _bad_host(text, "there is nothing between two dots")
        if len(label) > 63:
            raise _bad_host(text, "the part between two dots has at most 63 characters")
        if not _LABEL.fullmatch(label):
            raise _bad_host(text, "use letters, digits, hyphens, underscores and dots")
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        # inet_aton would read 127.1, 0x7f.1 and 2130706433 as addresses; nobody writes those here.
        raise _bad_host(text, "it ends like an IP address, but is not a whole one")
    return name


def parse_address(text: str) -> IpAddress | None:
    """Read an IPv4 or IPv6 address, with a zone or without; anything else is None."""
    _, has_zone, zone = text.partition("%")
    if has_zone and not _ZONE.fullmatch(zone):
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def parse_port(text: str) -> int:
    """Read a port; `443.0` is what a spreadsheet makes of 443. Raises HostError (bad-port)."""
    matched = _PORT.fullmatch(text.strip())
    port = int(matched[1]) if matched else 0
    if not 1 <= port <= 65535:
        raise HostError(
            Reason.BAD_PORT,
            f"{shown(text) or 'an empty text'} is not a port; write one whole number from 1 to 65535",
        )
    return port


def looks_like_host(text: str) -> bool:
    """Tell a host from a word: it is valid, and has a dot, a colon or a digit in it."""
    if not re.search(r"[.:0-9]", text):
        return False
    try:
        _split_port(text)
    except HostError:
        return False
    return True


def shown(text: str, limit: int = 60) -> str:
    """Make a text from a file fit for a terminal: short, printable, without a URL's password."""
    text = re.sub(r"//[^/@]*@", "//…@", text)
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # how `surrogateescape` keeps a byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def _bad_host(text: str, why: str) -> HostError:
    return HostError(Reason.BAD_HOST, f"{shown(text)} is not a host: {why}")


def _without_scheme(text: str) -> tuple[str, str]:
    matched = _SCHEME.fullmatch(text)
    if not matched:
        return "", text
    scheme = matched[1].lower()
    authority = re.split(r"[/?#]", matched[2], maxsplit=1)[0].rpartition("@")[2]
    if scheme not in SCHEME_PORTS and scheme != "http" and not re.search(r":[0-9]+$", authority):
        raise _bad_host(text, f"the port of {scheme}:// is not known; write host and port")
    return scheme, authority


def _refuse_several(text: str) -> None:
    """Say whether a cell with separators in it holds several hosts or is merely no host."""
    parts = [part for part in _BETWEEN_HOSTS.split(text) if part]
    if len(parts) == 1 and parts[0] == text:
        return
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        pass
    else:
        raise _bad_host(text, "a network stands for many hosts; list each of them")
    listed = re.search(r"[,;\n]", text) and all(_is_host(part) for part in parts)
    if len(parts) > 1 and (listed or sum(looks_like_host(part) for part in parts) > 1):
        raise HostError(Reason.TWO_HOSTS, f"{shown(text)} holds several hosts; give each a row of its own")
    raise _bad_host(text, "a host has no spaces, commas, semicolons or slashes in it")


def _is_host(text: str) -> bool:
    try:
        normalise_host(text)
    except HostError:
        return False
    return True


def _split_port(text: str) -> tuple[str, int | None]:
    bracketed = re.fullmatch(r"\[([^\[\]]*)\](?::(.*))?", text, re.DOTALL)
    if bracketed:
        address = parse_address(bracketed[1])
        if not isinstance(address, ipaddress.IPv6Address):
            raise _bad_host(text, "between brackets stands an IPv6 address")
        return str(address), None if bracketed[2] is None else parse_port(bracketed[2])
    if ":" not in text or parse_address(text) is not None:
        return normalise_host(text), None
    if text.count(":") > 1:
        raise _bad_host(text, "an IPv6 address with a port is written [address]:port")
    host, _, port = text.partition(":")
    if not host:
        raise HostError(Reason.NO_HOST, f"{shown(text)} has a port but no host")
    return normalise_host(host), parse_port(port)


def _to_ascii(text: str) -> str:
    if text.isascii():
        return text
    if len(text) > _LONGEST_CELL:
        raise _bad_host(text, "a name has at most 253 characters")
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError:
        raise _bad_host(text, "it can't be turned into an internationalised name") from None
