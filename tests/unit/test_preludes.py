"""STARTTLS conversations: whole, by the byte, cut, refused, and with servers that say too much."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.prelude_scripts import (
    GOOD,
    HOST,
    LDAP_YES,
    MYSQL_HELLO,
    MYSQL_WITHOUT,
    RDP_BARE,
    RDP_CONFIRM,
    RDP_FAILURE,
    SIEVE_HELLO,
    SMTP_HELLO,
    SMTP_OFFER,
    TDS_ON,
    XMPP_FEATURES,
    XMPP_STREAM,
    Script,
    play,
    tds_answer,
    tds_error,
)
from tlsprobe.inventory import StartTls
from tlsprobe.preludes import MAX_REPLY, PreludeFailed, prelude_for, resolve_auto
from tlsprobe.tls.stream import PeerGone

REFUSED, NOT_OFFERED, FAILED = "starttls-refused", "starttls-not-offered", "starttls-failed"
XMPP_ERROR = b"<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
XMPP_FAILURE = b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>"
PIECES = (
    *(SMTP_HELLO, b"250-", b"* OK", b"\r\n", b"a1 ", b"+OK", b"{3}", b'"STARTTLS"', b"382 ", b"<?xml?>"),
    *(
        XMPP_STREAM,
        b"<features>",
        b"<starttls/>",
        b"'>",
        RDP_CONFIRM,
        TDS_ON[:8],
        MYSQL_HELLO[:9],
        LDAP_YES[:5],
    ),
)
MYSQL_BLOCKED = b"Host '192.0.2.7' is blocked because of many connection errors"


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 100_000])
@pytest.mark.parametrize("name", GOOD)
def test_it_ends_in_tls_in_any_chunks(name: str, chunk: int) -> None:
    assert play(GOOD[name].script, chunk=chunk) == GOOD[name].commands


@pytest.mark.parametrize("name", GOOD)
def test_cut_at_each_offset_the_peer_is_gone(name: str) -> None:
    script = GOOD[name].script
    for number, part in enumerate(script.said):
        for size in range(len(part)):
            with pytest.raises(PeerGone) as error:
                play(script.saying(*script.said[:number], part[:size]))
            assert error.value.how == "closed"


@pytest.mark.parametrize("chunk", [1, 100_000])
@pytest.mark.parametrize(
    ("protocol", "greeting", "replies", "reason"),
    [
        (StartTls.SMTP, b"554 no service\r\n", (), REFUSED),
        (StartTls.SMTP, b"554-no\r\n554 service\r\n", (), REFUSED),
        (StartTls.SMTP, SMTP_HELLO, (b"502 what?\r\n",), REFUSED),
        (StartTls.SMTP, SMTP_HELLO, (b"250 mail.example\r\n",), NOT_OFFERED),
        (StartTls.SMTP, SMTP_HELLO, (b"250-a\r\n250-XSTARTTLS\r\n250 HELP\r\n",), NOT_OFFERED),
        (StartTls.SMTP, SMTP_HELLO, (SMTP_OFFER, b"454 TLS not available\r\n"), REFUSED),
        (StartTls.SMTP, b"HTTP/1.1 400 Bad Request\r\n", (), REFUSED),
        (StartTls.LMTP, SMTP_HELLO, (b"250 mail.example\r\n",), NOT_OFFERED),
        (StartTls.LMTP, SMTP_HELLO, (b"500 5.5.1 say EHLO\r\n",), REFUSED),
        (StartTls.IMAP, b"* BYE busy\r\n", (), REFUSED),
        (StartTls.IMAP, b"* OK\r\n", (b"a1 NO not now\r\n",), REFUSED),
        (StartTls.IMAP, b"* OK\r\n", (b"a1 BAD unknown\r\n",), REFUSED),
        (StartTls.IMAP, b"\xff\xfe\x00\r\n", (), REFUSED),
        (StartTls.POP3, b"-ERR busy\r\n", (), REFUSED),
        (StartTls.POP3, b"+OK\r\n", (b"-ERR unknown\r\n",), REFUSED),
        (StartTls.SIEVE, b'BYE "busy"\r\n', (), REFUSED),
        (StartTls.SIEVE, b'"IMPLEMENTATION" "x"\r\n"SASL" "STARTTLS"\r\nOK\r\n', (), NOT_OFFERED),
        (StartTls.SIEVE, SIEVE_HELLO, (b"NO\r\n",), REFUSED),
        (StartTls.NNTP, b"400 busy\r\n", (), "busy"),
        (StartTls.NNTP, b"502 no\r\n", (), REFUSED),
        (StartTls.NNTP, b"201 read\r\n", (b"500 what?\r\n",), NOT_OFFERED),
        (StartTls.NNTP, b"200 post\r\n", (b"580 can't\r\n",), REFUSED),
        (StartTls.FTP, b"421 busy\r\n", (), "busy"),
        (StartTls.SMTP, b"421 busy\r\n", (), "busy"),
        (StartTls.FTP, b"530 no\r\n", (), REFUSED),
        (StartTls.FTP, b"220 hi\r\n", (b"502 what?\r\n",), NOT_OFFERED),
        (StartTls.FTP, b"220 hi\r\n", (b"504 not TLS\r\n",), NOT_OFFERED),
        (StartTls.FTP, b"220 hi\r\n", (b"534 not for you\r\n",), REFUSED),
        (StartTls.LDAP, b"", (bytes.fromhex("300e02010178090a0102040004026e6f"),), NOT_OFFERED),
        (StartTls.LDAP, b"", (bytes.fromhex("300e02010178090a0134040004026e6f"),), REFUSED),
        (StartTls.LDAP, b"", (bytes.fromhex("300c02010078070a013404000400"),), REFUSED),
        (StartTls.LDAP, b"", (bytes.fromhex("300c02010078070a010004000400"),), FAILED),
        (StartTls.LDAP, b"", (bytes.fromhex("300c02010278070a010004000400"),), FAILED),
        (StartTls.LDAP, b"", (bytes.fromhex("300c02010161070a010004000400"),), FAILED),
        (StartTls.LDAP, b"", (bytes.fromhex("300c02010178070a017f04000400"),), REFUSED),
        (StartTls.LDAP, b"", (bytes.fromhex("30800201"),), FAILED),
        (StartTls.LDAP, b"", (bytes.fromhex("3084ffffffff"),), FAILED),
        (StartTls.LDAP, b"", (bytes.fromhex("30ff") + bytes(127),), FAILED),
        (StartTls.LDAP, b"", (bytes.fromhex("30060284ffffffff"),), FAILED),
        (StartTls.LDAP, b"", (b"HTTP/1.1 400 Bad Request\r\n",), FAILED),
        (StartTls.POSTGRES, b"", (b"N",), NOT_OFFERED),
        (StartTls.POSTGRES, b"", (b"EFATAL\x00",), FAILED),
        (StartTls.MYSQL, MYSQL_WITHOUT, (), NOT_OFFERED),
        (StartTls.MYSQL, b"\x40\0\0\0\xff\x69\x04" + MYSQL_BLOCKED, (), REFUSED),
        (StartTls.MYSQL, b"\x01\0\0\0\xff", (), REFUSED),
        (StartTls.MYSQL, b"\x05\0\0\0\x09abc\0", (), FAILED),
        (StartTls.MYSQL, b"\x05\0\0\0\x0aabcd", (), FAILED),
        (StartTls.MYSQL, b"\x05\0\0\0\x0aabc\0", (), FAILED),
        (StartTls.MYSQL, b"\0\0\0\0", (), FAILED),
        (StartTls.MYSQL, b"SSH-2.0-x\r\n", (), FAILED),
        (StartTls.RDP, b"", (RDP_CONFIRM + bytes(4),), NOT_OFFERED),
        (StartTls.RDP, b"", (RDP_BARE,), NOT_OFFERED),
        (StartTls.RDP, b"", (RDP_FAILURE + b"\x02\0\0\0",), NOT_OFFERED),
        (StartTls.RDP, b"", (RDP_FAILURE + b"\x03\0\0\0",), NOT_OFFERED),
        (StartTls.RDP, b"", (RDP_FAILURE + b"\x06\0\0\0",), REFUSED),
        (StartTls.RDP, b"", (RDP_FAILURE + b"\x63\0\0\0",), REFUSED),
        (StartTls.RDP, b"", (RDP_CONFIRM + b"\x08\0\0\0",), FAILED),
        (StartTls.RDP, b"", (RDP_CONFIRM.replace(b"\xd0", b"\x80") + bytes(4),), FAILED),
        (StartTls.RDP, b"", (RDP_CONFIRM.replace(b"\x02\0\x08", b"\x04\0\x08") + bytes(4),), FAILED),
        (StartTls.RDP, b"", (b"\x03\0\0\x04",), FAILED),
        (StartTls.RDP, b"", (b"\x03\0\xff\xff",), FAILED),
        (StartTls.RDP, b"", (b"\x03\0\0\x05\xff",), FAILED),
        (StartTls.RDP, b"", (b"HTTP/1.1 400 Bad Request\r\n",), FAILED),
        (StartTls.XMPP, b"", (XMPP_STREAM + XMPP_ERROR,), REFUSED),
        (StartTls.XMPP, b"", (XMPP_STREAM + b"<stream:features><a/></stream:features>",), NOT_OFFERED),
        (StartTls.XMPP, b"", (XMPP_STREAM + b"<stream:features/>",), NOT_OFFERED),
        (StartTls.XMPP, b"", (b"<stream:stream id='7' xmlns='jabber:client'>",), NOT_OFFERED),
        (StartTls.XMPP, b"", (XMPP_STREAM + XMPP_FEATURES, XMPP_FAILURE), REFUSED),
        (StartTls.XMPP, b"", (XMPP_STREAM + XMPP_FEATURES, b"<message>"), FAILED),
        (StartTls.XMPP, b"", (XMPP_STREAM + b"<message>",), FAILED),
        (StartTls.XMPP, b"", (b"<!DOCTYPE x [" + b"<!ENTITY a 'aaaa'>" * 999,), FAILED),
        (StartTls.XMPP, b"", (b"<html><body>",), FAILED),
        (StartTls.XMPP_SERVER, b"", (XMPP_STREAM + XMPP_ERROR,), REFUSED),
        (StartTls.MSSQL, b"", (tds_answer(2),), NOT_OFFERED),
        (StartTls.MSSQL, b"", (tds_answer(8),), REFUSED),
        (StartTls.MSSQL, b"", (tds_answer(7),), FAILED),
        (StartTls.MSSQL, b"", (tds_error("no"),), REFUSED),
        (StartTls.MSSQL, b"", (b"\x04\1\0\x0c\0\0\1\0\xaa\0\0\0",), FAILED),
        (StartTls.MSSQL, b"", (b"\x04\1\0\0\0\0\1\0",), FAILED),
        (StartTls.MSSQL, b"", (b"\x04\1\0\x07\0\0\1\0",), FAILED),
        (StartTls.MSSQL, b"", (b"\x04\1\0\x08\0\0\1\0",), FAILED),
        (StartTls.MSSQL, b"", (b"\x04\1\xff\xff\0\0\1\0",), FAILED),
        (StartTls.MSSQL, b"", (b"\x10" + TDS_ON[1:],), FAILED),
        (StartTls.MSSQL, b"", (b"\x04\1\0\x0e\0\0\1\0\1\xff\xff\0\1\xff",), FAILED),
        (StartTls.MSSQL, b"", (b"\x04\1\0\x0e\0\0\1\0\3\0\6\0\1\xff",), FAILED),
        (StartTls.MSSQL, b"", (b"HTTP/1.1 400 Bad Request\r\n",), FAILED),
    ],
)
def test_a_no_is_said_in_any_chunks(
    protocol: StartTls, greeting: bytes, replies: tuple[bytes, ...], reason: str, chunk: int
) -> None:
    with pytest.raises(PreludeFailed) as error:
        play(Script(protocol, greeting, replies), chunk=chunk)
    assert error.value.reason == reason
    assert error.value.detail
    assert len(error.value.detail) <= 300


@pytest.mark.parametrize(
    ("protocol", "said", "detail"),
    [
        (StartTls.MYSQL, (b"\x40\0\0\0\xff\x69\x04" + MYSQL_BLOCKED,), "is blocked because"),
        (StartTls.XMPP, (b"", XMPP_STREAM + XMPP_ERROR), "host-unknown"),
        (StartTls.LDAP, (b"", bytes.fromhex("300e02010178090a0134040004026e6f")), "52 no"),
        (StartTls.RDP, (b"", RDP_FAILURE + b"\x06\0\0\0"), "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER"),
        (StartTls.MSSQL, (b"", tds_error("Änderung")), "Änderung"),
    ],
)
def test_what_the_server_said_is_kept(protocol: StartTls, said: tuple[bytes, ...], detail: str) -> None:
    with pytest.raises(PreludeFailed, match=detail):
        play(Script(protocol, said[0], said[1:]))


@pytest.mark.parametrize("name", GOOD)
def test_plain_text_after_the_go_ahead_is_refused(name: str) -> None:
    script = GOOD[name].script
    *before, last = script.said
    with pytest.raises(PreludeFailed) as error:
        play(script.saying(*before, last + b"more\r\n"))
    assert error.value.reason == FAILED


def test_answers_given_before_they_were_asked_for_do_not_pass() -> None:
    """All at once: each command still goes out, and what is left over is refused."""
    answers = SMTP_OFFER + b"220 go\r\n"
    with pytest.raises(PreludeFailed) as error:
        play(Script(StartTls.SMTP, SMTP_HELLO + answers, (SMTP_OFFER, b"220 go\r\n")))
    assert error.value.reason == FAILED


def filled(piece: bytes) -> bytes:
    return piece * (MAX_REPLY // len(piece) + 1)


@pytest.mark.parametrize(
    ("protocol", "said"),
    [
        (StartTls.SMTP, (filled(b"x"),)),
        (StartTls.SMTP, (filled(b"220-more\r\n"),)),
        (StartTls.SMTP, (SMTP_HELLO, filled(b"250-more\r\n"))),
        (StartTls.IMAP, (b"* OK\r\n", filled(b"* more\r\n"))),
        (StartTls.POP3, (b"+OK" + filled(b" "),)),
        (StartTls.SIEVE, (filled(b'"MORE"\r\n'),)),
        (StartTls.SIEVE, (b"{99999}\r\n" + filled(b"x"),)),
        (StartTls.NNTP, (filled(b"2"),)),
        (StartTls.FTP, (filled(b"220-more\r\n"),)),
        (StartTls.LDAP, (b"", b"\x30\x83\x01\x00\x00" + filled(b"x"))),
        (StartTls.MYSQL, (b"\0\0\1\0" + filled(b"x"),)),
        (StartTls.XMPP, (b"", filled(b"x"))),
        (StartTls.XMPP, (b"", XMPP_STREAM + b"<features>" + filled(b"<more/>"))),
        (StartTls.MSSQL, (b"", filled(b"\x04\0\x40\x08\0\0\1\0" + bytes(0x4000)))),
        (StartTls.MSSQL, (b"", filled(b"\x04\0\0\x08\0\0\1\0"))),
    ],
)
@pytest.mark.parametrize("chunk", [512, 100_000])
def test_a_server_that_talks_for_ever_is_left(
    protocol: StartTls, said: tuple[bytes, ...], chunk: int
) -> None:
    with pytest.raises(PreludeFailed, match="endless"):
        play(Script(protocol, said[0], said[1:]), chunk=chunk)


@given(
    st.sampled_from([good.script.protocol for good in GOOD.values()]),
    st.lists(st.sampled_from(PIECES) | st.binary(max_size=9)),
    st.integers(1, 9),
)
def test_whatever_is_said_it_ends(protocol: StartTls, said: list[bytes], chunk: int) -> None:
    greeting, *replies = said or [b""]
    with suppress(PreludeFailed, PeerGone):
        play(Script(protocol, greeting, tuple(replies)), chunk=chunk)


@given(st.sampled_from(sorted(GOOD)), st.data())
def test_a_byte_changed_it_ends(name: str, data: st.DataObject) -> None:
    said = list(GOOD[name].script.said)
    number = data.draw(st.sampled_from([place for place, part in enumerate(said) if part]))
    part = bytearray(said[number])
    part[data.draw(st.integers(0, len(part) - 1))] = data.draw(st.integers(0, 255))
    said[number] = bytes(part)
    with suppress(PreludeFailed, PeerGone):
        play(GOOD[name].script.saying(*said))


@pytest.mark.parametrize(
    ("port", "protocol"),
    [
        (21, StartTls.FTP), (24, StartTls.LMTP), (25, StartTls.SMTP), (110, StartTls.POP3),
        (119, StartTls.NNTP), (143, StartTls.IMAP), (389, StartTls.LDAP), (433, StartTls.NNTP),
        (587, StartTls.SMTP), (1433, StartTls.MSSQL), (3268, StartTls.LDAP), (3306, StartTls.MYSQL),
        (3389, StartTls.RDP), (4190, StartTls.SIEVE), (5222, StartTls.XMPP), (5269, StartTls.XMPP_SERVER),
        (5432, StartTls.POSTGRES),
        *((port, StartTls.NONE) for port in (443, 465, 563, 636, 853, 990, 993, 995)),
        *((port, StartTls.NONE) for port in (2000, 3269, 5223, 5270, 8443)),
    ],
)  # fmt: skip
def test_auto_goes_by_the_port(port: int, protocol: StartTls) -> None:
    assert resolve_auto(StartTls.AUTO, port) is protocol


@pytest.mark.parametrize("protocol", [each for each in StartTls if each is not StartTls.AUTO])
def test_what_is_named_counts_more_than_the_port(protocol: StartTls) -> None:
    assert resolve_auto(protocol, 25) is protocol


def test_without_starttls_there_is_no_prelude_and_with_it_there_is_one() -> None:
    without = {each for each in StartTls if prelude_for(each, 443, HOST) is None}
    assert without == {StartTls.NONE, StartTls.AUTO}
    assert prelude_for(StartTls.NONE, 25, HOST) is None


def test_a_domain_cannot_break_out_of_its_attribute() -> None:
    prelude = prelude_for(StartTls.XMPP, 1, "a'/><b>\"&")
    assert prelude is not None
    assert b"to='a&#x27;/&gt;&lt;b&gt;&quot;&amp;' xmlns=" in next(prelude.converse())
