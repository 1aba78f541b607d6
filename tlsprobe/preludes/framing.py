"""TLS inside another protocol's packets: a conversation is wrapped, and whoever drives it sees none of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from tlsprobe.tls.codec import DecodeError
from tlsprobe.tls.stream import Concluding, Conversation, Parting, PeerGone

R = TypeVar("R")


class Framing(Protocol):
    """How one connection's bytes are packed and unpacked."""

    def wrap(self, data: bytes) -> bytes:
        """Pack what goes out."""

    def unwrap(self, data: bytes) -> bytes:
        """Unpack what came in, as far as it goes; empty while there is only packing.

        Raise DecodeError where the packing breaks; at the next call, if something was unpacked before that.
        """


def framed(conversation: Conversation[R], framing: Framing) -> Conversation[R]:
    """Wrap what a conversation yields and unwrap what it is sent.

    What breaks the packing is thrown in as DecodeError, like anything else that breaks the rules. What goes
    out once the handshake is over goes bare, as what is said at parting does: TLS stands by itself then
    ([MS-TDS] §2.2.6.5). Whether the server has stopped packing too, its bytes say.
    """
    wrap: Callable[[bytes], bytes] = framing.wrap
    resume: Callable[[], bytes] = partial(next, conversation)
    while True:
        try:
            outgoing = resume()
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        if isinstance(outgoing, Concluding):
            outgoing, wrap = Parting(wrap(outgoing)), bytes
        if isinstance(outgoing, Parting):
            resume = partial(conversation.send, (yield outgoing))
            continue
        try:
            received = yield from _exchange(wrap(outgoing), framing)
        except (PeerGone, DecodeError) as wrong:
            resume = partial(conversation.throw, wrong)
        else:
            resume = partial(conversation.send, received)


def _exchange(sending: bytes, framing: Framing) -> Conversation[bytes]:
    """Send, and wait until there is something unpacked; empty where the peer closed."""
    unpacked = b"" if sending else framing.unwrap(b"")
    while not unpacked:
        data = yield sending
        unpacked, sending = framing.unwrap(data), b""
        if not data:
            break
    return unpacked
