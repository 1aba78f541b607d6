"""The traits of whoever terminates TLS, from the facts of a journal: short strings, each under a name.

A name begins with the question that it is from and the aspect that it shows: `rich.order.10<17` is the
order of two extensions in the answer to the hello `rich`. A trait that could not be seen is not there, so a
server without TLS 1.3 simply has no trait of TLS 1.3. What depends on a configuration more than on a
library (suites, curves, whether there is a ticket) is no trait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import combinations

from tlsprobe.facts import Glance, ServerScan
from tlsprobe.stacks.observed import observed_traits
from tlsprobe.tls.codec import DecodeError
from tlsprobe.tls.constants import ContentType, ExtensionType, Version
from tlsprobe.tls.messages import ServerHello
from tlsprobe.tls.suites import KeyExchange, suite

# Where these are echoed, or are not although the suite allows it, the library decides.
_ALWAYS_OR_NEVER = (
    ExtensionType.MAX_FRAGMENT_LENGTH,
    ExtensionType.EXTENDED_MASTER_SECRET,
    ExtensionType.RECORD_SIZE_LIMIT,
    ExtensionType.RENEGOTIATION_INFO,
)
# Where these are echoed the library knows them; where they are not, nothing is said.
_SHOWN = (
    ExtensionType.SERVER_NAME,
    ExtensionType.STATUS_REQUEST,
    ExtensionType.HEARTBEAT,
    ExtensionType.ALPN,
    ExtensionType.SIGNED_CERTIFICATE_TIMESTAMP,
    ExtensionType.SESSION_TICKET,
)
# Whether these are answered is the library's matter; of the others, the suites decide.
_KIND_TELLS = ("retry", "tls13", "ssl3", "fallback")
DOWNGRADED = (b"DOWNGRD\x01", b"DOWNGRD\x00")  # RFC 8446 §4.1.3
_HELLO_IN_SCHEMES = {"rich": (0x0601, 0x0603), "reversed": (0x0201, 0x0203)}  # the first of each kind of key
_FRAGMENT = 512  # what `rich` asks for
_ALONE = 200  # bytes of a record with EncryptedExtensions and no certificate
_MOST_EXTENSIONS = 16  # of a ServerHello: more are somebody's game
_DAY_S = 86_400


def traits(scan: ServerScan) -> Mapping[str, str]:
    """Return every trait that the facts show."""
    found: dict[str, str] = {}
    speaks_tls13 = any(_is_retry(each) for each in scan.glances)
    for each in scan.glances:
        found |= {f"{each.question}.{name}": value for name, value in _of_glance(each)}
        if (hello := hello_of(each)) and each.question == "rich" and hello.version == Version.TLS12:
            if speaks_tls13:
                found["rich.sentinel"] = _yes(hello.random[-8:] in DOWNGRADED)
            found["rich.clock"] = _yes(is_clock(hello.random[:4], scan.started))
    if any(each.alert is not None for each in scan.glances):
        found["alerts.sent"] = "yes"
    if (ids := _session_ids(scan))[1:]:
        found["session.zeros"] = _yes(all(each[2:4] == bytes(2) for each in ids))
    return found | dict(observed_traits(scan))


def _session_ids(scan: ServerScan) -> list[bytes]:
    """Those of 32 bytes that a server made up: in answers to hellos that came without one."""
    hellos = [hello_of(each) for each in scan.glances if each.question in ("rich", "reversed", "unsigned")]
    return [each.session_id for each in hellos if each is not None and len(each.session_id) == 32]


def hello_of(glance: Glance) -> ServerHello | None:
    """The ServerHello that came, or None; a journal that was edited by hand makes no exception."""
    return _parsed(glance.server_hello) if glance.server_hello else None


@lru_cache(maxsize=64)
def _parsed(hello: bytes) -> ServerHello | None:
    """Each trait of a server asks for the same few."""
    try:
        return ServerHello.parse(hello)
    except DecodeError:
        return None


def _is_retry(glance: Glance) -> bool:
    hello = hello_of(glance)
    return hello is not None and hello.is_hello_retry_request


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"


def is_clock(first_four: bytes, now: datetime) -> bool:
    """Whether a random starts with the time (RFC 5246 §7.4.1.2), give or take a day."""
    return abs(int.from_bytes(first_four, "big") - now.timestamp()) < _DAY_S


@lru_cache(maxsize=1024)
def _of_glance(glance: Glance) -> tuple[tuple[str, str], ...]:
    """Return what one answer shows. Without their chance, answers of one kind are equal (stacks.bare)."""
    return tuple(_shown(glance))


def _shown(glance: Glance) -> Iterator[tuple[str, str]]:
    hello = hello_of(glance)
    if glance.warnings:
        yield "warnings", " ".join(str(each) for each in glance.warnings)
    if glance.alert is not None:
        yield from _refusal(glance)
    elif hello is None and glance.question in _KIND_TELLS:
        yield from _end(glance)
    if hello is None:
        return
    if hello.version >= Version.TLS13:
        yield from _tls13(glance, hello)
        return
    if glance.question in _KIND_TELLS:
        yield "kind", f"tls{hello.version:04x}"
    yield "record-version", f"{glance.records[0][1]:04x}" if glance.records else ""
    yield from _layout(glance)
    yield from _extensions(glance, hello)
    yield from _signature(glance, hello)


def _end(glance: Glance) -> Iterator[tuple[str, str]]:
    """Yield how it ended without a word of TLS; a reset and a silence may be the network's."""
    if glance.end in ("closed", "not-tls"):
        yield "kind", glance.end


