"""How much at a time: connections in all and to each address, and how fast new ones may come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace

# Addresses that are remembered before it is seen which of them nobody uses any more.
_MOST_REMEMBERED = 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may do at most.

    `rate` is new connections a second to one address after a burst of `burst`; `rate_in_all` the same over
    all addresses, after as many as come in a second.
    """

    connections: int = 64
    connections_per_host: int = 4
    rate: float = 50.0
    burst: int = 64
    rate_in_all: float = 1000.0
    timeout_s: float = 5.0  # for each step: connect, and every wait for the server

    @property
    def burst_in_all(self) -> float:
        """How many may come at once before `rate_in_all` holds."""
        return max(1.0, self.rate_in_all)

    def shares(self, number: int) -> tuple[Limits, ...]:
        """Divide what is limited in all among `number` who scan at a time, or fewer: a connection each.

        An address is only ever visited by one of them, so what is limited per address stays whole.
        """
        number = min(number, self.connections)
        each, more = divmod(self.connections, number)
        return tuple(
            replace(self, connections=each + (place < more), rate_in_all=self.rate_in_all / number)
            for place in range(number)
        )


@dataclass(slots=True)
class _TokenBucket:
    """A burst, then a steady rate."""

    rate: float
    burst: float
    tokens: float = field(init=False)
    refilled: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.burst
        self.refilled = time.monotonic()

    def delay_s(self) -> float:
        """Take one token and return how long to wait before using it."""
        self._refill()
        self.tokens -= 1
        return max(0.0, -self.tokens / self.rate)

    def is_full(self) -> bool:
        """Whether nobody would notice if it were a new one."""
        self._refill()
        return self.tokens >= self.burst

    def _refill(self) -> None:
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.refilled) * self.rate)
        self.refilled = now


@dataclass(slots=True)
class _Address:
    slots: asyncio.Semaphore
    bucket: _TokenBucket
    users: int = 0


class Gate:
    """Lets connections through within limits; belongs to one event loop."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._slots = asyncio.Semaphore(limits.connections)
        self._bucket = _TokenBucket(limits.rate_in_all, limits.burst_in_all)
        self._lending = asyncio.Lock()
        self._addresses: dict[str, _Address] = {}
        self._most = _MOST_REMEMBERED

    @asynccontextmanager
    async def connection(self, address: str) -> AsyncIterator[None]:
        """Wait until one more connection to an address may be made; it is over when this is left."""
        with self._used(address) as limit:
            async with limit.slots:
                # The wait for the rate comes before the slot of the whole run is taken: others may use it.
                await asyncio.sleep(limit.bucket.delay_s())
                async with self._slots:
                    if (delay_s := self._bucket.delay_s()) > 0:
                        await asyncio.sleep(delay_s)
                    yield

    @asynccontextmanager
    async def lend(self, address: str, most: int) -> AsyncIterator[int]:
        """Set connections to an address aside for who makes their own; say how many, `most` at most.

        Nobody else gets those meanwhile. The rate of new connections is the borrower's business.
        """
        number = min(most, self._limits.connections_per_host, self._limits.connections)
        with self._used(address) as limit:
            async with AsyncExitStack() as slots:
                async with self._lending:  # one at a time, else two could wait for each other's half
                    for _ in range(number):
                        await slots.enter_async_context(limit.slots)
                    for _ in range(number):
                        await slots.enter_async_context(self._slots)
                yield number

    @contextmanager
    def _used(self, address: str) -> Iterator[_Address]:
        limit = self._addresses.get(address)
        if limit is None:
            if len(self._addresses) >= self._most:
                self._forget_idle()
            bucket = _TokenBucket(self._limits.rate, self._limits.burst)
            limit = _Address(asyncio.Semaphore(self._limits.connections_per_host), bucket)
            self._addresses[address] = limit
        limit.users += 1
        try:
            yield limit
        finally:
            limit.users -= 1

    def _forget_idle(self) -> None:
        """Drop the addresses whose limits are as good as new; look again when there are twice as many."""
        self._addresses = {
            address: each
            for address, each in self._addresses.items()
            if each.users or not each.bucket.is_full()
        }
        self._most = max(_MOST_REMEMBERED, 2 * len(self._addresses))
