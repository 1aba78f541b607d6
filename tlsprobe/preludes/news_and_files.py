"""NNTP and FTP: a number at the start of each reply, and one command for TLS."""

from __future__ import annotations

from tlsprobe.preludes.reading import Reading, not_offered, refused
from tlsprobe.tls.stream import Conversation


def nntp() -> Conversation[None]:
    """NNTP STARTTLS (RFC 4642 §2.2); 500 is an unknown command, 502 one not to be had (RFC 3977 §3.2.1)."""
    reading = Reading()
    greeting = yield from reading.line()
    if not greeting.startswith(("200", "201")):
        raise refused(greeting)
    reply = yield from reading.line(send=b"STARTTLS\r\n")
    _require(reply, "382", unknown=("500", "501", "503"))
    reading.end()


def ftp() -> Conversation[None]:
    """FTP AUTH TLS (RFC 4217 §4); 500, 502 and 504 are commands not known (RFC 959 §4.2.1)."""
    reading = Reading()
    _require((yield from _ftp_reply(reading, b"")), "220")
    reply = yield from _ftp_reply(reading, b"AUTH TLS\r\n")
    _require(reply, "234", unknown=("500", "502", "504"))
    reading.end()


def _ftp_reply(reading: Reading, command: bytes) -> Conversation[str]:
    """Read a reply to its last line: the number of the first and a space (RFC 959 §4.2)."""
    line = first = yield from reading.line(send=command)
    while first[3:4] == "-" and not line.startswith(f"{first[:3]} "):
        line = yield from reading.line()
    return line


def _require(reply: str, wanted: str, *, unknown: tuple[str, ...] = ()) -> None:
    if reply.startswith(unknown):
        raise not_offered(reply)
    if not reply.startswith(wanted):
        raise refused(reply)
