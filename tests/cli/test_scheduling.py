"""Change windows and --until as a user has them: nights with real servers, the script and units of docs."""

from __future__ import annotations

import configparser
import csv
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_cli import CLEAN, ROOT, tlsprobe
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, Running, stack

DOCS = (ROOT / "docs/scheduling.md").read_text()
HOUR = timedelta(hours=1)
CLOSED_PORT = "127.66.6.2"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    credentials = make_credentials(tmp_path_factory.mktemp("credentials"))
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    workdir = tmp_path_factory.mktemp("server")
    with stack("python").start("127.66.6.1", workdir, credentials, options) as running:
        yield running


def in_(time: timedelta) -> str:
    return (datetime.now(UTC) + time).isoformat(timespec="seconds")


def window(opens: timedelta, closes: timedelta) -> str:
    now = datetime.now(UTC)
    return f"{now + opens:%H:%M}-{now + closes:%H:%M} UTC"


OPEN, CLOSED = window(-6 * HOUR, 6 * HOUR), window(10 * HOUR, 12 * HOUR)


def write_inventory(folder: Path, *rows: str) -> None:
    (folder / "inventory.csv").write_text("host,port,window\n" + "".join(f"{row}\n" for row in rows))


def reasons(run: Path) -> dict[str, tuple[str, str]]:
    """Say how the scan of each host went, by the table of servers."""
    with (run / "endpoints.csv").open() as file:
        return {row["host"]: (row["status"], row["status_reason"]) for row in csv.DictReader(file)}


def run_info(run: Path) -> Any:
    return json.loads((run / "run.json").read_text())


def scanned(run: Path) -> list[str]:
    return [json.loads(line)["target"]["host"] for line in (run / "scan.jsonl").read_text().splitlines()]


