"""The first screens of the page: counts that add up, charts that fit, and parts that are stored once."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup, escape

from tests.unit.assessments import assessments
from tlsprobe.assessment import Assessment
from tlsprobe.report import overview
from tlsprobe.report.blocks import HOLE, Blocks
from tlsprobe.report.environment import MOST_IN_A_CELL, MOST_SHOWN, environment
from tlsprobe.report.phrases import Phrases
from tlsprobe.wording import wording

PHRASES = Phrases(wording())


@settings(max_examples=30)
@given(assessments())
def test_tiles_count_every_server(run: Assessment) -> None:
    tiles = overview.tiles(run.servers, PHRASES)
    assert sum(each.count for each in tiles) == len(run.servers)
    assert sum(each.width for each in tiles) == pytest.approx(100 if run.servers else 0, abs=0.01)


@settings(max_examples=30)
@given(assessments())
def test_each_decision_counts_its_servers(run: Assessment) -> None:
    sides = Counter(each.fix for each in run.servers if each.fix and each.open)
    assert {each.side: each.count for each in overview.decisions(run.servers, PHRASES)} == sides


@settings(max_examples=30)
@given(assessments())
def test_charts_count_open_findings_and_no_bar_is_too_long(run: Assessment) -> None:
    by_rule = overview.by_rule(run.servers, PHRASES)
    assert {bar.note: bar.count for bar in by_rule} == Counter(
        found.rule for each in run.servers for found in each.open
    )
    tag, by_tag = overview.by_tag(run.servers, PHRASES)
    assert bool(tag) == bool(by_tag)
    if by_tag:
        assert sum(bar.total for bar in by_tag) == len(run.servers)
    for bar in (*by_rule, *by_tag):
        assert sum(part.width for part in bar.parts) <= 100.01


@given(st.floats(min_value=0, max_value=1))
def test_as_many_dots_are_drawn_as_fail(rate: float) -> None:
    drawn = overview.dots(rate)
    count = round(rate * 10_000)
    if drawn is None:
        assert count == 0
    elif not drawn.every:
        assert len(set(drawn.failing)) == count
        assert all(0 <= x < 100 and 0 <= y < 100 for x, y in drawn.failing)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.text(max_size=5)), max_size=20))
def test_parts_and_texts_are_stored_once_and_say_the_same(servers: list[tuple[str, str]]) -> None:
    stored, inline = Blocks(inline=False), Blocks(inline=True)
    for kind, text in servers:
        reference = stored.part(lambda kind=kind, text=text: escape(kind) + stored.own(text))  # type: ignore[misc]
        whole = inline.part(lambda kind=kind, text=text: escape(kind) + inline.own(text))  # type: ignore[misc]
        assert isinstance(reference, tuple)
        part, *texts = reference
        markup = list(stored.parts)[part].replace(HOLE, Markup("{}"))
        assert markup.format(*(list(stored.texts)[each] for each in texts)) == whole
    assert len(stored.parts) == len({kind for kind, _ in servers})
    assert len(stored.texts) == len({text for _, text in servers})


def test_a_long_text_is_cut_and_its_length_said() -> None:
    templates = environment(wording())
    said = templates.from_string("{{ text }}").render(text="A" * 65_536)
    assert said.startswith("A" * MOST_SHOWN + "… (cut; 65,536")
    cell = templates.from_string("{{ text | cell }}").render(text="A" * 65_536)
    assert cell.startswith("A" * MOST_IN_A_CELL + "…")
    assert templates.from_string("{{ text }}").render(text="A" * MOST_SHOWN) == "A" * MOST_SHOWN
