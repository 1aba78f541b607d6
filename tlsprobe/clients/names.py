"""Which profiles an inventory means by the names in its `clients` column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from tlsprobe.clients.profile import ClientProfile

# Words that change nothing about TLS: `Windows Server 2012 R2 Standard` is the same as Datacenter.
_EDITIONS = re.compile(
    r"microsoft|edition|std|standard|datacenter|enterprise|essentials|foundation|web|core|pro|professional|"
    r"home|ultimate|premium|starter|basic|education|ltsb|ltsc|iot|version|build|os"
)
# `w` is the beginning of much and says nothing.
_SHORTEST = 3
_WORDS = re.compile(r"\br2\b|[a-z]+|[0-9][0-9a-z]*(?:\.[0-9]+)*")


# How people shorten them, in the order of replacing: `WS2012R2`, `Win2k12 R2`, `W7`, `2012 R2`.
_LONG_FORMS = (
    (r"\b(20[0-9]{2}|2k[0-9]{1,2})[ -]*r2\b", r"\1 r2"),
    (r"\b(?:ms|microsoft)\b", " "),
    (r"\bws[ -]?(?=2)", "windows server "),
    (r"\b(?:win(?:dows|nt)?|w)[ -]*(?=[0-9])", "windows "),
    (r"\bwin(?:dows)?\b", "windows"),
    (r"\b2k(?:0?)([0-9])\b", r"200\1"),
    (r"\b2k([0-9]{2})\b", r"20\1"),
    (r"\b(?:sp|service pack)[ -]?[0-9]\b", " "),
    (r"\b(?:x64|x86|(?:32|64)[ -]?bit)\b", " "),
    (r"^(?=20(?:08|12|16|19|22|25)\b)", "windows server "),
)


def normalised(name: str) -> str:
    """Make `Win2012R2 Std`, `Windows Server 2012 R2 Standard` and the like one name, where they are."""
    text = name.casefold().strip()
    text = re.sub(r"(?<=[a-z0-9])(r2)\b", r" \1", re.sub(r"(?<=[0-9])r2\b", " r2", text))
    for pattern, long_form in _LONG_FORMS:
        text = re.sub(pattern, long_form, text)
    return " ".join(word for word in _WORDS.findall(text) if not _EDITIONS.fullmatch(word))


def profiles_named(name: str, profiles: Sequence[ClientProfile]) -> tuple[ClientProfile, ...]:
    """Return the profiles that a name stands for: by id, by alias, or all that it is the beginning of.

    `Windows 10` is the beginning of several. None at all where nothing matches.
    """
    for profile in profiles:
        if name.casefold() == profile.id.casefold():
            return (profile,)
    wanted = normalised(name)
    if len(wanted) < _SHORTEST:
        return ()
    exact = tuple(each for each in profiles if wanted in _names_of(each))
    if exact:
        return exact
    return tuple(
        each for each in profiles if any(known.startswith(f"{wanted} ") for known in _names_of(each))
    )


def names_understood(text: str, profiles: Sequence[ClientProfile]) -> tuple[str, ...]:
    """Return the names in one entry: more than one where it is a list by commas, each of them known."""
    parts = tuple(part.strip() for part in re.split(r"[,/]| and ", text) if part.strip())
    if len(parts) > 1 and all(profiles_named(part, profiles) for part in parts):
        return parts
    return (text,)


@lru_cache(maxsize=1024)
def _names_of(profile: ClientProfile) -> frozenset[str]:
    names: Iterable[str] = (profile.id.replace("-", " "), profile.name, *profile.aliases)
    plain = {normalised(each) for each in names}
    # A server is called `Windows 2012 R2` as often as `Windows Server 2012 R2`.
    return frozenset(plain) | {each.replace("windows server ", "windows ", 1) for each in plain}
