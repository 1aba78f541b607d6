"""What a proxy answers, played to the conversation: it takes just the bytes that are the proxy's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsprobe.proxies import Proxy, ProxyError, parse_proxy, through

HTTP = Proxy("http", "proxy.example", 8080, "user", "p@ss")
SOCKS = Proxy("socks5", "proxy.example", 1080)
LOGIN = Proxy("socks5", "proxy.example", 1080, "user", "p@ss")
BOUND = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x01\xbb"

LETS_THROUGH = [
    (HTTP, b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n"),
    (HTTP, b"HTTP/1.0 299 \r\n\r\n"),
    (SOCKS, b"\x05\x00" + BOUND),
    (SOCKS, b"\x05\x00\x05\x00\x00\x04" + bytes(16) + b"\x01\xbb"),
    (SOCKS, b"\x05\x00\x05\x00\x00\x03\x04name\x01\xbb"),
    (LOGIN, b"\x05\x02\x01\x00" + BOUND),
    (LOGIN, b"\x05\x00" + BOUND),
]
REFUSES = [
    (HTTP, b"HTTP/1.1 407 Who are you\r\n\r\n", "proxy-authentication"),
    (HTTP, b"HTTP/1.1 503 Busy\r\n\r\n", "proxy-refused"),
    (HTTP, b"HTTP/1.1\r\n\r\n", "proxy-failed"),
    (HTTP, b"SSH-2.0-x y\r\n\r\n", "proxy-failed"),
    (HTTP, b"HTTP/1.1 200 " + b"x" * 16_400, "proxy-failed"),
    (SOCKS, b"\x04\x00", "proxy-failed"),
    (SOCKS, b"\x05\x02", "proxy-authentication"),
    (LOGIN, b"\x05\xff", "proxy-authentication"),
    (LOGIN, b"\x05\x02\x01\x01", "proxy-authentication"),
    (SOCKS, b"\x05\x00\x05\x05\x00\x01", "proxy-refused"),
    (SOCKS, b"\x05\x00\x05\x63\x00\x01", "proxy-refused"),
]


def left_of(proxy: Proxy, said: bytes, host: str = "server.example") -> tuple[bytes, bytes]:
    """Give the conversation what it asks for; return what was sent, and what it left of the answer.

    Raises EOFError where there is less than it asks for.
    """
    asking = through(proxy, host, 443)
    sent, wanted = next(asking)
    try:
        while len(said) >= wanted:
            piece, said = said[:wanted], said[wanted:]
            more, wanted = asking.send(piece)
            sent += more
    except StopIteration:
        return sent, said
    raise EOFError


@pytest.mark.parametrize(("proxy", "said"), LETS_THROUGH)
def test_what_comes_behind_the_answer_is_the_servers(proxy: Proxy, said: bytes) -> None:
    assert left_of(proxy, said + b"220 hello")[1] == b"220 hello"
    for size in range(len(said)):
        with pytest.raises(EOFError):
            left_of(proxy, said[:size])


@pytest.mark.parametrize(("proxy", "said", "reason"), REFUSES)
def test_a_refusal_has_its_reason(proxy: Proxy, said: bytes, reason: str) -> None:
    with pytest.raises(ProxyError) as refused:
        left_of(proxy, said)
    assert refused.value.reason == reason


@given(st.sampled_from([HTTP, SOCKS, LOGIN]), st.binary(max_size=60), st.booleans())
def test_whatever_a_proxy_says_is_an_answer_or_none(proxy: Proxy, said: bytes, polite: bool) -> None:
    start = {"http": b"HTTP/1.1 ", "socks5": b"\x05"}[proxy.kind] if polite else b""
    try:
        left_of(proxy, start + said)
    except (ProxyError, EOFError):
        return
    assert polite


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.1", b"\x01\xc0\x00\x02\x01"),
        ("2001:db8::1", b"\x04\x20\x01\x0d\xb8" + bytes(11) + b"\x01"),
        ("a.example", b"\x03\x09a.example"),
    ],
)
def test_a_socks_proxy_is_asked_for_a_name_or_an_address(host: str, address: bytes) -> None:
    sent, _ = left_of(LOGIN, b"\x05\x02\x01\x00" + BOUND, host)
    assert sent == b"\x05\x02\x00\x02" + b"\x01\x04user\x04p@ss" + b"\x05\x01\x00" + address + b"\x01\xbb"


def test_an_http_proxy_is_told_who_asks() -> None:
    sent, _ = left_of(HTTP, b"HTTP/1.1 200 \r\n\r\n", "2001:db8::1")
    assert sent == (
        b"CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n"
        b"Proxy-Authorization: Basic dXNlcjpwQHNz\r\n\r\n"
    )


def test_an_argument_that_is_no_text_is_refused_without_its_secret() -> None:
    with pytest.raises(ValueError, match="http://host:port") as refused:
        parse_proxy("http://user:secret\udc8e@proxy.example")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("who", ["é" * 128 + ":x", "x:" + "é" * 128])
def test_a_login_that_socks_has_no_room_for_is_refused(who: str) -> None:
    with pytest.raises(ValueError, match="255 bytes"):
        parse_proxy(f"socks5://{who}@proxy.example")
    assert parse_proxy(f"http://{who}@proxy.example").kind == "http"
