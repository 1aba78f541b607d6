"""What was learned of each family of libraries, from data/stack_traits.json, and what is only reported."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Family:
    """The values that the libraries of one family showed: trait → value → numbers of `libraries`."""

    name: str
    libraries: tuple[str, ...]
    traits: Mapping[str, Mapping[str, frozenset[int]]]


@dataclass(frozen=True, slots=True)
class Reported:
    """A trait that published traces ascribe to Schannel, or deny it; nobody here has measured it.

    `says` is `schannel`, `not-old-schannel` (none up to 2012 R2 has it) or `not-schannel` (none has it).
    """

    trait: str
    value: str
    says: str
    source: str


@cache
def families() -> tuple[Family, ...]:
    """Every family that was learned."""
    return families_of(json.loads(_text("stack_traits.json"))["families"])


def families_of(table: Mapping[str, Mapping[str, object]]) -> tuple[Family, ...]:
    """Read the table that tests/stacks/table.py makes."""
    return tuple(
        Family(
            name=name,
            libraries=tuple(row["libraries"]),  # type: ignore[arg-type]
            traits={
                trait: {value: frozenset(seen) for value, seen in values.items()}
                for trait, values in row["traits"].items()  # type: ignore[attr-defined]
            },
        )
        for name, row in table.items()
    )


@cache
def reported() -> tuple[Reported, ...]:
    """Every reported trait, with its source."""
    rows = tomllib.loads(_text("schannel_traits.toml"))["trait"]
    return tuple(Reported(row["trait"], row["value"], row["says"], row["source"]) for row in rows)


def _text(name: str) -> str:
    return resources.files("tlsprobe.data").joinpath(name).read_text("utf-8")
