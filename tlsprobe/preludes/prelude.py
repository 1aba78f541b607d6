"""What a prelude is: what is said before TLS, and what follows from it for the TLS behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tlsprobe.preludes.framing import Framing, framed
from tlsprobe.tls.messages import ClientHello
from tlsprobe.tls.stream import Conversation

R = TypeVar("R")


def nothing_said() -> Conversation[None]:
    """TLS from the first byte."""
    yield from ()


def as_it_is(hello: ClientHello) -> ClientHello:
    """Leave a hello alone."""
    return hello


@dataclass(frozen=True, slots=True)
class Prelude:
    """One way to begin TLS.

    `converse` is had on each connection before TLS. `framing` is how TLS's bytes travel then, if not bare.
    `adapt` gives a hello what the protocol wants in it; `alpn` is its name there, if it has one. `instead` is
    tried where the server ends the connection over this one; `name` tells the two apart.
    """

    converse: Callable[[], Conversation[None]]
    framing: Callable[[], Framing] | None = None
    adapt: Callable[[ClientHello], ClientHello] = as_it_is
    alpn: str = ""
    instead: Prelude | None = None
    name: str = ""

    def carry(self, conversation: Conversation[R]) -> Conversation[R]:
        """Return the conversation as it is to be had on one connection behind this prelude."""
        return conversation if self.framing is None else framed(conversation, self.framing())
