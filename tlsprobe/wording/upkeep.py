"""Keeps the catalogues in step with the sentences: `make locale`.

A new sentence is put in without a translation, one that is gone is dropped, and one whose English has changed
keeps its translation and is marked fuzzy, with the English that it was made for. Which entry belongs to which
sentence is told by the key. (Babel's own `Catalog.update` goes by how alike the English is, and would offer
the translation of one key for another.)
"""

from __future__ import annotations

import io

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import write_po

from tlsprobe.wording import ENGLISH, LANGUAGES, SENTENCES, catalogue

English = str | tuple[str, str]

# Only what other programs need to read the file; Babel's own header has times and its version in it.
_HEADER = """\
# What tlsprobe says, in another language. msgctxt is the key of the sentence in tlsprobe/wording.
# Terms and conventions: docs/translating.md. `make locale` keeps this file in step with the English.
msgid ""
msgstr ""
"Language: {lang}\\n"
"Plural-Forms: nplurals={new.num_plurals}; plural={new.plural_expr};\\n"
"Content-Type: text/plain; charset=utf-8\\n"

"""


def english() -> dict[str, English]:
    """Return each message by its key; one with a number as the pair of its forms, without `.one`."""
    messages: dict[str, English] = {}
    for key, text in SENTENCES.items():
        family, _, form = key.rpartition(".")
        if form == "one":
            messages[family] = text, SENTENCES[f"{family}.many"]
        elif form != "many":
            messages[key] = text
    return messages


def merged(old: Catalog) -> Catalog:
    """Return the catalogue with the messages of today, in the order of the sentences."""
    new = Catalog(locale=old.locale)
    known = {message.context: message for message in old if message.id}
    for key, text in english().items():
        _add(new, key, text, known.get(key))
    return new


def _add(new: Catalog, key: str, text: English, old: Message | None) -> None:
    if old is None:
        new.add(text, context=key)
        return
    changed = old.id != text
    if isinstance(old.id, str) != isinstance(text, str):
        new.add(text, context=key)  # a form for numbers more, or less: nothing of it can be kept
        return
    flags = {flag for flag in old.flags if flag == "fuzzy"} | ({"fuzzy"} if changed else set())
    new.add(
        text,
        string=old.string,
        flags=flags,
        user_comments=old.user_comments,
        previous_id=old.id if changed else old.previous_id,
        context=key,
    )


def written(new: Catalog) -> bytes:
    """Return the catalogue as its file, each text on one line so that changes are easy to read."""
    text = io.BytesIO()
    write_po(text, new, width=0, omit_header=True, include_previous=True)
    return _HEADER.format(lang=new.locale, new=new).encode() + text.getvalue()


def left_to_translate(old: Catalog) -> list[str]:
    """Return the keys that have no translation, or one that was made for other English."""
    said = {message.context: message for message in old if message.id and all(_forms(message))}
    return [key for key in english() if key not in said or said[key].fuzzy]


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))


def main() -> None:
    """Bring every catalogue up to date, and say what is left to translate."""
    for lang in LANGUAGES:
        if lang == ENGLISH:
            continue
        path = catalogue.path(lang)
        new = merged(catalogue.read(lang) if path.exists() else Catalog(locale=lang))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(new))
        left = left_to_translate(new)
        print(*left, f"{path.name} ({lang}): {len(left)} of {len(english())} to translate", sep="\n")


if __name__ == "__main__":
    main()
