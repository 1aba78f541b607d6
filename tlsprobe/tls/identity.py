"""The user's own certificate, for servers that ask for one (RFC 5246 §7.4.8)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import gmpy2
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa

from tlsprobe.tls.codec import uint, vector
from tlsprobe.tls.constants import Version
from tlsprobe.tls.messages import CertificateRequest

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | dsa.DSAPrivateKey

_HASHES: dict[int, hashes.HashAlgorithm] = {
    4: hashes.SHA256(),
    5: hashes.SHA384(),
    6: hashes.SHA512(),
    2: hashes.SHA1(),  # noqa: S303 — servers that know no other still ask for it
}
_RSA, _DSA, _ECDSA = 1, 2, 3


class UnusableIdentity(Exception):
    """The certificate cannot be used with this server; `reason` is a stable id."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate chain in DER, the leaf first, and its private key."""

    chain: tuple[bytes, ...]
    key: Key

    @classmethod
    def load(cls, certificate_pem: bytes, key_pem: bytes) -> Identity:
        """Read PEM; raise ValueError with what is wrong. Keys with a passphrase are not taken."""
        chain = x509.load_pem_x509_certificates(certificate_pem)
        try:
            key, public = serialization.load_pem_private_key(key_pem, password=None), chain[0].public_key()
        except TypeError:
            raise ValueError("the client key is encrypted; decrypt it first") from None
        except UnsupportedAlgorithm as error:
            raise ValueError(str(error)) from None
        if not isinstance(key, Key):
            raise ValueError("the client key is not RSA, ECDSA or DSA")
        if public != key.public_key():
            raise ValueError("the client key does not belong to the client certificate")
        encoding = serialization.Encoding.DER
        return cls(tuple(each.public_bytes(encoding) for each in chain), key)

    def __reduce__(
        self,
    ) -> tuple[Callable[[tuple[bytes, ...], bytes], Identity], tuple[tuple[bytes, ...], bytes]]:
        """Say how it crosses into another process: the key as PKCS #8."""
        der, plain = serialization.Encoding.DER, serialization.NoEncryption()
        return _identity, (self.chain, self.key.private_bytes(der, serialization.PrivateFormat.PKCS8, plain))

    def sign(self, transcript: bytes, *, request: CertificateRequest, version: int) -> bytes:
        """Return the body of CertificateVerify over the handshake messages so far.

        Raises UnusableIdentity where the server takes no signature that this key can make.
        """
        if version < Version.TLS12:
            return vector(2, self._sign_old(transcript))
        for scheme in request.signature_algorithms:
            try:
                signature = self._sign(transcript, scheme)
            except ValueError:  # the key is too short for this hash: RSA-1024 and PSS with SHA-512
                continue
            if signature is not None:
                return uint(2, scheme) + vector(2, signature)
        raise UnusableIdentity("client-certificate-signature")

    def _sign(self, data: bytes, scheme: int) -> bytes | None:
        """Sign with a TLS 1.2 hash/signature pair, or None where the key cannot."""
        if 0x0804 <= scheme <= 0x0806 and isinstance(self.key, rsa.RSAPrivateKey):
            digest = _HASHES[scheme & 0xFF]
            pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
            return self.key.sign(data, pss, digest)
        algorithm, kind = _HASHES.get(scheme >> 8), scheme & 0xFF
        if algorithm is None:
            return None
        if kind == _RSA and isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), algorithm)
        if kind == _ECDSA and isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(data, ec.ECDSA(algorithm))
        if kind == _DSA and isinstance(self.key, dsa.DSAPrivateKey):
            return self.key.sign(data, algorithm)
        return None

    def _sign_old(self, data: bytes) -> bytes:
        """TLS 1.0 and 1.1: MD5 and SHA-1 together for RSA, SHA-1 for the others (RFC 4346 §4.7)."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return _sign_md5_sha1(self.key, data)
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(data, ec.ECDSA(_HASHES[2]))
        return self.key.sign(data, _HASHES[2])


def _identity(chain: tuple[bytes, ...], key: bytes) -> Identity:
    loaded = serialization.load_der_private_key(key, password=None)
    assert isinstance(loaded, Key)  # noqa: S101 - it was one before
    return Identity(chain, loaded)


def _sign_md5_sha1(key: rsa.RSAPrivateKey, data: bytes) -> bytes:
    """PKCS #1 block type 1 over 36 bytes without a DigestInfo, which `cryptography` does not offer."""
    digest = hashlib.md5(data, usedforsecurity=False).digest()
    digest += hashlib.sha1(data, usedforsecurity=False).digest()
    size = key.key_size // 8
    block = b"\x00\x01" + b"\xff" * (size - 3 - len(digest)) + b"\x00" + digest
    numbers = key.private_numbers()
    message = gmpy2.mpz(int.from_bytes(block, "big"))
    # In constant time: this is the user's own key.
    signature = gmpy2.powmod_sec(message, numbers.d, numbers.public_numbers.n)
    return int(signature).to_bytes(size, "big")
