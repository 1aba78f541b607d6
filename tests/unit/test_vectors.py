"""Recorded handshakes again: CBC at every version with its facts; random chunks; a spoilt byte anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vectors.record import FOLDER, OLDER_FOLDER, OLDER_PEERS, conversation, facts
from tlsprobe.tls.handshake import Broken, Completed, Handshake, Rejected, Step, Untestable
from tlsprobe.tls.stream import Parting

Vector = dict[str, Any]


def load(*folders: Any) -> list[Vector]:
    paths = [path for folder in folders for path in sorted(folder.glob("*.json"))]
    return [vector for path in paths for vector in json.loads(path.read_text())]


OLDER = load(OLDER_FOLDER)
ALL = load(FOLDER, OLDER_FOLDER)


def name(vector: Vector) -> str:
    return f"{vector['peer']}-{vector.get('version', '0303')}-{vector['share']}"


def received(vector: Vector) -> bytes:
    return bytes.fromhex("".join(vector["received"]))


def play(vector: Vector, pieces: Iterable[bytes]) -> tuple[Handshake, bytes]:
    """Play received pieces, then the end of the stream; return what it comes to, and what was sent."""
    version = int(vector.get("version", "0303"), 16)
    talk = conversation(int(vector["suite"], 16), vector["form"], vector["share"], version)
    sent, waiting = b"", [piece for piece in pieces if piece]
    try:
        outgoing = next(talk)
        while True:
            sent += outgoing
            closed = isinstance(outgoing, Parting) or not waiting
            outgoing = talk.send(b"" if closed else waiting.pop(0))
    except StopIteration as end:
        return end.value, sent


def test_all_stacks_that_were_to_be_recorded_are() -> None:
    assert {vector["peer"] for vector in OLDER} == set(OLDER_PEERS)
    assert {(vector["version"], vector["suite"]) for vector in OLDER} == {
        ("0301", "0039"),
        ("0302", "0033"),
        ("0303", "0033"),
    }


def test_tls_10_completes_with_a_stripped_z_of_odd_length() -> None:
    """The halves of the secret share a byte: with the PRF wrong no Finished would verify."""
    odd = [v for v in OLDER if v["version"] == "0301" and v["facts"]["premaster_secret"] % 2]
    completed = {v["peer"] for v in odd if v["facts"]["after"] == Step.SERVER_FINISHED}
    assert completed == set(OLDER_PEERS) - {"s2n"}  # which keeps the zero


@pytest.mark.parametrize("vector", OLDER, ids=name)
def test_whole_and_by_the_byte_it_comes_to_the_same(vector: Vector) -> None:
    single = [bytes([byte]) for byte in received(vector)]
    for pieces in ([bytes.fromhex(piece) for piece in vector["received"]], single):
        done, sent = play(vector, pieces)
        assert facts(done) == vector["facts"]
        assert sent.hex() == vector["sent"]


@pytest.mark.parametrize("vector", ALL, ids=name)
@settings(max_examples=4, deadline=None)
@given(data=st.data())
def test_in_random_chunks_it_is_answered_the_same(vector: Vector, data: st.DataObject) -> None:
    stream = received(vector)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    done, sent = play(vector, [stream[a:b] for a, b in pairwise([0, *cuts, len(stream)])])
    whole, _ = play(vector, [stream])
    assert facts(done) == facts(whole)
    assert sent.hex() == vector["sent"]


@pytest.mark.parametrize("vector", OLDER, ids=name)
def test_cut_in_the_last_flight_it_is_closed_after_the_clients_finished(vector: Vector) -> None:
    stream = received(vector)
    done, _ = play(vector, [stream])
    if done.end != Completed(Step.SERVER_FINISHED):
        assert vector["peer"] == "s2n"
        return
    last = sum(5 + size for _, size in done.layout[-2:])  # ChangeCipherSpec and Finished
    for size in range(len(stream) - last, len(stream)):
        assert play(vector, [stream[:size]])[0].end == Broken("closed", Step.CLIENT_FINISHED)


@pytest.mark.parametrize("vector", ALL, ids=name)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_a_spoilt_byte_is_a_result_and_never_a_completed_handshake(
    vector: Vector, data: st.DataObject
) -> None:
    stream = bytearray(received(vector))
    # The two bytes of a record's version, of which only the first is looked at, may well be others.
    headers, place = set(), 0
    while place < len(stream):
        headers.add(place + 2)
        place += 5 + int.from_bytes(stream[place + 3 : place + 5], "big")
    spoilt = data.draw(st.integers(0, len(stream) - 1).filter(lambda each: each not in headers))
    stream[spoilt] ^= data.draw(st.integers(1, 255))
    done, _ = play(vector, [bytes(stream)])
    assert isinstance(done.end, Broken | Rejected | Untestable)
