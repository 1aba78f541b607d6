"""A run on disk: scan.jsonl, one line a server, facts only; run.json, who and when and with what flags.

A line is written when its server is done, and flushed to disk before the next. A run that was killed loses
at most the servers in flight; docs/operating.md says what else survives what.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from tlsprobe.facts import SCHEMA, ServerScan, inconsistency
from tlsprobe.files import open_regular, write_whole
from tlsprobe.inventory import BadRow, Notice, Pin, RowKey, Target
from tlsprobe.linefile import LineFile, at_rest
from tlsprobe.waivers import Waiver

JOURNAL = "scan.jsonl"
RUN = "run.json"
INVENTORY = "inventory.csv"

TargetKey = tuple[RowKey, str | None]


class JournalError(Exception):
    """A run folder that cannot be read or written; the text says which file, and what to do."""


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What an auditor asks of a run. Times in UTC; `finished` is None until all servers had their turn.

    `stopped` says what ended the last invocation before that: `until`, or that the change windows of all
    servers left were closed; None where it was interrupted. Of the flags, `until` is the last invocation's.
    `waivers` are those that its reports go by, `baseline` the run that they compare it with.
    """

    run_id: str
    tool_version: str
    started: datetime
    finished: datetime | None
    user: str
    host: str
    command: str
    inventory: str
    inventory_sha256: str
    flags: dict[str, str] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()
    bad_rows: tuple[BadRow, ...] = ()
    notices: tuple[Notice, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    baseline: str | None = None  # its run_id
    stopped: Literal["until", "window"] | None = None


_RUN = TypeAdapter(RunInfo)


@cache
def _scans() -> TypeAdapter[ServerScan]:
    """Make this when the first is written, or read: there is time then, while servers are waited for."""
    return TypeAdapter(ServerScan)


def target_key(target: Target) -> TargetKey:
    """What makes two lines speak of the same server: the row, and the address it is pinned to."""
    return target.row, target.address


def to_line(scan: ServerScan) -> bytes:
    """One journal line, with its line feed."""
    return _scans().dump_json(scan) + b"\n"


def json_schema() -> str:
    """The JSON Schema of a journal line, as docs/scan.schema.json holds it."""
    schema = _scans().json_schema(mode="serialization")
    return json.dumps({"title": "A line of scan.jsonl", **schema}, indent=1, ensure_ascii=False) + "\n"


class Journal:
    """Appends scans to a run; a context manager. While it is open nobody else goes on with the run.

    `after` is the size, in bytes, that the journal had when it was read to plan what is left: None where that
    makes no difference.
    """

    def __init__(self, folder: Path, *, after: int | None = None) -> None:
        self._path = folder / JOURNAL
        self._lines = LineFile(self._path)
        self._after = after

    def __enter__(self) -> Journal:
        with _errors(self._path, "make its folder writable, or choose another one with --out"):
            self._lines.__enter__()
        if self._after not in (None, self._lines.size):
            self._lines.__exit__(None, None, None)
            raise JournalError(f"{self._path}: another tlsprobe wrote to this run meanwhile; start again")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.__exit__(kind, error, trace)

    def append(self, scan: ServerScan) -> None:
        """Write one line and wait until the disk has it; JournalError, and no part of it, where it cannot."""
        with _errors(self._path, "what is there is kept: make room, and go on with --resume"):
            self._lines.append(to_line(scan))


@contextmanager
def nobody_writing(folder: Path) -> Iterator[int]:
    """Keep others from going on with a run while it is read; yield the size of its journal in bytes.

    JournalError where one is at it.
    """
    path = folder / JOURNAL
    with ExitStack() as reading:
        with _errors(path, "give a folder that `tlsprobe scan` wrote"):
            size = reading.enter_context(at_rest(path))
        yield size


@contextmanager
def _errors(path: Path, advice: str) -> Iterator[None]:
    try:
        yield
    except BlockingIOError:
        raise JournalError(f"{path}: another tlsprobe is working on this run; wait until it ends") from None
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}; {advice}") from None


