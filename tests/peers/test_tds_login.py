"""What SQL Server and its Windows say to a login by Windows that stops half-way. A real one was never tried.

The server is tds_server.py: python-tds's packets, Python's TLS, pyspnego's NTLM. That it is one is judged by
drivers that talk to real ones: each logs in there. What we send is read by Wireshark, and by that server.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.peers.test_tds import driver_environment, missing_driver, needs_what_is_missing, noted, tds_server
from tests.peers.verdict import CONFIG
from tests.unit.prelude_scripts import TDS_LOGIN, tds_packet
from tlsprobe.banners.sql_server import LOGIN7
from tlsprobe.demo.credentials import Credentials
from tlsprobe.demo.servers import Running
from tlsprobe.demo.stack import needs
from tlsprobe.engines.local import run
from tlsprobe.facts import Banner, ServerScan, Status
from tlsprobe.inventory import StartTls, Target
from tlsprobe.probes.software import Question

USER, PASSWORD = "EXAMPLE\\nobody", "nothing"


@dataclass(frozen=True)
class Driver:
    """A client of another maker, as it logs in by Windows."""

    id: str
    missing: Callable[[], str | None]
    command: Callable[[Running, Path], Sequence[str | Path]]


def by_freetds(server: Running, _: Path) -> Sequence[str | Path]:
    return ["tsql", "-H", server.address, "-p", str(server.port), "-U", USER, "-P", PASSWORD]


def by_python_tds(server: Running, ca_file: Path) -> Sequence[str | Path]:
    module = [sys.executable, "-m", "tests.peers.tds_driver"]
    return [*module, server.address, str(server.port), ca_file, USER, PASSWORD]


FREETDS = Driver("freetds", needs("tsql", debian="freetds-bin"), by_freetds)
PYTHON_TDS = Driver("python-tds", missing_driver, by_python_tds)


def logged_in(driver: Driver, server: Running, credentials: Credentials, workdir: Path) -> str:
    """Let a driver log in, and return what it says; it is put out at once."""
    config = workdir / "freetds.conf"
    config.write_text("[global]\ntds version = 7.4\nencryption = require\n")
    done = subprocess.run(
        driver.command(server, credentials.rsa.certificate),
        env={**os.environ, **driver_environment(), "FREETDSCONF": str(config)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout


def scanned(server: Running, *questions: Question) -> ServerScan:
    target = Target(1, server.address, server.port, server_name="localhost", starttls=StartTls.MSSQL)
    (scan,) = run([target], replace(CONFIG, questions=questions))
    assert scan.status is Status.ASSESSED, (scan.status_reason, scan.detail)
    return scan


@pytest.mark.parametrize(
    ("driver", "mode"),
    # FreeTDS 1.3 has TLS 1.3 and does not get through it in packets.
    [(FREETDS, "4096"), (FREETDS, "512"), (PYTHON_TDS, "4096"), (PYTHON_TDS, "tls13")],
    ids=lambda value: getattr(value, "id", value),
)
def test_the_server_is_one_to_those_who_know_real_ones(
    driver: Driver, mode: str, credentials: Credentials, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    needs_what_is_missing(request, f"tds-login-{driver.id}", driver.missing() or missing_driver())
    with tds_server(mode).start("127.77.4.4", tmp_path, credentials) as server:
        said = logged_in(driver, server, credentials, tmp_path)
    assert noted(tmp_path, "in") == [USER], (said, (tmp_path / "output.log").read_text())


@pytest.mark.parametrize("mode", ["4096", "512", "9", "tls13", "tls13-bare", "strict"])
def test_version_and_challenge_are_read_and_the_challenge_is_not_answered(
    mode: str, credentials: Credentials, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    needs_what_is_missing(request, f"tds-login-{mode}", missing_driver())
    with tds_server(mode).start("127.77.4.5", tmp_path, credentials) as server:
        silent, scan = scanned(server), scanned(server, *Question)
    sql_server, windows = scan.banners
    assert sql_server == Banner("tds-prelogin", "SQL Server 2012", "11.0.3000")
    assert (windows.source, windows.build) == ("ntlm", version("pyspnego"))  # it says so in Windows's place
    assert silent.banners == ()
    assert scan.connections == silent.connections + 2
    assert len(noted(tmp_path, "login")) == 1
    assert ("TLSv1.3" in noted(tmp_path, "tls")) == mode.startswith("tls13")
    assert noted(tmp_path, "in") == []
    assert set(noted(tmp_path, "alpn")) == ({"tds/8.0"} if mode == "strict" else set())


@pytest.mark.parametrize("mode", ["4096", "strict"])
def test_each_question_is_switched_off_by_itself(
    mode: str, credentials: Credentials, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    needs_what_is_missing(request, f"tds-questions-{mode}", missing_driver())
    with tds_server(mode).start("127.77.4.6", tmp_path, credentials) as server:
        version_only = scanned(server, Question.GREETING, Question.HTTP, Question.LDAP)
        assert noted(tmp_path, "login") == []
        challenge_only = scanned(server, Question.NTLM)
    assert [each.source for each in version_only.banners] == ["tds-prelogin"]
    assert [each.source for each in challenge_only.banners] == ["ntlm"]


def test_an_answer_that_is_no_tds_costs_the_challenge_and_nothing_else(
    credentials: Credentials, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    needs_what_is_missing(request, "tds-garbled", missing_driver())
    with tds_server("garbled").start("127.77.4.8", tmp_path, credentials) as server:
        assert [each.source for each in scanned(server, *Question).banners] == ["tds-prelogin"]


FIELDS = (
    "tds.type",
    "tds.7login.option_flags2",
    "tds.7login.clientname",
    "tds.7login.username",
    "tds.7login.password",
    "tds.7login.appname",
    "tds.7login.servername",
    "tds.7login.libraryname",
    "tds.7login.databasename",
    "ntlmssp.messagetype",
    "ntlmssp.negotiate.domain",
    "ntlmssp.negotiate.callingworkstation",
    "_ws.malformed",
    "_ws.expert.message",
)


def dissected(packet: bytes, workdir: Path) -> dict[str, str]:
    """What Wireshark sees in a packet to port 1433: each of FIELDS that is there."""
    capture = workdir / "packet.pcap"
    dump = "0000 " + packet.hex(" ") + "\n"
    # Reading a dump and reading a packet need no rights; as root both grumble.
    subprocess.run(
        ["text2pcap", "-q", "-T", "50000,1433", "-", capture], input=dump, text=True, check=True, timeout=60
    )
    columns = [part for field in FIELDS for part in ("-e", field)]
    line = subprocess.run(
        ["tshark", "-r", capture, "-d", "tcp.port==1433,tds", "-T", "fields", "-E", "separator=|", *columns],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    ).stdout.rstrip("\n")
    return {field: value for field, value in zip(FIELDS, line.split("|"), strict=True) if value}


def test_wireshark_reads_in_our_login_no_user_no_password_and_no_machine(
    credentials: Credentials, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """And in that of FreeTDS, which is let in, the same kind of login with names in it."""
    missing = needs("tshark", debian="tshark")() or FREETDS.missing() or missing_driver()
    needs_what_is_missing(request, "tds-login-tshark", missing)
    with tds_server("4096").start("127.77.4.7", tmp_path, credentials) as server:
        logged_in(FREETDS, server, credentials, tmp_path)
        scanned(server, Question.NTLM)
    theirs, ours = (
        dissected(tds_packet(bytes.fromhex(each), kind=LOGIN7), tmp_path) for each in noted(tmp_path, "login")
    )
    assert ours == {
        "tds.type": "16",
        "tds.7login.option_flags2": "0x83",
        "tds.7login.appname": "tlsprobe",
        "tds.7login.libraryname": "tlsprobe",
        "ntlmssp.messagetype": "0x00000001",
        "ntlmssp.negotiate.domain": "NULL",
        "ntlmssp.negotiate.callingworkstation": "NULL",
    }
    same = ("tds.type", "ntlmssp.messagetype", "tds.7login.option_flags2")
    assert {field: theirs[field] for field in same} == {field: ours[field] for field in same}
    assert theirs["ntlmssp.negotiate.domain"] == "EXAMPLE"
    assert dissected(TDS_LOGIN, tmp_path)["tds.7login.username"] == "sa"
