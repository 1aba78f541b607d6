"""What is waived gets no edit unbidden: the folder of `fix` leaves it out and says so, the page as well."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date

import pytest

from tests.unit.landing_cases import landing, server, share
from tests.unit.run_infos import run_info
from tlsprobe.assessment import Assessment, Waiver, assess
from tlsprobe.facts import ServerScan, ShareEncoding
from tlsprobe.remedy.folder import fix_files
from tlsprobe.report.edit_view import edit
from tlsprobe.report.writing import endpoints_csv
from tlsprobe.rules import judge
from tlsprobe.waivers import Kind
from tlsprobe.wording import wording

TODAY = date(2026, 6, 1)
NO_EDIT = [kind for kind in Kind if kind is not Kind.PLANNED_CHANGE]


def host(name: str, line: int) -> ServerScan:
    scan = server(landing("windows-7"), ys=share(ShareEncoding.SHORT), software="nginx")
    return replace(scan, target=replace(scan.target, host=name, line=line))


ONE, OTHER = host("a.example", 2), host("b.example", 3)
RULES = [found.rule for found in judge(ONE)]


def run(kind: Kind, *rules: str, expires: date = TODAY) -> Assessment:
    """Both servers; the first has these rules waived."""
    waivers = [Waiver(rule, "a.example", "ticket 4711", kind, "Ada Ito", expires) for rule in rules]
    return assess([ONE, OTHER], run_info(), waivers=waivers, today=TODAY)


def written(assessment: Assessment) -> dict[str, str]:
    files = fix_files(assessment, run="run", words=wording())
    return {each.path: each.content.decode() for each in files if each.path.endswith(".md")}


@pytest.mark.parametrize("kind", NO_EDIT)
def test_what_is_waived_has_no_edit_and_the_readme_says_by_whom(kind: Kind) -> None:
    files = written(run(kind, *RULES))
    assert [path for path in files if path.startswith("servers/")] == ["servers/b.example_443.md"]
    waived = files["README.md"].partition("## Waived")[2]
    assert f"| a.example:443 | {' '.join(RULES)} | Waived until 2026-06-01: {kind}" in waived
    assert "approved by Ada Ito. ticket 4711" in waived
    assert "b.example" not in waived


def test_a_planned_change_has_its_edit_and_says_so() -> None:
    files = written(run(Kind.PLANNED_CHANGE, *RULES))
    assert "(Waived until 2026-06-01: planned-change" in files["servers/a.example_443.md"]
    assert "## Waived" in files["README.md"]


def test_a_waiver_that_is_over_leaves_nothing_out() -> None:
    files = written(run(Kind.ACCEPTED_RISK, *RULES, expires=date(2026, 5, 31)))
    assert "servers/a.example_443.md" in files
    assert "## Waived" not in files["README.md"]


def test_what_is_open_beside_it_still_has_the_edit_and_the_waived_is_marked() -> None:
    assert len(RULES) > 1
    page = written(run(Kind.FALSE_POSITIVE, RULES[0]))["servers/a.example_443.md"]
    assert "## The edit for nginx" in page
    marked = [line for line in page.splitlines() if "Waived until" in line]
    assert [line.split()[1] for line in marked] == RULES[:1]


def test_where_all_is_waived_there_is_nothing_to_change_but_it_is_said() -> None:
    scans = assess(
        [ONE],
        run_info(),
        waivers=[Waiver(rule, "a.example", "known", Kind.FALSE_POSITIVE, "Ada Ito", TODAY) for rule in RULES],
        today=TODAY,
    )
    files = written(scans)
    assert set(files) == {"README.md"}
    assert "is waived; there is nothing to change" in files["README.md"]
    assert "a.example:443" in files["README.md"]


@pytest.mark.parametrize("kind", Kind)
def test_the_page_gives_the_edits_that_the_folder_gives(kind: Kind) -> None:
    assessment = run(kind, *RULES)
    shown = {
        each.scan.target.host
        for each in assessment.servers
        if (view := edit(each, wording())) is not None and view.command
    }
    assert shown == {
        host for host in ("a.example", "b.example") if f"servers/{host}_443.md" in written(assessment)
    }


def test_endpoints_say_what_of_the_findings_is_waived() -> None:
    rows = list(csv.DictReader(io.StringIO(endpoints_csv(run(Kind.ACCEPTED_RISK, RULES[0])))))
    assert [row["waived"] for row in rows if row["host"].endswith(".example")] == [RULES[0], ""]
    assert RULES[0] in rows[0]["findings"].split()
