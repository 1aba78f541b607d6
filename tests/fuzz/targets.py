"""Every target by its name. A target takes any bytes; an exception out of it is a bug."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.fuzz import files, servers

CORPUS = Path(__file__).parent / "corpus"
TARGETS: dict[str, Callable[[bytes], None]] = {**servers.TARGETS, **files.TARGETS}
