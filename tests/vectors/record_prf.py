"""Record tests/vectors/prf.json with OpenSSL 3's TLS1-PRF: python -m tests.vectors.record_prf."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

CASES = (
    ("TLS 1.0, odd-length stripped Z", 0x0301, 0x0039, "MD5-SHA1", 255, b"master secret"),
    ("TLS 1.0, even length", 0x0301, 0x0039, "MD5-SHA1", 256, b"master secret"),
    ("TLS 1.1, key expansion", 0x0302, 0x0033, "MD5-SHA1", 48, b"key expansion"),
    ("TLS 1.2, SHA-256", 0x0303, 0x009E, "SHA256", 255, b"master secret"),
    ("TLS 1.2, SHA-384", 0x0303, 0x009F, "SHA384", 256, b"extended master secret"),
    ("TLS 1.2, c045: SHA-384 PRF with CBC", 0x0303, 0xC045, "SHA384", 255, b"master secret"),
)


def main() -> None:
    """Write the file anew; the secrets are random but always the same."""
    source = random.Random(4557473)
    vectors = []
    for name, version, suite, digest, size, label in CASES:
        secret, seed = source.randbytes(size), source.randbytes(64)
        command = [
            *("openssl", "kdf", "-keylen", "104", "-kdfopt", f"digest:{digest}"),
            *(
                "-kdfopt",
                f"hexsecret:{secret.hex()}",
                "-kdfopt",
                f"hexseed:{(label + seed).hex()}",
                "TLS1-PRF",
            ),
        ]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        output = printed.replace(":", "").strip().lower()
        vectors.append(
            {
                "name": name,
                "version": f"{version:04x}",
                "suite": f"{suite:04x}",
                "secret": secret.hex(),
                "label": label.hex(),
                "seed": seed.hex(),
                "output": output,
            }
        )
    note = (
        "openssl kdf -keylen 104 -kdfopt digest:… -kdfopt hexsecret:… -kdfopt hexseed:(label, seed) TLS1-PRF"
    )
    text = json.dumps({"recorded with": note, "vectors": vectors}, indent=1, ensure_ascii=False)
    (Path(__file__).parent / "prf.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
