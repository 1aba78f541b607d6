"""The only sockets: names to addresses, connections within their limits, and conversations over them."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from tlsprobe.inventory import Target
from tlsprobe.preludes import Prelude
from tlsprobe.proxies import Exact, Proxy, ProxyError, through
from tlsprobe.selection import Selection
from tlsprobe.tls.stream import Conversation, Parting, PeerGone

R = TypeVar("R")
RECEIVE_SIZE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How much at a time. `rate` is new connections a second and address, after a burst of `burst`."""

    connections: int = 64
    connections_per_host: int = 4
    rate: float = 50.0
    burst: int = 64
    timeout_s: float = 5.0  # for each step: connect, and every wait for the server


class DialError(Exception):
    """No connection; `reason` is a stable id."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


@dataclass(slots=True)
class _TokenBucket:
    """New connections to one address: a burst, then a steady rate."""

    rate: float
    burst: int
    tokens: float = field(init=False)
    refilled: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = float(self.burst)
        self.refilled = time.monotonic()

    def delay_s(self) -> float:
        """Take one token and return how long to wait before using it."""
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.refilled) * self.rate)
        self.refilled = now
        self.tokens -= 1
        return max(0.0, -self.tokens / self.rate)


@dataclass(slots=True)
class _AddressLimit:
    slots: asyncio.Semaphore
    bucket: _TokenBucket


class Dialer:
    """Makes connections within the limits of one run; belongs to one event loop."""

    def __init__(
        self,
        limits: Limits,
        *,
        family: socket.AddressFamily = socket.AF_UNSPEC,
        selection: Selection | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        self.limits = limits
        self._proxy = proxy
        self._family = family
        self._selection = selection
        self._slots = asyncio.Semaphore(limits.connections)
        self._lending = asyncio.Lock()
        self._by_address: dict[str, _AddressLimit] = {}

    async def resolve(self, target: Target) -> tuple[str, ...]:
        """Return the addresses of a target, in the system's order; raise DialError.

        An address that the selection excludes is left out; if none is left the reason is `excluded`. Of a
        target that is pinned to one address there is no other, and nothing is looked up.
        """
        if target.address is not None:
            return self._allowed((target.address,), target)
        return self._allowed(await self.look_up(target), target)

    async def look_up(self, target: Target) -> tuple[str, ...]:
        """Return every address of a target's host, those included that are excluded; raise DialError."""
        if self._family is socket.AF_UNSPEC and is_address(target.host):
            return (target.host,)
        look_up = partial(
            socket.getaddrinfo, target.host, target.port, family=self._family, type=socket.SOCK_STREAM
        )
        try:
            async with asyncio.timeout(max(self.limits.timeout_s, 10.0)):
                found = await _in_daemon_thread(look_up)
        except TimeoutError:
            raise DialError("dns", "the name server does not answer") from None
        except (socket.gaierror, UnicodeError) as error:
            text = error.strerror if isinstance(error, socket.gaierror) else str(error)
            raise DialError("dns", str(text)) from None
        if not found:
            raise DialError("dns", "the name has no address")
        return tuple(dict.fromkeys(str(info[4][0]) for info in found))

    def _allowed(self, addresses: tuple[str, ...], target: Target) -> tuple[str, ...]:
        allowed = tuple(each for each in addresses if self._allows(each, target))
        if not allowed:
            raise DialError("excluded", self._why_not(addresses, target))
        return allowed

    def _why_not(self, addresses: tuple[str, ...], target: Target) -> str:
        if self._selection is None:
            return ""
        decided = ((each, self._selection.decide_address(each, target=target)) for each in addresses)
        return "; ".join(f"{address}: {decision.reason}" for address, decision in decided)

    def _allows(self, address: str, target: Target) -> bool:
        return self._selection is None or self._selection.allows_address(address, target=target)

    async def converse(
        self,
        address: str,
        port: int,
        conversation: Conversation[R],
        *,
        prelude: Prelude | None = None,
        silence_s: float | None = None,
        in_thread: bool = False,
    ) -> tuple[R, float]:
        """Connect, have the prelude, then the conversation; return its result and its seconds.

        `silence_s` is how long the conversation waits for the server (default: the step timeout).
        `in_thread` runs its steps beside the event loop, for those that compute for milliseconds. Raises
        DialError where there is no connection, PeerGone and PreludeFailed from the prelude.
        """
        timeout_s = self.limits.timeout_s
        async with self._connected(address, port) as connection:
            if prelude is not None:
                await _play(prelude.converse(), connection, timeout_s, in_thread=False)
                conversation = prelude.carry(conversation)
            started = time.monotonic()
            result = await _play(conversation, connection, silence_s or timeout_s, in_thread=in_thread)
            return result, time.monotonic() - started

    @asynccontextmanager
    async def lend(self, address: str, most: int) -> AsyncIterator[int]:
        """Set connections to an address aside for who makes their own; say how many, `most` at most.

        Nobody else gets those meanwhile. The rate of new connections is the borrower's business.
        """
        number = min(most, self.limits.connections_per_host, self.limits.connections)
        async with AsyncExitStack() as slots:
            async with self._lending:  # one at a time, else two could wait for each other's half
                for _ in range(number):
                    await slots.enter_async_context(self._limit(address).slots)
                for _ in range(number):
                    await slots.enter_async_context(self._slots)
            yield number

    def _limit(self, address: str) -> _AddressLimit:
        limit = self._by_address.get(address)
        if limit is None:
            limits = self.limits
            limit = _AddressLimit(
                asyncio.Semaphore(limits.connections_per_host), _TokenBucket(limits.rate, limits.burst)
            )
            self._by_address[address] = limit
        return limit

    @asynccontextmanager
    async def _connected(self, address: str, port: int) -> AsyncIterator[socket.socket]:
        limit = self._limit(address)
        async with limit.slots:
            # The wait for the rate comes before the slot of the whole run is taken: others may use it.
            await asyncio.sleep(limit.bucket.delay_s())
            async with self._slots:
                connection = await self._reach(address, port)
                try:
                    yield connection
                finally:
                    connection.close()

    async def _reach(self, address: str, port: int) -> socket.socket:
        """Connect to a server, through the proxy where there is one."""
        timeout_s = self.limits.timeout_s
        if self._proxy is None:
            return await _connect(address, port, timeout_s)
        try:
            connection = await _connect(await self._proxy_address(self._proxy), self._proxy.port, timeout_s)
        except DialError as error:
            raise DialError("proxy-unreachable", f"{self._proxy}: {error}") from None
        try:
            await _ask_exactly(through(self._proxy, address, port), connection, timeout_s)
        except ProxyError as error:
            connection.close()
            raise DialError(error.reason, error.detail) from None
        except BaseException:
            connection.close()
            raise
        return connection

    async def _proxy_address(self, proxy: Proxy) -> str:
        if is_address(proxy.host):
            return proxy.host
        look_up = partial(socket.getaddrinfo, proxy.host, proxy.port, type=socket.SOCK_STREAM)
        try:
            async with asyncio.timeout(max(self.limits.timeout_s, 10.0)):
                found = await _in_daemon_thread(look_up)
        except (TimeoutError, OSError, UnicodeError) as error:
            raise DialError("dns", str(error)) from None
        return str(found[0][4][0])


