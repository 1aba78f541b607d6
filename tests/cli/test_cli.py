"""The command line as a user runs it: a process, real servers, files and an exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from junitparser import JUnitXml

from tlsprobe.demo.credentials import Credentials, make_credentials
from tlsprobe.demo.servers import Options, Running, stack

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tlsprobe"]
CLEAN = {key: value for key, value in os.environ.items() if not key.startswith("TLSPROBE_")}


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return make_credentials(tmp_path_factory.mktemp("credentials"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, credentials: Credentials) -> Iterator[Running]:
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    with stack("python").start(
        "127.66.0.1", tmp_path_factory.mktemp("server"), credentials, options
    ) as running:
        yield running


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.66.0.2", 0))
        return int(probe.getsockname()[1])


def tlsprobe(*arguments: object, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=CLEAN | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def inventory(folder: Path, *rows: str) -> Path:
    path = folder / "inventory.csv"
    path.write_text("\n".join(["host,port,owner", *rows]) + "\n")
    return path


def test_a_server_with_dhe_fails_the_gate_and_is_reported(tmp_path: Path, server: Running) -> None:
    path = inventory(tmp_path, f"{server.address},{server.port},web team", "bad host,443,x")
    done = tlsprobe("scan", path, "--out", "run", "--samples", 3000, cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    run = tmp_path / "run"
    names = {each.name for each in run.iterdir()}
    reports = {"endpoints.csv", "findings.csv", "report.html", "report.sarif", "report.junit.xml"}
    assert reports | {"scan.jsonl", "run.json"} <= names
    schema = json.loads((ROOT / "docs" / "scan.schema.json").read_text("utf-8"))
    for line in (run / "scan.jsonl").read_text("utf-8").splitlines():
        jsonschema.Draft202012Validator(schema).validate(json.loads(line))
    with (run / "endpoints.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    scanned = next(row for row in rows if row["host"] == server.address)
    assert scanned["status"] == "assessed"
    assert scanned["premaster_zeros"] == "stripped"
    assert scanned["server_share"] == "padded"
    assert scanned["owner"] == "web team"
    assert any(row["status"] == "not-scanned" for row in rows)
    assert json.loads((run / "run.json").read_text())["bad_rows"][0]["line"] == 3
    assert "bad host" in (run / "report.html").read_text()


def test_the_mark_for_excel_comes_by_flag_and_by_variable(tmp_path: Path, server: Running) -> None:
    path = inventory(tmp_path, f"{server.address},{server.port},")
    tlsprobe("scan", path, "--out", "a", "--csv-bom", "--format", "csv", cwd=tmp_path)
    assert (tmp_path / "a" / "endpoints.csv").read_bytes().startswith(b"\xef\xbb\xbfhost,")
    tlsprobe("report", "a", "--format", "csv", cwd=tmp_path)
    assert (tmp_path / "a" / "endpoints.csv").read_bytes().startswith(b"host,")
    tlsprobe("report", "a", "--format", "csv", cwd=tmp_path, TLSPROBE_CSV_BOM="true")
    assert (tmp_path / "a" / "findings.csv").read_bytes().startswith(b"\xef\xbb\xbffingerprint,")


def test_junit_fails_on_what_the_exit_code_fails_on(tmp_path: Path, server: Running) -> None:
    path = inventory(tmp_path, f"{server.address},{server.port},")
    for out, fail_on in (("a", "high"), ("b", "critical")):
        done = tlsprobe("scan", path, "--out", out, "--fail-on", fail_on, cwd=tmp_path)
        report = JUnitXml.fromfile(str(tmp_path / out / "report.junit.xml"))
        assert (report.failures > 0) == (done.returncode == 1) == (out == "a")


def test_exit_codes_follow_fail_on_and_gaps(tmp_path: Path, server: Running, closed_port: int) -> None:
    open_row, closed_row = f"{server.address},{server.port},", f"127.66.0.2,{closed_port},"
    path = inventory(tmp_path, open_row)
    assert tlsprobe("scan", path, "--out", "a", "--fail-on", "critical", cwd=tmp_path).returncode == 0
    path = inventory(tmp_path, open_row, closed_row)
    assert tlsprobe("scan", path, "--out", "b", "--fail-on", "critical", cwd=tmp_path).returncode == 3
    done = tlsprobe("scan", path, "--out", "c", "--fail-on", "critical", "--allow-incomplete", cwd=tmp_path)
    assert done.returncode == 0
    assert tlsprobe("report", "c", "--fail-on", "high", cwd=tmp_path).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scan"], "inventory"),
        (["scan", "nowhere.csv"], "nowhere.csv"),
        (["scan", "empty.csv"], "empty"),
        (["scan", "headless.csv"], "host"),
        (["scan", "good.csv", "--exclude", "nowhere.txt"], "nowhere.txt"),
        (["scan", "good.csv", "--format", "pdf"], "pdf"),
        (["scan", "good.csv", "--columns", "host=FQDN"], "FQDN"),
        (["scan", "good.csv", "--retry", "unreachable"], "--resume"),
        (["scan", "good.csv", "--client-cert", "x.pem"], "--client-key"),
        (["scan", "--resume", "nowhere"], "nowhere"),
        (["scan", "good.csv", "--only", "only.txt", "--out", "x"], "nothing to scan"),
        (["report", "nowhere"], "nowhere"),
        (["probe", "two hosts"], "two hosts"),
        (["probe", "host.example", "--starttls", "gopher"], "gopher"),
    ],
)
def test_usage_errors_are_one_line_and_2(tmp_path: Path, arguments: list[str], says: str) -> None:
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "headless.csv").write_text("name;colour\nx;blue\n")
    (tmp_path / "only.txt").write_text("other.example\n")
    inventory(tmp_path, "host.example,443,").rename(tmp_path / "good.csv")
    done = tlsprobe(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_dry_run_connects_to_nothing_and_writes_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.66.0.3", 0)) as listener:
        listener.setblocking(False)
        path = inventory(tmp_path, f"127.66.0.3,{listener.getsockname()[1]},")
        done = tlsprobe("scan", path, "--dry-run", "--samples", 10, cwd=tmp_path)
        assert done.returncode == 0
        assert "1 server, 0 excluded" in done.stdout
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert not (tmp_path / "reports").exists()


def test_a_client_that_nobody_knows_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "inventory.csv").write_text("host,clients\na.example,The tills\nb.example,Windows 7\n")
    done = tlsprobe("scan", "inventory.csv", "--dry-run", cwd=tmp_path)
    assert "line 2: the client" in done.stderr
    assert "The tills" in done.stderr
    assert "Windows 7" not in done.stderr


def test_stdout_is_one_table(tmp_path: Path, server: Running) -> None:
    done = tlsprobe("probe", f"{server.address}:{server.port}", "--stdout", "csv", cwd=tmp_path)
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert row["dhe_suites"].startswith("TLS_DHE_RSA_")
    done = tlsprobe("probe", f"{server.address}:{server.port}", "--stdout", "jsonl", cwd=tmp_path)
    assert json.loads(done.stdout)["zeros"]["premaster_zeros"] == "stripped"


def test_without_reports_there_are_facts_and_an_exit_code(tmp_path: Path, server: Running) -> None:
    path = inventory(tmp_path, f"{server.address},{server.port},")
    done = tlsprobe("scan", path, "--out", "run", "--format", "none", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    written = {each.name for each in (tmp_path / "run").iterdir()}
    assert {"scan.jsonl", "run.json", "inventory.csv"} <= written
    assert not {"report.html", "endpoints.csv", "report.sarif"} & written


def test_ctrl_c_twice_ends_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.66.0.5", 0)) as silent:
        path = inventory(tmp_path, f"127.66.0.5,{silent.getsockname()[1]},")
        arguments = ["scan", path, "--out", "run", "--timeout", "60"]
        with subprocess.Popen(
            [*COMMAND, *map(str, arguments)], cwd=tmp_path, env=CLEAN, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            with silent.accept()[0]:  # it is in flight
                process.send_signal(signal.SIGINT)
                while "Ctrl-C" not in process.stderr.readline():
                    assert process.poll() is None
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=30)
        assert process.returncode == 130
    assert not (tmp_path / "run" / "report.html").exists()
    assert (tmp_path / "run" / "scan.jsonl").read_bytes() == b""
    assert tlsprobe("report", "run", "--fail-on", "none", cwd=tmp_path).returncode == 2  # nothing was scanned


def test_facts_on_stdout_are_the_journal_whole_the_worst_first(
    tmp_path: Path, server: Running, closed_port: int
) -> None:
    rows = inventory(tmp_path, f"127.0.0.1,{closed_port},", f"{server.address},{server.port},")
    done = tlsprobe("scan", rows, "--out", tmp_path / "run", "--stdout", "jsonl", cwd=tmp_path)
    written = (tmp_path / "run" / "scan.jsonl").read_text().splitlines()
    assert sorted(done.stdout.splitlines()) == sorted(written)
    assert [json.loads(line)["status"] for line in done.stdout.splitlines()] == ["assessed", "unreachable"]


def test_interrupted_then_resumed(tmp_path: Path, server: Running) -> None:
    with socket.create_server(("127.66.0.4", 0)) as silent:
        path = inventory(
            tmp_path, f"{server.address},{server.port},", f"127.66.0.4,{silent.getsockname()[1]},"
        )
        arguments = ["scan", path, "--out", "run", "--timeout", "60", "--rate", "1000"]
        with subprocess.Popen(
            [*COMMAND, *map(str, arguments)], cwd=tmp_path, env=CLEAN, stderr=subprocess.PIPE, text=True
        ) as process:
            journal = tmp_path / "run" / "scan.jsonl"
            while not (journal.exists() and journal.stat().st_size):  # the healthy server is done
                assert process.poll() is None
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
        assert process.returncode == 130, said
        assert "--resume" in said
    assert len(journal.read_text().splitlines()) == 1
    assert (tmp_path / "run" / "endpoints.csv").exists()
    done = tlsprobe("report", "run", "--fail-on", "none", cwd=tmp_path)
    assert done.returncode == 3  # one was never scanned, and the report says so
    assert ",not-scanned,interrupted," in (tmp_path / "run" / "endpoints.csv").read_text()
    # The silent server is gone now: resuming finds a closed port and does not ask the first again.
    done = tlsprobe("scan", "--resume", "run", "--samples", "7", cwd=tmp_path)
    assert done.returncode == 2
    assert "--samples" in done.stderr
    done = tlsprobe("scan", "--resume", "run", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [line["status"] for line in lines] == ["assessed", "unreachable"]
    done = tlsprobe("scan", "--resume", "run", "--retry", "unreachable", cwd=tmp_path)
    assert len(journal.read_text().splitlines()) == 3


def test_the_same_folder_is_not_overwritten(tmp_path: Path, server: Running) -> None:
    path = inventory(tmp_path, f"{server.address},{server.port},")
    assert tlsprobe("scan", path, "--out", "run", "--quiet", cwd=tmp_path).returncode == 1
    done = tlsprobe("scan", path, "--out", "run", "--quiet", cwd=tmp_path)
    assert done.returncode == 2
    assert "--resume" in done.stderr


def test_help_loads_nothing_slow() -> None:
    code = "import sys, tlsprobe.cli; print([m for m in sys.argv[1:] if m in sys.modules])"
    slow = ["pandas", "pydantic", "sslyze", "jinja2", "cryptography", "gmpy2", "numpy"]
    done = subprocess.run([sys.executable, "-c", code, *slow], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", ["scan", "probe", "report", "demo", "rules"])
def test_each_command_has_help(tmp_path: Path, command: str) -> None:
    done = tlsprobe(command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "Usage" in done.stdout


def test_rules_lists_every_rule(tmp_path: Path) -> None:
    done = tlsprobe("rules", cwd=tmp_path)
    assert done.returncode == 0
    assert all(f"DHE{number:03}" in done.stdout for number in range(1, 11))


def test_the_readmes_example_is_understood(tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / "inventory.example.csv"
    done = tlsprobe("scan", example, "--dry-run", cwd=tmp_path)
    assert done.returncode == 0
    assert " 0 bad rows" in done.stdout


def test_a_reader_that_leaves_does_not_change_the_exit_code(tmp_path: Path, closed_port: int) -> None:
    command = [*COMMAND, "probe", f"127.66.0.2:{closed_port}", "--stdout", "jsonl"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=CLEAN, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 3, said
    assert b"Traceback" not in said


def test_a_run_is_split_for_handing_out(tmp_path: Path, server: Running, closed_port: int) -> None:
    rows = inventory(tmp_path, f"{server.address},{server.port},../Web Team", f"127.0.0.1,{closed_port},dba")
    out = tmp_path / "run"
    assert tlsprobe("scan", rows, "--out", out, cwd=tmp_path).returncode == 1
    done = tlsprobe("report", out, "--split-by", "Owner", "--format", "html,csv,jsonl", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    web, dba = out / "by-owner" / "web-team", out / "by-owner" / "dba"
    assert sorted(path.name for path in (out / "by-owner").iterdir()) == ["dba", "web-team"]
    lines = (web / "endpoints.csv").read_text().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"{server.address},{server.port}")
    assert server.address in (web / "fix" / "README.md").read_text()
    assert str(closed_port) not in (web / "report.html").read_text()
    assert "unreachable" in (dba / "endpoints.csv").read_text()
    assert (dba / "findings.jsonl").read_text() == ""

    (out / "by-owner" / "gone").mkdir()
    again = tlsprobe("report", out, "--split-by", "owner", cwd=tmp_path)
    assert "left alone: gone" in again.stderr

    lines = (out / "scan.jsonl").read_text().splitlines(keepends=True)
    (out / "scan.jsonl").write_text("".join(line for line in lines if str(closed_port) in line))
    cut = tlsprobe("report", out, cwd=tmp_path)
    assert cut.returncode == 3
    table = csv.DictReader(io.StringIO((out / "endpoints.csv").read_text()))
    assert {row["status_reason"] for row in table} == {"refused", "line-lost"}
    assert '"executionSuccessful": false' in (out / "report.sarif").read_text()

    wrong = tlsprobe("report", out, "--split-by", "team", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "the inventory has owner" in wrong.stderr
