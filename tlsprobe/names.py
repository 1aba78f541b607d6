"""Names to addresses: each name is looked up once, many at a time, and what is excluded is left out."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from tlsprobe.selection import Selection
from tlsprobe.target import Target

R = TypeVar("R")
# A resolver that has given no answer by then has given up too, or will not.
LOOK_UP_TIMEOUT_S = 10.0
# Look-ups at a time: enough that a few names whose servers are dead hold up nobody else's.
LOOK_UPS = 64
# A run can take a night, and a name can move: what was learned is used again for ten minutes.
REMEMBERED_S = 600.0
REMEMBERED_NAMES = 4096
# With `all_ips` a name is scanned at each of its addresses, or at none where they are more: large services
# have dozens, and whoever has the name could make us scan anybody's network.
MAX_ADDRESSES = 256
# Without it the addresses are tried in turn until one answers, and no more than these.
MAX_TRIED = 16


class NoAddress(Exception):
    """There is nothing to connect to; `reason` is a stable id: dns, excluded or too-many-addresses."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Names:
    """The addresses of names, as the system's resolver has them; belongs to one event loop."""

    def __init__(
        self,
        *,
        family: socket.AddressFamily = socket.AF_UNSPEC,
        selection: Selection | None = None,
        timeout_s: float = LOOK_UP_TIMEOUT_S,
    ) -> None:
        self._family = family
        self._selection = selection
        self._timeout_s = timeout_s
        self._turns = asyncio.Semaphore(LOOK_UPS)
        self._known: dict[str, tuple[float, asyncio.Task[tuple[str, ...]]]] = {}

    async def allowed(self, target: Target) -> tuple[str, ...]:
        """Return the addresses of a target that may be connected to, in the system's order.

        If there are some and none may be, NoAddress says `excluded`. Of a target that is pinned to one
        address there is no other, and nothing is looked up.
        """
        addresses = await self.every(target)
        allowed = tuple(each for each in addresses if self._allows(each, target))
        if not allowed:
            raise NoAddress("excluded", self._why_not(addresses, target))
        return allowed

    async def every(self, target: Target) -> tuple[str, ...]:
        """Return every address of a target, those included that are excluded; raise NoAddress (dns)."""
        if target.address is not None:
            return (target.address,)
        return await self.look_up(target.host)

    async def look_up(self, host: str) -> tuple[str, ...]:
        """Return every address that a host has; raise NoAddress (dns)."""
        if self._family is socket.AF_UNSPEC and is_address(host):
            return (host,)
        known = self._known.get(host)
        if known is None or known[0] < time.monotonic():
            task = asyncio.create_task(self._ask(host))
            self._known[host] = known = (time.monotonic() + REMEMBERED_S, task)
            if len(self._known) > REMEMBERED_NAMES:
                del self._known[next(iter(self._known))]
        # Several rows may wait for one name: who gives up must not take the answer from the others.
        return await asyncio.shield(known[1])

    async def _ask(self, host: str) -> tuple[str, ...]:
        look_up = partial(socket.getaddrinfo, host, None, family=self._family, type=socket.SOCK_STREAM)
        found = None
        try:
            async with self._turns, asyncio.timeout(self._timeout_s):
                found = await _in_daemon_thread(look_up)
        except TimeoutError:
            raise NoAddress("dns", "the name server does not answer") from None
        except (socket.gaierror, UnicodeError) as error:
            text = error.strerror if isinstance(error, socket.gaierror) else str(error)
            raise NoAddress("dns", str(text)) from None
        finally:
            if not found:  # what failed may work for the next who asks
                self._known.pop(host, None)
        if not found:
            raise NoAddress("dns", "the name has no address")
        addresses = dict.fromkeys(str(info[4][0]) for info in found)
        if not any(map(_may_be_a_server, addresses)):
            detail = f"the name points to {next(iter(addresses))}, which is no server's"
            raise NoAddress("dns", detail)
        return tuple(filter(_may_be_a_server, addresses))

    def _allows(self, address: str, target: Target) -> bool:
        return self._selection is None or self._selection.allows_address(address, target=target)

    def _why_not(self, addresses: tuple[str, ...], target: Target) -> str:
        if self._selection is None:
            return ""
        decided = ((each, self._selection.decide_address(each, target=target)) for each in addresses)
        return "; ".join(f"{address}: {decision.reason}" for address, decision in decided)


def is_address(host: str) -> bool:
    """Whether there is nothing to look up."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _may_be_a_server(address: str) -> bool:
    """Whether it is none of those for "this machine" or "all": filters answer so for blocked names."""
    parsed = ipaddress.ip_address(address)
    return not (parsed.is_unspecified or parsed.is_multicast or address == "255.255.255.255")


async def _in_daemon_thread(work: Callable[[], R]) -> R:
    """Run what may hang, as a look-up of a name can, in a thread of its own that nobody waits for.

    A pool would keep other names behind those that hang, and the interpreter waits for a pool at its end.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[R] = loop.create_future()

    def settle(result: Callable[[], None]) -> None:
        if not done.done():  # else it was given up
            result()

    def thread() -> None:
        try:
            result = partial(done.set_result, work())
        except Exception as error:
            result = partial(done.set_exception, error)
        with suppress(RuntimeError):  # the loop is closed: the run is over
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=thread, name="names", daemon=True).start()
    return await done
