"""Which column of a file is which: by its own name, by another name in use, or as told."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tlsprobe.csvrows import decode, split_lines, undecodable
from tlsprobe.hosts import HostError, looks_like_host, parse_place, parse_port, shown

# What exports call each column. Within a row the earlier name wins where a file has several, so an
# FQDN comes before a short name and an address. `server name` is the SNI, unless the file has
# nothing better to say which host is meant.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "host": (
        "host",
        "fqdn",
        "fully qualified domain name",
        "dns name",
        "server fqdn",
        "host name",
        "endpoint",
        "server",
        "target",
        "domain name",
        "domain",
        "url",
        "node",
        "computer name",
        "computer",
        "machine name",
        "machine",
        "ip address",
        "ip",
        "ip addr",
        "ipv4 address",
        "ipv4",
        "ipv6 address",
        "ipv6",
        "address",
        "ホスト名",
        "ホスト",
        "サーバー名",
        "IPアドレス",
        "server name",
    ),
    "port": (
        "port",
        "tcp port",
        "port number",
        "tls port",
        "ssl port",
        "https port",
        "service port",
        "listen port",
        "destination port",
        "dst port",
        "ポート番号",
        "ポート",
    ),
    "server_name": ("server name", "sni", "tls server name", "virtual host", "vhost"),
    "starttls": ("starttls", "starttls protocol", "tls mode"),
    "software": ("software", "server software", "software product", "web server", "ソフトウェア"),
    "owner": (
        "owner",
        "owned by",
        "system owner",
        "responsible",
        "team",
        "owner team",
        "support group",
        "assignment group",
        "managed by",
        "contact",
        "担当者",
        "担当",
    ),
    "environment": ("environment", "env", "stage", "環境"),
    "managed": ("managed", "is managed", "managed by us", "ours"),
    "clients": ("clients", "client", "client os", "client profiles", "windows clients"),
    "handshakes_per_day": ("handshakes per day", "handshakes/day", "full handshakes per day"),
    "window": (
        "window",
        "change window",
        "maintenance window",
        "scan window",
        "service window",
        "maintenance time",
        "変更ウィンドウ",
        "メンテナンス ウィンドウ",
        "メンテナンス時間",
        "作業時間帯",
    ),
    "notes": ("notes", "note", "comment", "comments", "remarks", "remark", "description", "備考"),
}
COLUMNS = tuple(ALIASES)

_NOT_TAGS = ("host", "port", "server_name")


class InventoryError(ValueError):
    """A file can't be used as a whole; the text says what to do about it."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth a look that spoils nothing. `kind` is a stable id, `value` what it is about."""

    line: int | None
    kind: str
    message: str
    value: str = ""  # made printable; an older run.json has none


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each known column stands in a header, and what rides along under which name."""

    header: tuple[str, ...]
    index: Mapping[str, int]
    tags: tuple[tuple[str, int], ...]

    def cell(self, cells: Sequence[str], name: str) -> str:
        """Take the text under a known column; empty where the file or the row has none."""
        at = self.index.get(name)
        return cells[at] if at is not None and at < len(cells) else ""

    def named(self, name: str) -> str:
        """Give the file's own word for a known column."""
        return self.header[self.index[name]] if name in self.index else ""


def lay_out(header: tuple[str, ...], told: Mapping[str, str]) -> tuple[Layout, tuple[Notice, ...]]:
    """Find each known column in a header. `told` (name → header text) wins over the names in use.

    Raises InventoryError: no host column, or `told` names what is not there.
    """
    for cell in header:
        if undecodable(cell):
            raise InventoryError(
                f"the header {shown(cell)} is neither UTF-8 nor UTF-16; save the file again as CSV in UTF-8"
            )
    index = {_known(name): _told_index(header, name, text) for name, text in told.items()}
    free = {at: simplified(cell) for at, cell in enumerate(header) if at not in index.values()}
    for name, aliases in ALIASES.items():
        if name in index:
            continue
        at = _first_of(aliases, free)
        if at is not None:
            index[name] = at
            del free[at]
    if "host" not in index:
        raise InventoryError(_no_host_column(header))
    missing = [name for name in COLUMNS if name not in index]
    notices = [_suggestion(header[at], missing) for at in free]
    return Layout(header, index, _tags(header, index)), tuple(n for n in notices if n)


def parse_columns(text: str) -> dict[str, str]:
    """Read `host=FQDN,port=Port`, or the file `@columns.txt` with one `name = header` a line.

    A text without `=` is taken for the name of such a file too. Raises InventoryError.
    """
    path = text.removeprefix("@")
    if text.startswith("@") or (text.strip() and "=" not in text):
        return _columns_from_file(Path(path))
    columns: dict[str, str] = {}
    for part in text.split(","):
        if part.strip():
            _add_column(columns, part, "--columns")
    return columns


def columns_as_text(columns: Mapping[str, str]) -> str:
    """Write a mapping as run.json keeps it: what it says, not the file that said so."""
    return "\n".join(f"{name}={header}" for name, header in columns.items())


def kept_columns(text: str) -> dict[str, str]:
    """Read what `columns_as_text` wrote; no file is opened. Raises InventoryError."""
    return _columns_of_lines(text, "the run's columns")


