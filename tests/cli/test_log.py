"""What commands say on standard error, as a process of its own says it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_cli import CLEAN, COMMAND, tlsprobe
from tests.hostile.servers import answers, flight, serving
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, stack

HOSTILE = "<b>\x1b[2J\n2026-01-01 all is well\r\x9b1m"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    credentials = make_credentials(folder)
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    with stack("python").start("127.70.0.1", folder / "server", credentials, options) as running:
        yield f"{running.address}:{running.port}"


def entries(written: str) -> list[dict[str, Any]]:
    """Each line of standard error has to be an object with the six members that are documented."""
    found = [json.loads(line) for line in written.splitlines()]
    assert all(
        set(each) - {"exception"} == {"time", "level", "logger", "event", "message", "fields"}
        for each in found
    )
    return found


def by_event(written: str) -> dict[str, dict[str, Any]]:
    return {each["event"]: each["fields"] for each in entries(written)}


def test_a_scan_that_is_logged_for_programs(tmp_path: Path, server: str) -> None:
    inventory = tmp_path / "inventory.csv"
    inventory.write_text(f"host,owner,clients\n{server},x,abacus\nbad host,y,\n")
    done = tlsprobe("scan", inventory, "--out", "run", "--log-json", "-v", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    said = by_event(done.stderr)
    assert list(said) == ["inventory-notice", "server-done", "progress", "run-done"]
    assert said["server-done"]["status"] == "assessed"
    assert said["server-done"]["severity"] == "high"
    assert (said["progress"]["done"], said["progress"]["total"], said["progress"]["left_s"]) == (1, 1, None)
    assert said["run-done"]["exit_code"] == 1
    assert said["run-done"]["bad_rows"] == 1
    assert all((tmp_path / path).exists() for path in said["run-done"]["reports"])

    again = tlsprobe("verify", "run", "--lang", "ja", cwd=tmp_path, TLSPROBE_LOG_JSON="1")
    assert again.returncode == 1
    assert by_event(again.stderr)["run-done"]["outcomes"] == {"still-there": 1}
    quiet = tlsprobe("verify", "run", "--log-json", "-q", cwd=tmp_path)
    assert quiet.stderr == ""


def test_a_probe_says_its_own_on_standard_output_only(tmp_path: Path, server: str) -> None:
    done = tlsprobe("probe", server, "--log-json", "-v", cwd=tmp_path)
    assert list(by_event(done.stderr)) == ["server-done"]
    assert server in done.stdout
    assert tlsprobe("probe", server, "--log-json", cwd=tmp_path).stderr == ""


def test_what_went_wrong_is_logged_too(tmp_path: Path) -> None:
    for arguments, event in (
        (["scan", "nowhere.csv"], "usage-error"),
        (["scan", "--resume", "nowhere"], "usage-error"),
        (["verify", "nowhere"], "usage-error"),
        (["probe", "a.example", "--starttls", "x\x1b[31m"], "usage-error"),
    ):
        done = tlsprobe(*arguments, "--log-json", cwd=tmp_path)
        (entry,) = entries(done.stderr)
        assert (done.returncode, entry["event"], entry["level"]) == (2, event, "error")


def test_progress_without_a_terminal_is_a_line_at_the_end_and_quiet_silences_it(
    tmp_path: Path, server: str
) -> None:
    inventory = tmp_path / "inventory.csv"
    inventory.write_text(f"host\n{server}\n")
    said = tlsprobe("scan", inventory, "--out", "a", "--lang", "ja", cwd=tmp_path).stderr
    assert said.startswith("1 台中 1 台、")
    assert tlsprobe("scan", inventory, "--out", "b", "-q", cwd=tmp_path).stderr == ""


@pytest.mark.parametrize("as_json", [False, True])
def test_nothing_that_a_server_or_a_row_says_acts_on_a_terminal_or_makes_a_line(
    tmp_path: Path, as_json: bool
) -> None:
    greeting = HOSTILE.encode("latin-1")
    with serving("127.70.1.1", answers(greeting)) as plain, serving("127.70.1.2", answers(flight())) as tls:
        inventory = tmp_path / "inventory.csv"
        rows = [f"{each.host},{each.port},{'' if each is tls else 'pop3'}" for each in (plain, tls)]
        hostile = HOSTILE.replace("\n", " ").replace("\r", " ")
        inventory.write_text("\n".join(["host,port,starttls", *rows, f"{hostile},443,none"]) + "\n")
        flags = ["--timeout", "0.5", "--format", "csv", "-v", *(["--log-json"] if as_json else [])]
        done = subprocess.run(
            [*COMMAND, "scan", str(inventory), "--out", str(tmp_path / "run"), *flags],
            env=CLEAN,
            capture_output=True,
            timeout=120,
            check=False,
        )
    written = done.stderr.decode()
    assert not set(written) & set(map(chr, [*range(10), *range(11, 32), *range(0x7F, 0xA0)]))
    assert not [line for line in written.splitlines() if line.startswith("2026-01-01")]
    if as_json:
        assert len([each for each in entries(written) if each["event"] == "server-done"]) == 2


# Nothing that comes from outside may make tlsprobe fail, so the bug is in a command that only this test has.
FAULTY = """
from tlsprobe.cli import app, main
from tlsprobe.log import set_up

@app.command()
def faulty() -> None:
    set_up(as_json=True)
    [][0]

main()
"""


def test_a_bug_of_ours_is_logged_like_the_rest(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FAULTY, "faulty"]
    done = subprocess.run(command, cwd=tmp_path, env=CLEAN, capture_output=True, text=True, check=False)
    assert done.returncode == 70
    (entry,) = entries(done.stderr)
    assert (entry["event"], entry["level"]) == ("internal-error", "critical")
    assert "IndexError" in entry["exception"]
