"""The record layer: cutting bytes into records, and protecting them (RFC 5246 §6.2, RFC 5288, 6655, 7905)."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import SEED, TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import AES, Camellia
from cryptography.hazmat.primitives.ciphers.modes import CBC

from tlsprobe.tls.codec import DecodeError, Reader, uint, vector
from tlsprobe.tls.constants import Version
from tlsprobe.tls.keys import Secrets
from tlsprobe.tls.suites import Suite

MAX_PLAINTEXT = 1 << 14
MAX_CIPHERTEXT = MAX_PLAINTEXT + 2048  # RFC 5246 §6.2.3
HEADER_SIZE = 5
CONTENT_TYPES = range(20, 25)  # with heartbeat: known, though never asked for

Entropy = Callable[[int], bytes]


class NotTls(DecodeError):
    """What came is no TLS record at all; `received` holds how it starts."""

    def __init__(self, received: bytes) -> None:
        super().__init__("not a TLS record")
        self.received = received


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it went over the wire."""

    kind: int
    version: int
    fragment: bytes

    def serialise(self) -> bytes:
        """Write header and fragment."""
        return uint(1, self.kind) + uint(2, self.version) + vector(2, self.fragment)


class RecordReader:
    """Collects received bytes and gives them back as records."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Take bytes as they came from the network, cut anywhere."""
        self._buffer += data

    def next_record(self) -> Record | None:
        """Return the next whole record, or None until more is fed; raise NotTls or DecodeError."""
        if not self._buffer:
            return None
        if self._buffer[0] not in CONTENT_TYPES or (len(self._buffer) > 1 and self._buffer[1] != 3):
            raise NotTls(bytes(self._buffer[:64]))
        if len(self._buffer) < HEADER_SIZE:
            return None
        header = Reader(bytes(self._buffer[:HEADER_SIZE]))
        kind, version, size = header.uint(1), header.uint(2), header.uint(2)
        if size > MAX_CIPHERTEXT:
            raise DecodeError(f"record of {size} bytes, {MAX_CIPHERTEXT} allowed")
        end = HEADER_SIZE + size
        if len(self._buffer) < end:
            return None
        fragment = bytes(self._buffer[HEADER_SIZE:end])
        del self._buffer[:end]
        return Record(kind, version, fragment)


class Protection(Protocol):
    """One direction of a protected connection; counts its own sequence numbers."""

    def seal(self, kind: int, plaintext: bytes) -> bytes:
        """Return the fragment to send."""

    def open(self, kind: int, fragment: bytes) -> bytes:
        """Return the plaintext of a received fragment; DecodeError if it does not verify."""


class UnsupportedCipher(Exception):
    """The `cryptography` library cannot do this suite's records; the text is the cipher's name."""


_BLOCK_CIPHERS: dict[str, tuple[Callable[[bytes], BlockCipherAlgorithm], int]] = {
    "AES_128": (AES, 16),
    "AES_256": (AES, 32),
    "CAMELLIA_128": (Camellia, 16),
    "CAMELLIA_256": (Camellia, 32),
    "SEED": (SEED, 16),
    "3DES_EDE": (TripleDES, 24),
    "DES": (lambda key: TripleDES(key * 3), 8),  # three times the same key is single DES
}
_AEAD_KEYS = {
    "AES_128_GCM": 16,
    "AES_256_GCM": 32,
    "AES_128_CCM": 16,
    "AES_256_CCM": 32,
    "AES_128_CCM_8": 16,
    "AES_256_CCM_8": 32,
    "CHACHA20_POLY1305": 32,
}
_MACS = {"SHA": 20, "SHA256": 32, "SHA384": 48, "MD5": 16}


def can_protect(suite: Suite) -> bool:
    """Whether records of this suite can be sealed and opened here, so that a handshake can finish."""
    if suite.export:  # export suites derive their keys in another way (RFC 2246 §6.3.1)
        return False
    return suite.cipher in _AEAD_KEYS or suite.cipher.removesuffix("_CBC") in _BLOCK_CIPHERS


def protections(
    master: Secrets,
    *,
    client_random: bytes,
    server_random: bytes,
    entropy: Entropy = secrets.token_bytes,
) -> tuple[Protection, Protection]:
    """Cut the key block and return (client's, server's) protection; UnsupportedCipher where none is."""
    suite, version = master.suite, master.version
    if not can_protect(suite):
        raise UnsupportedCipher(suite.cipher)
    mac_size, key_size, iv_size = _sizes(suite, version)
    block = Reader(
        master.key_block(
            client_random=client_random,
            server_random=server_random,
            size=2 * (mac_size + key_size + iv_size),
        )
    )
    macs = [block.take(mac_size) for _ in range(2)]
    keys = [block.take(key_size) for _ in range(2)]
    ivs = [block.take(iv_size) for _ in range(2)]
    client, server = (
        _AeadProtection(suite, version, key, iv)
        if suite.is_aead
        else _CbcProtection(suite, version, key, iv, mac, entropy)
        for mac, key, iv in zip(macs, keys, ivs, strict=True)
    )
    return client, server


