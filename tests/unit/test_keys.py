"""The PRF beside an independent one: OpenSSL's, recorded with the command in tests/vectors/prf.json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tlsprobe.tls.keys import Secrets, prf
from tlsprobe.tls.suites import suite

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "prf.json").read_text())["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_equals_openssl(vector: dict[str, str]) -> None:
    output = bytes.fromhex(vector["output"])
    label = bytes.fromhex(vector["label"])
    made = prf(
        version=int(vector["version"], 16),
        suite=suite(int(vector["suite"], 16)),
        secret=bytes.fromhex(vector["secret"]),
        label=label,
        seed=bytes.fromhex(vector["seed"]),
        size=len(output),
    )
    assert made == output


def test_the_vectors_hold_what_matters() -> None:
    """An odd-length stripped Z at TLS 1.0, whose halves overlap, and c045: CBC with the SHA-384 PRF."""
    assert any(v["version"] == "0301" and len(v["secret"]) // 2 % 2 == 1 for v in VECTORS)
    assert any(v["suite"] == "c045" and v["version"] == "0303" for v in VECTORS)


def test_a_stripped_and_a_kept_zero_make_different_secrets() -> None:
    for version in (0x0301, 0x0303):
        made = {
            Secrets.derive(
                version=version,
                suite=suite(0x0033),
                premaster_secret=premaster,
                client_random=bytes(32),
                server_random=bytes(32),
                session_hash=None,
            ).master_secret
            for premaster in (b"\x01" * 255, b"\x00" + b"\x01" * 255)
        }
        assert len(made) == 2
