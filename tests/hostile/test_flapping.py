"""Servers whose answers change: nothing is concluded from the last one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.hostile.servers import Behaviour, breaks_off_behind, passes_on, serving
from tlsprobe.demo.credentials import Credentials, make_credentials
from tlsprobe.demo.servers import Options, Running, stack
from tlsprobe.engines.local import run
from tlsprobe.facts import FormAccepted, LeadingZeros, PremasterZeros, ServerScan, Status
from tlsprobe.inventory import Target
from tlsprobe.limits import Limits
from tlsprobe.scan import ScanConfig
from tlsprobe.tls.messages import ClientHello

CONFIG = ScanConfig(limits=Limits(rate=100_000.0), clients=(), questions=())


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("flapping")


@pytest.fixture(scope="module")
def credentials(root: Path) -> Credentials:
    return make_credentials(root)


@pytest.fixture(scope="module")
def strips(root: Path, credentials: Credentials) -> Iterator[Running]:
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    with stack("python").start("127.72.0.1", root / "strips", credentials, options) as running:
        yield running


@pytest.fixture(scope="module")
def keeps(root: Path, credentials: Credentials) -> Iterator[Running]:
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    with stack("s2n").start("127.72.0.2", root / "keeps", credentials, options) as running:
        yield running


@pytest.fixture(scope="module")
def other(root: Path, credentials: Credentials) -> Iterator[Running]:
    """Strips as well, and answers with other extensions."""
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    with stack("tlslite-ng").start("127.72.0.3", root / "other", credentials, options) as running:
        yield running


def scan(behave: Behaviour) -> ServerScan:
    with serving("127.72.1.1", behave) as place:
        (done,) = run([Target(1, place.host, place.port)], CONFIG)
    return done


def spoils(server: Running, number: int) -> Behaviour:
    """Break off one of the forced handshakes, the only ones with a single suite; all others go through."""
    numbers = count(1)

    def is_the_one(hello: ClientHello) -> bool:
        return len(hello.cipher_suites) == 1 and next(numbers) == number

    spoilt = breaks_off_behind(server.address, server.port)
    return passes_on(server.address, server.port, but=is_the_one, to=spoilt)


def zeros(done: ServerScan) -> LeadingZeros:
    assert done.zeros is not None
    return done.zeros


def test_nothing_is_spoilt_by_the_relay(strips: Running) -> None:
    done = scan(spoils(strips, 0))
    assert (done.status, zeros(done).premaster_zeros) == (Status.ASSESSED, PremasterZeros.STRIPPED)


def test_two_attempts_that_disagree_are_inconclusive(strips: Running) -> None:
    """The second handshake is the first with a stripped Z."""
    done = scan(spoils(strips, 2))
    assert (done.status, done.status_reason) == (Status.PARTLY_ASSESSED, "zeros-inconclusive")
    assert (zeros(done).premaster_zeros, zeros(done).reason) == (PremasterZeros.INCONCLUSIVE, "flapping")
    assert zeros(done).short_client_share is zeros(done).padded_client_share is FormAccepted.ACCEPTED


def test_a_control_that_fails_once_leaves_what_was_refused_before_it_open(strips: Running) -> None:
    """The seventh handshake is the control behind a kept Z, which was refused twice."""
    done = scan(spoils(strips, 7))
    assert (zeros(done).premaster_zeros, zeros(done).reason) == (PremasterZeros.INCONCLUSIVE, "flapping")
    assert zeros(done).short_client_share is zeros(done).padded_client_share is FormAccepted.ACCEPTED


def in_turn(server: Running, other: Running, first: int) -> ServerScan:
    turn = count(first)
    to_other = passes_on(other.address, other.port, but=lambda _: False, to=lambda _: None)
    return scan(passes_on(server.address, server.port, but=lambda _: next(turn) % 2 == 1, to=to_other))


@pytest.mark.parametrize("first", [0, 1])
def test_two_servers_that_look_alike_have_no_verdict_together(
    strips: Running, keeps: Running, first: int
) -> None:
    """Each alone has a verdict. Their ServerHellos are the same, but one closes where the other chooses."""
    for server, verdict in ((strips, PremasterZeros.STRIPPED), (keeps, PremasterZeros.KEPT)):
        (alone,) = run([Target(1, server.address, server.port)], CONFIG)
        assert zeros(alone).premaster_zeros is verdict
    done = in_turn(strips, keeps, first)
    assert (done.status, done.status_reason, done.detail) == (
        Status.PARTLY_ASSESSED,
        "dhe-incomplete",
        "flapping",
    )
    assert zeros(done).premaster_zeros in (PremasterZeros.MIXED, PremasterZeros.INCONCLUSIVE)


@pytest.mark.parametrize("first", [0, 1])
def test_two_servers_that_look_different_are_called_so(strips: Running, other: Running, first: int) -> None:
    done = in_turn(strips, other, first)
    assert zeros(done).reason == "several-servers"
    assert zeros(done).premaster_zeros is PremasterZeros.INCONCLUSIVE
    assert done.status is Status.PARTLY_ASSESSED
