"""SQL Server: its own version from PRELOGIN, that of the Windows under it from a login that stops half-way.

The login is one by Windows: it begins NTLM without a user, a password or a machine's name, and the challenge
that comes back is read and not answered.
"""

from __future__ import annotations

from tlsprobe.banners.ntlm import find_challenge, negotiate_message
from tlsprobe.banners.words import Said, Words, challenged
from tlsprobe.preludes.reading import Reading
from tlsprobe.preludes.tds import MAX_PACKET, PreLogin, message, packets, prelogin
from tlsprobe.tls.codec import DecodeError, Reader
from tlsprobe.tls.stream import Conversation

LOGIN7 = 0x10
# TDSVersion as the bytes that are sent (§2.2.6.4). A server that knows an older one only answers by that.
_TDS_74, _TDS_80 = bytes.fromhex("04000074"), bytes.fromhex("00000008")
_CLIENT = "tlsprobe"  # what a server would show as the application and its library
_DATA_AT = 94  # where the fields end and what they point to begins
_SET_DATABASE_AND_LANGUAGE = 0xE0  # as in the example of §4.2
_ODBC_AND_LANGUAGE, _INTEGRATED_SECURITY = 0x03, 0x80
_ENGLISH_US = 0x0409
_ERROR, _INFO, _ENVCHANGE, _SSPI = 0xAA, 0xAB, 0xE3, 0xED

# Microsoft, "Latest updates and version history for SQL Server". Azure SQL calls itself 12.0 to this day.
_RELEASES = {
    "8.0": "SQL Server 2000",
    "9.0": "SQL Server 2005",
    "10.0": "SQL Server 2008",
    "10.50": "SQL Server 2008 R2",
    "11.0": "SQL Server 2012",
    "12.0": "SQL Server 2014 or Azure SQL",
    "13.0": "SQL Server 2016",
    "14.0": "SQL Server 2017",
    "15.0": "SQL Server 2019",
    "16.0": "SQL Server 2022",
    "17.0": "SQL Server 2025",
}


def version(_host: str = "") -> Conversation[Words]:
    """PRELOGIN before TLS, as any client of TDS 7 begins."""
    return _named((yield from prelogin(Reading())))


def version_by_tds8(_host: str = "") -> Conversation[Words]:
    """The same inside TLS, which comes first in TDS 8."""
    return _named((yield from prelogin(Reading(), strict=True)))


def challenge(_host: str = "") -> Conversation[Words]:
    """LOGIN7, inside the TLS that PRELOGIN led to."""
    return (yield from _log_in(Reading(), _TDS_74))


def challenge_by_tds8(_host: str = "") -> Conversation[Words]:
    """PRELOGIN and LOGIN7, inside the TLS that came first."""
    reading = Reading()
    yield from prelogin(reading, strict=True)
    return (yield from _log_in(reading, _TDS_80))


def login7(sspi: bytes, *, tds_version: bytes = _TDS_74) -> bytes:
    """LOGIN7 ([MS-TDS] §2.2.6.4) that asks for a login by Windows and begins it with `sspi`; names nobody."""
    # Host, user, password, application, server, extension, library, language and database.
    texts = ("", "", "", _CLIENT, "", "", _CLIENT, "", "")
    fields, data = b"", b""
    for text in texts:
        fields += _little(2, _DATA_AT + len(data)) + _little(2, len(text))
        data += text.encode("utf-16-le")
    fields += bytes(6)  # ClientID, else a network card's address
    fields += _little(2, _DATA_AT + len(data)) + _little(2, len(sspi))
    data += sspi
    end = _little(2, _DATA_AT + len(data)) + _little(2, 0)
    fields += end + end + _little(4, 0)  # a file to attach, a new password, the length of a longer SSPI
    head = tds_version + _little(4, MAX_PACKET)
    head += bytes(4 + 4 + 4)  # the client's version, its process, an earlier connection
    head += bytes((_SET_DATABASE_AND_LANGUAGE, _ODBC_AND_LANGUAGE | _INTEGRATED_SECURITY, 0, 0))
    head += bytes(4) + _little(4, _ENGLISH_US)  # a time zone: UTC
    return _little(4, _DATA_AT + len(data)) + head + fields + data


def _log_in(reading: Reading, tds_version: bytes) -> Conversation[Words]:
    request = login7(negotiate_message(), tds_version=tds_version)
    answer = yield from message(reading, packets(LOGIN7, request))
    try:
        return challenged(find_challenge(_sspi(answer)))
    except DecodeError:
        return ()  # it refuses, or has no such login: SQL Server on Linux outside a domain


def _sspi(answer: bytes) -> bytes:
    """Return what the SSPI token holds (§2.2.7.22); those that may stand before it have as long a length."""
    reader = Reader(answer)
    while (token := reader.uint(1)) in (_ERROR, _INFO, _ENVCHANGE, _SSPI):
        body = reader.take(int.from_bytes(reader.take(2), "little"))
        if token == _SSPI:
            return body
    raise DecodeError(f"a token of type {token:#04x}")


def _named(answer: PreLogin) -> Words:
    """Name the release; the version is SQL Server's own and says nothing of its Windows."""
    if not answer.version:
        return ()
    major, minor, _ = answer.version.split(".")
    return (Said("tds-prelogin", _RELEASES.get(f"{major}.{minor}", "TDS server"), answer.version),)


def _little(size: int, value: int) -> bytes:
    return value.to_bytes(size, "little")
