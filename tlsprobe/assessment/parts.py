"""A run cut by a column of the inventory, such as owner: an assessment for each of its values."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial

from tlsprobe.assessment import Assessment, Judged, Waiver
from tlsprobe.inventory import Target

_LONGEST_NAME = 60  # characters, of at most four bytes each: file systems take 255 bytes
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")  # what Windows opens as a device
_NOBODY = "without"  # the folder of the servers whose cell is empty
# Columns that the inventory knows by several headers.
_KNOWN: dict[str, Callable[[Target], str]] = {
    "owner": lambda target: target.owner,
    "environment": lambda target: target.environment,
    "software": lambda target: target.software,
}


class PartsError(ValueError):
    """No server has such a column; the text names those there are."""


@dataclass(frozen=True, slots=True)
class Part:
    """The servers that share a value; `folder` is a name that any file system takes and no other part has."""

    column: str  # as a name for a folder too
    value: str  # empty where the cell is
    folder: str
    assessment: Assessment


def parts(assessment: Assessment, column: str) -> tuple[Part, ...]:
    """Cut a run by a column, in the order of its values. Raises PartsError.

    Upper and lower case and spaces make no difference to whose a server is. Nothing of a row that could not
    be used is in any part: whose it is, is not known.
    """
    read = _reader(assessment, column)
    servers: dict[str, list[Judged]] = {}
    spelled: dict[str, str] = {}
    for each in assessment.servers:
        value = read(each.scan.target)
        spelled.setdefault(_plain(value), " ".join(value.split()))
        servers.setdefault(_plain(value), []).append(each)
    (name,) = _folders([column])
    folders = dict(zip(sorted(servers), _folders(sorted(servers)), strict=True))
    return tuple(
        Part(
            name,
            spelled[key],
            folders[key],
            _only(assessment, servers[key], partial(_is_of, read, key)),
        )
        for key in folders
    )


def _is_of(read: Callable[[Target], str], key: str, target: Target) -> bool:
    return _plain(read(target)) == key


def _plain(value: str) -> str:
    """Upper and lower case and spaces make no difference."""
    return " ".join(value.split()).casefold()


def _reader(assessment: Assessment, column: str) -> Callable[[Target], str]:
    wanted = column.strip().casefold()
    targets = [each.scan.target for each in assessment.servers]
    headers = {name.casefold() for target in targets for name, _ in target.tags}
    known = [name for name, read in _KNOWN.items() if any(map(read, targets))]
    if wanted in known:
        return _KNOWN[wanted]
    if wanted in headers:
        return lambda target: next((text for name, text in target.tags if name.casefold() == wanted), "")
    names = sorted({*known, *headers})
    if not names:
        raise PartsError(f"{column}: the inventory has no column that servers could be told apart by")
    near = get_close_matches(wanted, names, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise PartsError(f"{column}: no such column; {hint}the inventory has {', '.join(names)}")


def _folders(values: list[str]) -> Iterator[str]:
    """Name a folder for each value: letters and digits of any script stay, and two never share one."""
    taken: set[str] = set()
    for value in values:
        plain = unicodedata.normalize("NFKC", value).casefold()
        name = re.sub(r"[^\w.]+", "-", plain).strip(".-_")[:_LONGEST_NAME].rstrip(".-_") or _NOBODY
        if is_device := _DEVICES.fullmatch(name):
            name = name.replace(".", "-")  # Windows looks at what stands before the first dot
        if name in taken or is_device:
            name += "-" + hashlib.sha256(value.encode(errors="surrogatepass")).hexdigest()[:8]
        taken.add(name)
        yield name


def _only(assessment: Assessment, servers: list[Judged], is_of: Callable[[Target], bool]) -> Assessment:
    """Leave out whatever speaks of others' servers."""
    lines = {each.scan.target.line for each in servers}
    endpoints = {each.scan.target.endpoint for each in servers}

    def of_them(waivers: tuple[Waiver, ...]) -> tuple[Waiver, ...]:
        scans = [each.scan for each in servers]
        return tuple(
            each for each in waivers if any(each.may_mean(scan.target, scan.address) for scan in scans)
        )

    info = replace(
        assessment.info,
        bad_rows=(),
        notices=tuple(each for each in assessment.info.notices if each.line in lines),
        excluded=tuple(each for each in assessment.info.excluded if each in endpoints),
        waivers=of_them(assessment.info.waivers),
    )
    return replace(
        assessment,
        info=info,
        servers=tuple(servers),
        gone=tuple(each for each in assessment.gone if is_of(each.scan.target)),
        not_known=tuple(each for each in assessment.not_known if is_of(each.scan.target)),
        left=tuple(each for each in assessment.left if is_of(each.target)),
        hidden=tuple(each for each in assessment.hidden if is_of(each.target)),
        unmatched=of_them(assessment.unmatched),
        unsettled=of_them(assessment.unsettled),
    )
