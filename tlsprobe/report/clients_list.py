"""What `tlsprobe clients` prints: who is known, and how each asks."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tlsprobe.clients.profile import ClientOffer, ClientProfile
from tlsprobe.tls.constants import version_label
from tlsprobe.tls.suites import suite_name
from tlsprobe.wording import Wording, wording
from tlsprobe.wording.visible import visible


def print_clients(profiles: Sequence[ClientProfile], console: Console, *, lang: str = "en") -> None:
    """Print a line a client."""
    words = wording(lang)
    say = words.say
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column(say("clients.column.id"), no_wrap=True)
    table.add_column(say("clients.column.name"), overflow="fold")
    table.add_column(say("clients.column.fix"))
    table.add_column(say("clients.column.group"))
    for each in profiles:
        table.add_row(
            Text(visible(each.id)),
            Text(visible(words.client(each.id, each.name))),
            Text(_fix(each, words)),
            Text(_bounds(each)),
        )
    console.print(table)
    console.print()
    console.print(Text(say("clients.more"), style="dim"))


def print_client(profile: ClientProfile, console: Console, *, lang: str = "en") -> None:
    """Print one client in full: its offers in order, DHE suites marked, each with its source."""
    words = wording(lang)
    console.print()
    console.print(Text(visible(f"{profile.id}  {words.client(profile.id, profile.name)}"), style="bold"))
    for text in (
        words.say("clients.fix", fix=_fix(profile, words)),
        words.say("clients.group", bounds=_bounds(profile)) if _bounds(profile) else "",
        words.say("clients.also", names=words.listed(profile.aliases, long=True)) if profile.aliases else "",
        words.say("clients.source", source=profile.source) if profile.source else "",
        words.client_note(profile.id, profile.note),
    ):
        if text:
            console.print(Padding(Text(visible(text)), (0, 0, 0, 2)))
    for offer in profile.offers:
        _print_offer(profile, offer, words, console)


def _print_offer(profile: ClientProfile, offer: ClientOffer, words: Wording, console: Console) -> None:
    console.print()
    basis = words.say(f"clients.basis.{offer.basis}")
    name = words.offer(profile.id, offer.id, offer.name)
    heading = Text(visible(f"{offer.id}  {name}  "), style="bold") + Text(basis)
    console.print(Padding(heading, (0, 0, 0, 2)))
    console.print(Padding(Text(visible(offer.source), style="dim"), (0, 0, 0, 4)))
    for place, hello in enumerate(offer.hellos):
        key = "clients.hello" if place == 0 else "clients.hello.fallback"
        line = words.say(key, version=version_label(max((hello.version, *hello.versions))))
        console.print(Padding(Text(line), (0, 0, 0, 4)))
        kept = set(hello.without_dhe.suites)
        for code in hello.suites:
            style = "" if code in kept else "bold yellow"
            console.print(Padding(Text(f"{code:04x} {suite_name(code)}", style=style), (0, 0, 0, 6)))


def _fix(profile: ClientProfile, words: Wording) -> str:
    return words.say(f"clients.fix.{profile.leading_zero_fix}" if profile.windows else "clients.fix.other")


def _bounds(profile: ClientProfile) -> str:
    if not profile.min_dh_bits and not profile.max_dh_bits:
        return ""
    if not profile.min_dh_bits:
        return f"\u2264 {profile.max_dh_bits}"
    return f"{profile.min_dh_bits}\u2013{profile.max_dh_bits or ''}"
