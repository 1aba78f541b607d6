"""Streams, locale, folder, limits: whatever it is started with, a scan ends with its exit code."""

from __future__ import annotations

import os
import pty
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.test_cli import CLEAN, COMMAND, tlsprobe
from tests.hostile.servers import serving, silent
from tlsprobe.descriptors import BESIDE, room_for
from tlsprobe.facts import Status
from tlsprobe.journal import JOURNAL, read_scans

# Nobody listens there.
ROWS = "host,port\n127.74.0.1,9\n127.74.0.2,9\n"
SCAN = ("scan", "inventory.csv", "--out", "run")
INCOMPLETE = 3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inventory.csv").write_text(ROWS)
    return tmp_path


def shell(script: str, *arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run a script of the shell in which "$@" is tlsprobe with these arguments."""
    return subprocess.run(
        ["bash", "-c", script, "bash", *COMMAND, *arguments],
        cwd=cwd,
        env=CLEAN | variables,
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    "closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"], ids=["stdin", "stdout", "stderr", "all"]
)
def test_a_closed_stream_changes_nothing(folder: Path, closed: str) -> None:
    done = shell(f'exec "$@" {closed}', *SCAN, "--stdout", "csv", "-v", cwd=folder)
    assert done.returncode == INCOMPLETE, done.stderr
    assert b"Traceback" not in done.stderr
    # Nothing that was said got into a file that has the number of a stream.
    assert len(read_scans(folder / "run")) == (folder / "run" / JOURNAL).read_bytes().count(b"\n") == 2


@pytest.mark.parametrize("arguments", [(*SCAN, "-v"), ("probe", "127.74.0.1:9"), ("diff", "run", "run")])
def test_readers_that_leave_do_not_change_the_exit_code(folder: Path, arguments: tuple[str, ...]) -> None:
    if arguments[0] == "diff":
        assert tlsprobe(*SCAN, cwd=folder).returncode == INCOMPLETE
    expected = tlsprobe(*arguments, cwd=folder).returncode
    # Both streams are pipes whose other end is closed before anything is written.
    reading, writing = os.pipe()
    os.close(reading)
    if arguments[0] == "scan":
        arguments = ("scan", "inventory.csv", "--out", "again", "-v")
    try:
        code = subprocess.run(
            [*COMMAND, *arguments], cwd=folder, env=CLEAN, stdout=writing, stderr=writing, check=False
        ).returncode
    finally:
        os.close(writing)
    assert code == expected


def test_a_full_disk_behind_standard_output_is_said(folder: Path) -> None:
    done = shell('exec "$@" > /dev/full', *SCAN, "--stdout", "csv", cwd=folder)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines()[-1].startswith("tlsprobe: standard output: No space left")


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_an_encoding_that_lacks_a_character_shows_its_number(folder: Path, lang: str) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = shell('exec "$@"', "rules", "--lang", lang, cwd=folder, **plain)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert (rb"\u" in done.stdout) == (lang == "ja")
    (folder / "inventory.csv").write_text(
        ROWS.replace("port\n", "port,owner\n", 1).replace(",9\n", ",9,渡辺\n")
    )
    done = shell('exec "$@"', *SCAN, "--lang", lang, "-v", cwd=folder, **plain)
    assert done.returncode == INCOMPLETE, done.stderr
    assert "渡辺" in (folder / "run" / "endpoints.csv").read_text("utf-8")


def test_neither_a_home_nor_a_terminal_nor_a_temporary_folder_is_needed(folder: Path) -> None:
    done = shell('unset HOME; exec "$@"', *SCAN, cwd=folder, TERM="dumb", TMPDIR="/dev/full")
    assert done.returncode == INCOMPLETE, done.stderr
    assert (folder / "run" / "report.html").exists()


@pytest.mark.parametrize("engine", [("--processes", "2"), ("--engine", "dask", "--workers", "1")])
def test_the_folder_that_it_is_started_in_gives_it_no_code(folder: Path, engine: tuple[str, ...]) -> None:
    # Of these modules Python would take the first that it finds.
    for name in ("gmpy2.py", "multiprocessing.py", "pydantic.py", "secrets.py", "tlsprobe.py"):
        (folder / name).write_text("from pathlib import Path\nPath('taken').touch()\n")
    # Started as its console script is: that folder is Python's own first one.
    (folder / "bin").mkdir()
    (folder / "bin" / "start").write_text(
        "from tlsprobe.cli import main\nif __name__ == '__main__':\n    main()\n"
    )
    command = [sys.executable, str(folder / "bin" / "start"), *SCAN, *engine]
    done = subprocess.run(command, cwd=folder, env=CLEAN, capture_output=True, timeout=120, check=False)
    assert done.returncode == INCOMPLETE, done.stderr
    assert not (folder / "taken").exists()


def test_what_is_written_is_not_for_every_user(folder: Path) -> None:
    done = shell('umask 022; exec "$@"', *SCAN, "--format", "html,csv,sarif,junit,jsonl", cwd=folder)
    assert done.returncode == INCOMPLETE
    assert shell('umask 022; exec "$@"', "fix", "run", cwd=folder).returncode == 0
    shell('umask 022; exec "$@"', "report", "run", "--split-by", "port", cwd=folder)
    written = [folder / "run", *(folder / "run").rglob("*")]
    assert len(written) > 10
    assert {path.stat().st_mode & 0o007 for path in written} == {0}
    private = shell('umask 077; exec "$@"', "report", "run", "--out", "mine", cwd=folder)
    assert private.returncode == INCOMPLETE
    assert {path.stat().st_mode & 0o077 for path in (folder / "mine").rglob("*")} == {0}


def test_few_files_make_a_scan_slower_and_it_says_so(folder: Path) -> None:
    most = 8 + BESIDE
    (folder / "inventory.csv").write_text("host,port\n" + "".join(f"127.74.1.{n},9\n" for n in range(1, 101)))
    flags = ("--connections", "1000", "--rate-in-all", "1000", "--format", "none")
    done = shell(f'ulimit -n {most}; exec "$@"', *SCAN, *flags, cwd=folder)
    assert done.returncode == INCOMPLETE
    assert "8 connections at a time, not 1000" in done.stderr.decode()
    assert f"raise its limit to {1000 + BESIDE} (ulimit -n)" in done.stderr.decode()
    assert {scan.status_reason for scan in read_scans(folder / "run")} == {"refused"}


def test_the_limit_of_files_is_raised_where_that_is_allowed(folder: Path) -> None:
    script = 'ulimit -Sn 64; exec "$@"'
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert hard == resource.RLIM_INFINITY or hard >= 64 + BESIDE
    done = shell(script, *SCAN, "--connections", "64", cwd=folder)
    assert b"too few files" not in done.stderr
    assert room_for(1) == 1


def test_without_memory_it_says_so_and_a_run_goes_on(folder: Path) -> None:
    assert tlsprobe(*SCAN, cwd=folder).returncode == INCOMPLETE
    with (folder / "run" / "run.json").open("r+b") as file:
        file.truncate(1 << 36)  # sparse
    done = shell('ulimit -v 3000000; exec "$@"', "report", "run", cwd=folder)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("tlsprobe: not enough memory")
    assert done.stderr.count(b"\n") == 1


def test_a_terminal_that_is_closed_ends_a_scan_in_order(folder: Path) -> None:
    with serving("127.74.0.3", silent) as place:
        (folder / "inventory.csv").write_text(f"{ROWS}{place.host},{place.port}\n")
        _until_done_but_one(folder, hang_up=True)
        assert [scan.status for scan in read_scans(folder / "run")] == [Status.UNREACHABLE] * 2
        # Its reports were written all the same.
        assert "127.74.0.3" in (folder / "run" / "endpoints.csv").read_text()


def test_nohup_keeps_a_scan_going(folder: Path) -> None:
    with serving("127.74.0.4", silent) as place:
        (folder / "inventory.csv").write_text(f"{ROWS}{place.host},{place.port}\n")
        _until_done_but_one(folder, hang_up=False)
        assert len(read_scans(folder / "run")) == 3


def _until_done_but_one(folder: Path, *, hang_up: bool) -> None:
    """Scan on a terminal, send SIGHUP while a server says nothing, and wait for the end."""
    ours, theirs = pty.openpty()
    deadline = () if hang_up else ("--deadline", "4")
    ignoring = [] if hang_up else ["nohup"]
    command = [*ignoring, *COMMAND, *SCAN, "--timeout", "30", *deadline]
    try:
        process = subprocess.Popen(
            command, cwd=folder, env=CLEAN, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
    finally:
        os.close(theirs)
    journal = folder / "run" / JOURNAL
    give_up = time.monotonic() + 60
    while not journal.exists() or journal.read_bytes().count(b"\n") < 2:
        assert time.monotonic() < give_up
        time.sleep(0.05)
    os.close(ours)
    process.send_signal(signal.SIGHUP)
    process.wait(60)
