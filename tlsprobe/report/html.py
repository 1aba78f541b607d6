"""report.html: one file that needs nothing else and loads nothing.

Headline, decisions, charts and the ranked list are there without the script, and in a small run every detail
too. In a large one the script puts a server's details together, from parts that are stored once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from markupsafe import Markup

from tlsprobe.assessment import Assessment, Judged
from tlsprobe.journal import RunInfo
from tlsprobe.report import decided, facets, history_view, overview, server_view
from tlsprobe.report.blocks import Blocks
from tlsprobe.report.details import Details, Macros, Part
from tlsprobe.report.environment import asset, environment, policy
from tlsprobe.report.headline import headline, how_often, to_decide, what_is_missing
from tlsprobe.report.phrases import Phrases
from tlsprobe.report.server_view import ASKED, RowView
from tlsprobe.report.tables import utc
from tlsprobe.wording import Wording, wording

# As many servers as can be read through. With more, details are put together by the script.
MOST_INLINE = 50
NOTES = (
    "severity",
    "rate",
    "side",
    "group",
    "share",
    "zeros",
    "suites",
    "status",
    "not-observed",
    "client-share",
    "confidence",
    "locked-out",
    "change",
    "limits",
)
COLUMNS = ("server", "severity", "rate", "fix", "group", "share", "zeros", "owner")

_PIECES_AT_A_TIME = 1000  # of what jinja2 yields: a value or the text between two


@dataclass(frozen=True, slots=True)
class ServerView:
    """A server's row, and its parts."""

    row: RowView
    digest: str
    parts: tuple[Part, ...]


def render(assessment: Assessment, *, lang: str = "en", inline_up_to: int = MOST_INLINE) -> str:
    """Return the whole page; details stand in it as they are read where there are so few servers."""
    return "".join(parts(assessment, lang=lang, inline_up_to=inline_up_to))


def parts(assessment: Assessment, *, lang: str = "en", inline_up_to: int = MOST_INLINE) -> Iterator[str]:
    """Yield the same, piece by piece."""
    words = wording(lang)
    phrases = Phrases(words)
    info, every = assessment.info, assessment.servers
    blocks = Blocks(inline=len(every) <= inline_up_to)
    templates = environment(words, blocks)
    macros = cast(Macros, templates.get_template("parts.html.j2").module)
    anchors, references = tuple(_anchors(every)), facets.References()
    servers = _servers(every, anchors, Details(blocks, macros, phrases), references, phrases)
    known = facets.facets(every, phrases)
    style, script = asset("report.css") + _labels(words), asset("report.js")
    page = templates.get_template("report.html.j2").stream(
        **_overview(assessment, anchors, phrases),
        lang=words.lang,
        style=style,
        script=script,
        policy=policy(style=style, script=script),
        # In a large page each server is made when its row is written, and nothing of it is kept but the
        # numbers of its parts: these and the data come later in the page.
        servers=tuple(servers) if blocks.inline else servers,
        inline=blocks.inline,
        has_owners=any(each.scan.target.owner or each.scan.target.environment for each in every),
        facets=known,
        data=facets.data(every, references, known, blocks),
        parts=blocks.parts,
        bad_rows=info.bad_rows,
        notices=info.notices,
        run=info,
        started=utc(info.started),
        finished=_finished(info, words),
        notes=NOTES,
        said=phrases.notice,
        bad_row=phrases.bad_row,
    )
    page.enable_buffering(_PIECES_AT_A_TIME)
    yield from page


def _finished(info: RunInfo, words: Wording) -> str:
    if info.stopped is not None:
        return words.say(f"report.run.stopped.{info.stopped}")
    return utc(info.finished) if info.finished else words.say("report.run.unfinished")


def _overview(assessment: Assessment, anchors: Sequence[str], phrases: Phrases) -> dict[str, Any]:
    every, bad_rows = assessment.servers, len(assessment.info.bad_rows)
    tag, bars = overview.by_tag(every, phrases)
    typical = overview.typical_rate(every)
    return {
        "headline": headline(every, phrases.words),
        "lede": how_often(every, phrases.words),
        "to_decide": to_decide(every, phrases.words),
        "missing": what_is_missing(every, bad_rows, phrases.words),
        "tiles": overview.tiles(every, phrases),
        "decisions": overview.decisions(every, phrases),
        "dots": overview.dots(typical),
        "typical": phrases.count(typical),
        "tag": tag,
        "tag_bars": bars,
        "rule_bars": overview.by_rule(every, phrases),
        "progress": history_view.progress(assessment, phrases.words),
        "waivers": history_view.waivers(assessment, anchors, phrases),
        "idle_waivers": decided.idle(assessment, phrases.words),
        "not_assessed": _not_assessed(every, phrases),
    }


def _servers(
    every: Sequence[Judged],
    anchors: Sequence[str],
    details: Details,
    references: facets.References,
    phrases: Phrases,
) -> Iterator[ServerView]:
    for each, anchor in zip(every, anchors, strict=True):
        made = details.of(each)
        references.add(made)
        yield ServerView(server_view.row(each, anchor, phrases), phrases.digest(each), made)


def _anchors(every: Sequence[Judged]) -> Iterator[str]:
    """Yield an id for each server: its endpoint, or what tells it from others there. Runs share them."""
    endpoints = Counter(each.scan.target.endpoint for each in every)
    taken: Counter[str] = Counter()
    for each in every:
        target = each.scan.target
        name = target.endpoint if endpoints[target.endpoint] == 1 else target.label
        name = re.sub(r"[^A-Za-z0-9.:_\[\]-]+", "_", name).strip("_")[:300] or "server"
        taken[name] += 1
        yield name if taken[name] == 1 else f"{name}_{taken[name]}"


def _not_assessed(every: Sequence[Judged], phrases: Phrases) -> list[tuple[str, str, str, int]]:
    """Count the servers that were not asked: status, reason, the reason's id, and how many."""
    reasons = Counter(
        (each.scan.status, each.scan.status_reason) for each in every if each.scan.status not in ASKED
    )
    return [
        (phrases.words.say(f"report.status.{status}"), phrases.reason(reason), reason, count)
        for (status, reason), count in reasons.most_common()
    ]


def _labels(words: Wording) -> Markup:
    """Return the rules that name the cells where the list has no columns, on a phone."""
    rules = []
    for place, name in enumerate(COLUMNS[1:], start=2):
        text = words.say(f"report.column.{name}").replace("\\", "\\\\").replace('"', '\\"')
        rules.append(
            f'.ranking > tbody > tr:not(.opened) > td:nth-child({place})::before {{ content: "{text}"; }}'
        )
    sheet = "@media screen and (max-width: 52rem) {\n" + "\n".join(rules) + "\n}\n"
    return Markup(sheet.replace("<", "\\3c "))  # noqa: S704 - our own words
