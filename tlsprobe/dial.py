"""The only sockets: connections within their limits, and conversations over them."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from tlsprobe.limits import Gate, Limits
from tlsprobe.names import Names, NoAddress
from tlsprobe.preludes import Prelude
from tlsprobe.proxies import Exact, Proxy, ProxyError, through
from tlsprobe.tls.stream import Conversation, Parting, PeerGone

R = TypeVar("R")
RECEIVE_SIZE = 64 * 1024


class DialError(Exception):
    """No connection; `reason` is a stable id."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Dialer:
    """Makes connections within the limits of one run; belongs to one event loop."""

    def __init__(self, limits: Limits, *, proxy: Proxy | None = None) -> None:
        self.limits = limits
        self.gate = Gate(limits)
        self._proxy = proxy
        self._names = Names()

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
        async with self.gate.connection(address):
            with await self._reach(address, port) as connection:
                if prelude is not None:
                    await _play(prelude.converse(), connection, timeout_s, in_thread=False)
                    conversation = prelude.carry(conversation)
                started = time.monotonic()
                result = await _play(conversation, connection, silence_s or timeout_s, in_thread=in_thread)
                return result, time.monotonic() - started

    async def _reach(self, address: str, port: int) -> socket.socket:
        """Connect to a server, through the proxy where there is one."""
        timeout_s = self.limits.timeout_s
        if self._proxy is None:
            return await _connect(address, port, timeout_s)
        try:
            proxy_address, *_ = await self._names.look_up(self._proxy.host)
            connection = await _connect(proxy_address, self._proxy.port, timeout_s)
        except (DialError, NoAddress) as error:
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


async def _connect(address: str, port: int, timeout_s: float) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        connection = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise DialError("no-file-descriptors", str(error)) from None
    try:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await _establish(connection, address, port, timeout_s)
    except TimeoutError:
        connection.close()
        raise DialError("timeout", f"no connection within {timeout_s:g} s") from None
    except OSError as error:
        connection.close()
        raise DialError(_reason(error), error.strerror or str(error)) from None
    except BaseException:
        connection.close()
        raise
    return connection


async def _establish(connection: socket.socket, address: str, port: int, timeout_s: float) -> None:
    failed = connection.connect_ex((address, port))
    if failed == errno.EINPROGRESS:
        await _until_writable(connection, timeout_s)
        failed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if failed:
        raise OSError(failed, os.strerror(failed))


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
    try:
        with suppress(ConnectionError):
            await _send(connection, outgoing, timeout_s)
        if isinstance(outgoing, Parting):
            return b""
        return await _receive(connection, timeout_s)
    except TimeoutError:
        raise PeerGone("silent") from None
    except OSError:
        raise PeerGone("reset") from None


# What follows waits and times out in one. The loop's own sock_connect and sock_recv inside asyncio.timeout do
# the same, but a tenth of a scan's time would be theirs.


async def _send(connection: socket.socket, outgoing: bytes, timeout_s: float) -> None:
    unsent = memoryview(outgoing)
    while unsent:
        try:
            unsent = unsent[connection.send(unsent) :]
        except BlockingIOError:
            await _until_writable(connection, timeout_s)


async def _receive(connection: socket.socket, timeout_s: float) -> bytes:
    loop = asyncio.get_running_loop()
    while True:
        # Nothing is tried before: right behind what was sent, no answer is there yet.
        await _until(connection, loop.add_reader, loop.remove_reader, timeout_s)
        with suppress(BlockingIOError):
            return connection.recv(RECEIVE_SIZE)


async def _until_writable(connection: socket.socket, timeout_s: float) -> None:
    loop = asyncio.get_running_loop()
    await _until(connection, loop.add_writer, loop.remove_writer, timeout_s)


async def _until(
    connection: socket.socket,
    watch: Callable[..., object],
    forget: Callable[[int], object],
    timeout_s: float,
) -> None:
    """Wait until a loop that was told to watch a socket says that it is ready; raise TimeoutError."""
    loop, number = asyncio.get_running_loop(), connection.fileno()
    ready: asyncio.Future[bool] = loop.create_future()
    watch(number, _settle, ready, True)
    timer = loop.call_later(timeout_s, _settle, ready, False)
    try:
        if not await ready:
            raise TimeoutError
    finally:
        timer.cancel()
        forget(number)


def _settle(future: asyncio.Future[bool], result: bool) -> None:
    if not future.done():
        future.set_result(result)
