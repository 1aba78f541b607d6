"""Plays a fuzzer's bytes into a conversation as a server would send them: at once, and in pieces.

An input is a byte that chooses what is asked, then what the server says. `TURN` stands between what it says
before and after each time that the client speaks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from tlsprobe.tls.handshake import Broken, End, Handshake
from tlsprobe.tls.stream import Conversation, Parting

R = TypeVar("R")
TURN = b"<~>"
WHOLE = 1 << 20  # a chunk that holds any input


def pieces(said: bytes) -> int:
    """Return the size of the pieces to play it in as well: bytes, or as many as 64 pieces have."""
    return len(said) // 64 + 1


def chosen(data: bytes, number: int) -> tuple[int, bytes]:
    """Cut an input into which of `number` variants it is for, and what the server says."""
    return (data[0] % number if data else 0), data[1:]


def play(conversation: Conversation[R], said: bytes, *, chunk: int, ahead: bytes = b"") -> R:
    """Have the conversation with a server that says this and closes; what is raised goes through.

    What it says `ahead` comes in one piece.
    """
    first, *turns = said.split(TURN)
    waiting, closed = first, False
    try:
        outgoing = next(conversation)
        if ahead:
            outgoing = conversation.send(ahead)
        while True:
            if isinstance(outgoing, Parting):
                outgoing = conversation.send(b"")
                continue
            if outgoing and turns:
                waiting += turns.pop(0)
            piece, waiting = waiting[:chunk], waiting[chunk:]
            assert not closed, "it goes on after the peer closed, and would do so without an end"
            closed = not piece
            outgoing = conversation.send(piece)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def without_text(done: Handshake) -> Handshake:
    """What was received when it was found to be no TLS: that depends on how it came."""
    end: End = done.end
    if isinstance(end, Broken) and end.how == "not-tls":
        end = replace(end, detail="")
    return replace(done, end=end)
