"""Through a proxy: HTTP CONNECT and SOCKS5, as conversations that say how many bytes they want.

What comes behind the proxy's answer is the server's, so not a byte too many may be read.
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import unquote, urlsplit

R = TypeVar("R")
# Yields what to send and how many bytes are wanted then; is sent just that many.
Exact = Generator[tuple[bytes, int], bytes, R]

_MAX_ANSWER = 16 * 1024
_DEFAULT_PORTS = {"http": 8080, "socks5": 1080}
_MAX_SOCKS_LOGIN = 255  # RFC 1929 §2
# RFC 1928 §6.
_SOCKS_REPLIES = {
    1: "general failure",
    2: "not allowed by its rules",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "TTL expired",
    7: "command not supported",
    8: "address type not supported",
}


class ProxyError(Exception):
    """The proxy let nobody through; `reason` is a stable id, `detail` what it said."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where the proxy is and who we are to it. The password is in no text of this object."""

    kind: str  # http or socks5
    host: str
    port: int
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        who = f"{self.user}:…@" if self.user else ""
        return f"{self.kind}://{who}{self.host}:{self.port}"


def parse_proxy(url: str) -> Proxy:
    """Read `http://user:password@host:port` or `socks5://…`. Raises ValueError that says no secret."""
    try:
        url.encode()  # an argument that is no UTF-8 could not be sent as a password either
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("a proxy is written http://host:port or socks5://host:port") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.path.strip("/"):
        raise ValueError("a proxy is written http://host:port or socks5://host:port")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if parts.scheme == "socks5" and max(len(user.encode()), len(password.encode())) > _MAX_SOCKS_LOGIN:
        raise ValueError(f"SOCKS5 has room for {_MAX_SOCKS_LOGIN} bytes of a user, and of a password")
    return Proxy(
        kind=parts.scheme,
        host=parts.hostname,
        port=port or _DEFAULT_PORTS[parts.scheme],
        user=user,
        password=password,
    )


def through(proxy: Proxy, host: str, port: int) -> Exact[None]:
    """Ask the proxy for a connection; return when the next byte is the server's. Raises ProxyError."""
    return _connect(proxy, host, port) if proxy.kind == "http" else _socks5(proxy, host, port)


def _connect(proxy: Proxy, host: str, port: int) -> Exact[None]:
    """HTTP CONNECT (RFC 9110 §9.3.6), Basic authentication (RFC 7617)."""
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if proxy.user:
        secret = base64.b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {secret}")
    send = "\r\n".join([*lines, "", ""]).encode("ascii")
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += yield send, 1
        send = b""
        if len(head) > _MAX_ANSWER:
            raise ProxyError("proxy-failed", "an endless answer")
    status = head.split(b"\r\n", 1)[0].decode("latin-1")
    words = status.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/1."):
        raise ProxyError("proxy-failed", status[:100])
    if words[1] == "407":
        raise ProxyError("proxy-authentication", status[:100])
    if not words[1].startswith("2"):
        raise ProxyError("proxy-refused", status[:100])


def _socks5(proxy: Proxy, host: str, port: int) -> Exact[None]:
    """SOCKS5 (RFC 1928), user name and password (RFC 1929)."""
    methods = b"\x00\x02" if proxy.user else b"\x00"
    version, method = yield bytes((5, len(methods))) + methods, 2
    if version != 5:
        raise ProxyError("proxy-failed", "it does not speak SOCKS5")
    if method == 2 and proxy.user:
        user, password = proxy.user.encode(), proxy.password.encode()
        login = bytes((1, len(user))) + user + bytes((len(password),)) + password
        if (yield login, 2)[1] != 0:
            raise ProxyError("proxy-authentication", "it does not take this user and password")
    elif method != 0:
        raise ProxyError("proxy-authentication", "it wants a user and a password")
    _, reply, _, kind = yield b"\x05\x01\x00" + _address(host) + port.to_bytes(2, "big"), 4
    if reply != 0:
        said = _SOCKS_REPLIES.get(reply, f"reply {reply}")
        raise ProxyError("proxy-refused", said)
    bound = {1: 4, 4: 16}.get(kind) or (yield b"", 1)[0]
    yield b"", bound + 2


def _address(host: str) -> bytes:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.encode("idna")
        return bytes((3, len(name))) + name
    return bytes((1 if address.version == 4 else 4,)) + address.packed
