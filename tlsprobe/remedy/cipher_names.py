"""Cipher suites by the names that servers' configurations use: OpenSSL's, GnuTLS's, Java's.

Only suites without finite-field DHE are here: those that an edit may have to switch on so that clients
which lose DHE still find something in common with the server.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CipherName:
    """One suite's names. `gnutls` are the words of a priority string that allow it, MAC included."""

    iana: str
    openssl: str
    gnutls: tuple[str, ...]

    @property
    def java(self) -> str:
        """JSSE's name: IANA's, but for 3DES, which kept its name of SSL times."""
        return self.iana.replace("TLS_", "SSL_", 1) if "_3DES_" in self.iana else self.iana


# number, IANA's name, OpenSSL's (openssl-ciphers(1)), GnuTLS's words (its manual, Priority Strings).
_NAMES = """
c02c ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-ECDSA AES-256-GCM AEAD
c02b ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-ECDSA AES-128-GCM AEAD
c030 ECDHE_RSA_WITH_AES_256_GCM_SHA384 ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA AES-256-GCM AEAD
c02f ECDHE_RSA_WITH_AES_128_GCM_SHA256 ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA AES-128-GCM AEAD
cca9 ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 ECDHE-ECDSA-CHACHA20-POLY1305 ECDHE-ECDSA CHACHA20-POLY1305 AEAD
cca8 ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 ECDHE-RSA-CHACHA20-POLY1305 ECDHE-RSA CHACHA20-POLY1305 AEAD
c024 ECDHE_ECDSA_WITH_AES_256_CBC_SHA384 ECDHE-ECDSA-AES256-SHA384 ECDHE-ECDSA AES-256-CBC SHA384
c023 ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 ECDHE-ECDSA-AES128-SHA256 ECDHE-ECDSA AES-128-CBC SHA256
c028 ECDHE_RSA_WITH_AES_256_CBC_SHA384 ECDHE-RSA-AES256-SHA384 ECDHE-RSA AES-256-CBC SHA384
c027 ECDHE_RSA_WITH_AES_128_CBC_SHA256 ECDHE-RSA-AES128-SHA256 ECDHE-RSA AES-128-CBC SHA256
c00a ECDHE_ECDSA_WITH_AES_256_CBC_SHA ECDHE-ECDSA-AES256-SHA ECDHE-ECDSA AES-256-CBC SHA1
c009 ECDHE_ECDSA_WITH_AES_128_CBC_SHA ECDHE-ECDSA-AES128-SHA ECDHE-ECDSA AES-128-CBC SHA1
c014 ECDHE_RSA_WITH_AES_256_CBC_SHA ECDHE-RSA-AES256-SHA ECDHE-RSA AES-256-CBC SHA1
c013 ECDHE_RSA_WITH_AES_128_CBC_SHA ECDHE-RSA-AES128-SHA ECDHE-RSA AES-128-CBC SHA1
009d RSA_WITH_AES_256_GCM_SHA384 AES256-GCM-SHA384 RSA AES-256-GCM AEAD
009c RSA_WITH_AES_128_GCM_SHA256 AES128-GCM-SHA256 RSA AES-128-GCM AEAD
003d RSA_WITH_AES_256_CBC_SHA256 AES256-SHA256 RSA AES-256-CBC SHA256
003c RSA_WITH_AES_128_CBC_SHA256 AES128-SHA256 RSA AES-128-CBC SHA256
0035 RSA_WITH_AES_256_CBC_SHA AES256-SHA RSA AES-256-CBC SHA1
002f RSA_WITH_AES_128_CBC_SHA AES128-SHA RSA AES-128-CBC SHA1
000a RSA_WITH_3DES_EDE_CBC_SHA DES-CBC3-SHA RSA 3DES-CBC SHA1
"""  # noqa: E501


def _table(text: str) -> dict[int, CipherName]:
    rows = (line.split() for line in text.split("\n") if line)
    return {
        int(code, 16): CipherName(f"TLS_{iana}", openssl, tuple(words))
        for code, iana, openssl, *words in rows
    }


CIPHER_NAMES = _table(_NAMES)


def cipher_name(code: int) -> CipherName:
    """Return the names of a suite; raise ValueError for one that no edit may switch on."""
    if code not in CIPHER_NAMES:
        raise ValueError(f"no server edit can switch suite 0x{code:04x} on")
    return CIPHER_NAMES[code]


def openssl_names(codes: Iterable[int]) -> tuple[str, ...]:
    """OpenSSL's names of the suites, in the same order."""
    return tuple(cipher_name(code).openssl for code in codes)


def gnutls_words(codes: Iterable[int]) -> tuple[str, ...]:
    """What a GnuTLS priority string has to allow for these suites, each word once and with its plus."""
    words = (f"+{word}" for code in codes for word in cipher_name(code).gnutls)
    return tuple(dict.fromkeys(words))
