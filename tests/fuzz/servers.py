"""Targets that take a server's bytes: everything that somebody else's machine can send us."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from tests.fuzz.playing import WHOLE, chosen, pieces, play, without_text
from tests.fuzz.sealed import finished
from tests.unit.prelude_scripts import HOST
from tests.vectors.record import fixed_entropy
from tlsprobe.banners import sql_server, words
from tlsprobe.banners.ntlm import challenge_in_base64, find_challenge
from tlsprobe.banners.words import Ask
from tlsprobe.preludes import PreludeFailed, prelude_for
from tlsprobe.preludes.framing import framed
from tlsprobe.preludes.reading import plain_text_behind
from tlsprobe.preludes.tds import TdsFraming
from tlsprobe.probes.hello import HelloForm, any_hello, dhe_hello
from tlsprobe.proxies import Proxy, ProxyError, through
from tlsprobe.starttls import StartTls
from tlsprobe.tls.codec import DecodeError
from tlsprobe.tls.constants import Version
from tlsprobe.tls.glance import Glance, glance
from tlsprobe.tls.groups import ClientShare, ShareForm, UnusableGroup, pick_share
from tlsprobe.tls.handshake import Handshake, handshake
from tlsprobe.tls.messages import ClientHello, ServerDHParams, ServerHello
from tlsprobe.tls.record import RecordReader
from tlsprobe.tls.stream import Conversation, PeerGone
from tlsprobe.tls.suites import DHE_SUITE_NAMES, suites_for


@cache
def hellos() -> tuple[ClientHello, ...]:
    """What is offered: DHE at each version, all of it with every kind of suite, and TLS 1.3."""
    offers = [
        dhe_hello(
            version=version,
            form=form,
            suites=suites_for(version, tuple(DHE_SUITE_NAMES)),
            server_name="localhost",
            entropy=fixed_entropy,
        )
        for version, form in (
            (Version.TLS12, HelloForm.CURVES_EMS),
            (Version.TLS11, HelloForm.BARE),
            (Version.TLS10, HelloForm.BARE),
        )
    ]
    return (*offers, any_hello(server_name=None, entropy=fixed_entropy))


def _any_share(_: ServerDHParams) -> ClientShare:
    """Whatever the server's numbers are: they are another target's matter, and slow."""
    return ClientShare(dh_Yc=b"\x02" * 32, premaster_secret=b"\x03" * 32)


def flight(data: bytes) -> None:
    """The server's flight up to ServerHelloDone."""
    number, said = chosen(data, len(hellos()))
    _handshake(hellos()[number], said, with_share=False)


def finishing(data: bytes) -> None:
    """The flight, and whatever comes where ChangeCipherSpec and Finished are due."""
    number, said = chosen(data, len(hellos()))
    _handshake(hellos()[number], said, with_share=True)


def _handshake(hello: ClientHello, said: bytes, *, with_share: bool) -> None:
    def once(chunk: int) -> Handshake:
        pick = _any_share if with_share else None
        return play(handshake(hello, pick_share=pick, entropy=fixed_entropy), said, chunk=chunk)

    whole, in_pieces = once(WHOLE), once(pieces(said))
    assert without_text(whole) == without_text(in_pieces)
    if whole.server_hello is not None:
        assert ServerHello.parse(whole.server_hello.serialise()) == whole.server_hello


def look(data: bytes) -> None:
    """The look at a flight whose bodies nobody reads."""
    number, said = chosen(data, len(hellos()))

    def once(chunk: int) -> Glance:
        found = play(glance(hellos()[number], record_version=0x0301), said, chunk=chunk)
        return replace(found, detail="") if found.end == "not-tls" else found

    whole = once(WHOLE)
    assert whole == once(pieces(said))
    if whole.server_hello:
        ServerHello.parse(whole.server_hello)


def records(data: bytes) -> None:
    """Bytes into records; what was read is what stood there."""
    reader, read = RecordReader(), b""
    reader.feed(data)
    try:
        while (record := reader.next_record()) is not None:
            read += record.serialise()
    except DecodeError:
        pass
    assert data.startswith(read)


