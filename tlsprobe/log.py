"""Where log lines go: standard error."""

from __future__ import annotations

import logging
import sys


def set_up(verbose: bool) -> None:
    """Log warnings; with `verbose` what is done, server by server."""
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(stream=sys.stderr, level=level, format="%(levelname)s %(name)s: %(message)s")
