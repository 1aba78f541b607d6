"""Samples → tlsprobe/data/stack_traits.json: family → trait → value → the versions that showed it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.stacks.samples import Sample

TABLE = Path(__file__).resolve().parents[2] / "tlsprobe" / "data" / "stack_traits.json"
ABOUT = (
    "Traits of TLS libraries, learned from real servers by `make traits`: families → trait → value → the "
    "numbers of the libraries that showed it. docs/stacks.md says how well they identify."
)


def learned_table(samples: Sequence[Sample]) -> dict[str, Any]:
    """Sum up; held-out samples are left aside."""
    learned = [each for each in samples if not each.held_out]
    families: dict[str, Any] = {}
    for family in sorted({each.family for each in learned}):
        own = [each for each in learned if each.family == family]
        libraries = sorted({each.version for each in own})
        values: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        for one in own:
            for name, value in one.traits.items():
                values[name][value].add(libraries.index(one.version))
        families[family] = {
            "libraries": libraries,
            "configurations": len(own),
            "learned": max(each.date for each in own),
            "traits": {
                name: {value: sorted(seen) for value, seen in sorted(values[name].items())}
                for name in sorted(values)
            },
        }
    return {"about": ABOUT, "families": families}
