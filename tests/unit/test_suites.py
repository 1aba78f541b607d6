"""The table of suites beside OpenSSL's own, and what the rest of the code relies on."""

from __future__ import annotations

import ssl

import pytest

from tlsprobe.probes.hello import MAX_SUITES
from tlsprobe.tls.constants import Version
from tlsprobe.tls.record import can_protect
from tlsprobe.tls.suites import (
    COMMON_DHE_SUITES,
    DHE_SUITE_NAMES,
    OTHER_SUITE_NAMES,
    RARE_DHE_SUITES,
    KeyExchange,
    suite,
    suite_name,
    suites_for,
)


def openssl_ciphers() -> dict[int, dict[str, object]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    return {int(each["id"]) & 0xFFFF: dict(each) for each in context.get_ciphers()}


OPENSSL = openssl_ciphers()
WITH_DH_PARAMS = {code for code, each in OPENSSL.items() if each["kea"] in ("kx-dhe", "kx-dhe-psk")}


def test_openssl_is_there_to_compare_with() -> None:
    assert len(WITH_DH_PARAMS) > 20


@pytest.mark.parametrize("code", sorted(OPENSSL), ids=lambda code: f"{code:04x}")
def test_openssl_says_the_same_of_each_suite_it_has(code: int) -> None:
    theirs, ours = OPENSSL[code], suite(code)
    assert ours.has_dh_params is (code in WITH_DH_PARAMS)
    if not ours.has_dh_params:
        return
    assert ours.is_aead is theirs["aead"]
    authentication = {
        KeyExchange.DHE_RSA: "auth-rsa",
        KeyExchange.DHE_DSS: "auth-dss",
        KeyExchange.DH_ANON: "auth-null",
        KeyExchange.DHE_PSK: "auth-psk",
    }
    assert theirs["auth"] == authentication[ours.key_exchange]
    assert (ours.first_version == Version.TLS12) is (theirs["protocol"] == "TLSv1.2")
    if theirs["digest"]:
        assert theirs["digest"] == {"SHA": "sha1"}.get(ours.mac, ours.mac.lower())
    if ours.cipher.startswith("AES"):
        assert str(theirs["alg_bits"]) == ours.cipher.split("_")[1]


def test_the_two_batches_are_all_suites_once_and_fit_a_hello() -> None:
    both = (*COMMON_DHE_SUITES, *RARE_DHE_SUITES)
    assert len(both) == len(set(both))
    assert set(both) == set(DHE_SUITE_NAMES)
    assert max(len(COMMON_DHE_SUITES), len(RARE_DHE_SUITES)) < MAX_SUITES
    assert not set(DHE_SUITE_NAMES) & set(OTHER_SUITE_NAMES)


@pytest.mark.parametrize(
    ("code", "exchange", "cipher", "mac", "prf_hash", "first_version"),
    [
        (0x0039, KeyExchange.DHE_RSA, "AES_256_CBC", "SHA", "SHA256", Version.TLS10),
        (0x0067, KeyExchange.DHE_RSA, "AES_128_CBC", "SHA256", "SHA256", Version.TLS12),
        (0x009E, KeyExchange.DHE_RSA, "AES_128_GCM", "SHA256", "SHA256", Version.TLS12),
        (0x00A3, KeyExchange.DHE_DSS, "AES_256_GCM", "SHA384", "SHA384", Version.TLS12),
        (0xC045, KeyExchange.DHE_RSA, "ARIA_256_CBC", "SHA384", "SHA384", Version.TLS12),
        (0xC0A3, KeyExchange.DHE_RSA, "AES_256_CCM_8", "SHA256", "SHA256", Version.TLS12),
        (0xC0AA, KeyExchange.DHE_PSK, "AES_128_CCM_8", "SHA256", "SHA256", Version.TLS12),
        (0xCCAA, KeyExchange.DHE_RSA, "CHACHA20_POLY1305", "SHA256", "SHA256", Version.TLS12),
        (0x0018, KeyExchange.DH_ANON, "RC4_128", "MD5", "SHA256", Version.TLS10),
        (0x00B3, KeyExchange.DHE_PSK, "AES_256_CBC", "SHA384", "SHA384", Version.TLS10),
    ],
    ids=lambda value: f"{value:04x}" if isinstance(value, int) else str(value),
)
def test_the_name_says_it(
    code: int, exchange: KeyExchange, cipher: str, mac: str, prf_hash: str, first_version: Version
) -> None:
    known = suite(code)
    assert (known.key_exchange, known.cipher, known.mac) == (exchange, cipher, mac)
    assert (known.prf_hash, known.first_version, known.export) == (prf_hash, first_version, False)


@pytest.mark.parametrize("code", [0x0011, 0x0014, 0x0017, 0x0019])
def test_export_suites_are_known_as_such_and_never_finished(code: int) -> None:
    assert suite(code).export
    assert not can_protect(suite(code))


@pytest.mark.parametrize("code", [0x1301, 0xC02F, 0x002F, 0x00FF, 0xFFFF, 0x0000])
def test_a_suite_without_dh_params_is_known_as_such(code: int) -> None:
    assert not suite(code).has_dh_params


def test_a_suite_without_a_name_is_its_number() -> None:
    assert suite_name(0xABCD) == "0xabcd"
    assert suite_name(0x009E) == "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"


def test_each_version_has_its_suites_in_the_order_asked_for() -> None:
    asked = (0x009E, 0x0039, 0x0067, 0x0033)
    assert suites_for(Version.TLS12, asked) == asked
    assert suites_for(Version.TLS11, asked) == suites_for(Version.TLS10, asked) == (0x0039, 0x0033)
