"""tlsprobe beside what people use today: on the same real servers, in the same run.

    python -m benchmarks.beside [SERVERS] [--only NAME] [--rounds N]

How many servers a second, at what cost in CPU, memory, connections and bytes, and whether the answers agree.
Servers and scanners run in a network namespace of their own, whose kernel counts connections and bytes; a
scanner runs as so many processes side by side as suit it best, in turn with the others, and of its rounds the
middle one counts. benchmarks/README.md says how it is done.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fleet import KINDS, Server, running_fleet
from benchmarks.measure import Cost, measure
from benchmarks.others import SCANNERS, SUITES_ONLY, Found, Scanner, missing
from tlsprobe.demo.libraries import network_missing, unshare
from tlsprobe.demo.stack import SEARCH_PATH
from tlsprobe.tls.suites import suite_name

SERVERS = 200
ROUNDS = 3
TRIED_ON = 40  # servers, to find out which number of processes suits a scanner best
_INSIDE = "TLSPROBE_BENCH_INSIDE"


@dataclass(frozen=True, slots=True)
class Result:
    """One scanner's run over so many servers, at the number of processes that suits it best."""

    name: str
    processes: int
    servers: int
    cost: Cost
    found: Mapping[str, Found]

    @property
    def per_second(self) -> float:
        """Servers a second."""
        return self.servers / self.cost.wall_s

    @property
    def figures(self) -> tuple[float, ...]:
        """Servers a second; then a server's CPU ms, connections and kB; then the peak in MB."""
        per_server = (self.cost.cpu_s * 1000, self.cost.connections, self.cost.octets / 1000)
        return self.per_second, *(each / self.servers for each in per_server), self.cost.peak_bytes / 1e6


