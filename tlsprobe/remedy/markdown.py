"""Markdown with text in it that came from elsewhere: nothing in it becomes markup."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tlsprobe.wording.visible import visible

# An underscore within a word means nothing, and names are easier to read without a backslash.
# Of a bare `http://` many viewers make a link.
_MARKUP = re.compile(r"([\\`*{}\[\]<>#|~!&$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?=//))")
# What opens a list, or is a rule, where it stands first.
_OPENS_A_LIST = re.compile(r"^([0-9]*)([-+.)])(?=[- ]|$)")


def plain(text: str) -> str:
    """Write text so that it reads as it is, wherever in a line it comes to stand."""
    shown = _OPENS_A_LIST.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", visible(text)))
    return f"&#32;{shown[1:]}" if shown.startswith(" ") else shown  # four spaces would open a code block


def code(text: str) -> str:
    """Write text as code within a line."""
    shown = visible(text)
    fence = "`" * (_longest_run(shown) + 1)
    # One space is taken off at both ends where there is one at both.
    pad = " " if shown.strip(" ") and (shown[0] in "` " or shown[-1] in "` ") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def block(lines: Sequence[str], language: str = "") -> str:
    """Write lines as a block of code."""
    shown = [visible(line) for line in lines]
    fence = "`" * max(3, _longest_run("\n".join(shown)) + 1)
    return "\n".join([f"{fence}{language}", *shown, fence])


def bullets(items: Sequence[str]) -> str:
    """Write a list."""
    return "\n".join(f"- {item}" for item in items)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table; its cells are markdown already."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
