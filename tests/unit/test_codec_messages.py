"""Laws of the readers and writers: round trips, and any cut is a DecodeError."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsprobe.tls import messages
from tlsprobe.tls.codec import DecodeError, Reader
from tlsprobe.tls.constants import FFDHE_GROUPS, Version, alert_name
from tlsprobe.tls.messages import (
    Certificate,
    CertificateRequest,
    ClientDiffieHellmanPublic,
    ClientHello,
    Extension,
    ServerDHParams,
    ServerHello,
    ServerKeyExchange,
)
from tlsprobe.tls.stream import AlertReceived
from tlsprobe.tls.suites import suite

u16 = st.integers(0, 0xFFFF)
random = st.binary(min_size=32, max_size=32)
extensions = st.lists(st.builds(Extension, u16, st.binary(max_size=40)), max_size=5).map(tuple)
numbers = st.binary(max_size=40)
params = st.builds(ServerDHParams, numbers, numbers, numbers)

server_hellos = st.builds(
    ServerHello, u16, random, st.binary(max_size=32), u16, st.integers(0, 255), extensions
)
key_exchanges = st.builds(
    ServerKeyExchange,
    params,
    st.binary(max_size=60).map(lambda s: b"\x04\x01" + len(s).to_bytes(2, "big") + s),
)
requests = st.builds(
    CertificateRequest,
    st.binary(max_size=5),
    st.lists(u16, max_size=5).map(tuple),
    st.lists(st.binary(max_size=20), max_size=3).map(tuple),
)
chains = st.builds(Certificate, st.lists(st.binary(max_size=50), max_size=3).map(tuple))

CASES: tuple[tuple[st.SearchStrategy[object], Callable[[object], bytes], Callable[[bytes], object]], ...] = (
    (server_hellos, lambda m: m.serialise(), ServerHello.parse),  # type: ignore[attr-defined]
    (chains, lambda m: m.serialise(), Certificate.parse),  # type: ignore[attr-defined]
    (
        key_exchanges,
        lambda m: m.serialise(),  # type: ignore[attr-defined]
        lambda body: ServerKeyExchange.parse(body, suite=suite(0x009E), version=Version.TLS12),
    ),
    (
        requests,
        lambda m: m.serialise(version=Version.TLS12),  # type: ignore[attr-defined]
        lambda body: CertificateRequest.parse(body, version=Version.TLS12),
    ),
    (
        st.builds(ClientDiffieHellmanPublic, numbers),
        lambda m: m.serialise(),  # type: ignore[attr-defined]
        ClientDiffieHellmanPublic.parse,
    ),
)


@pytest.mark.parametrize("number", range(len(CASES)))
@given(data=st.data())
def test_what_is_written_is_read_and_any_cut_is_an_error(number: int, data: st.DataObject) -> None:
    strategy, serialise, parse = CASES[number]
    message = data.draw(strategy)
    body = serialise(message)
    assert parse(body) == message
    with pytest.raises(DecodeError):
        parse(body + b"\x00")
    cut = data.draw(st.integers(0, len(body) - 1))
    # A ServerHello may end before its extensions; every other cut shows.
    if isinstance(message, ServerHello) and cut == 38 + len(message.session_id):
        assert parse(body[:cut]) == ServerHello(
            message.legacy_version, message.random, message.session_id, message.cipher_suite,
            message.compression_method,
        )  # fmt: skip
    else:
        with pytest.raises(DecodeError):
            parse(body[:cut])


def test_what_is_sent_of_each_extension() -> None:
    """Byte for byte, as the RFCs have them: 8446 §4.2.8, 8422 §5.1, 5746 §3.2, 6066 §3."""
    sent = {
        messages.key_share(29, b"\x07" * 4): "0033 000a 0008 001d 0004 07070707",
        messages.supported_groups(23, 24): "000a 0006 0004 0017 0018",
        messages.supported_versions(0x0304, 0x0303): "002b 0005 04 0304 0303",
        messages.ec_point_formats(): "000b 0002 01 00",
        messages.extended_master_secret(): "0017 0000",
        messages.renegotiation_info(): "ff01 0001 00",
        messages.server_name("a.example"): "0000 000e 000c 00 0009 612e6578616d706c65",
    }
    for extension, expected in sent.items():
        assert extension.serialise().hex() == expected.replace(" ", "")


def test_a_hello_is_read_with_its_session_and_without() -> None:
    for session_id in (b"", b"\x05" * 32):
        hello = ClientHello(Version.TLS12, bytes(32), (0x009E,), (Extension(23),), session_id)
        assert ClientHello.parse(hello.serialise()) == hello


@pytest.mark.parametrize(
    ("number", "name"), [(0, "close_notify"), (40, "handshake_failure"), (200, "alert_200")]
)
def test_an_alert_has_its_name_or_its_number(number: int, name: str) -> None:
    assert alert_name(number) == name
    assert str(AlertReceived(number)) == name


@given(
    st.lists(u16, min_size=1, max_size=64).map(tuple),
    st.none() | st.text("abc", min_size=1, max_size=60),
    random,
)
def test_no_hello_has_a_size_that_middleboxes_hang_on(
    suites: tuple[int, ...], name: str | None, random: bytes
) -> None:
    built = [
        messages.supported_groups(23, 24, 25, *FFDHE_GROUPS),
        messages.ec_point_formats(),
        messages.signature_algorithms(),
        messages.extended_master_secret(),
        messages.renegotiation_info(),
    ]
    if name:
        built.insert(0, messages.server_name(name))
    hello = ClientHello(Version.TLS12, random, suites, tuple(built))
    body = hello.serialise()
    for headers in (0, 4, 9):
        assert not 256 <= len(body) + headers <= 511
    parsed = ClientHello.parse(body)
    assert (parsed.random, parsed.cipher_suites) == (random, suites)
    assert parsed.extensions is not None
    assert parsed.extensions[: len(built)] == tuple(built)
    assert ClientHello.parse(ClientHello(Version.TLS12, random, suites, None).serialise()).extensions is None


def test_numbers_keep_their_zeros() -> None:
    sent = ServerDHParams(b"\x00\xff", b"\x00\x00\x02", b"\x00\x01")
    assert ServerDHParams.parse(Reader(sent.serialise())) == sent


def test_tls_13_says_its_version_and_group_in_extensions() -> None:
    versions = Extension(43, b"\x03\x04")
    share = Extension(51, b"\x00\x1d")
    hello = ServerHello(0x0303, messages.HELLO_RETRY_REQUEST_RANDOM, b"", 0x1301, 0, (versions, share))
    assert hello.version == Version.TLS13
    assert hello.group == 0x001D
    assert hello.is_hello_retry_request


def test_psk_and_anonymous_key_exchanges() -> None:
    sent = ServerDHParams(b"\xff\x01", b"\x02", b"\x07")
    psk = ServerKeyExchange(sent, b"", b"hint")
    assert ServerKeyExchange.parse(psk.serialise(), suite=suite(0x00AA), version=0x0303) == psk
    anonymous = ServerKeyExchange(sent)
    assert ServerKeyExchange.parse(anonymous.serialise(), suite=suite(0x00A6), version=0x0303) == anonymous
    old = ServerKeyExchange(sent, b"\x00\x02ab")
    assert ServerKeyExchange.parse(old.serialise(), suite=suite(0x0033), version=0x0301) == old
