"""NTLM, as far as a stranger gets: ask for a challenge, and read the version in it (MS-NLMP §2.2.1).

Any Windows service that takes NTLM answers so, and its challenge names the build of the Windows behind it.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from tlsprobe.tls.codec import DecodeError, Reader

SIGNATURE = b"NTLMSSP\x00"
_NEGOTIATE, _CHALLENGE = 1, 2
_NEGOTIATE_VERSION = 0x02000000
# UNICODE, OEM, REQUEST_TARGET, NTLM, ALWAYS_SIGN, EXTENDED_SESSIONSECURITY, VERSION, 128, 56
_FLAGS = 0xA2088207
_MAX_TOKEN = 16 * 1024


def negotiate_message() -> bytes:
    """Return a NEGOTIATE_MESSAGE without a domain, a workstation or a name (MS-NLMP §2.2.1.1)."""
    empty = (0).to_bytes(2, "little") * 2 + (40).to_bytes(4, "little")
    version = bytes((10, 0)) + (0).to_bytes(2, "little") + bytes(3) + bytes((15,))
    return (
        SIGNATURE + _NEGOTIATE.to_bytes(4, "little") + _FLAGS.to_bytes(4, "little") + empty + empty + version
    )


def negotiate_base64() -> str:
    """Return the same as HTTP and mail protocols send it."""
    return base64.b64encode(negotiate_message()).decode()


@dataclass(frozen=True, slots=True)
class Challenge:
    """CHALLENGE_MESSAGE (MS-NLMP §2.2.1.2): who answered, and the build of its Windows, `6.3.9600`.

    Samba and others answer too, with a version that they make up: `build` is what is said.
    """

    target: str
    build: str

    @classmethod
    def parse(cls, data: bytes) -> Challenge:
        """Read a message that begins with its signature; DecodeError where it is none."""
        reader = Reader(data)
        if reader.take(8) != SIGNATURE or _little(reader.take(4)) != _CHALLENGE:
            raise DecodeError("no NTLM challenge")
        length, _, offset = _little(reader.take(2)), reader.take(2), _little(reader.take(4))
        flags = _little(reader.take(4))
        reader.take(8 + 8 + 8)  # the challenge itself, reserved, the fields of TargetInfo
        if not flags & _NEGOTIATE_VERSION:
            raise DecodeError("an NTLM challenge without a version")
        major, minor, build = reader.uint(1), reader.uint(1), _little(reader.take(2))
        target = data[offset : offset + length].decode("utf-16-le", "replace")
        return cls(target=target, build=f"{major}.{minor}.{build}")


def find_challenge(data: bytes) -> Challenge | None:
    """Find a challenge anywhere in an answer: CredSSP and TDS wrap it. None where there is none."""
    at = data.find(SIGNATURE)
    if at < 0:
        return None
    try:
        return Challenge.parse(data[at : at + _MAX_TOKEN])
    except DecodeError:
        return None


def challenge_in_base64(text: str) -> Challenge | None:
    """Read a challenge from the token of a text protocol; None where it is none."""
    token = re.match(r"[A-Za-z0-9+/]+={0,2}", text.strip())
    if token is None or len(token[0]) > _MAX_TOKEN:
        return None
    try:
        return find_challenge(base64.b64decode(token[0], validate=True))
    except (binascii.Error, ValueError):
        return None


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
