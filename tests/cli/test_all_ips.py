"""`--all-ips` as a user runs it: names with several addresses, a real server of its own at each."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.libraries import python_command, s2n_command
from tlsprobe.demo.stack import Options, Site, free_port, running

COMMAND = [sys.executable, "-m", "tlsprobe"]
STRIPS, KEEPS, DEAD, NO_DHE = "127.70.0.1", "127.70.0.2", "127.70.0.3", "::1"

# The system's resolver, not ours, is replaced: a name with these addresses can't be had without root.
RESOLVER = """
import json
import os
import socket

ask_the_system = socket.getaddrinfo
NAMES = json.loads(os.environ["NAMES_OF_THE_TEST"])


def getaddrinfo(host, port, family=0, *more, **named):
    if host not in NAMES:
        return ask_the_system(host, port, family, *more, **named)
    found = []
    for address in NAMES[host]:
        own = socket.AF_INET6 if ":" in address else socket.AF_INET
        if family in (own, socket.AF_UNSPEC):
            found += ask_the_system(address, port, own, *more, **named)
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return found


socket.getaddrinfo = getaddrinfo
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A port with a server of another maker, or of other settings, at each address but DEAD."""
    credentials = make_credentials(tmp_path_factory.mktemp("credentials"))
    with_dhe = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    number = free_port(STRIPS)
    servers = {
        STRIPS: (python_command, with_dhe),
        KEEPS: (s2n_command(None), with_dhe),
        NO_DHE: (python_command, Options(ciphers="ECDHE+AESGCM")),
    }
    with ExitStack() as started:
        for address, (command, options) in servers.items():
            site = Site(address, number, tmp_path_factory.mktemp("server"), credentials, options)
            started.enter_context(running(command(site), site))
        yield number


class Runner:
    """Runs tlsprobe in a folder, where the names of the test have the addresses they are given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, list[str]] = {}
        (folder / "sitecustomize.py").write_text(RESOLVER)

    @property
    def environment(self) -> dict[str, str]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("TLSPROBE_")}
        path = os.pathsep.join([str(self.folder), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
        return clean | {"PYTHONPATH": path, "NAMES_OF_THE_TEST": json.dumps(self.names)}

    def __call__(self, *arguments: object, code: int) -> str:
        """Run to the end; return standard output, after a look at the exit code."""
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stderr + done.stdout
        return done.stdout

    def inventory(self, *rows: str) -> None:
        (self.folder / "inventory.csv").write_text("\n".join(["host,port,owner", *rows]) + "\n")

    def rows(self, name: str = "endpoints.csv") -> list[dict[str, str]]:
        with (self.folder / "run" / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def page(self) -> str:
        """The report, without the marks where a name may go on in the next line."""
        return (self.folder / "run" / "report.html").read_text().replace("<wbr>", "")

    def journal(self) -> list[tuple[str, str | None, str]]:
        """Host, pinned address and status of each line, as they were written."""
        lines = (self.folder / "run" / "scan.jsonl").read_text().splitlines()
        targets = [(json.loads(line)["target"], json.loads(line)["status"]) for line in lines]
        return [(each["host"], each["pin"] and each["pin"]["address"], status) for each, status in targets]


@pytest.fixture
def tlsprobe(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def told(rows: list[dict[str, str]], *columns: str) -> list[tuple[str, ...]]:
    return [tuple(row[name] for name in columns) for row in rows]


def test_each_address_is_a_server_with_a_verdict_of_its_own(tlsprobe: Runner, port: int) -> None:
    tlsprobe.names = {"all.example": [NO_DHE, DEAD, KEEPS, STRIPS]}
    tlsprobe.inventory(f"all.example,{port},web team", f"gone.example,{port},", f"{STRIPS},{port},")
    tlsprobe.names["gone.example"] = []
    tlsprobe("scan", "inventory.csv", "--out", "run", "--all-ips", code=1)
    columns = ("host", "address", "status", "status_reason", "premaster_zeros", "owner")
    assert told(tlsprobe.rows(), *columns) == [
        ("all.example", STRIPS, "assessed", "", "stripped", "web team"),
        ("all.example", KEEPS, "assessed", "", "kept", "web team"),
        ("all.example", DEAD, "unreachable", "refused", "", "web team"),
        ("all.example", NO_DHE, "assessed", "", "n/a", "web team"),
        ("gone.example", "", "unreachable", "dns", "", ""),
        (STRIPS, STRIPS, "assessed", "", "stripped", ""),
    ]
    found = tlsprobe.rows("findings.csv")
    assert {(row["host"], row["address"]) for row in found if row["rule"] == "DHE001"} == {
        ("all.example", KEEPS)
    }
    assert len({row["fingerprint"] for row in found}) == len(found)
    assert {row["address"] for row in found if row["host"] == "all.example"} == {STRIPS, KEEPS}
    page = tlsprobe.page()
    assert "1 name has several addresses" in page
    for address in (STRIPS, KEEPS, DEAD, NO_DHE):
        assert f'all.example:{port}</a><span class="sub">{address}</span>' in page
    assert "all_ips=yes" in page


def test_without_the_flag_it_is_the_first_address_that_answers(tlsprobe: Runner, port: int) -> None:
    tlsprobe.names = {"all.example": [DEAD, STRIPS, KEEPS]}
    tlsprobe.inventory(f"all.example,{port},")
    tlsprobe("scan", "inventory.csv", "--out", "run", code=1)
    assert told(tlsprobe.rows(), "address", "premaster_zeros") == [(STRIPS, "stripped")]
    assert tlsprobe.journal() == [("all.example", None, "assessed")]
    page = tlsprobe.page()
    assert "several addresses" not in page
    assert f"all.example:{port}</a></th>" in page


def test_probe_prints_each_address(tlsprobe: Runner, port: int) -> None:
    tlsprobe.names = {"all.example": [STRIPS, NO_DHE]}
    said = tlsprobe("probe", f"all.example:{port}", "--all-ips", code=1)
    assert f"all.example:{port} ({STRIPS})" in said
    assert f"all.example:{port} ({NO_DHE})" in said
    table = tlsprobe("probe", f"all.example:{port}", "--all-ips", "-6", "--stdout", "csv", code=0)
    assert told(list(csv.DictReader(io.StringIO(table))), "address", "severity") == [(NO_DHE, "none")]


def test_an_excluded_address_has_a_row_and_no_connection(tlsprobe: Runner, port: int) -> None:
    with socket.create_server(("127.70.1.1", port)) as forbidden:
        forbidden.setblocking(False)
        tlsprobe.names = {"all.example": ["127.70.1.1", NO_DHE], "no.example": ["127.70.1.1", "127.70.1.2"]}
        tlsprobe.inventory(f"all.example,{port},", f"no.example,{port},")
        (tlsprobe.folder / "never.txt").write_text("127.70.1.0/24\n")
        tlsprobe("scan", "inventory.csv", "--out", "run", "--all-ips", "--exclude", "never.txt", code=0)
        with pytest.raises(BlockingIOError):
            forbidden.accept()
    assert told(tlsprobe.rows(), "host", "address", "status") == [
        ("all.example", "127.70.1.1", "excluded"),
        ("all.example", NO_DHE, "assessed"),
        ("no.example", "127.70.1.1", "excluded"),
        ("no.example", "127.70.1.2", "excluded"),
    ]
    assert "never.txt line 1: 127.70.1.0/24" in tlsprobe.rows()[0]["problem"]


def test_interrupted_then_resumed_at_the_addresses_that_are_missing(tlsprobe: Runner, port: int) -> None:
    tlsprobe.inventory(f"all.example,{port},", f"gone.example,{port},")
    with socket.create_server((DEAD, port)):  # takes a connection and says nothing
        tlsprobe.names = {"all.example": [DEAD, STRIPS, NO_DHE], "gone.example": []}
        arguments = ["scan", "inventory.csv", "--out", "run", "--all-ips", "--timeout", "60"]
        with subprocess.Popen(
            [*COMMAND, *arguments], cwd=tlsprobe.folder, env=tlsprobe.environment, stderr=subprocess.PIPE
        ) as process:
            journal = tlsprobe.folder / "run" / "scan.jsonl"
            while not journal.exists() or journal.read_bytes().count(b"\n") < 3:
                assert process.poll() is None
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
        assert process.returncode == 130
    assert ("all.example", DEAD, "not-scanned") in told(tlsprobe.rows(), "host", "address", "status")
    # Whatever the name has by now, the run goes on with the addresses that it had.
    tlsprobe.names = {"all.example": [KEEPS], "gone.example": []}
    tlsprobe("scan", "--resume", "run", code=1)
    lines = tlsprobe.journal()
    assert sorted(lines[:3], key=str) == [
        ("all.example", STRIPS, "assessed"),
        ("all.example", NO_DHE, "assessed"),
        ("gone.example", None, "unreachable"),
    ]
    assert lines[3:] == [("all.example", DEAD, "unreachable")]
    # Asked again are what could not be reached, and no others; the name is looked up now.
    tlsprobe.names = {"gone.example": [NO_DHE]}
    tlsprobe("scan", "--resume", "run", "--retry", "unreachable", code=1)
    assert sorted(tlsprobe.journal()[4:], key=str) == [
        ("all.example", DEAD, "unreachable"),
        ("gone.example", NO_DHE, "assessed"),
    ]
    assert told(tlsprobe.rows(), "host", "address", "status") == [
        ("all.example", STRIPS, "assessed"),
        ("all.example", DEAD, "unreachable"),
        ("all.example", NO_DHE, "assessed"),
        ("gone.example", NO_DHE, "assessed"),
    ]


def test_verify_goes_to_the_addresses_of_the_run_and_fix_tells_them_apart(
    tlsprobe: Runner, port: int
) -> None:
    tlsprobe.names = {"all.example": [KEEPS, STRIPS, NO_DHE]}
    tlsprobe.inventory(f"all.example,{port},")
    tlsprobe("scan", "inventory.csv", "--out", "run", "--all-ips", "--quiet", code=1)
    tlsprobe("fix", "run", code=0)
    pages = {each.name: each.read_text() for each in (tlsprobe.folder / "run/fix/servers").iterdir()}
    assert set(pages) == {f"all.example_{port}_{address}.md" for address in (KEEPS, STRIPS)}
    tlsprobe.names = {"all.example": [NO_DHE]}
    (tlsprobe.folder / "never.txt").write_text(f"{STRIPS}\n")
    said = tlsprobe("verify", "run", "--exclude", "never.txt", code=1)
    assert f"all.example:{port} ({KEEPS})  still there" in said
    assert STRIPS not in said
    assert NO_DHE not in said


def test_a_dry_run_says_that_the_number_is_not_known(tlsprobe: Runner, port: int) -> None:
    tlsprobe.names = {"all.example": [STRIPS, NO_DHE]}
    tlsprobe.inventory(f"all.example,{port},")
    said = tlsprobe("scan", "inventory.csv", "--all-ips", "--dry-run", code=0)
    assert "how many there are only the look-up tells" in said
    assert " in all" not in said
    assert " in all" in tlsprobe("scan", "inventory.csv", "--dry-run", code=0)
