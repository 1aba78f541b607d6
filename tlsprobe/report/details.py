"""All that the page says of one server, as parts: facts, findings, the edit, and the evidence."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, Protocol

from markupsafe import Markup

from tlsprobe.assessment import Judged
from tlsprobe.facts import accepts_dhe
from tlsprobe.remedy.check import check_command
from tlsprobe.report import clients_view, edit_view, server_view, stack_view, survey
from tlsprobe.report.blocks import Blocks, Reference
from tlsprobe.report.phrases import Phrases
from tlsprobe.rules.evidence import server_share

Part = Markup | Reference


class Macros(Protocol):
    """parts.html.j2: a macro for each kind of part."""

    def __getattr__(self, name: str) -> Callable[..., Markup]: ...


class Details:
    """Makes the parts of servers, with the macros of parts.html.j2."""

    def __init__(self, blocks: Blocks, macros: Macros, phrases: Phrases) -> None:
        self._blocks, self._macros, self._phrases = blocks, macros, phrases

    def of(self, each: Judged) -> tuple[Part, ...]:
        """Return a server's parts in the order in which they are read."""
        return (*self._said(each), *self._evidence(each), *self._rest(each))

    def _said(self, each: Judged) -> Iterator[Part]:
        scan, phrases = each.scan, self._phrases
        yield self._own("facts", server_view.facts(each, phrases))
        if scan.status not in server_view.ASKED:
            yield self._own(
                "not_asked",
                phrases.reason(scan.status_reason),
                scan.status_reason,
                phrases.words.detail(scan.detail),
            )
        elif not each.findings:
            yield self._same("digest", phrases.digest(each))
        for place, found in enumerate(each.findings):
            view = server_view.finding(found, each.standing(found), phrases)
            yield self._own("finding", view, place == 0)
        if (edit := edit_view.edit(each, phrases.words)) is not None:
            yield self._same("edit", edit)
            if edit.file:
                said = phrases.words.say("fix.edit.check.scan", place=scan.target.label)
                yield self._own("check", said, check_command(scan))
                yield self._same("undo", edit)
            yield self._same("all_edits")

    def _evidence(self, each: Judged) -> Iterator[Part]:
        scan, phrases = each.scan, self._phrases
        if scan.landings:
            rows = clients_view.clients(each.facts, phrases)
            yield self._same("clients", rows, clients_view.summary(scan, phrases))
        if forced := server_view.forced(scan, phrases):
            yield self._own("forced", forced, server_view.forced_with(scan, phrases))
        if suites := server_view.versions(scan, phrases):
            order = phrases.words.say(f"report.order.{scan.dhe.order}") if scan.dhe else ""
            yield self._same("suites", suites, order)
        if scan.groups:
            yield self._same("groups", tuple(server_view.group(one, phrases) for one in scan.groups))

    def _rest(self, each: Judged) -> Iterator[Part]:
        scan, phrases = each.scan, self._phrases
        words = phrases.words
        shares = [said.render(words) for said in server_share(scan.share)] if accepts_dhe(scan) else []
        lists = (
            ("shares", (*shares, *server_view.deciding_shares(scan, phrases))),
            ("stack", stack_view.sentences(scan, words)),
            ("survey", survey.sentences(scan, words)),
            ("gaps", tuple(phrases.gaps(scan)) if scan.status in server_view.ASKED else ()),
        )
        for name, sentences in lists:
            if sentences:
                yield self._own("sentences", words.say(f"report.part.{name}"), tuple(sentences))
        if tags := tuple((name, value) for name, value in scan.target.tags if value):
            yield self._own("tags", tags)

    def _own(self, name: str, *views: Any) -> Part:
        return self._blocks.part(lambda: getattr(self._macros, name)(*views))

    def _same(self, name: str, *views: Hashable) -> Part:
        return self._blocks.same((name, views), lambda: getattr(self._macros, name)(*views))
