"""A real scan of real servers is killed (-9) at random moments and gone on with: nothing is lost or doubled.

TLSPROBE_KILLS says how often, TLSPROBE_KILL_SEED which moments; `make kill` does it 200 times.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.hostile.servers import answers, closes, flight, resets, serving, silent
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, stack
from tlsprobe.facts import ServerScan
from tlsprobe.journal import JOURNAL, RUN, read_run_info, read_scans
from tlsprobe.rules import judge

KILLS = int(os.environ.get("TLSPROBE_KILLS", "10"))
SEED = int(os.environ.get("TLSPROBE_KILL_SEED") or random.SystemRandom().randrange(10**6))
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("TLSPROBE_")}
DHE_SERVERS = 8
MOST_SCANS_PER_KILL = 20  # a kill that comes too late is none

Verdict = tuple[str, str, tuple[str, ...], tuple[tuple[str, str], ...]]


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Servers with DHE, and others that are soon done, or only after a while."""
    folder = tmp_path_factory.mktemp("servers")
    credentials = make_credentials(folder)
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    behaviours = (closes, resets, silent, answers(b"HTTP/1.1 400 Bad Request\r\n\r\n"), answers(flight()))
    with ExitStack() as servers:
        rows = []
        for number in range(DHE_SERVERS):
            one = stack("python").start(f"127.69.0.{number + 1}", folder / str(number), credentials, options)
            running = servers.enter_context(one)
            rows.append(f"{running.address},{running.port}")
        for number, behave in enumerate(behaviours, start=1):
            place = servers.enter_context(serving(f"127.69.1.{number}", behave))
            rows.append(f"{place.host},{place.port}")
        refusing = servers.enter_context(socket.socket())
        refusing.bind(("127.69.2.1", 0))
        rows.append(f"127.69.2.1,{refusing.getsockname()[1]}")
        path = folder / "inventory.csv"
        path.write_text("\n".join(["host,port", *rows]) + "\n")
        yield path


@dataclass
class Run:
    """A run's folder, and the process that works on it."""

    inventory: Path
    folder: Path

    def scan(self, kill_after_s: float | None = None) -> bool:
        """Begin the run or go on with it; say whether it was killed."""
        begun = (self.folder / RUN).exists()
        which = ["--resume", self.folder] if begun else [self.inventory, "--out", self.folder]
        flags = ["--format", "csv", "-q"]
        if not begun:
            flags += ["--connections", "2", "--timeout", "0.4", "--banners", "none"]
        command = [sys.executable, "-m", "tlsprobe", "scan", *map(str, which), *flags]
        with subprocess.Popen(
            command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            try:
                _, said = process.communicate(timeout=kill_after_s)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return True
        assert process.returncode == 1, said  # there are findings
        return False

    def lines(self) -> bytes:
        """What of the journal is whole."""
        path = self.folder / JOURNAL
        written = path.read_bytes() if path.exists() else b""
        return written[: written.rfind(b"\n") + 1]

    def verdicts(self) -> dict[str, Verdict]:
        scans = read_scans(self.folder)
        assert read_run_info(self.folder).finished is not None
        assert len(scans) == self.lines().count(b"\n"), "a server has two lines"
        return {scan.target.label: verdict(scan) for scan in scans}


def verdict(scan: ServerScan) -> Verdict:
    found = tuple(sorted((each.rule, each.severity.value) for each in judge(scan)))
    zeros = scan.zeros
    forced = (zeros.premaster_zeros, zeros.short_client_share, zeros.padded_client_share) if zeros else ()
    return scan.status.value, scan.status_reason, tuple(each.value for each in forced), found


def test_a_killed_run_goes_on_as_if_nothing_had_been(inventory: Path, tmp_path: Path) -> None:
    whole = Run(inventory, tmp_path / "whole")
    began = time.monotonic()
    assert not whole.scan()
    lasts_s = time.monotonic() - began
    expected = whole.verdicts()
    assert len(expected) == DHE_SERVERS + 6
    assert Counter(status for status, *_ in expected.values())["assessed"] >= DHE_SERVERS

    moments = random.Random(SEED)
    print(f"TLSPROBE_KILL_SEED={SEED}")
    kept: Counter[int] = Counter()  # lines that a kill left, and how often
    for number in range(KILLS * MOST_SCANS_PER_KILL):
        run = Run(inventory, tmp_path / f"run-{number}")
        before, ended = b"", False
        while not ended:
            # Whoever has all lines has only reports to write, and is killed in that once.
            late = kept.total() == KILLS or before.count(b"\n") == len(expected)
            ended = not run.scan(kill_after_s=None if late else moments.uniform(0, lasts_s))
            assert run.lines().startswith(before), "a line is lost"
            before = run.lines()
            kept[before.count(b"\n")] += not ended
        assert run.verdicts() == expected
        if kept.total() == KILLS:
            break
    print("lines left, and how often:", dict(sorted(kept.items())))
    assert kept.total() == KILLS
