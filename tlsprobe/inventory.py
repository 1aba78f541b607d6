"""CSV row → Target. A bad row is reported by line and the rest go on.

Only a file that is no inventory at all raises: everything about single rows is a value, so a scan
can say at its end what it did not look at.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from tlsprobe.change_window import ChangeWindow, ChangeWindowError
from tlsprobe.columns import (
    InventoryError,
    Layout,
    Notice,
    closest,
    lay_out,
    parse_columns,
    read_bytes,
    simplified,
)
from tlsprobe.csvrows import CsvError, Row, SpoiltLines, read_sheet, undecodable
from tlsprobe.hosts import (
    HostError,
    Place,
    Reason,
    looks_like_host,
    normalise_name,
    parse_address,
    parse_place,
    parse_port,
    shown,
)
from tlsprobe.starttls import STARTTLS_ALIASES, StartTls
from tlsprobe.target import DEFAULT_PORT, Pin, RowKey, Target

__all__ = [
    "BadRow",
    "Inventory",
    "InventoryError",
    "Notice",
    "Pin",
    "Reason",
    "RowKey",
    "StartTls",
    "Target",
    "parse_columns",
    "parse_inventory",
    "parse_target",
    "read_inventory",
]

MANAGED_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("yes", "y", "true", "t", "1"), True),
    **dict.fromkeys(("no", "n", "false", "f", "0"), False),
    **dict.fromkeys(("", "unknown", "n/a"), None),
}


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out: where, what stood there (made printable), and what to do."""

    line: int
    column: str  # the file's own header; empty where the row as a whole is the matter
    value: str
    reason: Reason
    message: str
    host: str = ""  # as read, else what stands in its cell; empty where it isn't known which cell that is


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a file holds. `columns` are the names of the tags; `sha256` is that of the bytes."""

    targets: tuple[Target, ...]
    bad_rows: tuple[BadRow, ...]
    notices: tuple[Notice, ...]
    sha256: str
    columns: tuple[str, ...]


def read_inventory(path: Path | str, *, columns: Mapping[str, str] | None = None) -> Inventory:
    """Read an inventory; `columns` maps our names to the file's, as parse_columns returns it.

    Raises InventoryError where the file can't be read, is empty, or has no host column.
    """
    data = read_bytes(Path(path), "inventory")
    try:
        return parse_inventory(data, columns=columns)
    except InventoryError as error:
        raise InventoryError(f"{shown(str(path), 200)}: {error}") from None


def parse_inventory(data: bytes, *, columns: Mapping[str, str] | None = None) -> Inventory:
    """Do the work of read_inventory on bytes."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise InventoryError("this is a workbook; save it as CSV in UTF-8 first")
    try:
        sheet = read_sheet(data)
    except CsvError as error:
        raise InventoryError(str(error)) from None
    layout, notices = lay_out(sheet.header, columns or {})
    targets: list[Target] = []
    bad_rows: list[BadRow] = []
    for row in sheet.rows(lambda cells: looks_like_host(layout.cell(cells, "host"))):
        if isinstance(row, SpoiltLines):
            bad_rows.append(_spoilt(row))
            continue
        damage = _damage(row, layout)
        if damage:
            bad_rows.append(damage)
            continue
        try:
            targets.append(_target(row, layout))
        except _RowFault as fault:
            bad_rows.append(fault.bad_row(row, layout))
    merged, duplicates = _merge(targets)
    return Inventory(
        targets=merged,
        bad_rows=tuple(bad_rows),
        notices=notices + duplicates,
        sha256=hashlib.sha256(data).hexdigest(),
        columns=tuple(name for name, _ in layout.tags),
    )


def parse_target(text: str) -> Target:
    """Read `host`, `host:port`, `[v6]:port` or a URL from a command line; its line is 0.

    Raises InventoryError.
    """
    try:
        place = parse_place(text)
    except HostError as error:
        raise InventoryError(str(error)) from None
    port = place.port or place.implied_port or DEFAULT_PORT
    return Target(line=0, host=place.host, port=port, server_name=_own_name(place.host))


