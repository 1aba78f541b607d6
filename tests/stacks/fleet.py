"""The peers of tests/peers as benches: as they are, with other groups, suites, orders and versions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.peers.fleet import PEERS, Peer
from tests.stacks.lab import Bench, package_version
from tlsprobe.demo.credentials import Credentials
from tlsprobe.demo.libraries import OPENSSL_CIPHERS
from tlsprobe.demo.stack import Running


@cache
def libraries() -> dict[str, tuple[str, str]]:
    """A peer's id → its family, and its library with the version."""
    openssl = ("openssl", f"OpenSSL {package_version('libssl3')}")
    nss = ("nss", f"NSS {package_version('libnss3')}")
    gnutls = ("gnutls", f"GnuTLS {package_version('libgnutls30')}")
    web = ("nginx", "nginx-no-dhparam", "apache", "haproxy", "stunnel", "lighttpd-openssl", "python")
    return {
        **dict.fromkeys(("openssl", "openssl-dsa", "openssl-1024", "openssl-auto", *web), openssl),
        **dict.fromkeys(("lighttpd-nss", "nss"), nss),
        **dict.fromkeys(("gnutls", "lighttpd-gnutls"), gnutls),
        "lighttpd-mbedtls": ("mbedtls", f"Mbed TLS {package_version('libmbedtls14')}"),
        "java": ("jsse", f"OpenJDK {package_version('openjdk-17-jre-headless')}"),
        "erlang": ("erlang", f"Erlang/OTP {package_version('erlang-ssl')}"),
        "node-6.9.4": ("openssl", "OpenSSL 1.0.2j"),
        "node-6.10.3": ("openssl", "OpenSSL 1.0.2k"),
        "node-20": ("openssl", "OpenSSL 3.0.x (Node.js 20)"),
        "tlslite-ng": ("tlslite", "tlslite-ng 0.8.2"),
        "s2n": ("s2n", "s2n-tls (awscrt 0.38.1)"),
        "s2n-0.35.0": ("s2n", "s2n-tls (awscrt 0.35.0)"),
    }


# Suites in each program's own language: DHE alone, and AEAD alone. What is not here has one set.
_CIPHERS = {
    "openssl": ("DHE:!aNULL:!PSK:@SECLEVEL=0", "ECDHE+AESGCM:DHE+AESGCM:@SECLEVEL=0"),
    "nss": (":009E:009F:0033:0039:0067:006B", ":C02F:C030:009E:009F"),
    "gnutls": (
        "NONE:+VERS-TLS1.2:+DHE-RSA:+AES-256-GCM:+AES-128-CBC:+AEAD:+SHA1:+SIGN-ALL:+GROUP-ALL:+COMP-ALL:+CTYPE-ALL",
        "SECURE256:-VERS-ALL:+VERS-TLS1.2",
    ),
    "s2n": ("20190214", "default"),
    "lighttpd-mbedtls": (
        "TLS-DHE-RSA-WITH-AES-128-CBC-SHA:TLS-DHE-RSA-WITH-AES-256-GCM-SHA384",
        "TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256",
    ),
}
_TLS10 = {
    "openssl",
    "nginx",
    "apache",
    "haproxy",
    "stunnel",
    "python",
    "node-6.9.4",
    "node-20",
    "nss",
    "gnutls",
} | {
    "java",
    "erlang",
    "tlslite-ng",
}
_NO_GROUP_FILE = {"nss", "lighttpd-nss", "java", "s2n", "s2n-0.35.0", "openssl-dsa"}


def fleet() -> Iterator[Bench]:
    """Yield each real peer, then each of them set up otherwise."""
    for peer in PEERS.values():
        if peer.emulated:
            continue
        yield _as_bench(peer, "as in tests/peers")
        for label, changes, dh_file in _variants(peer):
            changed = replace(peer, base_options=replace(peer.base_options, **changes), dh_file=dh_file)
            yield _as_bench(changed, label)


def emulations() -> Iterator[Bench]:
    """Yield the patched tlslite-ng servers: never learned from."""
    for peer in PEERS.values():
        if peer.emulated:
            yield _as_bench(peer, "emulation", held_out=True)


def _variants(peer: Peer) -> Iterator[tuple[str, dict[str, Any], str | None]]:
    order = "client" if peer.base_options.order == "server" else "server"
    yield f"order {order}", {"order": order}, peer.dh_file
    if peer.id not in _NO_GROUP_FILE:
        for group in ("rfc2409-1024", "ffdhe2048"):
            yield f"group {group}", {}, group
    if peer.id == "java":
        yield "group of 1024 bits", {"dh_bits": 1024}, None
    if peer.id in _TLS10:
        yield "TLS 1.0 to 1.2", {"lowest": "1.0"}, peer.dh_file
    family = libraries()[peer.id][0]
    for label, ciphers in zip(("DHE", "AEAD"), _CIPHERS.get(peer.id, _CIPHERS.get(family, ())), strict=False):
        if peer.id not in ("openssl-dsa", "lighttpd-gnutls", "lighttpd-nss"):
            yield f"suites {label}", {"ciphers": ciphers}, peer.dh_file
    if peer.id == "openssl":
        yield "suites with ARIA and CCM_8", {"ciphers": OPENSSL_CIPHERS.replace("!ARIA:!AESCCM8:", "")}, None


def _as_bench(peer: Peer, configuration: str, *, held_out: bool = False) -> Bench:
    family, library = libraries().get(peer.id, ("tlslite", "tlslite-ng 0.8.2, patched"))

    def start(address: str, workdir: Path, credentials: Credentials) -> AbstractContextManager[Running]:
        return peer.stack.start(address, workdir, credentials, peer.options(credentials))

    return Bench(
        family=family,
        version=library,
        program=peer.id,
        configuration=configuration,
        start=start,
        missing=peer.stack.missing,
        default=configuration == "as in tests/peers",
        held_out=held_out,
    )
