"""The user's certificate: what loads, and that what it signs is what its public key verifies."""

from __future__ import annotations

import datetime as dt
import hashlib
import pickle
import ssl
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.x509.oid import NameOID

from tlsprobe.tls.codec import Reader
from tlsprobe.tls.constants import Version
from tlsprobe.tls.identity import Identity, Key, UnusableIdentity
from tlsprobe.tls.messages import CertificateRequest

TRANSCRIPT = b"all handshake messages so far"
DIGESTS: dict[int, hashes.HashAlgorithm] = {
    2: hashes.SHA1(),  # noqa: S303 - what the oldest servers ask for
    4: hashes.SHA256(),
    5: hashes.SHA384(),
    6: hashes.SHA512(),
}
RSA_SCHEMES = (0x0401, 0x0501, 0x0601, 0x0201, 0x0804, 0x0805, 0x0806)
ECDSA_SCHEMES = (0x0403, 0x0503, 0x0603, 0x0203)
DSA_SCHEMES = (0x0402, 0x0502, 0x0602, 0x0202)
# What no key here can do: MD5, SHA-224, Ed25519, PSS with a key of its own kind.
_NOBODY = (0x0101, 0x0303, 0x0807, 0x0809)
CANNOT = {
    "rsa-2048": (*_NOBODY, *ECDSA_SCHEMES, *DSA_SCHEMES),
    "ecdsa": (*_NOBODY, *RSA_SCHEMES, *DSA_SCHEMES),
    "dsa": (*_NOBODY, *RSA_SCHEMES, *ECDSA_SCHEMES),
}


@cache
def key(kind: str) -> Key:
    if kind == "ecdsa":
        return ec.generate_private_key(ec.SECP256R1())
    if kind == "dsa":
        return dsa.generate_private_key(1024)  # noqa: S505 - quickly made
    return rsa.generate_private_key(public_exponent=65537, key_size=int(kind.removeprefix("rsa-")))


def pem(private: Key | ed25519.Ed25519PrivateKey, passphrase: bytes = b"") -> bytes:
    encryption = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


