"""What commands cost: wall time, CPU time, memory of their processes, and what their servers saw of them.

CPU time is what the kernel says of each command when it ends, of the children that it waited for included.
Connections and bytes are the kernel's own counts of the network namespace, so they rest on no program's word,
and are exact where nothing else runs in it: `benchmarks.beside` has a namespace of its own.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SAMPLED_EVERY_S = 0.25  # each time costs what runs on the same cores some milliseconds per process


@dataclass(frozen=True, slots=True)
class Cost:
    """What a measurement came to. `peak_bytes` is the most that all processes held at one moment.

    Memory is proportional (PSS): a page that two processes share is counted once. `octets` are those of IP
    packets in both directions, headers and handshakes of TCP included. `exit_codes` are in the order of
    the commands.
    """

    wall_s: float
    cpu_s: float
    peak_bytes: int
    connections: int
    octets: int
    exit_codes: tuple[int, ...]


def measure(commands: Sequence[Sequence[str]], *, folder: Path) -> Cost:
    """Run commands side by side until all have ended; what each prints goes to `folder`/<number>.out."""
    folder.mkdir(parents=True, exist_ok=True)
    before = _counters()
    began = time.monotonic()
    started = []
    for number, command in enumerate(commands):
        with (folder / f"{number}.out").open("wb") as output:
            process = subprocess.Popen(
                command, env=_environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        started.append(process)
    with _Memory([each.pid for each in started]) as memory:
        ends = [_ended(each) for each in started]
    wall_s = time.monotonic() - began
    after = _counters()
    return Cost(
        wall_s=wall_s,
        cpu_s=sum(cpu_s for _, cpu_s in ends),
        peak_bytes=memory.peak_bytes,
        connections=after[0] - before[0],
        octets=after[1] - before[1],
        exit_codes=tuple(code for code, _ in ends),
    )


def _environment() -> dict[str, str]:
    """Python keeps what it has compiled, as it does unless it is told not to: commands are started often."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _ended(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """Wait for a process; return its exit code and the CPU seconds of it and those that it waited for."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)  # it is reaped: nobody may wait again
    return process.returncode, usage.ru_utime + usage.ru_stime


def _counters() -> tuple[int, int]:
    """Return the connections accepted and the octets received so far in this network namespace.

    On loopback whatever is sent is received, so these are the octets of both directions.
    """
    return (
        _counter(Path("/proc/net/snmp"), "Tcp", "PassiveOpens"),
        _counter(Path("/proc/net/netstat"), "IpExt", "InOctets"),
    )


def _counter(table: Path, protocol: str, name: str) -> int:
    """Read a table of the kernel: a line of names, then one of numbers, each for a protocol."""
    names, numbers = (
        line.split() for line in table.read_text().splitlines() if line.startswith(f"{protocol}:")
    )
    return int(numbers[names.index(name)])


class _Memory:
    """Samples what processes and all below them hold, in a thread, until the block ends."""

    def __init__(self, roots: Sequence[int]) -> None:
        self.peak_bytes = 0
        self._roots = roots
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> _Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while True:
            held = sum(_held(pid) for root in self._roots for pid in _tree(root))
            self.peak_bytes = max(self.peak_bytes, held)
            if self._over.wait(SAMPLED_EVERY_S):
                return


def _tree(root: int) -> Iterator[int]:
    """Yield a process and all that came of it and still live; nothing where it is gone."""
    yield root
    with suppress(OSError):
        for task in Path(f"/proc/{root}/task").iterdir():
            with suppress(OSError):
                for child in (task / "children").read_text().split():
                    yield from _tree(int(child))


def _held(pid: int) -> int:
    """Return the proportional set size of a process in bytes; 0 where it is gone, or was not reaped yet."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