def simplified(text: str) -> str:
    """Make `TCP-Port`, `tcp_port` and `Tcp port` the same word."""
    return "".join(c for c in text.casefold() if c.isalnum())


def closest(word: str, known: Sequence[str]) -> str | None:
    """Find the known word that a slip of the finger turns into this one."""
    plain = {simplified(one): one for one in known}
    word = simplified(word)
    if word in plain:
        return plain[word]
    swapped = [one for one in plain if len(one) > 2 and sorted(one) == sorted(word)]
    # 0.88 finds `ports` and `enviroment`, and leaves `service name` and `cost` alone.
    near = swapped or difflib.get_close_matches(word, plain, n=1, cutoff=0.88)
    return plain[near[0]] if near else None


def _columns_from_file(path: Path) -> dict[str, str]:
    return _columns_of_lines(decode(read_bytes(path, "mapping")), str(path))


def _columns_of_lines(text: str, where: str) -> dict[str, str]:
    columns: dict[str, str] = {}
    for number, line in enumerate(split_lines(text), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            _add_column(columns, line, f"{where} line {number}")
    return columns


def read_bytes(path: Path, what: str) -> bytes:
    """Read a whole file. Raises InventoryError that says which file, and why not."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        why = "there is no such file"
    except IsADirectoryError:
        why = "it is a folder; name the file in it"
    except PermissionError:
        why = "this user may not read it"
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = getattr(error, "strerror", None) or str(error)
    raise InventoryError(f"can't read the {what} file {shown(str(path), 200)}: {why}")


def _add_column(columns: dict[str, str], text: str, where: str) -> None:
    name, equals, header = (part.strip() for part in text.partition("="))
    if undecodable(text):
        raise InventoryError(f"{where}: {shown(text)} is not UTF-8")
    if not equals or not name or not header:
        raise InventoryError(f"{where}: {shown(text)} is not of the form name=header")
    name = _known(name, where)
    if name in columns:
        raise InventoryError(f"{where}: {name} is mapped twice; keep one of the two")
    columns[name] = header


def _known(name: str, where: str = "columns") -> str:
    plain = simplified(name)
    for known in COLUMNS:
        if simplified(known) == plain:
            return known
    near = closest(name, COLUMNS)
    hint = f"; did you mean {near}?" if near else ""
    raise InventoryError(f"{where}: {shown(name)} is none of the columns {', '.join(COLUMNS)}{hint}")


def _told_index(header: Sequence[str], name: str, text: str) -> int:
    if text in header:
        return header.index(text)
    plain = [simplified(cell) for cell in header]
    if simplified(text) in plain:
        return plain.index(simplified(text))
    near = closest(text, header)
    hint = f"; did you mean {shown(near)}?" if near else ""
    raise InventoryError(
        f"{name} is mapped to {shown(text)}, which is not a header of the file; "
        f"its headers are: {_listed(header)}{hint}"
    )


def _first_of(aliases: Sequence[str], free: Mapping[int, str]) -> int | None:
    for alias in aliases:
        plain = simplified(alias)
        for at, header in free.items():
            if header == plain:
                return at
    return None


def _suggestion(header: str, missing: Sequence[str]) -> Notice | None:
    near = closest(header, missing) if header else None
    if near is None:
        return None
    return Notice(
        line=None,
        kind="unknown-column",
        message=f"the column {shown(header)} is not known and only rides along; did you mean "
        f"{near}? Rename it, or use --columns {near}={shown(header)}",
        value=shown(header),
    )


def _tags(header: Sequence[str], index: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    apart = {index[name] for name in _NOT_TAGS if name in index}
    canonical = {at: name for name, at in index.items()}
    taken: set[str] = set()
    tags = []
    for at, cell in enumerate(header):
        if at in apart:
            continue
        wanted = name = canonical.get(at) or cell or f"column {at + 1}"
        copy = 2
        while name in taken:
            name = f"{wanted} ({copy})"
            copy += 1
        taken.add(name)
        tags.append((name, at))
    return tuple(tags)


def _no_host_column(header: Sequence[str]) -> str:
    if _is_data(header):
        return (
            "its first line is already a server, and columns need names; put a header line "
            f"above it, such as {','.join(['host', 'port'][: max(len(header), 1)])}"
        )
    near = next((cell for cell in header if closest(cell, ["host"])), None)
    hint = f" Did you mean {shown(near)}?" if near else ""
    example = shown(near or next((cell for cell in header if cell), "FQDN"))
    return (
        f"no column says which host; the headers are: {_listed(header)}.{hint} "
        f"Name the right one host, or map it: --columns host={example}"
    )


def _is_data(header: Sequence[str]) -> bool:
    hosts = [cell for cell in header if looks_like_host(cell)]
    if not hosts:
        return False
    sure = any(_has_port(cell) or ":" in cell or cell[-1].isdecimal() for cell in hosts)
    return sure or len(header) == 1 or any(_is_port(cell) for cell in header)


def _has_port(text: str) -> bool:
    try:
        return parse_place(text).port is not None
    except HostError:
        return False


def _is_port(text: str) -> bool:
    try:
        return bool(parse_port(text))
    except HostError:
        return False


def _listed(header: Sequence[str]) -> str:
    return ", ".join(shown(cell) or "(no name)" for cell in header)
