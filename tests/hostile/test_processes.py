"""Scans in several processes: the same verdicts, one address in one process, and what a dead one leaves."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path

import pytest

from tests.hostile import servers as hostile
from tests.hostile.estate import CONFIG, is_open, several_servers, verdicts
from tests.hostile.servers import record, serving
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, Running, stack
from tlsprobe.engines import processes
from tlsprobe.engines.local import run
from tlsprobe.engines.seat import EngineError
from tlsprobe.facts import PremasterZeros
from tlsprobe.inventory import Target
from tlsprobe.limits import Limits
from tlsprobe.scan import ScanConfig
from tlsprobe.selection import Selection, parse_entry
from tlsprobe.tls.constants import ContentType
from tlsprobe.tls.identity import Identity

REFUSAL = record(ContentType.ALERT, b"\x02\x28")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("processes")
    credentials = make_credentials(root)
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    with stack("python").start("127.71.0.1", root / "server", credentials, options) as running:
        yield running


def workers() -> set[int]:
    """The processes that scan for this one."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            status = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(status[1]) == os.getpid() and b"engines.worker" in (entry / "cmdline").read_bytes():
                found.add(int(entry.name))
        except (OSError, IndexError):
            continue
    return found


def test_processes_say_what_one_event_loop_says(server: Running) -> None:
    with several_servers("127.71.1", server) as targets:
        alone = verdicts(list(run(targets, CONFIG, processes=0)))
        assert verdicts(list(run(targets, CONFIG, processes=2))) == alone
    assert len(alone) == 7
    assert not workers()


def test_what_the_configuration_holds_crosses_over(tmp_path: Path, server: Running) -> None:
    """A client key, an exclusion and the family of addresses; and never on a command line."""
    credentials = make_credentials(tmp_path)
    identity = Identity.load(credentials.rsa.certificate.read_bytes(), credentials.rsa.key.read_bytes())
    config = ScanConfig(
        limits=Limits(),
        identity=identity,
        selection=Selection(exclude=(parse_entry("127.71.2.9", "never.txt line 1"),)),
        family=socket.AF_INET,
    )
    targets = [Target(1, server.address, server.port), Target(2, "127.71.2.9", 9)]
    first, second = sorted(run(targets, config, processes=2), key=lambda each: each.target.line)
    assert first.zeros is not None
    assert first.zeros.premaster_zeros is PremasterZeros.STRIPPED
    assert (second.status, second.connections) == ("excluded", 0)


def test_a_process_that_is_killed_loses_and_doubles_nothing() -> None:
    """Both are killed again and again while their servers are scanned."""
    with ExitStack() as stacks:
        places = [
            stacks.enter_context(serving(f"127.71.3.{n}", hostile.answers(REFUSAL))) for n in range(1, 31)
        ]
        targets = [Target(line, each.host, each.port) for line, each in enumerate(places, start=1)]
        killed: set[int] = set()
        done = []
        for scan in run(targets, ScanConfig(limits=Limits(connections=6), questions=()), processes=2):
            done.append(scan)
            if len(done) in (3, 10):
                for each in workers() - killed:
                    os.kill(each, signal.SIGKILL)
                    killed.add(each)
    assert killed
    assert sorted(each.target.line for each in done) == list(range(1, 31))
    assert {each.status for each in done} <= {"assessed", "untestable"}
    assert {each.status_reason for each in done} <= {"", "worker-lost"}
    assert sum(each.status == "assessed" for each in done) >= 18


@pytest.mark.parametrize("deaths", [2, 3])
def test_one_that_is_killed_while_it_starts_is_started_again(deaths: int) -> None:
    """But not for ever: something else is wrong then."""
    killed: set[int] = set()

    def kill_them() -> None:
        while len(killed) < deaths:
            for each in workers() - killed:
                os.kill(each, signal.SIGKILL)
                killed.add(each)

    killer = threading.Thread(target=kill_them)
    killer.start()
    with serving("127.71.6.1", hostile.answers(REFUSAL)) as place:
        scans = run([Target(1, place.host, place.port)], CONFIG, processes=1)
        with pytest.raises(EngineError, match="--processes 0") if deaths == 3 else nullcontext():
            assert [each.status for each in scans] == ["assessed"]
    killer.join()


def test_one_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever connects is stopped, and so is who tries again."""
    monkeypatch.setattr(processes, "LATE_S", 0.5)
    stopped: set[int] = set()

    def stop_them(connection: socket.socket) -> None:
        for each in workers() - stopped:
            os.kill(each, signal.SIGSTOP)
            stopped.add(each)
        connection.recv(65536)

    with serving("127.71.4.1", stop_them) as place:
        config = ScanConfig(limits=Limits(), deadline_s=1.0)
        targets = [Target(1, place.host, place.port), Target(2, "127.71.4.2", 9)]
        scans = sorted(run(targets, config, processes=1), key=lambda each: each.target.line)
    assert [each.status_reason for each in scans] == ["worker-lost", "refused"]
    assert len(stopped) == 3
    assert not workers()


def test_names_of_one_address_are_never_asked_by_two() -> None:
    """The limit per address holds over both processes: never more connections at a time than it."""
    others: list[socket.socket] = []
    counts: list[int] = []
    lock = threading.Lock()

    def count(connection: socket.socket) -> None:
        with lock:
            others[:] = [each for each in others if is_open(each)] + [connection]
            counts.append(len(others))
        hostile.answers(REFUSAL)(connection)
        connection.settimeout(5)
        connection.recv(1)

    with serving("127.71.5.1", count) as place:
        targets = [
            Target(line, place.host, place.port, server_name=f"{line}.example") for line in range(1, 13)
        ]
        limits = Limits(connections_per_host=2, rate=1000.0)
        scans = list(run(targets, ScanConfig(limits=limits, questions=()), processes=2))
    assert len(scans) == 12
    assert {each.status for each in scans} == {"assessed"}
    assert max(counts) == 2
