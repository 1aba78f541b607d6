"""A conversation inside TLS: Python's own client takes any suite that it has, so that words can be exchanged.

Nothing about TLS is learned here; that is for the probes. So no certificate is checked.
"""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Callable
from functools import cache, partial
from typing import TypeVar

from tlsprobe.tls.stream import Concluding, Conversation, PeerGone

R = TypeVar("R")
_READ_SIZE = 64 * 1024


def over_tls(inner: Conversation[R], *, server_name: str | None, alpn: str = "") -> Conversation[R]:
    """Shake hands, then have the inner conversation; PeerGone where TLS does not come about."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = _context(alpn).wrap_bio(incoming, outgoing, server_hostname=server_name)

    def until(step: Callable[[], R2]) -> Conversation[R2]:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                received = yield outgoing.read()
                if not received:
                    raise PeerGone("closed") from None
                incoming.write(received)
            except ssl.SSLError:
                raise PeerGone("closed") from None

    yield from until(tls.do_handshake)
    yield Concluding(outgoing.read())
    to_send = next(inner)
    while True:
        if to_send:
            yield from until(partial(tls.write, to_send))  # which waits where the server shakes hands anew
        received = yield from until(lambda: tls.read(_READ_SIZE))
        try:
            to_send = inner.send(received)
        except StopIteration as end:
            result: R = end.value
            return result


R2 = TypeVar("R2")


@cache
def _context(alpn: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.0 is what old servers speak
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.options |= ssl.OP_LEGACY_SERVER_CONNECT if hasattr(ssl, "OP_LEGACY_SERVER_CONNECT") else 0x4
    if alpn:
        context.set_alpn_protocols([alpn])
    return context
