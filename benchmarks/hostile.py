"""What hostile servers cost the healthy ones among them: time until all of these are done, alone and beside.

    python -m benchmarks.hostile [200] [--deadline 30]

The healthy ones are addresses of one OpenSSL, the hostile ones those of tests/hostile/cases.py, in turn. The
scan is the command, in all of its processes, with its own limits but the deadline.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from tests.hostile.cases import CASES
from tests.hostile.servers import serving
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, stack
from tlsprobe.facts import ServerScan
from tlsprobe.journal import read_scans

EVERY_ADDRESS = "0.0.0.0"
HEALTHY = "127.90."
MOST = 1.3  # times what the healthy ones take alone, beside the deadline of those that use it up


@dataclass(frozen=True)
class Measured:
    """One scan: seconds in all, seconds until the last healthy server was done, and all healthy verdicts."""

    wall_s: float
    healthy_s: float
    verdicts: frozenset[object]


def scan(rows: Sequence[str], deadline_s: int, folder: Path) -> Measured:
    """Scan these rows."""
    inventory, run = folder.with_suffix(".csv"), folder
    inventory.write_text("host,port,starttls\n" + "".join(f"{row}\n" for row in rows))
    command = [sys.executable, "-m", "tlsprobe", "scan", str(inventory), "--out", str(run), "-q"]
    command += ["--deadline", str(deadline_s), "--format", "none", "--fail-on", "none", "--allow-incomplete"]
    began = time.monotonic()
    subprocess.run(command, check=True)
    wall_s = time.monotonic() - began
    scans = read_scans(run)
    first = min(each.started for each in scans)
    healthy = [each for each in scans if each.target.host.startswith(HEALTHY)]
    done = max((each.started - first).total_seconds() + each.duration_s for each in healthy)
    return Measured(wall_s, done, frozenset(map(verdict, healthy)))


def verdict(each: ServerScan) -> object:
    """What was found out about a server."""
    return each.status, each.status_reason, each.dhe, each.zeros, each.landings, each.connections


def main() -> None:
    """Measure, and say it; fail where a verdict differs or it takes longer than MOST."""
    parser = argparse.ArgumentParser()
    parser.add_argument("number", nargs="?", type=int, default=200)
    parser.add_argument("--deadline", type=int, default=30)
    arguments = parser.parse_args()
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        credentials = make_credentials(folder)
        options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
        server = running.enter_context(
            stack("python").start(EVERY_ADDRESS, folder / "server", credentials, options)
        )
        healthy, hostile = [], []
        for number, case in enumerate(islice(cycle(CASES), arguments.number)):
            at = f"{number // 250}.{1 + number % 250}"
            place = running.enter_context(serving(f"127.91.{at}", case.behave, lifetime=case.lifetime))
            healthy.append(f"{HEALTHY}{at},{server.port},none")
            hostile.append(f"{place.host},{place.port},{case.starttls.value}")
        alone = scan(healthy, arguments.deadline, folder / "alone")
        mixed = [row for pair in zip(hostile, healthy, strict=True) for row in pair]
        beside = scan(mixed, arguments.deadline, folder / "beside")
    same = alone.verdicts == beside.verdicts and len(alone.verdicts) == 1
    ratio = (beside.wall_s - arguments.deadline) / alone.wall_s
    for name, each in (("healthy alone", alone), ("as many hostile ones beside", beside)):
        print(f"{name}: {each.wall_s:.1f} s, the last healthy one done after {each.healthy_s:.1f} s")
    print(f"beyond one deadline of {arguments.deadline} s: {ratio:.2f} times; verdicts the same: {same}")
    sys.exit(not same or ratio > MOST)


if __name__ == "__main__":
    main()
