"""report.html: one file that needs nothing else, runs no script and loads nothing."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tlsprobe.assessment import Assessment, Judged
from tlsprobe.facts import Status
from tlsprobe.report import server_view
from tlsprobe.report.headline import headline, lede
from tlsprobe.report.phrases import DASH, Phrases, severity_id
from tlsprobe.report.tables import utc
from tlsprobe.wording import Wording, wording
from tlsprobe.wording.visible import visible

_TILES = ("critical", "high", "medium", "low", "info", "none", "not-assessed")
_ALWAYS_SHOWN = ("critical", "high", "medium", "none", "not-assessed")
_ASKED = (Status.ASSESSED, Status.PARTLY_ASSESSED)
NOTES = (
    "severity",
    "rate",
    "suites",
    "group",
    "share",
    "zeros",
    "status",
    "not-observed",
    "client-share",
    "confidence",
    "limits",
)


@dataclass(frozen=True, slots=True)
class Tile:
    """How many servers have this severity as their worst."""

    severity: str
    label: str
    count: int
    start: float  # of the bar, in percent
    width: float


def render(assessment: Assessment, *, lang: str = "en") -> str:
    """Return the whole page."""
    words = wording(lang)
    phrases = Phrases(words)
    info, every = assessment.info, assessment.servers
    asked = [each for each in every if _was_asked(each)]
    others = [each for each in every if not _was_asked(each)]
    return (
        environment(words)
        .get_template("report.html.j2")
        .render(
            lang=words.lang,
            style=_style(),
            policy=_policy(),
            headline=headline(every, words),
            lede=lede(every, len(info.bad_rows), words),
            tiles=_tiles(every, len(info.bad_rows), phrases),
            servers=[server_view.server(each, place, phrases) for place, each in enumerate(asked, start=1)],
            others=[server_view.not_asked(each, phrases) for each in others],
            bad_rows=info.bad_rows,
            notices=info.notices,
            run=info,
            started=utc(info.started),
            finished=utc(info.finished) if info.finished else words.say("report.run.unfinished"),
            notes=NOTES,
            reason=phrases.reason,
            said=phrases.notice,
            bad_row=phrases.bad_row,
        )
    )


def _was_asked(each: Judged) -> bool:
    return each.scan.status in _ASKED or bool(each.findings)


def environment(words: Wording) -> Environment:
    """Return the templates, made to fail on a slip rather than to print nothing."""
    environment = Environment(
        loader=PackageLoader("tlsprobe.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    environment.filters["breakable"] = _breakable
    environment.globals |= {"say": words.say, "joined": words.joined, "dash": DASH}
    return environment


def _printable(value: object) -> object:
    """Let nothing invisible through, and no None: a template that prints one has a fault."""
    if value is None:
        raise ValueError("a template prints None")
    return value if isinstance(value, Markup) else visible(str(value))


def _breakable(text: str) -> Markup:
    """Let a long name of a suite go on in the next line behind an underscore."""
    return escape(visible(text)).replace("_", Markup("_<wbr>"))


def _style() -> Markup:
    css = resources.files("tlsprobe.report").joinpath("templates/report.css").read_text("utf-8")
    return Markup(css)  # noqa: S704 - our own file


def _policy() -> str:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _tiles(every: Sequence[Judged], bad_rows: int, phrases: Phrases) -> list[Tile]:
    counts = Counter(severity_id(each) for each in every)
    counts["not-assessed"] += bad_rows
    total = max(1, counts.total())
    tiles, start = [], 0.0
    for severity in _TILES:
        count = counts[severity]
        if not count and severity not in _ALWAYS_SHOWN:
            continue
        width = 100 * count / total
        label = phrases.words.say(f"report.severity.{severity}")
        tiles.append(Tile(severity, label, count, round(start, 3), round(width, 3)))
        start += width
    return tiles
