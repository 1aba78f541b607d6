"""Write the corpus that fuzzing starts from: python -m tests.fuzz.seeds.

Recorded flights of real servers, conversations in the words of standards, and files as people write them: a
few of each kind, as small as they come. What a fuzzer finds of interest is kept elsewhere, and not committed.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from pydantic import TypeAdapter

from tests.fuzz import sealed
from tests.fuzz.playing import TURN
from tests.fuzz.servers import ASKED, STARTTLS, hellos
from tests.fuzz.targets import CORPUS
from tests.unit.prelude_scripts import GOOD, TDS_ON, tds_packet
from tests.unit.run_infos import run_info
from tests.unit.sample_scans import JSSE
from tests.unit.test_banners import challenge
from tests.unit.test_glance import RETRY, TLS13
from tests.vectors.record import FOLDER, OLDER_FOLDER
from tlsprobe.banners import sql_server, words
from tlsprobe.journal import RunInfo, to_line
from tlsprobe.preludes.tds import PRELOGIN, packets
from tlsprobe.tls.codec import read_all, uint, vector
from tlsprobe.tls.constants import ContentType, HandshakeType, Version
from tlsprobe.tls.messages import Certificate, ServerDHParams, ServerHello, ServerKeyExchange
from tlsprobe.tls.suites import suite

Seeds = Mapping[str, bytes]
MAKERS = ("openssl", "gnutls", "nss", "java", "s2n")
VERSIONS = (Version.TLS12, Version.TLS11, Version.TLS10)  # of hellos(), in their order
ROOT = Path(__file__).parents[2]


def flights() -> Seeds:
    """Flights up to ServerHelloDone, by the hello that they fit; of TLS 1.3 what is read of it."""
    found = {}
    for path in (FOLDER / f"{maker}.json" for maker in MAKERS):
        found[path.stem] = b"\0" + _first_flight(path, 0)
    for number, version in enumerate(VERSIONS):
        path = OLDER_FOLDER / "openssl-1024.json"
        found[f"{path.stem}-{version:04x}"] = bytes([number]) + _first_flight(path, 2 - number)
    last = len(hellos()) - 1
    return {**found, "tls13": bytes([last]) + TLS13, "retry": bytes([last]) + RETRY}


def _first_flight(path: Path, number: int) -> bytes:
    """A recorded flight, its certificate and its numbers cut to a few bytes: a fuzzer changes few others."""
    said = bytes.fromhex("".join(json.loads(path.read_text())[number]["received"]))
    written, hello = b"", None
    for record in takewhile(lambda each: each.kind == ContentType.HANDSHAKE, sealed.records(said)):
        payload = b""
        for kind, body in read_all(record.fragment, lambda each: (each.uint(1), each.vector(3))):
            match kind:
                case HandshakeType.SERVER_HELLO:
                    hello = ServerHello.parse(body)
                case HandshakeType.CERTIFICATE:
                    body = Certificate((b"leaf", b"root")).serialise()  # noqa: PLW2901
                case HandshakeType.SERVER_KEY_EXCHANGE if hello:
                    body = _small(body, hello)  # noqa: PLW2901
            payload += uint(1, kind) + vector(3, body)
        written += replace(record, fragment=payload).serialise()
    return written


def _small(body: bytes, hello: ServerHello) -> bytes:
    sent = ServerKeyExchange.parse(body, suite=suite(hello.cipher_suite), version=hello.version)
    algorithm = sent.signature[:2] if hello.version >= Version.TLS12 else b""
    params = ServerDHParams(b"\x00\xfb", b"\x02", b"\x07")
    return replace(sent, params=params, signature=algorithm + vector(2, b"sig")).serialise()


def conversations() -> Seeds:
    """STARTTLS as each protocol has it."""
    return {
        name: bytes([STARTTLS.index(good.script.protocol)]) + TURN.join(good.script.said)
        for name, good in GOOD.items()
    }


def answers() -> Seeds:
    """What software says of itself."""
    token = b64encode(challenge())
    ldap = b"0\x24\x04\x1ddomainControllerFunctionality1\x03\x04\x017"
    said = {
        words.http: TURN
        + b"HTTP/1.1 401 No\r\nServer: Microsoft-IIS/8.5\r\nWWW-Authenticate: NTLM "
        + token
        + b"\r\n\r\n",
        words.greeting: b"220 mail.example ESMTP\r\n",
        words.smtp: TURN
        + b"250-mail\r\n250-AUTH LOGIN NTLM\r\n250 OK\r\n"
        + TURN
        + b"334 "
        + token
        + b"\r\n",
        words.imap: TURN + b"+\r\n" + TURN + b"+ " + token + b"\r\n",
        words.pop3: TURN + b"+\r\n" + TURN + b"+ " + token + b"\r\n",
        words.rdp: TURN + b"0\x81" + vector(1, challenge()),
        words.ldap: TURN + ldap,
        sql_server.version: TURN + TDS_ON,
        sql_server.challenge: TURN
        + tds_packet(b"\xed" + len(challenge()).to_bytes(2, "little") + challenge()),
    }
    return {str(number): bytes([number]) + said[ask] for number, ask in enumerate(ASKED) if ask in said}


def written_by_people() -> Mapping[str, Seeds]:
    """Files and cells, some with what spreadsheets make of them."""
    example = (ROOT / "inventory.example.csv").read_text("utf-8")
    profile = (ROOT / "tlsprobe/data/clients.toml").read_text("utf-8").split("[[client]]")[1]
    texts: dict[str, tuple[str, ...]] = {
        "inventory": (
            example,
            'sep=;\r\nFQDN;Port;Owner\r\nm\u00fcnchen.example;443;"a;""b"""\r\n[2001:db8::1]:8443;;\r\n',
            'host\tport\tstarttls\twindow\nmail.example\t25\tauto\tSun 01:00-04:00 UTC\nmail.example\t25\n"x',
        ),
        "selection": (
            "# a comment\n*.example.com\nvault.example:443 # why\n192.0.2.0/24\n[2001:db8::]/32:25\n",
        ),
        "columns": ("host = FQDN\n# c\nport=TCP-Port\n", "host=FQDN,port=Port"),
        "hosts": (
            "https://www.example.com:8443/path",
            "[2001:db8::1]:443",
            "m\u00fcnchen.example.",
            "192.0.2.1:25",
        ),
        "change_window": (
            "Sun 01:00-04:00; Mon-Fri 22:00-06:00 Europe/Berlin",
            "04:00 Asia/Tokyo",
            "2026-11-26T04:00+09:00",
        ),
        "waivers": (
            '[[waiver]]\nrule = "DHE001"\nhost = "*.example.com"\nreason = "r"\nkind = "accepted-risk"\n'
            'approver = "a"\nexpires = 2027-01-31\n',
        ),
        "clients": ("[[client]]" + profile,),
        "client_words": (
            "c028 c027 009f",
            "supported_groups 0017 0018",
            "alpn h2 http/1.1",
            "0x7550 00",
            "Win2012R2 Std",
        ),
        "proxy_url": (
            "http://user:p%40ss@proxy.example:8080",
            "socks5://[::1]",
            "socks5://user:x@proxy.example",
        ),
    }
    return {
        target: {str(number): text.encode() for number, text in enumerate(some)}
        for target, some in texts.items()
    }


