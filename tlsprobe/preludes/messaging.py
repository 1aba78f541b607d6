"""XMPP, between a client and a server and between two servers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from tlsprobe.preludes.reading import Reading, broken, not_offered, refused
from tlsprobe.tls.stream import Conversation

MAX_TAG = 4096
_TLS = "urn:ietf:params:xml:ns:xmpp-tls"
_TAG = re.compile(
    rb"""<(?P<mark>[/?]?)(?P<name>[^\s<>/?"'=]+)(?P<attributes>(?:\s+[^\s<>"'=]+\s*=\s*(?:"[^"]*"|'[^']*'))*)"""
    rb"""\s*(?P<empty>[/?]?)>\Z"""
)


@dataclass(frozen=True, slots=True)
class _Tag:
    """`name` without its prefix; `closing` like </name>, `empty` like <name/>."""

    name: str
    attributes: bytes
    closing: bool
    empty: bool


def xmpp(host: str) -> Conversation[None]:
    """XMPP STARTTLS (RFC 6120 §5) as a client of the domain `host`."""
    return _start_tls("jabber:client", host)


def xmpp_server(host: str) -> Conversation[None]:
    """XMPP STARTTLS (RFC 6120 §5) as another server would ask for the domain `host`."""
    return _start_tls("jabber:server", host)


def _start_tls(namespace: str, host: str) -> Conversation[None]:
    reading = Reading()
    yield from _open_stream(reading, namespace, host)
    if "starttls" not in (yield from _features(reading)):
        raise not_offered("the stream's features do not list starttls")
    answer = yield from _tag(reading, f"<starttls xmlns='{_TLS}'/>".encode())
    if answer.name == "failure":
        raise refused("failure")
    if answer.name != "proceed" or answer.closing:
        raise broken(f"<{answer.name}> where <proceed> is due")
    if not answer.empty:
        yield from _tag(reading)  # </proceed>
    reading.end()


def _open_stream(reading: Reading, namespace: str, host: str) -> Conversation[None]:
    """Open a stream; who answers without a version knows no features (RFC 6120 §4.7.5)."""
    header = (
        f"<?xml version='1.0'?><stream:stream to='{escape(host)}' xmlns='{namespace}'"
        " xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
    )
    stream = yield from _tag(reading, header.encode())
    if stream.name == "xml":
        stream = yield from _tag(reading)
    if stream.name != "stream" or stream.closing:
        raise broken(f"<{stream.name}> where <stream> is due")
    if not re.search(rb"\sversion\s*=", stream.attributes):
        raise not_offered("the stream has no version, so no features")


def _features(reading: Reading) -> Conversation[set[str]]:
    """The names of all that stands inside <features>; a stream's error refuses."""
    tag = yield from _tag(reading)
    if tag.name == "error":
        raise refused(f"stream error {(yield from _tag(reading)).name}")
    if tag.name != "features":
        raise broken(f"<{tag.name}> where <features> is due")
    names: set[str] = set()
    while not (tag.name == "features" and (tag.closing or tag.empty)):
        tag = yield from _tag(reading)
        names.add(tag.name)
    return names


def _tag(reading: Reading, send: bytes = b"") -> Conversation[_Tag]:
    """Read on to the end of a tag; the text before it is left out.

    Comments, document types and processing instructions have no place in XMPP (RFC 6120 §11.1).
    """
    text = (yield from reading.until(b"<", send=send))[-1:]
    while (found := _TAG.match(text)) is None:
        text += yield from reading.until(b">")  # a > may stand inside quotes
        if len(text) > MAX_TAG:
            raise broken("no tag of XML")
    return _Tag(
        name=found["name"].rpartition(b":")[2].decode("utf-8", "backslashreplace"),
        attributes=found["attributes"],
        closing=found["mark"] == b"/",
        empty=found["empty"] == b"/",
    )
