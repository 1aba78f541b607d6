"""Scans from the workers of a dask cluster: the same verdicts, and what a lost one leaves."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import dask
import psutil
import pytest

import tlsprobe
from tests.cluster import clusters
from tests.hostile import servers as hostile
from tests.hostile.estate import CONFIG, is_open, several_servers, verdicts
from tests.hostile.servers import record, serving
from tlsprobe.demo.credentials import Credentials, make_credentials
from tlsprobe.demo.servers import Options, Running, stack
from tlsprobe.engines import cluster, dispatch, local
from tlsprobe.engines.seat import EngineError
from tlsprobe.facts import PremasterZeros
from tlsprobe.inventory import Target
from tlsprobe.journal import read_run_info, read_scans
from tlsprobe.limits import Limits
from tlsprobe.proxies import parse_proxy
from tlsprobe.scan import ScanConfig
from tlsprobe.tls.constants import ContentType
from tlsprobe.tls.identity import Identity

REFUSAL = record(ContentType.ALERT, b"\x02\x28")

pytestmark = pytest.mark.xdist_group("cluster")  # dask's processes are heavy


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return make_credentials(tmp_path_factory.mktemp("credentials"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, credentials: Credentials) -> Iterator[Running]:
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    root = tmp_path_factory.mktemp("server")
    with stack("python").start("127.73.0.1", root / "server", credentials, options) as running:
        yield running


def test_an_own_cluster_says_what_one_event_loop_says(server: Running) -> None:
    with several_servers("127.73.1", server) as targets:
        alone = verdicts(list(local.run(targets, CONFIG, processes=0)))
        assert verdicts(list(cluster.run(targets, CONFIG, workers=2))) == alone
    assert len(alone) == 7


def test_a_worker_that_is_killed_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of two asks server 20 first is killed at once; then its servers are the other one's."""
    monkeypatch.setattr(cluster, "LEASE_S", 3.0)
    connections: Counter[int] = Counter()

    def count_and_kill(connection: socket.socket) -> None:
        line = int(connection.getsockname()[0].rpartition(".")[2])
        connections[line] += 1
        if (line, connections[line]) == (20, 1):
            next(each for each in workers if connects_from(each.pid, connection.getpeername())).kill()
        hostile.answers(REFUSAL)(connection)

    with ExitStack() as stacks:
        places = [stacks.enter_context(serving(f"127.73.2.{line}", count_and_kill)) for line in range(1, 61)]
        targets = [Target(line, each.host, each.port) for line, each in enumerate(places, start=1)]
        address, workers = stacks.enter_context(clusters.cluster(tmp_path, 2))
        config = ScanConfig(limits=Limits(connections=8), questions=())
        done = list(cluster.run(targets, config, scheduler=address, workers=2))
        assert [each.poll() is None for each in workers].count(True) == 1
    assert sorted(each.target.line for each in done) == list(range(1, 61))
    assert {each.status for each in done} == {"assessed"}
    again = {each.target.line for each in done if connections[each.target.line] > each.connections}
    assert 20 in again
    assert len(again) <= 4, "only what the killed one had in flight was done again"


def connects_from(pid: int, place: tuple[str, int]) -> bool:
    """Whether a process has this end of a connection."""
    return any(each.laddr == place for each in psutil.Process(pid).net_connections("tcp"))


def test_names_of_one_address_are_never_asked_by_two_workers(tmp_path: Path) -> None:
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

    with serving("127.73.3.1", count) as place, clusters.cluster(tmp_path, 2) as (address, _):
        targets = [
            Target(line, place.host, place.port, server_name=f"{line}.example") for line in range(1, 13)
        ]
        config = ScanConfig(limits=Limits(connections_per_host=2, rate=1000.0), questions=())
        scans = list(cluster.run(targets, config, scheduler=address, workers=2))
    assert len(scans) == 12
    assert {each.status for each in scans} == {"assessed"}
    assert max(counts) == 2


def test_nobody_connects_to_a_worker(tmp_path: Path) -> None:
    """So it may sit behind a firewall that lets it out to the scheduler, and nobody in."""
    came_in: set[object] = set()

    def look(connection: socket.socket) -> None:
        came_in.update(connections_into(only.pid))
        hostile.answers(REFUSAL)(connection)

    with serving("127.73.8.1", look) as place, clusters.cluster(tmp_path, 1) as (address, (only,)):
        target = Target(1, place.host, place.port)
        (scan,) = cluster.run([target], ScanConfig(questions=()), scheduler=address)
        came_in.update(connections_into(only.pid))
    assert scan.status == "assessed"
    assert not came_in


def connections_into(pid: int) -> set[object]:
    """The connections of a process that others opened."""
    every = psutil.Process(pid).net_connections("tcp")
    ports = {each.laddr.port for each in every if each.status == psutil.CONN_LISTEN}
    assert ports
    return {each for each in every if each.laddr.port in ports and each.status != psutil.CONN_LISTEN}


