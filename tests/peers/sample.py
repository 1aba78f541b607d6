"""The sample in reports/: every real server of the tests, scanned twice, the second time with a baseline.

    python -m tests.peers.sample reports/sample

The servers are real: see fleet.py and starttls.py. Their names, owners and environments are made up. Between
the two scans nginx loses its DHE group, s2n-tls is an update further, and one server goes away.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.peers.fleet import PEERS, Peer
from tests.peers.starttls import TALKERS
from tlsprobe.demo.credentials import SERVER_NAME, Credentials, make_credentials
from tlsprobe.demo.stack import DidNotStart
from tlsprobe.inventory import StartTls

COLUMNS = (
    "host", "port", "server_name", "starttls", "software", "owner", "environment", "managed", "clients",
    "handshakes_per_day", "notes",
)  # fmt: skip
PORT = 8443
# Whose a server is, by what its id begins with; the first that fits.
OWNERS = (
    (("postfix", "exim", "dovecot", "inn"), "mail"),
    (("postgresql", "mariadb", "openldap"), "data"),
    (("proftpd", "xrdp", "prosody"), "workplace"),
    (("nginx", "apache", "lighttpd", "haproxy", "stunnel"), "web"),
    (("java", "erlang", "node", "python"), "applications"),
    (("",), "platform"),
)
STAGING = ("openssl-auto", "openssl-dsa", "lighttpd-openssl", "tlslite-ng", "prosody-servers")
OLD_CLIENTS = {"java": ("Windows 8.1; Windows Server 2012 R2", 40_000), "postgresql": ("", 9_000)}
# What stands at a place in the first scan and in the second; None: nothing.
CHANGES: dict[str, tuple[str | None, str | None]] = {
    "nginx": ("nginx", "nginx-no-dhparam"),
    "s2n": ("s2n-0.35.0", "s2n"),
    "stunnel": ("stunnel", None),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A row of the inventory, and the server behind it in each of the two scans."""

    name: str
    address: str
    starttls: StartTls
    before: Peer | None
    after: Peer | None


def places() -> Iterator[Place]:
    """Give every real server a place; those that only stand in for another have none of their own."""
    standing_in = {"nginx-no-dhparam", "s2n-0.35.0"}
    for peer in PEERS.values():
        if not peer.emulated and peer.id not in standing_in:
            before, after = (
                PEERS.get(name) if name else None for name in CHANGES.get(peer.id, (peer.id, peer.id))
            )
            yield Place(peer.id, peer.address, StartTls.NONE, before, after)
    for talker in TALKERS:
        name = talker.peer.id.removeprefix("starttls-")
        yield Place(name, talker.peer.address, talker.starttls, talker.peer, talker.peer)


def main(target: Path) -> None:
    """Scan twice, and leave the second run in `target`."""
    with tempfile.TemporaryDirectory(prefix="tlsprobe-sample-") as made:
        folder = Path(made).resolve()
        folder.chmod(0o755)  # some servers have accounts of their own
        credentials = make_credentials(folder / "credentials")
        every = list(places())
        write_inventory(folder / "inventory.csv", every)
        with started(folder / "first", [(each, each.before) for each in every], credentials):
            scan(folder, "last-month", "--samples", "1500")
        with started(folder / "second", [(each, each.after) for each in every], credentials):
            scan(folder, "sample", "--samples", "2000", "--baseline", "last-month")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder / "sample", target)


def write_inventory(path: Path, every: Sequence[Place]) -> None:
    """Write a row for each place, and one that can't be used."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for each in every:
            owner = next(team for starts, team in OWNERS if each.name.startswith(starts))
            environment = "staging" if each.name in STAGING else "production"
            clients, per_day = OLD_CLIENTS.get(each.name, ("", ""))
            # XMPP names the domain that it wants, and there is one only.
            name = SERVER_NAME if each.starttls.startswith("xmpp") else f"{each.name}.{owner}.example"
            peer = each.after or each.before
            software = peer.stack.title if peer else ""
            rows.writerow(
                [
                    each.address,
                    PORT,
                    name,
                    each.starttls,
                    software,
                    owner,
                    environment,
                    "yes",
                    clients,
                    per_day,
                    "",
                ]
            )
        rows.writerow(["127.77.3.1", "https", "", "", "", "web", "production", "", "", "", ""])


@contextmanager
def started(
    folder: Path, every: Sequence[tuple[Place, Peer | None]], credentials: Credentials
) -> Iterator[None]:
    """Run the servers of one of the two scans until the block ends; say which can't."""
    with ExitStack() as servers:
        for place, peer in every:
            if peer is None:
                continue
            why = peer.stack.missing()
            if why is None:
                options = replace(peer.options(credentials), port=PORT)
                try:
                    servers.enter_context(
                        peer.stack.start(place.address, folder / place.name, credentials, options)
                    )
                except DidNotStart as error:
                    why = str(error)
            if why is not None:
                print(f"{place.name}: {why}", flush=True)
        yield


def scan(folder: Path, out: str, *flags: str) -> None:
    """Scan as anybody would; findings are no failure."""
    command = [sys.executable, "-m", "tlsprobe", "scan", "inventory.csv", "--out", out, *flags]
    code = subprocess.run(command, check=False, cwd=folder).returncode
    if code not in (0, 1, 3):
        sys.exit(f"the scan ended with {code}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