class _RowFault(Exception):
    def __init__(self, name: str, value: str, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.name, self.value, self.reason = name, value, reason

    def bad_row(self, row: Row, layout: Layout) -> BadRow:
        column, host = layout.named(self.name), _host_said(row, layout)
        return BadRow(row.line, column, shown(self.value), self.reason, str(self), host)


def _host_said(row: Row, layout: Layout) -> str:
    """Say whose row it is, though it can't be used, so that its owner finds it again."""
    if any(row.cells[len(layout.header) :]):
        return ""  # a cell too many may stand before the host
    text = layout.cell(row.cells, "host")
    try:
        return parse_place(text).host
    except HostError:
        return shown(text)


def _spoilt(lines: SpoiltLines) -> BadRow:
    if lines.too_long:
        reason = Reason.TOO_LONG
        message = "the line is far too long for a row; check where it should have ended"
    elif lines.last > lines.first:
        reason = Reason.STRAY_QUOTE
        message = (
            f"lines {lines.first} to {lines.last} could be one quoted cell or rows of their own, "
            "and none was taken; remove the quotes, or the line breaks between them"
        )
    else:
        reason = Reason.STRAY_QUOTE
        message = (
            "a quote doesn't close, or stands where none may; remove it, or write it twice "
            "inside a quoted cell"
        )
    return BadRow(lines.first, "", shown(lines.text), reason, message)


def _target(row: Row, layout: Layout) -> Target:

    def cell(name: str) -> str:
        return layout.cell(row.cells, name)

    place = _read("host", cell("host"), parse_place)
    host_is_port_too = layout.index["host"] == layout.index.get("port")
    port = _port(place, "" if host_is_port_too else cell("port"))
    return Target(
        line=row.line,
        host=place.host,
        port=port,
        server_name=_server_name(place.host, cell("server_name"), layout),
        starttls=_starttls(cell("starttls")),
        software=cell("software"),
        owner=cell("owner"),
        environment=cell("environment"),
        managed=_managed(cell("managed")),
        clients=_clients(cell("clients")),
        handshakes_per_day=_handshakes(cell("handshakes_per_day")),
        window=_window(cell("window")),
        notes=cell("notes"),
        tags=tuple((n, row.cells[at] if at < len(row.cells) else "") for n, at in layout.tags),
    )


def _damage(row: Row, layout: Layout) -> BadRow | None:
    """Find a cell that belongs to no column, or whose bytes are no text."""
    header = layout.header
    for at, text in enumerate(row.cells):
        if at >= len(header) and text:
            message = (
                f"the row has text in column {at + 1}, but the header names only {len(header)}; "
                "put a cell that holds the delimiter into quotes, or name the column"
            )
            return BadRow(row.line, "", shown(text), Reason.TOO_MANY_CELLS, message)
        if undecodable(text):
            message = f"{shown(text)} is neither UTF-8 nor UTF-16; save the file again as CSV in UTF-8"
            host = _host_said(row, layout)
            return BadRow(row.line, header[at], shown(text), Reason.UNDECODABLE, message, host)
    return None


_T = TypeVar("_T")


def _read(name: str, text: str, parse: Callable[[str], _T]) -> _T:
    try:
        return parse(text)
    except HostError as error:
        raise _RowFault(name, text, error.reason, str(error)) from None


def _port(place: Place, text: str) -> int:
    if not text:
        return place.port or place.implied_port or DEFAULT_PORT
    port = _read("port", text, parse_port)
    if place.port not in (None, port):
        raise _RowFault(
            "port",
            text,
            Reason.PORT_CONFLICT,
            f"the host cell says port {place.port} and this one {port}; leave one of them out",
        )
    return port


def _own_name(host: str) -> str | None:
    return host if parse_address(host) is None else None


def _server_name(host: str, text: str, layout: Layout) -> str | None:
    if not text or layout.index.get("server_name") == layout.index["host"]:
        return _own_name(host)
    if text == "-":
        return None
    try:
        return normalise_name(text)
    except HostError:
        raise _RowFault(
            "server_name",
            text,
            Reason.BAD_SERVER_NAME,
            f"{shown(text)} can't be sent as a server name; write one DNS name without a port, "
            "leave the cell empty to send the host, or write - to send none",
        ) from None


_STARTTLS_WORDS = {
    **{simplified(word): value for word, value in STARTTLS_ALIASES.items()},
    **{simplified(value): value for value in StartTls},
}


def _starttls(text: str) -> StartTls:
    if not text:
        return StartTls.AUTO
    if text == "-":
        return StartTls.NONE
    found = _STARTTLS_WORDS.get(simplified(text))
    if found is None:
        near = closest(text, list(_STARTTLS_WORDS))
        hint = f"did you mean {_STARTTLS_WORDS[near]}? " if near else ""
        raise _RowFault(
            "starttls",
            text,
            Reason.UNKNOWN_STARTTLS,
            f"{shown(text)} is not a protocol known here; {hint}write one of {', '.join(StartTls)}",
        )
    return found


def _managed(text: str) -> bool | None:
    word = text.casefold()
    if word in ("-", "?"):
        return None
    if word not in MANAGED_WORDS:
        raise _RowFault(
            "managed",
            text,
            Reason.BAD_MANAGED,
            f"{shown(text)} doesn't say whether the server is yours; write yes or no, or nothing",
        )
    return MANAGED_WORDS[word]


# No id is a number, as the words of `windows 7` are, or one of these.
_CLIENT_ID = re.compile(r"(?!(?:microsoft|windows|win|server)$)[0-9._-]*[a-z][a-z0-9._-]*")


def _clients(text: str) -> tuple[str, ...]:
    """Split ids from each other, but leave `Windows Server 2012 R2 Standard` in one piece, in any case."""
    if re.search(r"[;\n]", text):
        parts = [part.strip() for part in re.split(r"[;\n]", text)]
    else:
        words = [word for word in re.split(r"[\s,]+", text) if word]
        ids = all(_CLIENT_ID.fullmatch(word) for word in words)
        parts = words if ids else [text]
    return tuple(dict.fromkeys(part for part in parts if part))


def _handshakes(text: str) -> float | None:
    if not text:
        return None
    number = math.inf
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", text):
        number = float(text)
    if math.isinf(number):
        raise _RowFault(
            "handshakes_per_day",
            text,
            Reason.BAD_NUMBER,
            f"{shown(text)} is not a number of handshakes; write digits, with a dot before "
            "decimals and nothing between thousands",
        )
    return number


def _window(text: str) -> str:
    if not text:
        return ""
    try:
        return str(ChangeWindow.parse(text))
    except ChangeWindowError as error:
        raise _RowFault(
            "window", text, Reason.BAD_WINDOW, f"{error}; an empty cell means at any time"
        ) from None


def _merge(targets: Sequence[Target]) -> tuple[tuple[Target, ...], tuple[Notice, ...]]:
    kept: dict[RowKey, Target] = {}
    notices = []
    for target in targets:
        first = kept.setdefault(target.row, target)
        if first is target:
            continue
        clients = tuple(dict.fromkeys(first.clients + target.clients))
        kept[target.row] = replace(first, clients=clients)
        notices.append(
            Notice(
                line=target.line,
                kind="duplicate",
                message=f"line {target.line} names {target.endpoint} again, after line "
                f"{first.line}; it is scanned once, for the clients of both rows, with "
                f"everything else from line {first.line}",
                value=target.endpoint,
            )
        )
    return tuple(kept.values()), tuple(notices)
