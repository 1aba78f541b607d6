"""fix, verify and clients as a user runs them: a process, real servers, files and an exit code."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.cli.test_cli import inventory, tlsprobe
from tests.unit.landing_cases import landing, server
from tlsprobe.demo.credentials import Credentials, make_credentials
from tlsprobe.demo.libraries import openssl_command, python_command
from tlsprobe.demo.stack import Options, Running, Site, free_port, needs, running
from tlsprobe.journal import Journal, RunInfo, write_run_info

DHE, ECDHE_GCM, ECDHE_CBC = "DHE+AES", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-SHA384"
NOT_OF_WINDOWS_7 = f"{ECDHE_GCM}:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305"
# What a Windows sends that knows DHE alone, as `openssl s_server -msg` or tshark print a hello's body.
HELLO = """
03 03 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f
00 00 04 00 9e 00 9f 01 00 00 0c 00 0d 00 08 00 06 04 01 05 01 02 01
"""
OWN = f'''
[[client]]
id = "till"
name = "The tills"
aliases = ["POS"]
windows = true
leading_zero_fix = "no"
source = "recorded on till 7"

[[client.offer]]
name = "the payment service"

[[client.offer.hello]]
hex = """{HELLO}"""
'''


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return make_credentials(tmp_path_factory.mktemp("credentials"))


class Place:
    """An address and a port where a server can be stopped, and started again as another."""

    def __init__(self, address: str, folder: Path, credentials: Credentials) -> None:
        self.address, self.port = address, free_port(address)
        self._folder, self._credentials = folder, credentials

    @property
    def row(self) -> str:
        return f"{self.address},{self.port},"

    @contextmanager
    def server(self, ciphers: str | None = None, *, openssl: bool = False) -> Iterator[Running]:
        dh_file = self._credentials.dh_files["rfc3526-2048"]
        folder = self._folder / "server"
        folder.mkdir(exist_ok=True)
        options = Options(dh_file=dh_file, ciphers=ciphers and f"{ciphers}:@SECLEVEL=0")
        site = Site(self.address, self.port, folder, self._credentials, options)
        with running((openssl_command if openssl else python_command)(site), site) as server:
            yield server


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def flat(text: str) -> str:
    """Without the line breaks of the terminal."""
    return " ".join(text.split())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def verifications(run: Path) -> list[Path]:
    return sorted(path for path in run.iterdir() if path.name.startswith("verify-"))


# --- fix


def test_fix_writes_the_folder_and_changes_nothing_else(tmp_path: Path, credentials: Credentials) -> None:
    place = Place("127.66.1.1", tmp_path, credentials)
    path = tmp_path / "inventory.csv"
    path.write_text(f"host,port,software\n{place.address},{place.port},nginx/1.22\n")
    with place.server():
        assert tlsprobe("scan", path, "--out", "a run", "--quiet", cwd=tmp_path).returncode == 1
    before = contents(tmp_path / "a run")
    done = tlsprobe("fix", "a run", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    after = contents(tmp_path / "a run")
    written = {name for name in after if name.startswith("fix/")}
    assert {name: after[name] for name in before} == before
    assert written == set(after) - set(before)
    file = f"fix/servers/{place.address}_{place.port}.md"
    assert {name for name in written if name.startswith("fix/servers")} == {file}
    assert b"## The edit for nginx" in after[file]
    assert "fix/windows/windows-8.1/disable-dhe.ps1" in written
    assert f"a run/fix/README.md and {len(written) - 1} more files" in flat(done.stderr)
    # What is to be typed is typed as it stands there.
    assert b"tlsprobe verify 'a run' probes" in after["fix/README.md"]
    assert stat.S_IMODE((tmp_path / "a run" / file).stat().st_mode) & 0o447 == 0o440  # its group reads it


def test_fix_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    journalled(tmp_path / "run", *(f"h{n}.example" for n in range(20)))
    for out in ("a", "b", "a"):
        assert tlsprobe("fix", "run", "--out", out, "--quiet", cwd=tmp_path).returncode == 0
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert len(contents(tmp_path / "a")) > 20


HOSTILE = ("../../etc/x", "a/b", "a_b", "x" * 250, "ä.example", "a\0b", "CON", "con.x", "...", "/etc/passwd")


def journalled(folder: Path, *hosts: str) -> None:
    """A run whose journal has these hosts, whoever wrote it."""
    folder.mkdir(parents=True)
    scan = server(landing("windows-7"))
    with Journal(folder) as journal:
        for host in hosts:
            journal.append(replace(scan, target=replace(scan.target, host=host)))
    now = datetime(2026, 1, 2, tzinfo=UTC)
    write_run_info(folder, RunInfo("run", "0", now, now, "", "", "", "", ""))


def test_no_host_makes_fix_write_elsewhere(tmp_path: Path) -> None:
    journalled(tmp_path / "in" / "run", *HOSTILE)
    before = set(contents(tmp_path))
    done = tlsprobe("fix", "run", "--out", "../out/x", cwd=tmp_path / "in")
    assert done.returncode == 0, done.stderr
    new = set(contents(tmp_path)) - before
    assert {name for name in new if not name.startswith("out/x/")} == set()
    assert len([name for name in new if name.startswith("out/x/servers/")]) == len(HOSTILE)


def test_fix_of_a_run_without_findings_is_a_readme(tmp_path: Path, credentials: Credentials) -> None:
    place = Place("127.66.1.2", tmp_path, credentials)
    with place.server(ECDHE_CBC):
        assert tlsprobe("scan", inventory(tmp_path, place.row), "--out", "run", cwd=tmp_path).returncode == 0
    assert tlsprobe("fix", "run", cwd=tmp_path).returncode == 0
    assert set(contents(tmp_path / "run" / "fix")) == {"README.md"}
    done = tlsprobe("verify", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "there is nothing to verify" in flat(done.stdout)
    assert verifications(tmp_path / "run") == []


def test_suites_are_added_where_old_windows_has_nothing_but_dhe(
    tmp_path: Path, credentials: Credentials
) -> None:
    """The server has DHE and, beside it, nothing that Windows 7 has."""
    place = Place("127.66.1.3", tmp_path, credentials)
    path = tmp_path / "inventory.csv"
    path.write_text(f"host,port,software\n{place.address},{place.port},nginx\n")
    with place.server(f"DHE+AESGCM:{NOT_OF_WINDOWS_7}"):
        assert tlsprobe("scan", path, "--out", "run", "--quiet", cwd=tmp_path).returncode == 1
    assert tlsprobe("fix", "run", cwd=tmp_path).returncode == 0
    (file,) = (tmp_path / "run" / "fix" / "servers").iterdir()
    tokens = MarkdownIt("commonmark").parse(file.read_text())
    said = " ".join(
        "".join(c.content for c in each.children or []) for each in tokens if each.type == "inline"
    )
    assert "Don't just switch DHE off: clients that connect today no longer would." in said
    assert "Windows 8.1, Windows Server 2012 R2" in said
    assert "The edit below enables these suites as well" in said
    commands = [each.content for each in tokens if each.type == "fence"]
    assert f":{ECDHE_CBC}:" in commands[1]


def test_a_folder_that_can_not_be_written_is_one_line(tmp_path: Path) -> None:
    journalled(tmp_path / "run", "a.example")
    (tmp_path / "taken").write_text("")
    done = tlsprobe("fix", "run", "--out", "taken", cwd=tmp_path)
    assert done.returncode == 2
    assert "taken" in done.stderr
    assert "--out" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_an_earlier_time_left_is_named_and_kept(tmp_path: Path) -> None:
    journalled(tmp_path / "run", "a.example")
    assert "earlier time" not in tlsprobe("fix", "run", cwd=tmp_path).stderr
    (tmp_path / "run" / "fix" / "servers").mkdir(exist_ok=True)
    old = tmp_path / "run" / "fix" / "servers" / "gone.example_443.md"
    old.write_text("kept")
    assert "1 file of an earlier time" in tlsprobe("fix", "run", cwd=tmp_path).stderr
    assert old.read_text() == "kept"


def test_verify_can_be_narrowed_down(tmp_path: Path, credentials: Credentials) -> None:
    one, two = (Place(f"127.66.1.{n}", tmp_path / str(n), credentials) for n in (15, 16))
    for n in (15, 16):
        (tmp_path / str(n)).mkdir()
    (tmp_path / "only.txt").write_text(f"{one.address}\n")
    with one.server(DHE), two.server(DHE):
        path = inventory(tmp_path, one.row, two.row)
        assert tlsprobe("scan", path, "--out", "run", "--quiet", cwd=tmp_path).returncode == 1
        done = tlsprobe("verify", "run", "--only", "only.txt", cwd=tmp_path)
    assert done.returncode == 1
    assert one.address in done.stdout
    assert two.address not in done.stdout


# --- verify


def test_a_fix_is_verified_and_so_is_what_it_breaks(tmp_path: Path, credentials: Credentials) -> None:
    place = Place("127.66.1.4", tmp_path, credentials)
    run = tmp_path / "run"
    with place.server(openssl=needs("openssl", debian="openssl")() is None):
        assert tlsprobe("scan", inventory(tmp_path, place.row), "--out", "run", cwd=tmp_path).returncode == 1
        unchanged = tlsprobe("verify", "run", cwd=tmp_path)
    with place.server(f"ALL:!DHE:!ADH:!aNULL:{ECDHE_CBC}"):
        fixed = tlsprobe("verify", run, cwd=tmp_path.parent)
    with place.server(NOT_OF_WINDOWS_7):
        broken = tlsprobe("verify", "run", cwd=tmp_path)
    gone = tlsprobe("verify", "run", cwd=tmp_path)
    forgiven = tlsprobe("verify", "run", "--allow-incomplete", "--quiet", cwd=tmp_path)
    here = f"{place.address}:{place.port}"

    assert unchanged.returncode == 1, unchanged.stderr
    assert f"{here} still there DHE004 still there" in flat(unchanged.stdout)
    assert "1 still there" in unchanged.stdout

    assert fixed.returncode == 0, fixed.stderr
    said = flat(fixed.stdout)
    assert f"{here} fixed DHE004 fixed" in said
    assert "then: DHE suites: TLS_DHE_RSA_WITH_AES_256_GCM_SHA384" in said
    assert "now: no DHE suite" in said
    assert "offers of clients that connected then still do." in said
    assert said.endswith(f"1 fixed Written: {verifications(run)[1]}")

    assert broken.returncode == 1, broken.stderr
    said = flat(broken.stdout)
    assert f"{here} clients locked out DHE004 fixed" in said
    lost = said.partition("Connected then and not any more: ")[2]
    for client in ("Windows 7, Windows Server 2008 R2", "Windows 8.1, Windows Server 2012 R2"):
        assert client in lost
    assert "Windows 11" not in lost
    assert "Chrome" not in lost

    assert gone.returncode == 3, gone.stderr
    said = flat(gone.stdout)
    assert f"{here} couldn't tell DHE004 couldn't tell" in said
    assert "now: Unreachable: The connection was refused" in said
    assert "1 couldn't tell Written" in said
    assert (forgiven.returncode, forgiven.stdout) == (0, "")

    # The new facts are runs of their own, and the old ones as they were.
    assert len(verifications(run)) == 5
    for folder in verifications(run):
        assert {each.name for each in folder.iterdir()} == {"run.json", "scan.jsonl", "inventory.csv"}
        info = json.loads((folder / "run.json").read_text())
        assert info["run_id"] == folder.name
        assert info["started"] < info["finished"]
        assert tlsprobe("report", folder, "--quiet", "--fail-on", "none", cwd=tmp_path).returncode in (0, 3)
    assert [line["status"] for line in journal(run)] == ["assessed"]
    assert [line["status"] for folder in verifications(run) for line in journal(folder)] == [
        *(["assessed"] * 3),
        *(["unreachable"] * 2),
    ]


def journal(run: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (run / "scan.jsonl").read_text().splitlines()]


def test_only_servers_with_findings_are_asked_again(tmp_path: Path, credentials: Credentials) -> None:
    bad, good = (Place(f"127.66.1.{n}", tmp_path / str(n), credentials) for n in (5, 6))
    for n in (5, 6):
        (tmp_path / str(n)).mkdir()
    with bad.server(DHE), good.server(ECDHE_CBC):
        path = inventory(tmp_path, bad.row, good.row)
        assert tlsprobe("scan", path, "--out", "run", "--quiet", cwd=tmp_path).returncode == 1
        assert tlsprobe("verify", "run", "--quiet", cwd=tmp_path).returncode == 1
    (folder,) = verifications(tmp_path / "run")
    assert len(journal(tmp_path / "run")) == 2
    (line,) = journal(folder)
    assert f'"host":"{bad.address}"' in (folder / "scan.jsonl").read_text()
    assert line["status"] == "assessed"


def test_a_run_that_lost_its_inventory_is_one_line(tmp_path: Path) -> None:
    journalled(tmp_path / "run", "127.66.1.7")
    done = tlsprobe("verify", "run", cwd=tmp_path)
    assert done.returncode == 2
    assert "inventory.csv" in done.stderr
    assert "Traceback" not in done.stderr
    assert verifications(tmp_path / "run") == []


# --- clients


def test_clients_lists_each_and_shows_one_in_full(tmp_path: Path) -> None:
    every = tlsprobe("clients", cwd=tmp_path)
    assert every.returncode == 0
    for name in ("windows-7", "windows-8.1", "windows-11-22h2", "java-7", "chrome"):
        assert any(line.startswith(f"{name} ") for line in every.stdout.splitlines()), name
    by_id = tlsprobe("clients", "windows-8.1", cwd=tmp_path)
    by_name = tlsprobe("clients", "Windows Server 2012 R2", cwd=tmp_path)
    assert by_id.returncode == by_name.returncode == 0
    assert by_id.stdout == by_name.stdout
    said = flat(by_id.stdout)
    assert said.startswith("windows-8.1 Windows 8.1, Windows Server 2012 R2 Leading zeros: not fixed.")
    assert "Takes groups of 1024\u20134096 bits." in said
    assert "documented" in said
    assert "ie11 Internet Explorer 11" in said
    assert "009f TLS_DHE_RSA_WITH_AES_256_GCM_SHA384" in said
    assert "Source: " in said


def test_a_name_of_several_shows_each(tmp_path: Path) -> None:
    done = tlsprobe("clients", "Windows 10", cwd=tmp_path)
    assert done.returncode == 0
    for version in ("1507", "1511", "1607", "1703", "1803"):
        assert f"windows-10-{version}  " in done.stdout


def test_a_client_of_ones_own_is_listed_and_shown(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN)
    done = tlsprobe("clients", "POS", "--clients", "own.toml", cwd=tmp_path)
    assert done.returncode == 0
    assert "the payment service" in done.stdout
    assert done.stdout.index("009e TLS_DHE") < done.stdout.index("009f TLS_DHE")
    assert "\ntill " in tlsprobe("clients", "--clients", "own.toml", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["clients", "nobody"], "nobody"),
        (["clients", "--clients", "broken.toml"], "broken.toml: client till"),
        (["clients", "--clients", "nowhere.toml"], "nowhere.toml"),
        (["scan", "inventory.csv", "--clients", "broken.toml", "--out", "run"], "broken.toml: client till"),
        (["scan", "inventory.csv", "--clients", "torn.toml", "--out", "run"], "torn.toml"),
        (["probe", "127.66.1.8", "--clients", "broken.toml"], "broken.toml: client till"),
        (["fix", "nowhere"], "nowhere"),
        (["verify", "nowhere"], "nowhere"),
    ],
)
def test_usage_errors_are_one_line_and_2(tmp_path: Path, arguments: list[str], says: str) -> None:
    inventory(tmp_path, "127.66.1.8,443,")
    (tmp_path / "broken.toml").write_text(OWN.replace("03 03 00", "03 03 zz"))
    (tmp_path / "torn.toml").write_text(OWN[: len(OWN) // 2])
    done = tlsprobe(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_a_scan_replays_clients_of_ones_own_and_a_resumed_one_does(
    tmp_path: Path, credentials: Credentials
) -> None:
    there, later = (Place(f"127.66.1.{n}", tmp_path / str(n), credentials) for n in (9, 10))
    for n in (9, 10):
        (tmp_path / str(n)).mkdir()
    (tmp_path / "own.toml").write_text(OWN)
    path = inventory(tmp_path, there.row, later.row)
    with there.server():
        done = tlsprobe("scan", path, "--clients", "own.toml", "--out", "run", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    first = {row["host"]: row for row in read(tmp_path / "run" / "endpoints.csv")}
    assert "till" in first[there.address]["clients_on_dhe"].split()
    assert "till" in first[there.address]["clients_locked_out"].split()
    assert first[later.address]["status"] == "unreachable"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with later.server():
        arguments = ["scan", "--resume", tmp_path / "run", "--retry", "unreachable"]
        done = tlsprobe(*arguments, cwd=elsewhere)
    assert done.returncode == 1, done.stderr
    second = {row["host"]: row for row in read(tmp_path / "run" / "endpoints.csv")}
    assert "till" in second[later.address]["clients_on_dhe"].split()
    # Another file than the run began with is refused, and so is one where it had none.
    (elsewhere / "own.toml").write_text(OWN)
    done = tlsprobe("scan", "--resume", tmp_path / "run", "--clients", "own.toml", cwd=elsewhere)
    assert done.returncode == 2
    assert "--clients" in done.stderr


@pytest.mark.parametrize("command", ["fix", "verify", "clients"])
def test_each_command_has_help(tmp_path: Path, command: str) -> None:
    done = tlsprobe(command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "Usage" in done.stdout
