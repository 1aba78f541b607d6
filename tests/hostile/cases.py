"""What hostile servers do, and what must be said of each: a table."""

from __future__ import annotations

from dataclasses import dataclass

from tests.hostile import servers as hostile
from tests.hostile.servers import (
    DONE,
    GROUP_14,
    Behaviour,
    answers,
    answers_dhe,
    certificate,
    flight,
    forever,
    greets,
    hello_then,
    in_records,
    key_exchange,
    message,
    record,
    silent,
    takes_prelogin,
)
from tlsprobe.inventory import StartTls
from tlsprobe.tls.constants import HandshakeType

EVEN = (GROUP_14.p - 1).to_bytes(256, "big")
# All powers of 2 but few start with a zero byte here, or all: the walk for exactly one has no end.
COMPOSITE = b"\xff" * 256
LARGE = b"\xff" * 2048
HUGE = b"\xff" * 65535
LAST = (GROUP_14.p - 1).to_bytes(256, "big")
LONG = b"\x02\x00\x00\x26\x03\x03" + bytes(33) + b"\x00\x9e\x00" + b"\x0b\x00\x20\x00" + bytes(8192)
HELLO = hello_then()[9:]
CERTIFICATE, KEY_EXCHANGE = certificate(), key_exchange()
HELLO_MESSAGE = message(HandshakeType.SERVER_HELLO, HELLO)
WARNING = record(21, b"\x01\x70")
SIXTEEN_MB = record(22, b"\x02\xff\xff\xff") + record(22, bytes(16384)) * 1024


@dataclass(frozen=True)
class Case:
    """A behaviour, and what must be said of it: status, reason, reason about Z, and in the detail."""

    name: str
    behave: Behaviour
    status: str
    reason: str
    zeros: str | None = None
    said: str = ""
    starttls: StartTls = StartTls.NONE
    lifetime: int | None = None  # in connections


def no_tls(name: str, behave: Behaviour, reason: str, said: str = "") -> Case:
    """Return a case that is no TLS server."""
    return Case(name, behave, "no-tls", reason, said=said)


def no_control(
    name: str, data: bytes, said: str, then: Behaviour = hostile.waits, starttls: StartTls = StartTls.NONE
) -> Case:
    """Return a case of DHE whose ordinary handshakes end like this."""
    return Case(
        name,
        answers_dhe(data, then),
        "partly-assessed",
        "zeros-inconclusive",
        "control-failed",
        f"an ordinary handshake ended after {said}",
        starttls,
    )


def no_zeros(name: str, reason: str, **numbers: bytes) -> Case:
    """Return a case whose numbers no client can use."""
    return Case(name, answers_dhe(flight(**numbers)), "partly-assessed", "zeros-untestable", reason)


def no_starttls(name: str, behave: Behaviour, starttls: StartTls, reason: str, said: str) -> Case:
    """Return a case that does not come to TLS."""
    return Case(name, behave, "untestable", reason, said=said, starttls=starttls)