def test_a_worker_that_comes_takes_the_place_of_one_that_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "LEASE_S", 2.0)
    (tmp_path / "late").mkdir()
    with ExitStack() as stacks:
        places = [
            stacks.enter_context(serving(f"127.73.4.{n}", hostile.answers(REFUSAL))) for n in range(1, 13)
        ]
        targets = [Target(line, each.host, each.port) for line, each in enumerate(places, start=1)]
        address, (only,) = stacks.enter_context(clusters.cluster(tmp_path, 1))
        done = []
        config = ScanConfig(limits=Limits(connections=2), questions=())
        for scan in cluster.run(targets, config, scheduler=address):
            done.append(scan)
            if len(done) == 3:
                only.kill()
                stacks.enter_context(clusters.worker(address, tmp_path / "late"))
    assert sorted(each.target.line for each in done) == list(range(1, 13))
    assert {each.status for each in done} == {"assessed"}


def test_without_any_worker_left_the_run_ends_and_can_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "LEASE_S", 2.0)
    monkeypatch.setattr(dispatch, "NOBODY_S", 1.0)
    with (
        serving("127.73.5.1", hostile.silent) as place,
        clusters.cluster(tmp_path, 1) as (address, (only,)),
    ):
        targets = [Target(1, "127.73.5.2", 9), Target(2, place.host, place.port)]
        config = ScanConfig(limits=Limits(timeout_s=30.0))
        scans = cluster.run(targets, config, scheduler=address)
        assert next(scans).target.line == 1
        only.kill()
        with pytest.raises(EngineError, match="--resume"):
            list(scans)


# --- TLS, and what is secret


def test_everything_is_encrypted_where_the_scheduler_says_tls(
    tmp_path: Path, credentials: Credentials, server: Running
) -> None:
    """With the certificates of dask's own configuration; who has none is let in nowhere."""
    pair = credentials.rsa
    settings = {
        "distributed.comm.require-encryption": True,
        "distributed.comm.tls.ca-file": str(pair.certificate),
        "distributed.comm.tls.client.cert": str(pair.certificate),
        "distributed.comm.tls.client.key": str(pair.key),
    }
    env = {"DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true"}
    env["DASK_DISTRIBUTED__COMM__TLS__CA_FILE"] = str(pair.certificate)
    for role in ("SCHEDULER", "WORKER"):
        env[f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT"] = str(pair.certificate)
        env[f"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY"] = str(pair.key)
    identity = Identity.load(pair.certificate.read_bytes(), pair.key.read_bytes())
    config = ScanConfig(limits=Limits(), identity=identity, questions=())
    target = Target(1, server.address, server.port)
    with clusters.cluster(tmp_path, 1, "--protocol", "tls", env=env) as (address, _):
        assert address.startswith("tls://")
        with dask.config.set(settings):
            (scan,) = cluster.run([target], config, scheduler=address)
        with pytest.raises(EngineError, match="no scheduler"):
            list(cluster.run([target], CONFIG, scheduler=address))
    assert scan.zeros is not None
    assert scan.zeros.premaster_zeros is PremasterZeros.STRIPPED


@pytest.mark.parametrize("address", ["tcp://192.0.2.1:8786", "192.0.2.1:8786", "tcp://[2001:db8::1]:8786"])
def test_secrets_go_nowhere_unencrypted(address: str, credentials: Credentials) -> None:
    pair = credentials.rsa
    identity = Identity.load(pair.certificate.read_bytes(), pair.key.read_bytes())
    proxy = parse_proxy("http://me:secret@192.0.2.2:3128")
    for config in (ScanConfig(identity=identity), ScanConfig(proxy=proxy)):
        with pytest.raises(EngineError, match="unencrypted") as refused:
            cluster.run([], config, scheduler=address)
        assert "secret@" not in str(refused.value)
        for fine in (address.replace("tcp://", "tls://"), "tcp://127.0.0.1:8786", "tcp://[::1]:8786"):
            if "://" in fine:
                cluster.refuse_to_leak(config, fine)
    cluster.refuse_to_leak(CONFIG, address)


# --- what is said where it cannot work


def test_without_a_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "START_S", 1.0)
    with pytest.raises(EngineError, match=r"no scheduler at tcp://127\.73\.6\.1:9"):
        list(cluster.run([Target(1, "127.73.6.2", 9)], CONFIG, scheduler="tcp://127.73.6.1:9"))


def test_without_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "START_S", 3.0)
    with (
        clusters.scheduler(tmp_path) as address,
        pytest.raises(EngineError, match=r"0 of 1 workers have joined .* --workers"),
    ):
        list(cluster.run([Target(1, "127.73.6.2", 9)], CONFIG, scheduler=address))


