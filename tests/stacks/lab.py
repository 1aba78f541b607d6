"""What a bench is: one TLS library, in one program, with one configuration, that can be started and scanned.

The servers come from four places: the peers of tests/peers as they are, the same set up otherwise, the same
programs with what their makers set (TLS 1.3 among it), and further libraries.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from tlsprobe.demo.credentials import SERVER_NAME, Credentials
from tlsprobe.demo.stack import Launch, Running, Site, started_by
from tlsprobe.engines.local import run
from tlsprobe.facts import ServerScan
from tlsprobe.inventory import StartTls, Target
from tlsprobe.limits import Limits
from tlsprobe.scan import ScanConfig

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "stacks"
PROGRAMS = Path(__file__).parent / "programs"
CONFIG = ScanConfig(limits=Limits(rate=100_000.0), deadline_s=120.0)

Start = Callable[[str, Path, Credentials], AbstractContextManager[Running]]


@dataclass(frozen=True, slots=True)
class Bench:
    """`family` is the true one; `default`: its maker's settings. `held_out` ones are never learned from."""

    family: str
    version: str  # the library and its version: "OpenSSL 3.0.19"
    program: str
    configuration: str
    start: Start
    missing: Callable[[], str | None]
    default: bool = False
    held_out: bool = False
    starttls: StartTls = StartTls.NONE

    @property
    def id(self) -> str:
        """A name that is unique."""
        return f"{self.version} | {self.program} | {self.configuration}"


def bench(
    family: str,
    version: str,
    program: str,
    configuration: str,
    prepare: Callable[[Site], Launch],
    missing: Callable[[], str | None] = lambda: None,
    *,
    default: bool = False,
    held_out: bool = False,
) -> Bench:
    """Make a bench of a function that returns a server's command."""
    started = started_by(prepare)

    def start(address: str, workdir: Path, credentials: Credentials) -> AbstractContextManager[Running]:
        return started(address, workdir, credentials)

    return Bench(family, version, program, configuration, start, missing, default, held_out)


def scan_bench(one: Bench, server: Running, *, samples: int = 0) -> ServerScan:
    """Scan it once, as a user would, by the real engine."""
    name = "localhost" if one.starttls is StartTls.NONE else SERVER_NAME
    target = Target(1, server.address, server.port, server_name=name, starttls=one.starttls)
    (scan,) = run([target], replace(CONFIG, samples=samples))
    return scan


def version_of(*command: str | Path) -> str:
    """What a program says of its version, on one line; empty where it is not there."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return " ".join((said.stdout + said.stderr).split())


def package_version(*names: str) -> str:
    """The upstream version of the first of these Debian packages that is installed."""
    for name in names:
        said = version_of("dpkg-query", "-W", "-f", "${Version}", name)
        if said and "no packages" not in said:
            return said.split(":")[-1].split("-")[0].split("+")[0]
    return "?"
