"""Through real proxies of other makers: HTTP CONNECT by tinyproxy, SOCKS5 by microsocks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.peers.fleet import PEERS, Peer, cases
from tests.peers.summary import LEFT_OUT, RAN, Serve
from tests.peers.verdict import CONFIG, wrong
from tlsprobe.demo.credentials import Credentials
from tlsprobe.demo.stack import Launch, Options, Site, free_port, needs, running
from tlsprobe.engines.local import run
from tlsprobe.facts import ServerScan, Status
from tlsprobe.inventory import Target
from tlsprobe.proxies import Proxy, parse_proxy

USER, PASSWORD = "scanner", "keep-me-secret"


def tinyproxy(site: Site) -> Launch:
    config = site.write(
        "tinyproxy.conf",
        f"""\
Listen {site.address}
Port {site.port}
Timeout 60
MaxClients 100
BasicAuth {USER} {PASSWORD}
""",
    )
    return Launch(["tinyproxy", "-d", "-c", config])


def microsocks(site: Site) -> Launch:
    return Launch(["microsocks", "-i", site.address, "-p", str(site.port), "-u", USER, "-P", PASSWORD])


KINDS = {
    "http": ("127.77.6.1", tinyproxy, needs("tinyproxy", debian="tinyproxy-bin")),
    "socks5": ("127.77.6.2", microsocks, needs("microsocks", debian="microsocks")),
}
StartProxy = Callable[[str], Proxy]


@pytest.fixture(scope="module")
def proxies(credentials: Credentials, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartProxy]:
    started: dict[str, Proxy] = {}
    with ExitStack() as stack:

        def start(kind: str) -> Proxy:
            if kind not in started:
                address, prepare, _ = KINDS[kind]
                site = Site(
                    address, free_port(address), tmp_path_factory.mktemp(kind), credentials, Options()
                )
                stack.enter_context(running(prepare(site), site))
                started[kind] = Proxy(kind, address, site.port, USER, PASSWORD)
            return started[kind]

        yield start


@pytest.fixture
def proxy(request: pytest.FixtureRequest, proxies: StartProxy) -> Proxy:
    kind = request.param
    name, why = f"proxy-{kind}", KINDS[kind][2]()
    if why is None:
        request.node.user_properties.append((RAN, name))
        return proxies(kind)
    request.node.user_properties.append((LEFT_OUT, f"{name}: {why}"))
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name} is missing, and CI is to have it: {why}")
    pytest.skip(why)


def scan(proxy: Proxy, host: str, port: int) -> ServerScan:
    target = Target(1, host, port, server_name="localhost")
    (done,) = run([target], replace(CONFIG, proxy=proxy, clients=(), questions=()))
    return done


@pytest.mark.parametrize("proxy", list(KINDS), indirect=True)
@pytest.mark.parametrize("peer", cases([PEERS["openssl"]]))
def test_the_verdict_through_a_proxy_is_that_without(peer: Peer, serve: Serve, proxy: Proxy) -> None:
    server = serve(peer.id)
    done = scan(proxy, server.address, server.port)
    assert done.status is Status.ASSESSED
    assert wrong(peer, done) == []


@pytest.mark.parametrize("proxy", list(KINDS), indirect=True)
def test_a_wrong_password_is_told_from_a_server_that_is_not_there(proxy: Proxy) -> None:
    port = free_port("127.77.6.9")
    refused = scan(proxy, "127.77.6.9", port)
    assert (refused.status, refused.status_reason) == (Status.UNREACHABLE, "proxy-refused")
    stranger = scan(Proxy(proxy.kind, proxy.host, proxy.port, USER, "wrong"), "127.77.6.9", port)
    assert stranger.status is Status.UNREACHABLE
    assert stranger.status_reason in ("proxy-authentication", "proxy-refused")
    assert PASSWORD not in f"{refused} {stranger}"


def test_a_proxy_that_is_not_there_is_not_called_the_server() -> None:
    gone = Proxy("http", "127.77.6.10", free_port("127.77.6.10"))
    done = scan(gone, "127.77.6.9", 443)
    assert (done.status, done.status_reason) == (Status.UNREACHABLE, "proxy-unreachable")


def test_what_is_no_proxy_ends_with_a_reason(serve: Serve, tmp_path: Path) -> None:
    server = serve("openssl") if PEERS["openssl"].stack.missing() is None else serve("python")
    for kind in KINDS:
        done = scan(Proxy(kind, server.address, server.port), "127.77.6.9", 443)
        assert done.status is Status.UNREACHABLE
        assert done.status_reason.startswith("proxy-")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://proxy.example", Proxy("http", "proxy.example", 8080)),
        ("socks5://u:p%40ss@[2001:db8::1]:9", Proxy("socks5", "2001:db8::1", 9, "u", "p@ss")),
    ],
)
def test_addresses_of_proxies(url: str, expected: Proxy) -> None:
    assert parse_proxy(url) == expected


@pytest.mark.parametrize("url", ["proxy:8080", "ftp://u:secret@x", "http://", "http://u:secret@x:99999"])
def test_a_bad_address_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(ValueError, match="http://host:port") as error:
        parse_proxy(url)
    assert "secret" not in str(error.value)
    assert "secret" not in repr(Proxy("http", "x", 1, "u", "secret"))
