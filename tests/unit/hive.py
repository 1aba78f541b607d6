"""Registry hives without Windows: an empty one, and hivexregedit (libwin-hivex-perl) to write and read it."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest


def by_hivexregedit(content: bytes, root: str, folder: Path) -> tuple[int, bytes]:
    """Merge a .reg file that sets `Functions` into an empty hive, export it: type and bytes of the value.

    Unlike regedit, hivexregedit makes no parent keys, and wants UTF-8 and LF.
    """
    program = shutil.which("hivexregedit")
    if program is None:
        missing = "hivexregedit is not there (python -m tests.peers.install)"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    text = content.decode("utf-16").replace("\r\n", "\n")
    key = re.findall(r"^\[(.*)\]$", text, re.MULTILINE)
    assert len(key) == 1
    parts = key[0].removeprefix(root + "\\").split("\\")
    parents = ["\\".join([root, *parts[:depth]]) for depth in range(1, len(parts))]
    hive = folder / "hive"
    hive.write_bytes(empty_hive())
    (folder / "parents.reg").write_text(
        "Windows Registry Editor Version 5.00\n\n" + "".join(f"[{p}]\n\n" for p in parents)
    )
    (folder / "edit.reg").write_text(text, encoding="utf-8")
    for name in ("parents.reg", "edit.reg"):
        subprocess.run([program, "--merge", "--prefix", root, str(hive), str(folder / name)], check=True)
    export = [program, "--export", "--prefix", root, str(hive), "\\" + "\\".join(parts)]
    said = subprocess.run(export, check=True, capture_output=True, text=True).stdout
    exported = re.search(r'^"Functions"=hex\((\d+)\):([0-9a-f,]*)$', said, re.MULTILINE)
    assert exported, said
    return int(exported[1]), bytes.fromhex(exported[2].replace(",", ""))


def empty_hive() -> bytes:
    """A registry hive with a root key only: header, and a block with a security cell and the root cell."""
    descriptor = bytes.fromhex("0100048000000000000000000000000000000000")
    security = cell(b"sk\0\0" + struct.pack("<IIII", 0x20, 0x20, 1, len(descriptor)) + descriptor)
    none = 0xFFFFFFFF
    root = cell(
        b"nk"
        + struct.pack("<HQ6I", 0x2C, 0, 0, none, 0, 0, none, none)
        + struct.pack("<9IHH", 0, none, 0x20, none, 0, 0, 0, 0, 0, 4, 0)
        + b"root"
    )
    used = security + root
    block = b"hbin" + struct.pack("<II16xI", 0, 4096, 0) + used + struct.pack("<i", 4096 - 32 - len(used))
    fields = struct.pack("<IIQ7I", 1, 1, 0, 1, 3, 0, 1, 0x20 + len(security), 4096, 1)
    header = (b"regf" + fields).ljust(508, b"\0")
    checksum = 0
    for (word,) in struct.iter_unpack("<I", header):
        checksum ^= word
    return (header + struct.pack("<I", checksum)).ljust(4096, b"\0") + block.ljust(4096, b"\0")


def cell(data: bytes) -> bytes:
    size = -(-(len(data) + 4) // 8) * 8
    return struct.pack("<i", -size) + data.ljust(size - 4, b"\0")
