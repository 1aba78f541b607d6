"""What `tlsprobe diff` prints: what asks for something in full, the rest counted, servers by name."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date

import pytest
from rich.console import Console

from tests.unit.run_infos import run_info
from tests.unit.sample_scans import JSSE, OPENSSL, S2N, at, unobserved
from tests.unit.test_baseline import STRANGE, away, run, share_of, with_landing_group, without_dhe
from tlsprobe.assessment import Assessment, Waiver, assess
from tlsprobe.assessment.remembered import baseline_of
from tlsprobe.report.diff import COLUMNS, as_csv, as_jsonl, print_diff


def printed(assessment: Assessment, lang: str = "en") -> str:
    """Return the words, with spaces as they come."""
    file = io.StringIO()
    print_diff(assessment, Console(file=file, width=200, color_system=None), lang=lang)
    return " ".join(file.getvalue().split())


def test_every_finding_that_is_not_as_it_was_has_its_line() -> None:
    before = run(at(OPENSSL, "rate.example"), at(share_of(JSSE, reused=True), "share.example"))
    after = run(at(with_landing_group(OPENSSL, 1.5), "rate.example"), at(JSSE, "share.example"), since=before)
    words = printed(after)
    assert (
        "worse rate.example:443 DHE004 unfixed-windows-lands-on-dhe 39 in 10,000, now 59 in 10,000" in words
    )
    assert "better share.example:443 DHE003 short-server-share Critical, now High" in words
    assert "same" not in words.partition("Since then")[2]


def test_what_is_learned_is_explained() -> None:
    words = printed(run(STRANGE, days=1, since=run(unobserved(STRANGE))))
    assert f"learned {STRANGE.target.label} DHE003 short-server-share High" in words
    assert words.endswith("Learned: the server is as it was, and more is known of it.")


def test_servers_that_came_left_or_hide_are_named_the_first_ten_of_them() -> None:
    old = [at(OPENSSL, f"left{number}.example") for number in range(12)]
    new = [at(S2N, f"came{number}.example") for number in range(2)]
    hidden = at(JSSE, "hidden.example")
    words = printed(run(*new, away(hidden), since=run(*old, hidden)))
    assert "2 servers came: came0.example:443, came1.example:443" in words
    assert "12 servers are not in this run: left0.example:443," in words
    assert "left7.example:443 and 2 more" in words  # by the alphabet left10 and left11 come before it
    assert "left9" not in words
    assert "1 server with findings then could not be assessed now: hidden.example:443" in words


def test_what_is_gone_is_cut_after_twenty_and_what_is_new_never() -> None:
    old = [at(OPENSSL, f"s{number}.example") for number in range(30)]
    clean = [without_dhe(scan) for scan in old]
    rules = len(list(run(OPENSSL).findings))
    assert f"{30 * rules - 20} more that are gone; --stdout csv has every one." in printed(
        run(*clean, since=run(*old))
    )
    words = printed(run(*old, since=run(*clean)))
    assert "more that are new" not in words
    assert all(f"new s{number}.example:443 " in words for number in range(30))


def test_a_waiver_that_is_over_is_shown_though_nothing_changed() -> None:
    over = Waiver("DHE004", OPENSSL.target.host, "known", "accepted-risk", "Ada Ito", date(2026, 1, 1))
    baseline = baseline_of(run(OPENSSL))
    assert "High (waiver expired)" in printed(
        assess([OPENSSL], run_info(), waivers=[over], baseline=baseline)
    )
    (row,) = rows(assess([OPENSSL], run_info(), waivers=[over], baseline=baseline), "DHE004")
    assert (row["change"], row["waived"]) == ("same", "no")


def test_two_runs_without_a_finding_say_so_and_have_no_table() -> None:
    clean = without_dhe(OPENSSL)
    words = printed(run(clean, since=run(clean)))
    assert "no findings then or now" in words
    assert "Since then" not in words


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_hostile_names_do_nothing_to_a_terminal(lang: str) -> None:
    hostile = replace(OPENSSL, target=replace(OPENSSL.target, host="a\x1b[31m\u202e.example"))
    assert "\x1b" not in printed(run(hostile, since=run()), lang)
    assert "\u202e" not in printed(run(hostile, since=run()), lang)


def rows(assessment: Assessment, rule: str) -> list[dict[str, str]]:
    return [row for row in csv.DictReader(io.StringIO(as_csv(assessment))) if row["rule"] == rule]


def test_programs_get_the_same_in_csv_and_in_lines() -> None:
    before = run(at(OPENSSL, "gone.example"), at(JSSE, "left.example"))
    after = run(at(without_dhe(OPENSSL), "gone.example"), at(S2N, "new.example"), since=before)
    table = list(csv.DictReader(io.StringIO(as_csv(after))))
    assert tuple(table[0]) == COLUMNS
    assert [json.loads(line) for line in as_jsonl(after)] == table
    assert {row["change"] for row in table} == {"new", "gone", "left"}
    gone = next(row for row in table if row["change"] == "gone" and row["rule"] == "DHE004")
    assert (gone["host"], gone["severity_before"], gone["severity"], gone["waived"]) == (
        "gone.example",
        "high",
        "",
        "",
    )
    assert {row["status"] for row in table if row["change"] == "left"} == {""}