def read_scans(
    folder: Path, *, keep: Callable[[ServerScan], ServerScan] | None = None
) -> tuple[ServerScan, ...]:
    """Read a run's scans in order; of one server asked twice (`--retry`) the last line counts.

    A line that says that a name has no address counts no more once there are lines of its addresses. A scan
    takes as much memory as its line has bytes, so of many servers `keep` keeps less (condensed.py).
    """
    path = folder / JOURNAL
    latest: dict[TargetKey, ServerScan] = {}
    with _no_garbage():
        for number, _, line in _lines(path):
            scan = _scan(line, f"{path} line {number}")
            latest[target_key(scan.target)] = keep(scan) if keep else scan
    with_addresses = {scan.target.row for scan in latest.values() if scan.target.pin}
    return tuple(scan for scan in latest.values() if scan.target.pin or scan.target.row not in with_addresses)


def read_each(folder: Path, targets: Iterable[Target]) -> Iterator[ServerScan | None]:
    """Yield the scan of each target as the journal has it, one at a time; None where it has none."""
    path = folder / JOURNAL
    begins = {
        target_key(_read(_HEAD, line, f"{path} line {number}").target): begin
        for number, begin, line in _lines(path)
    }
    with open_regular(path) as file:
        for target in targets:
            if (at := begins.get(target_key(target))) is None:
                yield None
            else:
                file.seek(at)
                yield _scan(file.readline(), f"{path} byte {at}")


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Look for none while all that is made is kept: at 10,000 servers that takes a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(frozen=True, slots=True)
class _Head:
    """What says which server a line is of."""

    target: Target
    schema: int = SCHEMA


_HEAD = TypeAdapter(_Head)
_Line = TypeVar("_Line", ServerScan, _Head)


def _scan(line: bytes, place: str) -> ServerScan:
    scan = _read(_scans(), line, place)
    if wrong := inconsistency(scan):
        raise JournalError(f"{place}: {wrong}")
    return scan


def _read(adapter: TypeAdapter[_Line], line: bytes, place: str) -> _Line:
    try:
        read = adapter.validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise JournalError(f"{place}: {where}: {first['msg']}") from None
    if read.schema > SCHEMA:
        raise JournalError(f"{place}: written by a newer tlsprobe (schema {read.schema})")
    return read


def _lines(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Yield the lines that are whole, each with its number and the byte at which it begins."""
    begin = 0
    try:
        with open_regular(path) as file:
            for number, line in enumerate(file, start=1):
                if line.endswith(b"\n") and line.strip():
                    yield number, begin, line
                begin += len(line)
    except FileNotFoundError:
        raise JournalError(
            f"{path}: there is no such run; give a folder that `tlsprobe scan` wrote"
        ) from None
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}") from None


def write_run_info(folder: Path, info: RunInfo) -> None:
    """Write run.json, whole or not at all."""
    path = folder / RUN
    text = json.dumps(_RUN.dump_python(info, mode="json"), indent=2, ensure_ascii=False)
    with _errors(path, "make its folder writable, or choose another one with --out"):
        write_whole(path, (text + "\n").encode())


def read_run_info(folder: Path) -> RunInfo:
    """Read run.json; JournalError where it is missing or no such file."""
    path = folder / RUN
    try:
        with open_regular(path) as file:
            return _RUN.validate_json(file.read())
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}; give a folder that `tlsprobe scan` wrote") from None
    except ValidationError as error:
        raise JournalError(f"{path}: not a run.json of tlsprobe ({error.error_count()} problems)") from None


def remaining(targets: Iterable[Target], done: Iterable[Target]) -> tuple[Target, ...]:
    """Return the targets that are not done; of a name that was looked up, its addresses that are not."""
    done = tuple(done)
    keys = set(map(target_key, done))
    pins: dict[RowKey, Pin | None] = {target.row: None for target in done}
    pins |= {target.row: target.pin for target in done if target.pin}
    left: list[Target] = []
    for target in targets:
        if target.row not in pins:
            left.append(target)
        elif pin := pins[target.row]:
            left += (each for each in target.pinned(pin.of) if target_key(each) not in keys)
    return tuple(left)