OTHER_PROTOCOLS = (
    no_tls("http", greets(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "not-tls", "answers HTTP in plain text"),
    no_tls("ssh", greets(b"SSH-2.0-OpenSSH_9.2\r\n"), "not-tls", "answers SSH in plain text"),
    no_tls("smtp", greets(b"220 mail ESMTP\r\n"), "not-tls", "answers SMTP or FTP in plain text"),
    no_tls("pop3", greets(b"+OK ready\r\n"), "not-tls", "answers POP3 in plain text"),
    no_tls("vnc", greets(b"RFB 003.008\n"), "not-tls", "answers 524642203030332e3030380a"),
    no_tls("mysql", greets(b"\x0a\0\0\0\x0a8.0.36\0"), "not-tls", "answers 0a0000000a382e302e333600"),
    no_tls("telnet", greets(b"\xff\xfd\x18\xff\xfd\x20"), "not-tls", "answers fffd18fffd20"),
    no_tls("redis", answers(b"-ERR\r\n"), "not-tls", "answers 2d4552520d0a"),
    no_tls("ssl 2.0", answers(b"\x80\x0b\x04\0\0\0\2\0\0\0\0\0\0"), "not-tls", "answers 800b0400"),
    no_tls("garbage", answers(b"\x99" * 1000), "not-tls", "answers 9999"),
)
ENDS = (
    no_tls("silent", silent, "silent"),
    no_tls("closes", hostile.closes, "closed"),
    no_tls("closes its half", hostile.half_closes, "closed"),
    no_tls("resets", hostile.resets, "reset"),
    no_tls("tarpit of ssh", forever(b"f00\r\n", pause_s=0.2), "not-tls", "answers 66"),
    no_tls("drip", forever(b"\x16", pause_s=0.3), "not-tls", "answers 16"),
    # Each byte comes in time, so only the deadline ends it.
    Case("drips inside a record", hostile.drips_after(b"\x16\x03\x03\x40\x00"), "unreachable", "deadline"),
    no_control("silent after Certificate", hello_then(CERTIFICATE), "ServerHello: silent", silent),
    # Its silence comes behind all that a client needs to see where it lands, and so is gone through.
    Case(
        "silent after ServerKeyExchange",
        answers_dhe(hello_then(CERTIFICATE, KEY_EXCHANGE), silent),
        "partly-assessed",
        "deadline",
        "control-failed",
    ),
    no_control("silent after ServerHelloDone", flight(), "ClientFinished: silent", hostile.reads_on),
    no_control("closes after ServerHello", hello_then(), "ServerHello: closed", hostile.leaves),
    no_control(
        "closes after ServerKeyExchange",
        hello_then(CERTIFICATE, KEY_EXCHANGE),
        "ServerKeyExchange: closed",
        hostile.leaves,
    ),
    no_control("closes its half after ServerHello", hello_then(), "ServerHello: closed", hostile.half_closes),
    no_control("never finishes", flight(), "ClientFinished: closed"),
    no_control("resets after ServerHello", hello_then(), "ServerHello: reset", hostile.breaks_off),
    no_control(
        "resets after ServerKeyExchange",
        hello_then(CERTIFICATE, KEY_EXCHANGE),
        "ServerKeyExchange: reset",
        hostile.breaks_off,
    ),
    no_control("resets after Finished", flight(), "ClientFinished: reset", hostile.resets),
    no_control("refuses to finish", flight() + record(21, b"\x02\x28"), "ClientFinished: handshake_failure"),
    Case(
        "silent after ServerHello",
        hostile.silent_after(hello_then()),
        "partly-assessed",
        "dhe-incomplete",
        "control-failed",
    ),
    Case(
        "takes every suite, then is silent",
        hostile.takes_every_suite,
        "partly-assessed",
        "dhe-incomplete",
        "control-failed",
        "silent",
    ),
    Case("dies after the control", answers_dhe(flight()), "partly-assessed", "dhe-incomplete", lifetime=1),
    Case(
        "dies after three connections",
        answers_dhe(flight()),
        "partly-assessed",
        "dhe-incomplete",
        "control-failed",
        "refused",
        lifetime=3,
    ),
)
WITHOUT_END = (
    no_tls("endless empty records", forever(record(22, b"")), "over-limit", "row of empty records"),
    no_tls("endless warnings", forever(WARNING), "over-limit", "row of warnings"),
    no_tls("endless HelloRequests", forever(record(22, bytes(4))), "over-limit", "row of HelloRequests"),
    no_tls(
        "endless one-byte records",
        answers(record(22, b"\2\3\0\0") + record(22, b"\0") * 5000),
        "over-limit",
        "more than 4096 records",
    ),
    no_tls("16 MB message", answers(SIXTEEN_MB), "over-limit", "handshake message of 16777215 bytes"),
    no_control(
        "warnings in a flight", hello_then() + WARNING * 99, "ServerHello: over-limit: an endless row"
    ),
    no_control(
        "1,000 certificates",
        hello_then(certificate(*[b"\x30\x03\x02\x01\x00"] * 1000)),
        "ServerHello: over-limit: chain of 1000 certificates",
    ),
    no_control(
        "1 MB of names",
        hello_then() + in_records(certificate(b"\x30\x83\x10\x00\x00" + bytes(1 << 20))),
        "ServerHello: over-limit: handshake message of 1048587 bytes",
    ),
    no_control(
        "a flight of 600 kB",
        hello_then()
        + in_records(certificate(*[bytes(2500)] * 100))
        + in_records(message(HandshakeType.CERTIFICATE_STATUS, bytes(262_144)))
        + record(22, bytes(16384)) * 6,
        "ServerHello: over-limit: more than 524288 bytes received",
    ),
    no_control(
        "p of 65,535 bytes",
        hello_then(CERTIFICATE) + in_records(key_exchange(p=HUGE)),
        "ServerHello: over-limit: DH number of 65535 bytes",
    ),
    no_control(
        "a flight in one-byte records",
        b"".join(record(22, bytes([each])) for each in LONG),
        "ServerHello: over-limit: more than 4096 records",
    ),
)
LENGTHS = (
    no_tls("oversize record", answers(b"\x16\x03\x03\xff\xff"), "malformed", "record of 65535 bytes"),
    no_tls("record cut short", answers(b"\x16\x03\x03\x00\xff" + HELLO), "closed"),
    no_tls("record too short", answers(b"\x16\x03\x03\x00\x10" + HELLO_MESSAGE), "not-tls", "answers 00"),
    no_tls("message too short", answers(record(22, b"\2\0\0\x1d" + HELLO)), "malformed", "32 bytes expected"),
    no_tls(
        "session id",
        answers(record(22, message(HandshakeType.SERVER_HELLO, HELLO[:34] + b"\xff" + HELLO[35:]))),
        "malformed",
        "255 bytes expected",
    ),
    no_tls(
        "extension",
        answers(record(22, message(HandshakeType.SERVER_HELLO, HELLO + b"\x00\x04\x00\x17\x00\x09"))),
        "malformed",
        "9 bytes expected, 0 left",
    ),
    no_control(
        "certificate list",
        hello_then(message(HandshakeType.CERTIFICATE, b"\0\0\x09\0")),
        "ServerHello: malformed: 9 bytes expected, 1 left",
    ),
    no_control(
        "certificate",
        hello_then(message(HandshakeType.CERTIFICATE, b"\0\0\4\0\0\x08\0")),
        "ServerHello: malformed: 8 bytes expected, 1 left",
    ),
    no_control(
        "certificates that end too soon",
        hello_then(b"\x0b\x00\x00\x01\x00"),
        "ServerHello: malformed: 3 bytes expected, 1 left",
    ),
    no_control(
        "p cut short",
        hello_then(CERTIFICATE, message(HandshakeType.SERVER_KEY_EXCHANGE, b"\1\0" + bytes(9))),
        "ServerHello: malformed: 256 bytes expected, 9 left",
    ),
    no_control(
        "bytes behind the signature",
        hello_then(CERTIFICATE, message(HandshakeType.SERVER_KEY_EXCHANGE, KEY_EXCHANGE[4:] + b"??")),
        "ServerHello: malformed: 2 bytes too many",
    ),
    no_control(
        "ServerHelloDone with a body",
        hello_then(CERTIFICATE, KEY_EXCHANGE, message(HandshakeType.SERVER_HELLO_DONE, b"??")),
        "ServerKeyExchange: malformed: 2 bytes in a message that has none",
    ),
)
ORDER = (
    no_control(
        "out of order",
        hello_then(KEY_EXCHANGE, CERTIFICATE, DONE),
        "ServerHello: malformed: handshake message 12 where CERTIFICATE is due",
    ),
    no_control(
        "two flights",
        flight() + flight(),
        "ClientFinished: malformed: handshake message 2 where NEW_SESSION_TICKET is due",
    ),
    no_control(
        "two flights in a record",
        record(22, (HELLO_MESSAGE + CERTIFICATE + KEY_EXCHANGE + DONE) * 2),
        "ServerKeyExchange: malformed: bytes after ServerHelloDone",
    ),
    no_control(
        "data behind a flight",
        flight() + record(23, b"hello"),
        "ClientFinished: malformed: record of type 23",
    ),
    no_control("garbage behind a flight", flight() + b"GARBAGE", "ClientFinished: not-tls: 47415242414745"),
    no_tls("data", answers(record(23, b"hello")), "malformed", "record of type 23 where HANDSHAKE is due"),
    no_tls("ChangeCipherSpec", answers(record(20, b"\1")), "malformed", "record of type 20 where HANDSHAKE"),
)
CHOICES = (
    no_tls("suite not offered", answers(hello_then(suite=0x1234)), "not-offered", "suite 0x1234"),
    no_tls("version not offered", answers(hello_then(version=0x0399)), "not-offered", "version 0x0399"),
    no_tls("ssl 2.0 in a hello", answers(hello_then(version=0x0200)), "not-offered", "version 0x0200"),
    no_tls(
        "compression",
        answers(record(22, message(HandshakeType.SERVER_HELLO, HELLO[:-1] + b"\1"))),
        "not-offered",
        "compression",
    ),
    # Chosen from what the control offers, and never from what the DHE hellos do.
    Case("always ECDHE", answers(hello_then(suite=0xC02F)), "partly-assessed", "dhe-incomplete"),
    Case("a version each time", hostile.a_version_each_time(), "partly-assessed", "dhe-incomplete"),
)
NUMBERS = (
    no_zeros("16-bit p", "group-too-small", p=b"\xff\xf1", share=b"\x05"),
    no_zeros("p of 0", "group-too-small", p=b"\x00"),
    no_zeros("empty p", "group-too-small", p=b""),
    no_zeros("p of 16,384 bits", "group-too-large", p=LARGE),
    no_zeros("even p", "p-even", p=EVEN),
    no_zeros("composite p", "no-exponent", p=COMPOSITE),
    no_zeros("dh_Ys of 0", "share-out-of-range", share=b"\x00"),
    no_zeros("dh_Ys of 1", "share-out-of-range", share=b"\x01"),
    no_zeros("dh_Ys of p - 1", "share-out-of-range", share=LAST),
    no_zeros("dh_Ys above p", "share-out-of-range", share=b"\xff" * 300),
    no_zeros("g of 0", "generator-out-of-range", g=b"\x00"),
    no_zeros("g of 1", "generator-out-of-range", g=b"\x01"),
)
BEFORE_TLS = (
    no_starttls("smtp says no", greets(b"554 no\r\n"), StartTls.SMTP, "starttls-refused", "554 no"),
    no_starttls(
        "tds packet of 0 bytes",
        answers(b"\x04\x01\0\0\0\0\1\0"),
        StartTls.MSSQL,
        "starttls-failed",
        "TDS packet of 0 bytes",
    ),
    Case(
        "tls in a tds packet of 0 bytes",
        takes_prelogin(answers(b"\x12\x01\0\0\0\0\1\0")),
        "no-tls",
        "malformed",
        said="TDS packet of 0 bytes",
        starttls=StartTls.MSSQL,
    ),
    Case(
        "endless empty tds packets",
        takes_prelogin(forever(b"\x12\x01\0\x08\0\0\1\0")),
        "no-tls",
        "malformed",
        said="row of empty TDS packets",
        starttls=StartTls.MSSQL,
    ),
    # Records, bare ones too, are taken where they stand; that the packet does not end shows by and by.
    Case(
        "tds packet larger than what is in it",
        takes_prelogin(answers_dhe(b"\x12\x01\x7f\xff\0\0\1\0" + flight())),
        "partly-assessed",
        "zeros-inconclusive",
        "control-failed",
        "ClientFinished: closed",
        StartTls.MSSQL,
    ),
    Case("sql server that says nothing more", silent, "unreachable", "silent", starttls=StartTls.MSSQL),
    no_starttls(
        "ldap of 4 GiB", answers(b"\x30\x84\xff\xff\xff\xff"), StartTls.LDAP, "starttls-failed", "4294967295"
    ),
    no_starttls("endless xmpp", forever(b"<a>" * 999), StartTls.XMPP, "starttls-failed", "<a> where"),
    no_starttls(
        "endless smtp", greets(b"220-x\r\n" * 19999), StartTls.SMTP, "starttls-failed", "an endless greeting"
    ),
    no_starttls(
        "old rdp",
        answers(b"\3\0\0\x0b\6\xd0\0\0\x12\x34\0"),
        StartTls.RDP,
        "starttls-not-offered",
        "standard RDP security only",
    ),
    no_starttls(
        "mysql without tls",
        greets(b"\x1b\0\0\0\x0a8\0" + bytes(24)),
        StartTls.MYSQL,
        "starttls-not-offered",
        "does not say CLIENT_SSL",
    ),
)
CASES = (*OTHER_PROTOCOLS, *ENDS, *WITHOUT_END, *LENGTHS, *ORDER, *CHOICES, *NUMBERS, *BEFORE_TLS)