def test_a_worker_of_another_version(tmp_path: Path) -> None:
    package = shutil.copytree(Path(tlsprobe.__file__).parent, tmp_path / "other" / "tlsprobe")
    home = package / "__init__.py"
    home.write_text(re.sub(r'__version__ = ".*"', '__version__ = "9.9"', home.read_text()))
    with (
        clusters.scheduler(tmp_path) as address,
        clusters.worker(address, tmp_path, env={"PYTHONPATH": str(package.parent)}),
        pytest.raises(EngineError, match=r"has tlsprobe 9\.9 and Python .* here it is tlsprobe"),
    ):
        list(cluster.run([Target(1, "127.73.6.2", 9)], CONFIG, scheduler=address))


# --- the command line


def write_inventory(folder: Path, server: Running) -> Path:
    path = folder / "inventory.csv"
    path.write_text(f"host,port\n{server.address},{server.port}\n127.73.7.1,9\n")
    return path


def test_a_run_from_a_cluster_is_a_run_like_any(tmp_path: Path, server: Running) -> None:
    """The same journal, reports and exit code; and it goes on with the other engine."""
    inventory, run = write_inventory(tmp_path, server), tmp_path / "run"
    command = ["scan", str(inventory), "--out", str(run), "--fail-on", "none", "--allow-incomplete", "-q"]
    with clusters.cluster(tmp_path, 1) as (address, _):
        ended = tlsprobe_says(*command, "--engine", "dask", "--scheduler", address)
    assert (ended.returncode, ended.stderr, ended.stdout) == (0, "", "")
    first, second = sorted(read_scans(run), key=lambda each: each.target.line)
    assert (first.status, second.status_reason) == ("assessed", "refused")
    assert not {"engine", "scheduler", "workers"} & set(read_run_info(run).flags)
    again = tlsprobe_says("scan", "--resume", str(run), "-q", "--fail-on", "none", "--allow-incomplete")
    assert again.returncode == 0


def test_a_cluster_of_its_own_is_all_that_it_needs(tmp_path: Path, server: Running) -> None:
    inventory, run = write_inventory(tmp_path, server), tmp_path / "run"
    options = ["--fail-on", "none", "--allow-incomplete", "-q", "--engine", "dask", "--workers", "1"]
    ended = tlsprobe_says("scan", str(inventory), "--out", str(run), *options)
    assert (ended.returncode, ended.stderr, ended.stdout) == (0, "", "")
    assert len(read_scans(run)) == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scheduler", "tcp://127.0.0.1:9"], "go with --engine dask"),
        (["--workers", "2"], "go with --engine dask"),
        (["--engine", "dask", "--processes", "2"], "--processes goes with --engine local"),
        (["--engine", "dask", "--scheduler", "nonsense://x"], "no scheduler at nonsense://x"),
    ],
)
def test_flags_that_make_no_sense(tmp_path: Path, server: Running, options: list[str], said: str) -> None:
    inventory = write_inventory(tmp_path, server)
    ended = tlsprobe_says("scan", str(inventory), "--out", str(tmp_path / "run"), *options)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_dask_it_says_how_to_get_it(tmp_path: Path, server: Running) -> None:
    inventory = write_inventory(tmp_path, server)
    hidden = "import sys; sys.modules['dask'] = sys.modules['distributed'] = None; "
    program = hidden + "from tlsprobe.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", program, "scan", str(inventory), "--engine", "dask"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (
        2,
        "tlsprobe: --engine dask needs dask: pip install 'tlsprobe[dask]'\n",
    )


def test_ctrl_c_is_for_whoever_started_the_workers(tmp_path: Path) -> None:
    """A terminal sends it to the whole group; the workers leave it to the run. What is said is JSON."""
    run, inventory = tmp_path / "run", tmp_path / "inventory.csv"
    with socket.create_server(("127.74.9.1", 0)) as silent:
        inventory.write_text(f"host,port\n127.74.9.1,{silent.getsockname()[1]}\n")
        command = [sys.executable, "-m", "tlsprobe", "scan", str(inventory), "--out", str(run), "--log-json"]
        command += ["--timeout", "60", "--engine", "dask", "--workers", "1"]
        with (
            subprocess.Popen(command, stderr=subprocess.PIPE, text=True, process_group=0) as scanning,
            silent.accept()[0],  # a worker visits it
        ):
            os.killpg(scanning.pid, signal.SIGINT)
            _, said = scanning.communicate(timeout=60)
    events = [json.loads(line)["event"] for line in said.splitlines()]
    assert scanning.returncode == 130
    assert events[0] == "stopping"
    assert events[-1] == "interrupted"


def tlsprobe_says(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tlsprobe", *arguments], capture_output=True, text=True, check=False
    )
