"""Files for the registry editor of Windows: one key, one value."""

from __future__ import annotations

from collections.abc import Iterable

# The editor breaks its own hex lines before column 80, and a longer line is a nuisance in a viewer.
BYTES_A_LINE = 25


def reg_file(comments: Iterable[str], key: str, value: str) -> bytes:
    """Return a file that sets one value of one key: UTF-16LE with a byte order mark, CRLF.

    `value` is what `string_value` or `strings_value` returns. A comment is one line.
    """
    lines = [
        "Windows Registry Editor Version 5.00",
        "",
        *(f"; {comment}" for comment in comments),
        "",
        f"[{key}]",
        value,
        "",
    ]
    return ("\ufeff" + "\r\n".join(lines)).encode("utf-16-le")


def string_value(name: str, text: str) -> str:
    """Return the assignment of a string, REG_SZ."""
    return f"{_quoted(name)}={_quoted(text)}"


def strings_value(name: str, texts: Iterable[str]) -> str:
    """Return the assignment of a list of strings, REG_MULTI_SZ, which the format knows in hex only.

    Raises ValueError for an empty string: it would end the list for whoever reads it.
    """
    texts = tuple(texts)
    if "" in texts:
        raise ValueError("an empty string can't stand in a REG_MULTI_SZ")
    data = "".join(f"{text}\0" for text in (*texts, "")).encode("utf-16-le")
    rows = [data[at : at + BYTES_A_LINE].hex(",") for at in range(0, len(data), BYTES_A_LINE)]
    return f"{_quoted(name)}=hex(7):" + ",\\\r\n  ".join(rows)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
