"""What SQL Server says of itself and of its Windows: the login that is sent, and every answer to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spnego._ntlm_raw.messages import Negotiate

from tests.unit.prelude_scripts import (
    TDS_LOGIN,
    TDS_ON,
    TDS_REQUEST,
    login_sspi,
    login_texts,
    tds_answer,
    tds_error,
    tds_packet,
)
from tests.unit.test_banners import challenge, talked_to
from tlsprobe.banners import sql_server
from tlsprobe.banners.ntlm import negotiate_message
from tlsprobe.banners.over_tls import over_tls
from tlsprobe.banners.sql_server import LOGIN7, login7
from tlsprobe.banners.words import Ask, Said, Words
from tlsprobe.facts import Banner
from tlsprobe.inventory import StartTls
from tlsprobe.preludes import PreludeFailed, prelude_for
from tlsprobe.preludes.tds import PreLogin, packets
from tlsprobe.rules import IsWindows, windows_of
from tlsprobe.tls.codec import DecodeError
from tlsprobe.tls.stream import Conversation, PeerGone

SQL_SERVER_2012 = Said("tds-prelogin", "SQL Server 2012", "11.0.3000")
# The same with ENCRYPT_STRICT, as a client of TDS 8 says it.
STRICT_REQUEST = TDS_REQUEST.replace(b"\x01\x00\xb8", b"\x08\x00\xb8")
WINDOWS = Said("ntlm", "EXAMPLE", "10.0.14393")
EVERY_ASK = (
    sql_server.version,
    sql_server.version_by_tds8,
    sql_server.challenge,
    sql_server.challenge_by_tds8,
)


def token(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(2, "little") + body


CHALLENGED = token(0xED, challenge((10, 0, 14393)))
# Language and packet size changed, and that they were (§2.2.7.9, §2.2.7.13): shapes only.
NOTICES = token(0xE3, b"\x02\x00\x00") + token(0xAB, bytes(20)) + token(0xE3, b"\x04\x00\x00")


def had(ask: Ask, answers: Iterable[bytes]) -> tuple[list[bytes], Words | str]:
    """What was sent, and what came of it; then the server closes."""
    conversation = ask("host")
    sent = [next(conversation)]
    try:
        for answer in answers:
            sent.append(conversation.send(answer))
        while True:
            sent.append(conversation.send(b""))
    except StopIteration as end:
        return sent, end.value
    except (PeerGone, PreludeFailed, DecodeError) as gone:
        return sent, type(gone).__name__


# --- what is sent


def test_the_reader_of_these_tests_reads_the_login_of_the_standard() -> None:
    texts = ["skostov1", "sa", "", "OSQL-32", "", "", "ODBC", "", ""]
    assert login_texts(TDS_LOGIN[8:]) == texts
    assert login_sspi(TDS_LOGIN[8:]) == b""


def test_our_login_is_laid_out_as_that_of_the_standard_and_names_nobody() -> None:
    ours, standard = login7(negotiate_message()), TDS_LOGIN[8:]
    assert int.from_bytes(ours[:4], "little") == len(ours) == 166  # docs/what-is-sent.md says so
    assert login_texts(ours) == ["", "", "", "tlsprobe", "", "", "tlsprobe", "", ""]
    assert login_sspi(ours) == negotiate_message()
    assert ours[24:27] == bytes([standard[24], standard[25] | 0x80, standard[26]])  # fIntSecurity
    assert ours[28:36] == standard[28:36]  # time zone and language
    assert ours[72:78] == bytes(6)  # no network card's address
    end = len(ours).to_bytes(2, "little") + bytes(2)
    assert ours[82:94] == end * 2 + bytes(4)  # no file to attach, no new password


def test_an_independent_implementation_finds_no_name_in_what_begins_ntlm() -> None:
    begun = Negotiate.unpack(login_sspi(login7(negotiate_message())))
    assert (begun.domain_name, begun.workstation) == (None, None)


@pytest.mark.parametrize(
    ("ask", "answers", "sent", "said"),
    [
        (sql_server.version, [TDS_ON], [TDS_REQUEST], (SQL_SERVER_2012,)),
        (
            sql_server.version_by_tds8,
            [TDS_ON],
            [STRICT_REQUEST],
            (SQL_SERVER_2012,),
        ),
        (
            sql_server.challenge,
            [tds_packet(CHALLENGED)],
            [packets(LOGIN7, login7(negotiate_message()))],
            (WINDOWS,),
        ),
        (
            sql_server.challenge_by_tds8,
            [TDS_ON, tds_packet(CHALLENGED)],
            [STRICT_REQUEST, packets(LOGIN7, login7(negotiate_message(), tds_version=b"\0\0\0\x08"))],
            (WINDOWS,),
        ),
    ],
    ids=["version", "version-tds8", "challenge", "challenge-tds8"],
)
def test_nothing_else_is_sent_and_the_challenge_ends_it(
    ask: Ask, answers: list[bytes], sent: list[bytes], said: Words
) -> None:
    assert had(ask, answers) == (sent, said)


# --- what comes back


@pytest.mark.parametrize("chunk", [1, 7, 8, 1000])
def test_an_answer_however_cut_says_the_same(chunk: int) -> None:
    whole = tds_packet(CHALLENGED[:9], status=0) + tds_packet(CHALLENGED[9:])
    assert had(sql_server.challenge, pieces(whole, chunk))[1] == (WINDOWS,)
    assert had(sql_server.version, pieces(TDS_ON, chunk))[1] == (SQL_SERVER_2012,)


def pieces(whole: bytes, chunk: int) -> list[bytes]:
    return [whole[at : at + chunk] for at in range(0, len(whole), chunk)]


def test_notices_may_come_before_the_challenge() -> None:
    assert had(sql_server.challenge, [tds_packet(NOTICES + CHALLENGED)])[1] == (WINDOWS,)


@pytest.mark.parametrize(
    "answer",
    [
        tds_error("Login failed. The login is from an untrusted domain."),
        tds_packet(NOTICES),
        tds_packet(b""),
        tds_packet(token(0xED, b"")),
        tds_packet(token(0xED, b"NTLMSSP\0" + bytes(60))),
        tds_packet(b"\xad" + CHALLENGED[1:]),  # a LOGINACK's place
        tds_packet(bytes(3) + CHALLENGED),  # not where a token begins
    ],
)
def test_a_refusal_is_no_challenge(answer: bytes) -> None:
    assert had(sql_server.challenge, [answer])[1] == ()


@pytest.mark.parametrize("ask", EVERY_ASK)
def test_an_answer_cut_anywhere_says_nothing(ask: Callable[[str], object]) -> None:
    whole = TDS_ON if ask in EVERY_ASK[:2] else tds_packet(CHALLENGED)
    before = [TDS_ON] if ask is sql_server.challenge_by_tds8 else []
    for end in range(len(whole)):
        assert had(ask, [*before, whole[:end]])[1] == "PeerGone"  # type: ignore[arg-type]


def test_a_challenge_that_is_cut_inside_its_packet_says_nothing() -> None:
    for end in range(3 + 56):
        assert had(sql_server.challenge, [tds_packet(CHALLENGED[:end])])[1] == ()


@given(st.sampled_from(EVERY_ASK), st.lists(st.binary(min_size=1, max_size=80), max_size=8), st.booleans())
def test_whatever_comes_ends_it(ask: Ask, answers: list[bytes], packed: bool) -> None:
    sent, said = had(ask, [tds_packet(each) if packed else each for each in answers])
    assert isinstance(said, (str, tuple))
    assert len(sent) <= len(answers) + 2


@given(st.lists(st.binary(min_size=1, max_size=80), max_size=8), st.booleans())
def test_whatever_comes_in_place_of_tls_ends_it(answers: list[bytes], packed: bool) -> None:
    prelude = prelude_for(StartTls.MSSQL, 1433, "host")
    assert prelude is not None

    def ask(host: str) -> Conversation[Words]:
        return prelude.carry(over_tls(sql_server.challenge(host), server_name=host))

    said = had(ask, [tds_packet(each) if packed else each for each in answers])[1]
    assert said in ("PeerGone", "DecodeError")


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    endless = [tds_packet(bytes(4000), status=0)] * 100
    sent, said = had(sql_server.challenge, endless)
    assert said == "PreludeFailed"
    assert len(sent) < 20


# --- what it means


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("090015f9", "SQL Server 2005"),
        ("0a321770", "SQL Server 2008 R2"),
        ("0f0007d0", "SQL Server 2019"),
        ("63000001", "TDS server"),
    ],
)
def test_a_release_goes_by_its_number(number: str, name: str) -> None:
    answer = TDS_ON.replace(b"\x0b\x00\x0b\xb8", bytes.fromhex(number))
    ((_, text, build),) = [(each.source, each.text, each.build) for each in words_of(answer)]
    assert text == name
    assert build == f"{int(number[:2], 16)}.{int(number[2:4], 16)}.{int(number[4:], 16)}"


def words_of(answer: bytes) -> Words:
    said = had(sql_server.version, [answer])[1]
    assert isinstance(said, tuple)
    return said


def test_the_version_is_told_whatever_the_encryption() -> None:
    for encryption in (0, 1, 2, 3, 8):
        assert words_of(tds_answer(encryption)) == (SQL_SERVER_2012,)


def test_an_answer_without_a_version_names_none() -> None:
    assert PreLogin.parse(bytes.fromhex("01 0006 0001 ff 01")) == PreLogin(1, "")
    assert words_of(tds_packet(bytes.fromhex("01 0006 0001 ff 01"))) == ()
    with pytest.raises(DecodeError):
        PreLogin.parse(bytes.fromhex("00 000b 0006 01 0011 0001 ff 0b00"))


def test_the_version_of_sql_server_is_none_of_windows() -> None:
    """10.0 is SQL Server 2008 and Windows 10: only the challenge is asked about Windows."""
    sql_server_2008 = Banner("tds-prelogin", "SQL Server 2008", "10.0.14393")
    windows = windows_of(talked_to(sql_server_2008, short="refused"))
    assert (windows.is_windows, windows.version, windows.evidence) == (IsWindows.UNKNOWN, "", ())
    both = talked_to(sql_server_2008, Banner("ntlm", "HOST", "6.3.9600"), short="refused")
    assert windows_of(both).client == "windows-8.1"
