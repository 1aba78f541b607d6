"""Text that came from a server or a file, made fit for people: nothing invisible, nothing that acts."""

from __future__ import annotations

import unicodedata


def visible(text: str) -> str:
    r"""Write control characters, ANSI escapes, line breaks and direction marks out, as in `\x1b`.

    Spaces of every width stay. So does a byte that is no UTF-8 and came as a lone surrogate, as `\xff`.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or unicodedata.category(c) == "Zs" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # what `surrogateescape` made of a byte
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
