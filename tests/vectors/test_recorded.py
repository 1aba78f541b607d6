"""Handshakes recorded with real servers, played again: whole, by the byte, cut at each offset."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.vectors.record import FOLDER, conversation
from tlsprobe.tls.handshake import Broken, Handshake, Step
from tlsprobe.tls.stream import Parting

FILES = sorted(FOLDER.glob("*.json"))
Recorded = dict[str, str]


def cases() -> list[object]:
    return [
        pytest.param(vector, id=f"{path.stem}-{vector['share']}")
        for path in FILES
        for vector in json.loads(path.read_text())
    ]


def play(vector: Recorded, pieces: list[bytes]) -> tuple[Handshake, bytes]:
    """Play received pieces, then the end of the stream; return what it comes to, and what was sent."""
    talk = conversation(int(vector["suite"], 16), vector["form"], vector["share"])
    sent, waiting = b"", [*pieces, b""]
    try:
        outgoing = next(talk)
        while True:
            sent += outgoing
            outgoing = talk.send(b"" if isinstance(outgoing, Parting) else waiting.pop(0))
    except StopIteration as end:
        return end.value, sent


def received(vector: Recorded) -> list[bytes]:
    return [bytes.fromhex(piece) for piece in vector["received"]]


@pytest.mark.parametrize("vector", cases())
def test_whole_and_by_the_byte_it_is_answered_the_same(vector: Recorded) -> None:
    pieces = received(vector)
    single = [bytes([byte]) for piece in pieces for byte in piece]
    for chunks in (pieces, single):
        done, sent = play(vector, chunks)
        assert (done.end.kind, done.end.after) == (vector["end"], vector["after"])
        assert sent.hex() == vector["sent"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_cut_at_each_offset_it_is_broken(path: Path) -> None:
    (vector, *_) = json.loads(path.read_text())
    flight = received(vector)[0]
    for size in range(len(flight)):
        done, _ = play(vector, [flight[:size]] if size else [])
        assert isinstance(done.end, Broken)
        assert done.end.how == "closed"
        assert done.end.after is not Step.SERVER_FINISHED


def test_there_is_one_of_each_maker() -> None:
    names = {path.stem for path in FILES}
    assert {"openssl", "gnutls", "nss", "java", "erlang", "s2n", "tlslite-ng", "lighttpd-mbedtls"} <= names
    assert len(names) >= 20
