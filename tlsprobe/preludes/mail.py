"""Mail: SMTP, LMTP, IMAP, POP3 and ManageSieve."""

from __future__ import annotations

import re

from tlsprobe.preludes.reading import Reading, not_offered, refused
from tlsprobe.tls.stream import Conversation

_LITERAL = re.compile(r"\{([0-9]{1,5})\}\Z")


def smtp() -> Conversation[None]:
    """SMTP STARTTLS (RFC 3207): greeting, EHLO, STARTTLS."""
    return _smtp_by("EHLO")


def lmtp() -> Conversation[None]:
    """LMTP is SMTP with LHLO in EHLO's place (RFC 2033 §4.1)."""
    return _smtp_by("LHLO")


def _smtp_by(hello: str) -> Conversation[None]:
    reading = Reading()
    yield from _smtp_reply(reading, b"", "220")
    offers = yield from _smtp_reply(reading, f"{hello} tlsprobe.invalid\r\n".encode(), "250")
    if not any(offer[4:].strip().upper() == "STARTTLS" for offer in offers):
        raise not_offered(f"{hello} does not list STARTTLS")
    yield from _smtp_reply(reading, b"STARTTLS\r\n", "220")
    reading.end()


def _smtp_reply(reading: Reading, command: bytes, wanted: str) -> Conversation[list[str]]:
    """Send a command and read its reply, which may have many lines (RFC 5321 §4.2.1)."""
    reply = [(yield from reading.line(send=command))]
    while reply[-1][3:4] == "-":
        reply.append((yield from reading.line()))
    if not reply[-1].startswith(wanted):
        raise refused(reply[-1])
    return reply


def imap() -> Conversation[None]:
    """IMAP STARTTLS (RFC 9051 §6.2.1)."""
    reading = Reading()
    greeting = yield from reading.line()
    if not greeting.upper().startswith("* OK"):
        raise refused(greeting)
    reply = yield from reading.line(send=b"a1 STARTTLS\r\n")
    while reply.startswith("*"):
        reply = yield from reading.line()
    if not reply.lower().startswith("a1 ok"):
        raise refused(reply)
    reading.end()


def pop3() -> Conversation[None]:
    """POP3 STLS (RFC 2595 §4)."""
    reading = Reading()
    for command in (b"", b"STLS\r\n"):
        reply = yield from reading.line(send=command)
        if not reply.startswith("+OK"):
            raise refused(reply)
    reading.end()


def sieve() -> Conversation[None]:
    """ManageSieve STARTTLS (RFC 5804 §2.2): the greeting lists what the server can do."""
    reading = Reading()
    offers = yield from _sieve_reply(reading, b"")
    if not any(offer.strip().upper() == '"STARTTLS"' for offer in offers):
        raise not_offered("the greeting does not list STARTTLS")
    yield from _sieve_reply(reading, b"STARTTLS\r\n")
    reading.end()


def _sieve_reply(reading: Reading, command: bytes) -> Conversation[list[str]]:
    """Read lines up to OK; NO and BYE refuse. A text may stand as {size} and then itself (§1.2)."""
    lines = []
    line = yield from reading.line(send=command)
    while not re.match(r"(?i)(ok|no|bye)\b", line):
        lines.append(line)
        yield from _skip_literals(reading, line)
        line = yield from reading.line()
    if not line.lower().startswith("ok"):
        raise refused(line)
    yield from _skip_literals(reading, line)
    return lines


def _skip_literals(reading: Reading, line: str) -> Conversation[None]:
    while literal := _LITERAL.search(line):
        yield from reading.take(int(literal[1]))
        line = yield from reading.line()
