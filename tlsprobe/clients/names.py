"""Which profiles an inventory means by the names in its `clients` column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from tlsprobe.clients.profile import ClientProfile

# Words that change nothing about TLS: `Windows Server 2012 R2 Standard` is the same as Datacenter.
_EDITIONS = re.compile(
    r"microsoft|edition|std|standard|datacenter|enterprise|essentials|foundation|web|core|pro|professional|"
    r"home|ultimate|premium|starter|basic|education|ltsb|ltsc|iot|version|build|bit|32|64|x64|x86|os"
)
_WORDS = re.compile(r"\br2\b|[a-z]+|[0-9][0-9a-z]*(?:\.[0-9]+)*")


def normalised(name: str) -> str:
    """Make `Win2012R2 Std`, `Windows Server 2012 R2 Standard` and the like one name, where they are."""
    text = re.sub(r"\b(win)(?:dows|nt)?[ -]*(?=[0-9x]|server|vista|phone|\b)", "windows ", name.casefold())
    text = re.sub(r"([0-9]{4})[ -]*(r2)\b", r"\1 \2", text)
    text = re.sub(r"\b(?:sp|service pack)[ -]?[0-9]\b", " ", text)
    return " ".join(word for word in _WORDS.findall(text) if not _EDITIONS.fullmatch(word))


def profiles_named(name: str, profiles: Sequence[ClientProfile]) -> tuple[ClientProfile, ...]:
    """Return the profiles that a name stands for: by id, by alias, or all that it is the beginning of.

    `Windows 10` is the beginning of several. None at all where nothing matches.
    """
    for profile in profiles:
        if name.casefold() == profile.id.casefold():
            return (profile,)
    wanted = normalised(name)
    if not wanted:
        return ()
    exact = tuple(each for each in profiles if wanted in _names_of(each))
    if exact:
        return exact
    return tuple(
        each for each in profiles if any(known.startswith(f"{wanted} ") for known in _names_of(each))
    )


@lru_cache(maxsize=1024)
def _names_of(profile: ClientProfile) -> frozenset[str]:
    names: Iterable[str] = (profile.id.replace("-", " "), profile.name, *profile.aliases)
    plain = {normalised(each) for each in names}
    # A server is called `Windows 2012 R2` as often as `Windows Server 2012 R2`.
    return frozenset(plain) | {each.replace("windows server ", "windows ", 1) for each in plain}
