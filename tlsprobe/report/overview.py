"""The first screens of the page: how many servers are how bad, where, and what there is to decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median_low

from tlsprobe.assessment import Judged
from tlsprobe.report.environment import MOST_SHOWN
from tlsprobe.report.headline import counted
from tlsprobe.report.phrases import Phrases, is_every, severity_id
from tlsprobe.rules import FixSide, Severity, advise
from tlsprobe.wording import Wording
from tlsprobe.wording.visible import visible

TILES = ("critical", "high", "medium", "low", "info", "waived", "none", "not-assessed")
_ALWAYS_SHOWN = ("critical", "high", "medium", "none", "not-assessed")
_WITH_FINDINGS = ("critical", "high", "medium", "low", "info")
_MOST_BARS = 10
_MOST_NAMES = 5
_GRID = 100  # dots a side: 10,000 handshakes


@dataclass(frozen=True, slots=True)
class Tile:
    """How many servers have this severity as their worst; `start` and `width` of the bar, in percent."""

    severity: str
    label: str
    count: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a chart. `filters` shows its servers in the list; the rest have none, and no `parts`."""

    label: str
    note: str
    filters: str
    count: int
    total: int
    parts: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be decided for some servers, and whom that would lock out."""

    side: str
    label: str
    meaning: str
    count: int
    locked_out: str


def tiles(every: Sequence[Judged], phrases: Phrases) -> tuple[Tile, ...]:
    """Count the servers by severity."""
    counts = Counter(severity_id(each) for each in every)
    shown = [name for name in TILES if counts[name] or name in _ALWAYS_SHOWN]
    return _stacked([(name, counts[name]) for name in shown], max(1, counts.total()), phrases)


def decisions(every: Sequence[Judged], phrases: Phrases) -> tuple[Decision, ...]:
    """Return a line for each side on which something is to be changed, most servers first."""
    say = phrases.words.say
    sides: dict[FixSide, list[Judged]] = {}
    for each in every:
        if each.fix and each.open:
            sides.setdefault(each.fix, []).append(each)
    return tuple(
        Decision(
            side=side.value,
            label=say(f"report.fix.{side}"),
            meaning=say(f"report.side.{side}"),
            count=len(servers),
            locked_out=_locked_out(side, servers, phrases.words),
        )
        for side, servers in sorted(sides.items(), key=lambda item: -len(item[1]))
    )


def _locked_out(side: FixSide, servers: Sequence[Judged], words: Wording) -> str:
    names = Counter(
        name
        for each in servers
        for name in dict.fromkeys(
            words.client(one.client, one.client_name) for one in advise(each.scan, each.open).locked_out
        )
    )
    if not names:
        return words.say(
            "report.locked-out.unknown" if side is FixSide.UNKNOWN else "report.locked-out.nobody"
        )
    said = [
        words.say("report.locked-out.on", who=who, n=count) for who, count in names.most_common(_MOST_NAMES)
    ]
    if more := len(names) - len(said):
        said.append(words.say("report.locked-out.more", n=more))
    return words.listed(said, long=True)


def filterable(text: str) -> str:
    """Return a text of the inventory as the list is filtered by it."""
    return visible(text)[:MOST_SHOWN]


def by_tag(every: Sequence[Judged], phrases: Phrases) -> tuple[str, tuple[Bar, ...]]:
    """Count by owner, else by environment: the column's name, and its bars; none where all have the same."""
    choices: tuple[tuple[str, Callable[[Judged], str]], ...] = (
        ("owner", lambda each: filterable(each.scan.target.owner)),
        ("environment", lambda each: filterable(each.scan.target.environment)),
    )
    for name, value in choices:
        groups: dict[str, list[Judged]] = {}
        for each in every:
            groups.setdefault(value(each), []).append(each)
        if len(groups) > 1:
            return name, _tag_bars(name, groups, phrases)
    return "", ()


