"""Key derivation: the PRF, the master secret, the key block and verify_data (RFC 5246 §5, §8, RFC 7627).

The premaster secret is taken as it is given: whether leading zeros of Z are in it is the caller's choice,
because that choice is what a probe asks about.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from tlsprobe.tls.constants import Version
from tlsprobe.tls.suites import Suite

MASTER_SECRET_SIZE = 48
VERIFY_DATA_SIZE = 12


def p_hash(algorithm: str, secret: bytes, seed: bytes, size: int) -> bytes:
    """P_hash of RFC 5246 §5: `size` bytes of HMAC output."""
    output, a = b"", seed
    while len(output) < size:
        a = hmac.digest(secret, a, algorithm)
        output += hmac.digest(secret, a + seed, algorithm)
    return output[:size]


def prf(*, version: int, suite: Suite, secret: bytes, label: bytes, seed: bytes, size: int) -> bytes:
    """The PRF of the version: MD5 xor SHA-1 halves before TLS 1.2 (RFC 2246 §5), then the suite's hash.

    The halves of an odd-length secret share its middle byte. A stripped Z is odd as often as not.
    """
    seed = label + seed
    if version >= Version.TLS12:
        return p_hash(suite.prf_hash.lower(), secret, seed, size)
    half = (len(secret) + 1) // 2
    left = p_hash("md5", secret[:half], seed, size)
    right = p_hash("sha1", secret[len(secret) - half :], seed, size)
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def transcript_hash(*, version: int, suite: Suite, transcript: bytes) -> bytes:
    """Hash of all handshake messages so far, in the form that the version's Finished uses."""
    if version >= Version.TLS12:
        return hashlib.new(suite.prf_hash.lower(), transcript).digest()
    md5 = hashlib.md5(transcript, usedforsecurity=False).digest()
    return md5 + hashlib.sha1(transcript, usedforsecurity=False).digest()


@dataclass(frozen=True, slots=True)
class Secrets:
    """A master secret with what it was made under; gives the keys and the Finished values."""

    version: int
    suite: Suite
    master_secret: bytes

    @classmethod
    def derive(
        cls,
        *,
        version: int,
        suite: Suite,
        premaster_secret: bytes,
        client_random: bytes,
        server_random: bytes,
        session_hash: bytes | None,
    ) -> Secrets:
        """Make the master secret; `session_hash` is given where EMS was negotiated (RFC 7627 §4)."""
        extended = session_hash is not None
        master = prf(
            version=version,
            suite=suite,
            secret=premaster_secret,
            label=b"extended master secret" if extended else b"master secret",
            seed=session_hash if session_hash is not None else client_random + server_random,
            size=MASTER_SECRET_SIZE,
        )
        return cls(version, suite, master)

    def key_block(self, *, client_random: bytes, server_random: bytes, size: int) -> bytes:
        """Key material of RFC 5246 §6.3, to be cut up in the order given there."""
        return self._prf(b"key expansion", server_random + client_random, size)

    def client_verify_data(self, transcript: bytes) -> bytes:
        """What the client's Finished carries."""
        return self._verify_data(b"client finished", transcript)

    def server_verify_data(self, transcript: bytes) -> bytes:
        """What the server's Finished must carry."""
        return self._verify_data(b"server finished", transcript)

    def _verify_data(self, label: bytes, transcript: bytes) -> bytes:
        digest = transcript_hash(version=self.version, suite=self.suite, transcript=transcript)
        return self._prf(label, digest, VERIFY_DATA_SIZE)

    def _prf(self, label: bytes, seed: bytes, size: int) -> bytes:
        return prf(
            version=self.version,
            suite=self.suite,
            secret=self.master_secret,
            label=label,
            seed=seed,
            size=size,
        )
