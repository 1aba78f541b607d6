"""What real servers say of themselves, asked by the real engine."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import spnego

from tests.peers.fleet import PEERS, Peer, cases
from tests.peers.summary import Serve
from tests.peers.verdict import CONFIG, scan_peer
from tlsprobe.demo.credentials import Credentials
from tlsprobe.engines.local import run
from tlsprobe.facts import ServerScan
from tlsprobe.inventory import Target
from tlsprobe.probes.software import Question


class WithNtlm(BaseHTTPRequestHandler):
    """An HTTP service that wants NTLM, as an independent implementation speaks it (pyspnego)."""

    def do_GET(self) -> None:
        self.send_response(401)
        given = self.headers.get("Authorization", "")
        if given.startswith("NTLM "):
            context = spnego.server(protocol="ntlm", hostname="host", service="HTTP")
            token = context.step(base64.b64decode(given[5:])) or b""
            self.send_header("WWW-Authenticate", f"NTLM {base64.b64encode(token).decode()}")
        else:
            self.send_header("WWW-Authenticate", "NTLM")
        self.end_headers()

    def version_string(self) -> str:
        return "Microsoft-IIS/8.5"

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def with_ntlm(tmp_path: Path, credentials: Credentials, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    users = tmp_path / "users"
    users.write_text("EXAMPLE:nobody:nothing\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(users))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(credentials.rsa.certificate, credentials.rsa.key)
    with ThreadingHTTPServer(("127.77.5.1", 0), WithNtlm) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Target(1, "127.77.5.1", server.server_port, server_name="localhost")
        server.shutdown()
        thread.join(10)


def scan(target: Target, *questions: Question) -> ServerScan:
    (done,) = run([target], replace(CONFIG, questions=questions))
    return done


def test_the_challenge_of_another_implementation_is_read_over_real_tls(with_ntlm: Target) -> None:
    asked = {each.source: each for each in scan(with_ntlm, *Question).banners}
    assert asked["http-server"].text == "Microsoft-IIS/8.5"
    assert asked["ntlm"].build.count(".") == 2
    without = {each.source for each in scan(with_ntlm, Question.HTTP, Question.GREETING).banners}
    assert without == {"http-server"}


def test_what_is_not_to_be_asked_costs_no_connection(with_ntlm: Target) -> None:
    none = scan(with_ntlm)
    assert none.banners == ()
    assert scan(with_ntlm, *Question).connections == none.connections + 1


@pytest.mark.parametrize("peer", cases(PEERS[name] for name in ("nginx", "apache", "lighttpd-openssl")))
def test_a_web_server_names_itself(peer: Peer, serve: Serve) -> None:
    (banner, *_) = scan_peer(peer, serve(peer.id)).banners
    assert banner.source == "http-server"
    assert peer.id.partition("-")[0] in banner.text.casefold()


@pytest.mark.parametrize("peer", cases([PEERS["gnutls"]]))
def test_a_server_that_says_nothing_says_nothing(peer: Peer, serve: Serve) -> None:
    assert scan_peer(peer, serve(peer.id)).banners == ()
