"""What once went wrong with odd servers and name servers, and must not again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests.hostile import servers as hostile
from tests.hostile.servers import (
    DONE,
    Behaviour,
    certificate,
    hello_then,
    key_exchange,
    passes_on,
    record,
    serving,
)
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, Running, stack
from tlsprobe.engines.local import run
from tlsprobe.facts import PremasterZeros, ServerScan, ShareEncoding, Status
from tlsprobe.inventory import Target
from tlsprobe.journal import read_scans
from tlsprobe.limits import Limits
from tlsprobe.probes.hello import MAX_SUITES, HelloForm
from tlsprobe.probes.interview import MAX_TESTED_PRIMES
from tlsprobe.scan import ScanConfig
from tlsprobe.tls.constants import FFDHE_GROUPS, SECP256R1
from tlsprobe.tls.messages import ClientHello, extended_master_secret, supported_groups
from tlsprobe.tls.suites import DHE_SUITE_NAMES, RARE_DHE_SUITES

REFUSAL = record(21, b"\x02\x28")
SUPPORTED_GROUPS = supported_groups(SECP256R1).kind
EXTENDED_MASTER_SECRET = extended_master_secret().kind


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("mended")
    credentials = make_credentials(root)
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    with stack("python").start("127.69.0.1", root / "server", credentials, options) as running:
        yield running


def scan(behave: Behaviour, host: str, config: ScanConfig) -> ServerScan:
    with serving(host, behave) as place:
        (done,) = run([Target(1, place.host, place.port)], config)
    return done


# --- one form of the hello hangs, another works


def has_the_first_form(hello: ClientHello) -> bool:
    """Whether DHE is asked for in the form tried first: DHE suites alone, and curves but no FFDHE group."""
    if not DHE_SUITE_NAMES.keys() >= set(hello.cipher_suites):
        return False
    listed = next((each.body for each in hello.extensions or () if each.kind == SUPPORTED_GROUPS), None)
    return listed is not None and FFDHE_GROUPS[0].to_bytes(2, "big") not in listed


@pytest.mark.parametrize(
    "spoilt",
    [hostile.silent, hostile.closes, hostile.answers(b"\x99" * 100)],
    ids=["silent", "closes", "garbage"],
)
def test_a_form_that_hangs_does_not_spoil_the_one_that_works(server: Running, spoilt: Behaviour) -> None:
    behave = passes_on(server.address, server.port, but=has_the_first_form, to=spoilt)
    done = scan(behave, "127.69.0.2", ScanConfig(limits=Limits(timeout_s=1.0)))
    assert (done.status, done.status_reason) == (Status.ASSESSED, "")
    assert done.dhe is not None
    assert (done.dhe.form, done.dhe.complete, done.dhe.reason) == (HelloForm.NO_GROUPS_EMS, True, "")
    assert len(done.dhe.accepted) == 13


def has_extended_master_secret(hello: ClientHello) -> bool:
    return any(each.kind == EXTENDED_MASTER_SECRET for each in hello.extensions or ())


def test_who_chokes_on_extended_master_secret_is_asked_without(server: Running) -> None:
    behave = passes_on(server.address, server.port, but=has_extended_master_secret, to=hostile.closes)
    done = scan(behave, "127.69.0.3", ScanConfig(suites_only=True))
    assert done.dhe is not None
    assert (done.dhe.form, done.dhe.complete) == (HelloForm.CURVES, True)
    assert len(done.dhe.accepted) == 13


def test_who_chokes_on_a_long_list_is_asked_in_two(server: Running) -> None:
    behave = passes_on(
        server.address,
        server.port,
        but=lambda hello: len(hello.cipher_suites) > MAX_SUITES,
        to=hostile.closes,
    )
    done = scan(behave, "127.69.0.4", ScanConfig(suites_only=True))
    assert done.dhe is not None
    assert (done.dhe.form, done.dhe.complete) == (HelloForm.CURVES_EMS, True)
    assert len(done.dhe.accepted) == 13


def test_who_reads_no_more_than_64_suites_is_asked_in_two() -> None:
    """It has one suite with DHE, which stands behind so many others."""
    rare = 0xC045

    def behave(connection: socket.socket) -> None:
        hello = ClientHello.parse(connection.recv(65536)[9:])
        read = hello.cipher_suites[:MAX_SUITES]
        if hello.version == 0x0303 and rare in read:
            connection.sendall(hello_then(certificate(), key_exchange(), DONE, suite=rare))
        else:
            connection.sendall(hello_then(certificate(), suite=0xC02F) if 0xC02F in read else REFUSAL)
        connection.recv(1)

    assert rare in RARE_DHE_SUITES
    done = scan(behave, "127.69.0.6", ScanConfig(suites_only=True))
    assert done.dhe is not None
    assert [each.suite for each in done.dhe.accepted] == [rare]


def test_behind_a_close_it_is_seen_whether_anybody_is_still_there(server: Running) -> None:
    def only_dhe(hello: ClientHello) -> bool:
        return DHE_SUITE_NAMES.keys() >= set(hello.cipher_suites)

    behave = passes_on(server.address, server.port, but=only_dhe, to=hostile.closes)
    done = scan(behave, "127.69.0.5", ScanConfig(suites_only=True))
    assert (done.status, done.dhe and done.dhe.accepted) == (Status.ASSESSED, ())
    assert (done.observations[-1].probe, bool(done.observations[-1].seen)) == ("control", True)


def test_a_form_that_hangs_leaves_it_open_where_no_other_works() -> None:
    def behave(connection: socket.socket) -> None:
        hello = connection.recv(65536, socket.MSG_PEEK)
        spoilt = has_the_first_form(ClientHello.parse(hello[9:]))
        (hostile.silent if spoilt else hostile.answers(REFUSAL))(connection)

    done = scan(behave, "127.69.0.3", ScanConfig(limits=Limits(timeout_s=0.5)))
    assert (done.status, done.status_reason) == (Status.PARTLY_ASSESSED, "dhe-incomplete")
    assert done.detail == "silent"


# --- primes


def test_so_many_primes_are_tested_and_no_more() -> None:
    config = ScanConfig(limits=Limits(rate=1000.0), samples=3 * MAX_TESTED_PRIMES)
    done = scan(hostile.new_p_each_time(4096), "127.69.1.1", config)
    assert (done.status, done.status_reason) == (Status.PARTLY_ASSESSED, "zeros-inconclusive")
    assert len({group.dh_p for group in done.groups}) > 3 * MAX_TESTED_PRIMES
    assert sum(group.safe_prime is not None for group in done.groups) == MAX_TESTED_PRIMES


# --- samples


def test_a_deadline_among_the_samples_leaves_the_verdict(server: Running) -> None:
    (first,) = run([Target(1, server.address, server.port)], ScanConfig())
    assert first.status is Status.ASSESSED
    limits = Limits(timeout_s=60.0)  # so that the deadline comes before any silence is over
    config = ScanConfig(limits=limits, samples=1000, deadline_s=3.0 + 3 * first.duration_s)

    def silent_when_sampled() -> Behaviour:
        numbers = count(1)
        return passes_on(
            server.address, server.port, but=lambda _: next(numbers) > first.connections, to=hostile.silent
        )

    for _ in range(10):  # one time in ten a share decides before the samples, and none is drawn
        done = scan(silent_when_sampled(), "127.69.2.1", config)
        if done.share is not None and done.share.encoding is ShareEncoding.UNOBSERVED:
            break
    assert done.duration_s >= config.deadline_s
    assert done.connections > first.connections  # the samples
    assert (done.status, done.status_reason) == (Status.ASSESSED, "")
    assert (done.dhe, done.zeros) == (first.dhe, first.zeros)
    assert done.zeros is not None
    assert done.zeros.premaster_zeros is PremasterZeros.STRIPPED


# --- names

# The system's resolver, not ours, is replaced: no name server that hangs can be had without root.
RESOLVER = """
import socket
import threading

