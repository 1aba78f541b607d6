from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.run_infos import run_info
from tests.unit.sample_scans import OPENSSL, at
from tlsprobe.assessment import Assessment, Waiver, assess
from tlsprobe.assessment.parts import PartsError, parts
from tlsprobe.assessment.remembered import baseline_of
from tlsprobe.facts import ServerScan, Status
from tlsprobe.inventory import Target

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def run(*values: str, column: str = "Owner Team", owners: bool = True) -> Assessment:
    """Make a run with a server for each value, of a column that means the owner."""
    scans = [
        ServerScan(
            Target(line, f"s{line}.example", owner=value if owners else "", tags=((column, value),)),
            Status.UNREACHABLE,
            "refused",
            NOW,
            0.1,
        )
        for line, value in enumerate(values, start=2)
    ]
    return assess(scans, run_info())


def hosts(assessment: Assessment) -> list[str]:
    return [each.scan.target.host for each in assessment.servers]


def test_by_owner_whatever_the_header_is_called() -> None:
    cut = parts(run("Web", "DBA", " web ", ""), "owner")
    assert [(each.value, each.folder, hosts(each.assessment)) for each in cut] == [
        ("", "without", ["s5.example"]),
        ("DBA", "dba", ["s3.example"]),
        ("Web", "web", ["s2.example", "s4.example"]),
    ]
    assert [each.folder for each in parts(run("Kyoto", column="Site", owners=False), "SITE")] == ["kyoto"]


def test_a_part_says_nothing_of_other_rows() -> None:
    cut = parts(run(*["web"] * 8, "dba"), "owner")
    lines = {each.value: [one.line for one in each.assessment.info.notices] for each in cut}
    assert lines == {"web": [9], "dba": []}
    assert all(not each.assessment.info.bad_rows for each in cut)


def test_a_part_says_nothing_of_others_findings_and_waivers() -> None:
    def owned(host: str, owner: str) -> ServerScan:
        scan = at(OPENSSL, host)
        return replace(scan, target=replace(scan.target, owner=owner))

    web, dba, gone = owned("a.example", "web"), owned("b.example", "dba"), owned("c.example", "dba")
    hosts_waived = ("a.example", "b.example")
    waivers = tuple(Waiver("DHE010", host, "x", "y", "z", NOW.date()) for host in hosts_waived)
    whole = assess(
        [replace(web, dhe=None), replace(dba, status=Status.UNREACHABLE, dhe=None)],
        run_info(waivers=waivers),
        waivers=waivers,
        baseline=baseline_of(assess([web, dba, gone], run_info())),
    )
    cut = {each.value: each.assessment for each in parts(whole, "owner")}
    assert {value: hosts_of(each) for value, each in cut.items()} == {
        "web": ({"a.example"}, set(), {"a.example"}),
        "dba": ({"b.example"}, {"c.example"}, {"b.example"}),
    }


def hosts_of(part: Assessment) -> tuple[set[str], set[str], set[str]]:
    """Return those of findings not known, of servers that left, and of the waivers in two places."""
    waived = {each.host for each in (*part.unsettled, *part.unmatched)}
    assert waived == {each.host for each in part.info.waivers}
    return (
        {each.scan.target.host for each in (*part.gone, *part.not_known)},
        {each.target.host for each in part.left},
        waived,
    )


def test_an_unknown_column_is_named_with_those_there_are() -> None:
    with pytest.raises(
        PartsError, match=r"^ownr: no such column; did you mean owner\? the inventory has owner"
    ):
        parts(run("web"), "ownr")
    with pytest.raises(PartsError, match="no column that servers could be told apart by"):
        parts(assess([], run_info()), "owner")


@pytest.mark.parametrize(
    ("value", "folder"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\Windows", "c-windows"),
        ("基盤チーム", "基盤チーム"),
        ("R&D (EMEA)", "r-d-emea"),
        ("\u202egnp.exe", "gnp.exe"),
        ("...", "without"),
    ],
)
def test_folder_names(value: str, folder: str) -> None:
    (part,) = parts(run(value), "owner")
    assert part.folder == folder


@given(
    st.lists(
        st.text(max_size=90) | st.sampled_from(["con", "CON ", "aux.txt", "a b", "a-b", "a/b", "A\tB"]),
        max_size=8,
    )
)
def test_every_server_is_in_one_part_and_every_folder_is_a_plain_name(values: list[str]) -> None:
    whole = run("x", *values)
    cut = parts(whole, "owner")
    assert sorted(host for each in cut for host in hosts(each.assessment)) == sorted(hosts(whole))
    folders = [each.folder.casefold() for each in cut]
    assert len(set(folders)) == len(folders)
    for name in folders:
        assert name.strip(". ") == name
        assert not set(name) & set('/\\:*?"<>|\x00')
        assert 0 < len(name.encode()) <= 255
        assert name.split(".")[0] not in ("con", "nul", "aux", "prn")