def kept_by_runs() -> Mapping[str, Seeds]:
    """A line of a journal, a run.json and a baseline.json, each made small."""
    scan = replace(JSSE, observations=JSSE.observations[:1], landings=JSSE.landings[:1], survey=None)
    baseline = json.loads((ROOT / "reports/sample/baseline.json").read_bytes())
    baseline["servers"] = baseline["servers"][:1]
    return {
        "scans": {"one": to_line(scan)},
        "run_info": {"one": TypeAdapter(RunInfo).dump_json(run_info())},
        "baseline": {"one": json.dumps(baseline).encode()},
    }


def corpus() -> Mapping[str, Seeds]:
    """Every seed by its target and its name."""
    numbers = (b"\xff" * 47 + b"\x61", b"\x02", b"\x07" * 48)
    socks, socks_by_name = (
        b"\x05\x00" + bytes.fromhex("05000001 7f000001 01bb"),
        b"\x05\x02\x01\x00\x05\x00\x00\x03\x01a\x01\xbb",
    )
    tls_in_tds = packets(PRELOGIN, flights()["openssl"][1:])
    return {
        "flight": flights(),
        "finishing": {name: flight + sealed.servers()[0].seed() for name, flight in flights().items()},
        "finished": {str(at): bytes([at]) + each.seed() for at, each in enumerate(sealed.servers())},
        "look": flights(),
        "records": {"flight": flights()["java"][1:]},
        "groups": {str(form): bytes([form]) + b"<>".join(numbers) for form in range(5)},
        "preludes": conversations(),
        "tds_framing": {"packed": b"\0" + tls_in_tds, "bare": flights()["openssl"]},
        "banners": answers(),
        "ntlm": {"bytes": challenge(), "letters": b64encode(challenge())},
        "proxies": {
            "http": b"\0HTTP/1.1 200 OK\r\n\r\n",
            "socks": b"\1" + socks,
            "login": b"\2" + socks_by_name,
        },
        "recorded_hello": {str(at): each.serialise() for at, each in enumerate(hellos())},
        **written_by_people(),
        **kept_by_runs(),
    }


def main() -> None:
    """Write each seed into a file of its own."""
    for target, seeds in corpus().items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in seeds.items():
            (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
