"""What is asked, protocol by protocol, and what of the answer is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from tlsprobe.banners.ntlm import (
    Challenge,
    challenge_in_base64,
    find_challenge,
    negotiate_base64,
    negotiate_message,
)
from tlsprobe.preludes.directory import ber_message
from tlsprobe.preludes.reading import PreludeFailed, Reading
from tlsprobe.tls.stream import Conversation, PeerGone

_MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Said:
    """One thing a server said: where (`http-server`, `ntlm` …), in what words, and the build it names."""

    source: str
    text: str
    build: str = ""


Words = tuple[Said, ...]
Ask = Callable[[str], Conversation[Words]]


def http(host: str, *, ntlm: bool = True) -> Conversation[Words]:
    """GET / (RFC 9110), read as far as the headers: Server, and a challenge if any.

    The NTLM NEGOTIATE_MESSAGE goes with it (MS-NTHT §2.1).
    """
    lines = [
        "GET / HTTP/1.1",
        f"Host: {host}",
        "User-Agent: tlsprobe",
        "Accept: */*",
        *([f"Authorization: NTLM {negotiate_base64()}"] if ntlm else []),
        "Connection: close",
    ]
    request = "\r\n".join([*lines, "", ""])
    headers: list[str] = []
    with suppress(PeerGone, PreludeFailed):  # a server that ends before its headers do has said some
        reading = Reading()
        line = yield from reading.until(b"\n", send=request.encode("ascii", "replace"))
        while line.strip():
            line = yield from reading.until(b"\n")
            headers.append(line.decode("latin-1"))
    return _from_headers(headers)


def http_without_ntlm(host: str) -> Conversation[Words]:
    """The same, without asking for a challenge."""
    return http(host, ntlm=False)


def _from_headers(headers: Iterable[str]) -> Words:
    said: list[Said] = []
    for line in headers:
        name, _, value = line.partition(":")
        name, value = name.strip().casefold(), value.strip()
        if name in ("server", "x-powered-by", "microsoftsharepointteamservices"):
            said.append(Said(f"http-{name}", value[:_MAX_TEXT]))
        elif name == "www-authenticate" and value[:5].casefold() == "ntlm ":
            said += challenged(challenge_in_base64(value[5:]))
    return tuple(said)


def greeting(_host: str = "", reading: Reading | None = None) -> Conversation[Words]:
    """The first line of a server that speaks first, and a goodbye."""
    line = yield from (reading or Reading()).until(b"\n")
    text = line.strip().decode("utf-8", "backslashreplace")
    return (Said("greeting", text[:_MAX_TEXT]),) if text else ()


def smtp(_host: str, reading: Reading | None = None) -> Conversation[Words]:
    """AUTH NTLM (MS-SMTPNTLM §2.2): after EHLO, for whoever lists it."""
    reading = reading or Reading()
    offers = line = yield from reading.until(b"\n", send=b"EHLO tlsprobe.invalid\r\n")
    while line[3:4] == b"-" or line.startswith(b"220"):  # what is left of a greeting, too
        line = yield from reading.until(b"\n")
        offers += line
    if not re.search(rb"^250[- ]AUTH[ =].*\bNTLM\b", offers, re.MULTILINE | re.IGNORECASE):
        return ()
    answer = yield from reading.until(b"\n", send=f"AUTH NTLM {negotiate_base64()}\r\n".encode())
    return challenged(challenge_in_base64(answer[4:].decode("latin-1"))) if answer[:3] == b"334" else ()


def imap(_host: str, reading: Reading | None = None) -> Conversation[Words]:
    """AUTHENTICATE NTLM (RFC 9051 §6.2.2)."""
    return _ask_in_two(b"a1 AUTHENTICATE NTLM\r\n", reading or Reading())


def pop3(_host: str, reading: Reading | None = None) -> Conversation[Words]:
    """AUTH NTLM (RFC 5034)."""
    return _ask_in_two(b"AUTH NTLM\r\n", reading or Reading())


def _ask_in_two(command: bytes, reading: Reading) -> Conversation[Words]:
    """The command first; where the server says `+`, the NEGOTIATE_MESSAGE."""
    answer = yield from reading.until(b"\n", send=command)
    while answer.startswith(b"* "):  # IMAP's news, which may come at any time (RFC 9051 §7)
        answer = yield from reading.until(b"\n")
    if not answer.startswith(b"+"):
        return ()
    answer = yield from reading.until(b"\n", send=f"{negotiate_base64()}\r\n".encode())
    return challenged(challenge_in_base64(answer[1:].decode("latin-1")))


class AskBehind(Protocol):
    """What may be asked on a connection where something was said already."""

    def __call__(self, host: str, reading: Reading | None = None, /) -> Conversation[Words]:
        """Ask; `reading` has what came unasked."""


def after_greeting(ask: AskBehind) -> Ask:
    """Read the greeting first, as where TLS came before everything."""

    def both(host: str) -> Conversation[Words]:
        reading = Reading()
        said = yield from greeting(host, reading)
        return (*said, *(yield from ask(host, reading)))

    return both


def rdp(_host: str) -> Conversation[Words]:
    """CredSSP (MS-CSSP §2.2.1): a TSRequest with the NEGOTIATE_MESSAGE; the answer holds the challenge."""
    token = _der(0x30, _der(0x30, _der(0xA0, _der(0x04, negotiate_message()))))
    request = _der(0x30, _der(0xA0, _der(0x02, b"\x06")) + _der(0xA1, token))
    return challenged(find_challenge((yield from ber_message(Reading(), request))))


# An LDAP search of the entry with the empty name, base scope, for one attribute (RFC 4511 §4.5.1).
_LEVELS = {
    "3": "Windows Server 2008",
    "4": "Windows Server 2008 R2",
    "5": "Windows Server 2012",
    "6": "Windows Server 2012 R2",
    "7": "Windows Server 2016 or later",
    "10": "Windows Server 2025",
}


def ldap(_host: str) -> Conversation[Words]:
    """The rootDSE's domainControllerFunctionality (MS-ADTS §3.1.1.3.2.25): Active Directory names its age."""
    search = _der(0x04, b"") + b"\x0a\x01\x00\x0a\x01\x00\x02\x01\x01\x02\x01\x05\x01\x01\x00"
    search += _der(0x87, b"objectClass") + _der(0x30, _der(0x04, b"domainControllerFunctionality"))
    request = _der(0x30, b"\x02\x01\x01" + _der(0x63, search))
    answer = yield from ber_message(Reading(), request)
    found = re.search(rb"domainControllerFunctionality1.\x04.([0-9]{1,2})", answer, re.DOTALL)
    if found is None:
        return ()
    level = found[1].decode()
    return (Said("ldap-functionality", f"{level}: {_LEVELS.get(level, 'unknown')}"),)


def challenged(challenge: Challenge | None) -> Words:
    """What a challenge says; nothing where there is none."""
    if challenge is None:
        return ()
    return (Said("ntlm", challenge.target[:_MAX_TEXT], challenge.build),)


def _der(tag: int, body: bytes) -> bytes:
    if len(body) < 128:
        return bytes((tag, len(body))) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + body
