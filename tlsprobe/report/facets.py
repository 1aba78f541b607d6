"""What the list of servers is filtered by, searched in and sorted by, as data for the page's script."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tlsprobe.assessment import Judged
from tlsprobe.report.blocks import Blocks, Reference
from tlsprobe.report.environment import MOST_IN_A_CELL
from tlsprobe.report.overview import TILES, filterable
from tlsprobe.report.phrases import Phrases, severity_id
from tlsprobe.rules import RULES
from tlsprobe.wording.visible import visible


@dataclass(frozen=True, slots=True)
class Facet:
    """A property to filter by: its options are values and how they are shown."""

    key: str
    label: str
    options: tuple[tuple[str, str], ...]
    values: Callable[[Judged], Sequence[str]]


def facets(every: Sequence[Judged], phrases: Phrases) -> tuple[Facet, ...]:
    """Return those facets in which this run's servers differ."""
    say = phrases.words.say
    made = (
        _facet("severity", _severity, TILES, lambda name: say(f"report.severity.{name}"), every, phrases),
        _facet("side", _side, None, lambda name: say(f"report.fix.{name}"), every, phrases),
        _facet("rule", _rules, [rule.id for rule in RULES], None, every, phrases),
        _facet("owner", lambda each: [filterable(each.scan.target.owner)], None, None, every, phrases),
        _facet(
            "environment", lambda each: [filterable(each.scan.target.environment)], None, None, every, phrases
        ),
        _facet("status", _status, None, lambda name: say(f"report.status.{name}"), every, phrases),
        _facet("change", _changes, None, lambda name: say(f"report.change.{name}"), every, phrases),
        _facet("waiver", _waivers, None, lambda name: say(f"report.waivers.{name}"), every, phrases),
    )
    return tuple(each for each in made if len(each.options) > (each.key not in ("waiver", "change")))


def _severity(each: Judged) -> Sequence[str]:
    return [severity_id(each)]


def _status(each: Judged) -> Sequence[str]:
    return [each.scan.status]


def _side(each: Judged) -> Sequence[str]:
    return [each.fix] if each.fix and each.open else []


def _rules(each: Judged) -> Sequence[str]:
    return [found.rule for found in each.open]


def _changes(each: Judged) -> Sequence[str]:
    return [change for found in each.findings if (change := each.standing(found).change)]


def _waivers(each: Judged) -> Sequence[str]:
    standings = [each.standing(found) for found in each.findings]
    said = ["waived"] if any(one.waiver for one in standings) else []
    return [*said, "expired"] if any(one.expired for one in standings) else said


def _facet(
    key: str,
    values: Callable[[Judged], Sequence[str]],
    order: Sequence[str] | None,
    label: Callable[[str], str] | None,
    every: Iterable[Judged],
    phrases: Phrases,
) -> Facet:
    known = {str(value) for each in every for value in values(each)}
    ordered = [name for name in order if name in known] if order else sorted(known, key=str.casefold)
    say = phrases.words.say
    shown = label or (lambda name: name[:MOST_IN_A_CELL] or say("report.chart.no-value"))
    return Facet(key, say(f"report.facet.{key}"), tuple((name, shown(name)) for name in ordered), values)


class References:
    """Of each server of a large page the numbers of its parts, as JSON: so they are small."""

    def __init__(self) -> None:
        self._made: list[str] = []

    def add(self, parts: Iterable[Markup | Reference]) -> None:
        """Take the next server's."""
        self._made.append(_json([part for part in parts if isinstance(part, tuple)]))

    def __iter__(self) -> Iterator[str]:
        """Yield them, server by server."""
        return iter(self._made)


def data(
    every: Sequence[Judged], references: References, known: Sequence[Facet], blocks: Blocks
) -> Iterator[Markup]:
    """Yield the JSON that the script reads, safe inside a script element, once all parts are made.

    Of each server, in the list's order: the rate, for each facet the numbers of its options, the texts that
    are searched besides its row, and its parts.
    """
    options = {each.key: [value for value, _ in each.options] for each in known}
    yield _safe(f'{{"facets":{_json(options)},"servers":[')
    numbers = [{value: place for place, (value, _) in enumerate(each.options)} for each in known]
    for place, (each, parts) in enumerate(zip(every, references, strict=True)):
        chosen = [
            [number[str(value)] for value in dict.fromkeys(facet.values(each))]
            for facet, number in zip(known, numbers, strict=True)
        ]
        tags = [blocks.text(visible(value)[:MOST_IN_A_CELL]) for _, value in each.scan.target.tags if value]
        comma = "," if place else ""
        yield _safe(f"{comma}[{_json(each.rate)},{_json(chosen)},{_json(tags)},{parts}]")
    yield _safe('],"texts":[')
    for place, text in enumerate(blocks.texts):
        yield _safe(("," if place else "") + _json(text))
    yield _safe("]}")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _safe(text: str) -> Markup:
    # "<" could end the element, or start a comment in it.
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704
