"""Every sentence that a person reads in a report, under its key. Ids and enums are never translated.

A key stands for one English sentence with named placeholders; where the sentence depends on a number `n`,
`<key>.one` and `<key>.many` stand for its two forms. Translations are looked up by key and English sentence
(gettext's context and message), so that the same English can be said in two ways; see docs/translating.md.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tlsprobe.wording import (
    catalogue,
    ci,
    client_list,
    clients,
    details,
    fix_folder,
    gate,
    inventory,
    notes,
    page,
    reasons,
    report,
    rules,
    running,
    server_fixes,
    stacks,
    windows_fixes,
)

ENGLISH: Final = "en"
LANGUAGES = (ENGLISH, "ja")

SENTENCES: Mapping[str, str] = {
    **rules.SENTENCES,
    **reasons.SENTENCES,
    **report.SENTENCES,
    **ci.SENTENCES,
    **notes.SENTENCES,
    **page.SENTENCES,
    **client_list.SENTENCES,
    **clients.SENTENCES,
    **details.SENTENCES,
    **fix_folder.SENTENCES,
    **gate.SENTENCES,
    **server_fixes.SENTENCES,
    **windows_fixes.SENTENCES,
    **stacks.SENTENCES,
    **inventory.SENTENCES,
    **running.SENTENCES,
}


# Our own details as they stand in a journal, to be said in another language.
_DETAILS = tuple(
    (key, re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[\\w.,:() -]+)", re.escape(text))))
    for key, text in details.SENTENCES.items()
)


# Placeholders of how many there are of something, written with the language's separators. All other numbers
# (bits, ports, lines, codes) are written as they are.
_COUNTS = frozenset({"n", "count", "total", "dhe", "padded", "short", "overlong", "share"})


# Between short things and between long ones.
_SEPARATORS = {ENGLISH: (", ", "; "), "ja": ("、", "、")}


@dataclass(frozen=True, slots=True)
class ClientNames:
    """Clients in a sentence, each as its id and the name that the journal has: said in its language."""

    clients: tuple[tuple[str, str], ...]


Value = str | int | float | ClientNames


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences in one language."""

    lang: str
    translations: gettext.NullTranslations

    def say(self, key: str, **values: Value) -> str:
        """Return the sentence, its placeholders filled in; `n` picks the form where there are several.

        Raises KeyError for a key that does not exist, and for a placeholder without a value.
        """
        written = {name: self._written(name, value) for name, value in values.items()}
        if key in SENTENCES:
            return self.translations.pgettext(key, SENTENCES[key]).format(**written)
        if f"{key}.one" not in SENTENCES:
            raise KeyError(key)
        one, many, n = SENTENCES[f"{key}.one"], SENTENCES[f"{key}.many"], values["n"]
        assert isinstance(n, int | float)  # noqa: S101 - it counts
        return self.translations.npgettext(key, one, many, int(n)).format(**written)

    def number(self, value: int) -> str:
        """Return a count as the language writes it, such as 1,234."""
        return f"{value:,}" if self.lang == ENGLISH else catalogue.number(value, self.lang)

    def joined(self, sentences: Iterable[str]) -> str:
        """Return sentences as one paragraph; behind a full stop as wide as a letter there is no space."""
        return " ".join(sentences).replace("。 ", "。")

    def listed(self, things: Iterable[str], *, long: bool = False) -> str:
        """Return things in a row; `long` where they hold commas themselves."""
        return _SEPARATORS[self.lang][long].join(things)

    def client(self, client: str, name: str) -> str:
        """Return what a client is called, by its id and the name that a profile or the journal has."""
        return self._named(f"client.name.{client}", name)

    def offer(self, client: str, offer: str, name: str) -> str:
        """Return what one of its ways to ask is called, likewise; empty where it has no name."""
        return self._named(f"client.offer.{client}/{offer}", name)

    def client_note(self, client: str, note: str) -> str:
        """Return what else is to be known of a client, likewise."""
        return self._named(f"client.note.{client}", note)

    def detail(self, detail: str) -> str:
        """Return what stands behind a status_reason: ours in the language, what others said as it is."""
        for key, pattern in _DETAILS:
            if found := pattern.fullmatch(detail):
                return self.say(key, **found.groupdict())
        return detail

    def _named(self, key: str, name: str) -> str:
        """Ours in the language; a user's own, also of a client with an id of ours, as it is written."""
        return self.say(key) if SENTENCES.get(key) == name else name

    def _written(self, name: str, value: Value) -> str | int | float:
        if isinstance(value, ClientNames):
            return self.listed(dict.fromkeys(self.client(*each) for each in value.clients), long=True)
        return self.number(value) if name in _COUNTS and isinstance(value, int) else value


def wording(lang: str = ENGLISH) -> Wording:
    """Return the sentences in one of LANGUAGES; ValueError for any other."""
    if lang not in LANGUAGES:
        raise ValueError(f"no such language: {lang}; there is {', '.join(LANGUAGES)}")
    return Wording(lang, gettext.NullTranslations() if lang == ENGLISH else catalogue.translations(lang))
