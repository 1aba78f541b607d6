"""What servers say of themselves: NTLM challenges, headers and greetings, and what is read from them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import spnego
from hypothesis import given
from hypothesis import strategies as st
from spnego._ntlm_raw.messages import Challenge as Independent

from tests.fuzz.playing import TURN, play
from tests.unit.landing_cases import landing, server, zeros
from tlsprobe.banners import words
from tlsprobe.banners.ntlm import Challenge, challenge_in_base64, find_challenge, negotiate_message
from tlsprobe.banners.words import Ask, Said, Words
from tlsprobe.clients.profile import LeadingZeroFix, built_in_profiles
from tlsprobe.facts import Banner, ServerScan
from tlsprobe.preludes import PreludeFailed
from tlsprobe.rules import FixSide, IsWindows, advise, judge, software_of, windows_of
from tlsprobe.rules.windows import _builds
from tlsprobe.tls.codec import DecodeError, vector
from tlsprobe.tls.stream import Conversation, PeerGone


def challenge(build: tuple[int, int, int] = (6, 3, 9600), target: str = "EXAMPLE") -> bytes:
    """A CHALLENGE_MESSAGE laid out as in MS-NLMP §2.2.1.2."""
    name = target.encode("utf-16-le")
    major, minor, number = build
    fields = len(name).to_bytes(2, "little") * 2 + (56).to_bytes(4, "little")
    version = bytes((major, minor)) + number.to_bytes(2, "little") + b"\0\0\0\x0f"
    head = b"NTLMSSP\0" + (2).to_bytes(4, "little") + fields + (0xE2898215).to_bytes(4, "little")
    return head + bytes(8) + bytes(8) + bytes(4) + (56 + len(name)).to_bytes(4, "little") + version + name


def played(conversation: Conversation[Words], answers: Sequence[bytes]) -> tuple[list[bytes], Words]:
    """What was sent, and what came of it."""
    sent = [next(conversation)]
    for answer in answers:
        try:
            sent.append(conversation.send(answer))
        except StopIteration as end:
            return sent, end.value
    raise AssertionError(f"it wants more after {sent}")


def talked_to(*banners: Banner, short: str = "accepted") -> ServerScan:
    return replace(server(landing("windows-7"), z=zeros(short=short)), banners=banners)


# --- NTLM


def test_a_challenge_says_its_build() -> None:
    assert Challenge.parse(challenge()) == Challenge("EXAMPLE", "6.3.9600")
    assert find_challenge(b"\x30\x82\x01\x00" + challenge((10, 0, 14393))) == Challenge(
        "EXAMPLE", "10.0.14393"
    )


@given(st.integers(0, 51))
def test_a_challenge_that_is_cut_before_its_version_is_none(end: int) -> None:
    with pytest.raises(DecodeError):
        Challenge.parse(challenge()[:end])


@given(st.binary(max_size=200))
def test_whatever_comes_is_a_challenge_or_none(data: bytes) -> None:
    find_challenge(data)
    find_challenge(b"NTLMSSP\0" + data)
    challenge_in_base64(data.decode("latin-1"))


def test_an_independent_server_reads_our_message_and_we_read_its_challenge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = tmp_path / "users"
    users.write_text("EXAMPLE:nobody:nothing\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(users))
    token = spnego.server(protocol="ntlm", hostname="host", service="HTTP").step(negotiate_message())
    assert token is not None
    told, version = find_challenge(token), Independent.unpack(token).version
    assert told is not None
    assert version is not None
    assert told.build == f"{version.major}.{version.minor}.{version.build}"


def test_the_message_that_is_sent_names_nobody() -> None:
    message = negotiate_message()
    assert message[16:24] == message[24:32] == bytes(4) + (40).to_bytes(4, "little")
    assert len(message) == 40


# --- protocols


def test_http_headers_are_read_as_far_as_they_go() -> None:
    token = base64.b64encode(challenge()).decode()
    head = f"HTTP/1.1 401 Unauthorized\r\nServer: Microsoft-IIS/8.5\r\nWWW-Authenticate: NTLM {token}\r\n\r\n"
    sent, said = played(words.http("www.example"), [head[:30].encode(), head[30:].encode()])
    assert sent[0].startswith(b"GET / HTTP/1.1\r\nHost: www.example\r\n")
    assert said == (Said("http-server", "Microsoft-IIS/8.5"), Said("ntlm", "EXAMPLE", "6.3.9600"))
    without, _ = played(words.http_without_ntlm("www.example"), [head.encode()])
    assert b"Authorization" not in without[0]
    assert b"Authorization: NTLM TlRMTVNTUA" in sent[0]


def test_mail_protocols_are_asked_only_where_they_offer_it() -> None:
    token = base64.b64encode(challenge())
    _, said = played(words.smtp(""), [b"250-x\r\n250 AUTH NTLM LOGIN\r\n", b"334 " + token + b"\r\n"])
    assert said == (Said("ntlm", "EXAMPLE", "6.3.9600"),)
    assert played(words.smtp(""), [b"250 x\r\n"]) == ([b"EHLO tlsprobe.invalid\r\n"], ())
    _, said = played(words.imap(""), [b"+ \r\n", b"+ " + token + b"\r\n"])
    assert said == (Said("ntlm", "EXAMPLE", "6.3.9600"),)
    assert played(words.pop3(""), [b"-ERR no\r\n"])[1] == ()
    _, said = played(words.after_greeting(words.imap)(""), [b"* OK hello\r\n", b"a1 NO\r\n"])
    assert said == (Said("greeting", "* OK hello"),)


def test_credssp_and_ldap_are_well_formed() -> None:
    sent, said = played(words.rdp(""), [b"\x30\x81" + vector(1, challenge((10, 0, 17763)))])
    assert said == (Said("ntlm", "EXAMPLE", "10.0.17763"),)
    assert sent[0][:2] == bytes((0x30, len(sent[0]) - 2))
    sent, said = played(words.ldap(""), [b"\x30\x24\x04\x1ddomainControllerFunctionality1\x03\x04\x016"])
    assert said == (Said("ldap-functionality", "6: Windows Server 2012 R2"),)
    assert sent[0][:2] == bytes((0x30, len(sent[0]) - 2))


TOKEN = base64.b64encode(challenge())
SAID = Said("ntlm", "EXAMPLE", "6.3.9600")
# What is asked, the server's words each time that it was spoken to (first: before that), and what they say.
TALKS: tuple[tuple[Ask, list[bytes], Words], ...] = (
    (
        words.http,
        [
            b"",
            b"HTTP/1.1 401 No\r\nServer: IIS\r\nWWW-Authenticate: NTLM "
            + TOKEN
            + b"\r\n\r\nServer: a page\r\n",
        ],
        (Said("http-server", "IIS"), SAID),
    ),
    (words.greeting, [b"220-one\r\n220 two\r\n"], (Said("greeting", "220-one"),)),
    (words.smtp, [b"", b"250-x\r\n250 AUTH NTLM\r\n", b"334 " + TOKEN + b"\r\n"], (SAID,)),
    (
        words.after_greeting(words.smtp),
        [b"220-a\r\n220 b\r\n", b"250-AUTH LOGIN NTLM\r\n250 x\r\n", b"334 " + TOKEN + b"\r\n"],
        (Said("greeting", "220-a"), SAID),
    ),
    (
        words.after_greeting(words.imap),
        [b"* OK hi\r\n* NEWS\r\n", b"* MORE\r\n+ \r\n", b"+ " + TOKEN + b"\r\n"],
        (Said("greeting", "* OK hi"), SAID),
    ),
    (words.pop3, [b"", b"+OK\r\n", b"+ " + TOKEN + b"\r\n"], (SAID,)),
    (words.rdp, [b"", b"\x30\x82" + vector(2, bytes(300) + challenge())], (SAID,)),
    (
        words.ldap,
        [b"", b"\x30\x84\0\0\0\x24\x04\x1ddomainControllerFunctionality1\x03\x04\x017" + b"\x30\x0c"],
        (Said("ldap-functionality", "7: Windows Server 2016 or later"),),
    ),
)


@pytest.mark.parametrize("chunk", [1, 2, 7, 4096])
@pytest.mark.parametrize(("ask", "turns", "heard"), TALKS, ids=[ask.__name__ for ask, _, _ in TALKS])
def test_an_answer_says_the_same_however_the_network_cuts_it(
    ask: Ask, turns: list[bytes], heard: Words, chunk: int
) -> None:
    assert play(ask("host"), TURN.join(turns), chunk=chunk) == heard


@given(st.sampled_from(TALKS), st.lists(st.binary(min_size=1, max_size=80), max_size=8))
def test_no_answer_breaks_a_conversation(talk: tuple[Ask, list[bytes], Words], answers: list[bytes]) -> None:
    with suppress(PeerGone, PreludeFailed):
        play(talk[0]("host"), TURN.join(answers), chunk=4096)


# --- what follows


@pytest.mark.parametrize(
    ("banner", "version", "fix"),
    [
        (Banner("ntlm", "X", "6.1.7601"), "Windows 7 SP1, Windows Server 2008 R2 SP1", LeadingZeroFix.NO),
        (Banner("ntlm", "X", "10.0.20348"), "Windows Server 2022", LeadingZeroFix.YES),
        (
            Banner("http-server", "Microsoft-IIS/8.5"),
            "Windows 8.1, Windows Server 2012 R2",
            LeadingZeroFix.NO,
        ),
        (Banner("http-server", "Microsoft-IIS/10.0"), "", None),
        (Banner("http-server", "Microsoft-HTTPAPI/2.0"), "", None),
        (Banner("ldap-functionality", "5: x"), "Windows 8, Windows Server 2012", LeadingZeroFix.NO),
        (
            Banner("greeting", "220 x Microsoft ESMTP MAIL Service, Version: 8.5.9600.16384 ready"),
            "Windows 8.1, Windows Server 2012 R2",
            LeadingZeroFix.NO,
        ),
    ],
)
def test_windows_by_its_own_words(banner: Banner, version: str, fix: LeadingZeroFix | None) -> None:
    windows = windows_of(talked_to(banner, short="refused"))
    assert (windows.is_windows, windows.version, windows.fix) == (IsWindows.YES, version, fix)
    (said,) = windows.evidence
    assert said.key == ("evidence.windows.ntlm" if banner.source == "ntlm" else "evidence.windows.banner")


@pytest.mark.parametrize(
    "banner",
    [
        Banner("http-server", "nginx"),
        Banner("ntlm", "SAMBA", "6.1.0"),
        Banner("greeting", "220 mail ESMTP Postfix"),
        Banner("http-server", "not Microsoft-IIS/8.5"),
    ],
)
def test_whoever_else_answers_is_not_windows(banner: Banner) -> None:
    assert windows_of(talked_to(banner)).is_windows is IsWindows.UNKNOWN


def test_the_build_of_2016_does_not_say_whether_it_has_the_fix_and_its_behaviour_does() -> None:
    banner = Banner("ntlm", "X", "10.0.14393")
    assert windows_of(talked_to(banner, short="refused")).fix is LeadingZeroFix.NO
    assert windows_of(talked_to(banner, short="accepted")).fix is LeadingZeroFix.YES
    assert windows_of(talked_to(banner, short="inconclusive")).fix is LeadingZeroFix.DEPENDS


def test_an_old_windows_that_takes_what_it_would_refuse_is_behind_something_else() -> None:
    windows = windows_of(talked_to(Banner("http-server", "Microsoft-IIS/8.5"), short="accepted"))
    assert (windows.is_windows, windows.fix) == (IsWindows.UNKNOWN, None)
    assert windows.evidence[-1].key == "evidence.windows.behind-another"


def test_what_the_challenge_says_counts_more_than_a_header() -> None:
    said = (Banner("http-server", "Microsoft-IIS/8.5"), Banner("ntlm", "X", "6.1.7601"))
    assert windows_of(talked_to(*said, short="refused")).client == "windows-7"


def test_a_windows_that_refuses_a_short_share_is_to_be_updated() -> None:
    scan = talked_to(Banner("ntlm", "X", "10.0.14393"), short="refused")
    assert advise(scan, judge(scan)).side is FixSide.UPDATE_SERVER


def test_every_build_has_a_profile_whose_fix_is_known() -> None:
    known = {each.id for each in built_in_profiles()}
    assert {version.client for version in _builds().values()} <= known


def test_the_application_is_what_the_inventory_says_else_what_it_says_itself() -> None:
    scan = talked_to(Banner("http-server", "nginx/1.22.1"))
    assert software_of(scan) == "nginx/1.22.1"
    assert software_of(replace(scan, target=replace(scan.target, software="haproxy"))) == "haproxy"