def _refusal(glance: Glance) -> Iterator[tuple[str, str]]:
    """Yield which alert, in a record of which version, after which messages."""
    assert glance.alert is not None  # noqa: S101
    level, description = glance.alert
    version = next((version for kind, version, _ in glance.records if kind == ContentType.ALERT), 0)
    after = " ".join(str(kind) for kind, _ in glance.messages)
    if glance.question in _KIND_TELLS:
        yield "kind", "alert"
    yield "refusal", f"{level}/{description} {version:04x}" + (f" after {after}" if after else "")


def _tls13(glance: Glance, hello: ServerHello) -> Iterator[tuple[str, str]]:
    """Yield the order of the few extensions, and how the flight goes on."""
    yield "kind", "retry" if hello.is_hello_retry_request else "tls1.3"
    yield "order13", " ".join(f"{each.kind:x}" for each in hello.extensions[:_MOST_EXTENSIONS])
    kinds = [kind for kind, _, _ in glance.records]
    if hello.is_hello_retry_request or ContentType.APPLICATION_DATA not in kinds:
        return
    yield "ccs", _yes(ContentType.CHANGE_CIPHER_SPEC in kinds)
    first = next(size for kind, _, size in glance.records if kind == ContentType.APPLICATION_DATA)
    yield "encrypted-extensions", "alone" if first < _ALONE else "with more"


def _layout(glance: Glance) -> Iterator[tuple[str, str]]:
    """Yield whether messages share records, of the ServerHello and of the others."""
    starts, total = set(), 0
    for kind, _, size in glance.records:
        if kind == ContentType.HANDSHAKE:
            starts.add(total)
            total += size
    joined, at = [], 0
    for place, (_, size) in enumerate(glance.messages):
        if place:
            joined.append(at not in starts)
        at += 4 + size
    if len(joined) > 1:
        yield "layout.hello", "joined" if joined[0] else "split"
        rest = set(joined[1:])
        yield "layout.rest", "mixed" if len(rest) > 1 else "joined" if rest.pop() else "split"
    sizes = [size for kind, _, size in glance.records if kind == ContentType.HANDSHAKE]
    if glance.question == "rich" and total > 2 * _FRAGMENT:
        yield "layout.fragments", _yes(max(sizes) <= _FRAGMENT)


def _extensions(glance: Glance, hello: ServerHello) -> Iterator[tuple[str, str]]:
    kinds = list(dict.fromkeys(each.kind for each in hello.extensions))[:_MOST_EXTENSIONS]
    offered_all = glance.question in ("rich", "reversed")
    yield "block", "none" if not kinds and len(glance.server_hello) == 38 + len(hello.session_id) else "there"
    if offered_all:
        for kind in _ALWAYS_OR_NEVER:
            yield f"echo.{kind:x}", _yes(kind in kinds)
        for kind in _SHOWN:
            if kind in kinds:
                yield f"echo.{kind:x}", "yes"
        chosen = suite(hello.cipher_suite)
        if "CBC" in chosen.name:
            yield "echo.16", _yes(ExtensionType.ENCRYPT_THEN_MAC in kinds)
        if "ECDHE" in chosen.name:
            formats = hello.extension(ExtensionType.EC_POINT_FORMATS)
            yield "formats", "none" if formats is None else formats[:8].hex()
        elif chosen.key_exchange in (KeyExchange.DHE_RSA, KeyExchange.DHE_DSS):
            yield "formats-without-curve", _yes(ExtensionType.EC_POINT_FORMATS in kinds)
    for one, other in combinations(kinds, 2):
        low, high = sorted((one, other))
        yield f"order.{low:x}-{high:x}", "lower" if one == low else "higher"
    if 0 < len(hello.session_id) < 32:
        yield "session-id", str(len(hello.session_id))


def _signature(glance: Glance, hello: ServerHello) -> Iterator[tuple[str, str]]:
    """Yield which of the schemes offered signs a share of ECDHE: the client's first, or which other."""
    body = glance.key_exchange
    chosen = suite(hello.cipher_suite)
    if "ECDHE" not in chosen.name or len(body) < 4 or len(body) < 6 + body[3]:
        return
    scheme = int.from_bytes(body[4 + body[3] : 6 + body[3]], "big")
    key = "ecdsa" if "ECDSA" in chosen.name else "rsa"
    first = scheme in _HELLO_IN_SCHEMES.get(glance.question, ())
    yield f"signature.{key}", "the client's first" if first else f"{scheme:04x}"