def groups(data: bytes) -> None:
    """The client's answer to any numbers, up to the size that a fuzzer's input has."""
    forms = list(ShareForm)
    number, numbers = chosen(data, len(forms))
    try:
        params = ServerDHParams(*numbers.split(b"<>", 2))
    except TypeError:  # fewer than three numbers
        return
    try:
        share = pick_share(params, forms[number], entropy=fixed_entropy)
    except UnusableGroup:
        return
    size = len(params.dh_p.lstrip(b"\x00"))
    assert len(share.dh_Yc) == size - (forms[number] is ShareForm.YC_SHORT)
    assert len(share.premaster_secret) == size - (forms[number] is ShareForm.Z_STRIPPED)


STARTTLS = tuple(each for each in StartTls if each not in (StartTls.NONE, StartTls.AUTO))
_TEXT_BEHIND = plain_text_behind().detail


def preludes(data: bytes) -> None:
    """What is said before TLS in each protocol that has it."""
    number, said = chosen(data, len(STARTTLS))
    prelude = prelude_for(STARTTLS[number], 1, HOST)
    assert prelude is not None
    whole, in_pieces = (
        _prelude_end(prelude.converse(), said, chunk=chunk) for chunk in (WHOLE, pieces(said))
    )
    # Text behind the go-ahead is seen only where it came with it, and a server that runs ahead is waited for.
    if whole not in ("closed", _TEXT_BEHIND):
        assert whole == in_pieces


def _prelude_end(conversation: Conversation[None], said: bytes, *, chunk: int) -> str:
    try:
        play(conversation, said, chunk=chunk)
    except PreludeFailed as failed:
        return _TEXT_BEHIND if failed.detail == _TEXT_BEHIND else failed.reason
    except PeerGone as gone:
        return gone.how
    return "TLS"


def tds_framing(data: bytes) -> None:
    """TLS inside TDS packets: what the packets carry does not hang on how they came."""
    number, said = chosen(data, len(hellos()))

    def once(chunk: int) -> Handshake:
        return play(framed(handshake(hellos()[number]), TdsFraming()), said, chunk=chunk)

    assert without_text(once(WHOLE)) == without_text(once(pieces(said)))


ASKED: tuple[Ask, ...] = (
    words.http, words.greeting, words.smtp, words.imap, words.pop3, words.rdp, words.ldap,
    words.after_greeting(words.smtp), sql_server.version, sql_server.version_by_tds8,
    sql_server.challenge, sql_server.challenge_by_tds8,
)  # fmt: skip


def banners(data: bytes) -> None:
    """What the software says of itself, once TLS stands."""
    number, said = chosen(data, len(ASKED))
    whole, in_pieces = (_words(ASKED[number], said, chunk=chunk) for chunk in (WHOLE, pieces(said)))
    if whole is not None:
        assert whole == in_pieces


def _words(ask: Ask, said: bytes, *, chunk: int) -> words.Words | None:
    try:
        return play(ask(HOST), said, chunk=chunk)
    except (PreludeFailed, PeerGone):
        return None


def ntlm(data: bytes) -> None:
    """A challenge, anywhere in what came, and in the letters of a text protocol."""
    find_challenge(data)
    challenge_in_base64(data.decode("latin-1"))


_PROXIES = (
    Proxy("http", "proxy.example", 8080, "user", "secret"),
    Proxy("socks5", "proxy.example", 1080),
    Proxy("socks5", "proxy.example", 1080, "user", "secret"),
)


def proxies(data: bytes) -> None:
    """What a proxy answers; just as many bytes are given to it as it asks for."""
    number, said = chosen(data, len(_PROXIES))
    asking = through(_PROXIES[number], "server.example", 443)
    try:
        _, wanted = next(asking)
        while True:
            piece, said = said[:wanted], said[wanted:]
            if len(piece) < wanted:
                return
            _, wanted = asking.send(piece)
    except (StopIteration, ProxyError):
        return


TARGETS: dict[str, Callable[[bytes], None]] = {
    "flight": flight,
    "finishing": finishing,
    "finished": finished,
    "look": look,
    "records": records,
    "groups": groups,
    "preludes": preludes,
    "tds_framing": tds_framing,
    "banners": banners,
    "ntlm": ntlm,
    "proxies": proxies,
}
