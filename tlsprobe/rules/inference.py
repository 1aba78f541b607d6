"""How a server would write a share that was not seen: as its TLS library does elsewhere, if it is known."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from tlsprobe.facts import ServerScan, ShareEncoding
from tlsprobe.stacks import identify


@dataclass(frozen=True, slots=True)
class Inferred:
    """What was measured of the library that was identified here with high confidence."""

    family: str
    encoding: ShareEncoding


def inferred_share(scan: ServerScan) -> Inferred | None:
    """Return how the library writes a zero-led dh_Ys; None where it is not known well enough which it is."""
    if not scan.glances:
        return None
    stack = identify(scan)
    known = _encodings().get(stack.family)
    if known is None or stack.confidence != "high" or stack.caveat:
        return None
    if any(library.startswith(known.but) for library in stack.libraries):
        return None
    return Inferred(stack.family, known.encoding)


def is_inferred_short(scan: ServerScan) -> bool:
    """Whether no zero-led share was seen, and the library is one that sends them short."""
    if scan.share is not None and scan.share.encoding is not ShareEncoding.UNOBSERVED:
        return False
    inferred = inferred_share(scan)
    return inferred is not None and inferred.encoding is ShareEncoding.SHORT


def contradicts(scan: ServerScan) -> Inferred | None:
    """Return what was expected, where what was seen is otherwise."""
    inferred = inferred_share(scan)
    if inferred is None or scan.share is None or scan.share.encoding is ShareEncoding.UNOBSERVED:
        return None
    return inferred if scan.share.encoding is not inferred.encoding else None


@dataclass(frozen=True, slots=True)
class _Known:
    encoding: ShareEncoding
    but: tuple[str, ...]


@cache
def _encodings() -> Mapping[str, _Known]:
    text = resources.files("tlsprobe.data").joinpath("share_encodings.toml").read_text("utf-8")
    return {
        family: _Known(ShareEncoding(row["encoding"]), tuple(row.get("but", ())))
        for family, row in tomllib.loads(text).items()
    }
