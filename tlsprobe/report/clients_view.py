"""What each client negotiates with a server, in words: today, without DHE, and how often it fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from tlsprobe.facts import Arrival, Landed, Landing, RefusedByClient, RefusedByServer, ServerScan, Unclear
from tlsprobe.report.phrases import DASH, Phrases
from tlsprobe.rules import client_rate, is_locked_out, name_of
from tlsprobe.tls.constants import alert_name, version_label
from tlsprobe.tls.suites import suite, suite_name


@dataclass(frozen=True, slots=True)
class ClientView:
    """One row: clients that get the same, and what that is. `mark` is dhe, locked-out or empty."""

    clients: tuple[str, ...]
    today: str
    without_dhe: str
    rate: str
    mark: str


def clients(scan: ServerScan, phrases: Phrases) -> tuple[ClientView, ...]:
    """Return the landings of a server, those with the same answers in one row, those on DHE first."""
    rows = [(_row(scan, each, phrases), name_of(each, phrases.words)) for each in scan.landings]
    rows.sort(key=lambda row: (_MARKS.index(row[0].mark), row[0].today, row[0].without_dhe, row[0].rate))
    return tuple(
        ClientView(tuple(name for _, name in same), view.today, view.without_dhe, view.rate, view.mark)
        for view, same in groupby(rows, key=lambda row: row[0])
    )


_MARKS = ("locked-out", "dhe", "")


def _row(scan: ServerScan, landing: Landing, phrases: Phrases) -> ClientView:
    mark = "locked-out" if is_locked_out(landing) else "dhe" if _on_dhe(landing.as_offered) else ""
    return ClientView(
        clients=(),
        today=arrival(scan, landing.as_offered, phrases),
        without_dhe=_same_or(scan, landing, phrases),
        rate=phrases.rate(client_rate(scan, landing)) if _on_dhe(landing.as_offered) else DASH,
        mark=mark,
    )


def _on_dhe(arrival: Arrival) -> bool:
    return isinstance(arrival, Landed | RefusedByClient) and suite(arrival.suite).has_dh_params


def _same_or(scan: ServerScan, landing: Landing, phrases: Phrases) -> str:
    if landing.without_dhe is None:
        return phrases.words.say("report.client.the-same")
    return arrival(scan, landing.without_dhe, phrases)


def arrival(scan: ServerScan, arrival: Arrival, phrases: Phrases) -> str:
    """Say what one offer comes to."""
    say = phrases.words.say
    match arrival:
        case Landed():
            said = say(
                "report.client.landed",
                suite=suite_name(arrival.suite),
                version=version_label(arrival.version),
            )
            return say("report.client.fallback", said=said) if arrival.fallback else said
        case RefusedByClient(reason="version"):
            return say("report.client.refused-version", version=version_label(arrival.version))
        case RefusedByClient(group=group):
            bits = scan.groups[group].bits if group is not None else 0
            return say("report.client.refused-group", suite=suite_name(arrival.suite), bits=bits)
        case RefusedByServer(alert=alert):
            if alert is None:
                return say("report.client.closed")
            return say("report.client.alert", name=alert_name(alert), number=alert)
        case Unclear(reason=reason):
            return say("report.client.unclear", reason=reason)


def summary(scan: ServerScan, phrases: Phrases) -> str:
    """Say in one sentence how many offers were replayed and how many are on DHE."""
    landed: Sequence[Landing] = [each for each in scan.landings if _on_dhe(each.as_offered)]
    return phrases.words.say("report.client.summary", n=len(scan.landings), dhe=len(landed))
