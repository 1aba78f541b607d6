"""The catalogues of translations: `locale/<language>/LC_MESSAGES/tlsprobe.po`, read as they are written.

No compiled file is committed or shipped: what a translator sees is what is said. Babel is imported where a
language other than English is asked for, and only then.
"""

from __future__ import annotations

import gettext
import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

LOCALE_FOLDER = Path(__file__).parent.parent / "locale"


def path(lang: str) -> Path:
    """Return where the catalogue of a language is."""
    return LOCALE_FOLDER / lang / "LC_MESSAGES" / "tlsprobe.po"


def read(lang: str) -> Catalog:
    """Return the catalogue as it stands in its file. Raises OSError, PoFileError."""
    from babel.messages.pofile import read_po  # noqa: PLC0415

    with path(lang).open("rb") as file:
        return read_po(file, locale=lang, abort_invalid=True)


@cache
def translations(lang: str) -> gettext.GNUTranslations:
    """Return the catalogue as gettext takes it; what is marked fuzzy is left out."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415

    compiled = io.BytesIO()
    write_mo(compiled, read(lang))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def number(value: int, lang: str) -> str:
    """Return a count with the language's separators."""
    from babel.numbers import format_decimal  # noqa: PLC0415

    return format_decimal(value, locale=lang)
