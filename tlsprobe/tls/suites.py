"""Cipher suites: every finite-field DHE suite of the IANA registry, and what its name says of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from tlsprobe.tls.constants import Version


class KeyExchange(StrEnum):
    """How the two sides come to a premaster secret."""

    DHE_RSA = "DHE_RSA"
    DHE_DSS = "DHE_DSS"
    DH_ANON = "DH_anon"
    DHE_PSK = "DHE_PSK"
    OTHER = "other"  # no ServerDHParams: ECDHE, RSA, TLS 1.3


# TLS Cipher Suites registry, IANA; PSK_DHE in the last CCM_8 pair is the registry's own spelling.
_DHE_SUITES = """
0011 DHE_DSS_EXPORT_WITH_DES40_CBC_SHA
0012 DHE_DSS_WITH_DES_CBC_SHA
0013 DHE_DSS_WITH_3DES_EDE_CBC_SHA
0014 DHE_RSA_EXPORT_WITH_DES40_CBC_SHA
0015 DHE_RSA_WITH_DES_CBC_SHA
0016 DHE_RSA_WITH_3DES_EDE_CBC_SHA
0017 DH_anon_EXPORT_WITH_RC4_40_MD5
0018 DH_anon_WITH_RC4_128_MD5
0019 DH_anon_EXPORT_WITH_DES40_CBC_SHA
001a DH_anon_WITH_DES_CBC_SHA
001b DH_anon_WITH_3DES_EDE_CBC_SHA
002d DHE_PSK_WITH_NULL_SHA
0032 DHE_DSS_WITH_AES_128_CBC_SHA
0033 DHE_RSA_WITH_AES_128_CBC_SHA
0034 DH_anon_WITH_AES_128_CBC_SHA
0038 DHE_DSS_WITH_AES_256_CBC_SHA
0039 DHE_RSA_WITH_AES_256_CBC_SHA
003a DH_anon_WITH_AES_256_CBC_SHA
0040 DHE_DSS_WITH_AES_128_CBC_SHA256
0044 DHE_DSS_WITH_CAMELLIA_128_CBC_SHA
0045 DHE_RSA_WITH_CAMELLIA_128_CBC_SHA
0046 DH_anon_WITH_CAMELLIA_128_CBC_SHA
0067 DHE_RSA_WITH_AES_128_CBC_SHA256
006a DHE_DSS_WITH_AES_256_CBC_SHA256
006b DHE_RSA_WITH_AES_256_CBC_SHA256
006c DH_anon_WITH_AES_128_CBC_SHA256
006d DH_anon_WITH_AES_256_CBC_SHA256
0087 DHE_DSS_WITH_CAMELLIA_256_CBC_SHA
0088 DHE_RSA_WITH_CAMELLIA_256_CBC_SHA
0089 DH_anon_WITH_CAMELLIA_256_CBC_SHA
008e DHE_PSK_WITH_RC4_128_SHA
008f DHE_PSK_WITH_3DES_EDE_CBC_SHA
0090 DHE_PSK_WITH_AES_128_CBC_SHA
0091 DHE_PSK_WITH_AES_256_CBC_SHA
0099 DHE_DSS_WITH_SEED_CBC_SHA
009a DHE_RSA_WITH_SEED_CBC_SHA
009b DH_anon_WITH_SEED_CBC_SHA
009e DHE_RSA_WITH_AES_128_GCM_SHA256
009f DHE_RSA_WITH_AES_256_GCM_SHA384
00a2 DHE_DSS_WITH_AES_128_GCM_SHA256
00a3 DHE_DSS_WITH_AES_256_GCM_SHA384
00a6 DH_anon_WITH_AES_128_GCM_SHA256
00a7 DH_anon_WITH_AES_256_GCM_SHA384
00aa DHE_PSK_WITH_AES_128_GCM_SHA256
00ab DHE_PSK_WITH_AES_256_GCM_SHA384
00b2 DHE_PSK_WITH_AES_128_CBC_SHA256
00b3 DHE_PSK_WITH_AES_256_CBC_SHA384
00b4 DHE_PSK_WITH_NULL_SHA256
00b5 DHE_PSK_WITH_NULL_SHA384
00bd DHE_DSS_WITH_CAMELLIA_128_CBC_SHA256
00be DHE_RSA_WITH_CAMELLIA_128_CBC_SHA256
00bf DH_anon_WITH_CAMELLIA_128_CBC_SHA256
00c3 DHE_DSS_WITH_CAMELLIA_256_CBC_SHA256
00c4 DHE_RSA_WITH_CAMELLIA_256_CBC_SHA256
00c5 DH_anon_WITH_CAMELLIA_256_CBC_SHA256
c042 DHE_DSS_WITH_ARIA_128_CBC_SHA256
c043 DHE_DSS_WITH_ARIA_256_CBC_SHA384
c044 DHE_RSA_WITH_ARIA_128_CBC_SHA256
c045 DHE_RSA_WITH_ARIA_256_CBC_SHA384
c046 DH_anon_WITH_ARIA_128_CBC_SHA256
c047 DH_anon_WITH_ARIA_256_CBC_SHA384
c052 DHE_RSA_WITH_ARIA_128_GCM_SHA256
c053 DHE_RSA_WITH_ARIA_256_GCM_SHA384
c056 DHE_DSS_WITH_ARIA_128_GCM_SHA256
c057 DHE_DSS_WITH_ARIA_256_GCM_SHA384
c05a DH_anon_WITH_ARIA_128_GCM_SHA256
c05b DH_anon_WITH_ARIA_256_GCM_SHA384
c066 DHE_PSK_WITH_ARIA_128_CBC_SHA256
c067 DHE_PSK_WITH_ARIA_256_CBC_SHA384
c06c DHE_PSK_WITH_ARIA_128_GCM_SHA256
c06d DHE_PSK_WITH_ARIA_256_GCM_SHA384
c07c DHE_RSA_WITH_CAMELLIA_128_GCM_SHA256
c07d DHE_RSA_WITH_CAMELLIA_256_GCM_SHA384
c080 DHE_DSS_WITH_CAMELLIA_128_GCM_SHA256
c081 DHE_DSS_WITH_CAMELLIA_256_GCM_SHA384
c084 DH_anon_WITH_CAMELLIA_128_GCM_SHA256
c085 DH_anon_WITH_CAMELLIA_256_GCM_SHA384
c090 DHE_PSK_WITH_CAMELLIA_128_GCM_SHA256
c091 DHE_PSK_WITH_CAMELLIA_256_GCM_SHA384
c096 DHE_PSK_WITH_CAMELLIA_128_CBC_SHA256
c097 DHE_PSK_WITH_CAMELLIA_256_CBC_SHA384
c09e DHE_RSA_WITH_AES_128_CCM
c09f DHE_RSA_WITH_AES_256_CCM
c0a2 DHE_RSA_WITH_AES_128_CCM_8
c0a3 DHE_RSA_WITH_AES_256_CCM_8
c0a6 DHE_PSK_WITH_AES_128_CCM
c0a7 DHE_PSK_WITH_AES_256_CCM
c0aa PSK_DHE_WITH_AES_128_CCM_8
c0ab PSK_DHE_WITH_AES_256_CCM_8
ccaa DHE_RSA_WITH_CHACHA20_POLY1305_SHA256
ccad DHE_PSK_WITH_CHACHA20_POLY1305_SHA256
"""

# Suites without DHE that a control hello offers, so that a server without DHE answers as well.
_OTHER_SUITES = """
1301 AES_128_GCM_SHA256
1302 AES_256_GCM_SHA384
1303 CHACHA20_POLY1305_SHA256
c02b ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
c02f ECDHE_RSA_WITH_AES_128_GCM_SHA256
c02c ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
c030 ECDHE_RSA_WITH_AES_256_GCM_SHA384
cca9 ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
cca8 ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
c023 ECDHE_ECDSA_WITH_AES_128_CBC_SHA256
c027 ECDHE_RSA_WITH_AES_128_CBC_SHA256
c009 ECDHE_ECDSA_WITH_AES_128_CBC_SHA
c013 ECDHE_RSA_WITH_AES_128_CBC_SHA
c00a ECDHE_ECDSA_WITH_AES_256_CBC_SHA
c014 ECDHE_RSA_WITH_AES_256_CBC_SHA
009c RSA_WITH_AES_128_GCM_SHA256
009d RSA_WITH_AES_256_GCM_SHA384
003c RSA_WITH_AES_128_CBC_SHA256
002f RSA_WITH_AES_128_CBC_SHA
0035 RSA_WITH_AES_256_CBC_SHA
000a RSA_WITH_3DES_EDE_CBC_SHA
0005 RSA_WITH_RC4_128_SHA
"""


def _table(text: str) -> dict[int, str]:
    rows = (line.split() for line in text.split("\n") if line)
    return {int(code, 16): f"TLS_{name}" for code, name in rows}


DHE_SUITE_NAMES = _table(_DHE_SUITES)
OTHER_SUITE_NAMES = _table(_OTHER_SUITES)
_NAMES = DHE_SUITE_NAMES | OTHER_SUITE_NAMES

# What DHE suites are asked for first; the other DHE suites of the registry are a second batch.
COMMON_DHE_SUITES = (
    0x009F, 0x009E, 0xC09F, 0xC09E, 0x006B, 0x0067, 0x0039, 0x0033, 0x00C4, 0x00BE, 0x0088,
    0x0045, 0xCCAA, 0xC0A3, 0xC0A2, 0xC053, 0xC052, 0x0016, 0x009A, 0x0015, 0x0014,
    0x00A3, 0x00A2, 0x006A, 0x0040, 0x0038, 0x0032, 0x00C3, 0x00BD, 0x0087, 0x0044, 0xC057, 0xC056,
    0x0013, 0x0099, 0x0012, 0x0011,
    0x00A7, 0x00A6, 0x006D, 0x006C, 0x003A, 0x0034, 0x00C5, 0x00BF, 0x0089, 0x0046, 0xC05B, 0xC05A,
    0x001B, 0x009B, 0x0018, 0x001A, 0x0019, 0x0017,
)  # fmt: skip
RARE_DHE_SUITES = tuple(code for code in DHE_SUITE_NAMES if code not in COMMON_DHE_SUITES)


def suite_name(code: int) -> str:
    """Return the IANA name of a suite, or its number in hex where this table has no name."""
    return _NAMES.get(code, f"0x{code:04x}")


@dataclass(frozen=True, slots=True)
class Suite:
    """What the name of a suite says: key exchange, bulk cipher, MAC and PRF hash."""

    code: int
    name: str
    key_exchange: KeyExchange
    export: bool
    cipher: str  # as in the name: AES_128_CBC, CHACHA20_POLY1305, AES_256_CCM_8
    mac: str  # SHA, SHA256, SHA384 or MD5; of an AEAD suite the hash of its PRF
    first_version: Version

    @property
    def has_dh_params(self) -> bool:
        """Whether the server sends ServerDHParams for it."""
        return self.key_exchange is not KeyExchange.OTHER

    @property
    def prf_hash(self) -> str:
        """Hash of the TLS 1.2 PRF: SHA-256 unless the suite says SHA-384 (RFC 5246 §5, RFC 5289)."""
        return "SHA384" if self.mac == "SHA384" else "SHA256"

    @property
    def is_aead(self) -> bool:
        """Whether records are protected by an AEAD, so that there is no MAC of their own."""
        return any(mode in self.cipher for mode in ("GCM", "CCM", "POLY1305"))


@cache
def suite(code: int) -> Suite:
    """Return what is known of a suite; one outside the table has key exchange `OTHER`."""
    name = suite_name(code)
    exchange, _, protection = name.removeprefix("TLS_").partition("_WITH_")
    export = exchange.endswith("_EXPORT")
    cipher, mac = _split_protection(protection)
    newer = mac in ("SHA256", "SHA384") and not (cipher.endswith("CBC") and "PSK" in exchange)
    return Suite(
        code=code,
        name=name,
        key_exchange=_key_exchange(exchange.removesuffix("_EXPORT"))
        if code in DHE_SUITE_NAMES
        else KeyExchange.OTHER,
        export=export,
        cipher=cipher,
        mac=mac,
        first_version=Version.TLS12 if newer and cipher != "NULL" else Version.TLS10,
    )


def _split_protection(protection: str) -> tuple[str, str]:
    cipher, _, mac = protection.rpartition("_")
    if "CCM" in protection:  # AES_128_CCM and AES_128_CCM_8 name no hash: SHA-256 (RFC 6655 §3)
        return protection, "SHA256"
    return cipher, mac


def _key_exchange(name: str) -> KeyExchange:
    return KeyExchange.DHE_PSK if name in ("PSK_DHE", "DHE_PSK") else KeyExchange(name)


def suites_for(version: Version, codes: tuple[int, ...]) -> tuple[int, ...]:
    """Return those of `codes` that may be negotiated at `version`, in the same order."""
    return tuple(code for code in codes if suite(code).first_version <= version)
