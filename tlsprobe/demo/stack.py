"""What a demo server is, and the one place where its process starts and ends.

Every server is another maker's program, in the foreground, on a loopback address of the caller's
choice and a free port. It is up once the port takes a connection, and it is gone, with all of its
children, when the `with` block ends.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from tlsprobe.demo.credentials import Credentials, KeyPair

START_TIMEOUT_S = 30.0
# Debian keeps daemons in the sbin folders, and a user's PATH may leave those out.
SEARCH_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin"
PROGRAMS = Path(__file__).parent / "programs"
# A pipe on stdin, whose other end is ours alone, ends when we do, however that comes. The shell
# becomes the server, and leaves one behind that waits for it, to kill all of the process group.
UNTIL_ORPHANED = 'exec 9<&0 </dev/null; { read -r _ <&9; kill -KILL 0; } & exec "$@" 9<&-'
# So 9 is taken, the highest descriptor a plain shell can name; what is passed on starts above.
FIRST_FREE_DESCRIPTOR = 10

Version = Literal["1.0", "1.1", "1.2"]


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller may choose; a server that has no such setting goes its own way.

    `dh_file` is a PKCS #3 PEM file; None leaves the group to the server, which for some means no
    DHE at all (`Stack.needs_dh_file`). `dh_bits` is for servers that take a size, not a group.
    `ciphers` is the server's own cipher string, in its own language; for s2n-tls a security policy,
    which decides on the versions too. `blinding` is s2n-tls's: 10 to
    30 seconds of silence before it closes on an error; it is on unless an application turns it off.
    `port` is any free one where it is None.
    """

    lowest: Version = "1.2"
    highest: Version = "1.2"
    dh_file: Path | None = None
    dh_bits: int | None = None
    key_type: Literal["rsa", "dsa"] = "rsa"
    order: Literal["server", "client"] = "server"
    ciphers: str | None = None
    blinding: bool = False
    port: int | None = None

    @property
    def versions(self) -> tuple[Version, ...]:
        """The TLS versions from `lowest` to `highest`."""
        known: tuple[Version, ...] = ("1.0", "1.1", "1.2")
        return known[known.index(self.lowest) : known.index(self.highest) + 1]


@dataclass(frozen=True, slots=True)
class Running:
    """A server that takes connections; `log` is what its process has printed so far."""

    address: str
    port: int
    pid: int
    log: Path


class Start(Protocol):
    """Starts a server in `workdir`, which must be its own: configuration and logs go there."""

    def __call__(
        self, address: str, workdir: Path, credentials: Credentials, options: Options = ...
    ) -> AbstractContextManager[Running]:
        """Raise DidNotStart where the process ends, or stays silent for 30 s."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A TLS server that can be started, and `missing()`: None, or why it can't run here."""

    id: str
    title: str
    missing: Callable[[], str | None]
    start: Start
    needs_dh_file: bool = False


class DidNotStart(Exception):
    """The server ended, or did not open its port in time; the message ends with what it printed."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where one server is to run, and with what: all that a command line or a config file needs."""

    address: str
    port: int
    workdir: Path
    credentials: Credentials
    options: Options

    @property
    def pair(self) -> KeyPair:
        """The certificate and key of the type that the options ask for."""
        return getattr(self.credentials, self.options.key_type)  # type: ignore[no-any-return]

    def write(self, name: str, text: str) -> Path:
        """Write a configuration file into the server's folder."""
        path = self.workdir / name
        path.write_text(text)
        return path


@dataclass(frozen=True, slots=True)
class Launch:
    """A process to start. `inherit` are sockets that it gets, and that are closed here after."""

    command: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    inherit: Sequence[socket.socket] = ()


def started_by(prepare: Callable[[Site], Launch]) -> Start:
    """Make a `start` of a function that writes the server's files and returns its command."""

    @contextmanager
    def start(
        address: str, workdir: Path, credentials: Credentials, options: Options | None = None
    ) -> Iterator[Running]:
        workdir.mkdir(parents=True, exist_ok=True)
        options = options or Options()
        site = Site(
            address=address,
            port=options.port or free_port(address),
            workdir=workdir.resolve(),
            credentials=credentials,
            options=options,
        )
        with running(prepare(site), site) as server:
            yield server

    return start


@contextmanager
def running(launch: Launch, site: Site) -> Iterator[Running]:
    """Run the process until the block ends; it has a session of its own, and is killed with it."""
    log = site.workdir / "output.log"
    lifeline, kept = os.pipe()
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["/bin/sh", "-c", UNTIL_ORPHANED, "sh", *resolved(launch.command)],
            cwd=site.workdir,
            env={**os.environ, "HOME": str(site.workdir), **launch.environment},
            stdin=lifeline,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[given.fileno() for given in launch.inherit],
        )
    os.close(lifeline)
    for given in launch.inherit:
        given.close()
    try:
        wait_for_port(process, site, log)
        yield Running(address=site.address, port=site.port, pid=process.pid, log=log)
    finally:
        end(process)
        os.close(kept)


def resolved(command: Sequence[str | Path]) -> list[str]:
    """Find the program in the sbin folders too."""
    program, *arguments = (str(part) for part in command)
    return [shutil.which(program, path=SEARCH_PATH) or program, *arguments]


def wait_for_port(process: subprocess.Popen[bytes], site: Site, log: Path) -> None:
    """Return when the port takes a connection; raise DidNotStart if the process ends before."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DidNotStart(f"the server ended with {process.returncode}: {tail(log)}")
        try:
            socket.create_connection((site.address, site.port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise DidNotStart(f"the server has not opened {site.address}:{site.port}: {tail(log)}")


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and its group, and reap it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def tail(log: Path) -> str:
    """The end of what a process printed."""
    return log.read_text(errors="replace")[-2000:].strip()


def free_port(address: str) -> int:
    """A port that nobody listens on at this address, at this moment."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def needs(*programs: str, debian: str) -> Callable[[], str | None]:
    """A `missing` for servers that are programs: found on the PATH or in an sbin folder."""

    def missing() -> str | None:
        for program in programs:
            if shutil.which(program, path=SEARCH_PATH) is None:
                return f"{program} is not installed (Debian: {debian})"
        return None

    return missing


def script(name: str, *arguments: str | Path) -> list[str | Path]:
    """The command that runs one of the demo's Python programs with this interpreter."""
    # -P keeps the script's folder off sys.path: a file there must not pass for a library.
    return [sys.executable, "-P", PROGRAMS / name, *arguments]
