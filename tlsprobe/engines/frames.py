"""What a process and its worker say to each other: pickles, each behind its length.

Both ends are this program: nothing of a server is unpickled but what a worker has parsed.
"""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

_LENGTH_BYTES = 4
READY = "ready"  # a worker's first message


def framed(message: object) -> bytes:
    """Return a message as it goes over the pipe."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


async def next_message(reader: asyncio.StreamReader) -> Any:
    """Wait for a message; raise EOFError where the other side is gone."""
    try:
        length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES), "big")
        return pickle.loads(await reader.readexactly(length))  # noqa: S301 - our own child, our own parent
    except (asyncio.IncompleteReadError, ConnectionError):
        raise EOFError from None
