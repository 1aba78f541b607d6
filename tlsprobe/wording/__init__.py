"""Every sentence that a person reads in a report, under its key. Ids and enums are never translated.

A key stands for one English sentence with named placeholders; where the sentence depends on a number `n`,
`<key>.one` and `<key>.many` stand for its two forms. Translations come from gettext catalogues under
`locale/`, looked up by the English sentence; where there is none, English is said.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tlsprobe.wording import (
    ci,
    client_list,
    fix_folder,
    gate,
    notes,
    page,
    reasons,
    report,
    rules,
    server_fixes,
    stacks,
    windows_fixes,
)

DOMAIN = "tlsprobe"
LOCALE_FOLDER = Path(__file__).parent.parent / "locale"

SENTENCES: Mapping[str, str] = {
    **rules.SENTENCES,
    **reasons.SENTENCES,
    **report.SENTENCES,
    **ci.SENTENCES,
    **notes.SENTENCES,
    **page.SENTENCES,
    **client_list.SENTENCES,
    **fix_folder.SENTENCES,
    **gate.SENTENCES,
    **server_fixes.SENTENCES,
    **windows_fixes.SENTENCES,
    **stacks.SENTENCES,
}


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences in one language."""

    lang: str
    translations: gettext.NullTranslations

    def say(self, key: str, **values: str | int | float) -> str:
        """Return the sentence, its placeholders filled in.

        Raises KeyError for a key that does not exist, and for a placeholder without a value.
        """
        if key not in SENTENCES and f"{key}.one" in SENTENCES:
            n = int(values.pop("n"))
            return self.say_many(f"{key}.one", f"{key}.many", n, **values)
        return self.translations.gettext(SENTENCES[key]).format(**values)

    def say_many(self, key_one: str, key_many: str, n: int, **values: str | int | float) -> str:
        """Return the form of the sentence that the language uses for this number; `n` can be in it."""
        one, many = SENTENCES[key_one], SENTENCES[key_many]
        return self.translations.ngettext(one, many, n).format(n=n, **values)


def wording(lang: str = "en") -> Wording:
    """Return the sentences in this language, in English where there is no catalogue for it."""
    found = gettext.translation(DOMAIN, localedir=LOCALE_FOLDER, languages=[lang], fallback=True)
    return Wording(lang, found)