def _sizes(suite: Suite, version: int) -> tuple[int, int, int]:
    """MAC key, cipher key and IV sizes in bytes."""
    if suite.is_aead:
        return 0, _AEAD_KEYS[suite.cipher], 12 if suite.cipher == "CHACHA20_POLY1305" else 4
    algorithm, key_size = _BLOCK_CIPHERS[suite.cipher.removesuffix("_CBC")]
    block_size = algorithm(bytes(key_size)).block_size // 8
    return _MACS[suite.mac], key_size, block_size if version == Version.TLS10 else 0


class _AeadProtection:
    """AES-GCM, AES-CCM (explicit nonce) and ChaCha20-Poly1305 (nonce from the sequence number)."""

    def __init__(self, suite: Suite, version: int, key: bytes, iv: bytes) -> None:
        self._version = version
        self._iv = iv
        self._sequence = 0
        self._explicit_size = 0 if suite.cipher == "CHACHA20_POLY1305" else 8
        self._tag_size = 8 if suite.cipher.endswith("CCM_8") else 16
        self._aead: AESGCM | AESCCM | ChaCha20Poly1305
        if suite.cipher == "CHACHA20_POLY1305":
            self._aead = ChaCha20Poly1305(key)
        elif "CCM" in suite.cipher:
            self._aead = AESCCM(key, tag_length=self._tag_size)
        else:
            self._aead = AESGCM(key)

    def seal(self, kind: int, plaintext: bytes) -> bytes:
        explicit = uint(8, self._sequence) if self._explicit_size else b""
        nonce = self._nonce(explicit)  # before the sequence number is counted up
        return explicit + self._aead.encrypt(nonce, plaintext, self._additional(kind, len(plaintext)))

    def open(self, kind: int, fragment: bytes) -> bytes:
        reader = Reader(fragment)
        explicit = reader.take(self._explicit_size)
        sealed = reader.rest()
        size = len(sealed) - self._tag_size
        if size < 0:
            raise DecodeError("record shorter than its authentication tag")
        nonce = self._nonce(explicit)
        try:
            return self._aead.decrypt(nonce, sealed, self._additional(kind, size))
        except InvalidTag:
            raise DecodeError("a record does not verify") from None

    def _nonce(self, explicit: bytes) -> bytes:
        if explicit:
            return self._iv + explicit
        counter = uint(12, self._sequence)
        return bytes(a ^ b for a, b in zip(self._iv, counter, strict=True))

    def _additional(self, kind: int, size: int) -> bytes:
        """Additional data of RFC 5246 §6.2.3.3; takes one sequence number."""
        header = _mac_header(self._sequence, kind, self._version, size)
        self._sequence += 1
        return header


class _CbcProtection:
    """MAC, then pad, then encrypt (RFC 5246 §6.2.3.2); TLS 1.0 chains the IV from record to record."""

    def __init__(
        self, suite: Suite, version: int, key: bytes, iv: bytes, mac_key: bytes, entropy: Entropy
    ) -> None:
        algorithm, _ = _BLOCK_CIPHERS[suite.cipher.removesuffix("_CBC")]
        self._cipher = algorithm(key)
        self._block_size = self._cipher.block_size // 8
        self._version = version
        self._chained_iv = iv
        self._mac_key = mac_key
        self._mac = "sha1" if suite.mac == "SHA" else suite.mac.lower()
        self._mac_size = _MACS[suite.mac]
        self._entropy = entropy
        self._sequence = 0

    def seal(self, kind: int, plaintext: bytes) -> bytes:
        padded = plaintext + self._tag(kind, plaintext)
        filler = self._block_size - len(padded) % self._block_size
        padded += bytes([filler - 1]) * filler
        if self._chained_iv:
            sealed = self._encrypt(self._chained_iv, padded)
            self._chained_iv = sealed[-self._block_size :]
            return sealed
        iv = self._entropy(self._block_size)
        return iv + self._encrypt(iv, padded)

    def open(self, kind: int, fragment: bytes) -> bytes:
        reader = Reader(fragment)
        iv = self._chained_iv or reader.take(self._block_size)
        sealed = reader.rest()
        if not sealed or len(sealed) % self._block_size:
            raise DecodeError("record is no whole number of cipher blocks")
        if self._chained_iv:
            self._chained_iv = sealed[-self._block_size :]
        decryptor = Cipher(self._cipher, CBC(iv)).decryptor()
        padded = decryptor.update(sealed) + decryptor.finalize()
        filler = padded[-1] + 1
        if padded[-filler:] != bytes([filler - 1]) * filler:
            raise DecodeError("a record is not padded as it should be")
        content = padded[:-filler]
        plaintext, tag = content[: -self._mac_size], content[-self._mac_size :]
        if len(content) < self._mac_size or not hmac.compare_digest(tag, self._tag(kind, plaintext)):
            raise DecodeError("a record does not verify")
        return plaintext

    def _encrypt(self, iv: bytes, padded: bytes) -> bytes:
        encryptor = Cipher(self._cipher, CBC(iv)).encryptor()
        return encryptor.update(padded) + encryptor.finalize()

    def _tag(self, kind: int, plaintext: bytes) -> bytes:
        """MAC over header and content; takes one sequence number."""
        header = _mac_header(self._sequence, kind, self._version, len(plaintext))
        self._sequence += 1
        return hmac.digest(self._mac_key, header + plaintext, self._mac)


def _mac_header(sequence: int, kind: int, version: int, size: int) -> bytes:
    return uint(8, sequence) + uint(1, kind) + uint(2, version) + uint(2, size)
