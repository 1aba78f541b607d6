"""STARTTLS conversations: whole, by the byte, cut, refused, and with servers that say too much."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsprobe.inventory import StartTls
from tlsprobe.preludes import MAX_REPLY, PreludeFailed, prelude_for, resolve_auto
from tlsprobe.tls.stream import PeerGone

SSL_REQUEST = bytes.fromhex("0000000804d2162f")
EHLO, STARTTLS = b"EHLO tlsprobe.invalid\r\n", b"STARTTLS\r\n"
SMTP_HELLO, SMTP_OFFER = b"220 mail.example ESMTP\r\n", b"250-mail.example\r\n250-SIZE 1\r\n250 STARTTLS\r\n"


@dataclass(frozen=True)
class Script:
    """What a server says first, and then to each command."""

    protocol: StartTls
    greeting: bytes
    replies: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Good:
    """A conversation that ends in TLS, and the commands it takes."""

    script: Script
    commands: bytes


GOOD = {
    "smtp": Good(Script(StartTls.SMTP, SMTP_HELLO, (SMTP_OFFER, b"220 2.0.0 Ready\r\n")), EHLO + STARTTLS),
    "smtp-many-lines": Good(
        Script(
            StartTls.SMTP,
            b"220-mail.example\r\n220-no spam\r\n220 here\r\n",
            (b"250-mail.example\n250-starttls \n250 HELP\n", b"220-wait\r\n220 go\r\n"),
        ),
        EHLO + STARTTLS,
    ),
    "imap": Good(
        Script(StartTls.IMAP, b"* OK [CAPABILITY IMAP4rev1] hello\r\n", (b"a1 OK begin\r\n",)),
        b"a1 STARTTLS\r\n",
    ),
    "imap-untagged": Good(
        Script(StartTls.IMAP, b"* ok\r\n", (b"* CAPABILITY IMAP4rev1\r\n* NOTE\r\nA1 ok\r\n",)),
        b"a1 STARTTLS\r\n",
    ),
    "imap-talkative": Good(
        Script(StartTls.IMAP, b"* OK hello\r\n* CAPABILITY IMAP4rev1\r\n", (b"a1 OK begin\r\n",)),
        b"a1 STARTTLS\r\n",
    ),
    "pop3": Good(Script(StartTls.POP3, b"+OK <1@host>\r\n", (b"+OK begin\r\n",)), b"STLS\r\n"),
    "postgres": Good(Script(StartTls.POSTGRES, b"", (b"S",)), SSL_REQUEST),
}


def play(script: Script, *, chunk: int = MAX_REPLY * 2) -> bytes:
    """Have the conversation, the server's bytes cut into chunks, closing where it has no more to say.

    Returns what the client sent.
    """
    prelude = prelude_for(script.protocol, 1)
    assert prelude is not None
    conversation, replies = prelude(), list(script.replies)
    sent, waiting = b"", script.greeting
    try:
        outgoing = next(conversation)
        while True:
            sent += outgoing
            if outgoing and replies:
                waiting += replies.pop(0)
            piece, waiting = waiting[:chunk], waiting[chunk:]
            outgoing = conversation.send(piece)
    except StopIteration:
        return sent


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 100_000])
@pytest.mark.parametrize("name", GOOD)
def test_it_ends_in_tls_in_any_chunks(name: str, chunk: int) -> None:
    assert play(GOOD[name].script, chunk=chunk) == GOOD[name].commands


@pytest.mark.parametrize("name", GOOD)
def test_cut_at_each_offset_the_peer_is_gone(name: str) -> None:
    script = GOOD[name].script
    said = [script.greeting, *script.replies]
    for number, part in enumerate(said):
        for size in range(len(part)):
            greeting, *replies = [*said[:number], part[:size]]
            with pytest.raises(PeerGone) as error:
                play(Script(script.protocol, greeting, tuple(replies)))
            assert error.value.how == "closed"


@pytest.mark.parametrize("chunk", [1, 100_000])
@pytest.mark.parametrize(
    ("protocol", "greeting", "replies", "reason"),
    [
        (StartTls.SMTP, b"554 no service\r\n", (), "starttls-refused"),
        (StartTls.SMTP, b"554-no\r\n554 service\r\n", (), "starttls-refused"),
        (StartTls.SMTP, SMTP_HELLO, (b"502 what?\r\n",), "starttls-refused"),
        (StartTls.SMTP, SMTP_HELLO, (b"250 mail.example\r\n",), "starttls-not-offered"),
        (StartTls.SMTP, SMTP_HELLO, (b"250-a\r\n250-XSTARTTLS\r\n250 HELP\r\n",), "starttls-not-offered"),
        (StartTls.SMTP, SMTP_HELLO, (SMTP_OFFER, b"454 TLS not available\r\n"), "starttls-refused"),
        (StartTls.IMAP, b"* BYE busy\r\n", (), "starttls-refused"),
        (StartTls.IMAP, b"* OK\r\n", (b"a1 NO not now\r\n",), "starttls-refused"),
        (StartTls.IMAP, b"* OK\r\n", (b"a1 BAD unknown\r\n",), "starttls-refused"),
        (StartTls.POP3, b"-ERR busy\r\n", (), "starttls-refused"),
        (StartTls.POP3, b"+OK\r\n", (b"-ERR unknown\r\n",), "starttls-refused"),
        (StartTls.POSTGRES, b"", (b"N",), "starttls-not-offered"),
        (StartTls.POSTGRES, b"", (b"EFATAL\x00",), "starttls-failed"),
        (StartTls.SMTP, b"HTTP/1.1 400 Bad Request\r\n", (), "starttls-refused"),
        (StartTls.IMAP, b"\xff\xfe\x00\r\n", (), "starttls-refused"),
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


@pytest.mark.parametrize("name", GOOD)
def test_plain_text_after_the_go_ahead_is_refused(name: str) -> None:
    script = GOOD[name].script
    *before, last = script.replies
    with pytest.raises(PreludeFailed) as error:
        play(Script(script.protocol, script.greeting, (*before, last + b"more\r\n")))
    assert error.value.reason == "starttls-failed"


def test_answers_given_before_they_were_asked_for_do_not_pass() -> None:
    """All at once: each command still goes out, and what is left over is refused."""
    answers = SMTP_OFFER + b"220 go\r\n"
    with pytest.raises(PreludeFailed) as error:
        play(Script(StartTls.SMTP, SMTP_HELLO + answers, (SMTP_OFFER, b"220 go\r\n")))
    assert error.value.reason == "starttls-failed"


@pytest.mark.parametrize(
    ("protocol", "greeting", "reply"),
    [
        (StartTls.SMTP, b"x" * (MAX_REPLY + 1), b""),
        (StartTls.SMTP, b"220-more\r\n" * (MAX_REPLY // 10 + 1), b""),
        (StartTls.SMTP, SMTP_HELLO, b"250-more\r\n" * (MAX_REPLY // 10 + 1)),
        (StartTls.IMAP, b"* OK\r\n", b"* more\r\n" * (MAX_REPLY // 8 + 1)),
        (StartTls.POP3, b"+OK" + b" " * MAX_REPLY, b""),
    ],
    ids=["one-line", "greeting", "ehlo", "untagged", "pop3"],
)
@pytest.mark.parametrize("chunk", [512, 100_000])
def test_a_server_that_talks_for_ever_is_left(
    protocol: StartTls, greeting: bytes, reply: bytes, chunk: int
) -> None:
    with pytest.raises(PreludeFailed, match="endless"):
        play(Script(protocol, greeting, (reply,)), chunk=chunk)


@given(
    st.sampled_from([good.script.protocol for good in GOOD.values()]),
    st.lists(
        st.sampled_from([SMTP_HELLO, b"250-", b"* OK", b"\r\n", b"a1 ", b"+OK"]) | st.binary(max_size=9)
    ),
    st.integers(1, 9),
)
def test_whatever_is_said_it_ends(protocol: StartTls, said: list[bytes], chunk: int) -> None:
    greeting, *replies = said or [b""]
    with suppress(PreludeFailed, PeerGone):
        play(Script(protocol, greeting, tuple(replies)), chunk=chunk)


@pytest.mark.parametrize(
    ("port", "protocol"),
    [
        (25, StartTls.SMTP), (587, StartTls.SMTP), (143, StartTls.IMAP), (110, StartTls.POP3),
        (5432, StartTls.POSTGRES), (443, StartTls.NONE), (465, StartTls.NONE), (993, StartTls.NONE),
        (389, StartTls.LDAP),
    ],
)  # fmt: skip
def test_auto_goes_by_the_port(port: int, protocol: StartTls) -> None:
    assert resolve_auto(StartTls.AUTO, port) is protocol


@pytest.mark.parametrize("protocol", [each for each in StartTls if each is not StartTls.AUTO])
def test_what_is_named_counts_more_than_the_port(protocol: StartTls) -> None:
    assert resolve_auto(protocol, 25) is protocol


def test_without_starttls_there_is_no_prelude_and_an_unbuilt_one_is_said() -> None:
    assert prelude_for(StartTls.AUTO, 443) is None
    assert prelude_for(StartTls.NONE, 25) is None
    with pytest.raises(PreludeFailed) as error:
        prelude_for(StartTls.AUTO, 389)
    assert error.value.reason == "starttls-not-supported"