def test_what_has_no_time_before_the_end_is_for_the_next_night(tmp_path: Path, server: Running) -> None:
    write_inventory(tmp_path, f"{server.address},{server.port},", f"{CLOSED_PORT},1,")
    arguments = [
        "scan",
        "inventory.csv",
        "--out",
        "run",
        "--deadline",
        60,
        "--until",
        in_(timedelta(seconds=30)),
    ]
    done = tlsprobe(*arguments, cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "2 servers had no turn" in done.stderr
    assert "tlsprobe scan --resume run" in done.stderr
    assert set(reasons(tmp_path / "run").values()) == {("not-scanned", "until")}
    night = run_info(tmp_path / "run")
    assert (night["finished"], night["stopped"]) == (None, "until")
    assert datetime.fromisoformat(night["flags"]["until"]) > datetime.fromisoformat(night["started"])
    sarif = json.loads((tmp_path / "run/report.sarif").read_text())
    assert sarif["runs"][0]["invocations"][0]["executionSuccessful"] is False
    assert "not finished: stopped before the time set (--until)" in (tmp_path / "run/report.html").read_text()
    # Another night, another end; and none at all is allowed too.
    done = tlsprobe("scan", "--resume", "run", "--until", in_(HOUR), cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert sorted(scanned(tmp_path / "run")) == [server.address, CLOSED_PORT]
    last = run_info(tmp_path / "run")
    assert last["stopped"] is None
    assert last["finished"] > night["started"]
    assert last["flags"]["until"] != night["flags"]["until"]
    done = tlsprobe("scan", "--resume", "run", "--deadline", 61, cwd=tmp_path)
    assert done.returncode == 2
    assert "--deadline differs" in done.stderr
    assert tlsprobe("scan", "--resume", "run", cwd=tmp_path).returncode == 1
    assert "until" not in run_info(tmp_path / "run")["flags"]
    assert len(scanned(tmp_path / "run")) == 2


def test_nothing_is_sent_to_a_server_whose_window_is_closed(tmp_path: Path, server: Running) -> None:
    with socket.create_server(("127.66.6.3", 0)) as untouched:
        untouched.setblocking(False)
        write_inventory(
            tmp_path,
            f"127.66.6.3,{untouched.getsockname()[1]},{CLOSED}",
            f"{server.address},{server.port},{OPEN}",
            f"{CLOSED_PORT},1,",
        )
        done = tlsprobe("scan", "inventory.csv", "--out", "run", "--fail-on", "none", cwd=tmp_path)
        assert done.returncode == 3, done.stderr
        assert "1 server had no turn" in done.stderr
        with pytest.raises(BlockingIOError):
            untouched.accept()
    assert reasons(tmp_path / "run") == {
        "127.66.6.3": ("not-scanned", "window-closed"),
        server.address: ("assessed", ""),
        CLOSED_PORT: ("unreachable", "refused"),
    }
    assert run_info(tmp_path / "run")["stopped"] == "window"
    done = tlsprobe("report", "run", "--fail-on", "none", "--lang", "ja", cwd=tmp_path)
    assert done.returncode == 3
    assert "変更ウィンドウは開いていないか" in (tmp_path / "run/report.html").read_text()


def test_verify_keeps_to_windows_and_says_what_is_left(tmp_path: Path, server: Running) -> None:
    write_inventory(tmp_path, f"{server.address},{server.port},")
    assert tlsprobe("scan", "inventory.csv", "--out", "run", "--quiet", cwd=tmp_path).returncode == 1
    done = tlsprobe("verify", "run", "--until", in_(HOUR), cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "no turn" not in done.stderr
    done = tlsprobe("verify", "run", "--until", in_(timedelta(seconds=30)), cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "1 server had no turn" in done.stderr


def test_a_dry_run_says_what_is_sure(tmp_path: Path) -> None:
    rows = [f"a{number}.example.com,443," for number in range(1000)]
    write_inventory(tmp_path, *rows, f"b.example.com,443,{OPEN}", f"c.example.com,443,{CLOSED}")
    asked = ["scan", "inventory.csv", "--dry-run"]
    said = tlsprobe(*asked, cwd=tmp_path).stdout
    assert "time: 48 min at most, with 64 servers at a time" in said  # 1002 in 16 turns of 180 s
    assert "with a change window: 1 open for long enough now, 1 later, 0 not in time" in said
    assert "until" not in said
    said = tlsprobe(*asked, "--until", in_(timedelta(minutes=10)), cwd=tmp_path).stdout
    assert "at least 192 servers are started by then" in said  # in 3 turns of 64
    assert "1 open for long enough now, 0 later, 1 not in time" in said
    assert not (tmp_path / "reports").exists()
    write_inventory(tmp_path, "a.example.com,443,22:00-22:02")
    done = tlsprobe(*asked, cwd=tmp_path)
    assert "line 2: the change window 22:00-22:02 is shorter than --deadline 180" in done.stderr
    done = tlsprobe(*asked, "--lang", "ja", cwd=tmp_path)
    assert "22:00-22:02" in done.stderr
    assert "--deadline" in done.stderr
    assert "the change window" not in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tomorrow", "write 04:00, or with a date and a zone 2026-11-26T04:00+09:00"),
        ("2020-01-01T04:00Z", "is over"),
        ("04:00 JST", "write UTC, or a name such as Asia/Tokyo"),
    ],
)
def test_an_end_that_is_none_is_a_usage_error(tmp_path: Path, text: str, said: str) -> None:
    write_inventory(tmp_path, "a.example.com,443,")
    for done in (
        tlsprobe("scan", "inventory.csv", "--until", text, cwd=tmp_path),
        tlsprobe("scan", "inventory.csv", cwd=tmp_path, TLSPROBE_UNTIL=text),
    ):
        assert done.returncode == 2
        assert "--until: " in done.stderr
        assert said in done.stderr
    assert not (tmp_path / "reports").exists()


# --- the files of docs/scheduling.md


def shown_file(name: str) -> str:
    """Return a file of the document, which begins with its path."""
    (text,) = re.findall(rf"^```\w+\n((?:#!/bin/sh\n)?# /\S*{re.escape(name)}\b.*?)^```", DOCS, re.M | re.S)
    return str(text)


@pytest.fixture
def night(tmp_path: Path) -> dict[str, str]:
    """Lay the script out as the document says, in a folder of the test, and return the environment for it."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (tmp_path / "lib").mkdir()
    script = shown_file("tlsprobe-night").replace("/var/lib/tlsprobe", str(tmp_path / "lib"))
    own = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m tlsprobe "$@"\n'
    for name, text in (
        ("tlsprobe-night", script.replace("/etc/tlsprobe", str(tmp_path))),
        ("tlsprobe", own),
    ):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    return CLEAN | {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}


def test_the_script_begins_a_run_and_goes_on_with_it(
    tmp_path: Path, night: dict[str, str], server: Running
) -> None:
    write_inventory(tmp_path, f"{server.address},{server.port},")

    def tonight(until: timedelta) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["tlsprobe-night", "--quiet"],
            env=night | {"TLSPROBE_UNTIL": in_(until)},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )

    first = tonight(timedelta(minutes=1))
    assert (first.returncode, first.stderr) == (3, "")
    (run,) = (tmp_path / "lib").iterdir()
    assert run_info(run)["stopped"] == "until"
    second = tonight(HOUR)
    assert (second.returncode, second.stderr) == (0, "")
    finished = run_info(run)["finished"]
    assert finished is not None
    assert scanned(run) == [server.address]
    assert tonight(HOUR).returncode == 0
    assert scanned(run) == [server.address]


@pytest.mark.skipif(shutil.which("flock") is None, reason="flock is not installed")
def test_the_cron_line_runs_the_script_unless_it_still_runs(tmp_path: Path, night: dict[str, str]) -> None:
    *settings, line = shown_file("cron.d/tlsprobe").splitlines()[1:]
    fields = line.split(None, 6)
    assert re.fullmatch(r"\d+ \d+ \* \* \* tlsprobe", " ".join(fields[:6]))
    assert "%" not in line  # cron takes it for the end of the line
    assert dict(each.split("=") for each in settings)["TLSPROBE_UNTIL"] == "04:00"
    lock = tmp_path / "lib/lock"
    command = fields[6].replace("/var/lib/tlsprobe", str(tmp_path / "lib"))
    write_inventory(tmp_path, f"{CLOSED_PORT},1,")
    with subprocess.Popen(
        ["flock", lock, "sh", "-c", "echo locked; read _"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        done = subprocess.run(["sh", "-c", command], env=night, capture_output=True, check=False)
        assert done.returncode == 0
        assert list((tmp_path / "lib").iterdir()) == [lock]
        other.communicate("\n")
    done = subprocess.run(["sh", "-c", command], env=night, capture_output=True, check=False)
    assert done.returncode == 3, done.stderr
    assert len(list((tmp_path / "lib").iterdir())) == 2


class _KeepsCase(configparser.RawConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr


def unit(name: str) -> _KeepsCase:
    parsed = _KeepsCase(strict=True, delimiters=("=",))
    parsed.read_string(shown_file(name))
    return parsed


def test_the_units_start_the_script_and_stop_it_as_ctrl_c_does(night: dict[str, str]) -> None:
    service, timer = unit("tlsprobe.service")["Service"], unit("tlsprobe.timer")["Timer"]
    program, *arguments = shlex.split(service["ExecStart"])
    assert shutil.which(Path(program).name, path=night["PATH"])
    assert arguments == ["--quiet"]
    assert service["SuccessExitStatus"].split() == ["3", "130"]
    assert (service["KillSignal"], service["Type"]) == ("SIGINT", "oneshot")
    assert timer["Persistent"] == "false"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_the_units(tmp_path: Path, night: dict[str, str]) -> None:
    for name in ("tlsprobe.service", "tlsprobe.timer"):
        text = shown_file(name).replace("/usr/local/bin", str(tmp_path / "bin"))
        (tmp_path / name).write_text(text)
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / "tlsprobe.service", tmp_path / "tlsprobe.timer"],
        env=night,
        capture_output=True,
        text=True,
        check=False,
    )
    # What it does not know it warns of, and exits with 0.
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
