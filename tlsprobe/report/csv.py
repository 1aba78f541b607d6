"""A table as CSV: RFC 4180 for programs, and safe to open in a spreadsheet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tlsprobe.wording.visible import visible

if TYPE_CHECKING:
    import pandas as pd

# What a spreadsheet takes for a formula, at the start of a cell; the full-width forms too. A semicolon
# starts a cell where the decimal separator is a comma.
_FORMULA = re.compile(r"(^|;)(\s*)(?=[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])")
_HARMLESS = re.compile(r"-|[+-]?[0-9]+(\.[0-9]+)?")


def to_csv(frame: pd.DataFrame, *, header: bool = True) -> str:
    """Return the frame as CSV with CRLF line ends and one line a row, whatever stands in the cells."""
    safe = frame.map(cell) if len(frame) else frame
    names = [cell(name) for name in frame.columns] if header else False
    return safe.to_csv(index=False, header=names, lineterminator="\r\n")


def cell(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run, and write out what no one could see.

    Plain numbers stay numbers.
    """
    if not _HARMLESS.fullmatch(text):
        text = _FORMULA.sub(r"\1'\2", text)
    return visible(text)