ask_the_system = socket.getaddrinfo


def getaddrinfo(host, *more, **named):
    if host.startswith("hangs-"):
        threading.Event().wait()  # for good
    return ask_the_system(host.removesuffix(".resolves.example"), *more, **named)


socket.getaddrinfo = getaddrinfo
"""


def test_names_that_hang_hold_up_no_other_server_and_not_the_end(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(RESOLVER)
    path = os.pathsep.join([str(tmp_path), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TLSPROBE_")}
    hung = [f"hangs-{number}.example" for number in range(40)]
    with ExitStack() as running:
        places = [
            running.enter_context(serving(f"127.69.3.{number}", hostile.answers(REFUSAL)))
            for number in range(1, 5)
        ]
        rows = [f"{place.host},{place.port}" for place in places[:3]]
        rows.append(f"{places[3].host}.resolves.example,{places[3].port}")
        (tmp_path / "inventory.csv").write_text(
            "\n".join(["host,port", *(f"{each}," for each in hung), *rows])
        )
        done = subprocess.run(
            [sys.executable, "-m", "tlsprobe", "scan", "inventory.csv", "--out", "run", "--deadline", "4"],
            cwd=tmp_path,
            env=clean | {"PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=60,  # the look-ups themselves never end
            check=False,
        )
    assert done.returncode == 3, done.stderr
    scans = {each.target.host: each for each in read_scans(tmp_path / "run")}
    assert len(scans) == 44
    for host, each in scans.items():
        expected = ("unreachable", "deadline") if host in hung else ("assessed", "")
        assert (each.status.value, each.status_reason) == expected, host
        assert each.duration_s < 8
