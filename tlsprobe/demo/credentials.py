"""Keys, self-signed certificates and DH parameter files for the demo's servers."""

import base64
import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import gmpy2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

SERVER_NAME = "demo.tlsprobe.test"
# Whoever reads a PKCS #12 file wants a password; this one protects nothing.
PKCS12_PASSWORD = "tlsprobe"  # noqa: S105


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

    The DSA domain parameters are what takes the time: a second or two.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return Credentials(
        rsa=write_pair(folder, "rsa", rsa_key),
        dsa=write_pair(folder, "dsa", dsa.generate_private_key(key_size=2048)),
        dh_files={name: write_group(folder, name, prime()) for name, prime in GROUPS.items()},
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


def self_signed(key: rsa.RSAPrivateKey | dsa.DSAPrivateKey) -> x509.Certificate:
    """Certify the key for SERVER_NAME, from an hour ago to a week ahead."""
    now = datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SERVER_NAME)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=7))
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


def oakley_group_2() -> int:
    """RFC 2409 §6.2: 1024 bits, the group of many a server's default up to 2015."""
    return int(2**1024 - 2**960 - 1 + 2**64 * (pi_times_two_to(894) + 129093))


def modp_2048() -> int:
    """RFC 3526 §3."""
    return int(2**2048 - 2**1984 - 1 + 2**64 * (pi_times_two_to(1918) + 124476))


def ffdhe2048() -> int:
    """RFC 7919, appendix A.1."""
    with gmpy2.context(precision=2100):
        e_times = int(gmpy2.floor(gmpy2.exp(1) * gmpy2.mpz(2) ** 1918))
    return int(2**2048 - 2**1984 + (e_times + 560316) * 2**64 - 1)


def pi_times_two_to(exponent: int) -> int:
    """The integer part of 2^exponent × π, for up to 2000 bits."""
    with gmpy2.context(precision=2100):
        return int(gmpy2.floor(gmpy2.const_pi() * gmpy2.mpz(2) ** exponent))


GROUPS: Mapping[str, Callable[[], int]] = {
    "rfc2409-1024": oakley_group_2,
    "rfc3526-2048": modp_2048,
    "ffdhe2048": ffdhe2048,
}
