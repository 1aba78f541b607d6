"""The demo: every server that can run here, on loopback, and an inventory file that lists them."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import STACKS, DidNotStart, Options, Running, Stack
from tlsprobe.wording import Wording

COLUMNS = ("host", "port", "server_name", "software", "owner", "environment", "managed", "notes")


@contextmanager
def demo_inventory(*, say: Callable[[str], None], words: Wording) -> Iterator[Path]:
    """Start what can be started, each server on an address of its own, and yield the inventory's path.

    `say` is told what runs and what is left out, and why. All servers end with the block.
    """
    with tempfile.TemporaryDirectory(prefix="tlsprobe-demo-") as folder, ExitStack() as servers:
        root = Path(folder)
        credentials = make_credentials(root)
        rows = []
        for number, stack in enumerate(STACKS, start=1):
            why = stack.missing()
            if why is None:
                # Where a server has a group of its own, that is the one to see.
                dh_file = credentials.dh_files["rfc3526-2048"] if stack.needs_dh_file else None
                options = Options(dh_file=dh_file)
                try:
                    start = stack.start(f"127.88.0.{number}", root / stack.id, credentials, options)
                    rows.append(_row(stack, servers.enter_context(start)))
                    continue
                except DidNotStart as error:
                    why = str(error).splitlines()[0]
            say(words.say("demo.left-out", title=stack.title, why=why))
        say(words.say("demo.running", titles=", ".join(row[-1] for row in rows)))
        inventory = root / "demo.csv"
        with inventory.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([COLUMNS, *rows])
        yield inventory


def _row(stack: Stack, server: Running) -> tuple[str, ...]:
    return server.address, str(server.port), "localhost", stack.id, "demo", "loopback", "yes", stack.title
