"""An answer without its chance: randoms, shares and signatures, of which no trait is made.

What is left is the same on every server of a kind. It shows the same traits (stacks.traits), and so the same
library; tests/unit/test_condensed.py holds that.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tlsprobe.facts import Glance
from tlsprobe.stacks.traits import DOWNGRADED, hello_of, is_clock
from tlsprobe.tls.constants import ExtensionType
from tlsprobe.tls.messages import Extension, ServerHello

# Those whose contents are looked at; of the others, that they are there.
_READ = (ExtensionType.SUPPORTED_VERSIONS, ExtensionType.EC_POINT_FORMATS)
_FIXED_PART = 38  # bytes of a ServerHello without session id and extensions


def bare(glance: Glance, started: datetime) -> Glance:
    """Return the answer with zeros for chance. By `started`, when the scan began, a clock is told from it."""
    hello = hello_of(glance)
    return replace(
        glance,
        server_hello=glance.server_hello if hello is None else _hello(glance.server_hello, hello, started),
        key_exchange=_key_exchange(glance.key_exchange),
    )


def _hello(body: bytes, hello: ServerHello, started: datetime) -> bytes:
    random = hello.random
    if not hello.is_hello_retry_request:
        clock = random[:4] if is_clock(random[:4], started) else bytes(4)
        random = clock + bytes(20) + (random[-8:] if random[-8:] in DOWNGRADED else bytes(8))
    left = replace(
        hello,
        random=random,
        session_id=_session_id(hello.session_id),
        extensions=tuple(
            Extension(each.kind, each.body if each.kind in _READ else b"") for each in hello.extensions
        ),
    )
    # A block without extensions is a trait, and not written by itself.
    block = b"" if hello.extensions else body[_FIXED_PART + len(hello.session_id) :]
    return left.serialise() + block


def _session_id(sent: bytes) -> bytes:
    """Keep the length, and whether its third and fourth byte are zeros."""
    zeros = sent[2:4] == bytes(2)
    return sent if len(sent) < 4 else (bytes(len(sent)) if zeros else b"\x01" * len(sent))


def _key_exchange(body: bytes) -> bytes:
    """Leave out the point and the signature of a share over a curve (RFC 8422 §5.4)."""
    if len(body) < 4 or len(body) < 6 + body[3]:
        return body
    return body[:4] + bytes(body[3]) + body[4 + body[3] : 6 + body[3]]
