"""How well a family fits the traits that a server showed, counted by aspect.

What a family never showed, in any version or configuration, contradicts it. One setting can show in five
traits, so matches and contradictions are counted by aspect: the order of extensions is one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tlsprobe.stacks.learned import Family

# Only named where they are there; so a family that never showed such a one is contradicted by it.
_SHOWN = ("echo.0", "echo.5", "echo.f", "echo.10", "echo.12", "echo.23", "warnings", "sent")
# An application can keep an alert to itself. That says nothing of its library.
_HIDDEN = "closed"
# What changes from one version to another, and hardly ever with a setting.
_OF_VERSION = ("echo.1", "echo.17", "echo.1c", "echo.f", "formats", "order13", "sentinel", "clock")
_HELLOS = ("rich", "reversed", "retry", "ssl3", "unsigned", "tls13", "fallback")  # of probes.stack.Question
_SAME_HELLO = ("rich", "reversed")


@dataclass(frozen=True, slots=True)
class Fit:
    """One family held against the traits of a server."""

    family: Family
    matched: frozenset[str]  # traits
    contradicted: frozenset[str]  # traits

    @property
    def matches(self) -> int:
        """Aspects that match."""
        return len({aspect(trait) for trait in self.matched})

    @property
    def answers(self) -> int:
        """Hellos of the six whose answers match in something."""
        return len({trait.partition(".")[0] for trait in self.matched} & set(_HELLOS))

    @property
    def misses(self) -> int:
        """Aspects that contradict."""
        return len({aspect(trait) for trait in self.contradicted})


def aspect(trait: str) -> str:
    """What a trait is about: `rich.order.10-17` and `reversed.order.5-b` are both about `order`."""
    question, _, name = trait.partition(".")
    parts = name.split(".")
    about = ".".join(parts[:2]) if parts[0] == "echo" else parts[0]
    return about if question in _SAME_HELLO and about != "refusal" else f"{question}.{about}"


def fit(family: Family, seen: Mapping[str, str]) -> Fit:
    """Hold a family against the traits that were seen."""
    matched = {trait for trait, value in seen.items() if value in family.traits.get(trait, ())}
    contradicted = {
        trait
        for trait, value in seen.items()
        if trait not in matched and value != _HIDDEN and (trait in family.traits or _is_shown(trait))
    }
    return Fit(family, frozenset(matched), frozenset(contradicted))


def _is_shown(trait: str) -> bool:
    return trait.partition(".")[2] in _SHOWN


def ranked(seen: Mapping[str, str], known: Sequence[Family]) -> list[Fit]:
    """Every family, the best first."""
    fits = [fit(family, seen) for family in known]
    return sorted(fits, key=lambda each: (each.misses, -each.matches, each.family.name))


def weight(trait: str, value: str, known: Sequence[Family]) -> float:
    """Return how much a value says, in bits: 3 where one family in eight shows it, 0 where all do."""
    showing = sum(value in family.traits.get(trait, ()) for family in known)
    return round(math.log2(len(known) / max(1, showing)), 1)


def like(one: Fit, seen: Mapping[str, str]) -> tuple[str, ...]:
    """Return the libraries of the family that answer like this server, where not all do; else none.

    By what a library does whatever it is told: a configuration says nothing of a version.
    """
    left = set(range(len(one.family.libraries)))
    for trait in one.matched:
        if _is_of_version(trait):
            left &= one.family.traits[trait][seen[trait]] | _unseen(one.family, trait)
    every = len(left) in (0, len(one.family.libraries))
    return () if every else tuple(one.family.libraries[number] for number in sorted(left))


def _is_of_version(trait: str) -> bool:
    name = trait.partition(".")[2]
    return name in _OF_VERSION or trait == "ssl3.refusal"


def _unseen(family: Family, trait: str) -> set[int]:
    """The libraries that never showed the trait at all: nothing is known of it there."""
    shown = set().union(*family.traits[trait].values())
    return set(range(len(family.libraries))) - shown