async def _ask_exactly(conversation: Exact[None], connection: socket.socket, timeout_s: float) -> None:
    """Drive a conversation that says how many bytes it wants: what follows them stays to be read."""
    loop = asyncio.get_running_loop()
    try:
        send, wanted = next(conversation)
        while True:
            async with asyncio.timeout(timeout_s):
                if send:
                    await loop.sock_sendall(connection, send)
                received = b""
                while len(received) < wanted:
                    more = await loop.sock_recv(connection, wanted - len(received))
                    if not more:
                        raise ProxyError("proxy-failed", "it closed the connection")
                    received += more
            send, wanted = conversation.send(received)
    except StopIteration:
        return
    except TimeoutError:
        raise ProxyError("proxy-failed", f"no answer within {timeout_s:g} s") from None
    except OSError as error:
        raise ProxyError("proxy-failed", error.strerror or str(error)) from None


def is_address(host: str) -> bool:
    """Whether there is nothing to look up."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


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


async def _connect(address: str, port: int, timeout_s: float) -> socket.socket:
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        connection = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise DialError("no-file-descriptors", str(error)) from None
    try:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with asyncio.timeout(timeout_s):
            await loop.sock_connect(connection, (address, port))
    except TimeoutError:
        connection.close()
        raise DialError("timeout", f"no connection within {timeout_s:g} s") from None
    except OSError as error:
        connection.close()
        # asyncio puts words of its own into strerror.
        said = os.strerror(error.errno) if error.errno else str(error)
        raise DialError(_reason(error), said) from None
    except BaseException:
        connection.close()
        raise
    return connection


def _reason(error: OSError) -> str:
    if error.errno == errno.ECONNREFUSED:
        return "refused"
    if error.errno == errno.ECONNRESET:
        return "reset"
    return "no-route"


@dataclass(frozen=True, slots=True)
class _Returned(Generic[R]):
    """A generator's return value: StopIteration cannot cross into a thread and back."""

    value: R


async def _play(
    conversation: Conversation[R], connection: socket.socket, timeout_s: float, *, in_thread: bool
) -> R:
    """Drive a conversation over a socket: the one loop between generators and the network."""
    resume: Callable[[], bytes] = partial(next, conversation)
    while True:
        step = partial(_advance, conversation, resume)
        outgoing = await asyncio.to_thread(step) if in_thread else step()
        if isinstance(outgoing, _Returned):
            return outgoing.value
        try:
            received = await _exchange(connection, outgoing, timeout_s)
        except PeerGone as gone:
            resume = partial(conversation.throw, gone)
        else:
            resume = partial(conversation.send, received)


def _advance(conversation: Conversation[R], resume: Callable[[], bytes]) -> bytes | _Returned[R]:
    try:
        return resume()
    except StopIteration as end:
        return _Returned(end.value)


async def _exchange(connection: socket.socket, outgoing: bytes, timeout_s: float) -> bytes:
    """Send, then wait for an answer; an error in sending still leaves an alert to be read."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            if outgoing:
                with suppress(ConnectionError):
                    await loop.sock_sendall(connection, outgoing)
            if isinstance(outgoing, Parting):
                return b""
            return await loop.sock_recv(connection, RECEIVE_SIZE)
    except TimeoutError:
        raise PeerGone("silent") from None
    except OSError:
        raise PeerGone("reset") from None
