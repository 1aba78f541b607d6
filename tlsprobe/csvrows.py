"""Bytes of a CSV file → rows, such that one damaged line spoils nothing but itself.

The csv module reads on until a quote closes, so a single stray quote would swallow the rest of the
file. Here each physical line is read alone; only one with an open quote is tried together with the
lines after it, and only a result of the right shape is believed.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

DELIMITERS = (",", ";", "\t")
MAX_LINE = 100_000  # characters; below the csv module's own limit for a field
MAX_LINES_IN_ROW = 50  # how far a quoted cell may reach
_MAX_LINES_IN_HEADER = 5
_SURROGATE = re.compile("[\ud800-\udfff]")


class CsvError(ValueError):
    """The file as a whole can't be read."""


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one record, stripped; `line` counts from 1 and is its first."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SpoiltLines:
    """Lines that are not a row; `first` and `last` count from 1."""

    first: int
    last: int
    text: str
    too_long: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """The header of a file, and the lines below it."""

    header: tuple[str, ...]
    header_line: int
    delimiter: str
    lines: list[str]
    body: int  # index into lines

    def rows(self, is_row: Callable[[Sequence[str]], bool]) -> Iterator[Row | SpoiltLines]:
        """Yield what stands below the header, without comments and blank lines.

        `is_row` says whether cells could be a row of their own: a quoted cell that holds such
        lines is more likely two stray quotes, and neither reading is taken.
        """
        at = self.body
        while at < len(self.lines):
            if is_idle(self.lines[at]):
                at += 1
                continue
            found, at = self._take(at, is_row)
            if isinstance(found, SpoiltLines) or not _is_empty(found.cells):
                yield found

    def _take(self, at: int, is_row: Callable[[Sequence[str]], bool]) -> tuple[Row | SpoiltLines, int]:
        line = self.lines[at]
        if len(line) > MAX_LINE:
            return SpoiltLines(at + 1, at + 1, line[:MAX_LINE], too_long=True), at + 1
        spoilt = SpoiltLines(at + 1, at + 1, line), at + 1
        found = self._well_formed(at)
        if found is None:
            cells = _parse([line], self.delimiter)
            return spoilt if cells is None else (Row(at + 1, cells), at + 1)
        cells, after = found
        if after > at + 1:
            if self._is_clean(at + 1, after):
                return spoilt
            if any(self._is_row(line, is_row) for line in self.lines[at + 1 : after]):
                return SpoiltLines(at + 1, after, line), after
        return Row(at + 1, cells), after

    def _well_formed(self, at: int) -> tuple[tuple[str, ...], int] | None:
        """Read the record that starts here: its cells, and the index after it."""
        cells = _parse([self.lines[at]], self.delimiter)
        if cells is not None:
            return (cells, at + 1) if self.fits(cells) else None
        for end in range(at + 2, min(at + MAX_LINES_IN_ROW, len(self.lines)) + 1):
            if '"' not in self.lines[end - 1]:
                continue  # nothing closes here
            cells = _parse(self.lines[at:end], self.delimiter)
            if cells is not None:
                return (cells, end) if len(cells) == len(self.header) else None
        return None

    def fits(self, cells: Sequence[str]) -> bool:
        """Short rows are fine, and so are the empty cells spreadsheets put at the end."""
        return not any(cells[len(self.header) :])

    def _is_clean(self, at: int, end: int) -> bool:
        """Whether good rows, read from `at` on their own, cover everything up to `end`.

        Then the quote in the line before is the one mistake, however well it seems to close.
        """
        while at < end:
            if is_idle(self.lines[at]):
                if '"' in self.lines[at]:
                    return False  # the end of a cell that only looks like a comment
                at += 1
                continue
            found = self._well_formed(at)
            if found is None:
                return False
            at = found[1]
        return True

    def _is_row(self, line: str, is_row: Callable[[Sequence[str]], bool]) -> bool:
        cells = [cell.strip() for cell in line.replace('"', "").split(self.delimiter)]
        return len(cells) == len(self.header) and is_row(cells)


def read_sheet(data: bytes) -> Sheet:
    """Decode, find the header, and the delimiter in it. Raises CsvError."""
    lines = split_lines(decode(data))
    delimiters: Sequence[str] = DELIMITERS
    at = 0
    hint = re.fullmatch(r"sep=(.)", lines[0].strip(" "), re.IGNORECASE)
    if hint:  # Excel's own way to name the delimiter
        at = 1
        delimiters = [hint[1]] if hint[1] in DELIMITERS else DELIMITERS
    while at < len(lines) and is_idle(lines[at]):
        at += 1
    if at == len(lines):
        raise CsvError("it has no header line: it is empty")
    if len(lines[at]) > MAX_LINE:
        raise CsvError(f"its line {at + 1} is too long for a header: this is not a CSV file")
    for end in range(at + 1, min(at + _MAX_LINES_IN_HEADER, len(lines)) + 1):
        read = [(cells, d) for d in delimiters if (cells := _parse(lines[at:end], d)) is not None]
        if read:
            header, delimiter = max(read, key=lambda one: len(one[0]))
            while header and not header[-1]:
                header = header[:-1]
            return Sheet(header, at + 1, delimiter, lines, end)
    raise CsvError(f"its header (line {at + 1}) has a quote that doesn't close")


def decode(data: bytes) -> str:
    """Decode UTF-8, or UTF-16 where a mark or the first characters say so.

    What can't be decoded becomes lone surrogates: `undecodable` finds them again, cell by cell.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding, data = "utf-16-le" if data[0] == 0xFF else "utf-16-be", data[2:]
    elif len(data) > 1 and 0 in data[:2] and data[:2] != b"\0\0":
        encoding = "utf-16-be" if data[0] == 0 else "utf-16-le"
    else:
        return data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    half = "\udcff" if len(data) % 2 else ""
    return data[: len(data) // 2 * 2].decode(encoding, "surrogatepass") + half


def undecodable(text: str) -> bool:
    """Whether bytes of this text could not be decoded."""
    return _SURROGATE.search(text) is not None


def split_lines(text: str) -> list[str]:
    """Split at CRLF, LF or CR and nothing else; a form feed or U+2028 belongs to its cell."""
    return re.split(r"\r\n|\n|\r", text)


def is_idle(line: str) -> bool:
    """Whether a line is blank or a comment."""
    return not line or line.isspace() or line.lstrip(" ").startswith("#")


def _is_empty(cells: Sequence[str]) -> bool:
    """No text at all, or a comment that a spreadsheet has put into quotes."""
    return not any(cells[1:]) and (not cells[0] or cells[0].startswith("#"))


def _parse(lines: Sequence[str], delimiter: str) -> tuple[str, ...] | None:
    """Read the lines as exactly one record; None where they are not."""
    if sum(line.count('"') for line in lines) % 2:
        return None
    source = [line + "\n" for line in lines]
    reader = csv.reader(source, delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        records = list(reader)
    except csv.Error:
        return None
    return tuple(cell.strip() for cell in records[0]) if len(records) == 1 else None
