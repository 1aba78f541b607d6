"""Disks that are full, folders that can't be written to, runs that two want: what is said, and what is kept.

The limits are the system's own; nothing stands in for them.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_cli import CLEAN, COMMAND, tlsprobe
from tests.hostile.servers import answers, closes, flight, serving
from tlsprobe.journal import JOURNAL, RUN, Journal, read_run_info, read_scans

# Root may write anywhere, unless that right is taken away.
AS_ANYBODY = (
    ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--"] if os.geteuid() == 0 else []
)


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Four servers: of one, tens of kilobytes are to be said."""
    path = tmp_path_factory.mktemp("inventory") / "inventory.csv"
    with (
        serving("127.71.0.1", closes) as one,
        serving("127.71.0.2", closes) as two,
        serving("127.71.0.3", closes) as three,
        serving("127.71.0.4", answers(flight())) as four,
    ):
        rows = [f"{each.host},{each.port}" for each in (one, two, three, four)]
        path.write_text("\n".join(["host,port", *rows]) + "\n")
        yield path


def limited(size: int, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run it where no file may become larger than `size` bytes, a multiple of 512."""
    shell = f'ulimit -f {size // 512} && exec "$@"'
    command = ["sh", "-c", shell, "sh", *COMMAND, *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, env=CLEAN, capture_output=True, text=True, timeout=120, check=False
    )


def scanned(inventory: Path, folder: Path) -> Path:
    done = tlsprobe(
        *("scan", inventory, "--out", folder, "--timeout", 1, "--format", "csv", "--fail-on", "none"),
        cwd=inventory.parent,
    )
    assert done.returncode in (0, 3), done.stderr
    return folder


def test_a_journal_for_which_there_is_no_room_goes_on_when_there_is(inventory: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    flags = ("--timeout", 1, "--connections", 1, "--format", "csv")
    done = limited(10 * 1024, "scan", inventory, "--out", run, *flags, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f"tlsprobe: {run / JOURNAL}: File too large; what is there is kept: "
        "make room, and go on with --resume"
    )
    kept = (run / JOURNAL).read_bytes()
    assert kept.endswith(b"\n")
    assert kept.count(b"\n") == len(read_scans(run)) == 3

    again = tlsprobe("scan", "--resume", run, "--format", "csv", "--fail-on", "none", cwd=tmp_path)
    assert again.returncode in (0, 3), again.stderr
    assert (run / JOURNAL).read_bytes().startswith(kept)
    assert len(read_scans(run)) == (run / JOURNAL).read_bytes().count(b"\n") == 4
    assert read_run_info(run).finished is not None


def test_a_report_for_which_there_is_no_room_leaves_the_old_one(inventory: Path, tmp_path: Path) -> None:
    run = scanned(inventory, tmp_path / "run")
    assert tlsprobe("report", run, "--format", "html", cwd=tmp_path).returncode in (0, 1, 3)
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    done = limited(8 * 1024, "report", run, "--format", "html", "--lang", "ja", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        f"tlsprobe: {run / 'report.html'}: File too large; the journal is kept, so when that is mended: "
        f"tlsprobe report {run}\n"
    )
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def read_only(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run it while the folder can't be written to."""
    folder.chmod(0o555)
    try:
        return subprocess.run(
            [*AS_ANYBODY, *COMMAND, *map(str, arguments)],
            cwd=folder.parent,
            env=CLEAN,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        folder.chmod(0o755)


def test_a_folder_that_cannot_be_written_to_is_named(inventory: Path, tmp_path: Path) -> None:
    run = scanned(inventory, tmp_path / "run")
    new = read_only(tmp_path, "scan", inventory, "--out", tmp_path / "another")
    assert (new.returncode, new.stderr) == (
        2,
        f"tlsprobe: {tmp_path / 'another'}: Permission denied; choose another folder with --out\n",
    )
    for command in ("report", "fix"):
        done = read_only(run, command, run)
        assert done.returncode == 2
        assert "Permission denied" in done.stderr
        assert str(run / ("endpoints.csv" if command == "report" else "fix")) in done.stderr or (
            str(run / "report.html") in done.stderr
        )
        assert done.stderr.count("\n") == 1, done.stderr
    before = (run / JOURNAL).read_bytes()
    (run / JOURNAL).chmod(0o444)
    done = read_only(run, "scan", "--resume", run, "--retry", "unreachable")
    assert (done.returncode, done.stderr) == (
        2,
        f"tlsprobe: {run / RUN}: Permission denied; make its folder writable, or choose another one with "
        "--out\n",
    )
    assert (run / JOURNAL).read_bytes() == before


def test_nobody_goes_on_with_a_run_that_another_works_on(inventory: Path, tmp_path: Path) -> None:
    run = scanned(inventory, tmp_path / "run")
    (run / JOURNAL).write_bytes((run / JOURNAL).read_bytes()[:-1])  # the last line is torn
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    waivers = tmp_path / "waivers.toml"
    waivers.write_text("")
    with Journal(run):
        cut = {**before, JOURNAL: (run / JOURNAL).read_bytes()}
        done = tlsprobe("scan", "--resume", run, "--waivers", waivers, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (
            2,
            f"tlsprobe: {run / JOURNAL}: another tlsprobe is working on this run; wait until it ends\n",
        )
        assert {path.name: path.read_bytes() for path in run.iterdir()} == cut
    assert tlsprobe("scan", "--resume", run, "--fail-on", "none", cwd=tmp_path).returncode in (0, 3)
    assert len(read_scans(run)) == (run / JOURNAL).read_bytes().count(b"\n") == 4


def test_a_folder_with_another_runs_journal_is_left_alone(inventory: Path, tmp_path: Path) -> None:
    run = scanned(inventory, tmp_path / "run")
    (run / RUN).unlink()
    before = (run / JOURNAL).read_bytes()
    done = tlsprobe("scan", inventory, "--out", run, cwd=tmp_path)
    assert done.returncode == 2
    assert str(run / JOURNAL) in done.stderr
    assert (run / JOURNAL).read_bytes() == before
