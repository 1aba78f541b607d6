"""Libraries that are never learned from, to see that they come out as `unknown`, and as nothing else."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.peers.fleet import Peer
from tests.peers.starttls import TALKERS
from tests.stacks.further import BUILT, compiled, compiles, pair, there
from tests.stacks.lab import CACHE, PROGRAMS, Bench, bench, package_version
from tlsprobe.demo.credentials import Credentials
from tlsprobe.demo.stack import Launch, Running, Site, needs

LIBRARIES = (("openssl", "OpenSSL", "libssl3"), ("gnutls", "GnuTLS", "libgnutls30"))


def held_out() -> Iterator[Bench]:
    """Yield them all."""
    yield from _bearssl()
    yield from _haskell()
    yield from _forge()
    yield from _h2o()
    yield from _behind_starttls()


def _bearssl() -> Iterator[Bench]:
    def command(site: Site) -> Launch:
        certificate, key = site.workdir / "certificate.der", site.workdir / "key.der"
        loaded = x509.load_pem_x509_certificate(site.pair.certificate.read_bytes())
        certificate.write_bytes(loaded.public_bytes(serialization.Encoding.DER))
        private = serialization.load_pem_private_key(site.pair.key.read_bytes(), None)
        form = serialization.PrivateFormat.TraditionalOpenSSL
        key.write_bytes(private.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption()))
        binary = compiled("bearssl_server.c", "bearssl") or "false"
        return Launch([binary, site.address, str(site.port), certificate, key])

    missing = compiles("bearssl_server.c", "bearssl", "libbearssl-dev")
    yield bench(
        "bearssl", "BearSSL 0.6", "a server of ours", "default", command, missing, default=True, held_out=True
    )


@cache
def haskell_server() -> Path | None:
    """The server in Haskell; None where GHC or the library is not there."""
    BUILT.mkdir(parents=True, exist_ok=True)
    binary = BUILT / "haskell_server"
    command: list[str | Path] = ["ghc", "-v0", "-threaded", "-outputdir", BUILT / "hs", "-o", binary]
    try:
        done = subprocess.run([*command, PROGRAMS / "tls_server.hs"], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return None if done.returncode else binary


def _haskell() -> Iterator[Bench]:
    yield bench(
        "haskell",
        f"Haskell tls {package_version('libghc-tls-dev')}",
        "a server of ours",
        "default",
        lambda site: Launch([haskell_server() or "false", *pair(site)]),
        lambda: None if haskell_server() else "ghc and libghc-tls-dev are needed",
        default=True,
        held_out=True,
    )


def _forge() -> Iterator[Bench]:
    module = CACHE / "node-forge"
    yield bench(
        "forge",
        "node-forge 1.4.0",
        "a server of ours",
        "default",
        lambda site: Launch(["node", PROGRAMS / "forge_server.js", module, *pair(site)]),
        there(module),
        default=True,
        held_out=True,
    )


def _h2o() -> Iterator[Bench]:
    """TLS 1.3 by picotls, all before by OpenSSL: two libraries in one answer."""

    def command(site: Site) -> Launch:
        config = site.write(
            "h2o.conf",
            f"listen:\n  host: {site.address}\n  port: {site.port}\n  ssl:\n"
            f"    certificate-file: {site.pair.certificate}\n    key-file: {site.pair.key}\n"
            f"hosts:\n  default:\n    paths:\n      /:\n        file.dir: {site.workdir}\n",
        )
        return Launch(["h2o", "-c", config])

    library = f"OpenSSL {package_version('libssl3')} and picotls"
    yield bench(
        "openssl", library, "h2o", "default", command, needs("h2o", debian="h2o"), default=True, held_out=True
    )


def _behind_starttls() -> Iterator[Bench]:
    """Daemons that speak something else before TLS: of learned libraries, in programs that were not."""
    versions = {family: f"{name} {package_version(debian)}" for family, name, debian in LIBRARIES}
    for talker in TALKERS:
        family = "gnutls" if talker.peer.id in ("starttls-exim", "starttls-openldap") else "openssl"

        def start(
            address: str, workdir: Path, credentials: Credentials, peer: Peer = talker.peer
        ) -> AbstractContextManager[Running]:
            return peer.stack.start(address, workdir, credentials)

        yield Bench(
            family=family,
            version=versions[family],
            program=talker.peer.id.removeprefix("starttls-"),
            configuration=f"STARTTLS of {talker.starttls.value}, few suites",
            start=start,
            missing=talker.peer.stack.missing,
            held_out=True,
            starttls=talker.starttls,
        )
