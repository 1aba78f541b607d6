"""What fuzzing starts from, without the fuzzer: no seed raises, and each target has its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.playing import WHOLE, play
from tests.fuzz.sealed import Server, read, servers
from tests.fuzz.seeds import corpus
from tests.fuzz.targets import CORPUS, TARGETS
from tlsprobe.tls.handshake import Completed, Step

SEEDS = sorted(path for path in CORPUS.glob("*/*") if path.is_file())


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_no_seed_raises(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


def test_each_target_has_the_seeds_that_are_written_for_it() -> None:
    """By name: the keys in a hello of TLS 1.3 are new each time."""
    written = {(target, name) for target, seeds in corpus().items() for name in seeds}
    assert {(path.parent.name, path.name) for path in SEEDS} == written
    assert {target for target, _ in written} == set(TARGETS)


@pytest.mark.parametrize("server", servers(), ids=lambda server: f"{server.keys.suite.name}")
def test_what_is_sealed_again_completes_the_handshake(server: Server) -> None:
    """Else the target behind the keys would only ever see records that do not verify."""
    done = play(server.conversation(), server.sealed(read(server.seed())), chunk=WHOLE, ahead=server.flight)
    assert done.end == Completed(Step.SERVER_FINISHED)