def _tag_bars(name: str, groups: dict[str, list[Judged]], phrases: Phrases) -> tuple[Bar, ...]:
    say = phrases.words.say
    ordered = sorted(groups.items(), key=lambda item: (_badness(item[1]), item[0]))
    shown, others = ordered[:_MOST_BARS], [each for _, servers in ordered[_MOST_BARS:] for each in servers]
    longest = max(1, *(_severities(servers).total() for _, servers in shown))
    bars = [
        Bar(
            label=value or say("report.chart.no-value"),
            note="",
            filters=f"{name}={value}",
            count=_severities(servers).total(),
            total=len(servers),
            parts=_of_counts(_severities(servers), longest, phrases),
        )
        for value, servers in shown
    ]
    if others:  # without a bar: theirs would be longer than all
        label = say("report.chart.others", n=len(ordered) - _MOST_BARS)
        bars.append(Bar(label, "", "", _severities(others).total(), len(others), ()))
    return tuple(bars)


def _badness(servers: Sequence[Judged]) -> tuple[int, ...]:
    counts = _severities(servers)
    return tuple(-counts[name] for name in _WITH_FINDINGS)


def _severities(servers: Iterable[Judged]) -> Counter[str]:
    return Counter(name for each in servers if (name := severity_id(each)) in _WITH_FINDINGS)


def by_rule(every: Sequence[Judged], phrases: Phrases) -> tuple[Bar, ...]:
    """Count the findings that are not waived by rule, the worst first."""
    rules: dict[str, Counter[str]] = {}
    for each in every:
        for found in each.open:
            rules.setdefault(found.rule, Counter())[found.severity.value] += 1
    longest = max((counts.total() for counts in rules.values()), default=1)
    ordered = sorted(rules.items(), key=lambda item: (_worst(item[1]), -item[1].total(), item[0]))
    return tuple(
        Bar(
            label=phrases.words.say(f"rule.{rule}.title"),
            note=rule,
            filters=f"rule={rule}",
            count=counts.total(),
            total=len(every),
            parts=_of_counts(counts, longest, phrases),
        )
        for rule, counts in ordered
    )


def _worst(counts: Counter[str]) -> int:
    return -max(Severity(name).rank for name in counts)


def _of_counts(counts: Counter[str], longest: int, phrases: Phrases) -> tuple[Tile, ...]:
    return _stacked([(name, counts[name]) for name in _WITH_FINDINGS if counts[name]], longest, phrases)


def _stacked(counts: Iterable[tuple[str, int]], whole: int, phrases: Phrases) -> tuple[Tile, ...]:
    made, start = [], 0.0
    for severity, count in counts:
        width = 100 * count / whole
        label = phrases.words.say(f"report.severity.{severity}")
        made.append(Tile(severity, label, count, round(start, 3), round(width, 3)))
        start += width
    return tuple(made)


def typical_rate(every: Sequence[Judged]) -> float | None:
    """Return the rate in the middle of those of the servers where handshakes fail; None where none do."""
    rates = [each.rate for each in counted(every) if each.rate]
    return median_low(rates) if rates else None


@dataclass(frozen=True, slots=True)
class Dots:
    """10,000 handshakes as a square of dots: those that fail, as places in it; or `every` one."""

    failing: tuple[tuple[int, int], ...]
    every: bool


def dots(rate: float | None) -> Dots | None:
    """Draw a rate; None where less than one of 10,000 would be drawn."""
    count = round((rate or 0) * _GRID**2)
    if not count or rate is None:
        return None
    if is_every(rate):
        return Dots((), every=True)
    failing: dict[tuple[int, int], None] = {}
    number = 0
    while len(failing) < count:
        number += 1
        failing[_place(number)] = None
    return Dots(tuple(failing), every=False)


def _place(number: int) -> tuple[int, int]:
    """Scatter numbers evenly: the R2 sequence (Roberts, 2018), by the plastic number."""
    return int(number * 0.7548776662466927 % 1 * _GRID), int(number * 0.5698402909980532 % 1 * _GRID)
