"""What a dask cluster costs beside the engine of one machine: two workers, and two processes, in turn.

    python -m benchmarks.cluster [1000] [--rounds 3]

The same endpoints as benchmarks/throughput.py; a run is the whole command, with the start of its cluster. The
ratio of a round is of two runs one after the other, so that a noisy machine is noisy for both. Octets are
the kernel's count of what its loopback carried: exact where nothing else runs, as in a network of its own,

    unshare --map-root-user --net sh -c 'ip link set lo up; python -m benchmarks.cluster'
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.responder import responding
from benchmarks.throughput import Measured, scan

ENGINES = {
    "local": ["--engine", "local", "--processes", "2"],
    "dask": ["--engine", "dask", "--workers", "2"],
}


@dataclass(frozen=True)
class Round:
    """One run by each engine, and the octets that loopback carried meanwhile."""

    runs: dict[str, Measured]
    octets: dict[str, int]


def play(endpoints: int, port: int, connections: int) -> Round:
    """Scan with each engine; SystemExit where they don't say the same of every endpoint."""
    runs, octets = {}, {}
    for name, options in ENGINES.items():
        before = received_octets()
        every = [*options, "--connections", str(connections), "--format", "none"]
        runs[name] = scan(endpoints, port, every)
        octets[name] = received_octets() - before
    if runs["local"].verdicts != runs["dask"].verdicts:
        raise SystemExit(f"the verdicts differ: {[each.verdicts for each in runs.values()]}")
    return Round(runs, octets)


def received_octets() -> int:
    """Octets that IP received so far in this network; on loopback all that was sent, by both sides."""
    names, numbers = (
        line.split()
        for line in Path("/proc/net/netstat").read_text().splitlines()
        if line.startswith("IpExt:")
    )
    return int(numbers[names.index("InOctets")])


def main() -> None:
    """Print each round, and the ratios of dask to local: median, and all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("endpoints", type=int, nargs="?", default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64, help="at a time, in all")
    arguments = parser.parse_args()
    rounds = []
    print("engine  wall s  CPU s  CPU ms each  memory MB  connections each  kB each")
    with responding() as port:
        for _ in range(arguments.rounds):
            rounds.append(play(arguments.endpoints, port, arguments.connections))
            for name, run in rounds[-1].runs.items():
                kilobytes = rounds[-1].octets[name] / run.endpoints / 1000
                print(
                    f"{name:6}  {run.wall_s:6.1f}  {run.cpu_s:5.1f}  {run.cpu_ms_each:11.1f}"
                    f"  {run.memory_mb:9.0f}  {run.connections / run.endpoints:16.1f}  {kilobytes:7.1f}",
                    flush=True,
                )
    for what in ("wall_s", "cpu_s"):
        ratios = [getattr(each.runs["dask"], what) / getattr(each.runs["local"], what) for each in rounds]
        shown = " ".join(f"{each:.2f}" for each in ratios)
        print(f"dask / local, {what}: {median(ratios):.2f} ({shown})")
    print(f"the same verdicts in {len(rounds)} rounds of {arguments.endpoints:,} endpoints")


if __name__ == "__main__":
    main()
