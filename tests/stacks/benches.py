"""Every bench there is, and the same with an ECDSA certificate where a program takes one."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.stacks.defaults import defaults
from tests.stacks.fleet import emulations, fleet
from tests.stacks.further import further
from tests.stacks.held_out import held_out
from tests.stacks.lab import Bench
from tlsprobe.demo.credentials import PKCS12_PASSWORD, Credentials, KeyPair, self_signed
from tlsprobe.demo.stack import Running


@cache
def benches() -> tuple[Bench, ...]:
    """All of them, in an order that stays; each has its own name."""
    plain = (*fleet(), *defaults(), *further(), *held_out(), *emulations())
    return (*plain, *(with_ecdsa(each) for each in plain if _takes_ecdsa(each)))


def _takes_ecdsa(one: Bench) -> bool:
    return one.default and one.configuration != "as in tests/peers" and one.family not in ("bearssl", "forge")


def with_ecdsa(one: Bench) -> Bench:
    """The same bench with an ECDSA key on P-256, which is what most public servers have today."""

    def start(address: str, workdir: Path, credentials: Credentials) -> AbstractContextManager[Running]:
        workdir.mkdir(parents=True, exist_ok=True)
        pair = ecdsa_pair(workdir)
        return one.start(address, workdir, replace(credentials, rsa=pair))

    return replace(one, configuration=f"{one.configuration}, ECDSA", start=start)


def ecdsa_pair(folder: Path) -> KeyPair:
    """Write a P-256 key and its certificate in every form that some server wants."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = self_signed(key)
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    traditional, pkcs8 = (
        key.private_bytes(serialization.Encoding.PEM, form, plain)
        for form in (serialization.PrivateFormat.TraditionalOpenSSL, serialization.PrivateFormat.PKCS8)
    )
    protected = serialization.BestAvailableEncryption(PKCS12_PASSWORD.encode())
    pair = KeyPair(folder / "ec.crt", folder / "ec.key", folder / "ec.pem", folder / "ec.p12")
    protected_pair = pkcs12.serialize_key_and_certificates(b"demo", key, certificate, None, protected)
    for path, content in (
        (pair.certificate, pem),
        (pair.key, traditional),
        (pair.both, pkcs8 + pem),
        (pair.pkcs12, protected_pair),
    ):
        path.touch(mode=0o600)
        path.write_bytes(content)
    return pair