@cache
def certificate(private: Key | ed25519.Ed25519PrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=1))
        .sign(private, None if isinstance(private, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def sign(private: Key, *schemes: int, version: int = Version.TLS12) -> tuple[int | None, bytes]:
    """Return the scheme that CertificateVerify names, if any, and the signature."""
    request = CertificateRequest(b"\x01\x40", schemes)
    body = Reader(Identity((), private).sign(TRANSCRIPT, request=request, version=version))
    scheme = body.uint(2) if version >= Version.TLS12 else None
    signature = body.vector(2)
    body.end()
    return scheme, signature


@pytest.mark.parametrize(
    ("kind", "scheme"),
    [
        *(("rsa-2048", scheme) for scheme in RSA_SCHEMES),
        *(("ecdsa", scheme) for scheme in ECDSA_SCHEMES),
        *(("dsa", scheme) for scheme in DSA_SCHEMES),
    ],
)
def test_the_public_key_verifies_each_scheme(kind: str, scheme: int) -> None:
    private = key(kind)
    named, signature = sign(private, *CANNOT[kind], scheme)
    assert named == scheme
    if isinstance(private, rsa.RSAPrivateKey):
        digest = DIGESTS[scheme & 0xFF if scheme >> 8 == 8 else scheme >> 8]
        pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
        scheme_padding = pss if scheme >> 8 == 8 else padding.PKCS1v15()
        private.public_key().verify(signature, TRANSCRIPT, scheme_padding, digest)
    elif isinstance(private, ec.EllipticCurvePrivateKey):
        private.public_key().verify(signature, TRANSCRIPT, ec.ECDSA(DIGESTS[scheme >> 8]))
    else:
        private.public_key().verify(signature, TRANSCRIPT, DIGESTS[scheme >> 8])


@pytest.mark.parametrize("version", [Version.TLS10, Version.TLS11])
def test_before_tls_12_rsa_signs_md5_and_sha1_without_a_name_for_them(version: Version) -> None:
    private = key("rsa-2048")
    assert isinstance(private, rsa.RSAPrivateKey)
    _, signature = sign(private, version=version)
    expected = hashlib.md5(TRANSCRIPT, usedforsecurity=False).digest()
    expected += hashlib.sha1(TRANSCRIPT, usedforsecurity=False).digest()
    assert private.public_key().recover_data_from_signature(signature, padding.PKCS1v15(), None) == expected


def test_before_tls_12_the_others_sign_sha1() -> None:
    elliptic, old = key("ecdsa"), key("dsa")
    assert isinstance(elliptic, ec.EllipticCurvePrivateKey)
    assert isinstance(old, dsa.DSAPrivateKey)
    _, signature = sign(elliptic, version=Version.TLS10)
    elliptic.public_key().verify(signature, TRANSCRIPT, ec.ECDSA(DIGESTS[2]))
    _, signature = sign(old, version=Version.TLS10)
    old.public_key().verify(signature, TRANSCRIPT, DIGESTS[2])


def test_a_key_too_short_for_a_scheme_takes_the_next() -> None:
    """PSS with SHA-512 needs 130 bytes, which RSA-1024 has not."""
    named, _ = sign(key("rsa-1024"), 0x0806, 0x0401)
    assert named == 0x0401
    with pytest.raises(UnusableIdentity):
        sign(key("rsa-1024"), 0x0806)


@pytest.mark.parametrize(
    ("kind", "schemes"),
    [("rsa-2048", ECDSA_SCHEMES), ("ecdsa", RSA_SCHEMES), ("dsa", RSA_SCHEMES), ("rsa-2048", ())],
)
def test_a_server_that_takes_no_signature_of_ours(kind: str, schemes: tuple[int, ...]) -> None:
    with pytest.raises(UnusableIdentity) as error:
        sign(key(kind), *schemes)
    assert error.value.reason == "client-certificate-signature"


@pytest.mark.parametrize("kind", ["rsa-2048", "ecdsa", "dsa"])
def test_a_chain_loads_with_the_leaf_first(kind: str) -> None:
    leaf, above = certificate(key(kind)), certificate(key("rsa-1024"))
    identity = Identity.load(leaf + above, pem(key(kind)))
    expected = [x509.load_pem_x509_certificate(each) for each in (leaf, above)]
    assert identity.chain == tuple(each.public_bytes(serialization.Encoding.DER) for each in expected)


@pytest.mark.parametrize("kind", CANNOT)
def test_it_crosses_into_another_process_as_it_is(kind: str) -> None:
    identity = Identity.load(certificate(key(kind)), pem(key(kind)))
    again = pickle.loads(pickle.dumps(identity))  # noqa: S301 - our own
    assert again.chain == identity.chain
    assert again.key.private_numbers() == identity.key.private_numbers()


def test_what_does_not_load_is_said() -> None:
    leaf = certificate(key("ecdsa"))
    for certificate_pem, key_pem in ((b"", pem(key("ecdsa"))), (leaf, b"no PEM"), (b"no PEM", b"")):
        with pytest.raises(ValueError, match=r"\S"):
            Identity.load(certificate_pem, key_pem)
    with pytest.raises(ValueError, match="is encrypted"):
        Identity.load(leaf, pem(key("ecdsa"), b"passphrase"))
    with pytest.raises(ValueError, match="does not belong"):
        Identity.load(leaf, pem(key("rsa-1024")))


def test_a_curve_that_nobody_has_is_said() -> None:
    """The last byte of the curve's OID is changed: 1.2.840.10045.3.1.7 is P-256."""
    leaf = x509.load_pem_x509_certificate(certificate(key("ecdsa")))
    p256 = bytes.fromhex("06082a8648ce3d030107")
    changed = leaf.public_bytes(serialization.Encoding.DER).replace(p256, p256[:-1] + b"\x63")
    with pytest.raises(ValueError, match=r"Curve .* is not supported"):
        Identity.load(ssl.DER_cert_to_PEM_cert(changed).encode(), pem(key("ecdsa")))


def test_a_key_of_another_kind_is_said() -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    with pytest.raises(ValueError, match="not RSA, ECDSA or DSA"):
        Identity.load(certificate(private), pem(private))
