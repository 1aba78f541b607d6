"""STARTTLS: what is said in plain text before TLS, as conversations.

Each is a generator like those of tlsprobe.tls: it yields bytes to send and is sent the bytes received. It
returns when the next byte may be a ClientHello and raises PreludeFailed when there will be none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tlsprobe.inventory import StartTls
from tlsprobe.tls.stream import Conversation, PeerGone

MAX_REPLY = 64 * 1024  # an EHLO or CAPABILITY reply is a few hundred bytes

Prelude = Callable[[], Conversation[None]]


class PreludeFailed(Exception):
    """No TLS behind this greeting; `reason` is a stable id, `detail` what the server said (hostile text)."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class _Lines:
    """Reads lines; what was received but not asked for is kept for the next line."""

    def __init__(self) -> None:
        self._buffer = b""
        self._received = 0

    def read(self, *, send: bytes = b"") -> Conversation[str]:
        # A server may have said more than was asked: what there is to send goes out all the same.
        while send or b"\n" not in self._buffer:
            data = yield send
            send = b""
            if not data:
                raise PeerGone("closed")
            self._buffer += data
            self._received += len(data)
            if self._received > MAX_REPLY:
                raise PreludeFailed("starttls-failed", "an endless greeting")
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r").decode("utf-8", "backslashreplace")

    def end(self) -> None:
        """Refuse plain text behind the go-ahead: it would be taken for TLS (CVE-2011-0411)."""
        if self._buffer:
            raise PreludeFailed("starttls-failed", "plain text after the go-ahead")


def smtp() -> Conversation[None]:
    """SMTP STARTTLS (RFC 3207): greeting, EHLO, STARTTLS."""
    lines = _Lines()
    yield from _smtp_reply(lines, b"", "220")
    offers = yield from _smtp_reply(lines, b"EHLO tlsprobe.invalid\r\n", "250")
    if not any(offer[4:].strip().upper() == "STARTTLS" for offer in offers):
        raise PreludeFailed("starttls-not-offered", "EHLO does not list STARTTLS")
    yield from _smtp_reply(lines, b"STARTTLS\r\n", "220")
    lines.end()


def _smtp_reply(lines: _Lines, command: bytes, wanted: str) -> Conversation[list[str]]:
    """Send a command and read its reply, which may have many lines (RFC 5321 §4.2.1)."""
    reply = [(yield from lines.read(send=command))]
    while reply[-1][3:4] == "-":
        reply.append((yield from lines.read()))
    if not reply[-1].startswith(wanted):
        raise PreludeFailed("starttls-refused", reply[-1][:200])
    return reply


def imap() -> Conversation[None]:
    """IMAP STARTTLS (RFC 9051 §6.2.1)."""
    lines = _Lines()
    greeting = yield from lines.read()
    if not greeting.upper().startswith("* OK"):
        raise PreludeFailed("starttls-refused", greeting[:200])
    reply = yield from lines.read(send=b"a1 STARTTLS\r\n")
    while reply.startswith("*"):
        reply = yield from lines.read()
    if not reply.lower().startswith("a1 ok"):
        raise PreludeFailed("starttls-refused", reply[:200])
    lines.end()


def pop3() -> Conversation[None]:
    """POP3 STLS (RFC 2595 §4)."""
    lines = _Lines()
    for command in (b"", b"STLS\r\n"):
        reply = yield from lines.read(send=command)
        if not reply.startswith("+OK"):
            raise PreludeFailed("starttls-refused", reply[:200])
    lines.end()


def postgres() -> Conversation[None]:
    """PostgreSQL SSLRequest: eight bytes out, one back (PostgreSQL manual, Message Formats)."""
    answer = yield (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
    if not answer:
        raise PeerGone("closed")
    if answer[:1] == b"N":
        raise PreludeFailed("starttls-not-offered", "the server answers N: built or configured without TLS")
    if answer != b"S":
        raise PreludeFailed("starttls-failed", repr(answer[:64]))


_PRELUDES: Mapping[StartTls, Prelude] = {
    StartTls.SMTP: smtp,
    StartTls.IMAP: imap,
    StartTls.POP3: pop3,
    StartTls.POSTGRES: postgres,
}

# What `starttls = auto` means, by IANA's port numbers; every other port is TLS from the first byte.
_BY_PORT: Mapping[int, StartTls] = {
    21: StartTls.FTP,
    25: StartTls.SMTP,
    110: StartTls.POP3,
    119: StartTls.NNTP,
    143: StartTls.IMAP,
    389: StartTls.LDAP,
    587: StartTls.SMTP,
    1433: StartTls.MSSQL,
    3306: StartTls.MYSQL,
    3389: StartTls.RDP,
    4190: StartTls.SIEVE,
    5222: StartTls.XMPP,
    5269: StartTls.XMPP_SERVER,
    5432: StartTls.POSTGRES,
}


def resolve_auto(starttls: StartTls, port: int) -> StartTls:
    """Return the protocol that `auto` stands for on this port."""
    return _BY_PORT.get(port, StartTls.NONE) if starttls is StartTls.AUTO else starttls


def prelude_for(starttls: StartTls, port: int) -> Prelude | None:
    """Return the conversation to have before TLS, None where there is none.

    Raises PreludeFailed with `starttls-not-supported` for a protocol that is not built yet.
    """
    protocol = resolve_auto(starttls, port)
    if protocol is StartTls.NONE:
        return None
    if protocol not in _PRELUDES:
        raise PreludeFailed("starttls-not-supported", f"STARTTLS for {protocol.value} is not built yet")
    return _PRELUDES[protocol]
