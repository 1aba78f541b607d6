"""The laws that targets state, without the fuzzer: any bytes, and seeds that somebody has tampered with.

What each target holds: nothing raises; a conversation's end is a value, and the same however the network cuts
what was said; what was read is written and read the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.playing import play
from tests.fuzz.sealed import servers
from tests.fuzz.servers import hellos
from tests.fuzz.targets import CORPUS, TARGETS
from tlsprobe.tls.handshake import Completed, Handshake, Step, handshake
from tlsprobe.tls.stream import Conversation

SEEDS = {
    target: [path.read_bytes() for path in sorted((CORPUS / target).iterdir())] for target in sorted(TARGETS)
}


@st.composite
def tampered(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """Some bytes of a seed replaced by others, by none, or by more; what is behind may be cut off."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        over = draw(st.integers(0, 4))
        data = data[:at] + draw(st.binary(max_size=6)) + data[at + over :]
    return data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data


@pytest.mark.parametrize("target", SEEDS)
@settings(max_examples=30)
@given(st.data())
def test_nothing_raises_and_the_laws_hold(target: str, data: st.DataObject) -> None:
    TARGETS[target](data.draw(st.one_of(st.binary(max_size=200), tampered(SEEDS[target]))))


@given(st.sampled_from(SEEDS["flight"]), st.lists(st.integers(1, 120), min_size=1, max_size=40))
def test_any_cut_of_a_flight_ends_the_same(seed: bytes, sizes: list[int]) -> None:
    hello, flight = hellos()[seed[0]], seed[1:]
    whole = play(handshake(hello), flight, chunk=len(flight))
    assert isinstance(whole.end, Completed)
    cuts = accumulate(sizes, initial=0)
    assert _in_pieces(handshake(hello), [flight[a:b] for a, b in pairwise([*cuts, len(flight)])]) == whole


def _in_pieces(talk: Conversation[Handshake], said: Iterable[bytes]) -> Handshake:
    next(talk)
    try:
        for piece in said:
            talk.send(piece)
    except StopIteration as over:
        return over.value  # type: ignore[no-any-return]
    raise AssertionError("it waits for more than there is")


@given(st.integers(0, len(servers()) - 1), st.data())
def test_a_server_whose_last_bytes_are_changed_never_completes(number: int, data: st.DataObject) -> None:
    """Wherever it is, one changed bit behind ChangeCipherSpec spoils the MAC, or says something else."""
    server = servers()[number]
    last = bytearray(b"".join(record.serialise() for record in server.last))
    at = data.draw(st.integers(9, len(last) - 1))  # a record's version is not what its MAC is over
    last[at] ^= 1 << data.draw(st.integers(0, 7))
    done = play(server.conversation(), bytes(last), chunk=len(last), ahead=server.flight)
    assert done.end != Completed(Step.SERVER_FINISHED)
    assert done.end.after is Step.CLIENT_FINISHED
