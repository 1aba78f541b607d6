"""What the reports say of clients: the columns, the table of landings, failures a day."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from rich.console import Console

from tests.unit.landing_cases import (
    OFF_DHE,
    ON_DHE,
    REFUSED,
    TLS10,
    TOO_LARGE,
    UNCLEAR,
    landing,
    landing_scans,
    server,
    share,
    zeros,
)
from tests.unit.run_infos import run_info
from tlsprobe.assessment import Assessment, Judged, Standing, Waiver, assess, judged, judged_with
from tlsprobe.facts import (
    Arrival,
    Landed,
    PremasterZeros,
    RefusedByClient,
    RefusedByServer,
    ServerScan,
    ShareEncoding,
)
from tlsprobe.report import clients_view
from tlsprobe.report.headline import headline, lede
from tlsprobe.report.overview import typical_rate
from tlsprobe.report.phrases import Phrases, severity_id
from tlsprobe.report.terminal import print_server, print_summary
from tlsprobe.report.writing import endpoints_csv
from tlsprobe.rules import name_of
from tlsprobe.wording import wording

PHRASES = Phrases(wording())
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def row(scan: ServerScan) -> dict[str, str]:
    (only,) = csv.DictReader(io.StringIO(endpoints_csv(assess([scan], run_info(bad_rows=())))))
    return only


def test_the_columns_name_who_is_on_dhe_and_who_would_be_locked_out() -> None:
    scan = server(
        landing("windows-7"),
        landing("windows-8.1", ON_DHE, REFUSED),
        landing("windows-10-1803", TOO_LARGE, fix="yes"),
        landing("chrome", OFF_DHE),
    )
    cells = row(scan)
    assert cells["clients_on_dhe"] == "windows-7 windows-8.1 windows-10-1803"
    assert cells["clients_locked_out"] == "windows-8.1"
    assert cells["fix_side"] == "add-suite-first"


def test_only_the_clients_that_count_are_in_the_columns() -> None:
    scan = server(landing("windows-7"), landing("windows-8.1", ON_DHE, REFUSED), clients=("windows-7",))
    assert row(scan)["clients_on_dhe"] == "windows-7"
    assert row(scan)["clients_locked_out"] == ""


def test_a_client_of_several_offers_is_named_once() -> None:
    twice = (landing("windows-7"), replace(landing("windows-7"), offer="ie11"))
    assert row(server(*twice))["clients_on_dhe"] == "windows-7"


@pytest.mark.parametrize(
    ("arrival", "said"),
    [
        (ON_DHE, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, TLS 1.2"),
        (Landed(TLS10, 0x002F, fallback=1), "TLS_RSA_WITH_AES_128_CBC_SHA, TLS 1.0, at a second try"),
        (TOO_LARGE, "the client refuses 2048 bits"),
        (RefusedByClient(TLS10, 0x002F, "version"), "the client refuses TLS 1.0"),
        (REFUSED, "handshake_failure (40)"),
        (RefusedByServer(None), "the server closes it"),
        (UNCLEAR, "not known"),
    ],
)
def test_each_way_a_landing_can_be_has_its_words(arrival: Arrival, said: str) -> None:
    assert said in clients_view.arrival(server(), arrival, PHRASES)


def test_every_landing_stands_in_the_table_once_the_hit_ones_first() -> None:
    for scan in landing_scans():
        rows = clients_view.clients(scan, PHRASES)
        assert sorted(name for each in rows for name in each.clients) == sorted(
            name_of(each, wording()) for each in scan.landings
        )
    mixed = server(landing("chrome", OFF_DHE), landing("windows-7"), landing("java-7", ON_DHE, REFUSED))
    marks = [each.mark for each in clients_view.clients(mixed, PHRASES)]
    assert marks == ["locked-out", "dhe", ""]


def test_clients_with_the_same_answers_share_a_row() -> None:
    scan = server(landing("windows-7"), landing("windows-8"), landing("chrome", OFF_DHE))
    rows = clients_view.clients(scan, PHRASES)
    assert [each.clients for each in rows] == [("windows-7", "windows-8"), ("chrome",)]
    assert rows[0].rate == "39 in 10,000"
    assert rows[1].without_dhe == "the same"


@pytest.mark.parametrize(("clients", "said"), [((), "up to 39"), (("windows-7",), "about 39")])
def test_failures_a_day_are_a_limit_where_nobody_says_whose_handshakes(
    clients: tuple[str, ...], said: str
) -> None:
    scan = server(landing("windows-7"), clients=clients)
    busy = replace(scan, target=replace(scan.target, handshakes_per_day=10_000.0))
    assert PHRASES.per_day(judged(busy)) == said
    assert PHRASES.per_day(judged(scan)) == ""


def test_the_terminal_says_who_lands_and_who_would_be_locked_out() -> None:
    scan = server(landing("windows-7", ON_DHE, REFUSED), landing("chrome", OFF_DHE))
    console = Console(record=True, width=100)
    print_server(judged(scan), console)
    said = console.export_text()
    assert "windows-7" in said
    assert "handshake_failure" in said
    assert "On the server, after adding a suite" in said


def test_the_headline_counts_old_windows_and_the_rest_is_said_below_it() -> None:
    windows = judged(server(landing("windows-7")))
    every_client = judged(server(landing("java-17"), z=zeros(PremasterZeros.KEPT)))
    nobody = judged(server(landing("windows-7", OFF_DHE)))
    words = wording()
    assert headline([windows, every_client, nobody], words).startswith(
        "1 of 3 servers is likely to drop conn"
    )
    assert "old Windows" in headline([windows, nobody], words)
    # Where no old Windows lands the other clients are not hit "as well".
    (only,) = (each for each in lede([windows, every_client], 0, words) if "other clients" in each)
    assert only.startswith("On 1 more server no old Windows is hit")
    both = judged(server(landing("windows-7"), z=zeros(PremasterZeros.KEPT)))
    assert "On 1 of them it happens with other clients as well" in " ".join(lede([windows, both], 0, words))
    assert headline([every_client, nobody], words) == "1 of 2 servers is likely to drop connections"
    assert "No server was found" in headline([nobody], words)


def waived(scan: ServerScan, kind: str) -> Judged:
    """Judge a server whose every finding is waived for this reason."""
    each = judged(scan)
    waivers = {
        found.rule: Standing(NOW, waiver=Waiver(found.rule, "*.example", "May", kind, "A. Ito", date.max))
        for found in each.findings
    }
    return judged_with(scan, each.findings, waivers)


def test_what_is_waived_is_so_all_the_same_unless_the_waiver_denies_it() -> None:
    words, scan = wording(), server(landing("windows-7"))
    accepted, denied = waived(scan, "accepted-risk"), waived(scan, "false-positive")
    assert headline([accepted, denied], words).startswith("1 of 2 servers is likely to drop connections")
    assert "On 1 of them that is waived: somebody answers for it." in lede([accepted], 0, words)
    assert "No server was found" in headline([denied], words)
    assert {severity_id(accepted), severity_id(denied)} == {"waived"}
    console = Console(record=True, width=100)
    print_summary(Assessment(run_info(bad_rows=()), (accepted,)), console)
    said = console.export_text()
    assert "1 Waived" in said
    assert "Nowhere" not in said


def test_the_typical_rate_is_of_the_servers_that_the_headline_counts() -> None:
    short = server(landing("windows-7"), ys=share(ShareEncoding.SHORT))
    often = [judged(short) for _ in range(2)]
    seldom = [judged(server(landing("java-17"), z=zeros(PremasterZeros.KEPT))) for _ in range(5)]
    assert often[0].rate != seldom[0].rate
    assert typical_rate([*often, *seldom]) == often[0].rate


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_japanese_evidence_is_never_cut(width: int) -> None:
    scan = server(*(landing(f"windows-{n}", ON_DHE, REFUSED) for n in range(20)))
    console = Console(record=True, width=width)
    print_server(judged(scan), console, lang="ja")
    said = "".join(console.export_text().split())
    for found in judged(scan).findings:
        for sentence in found.evidence:
            assert "".join(sentence.render(wording("ja")).split()) in said
