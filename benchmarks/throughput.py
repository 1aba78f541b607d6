"""What a large scan costs: half handshakes per CPU second, CPU and memory at two sizes of inventory.

    python -m benchmarks.throughput [1000 10000] [--connections N] [--format csv]

Each endpoint is an address of its own of the responder's (benchmarks/responder.py), and the rate is so high
that no limit binds. CPU is user and system of the scanner and all its children, by rusage, from start to end;
memory is the proportional share (Pss) of all its processes together, the highest that was seen.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.responder import responding

SCANNER = [sys.executable, "-m", "tlsprobe"]
SAMPLE_EVERY_S = 0.25


@dataclass(frozen=True)
class Measured:
    """One scan of `endpoints`: CPU and wall in seconds, memory in MB."""

    endpoints: int
    connections: int
    cpu_s: float
    wall_s: float
    memory_mb: float
    verdicts: Counter[str]

    @property
    def cpu_ms_each(self) -> float:
        """CPU milliseconds per endpoint."""
        return 1000 * self.cpu_s / self.endpoints


def address(number: int) -> str:
    """The loopback address of that number; none is 127.0.0.x."""
    return f"127.{1 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def scan(endpoints: int, port: int, options: list[str]) -> Measured:
    """Scan that many addresses of the responder."""
    with tempfile.TemporaryDirectory() as made:
        inventory, run = Path(made) / "inventory.csv", Path(made) / "run"
        rows = "".join(f"{address(number)},{port}\n" for number in range(endpoints))
        inventory.write_text(f"host,port\n{rows}")
        command = [*SCANNER, "scan", str(inventory), "--out", str(run), "-q"]
        unlimited = ["--rate", "1000000", "--rate-in-all", "1000000"]
        command += [*unlimited, "--fail-on", "none", "--allow-incomplete", *options]
        cpu_s, wall_s, memory_mb = measure(command)
        lines = [json.loads(line) for line in (run / "scan.jsonl").open("rb")]
    connections = sum(line["connections"] for line in lines)
    return Measured(endpoints, connections, cpu_s, wall_s, memory_mb, Counter(map(verdict, lines)))


def verdict(line: dict[str, object]) -> str:
    """What was found out, in short: the same for every endpoint."""
    found = [line["status"], line["status_reason"], line["dhe"], line["landings"]]
    return f"{line['status']}, {line['connections']} connections, {hash(json.dumps(found)):x}"


def measure(command: list[str]) -> tuple[float, float, float]:
    """Run a command; return the CPU seconds and wall seconds it took, and its highest memory in MB."""
    began, highest = time.monotonic(), 0.0
    process = subprocess.Popen(command)
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        highest = max(highest, sum(map(share_of_memory_mb, family(process.pid))))
        time.sleep(SAMPLE_EVERY_S)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"exit code {process.returncode}: {' '.join(command)}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - began, highest


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for each in threads for child in (each / "children").read_text().split()]
    except OSError:  # it has ended meanwhile
        return []
    return [pid, *(each for child in children for each in family(child))]


def share_of_memory_mb(pid: int) -> float:
    """Pss: what several processes share counts once in their sum."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def main() -> None:
    """Print a table, and the ratios of the largest to the smallest."""
    parser = argparse.ArgumentParser()
    parser.add_argument("endpoints", type=int, nargs="*", default=[1000, 10_000])
    parser.add_argument("--connections", default="64", help="at a time, in all")
    parser.add_argument("--format", default="none", help="reports to write, whose CPU counts too")
    arguments = parser.parse_args()
    options = ["--connections", arguments.connections, "--format", arguments.format]
    with responding() as port:
        done = [scan(endpoints, port, options) for endpoints in sorted(arguments.endpoints)]
    print("endpoints  connections  CPU s  wall s  per CPU second  CPU ms each  memory MB")
    for each in done:
        print(
            f"{each.endpoints:9,}  {each.connections:11,}  {each.cpu_s:5.1f}  {each.wall_s:6.1f}"
            f"  {each.connections / each.cpu_s:14,.0f}  {each.cpu_ms_each:11.1f}  {each.memory_mb:9.0f}"
        )
        for said, count in each.verdicts.most_common(3):
            print(f"    {count:,} of {said}")
    first, last = done[0], done[-1]
    print(f"CPU per endpoint, last to first {last.cpu_ms_each / first.cpu_ms_each:.2f}")
    print(f"memory, last to first           {last.memory_mb / first.memory_mb:.2f}")


if __name__ == "__main__":
    main()
