"""Keys, self-signed certificates and DH parameter files for the demo's servers."""

import base64
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from tlsprobe.tls.groups import known_groups

SERVER_NAME = "demo.tlsprobe.test"
# Whoever reads a PKCS #12 file wants a password; this one protects nothing.
PKCS12_PASSWORD = "tlsprobe"  # noqa: S105

# A file's name → the group in it, by its name in data/dh_groups.json; each has the generator 2.
GROUPS: Mapping[str, str] = {
    "rfc2409-1024": "Oakley group 2",  # many a server's default up to 2015
    "rfc3526-2048": "MODP 2048 (group 14)",
    "ffdhe2048": "ffdhe2048",
}


@dataclass(frozen=True, slots=True)
class KeyPair:
    """One self-signed certificate and its key, in each form that some server wants.

    `key` is in the traditional PEM of its algorithm; `both` is the key as PKCS #8 and the
    certificate, in one file; `pkcs12` is protected by PKCS12_PASSWORD, under the name "demo".
    """

    certificate: Path
    key: Path
    both: Path
    pkcs12: Path


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the servers show to their clients, and the DH groups they may be given, by name."""

    rsa: KeyPair
    dsa: KeyPair
    dh_files: Mapping[str, Path]


def make_credentials(folder: Path) -> Credentials:
    """Write an RSA-2048 and a DSA-2048 pair, and a PKCS #3 file for each of GROUPS.

    The DSA domain parameters are what takes the time: up to some seconds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    primes = {group.name: group.p for group in known_groups().values()}
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return Credentials(
        rsa=write_pair(folder, "rsa", rsa_key),
        dsa=write_pair(folder, "dsa", dsa.generate_private_key(key_size=2048)),
        dh_files={name: write_group(folder, name, primes[group]) for name, group in GROUPS.items()},
    )


def write_pair(folder: Path, name: str, key: rsa.RSAPrivateKey | dsa.DSAPrivateKey) -> KeyPair:
    """Make a certificate for the key, good for a week, and write all forms of the pair."""
    certificate = self_signed(key)
    certificate_pem = certificate.public_bytes(serialization.Encoding.PEM)
    traditional, pkcs8 = (
        key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        for form in (
            serialization.PrivateFormat.TraditionalOpenSSL,  # for s2n-tls
            serialization.PrivateFormat.PKCS8,  # for lighttpd's mod_nss
        )
    )
    encryption = serialization.BestAvailableEncryption(PKCS12_PASSWORD.encode())
    pair = KeyPair(
        certificate=folder / f"{name}.crt",
        key=folder / f"{name}.key",
        both=folder / f"{name}.pem",
        pkcs12=folder / f"{name}.p12",
    )
    pair.certificate.write_bytes(certificate_pem)
    for path, content in (
        (pair.key, traditional),
        (pair.both, pkcs8 + certificate_pem),
        (
            pair.pkcs12,
            pkcs12.serialize_key_and_certificates(b"demo", key, certificate, None, encryption),
        ),
    ):
        # stunnel, for one, complains about a key that others can read.
        path.touch(mode=0o600)
        path.write_bytes(content)
    return pair


def self_signed(
    key: rsa.RSAPrivateKey | dsa.DSAPrivateKey | ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    """Certify the key for SERVER_NAME, from an hour ago to a week ahead."""
    now = dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SERVER_NAME)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(SERVER_NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )


def write_group(folder: Path, name: str, prime: int) -> Path:
    """Write a DH group with generator 2 as PKCS #3: `-----BEGIN DH PARAMETERS-----`.

    cryptography writes a group it knows as X9.42, with q, which s2n-tls and others refuse.
    """
    content = der(0x02, integer_bytes(prime)) + der(0x02, integer_bytes(2))
    encoded = base64.encodebytes(der(0x30, content)).decode()
    path = folder / f"{name}.pem"
    path.write_text(f"-----BEGIN DH PARAMETERS-----\n{encoded}-----END DH PARAMETERS-----\n")
    return path


def der(tag: int, content: bytes) -> bytes:
    """One ASN.1 value in DER, for contents of up to 65535 bytes."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    return bytes([tag, 0x82]) + size.to_bytes(2, "big") + content


def integer_bytes(number: int) -> bytes:
    """The contents of a positive INTEGER, with a zero byte in front where it would look negative."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")