def compare(scanners: Sequence[Scanner], fleet: Sequence[Server], rounds: int, root: Path) -> list[Result]:
    """Run all in rounds, each scanner with its best number of processes; return the middle run of each."""
    best = [best_number(each, fleet[:TRIED_ON], root / f"try-{n}") for n, each in enumerate(scanners)]
    results: list[list[Result]] = [[] for _ in scanners]
    for turn in range(rounds):
        for n, (scanner, processes) in enumerate(zip(scanners, best, strict=True)):
            if turn and scanner.most is not None:  # one that takes minutes
                continue
            done = _run(scanner, fleet[: scanner.most], processes, root / f"run-{turn}-{n}")
            print(f"  {scanner.name}: {', '.join(map(_shown, done.figures))}", flush=True)
            results[n].append(done)
    return [sorted(each, key=lambda one: one.cost.wall_s)[len(each) // 2] for each in results]


def best_number(scanner: Scanner, part: Sequence[Server], root: Path) -> int:
    """Try the numbers of processes on a part of the fleet; return the fastest."""
    if len(scanner.processes) == 1:
        return scanner.processes[0]
    walls = {n: _run(scanner, part, n, root / str(n)).cost.wall_s for n in scanner.processes}
    tried = ", ".join(f"{n}: {len(part) / wall:.2f}" for n, wall in walls.items())
    print(f"  {scanner.name}: servers a second by processes: {tried}", flush=True)
    return min(walls, key=lambda n: walls[n])


def _run(scanner: Scanner, fleet: Sequence[Server], processes: int, folder: Path) -> Result:
    folder.mkdir(parents=True)
    commands, answers = [], []
    for number in range(min(processes, len(fleet))):
        targets, answer = folder / f"{number}.txt", folder / f"{number}.answer"
        targets.write_text("".join(f"{each.address}\n" for each in fleet[number::processes]))
        command = scanner.command(targets, answer)
        commands.append([scanner.path or command[0], *command[1:]])
        answers.append(answer)
    cost = measure(commands, folder=folder / "said")
    found = {host: said for answer in answers for host, said in scanner.read(answer).items()}
    return Result(scanner.name, processes, len(fleet), cost, found)


# ---- what it comes to --------------------------------------------------------------------------------

_FIGURES = ("servers/s", "CPU ms", "connections", "kB", "peak MB")


def print_results(results: Sequence[Result]) -> None:
    """Print the figures, then the same as multiples of tlsprobe's answer to the same question.

    tlsprobe is started once, and has as many processes as it chooses.
    """
    print(f"\n| scanner | processes | servers | {' | '.join(_FIGURES)} |")
    print("|---|" + "--:|" * (len(_FIGURES) + 2))
    for each in results:
        told = " | ".join(map(_shown, each.figures))
        print(f"| {each.name} | {each.processes} | {each.servers} | {told} |")
    ours = next((each for each in results if each.name == SUITES_ONLY), None)
    if ours is None:
        return
    print(f"\nAs multiples of `{SUITES_ONLY}`:\n\n| scanner | {' | '.join(_FIGURES)} |")
    print("|---|" + "--:|" * len(_FIGURES))
    for each in results:
        told = " | ".join(_shown(a / b) for a, b in zip(each.figures, ours.figures, strict=True))
        print(f"| {each.name} | {told} |")


def _shown(number: float) -> str:
    return f"{number:.1f}" if number >= 1 else f"{number:.2g}"


def print_agreement(results: Sequence[Result], fleet: Sequence[Server]) -> None:
    """Say on how many servers each scanner found the suites that tlsprobe found, and which differ."""
    ours = next((each.found for each in results if each.name == SUITES_ONLY), None)
    if ours is None:
        return
    kinds = {each.address: each.kind.id for each in fleet}
    print(f"\nThe DHE suites found, beside `{SUITES_ONLY}`:\n")
    for each in results:
        differing: Counter[tuple[str, str, str]] = Counter()
        same = 0
        for host, said in each.found.items():
            mine, theirs = _comparable(ours[host], said)
            same += mine == theirs
            for what, suites in (("not found", mine - theirs), ("found too", theirs - mine)):
                for version, code in suites:
                    name = f"{suite_name(code)} {version}".strip()
                    differing[kinds[host], what, name] += 1
        sizes = sum(said.bits == ours[host].bits for host, said in each.found.items())
        asked = f"{len(each.found)} of {each.servers} answered for"
        print(f"- {each.name}: {asked}; the same suites on {same}, the same group sizes on {sizes}")
        by_kind: dict[tuple[str, str], list[str]] = {}
        for (kind, what, name), count in sorted(differing.items()):
            by_kind.setdefault((kind, what), []).append(f"{name} ({count})")
        for (kind, what), names in by_kind.items():
            print(f"  - {kind}, {what}: {', '.join(names)}")


def _comparable(ours: Found, theirs: Found) -> tuple[frozenset[tuple[str, int]], frozenset[tuple[str, int]]]:
    """Without versions where one of them names none."""
    if all(version for version, _ in theirs.suites):
        return ours.suites, theirs.suites
    return frozenset(("", code) for _, code in ours.suites), theirs.suites


# ---- how it is run -----------------------------------------------------------------------------------


def install(scanners: Sequence[Scanner]) -> None:
    """Install the Debian packages of scanners that are not there, as root; else say which they are."""
    names = [each.package for each in missing(scanners) if each.package]
    if not names:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"left out, for want of Debian packages: apt-get install {' '.join(names)}")
        return
    subprocess.run(["apt-get", "-qq", "update"], check=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(
        ["apt-get", "-qq", "install", "--no-install-recommends", *names], check=True, env=quiet, stdout=2
    )


def enter_own_network() -> None:
    """Become the same program in a network of its own, where nothing else is counted; else end."""
    if why := network_missing():
        sys.exit(f"benchmarks.beside: {why}")
    command = [*unshare(), sys.executable, "-m", "benchmarks.beside", *sys.argv[1:]]
    os.environ[_INSIDE] = "yes"
    os.execvp(command[0], command)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="tlsprobe beside other scanners")
    parser.add_argument("servers", nargs="?", type=int, default=SERVERS)
    parser.add_argument("--only", action="append", metavar="NAME", help="scanners whose names begin so")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    wanted = parser.parse_args()
    chosen = [each for each in SCANNERS if not wanted.only or each.name.startswith(tuple(wanted.only))]
    if _INSIDE not in os.environ:
        install(chosen)
        enter_own_network()
    ip = shutil.which("ip", path=SEARCH_PATH) or "ip"
    subprocess.run([ip, "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        with running_fleet(wanted.servers, root / "servers") as fleet:
            counts = Counter(each.kind.id for each in fleet)
            print(f"{len(fleet)} servers: " + ", ".join(f"{counts[kind.id]} {kind.id}" for kind in KINDS))
            present = [each for each in chosen if each.path is not None]
            results = compare(present, fleet, wanted.rounds, root)
            print_results(results)
            print_agreement(results, fleet)


if __name__ == "__main__":
    main()
