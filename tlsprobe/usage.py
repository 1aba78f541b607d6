"""How a command refuses what its user asked for: one line on standard error, and exit code 2."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from tlsprobe.log import said

EXIT_USAGE = 2


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn errors of the user's files into one line and exit code 2."""
    from tlsprobe.clients.profile import ClientsError
    from tlsprobe.flag_values import UsageError
    from tlsprobe.inventory import InventoryError
    from tlsprobe.journal import JournalError

    try:
        yield
    except (ClientsError, InventoryError, JournalError, UsageError) as error:
        usage(str(error))


def usage(text: str) -> NoReturn:
    """Say what is wrong, and end."""
    said("usage-error", text, level=logging.ERROR)
    raise typer.Exit(EXIT_USAGE)
