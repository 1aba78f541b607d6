"""`--all-ips` without a network: what is left of a name, which lines count, how addresses are told apart."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.landing_cases import landing, server
from tests.unit.run_infos import run_info
from tlsprobe.assessment import assess, judged
from tlsprobe.facts import ServerScan, Status
from tlsprobe.inventory import Target, parse_inventory
from tlsprobe.journal import (
    INVENTORY,
    JOURNAL,
    Journal,
    read_scans,
    remaining,
    target_key,
    to_line,
)
from tlsprobe.remedy.cases import cases
from tlsprobe.remedy.folder import fix_files
from tlsprobe.report import junit, sarif
from tlsprobe.report.headline import lede
from tlsprobe.report.phrases import Phrases
from tlsprobe.report.writing import endpoints_frame
from tlsprobe.rules import judge
from tlsprobe.rules.finding import fingerprint
from tlsprobe.runs import new_plan, resumed_plan, start_folder, with_not_scanned
from tlsprobe.selection import Selection, parse_entry
from tlsprobe.verification import plan_verification
from tlsprobe.wording import wording

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ADDRESSES = ("192.0.2.1", "192.0.2.2", "192.0.2.10", "2001:db8::1")
NAME = Target(2, "all.example", server_name="all.example")
AT = dict(zip(ADDRESSES, NAME.pinned(ADDRESSES), strict=True))


def line(target: Target, status: Status = Status.ASSESSED, reason: str = "") -> ServerScan:
    return ServerScan(target, status, reason, NOW, 0.1)


def keys(targets: Sequence[Target]) -> list[tuple[object, ...]]:
    return [target_key(target) for target in targets]


# --- laws

Names = dict[str, tuple[str, ...]]
NAMES = st.dictionaries(
    st.sampled_from(["a.example", "b.example", "c.example", "d.example"]),
    st.lists(st.sampled_from(ADDRESSES), unique=True, max_size=4).map(tuple),
    min_size=1,
)


def rows(names: Names) -> tuple[Target, ...]:
    return tuple(Target(number, name) for number, name in enumerate(names, start=2))


def lines(target: Target, names: Names) -> list[ServerScan]:
    """What a scan writes of one target: a line for each address, or that there is none."""
    if target.pin is not None:
        return [line(target)]
    addresses = names[target.host]
    return [line(each) for each in target.pinned(addresses)] or [line(target, Status.UNREACHABLE, "dns")]


@given(NAMES, st.data())
def test_what_is_done_and_what_is_left_are_together_the_whole(names: Names, data: st.DataObject) -> None:
    targets = rows(names)
    whole = [each for target in targets for each in lines(target, names)]
    written = data.draw(st.permutations(whole))
    done = written[: data.draw(st.integers(0, len(written)))]
    left = remaining(targets, (each.target for each in done))
    rest = [each for target in left for each in lines(target, names)]
    assert sorted(keys([each.target for each in done + rest]), key=str) == sorted(
        keys([each.target for each in whole]), key=str
    )
    assert remaining(targets, (each.target for each in done + rest)) == ()
    # Of a name that was begun the addresses are known, of any other nothing is.
    begun = {each.target.host for each in done}
    assert all((target.pin is not None) is (target.host in begun) for target in left)


@given(NAMES, st.data())
def test_what_a_resumed_run_asks_nobody_answered_yet(names: Names, data: st.DataObject) -> None:
    targets = rows(names)
    done: list[ServerScan] = []
    for _ in range(12):  # interrupted as often as that
        left = remaining(targets, (each.target for each in done))
        rest = [each for target in left for each in lines(target, names)]
        assert not {target_key(each.target) for each in rest} & {target_key(each.target) for each in done}
        done += rest[: data.draw(st.integers(0, 2))]
    assert len({target_key(each.target) for each in done}) == len(done)


@given(st.permutations(ADDRESSES), st.integers(1, 4))
def test_the_addresses_of_a_name_replace_the_line_that_it_has_none(order: list[str], number: int) -> None:
    nothing = line(NAME, Status.UNREACHABLE, "dns")
    other = line(Target(3, "other.example"), Status.UNREACHABLE, "dns")
    found = [line(AT[address]) for address in order[:number]]
    assert read([nothing, other, *found]) == (other, *found)
    assert read([nothing, other]) == (nothing, other)


def read(scans: Sequence[ServerScan]) -> tuple[ServerScan, ...]:
    with TemporaryDirectory() as folder:  # hypothesis and tmp_path don't go together
        (Path(folder) / JOURNAL).write_bytes(b"".join(map(to_line, scans)))
        return read_scans(Path(folder))


# --- keys


def test_each_address_has_a_key_and_a_fingerprint_of_its_own() -> None:
    targets = [NAME, *AT.values()]
    assert len(set(keys(targets))) == len(targets)
    assert len({fingerprint(target, "DHE003") for target in targets}) == len(targets)
    found = [
        each for target in targets for each in judge(replace(server(landing("windows-7")), target=target))
    ]
    assert len({each.fingerprint for each in found}) == len(found) >= len(targets)


def test_a_fingerprint_does_not_depend_on_the_other_addresses() -> None:
    (alone,) = NAME.pinned(("192.0.2.1",))
    assert fingerprint(alone, "DHE003") == fingerprint(AT["192.0.2.1"], "DHE003")


def test_without_an_address_fingerprints_are_what_they_always_were() -> None:
    told_apart = Target(3, "a.example", 8443, "b.example")
    assert fingerprint(told_apart, "DHE003") == "91cf801caa975a79736769f6d7fa5808"
    assert fingerprint(Target(3, "192.0.2.1"), "DHE001") == "1bc743175065fe55306d049d5c30d01e"


def test_a_line_of_before_there_were_pins_is_read(tmp_path: Path) -> None:
    scan = line(NAME)
    old = to_line(scan).replace(b',"pin":null', b"")
    assert old != to_line(scan)
    (tmp_path / JOURNAL).write_bytes(old)
    assert read_scans(tmp_path) == (scan,)


def test_a_pin_is_read_as_it_was_written(tmp_path: Path) -> None:
    scans = tuple(map(line, AT.values()))
    (tmp_path / JOURNAL).write_bytes(b"".join(map(to_line, scans)))
    assert read_scans(tmp_path) == scans


# --- runs

TABLE = b"host\nall.example\nother.example\n"
ALL, OTHER = parse_inventory(TABLE).targets


def begun(folder: Path, *scans: ServerScan) -> Path:
    """A run of TABLE whose journal says this."""
    plan = new_plan(
        parse_inventory(TABLE), source=Path("x"), folder=folder, selection=Selection(), flags={}, now=NOW
    )
    start_folder(plan, TABLE)
    with Journal(folder) as journal:
        for scan in scans:
            journal.append(scan)
    return folder


def resumed(folder: Path, *retry: str, selection: Selection | None = None) -> tuple[Target, ...]:
    inventory = parse_inventory((folder / INVENTORY).read_bytes())
    return resumed_plan(folder, inventory, selection=selection or Selection(), retry=retry).targets


def test_the_rest_of_a_run_are_names_and_addresses_without_a_line(tmp_path: Path) -> None:
    one, two, three = ALL.pinned(("192.0.2.1", "192.0.2.2", "2001:db8::1"))
    assert resumed(begun(tmp_path / "a")) == (ALL, OTHER)
    assert resumed(begun(tmp_path / "b", line(two))) == (one, three, OTHER)
    assert resumed(begun(tmp_path / "c", line(OTHER), line(two), line(one))) == (three,)


def test_only_addresses_whose_answer_may_change_are_asked_again(tmp_path: Path) -> None:
    one, two, three = ALL.pinned(("192.0.2.1", "192.0.2.2", "2001:db8::1"))
    folder = begun(
        tmp_path / "a",
        line(one, Status.UNREACHABLE, "refused"),
        line(two),
        line(three, Status.EXCLUDED, "excluded"),
        line(OTHER, Status.UNREACHABLE, "dns"),
    )
    assert resumed(folder, "unreachable") == (one, OTHER)
    with Journal(folder) as journal:
        journal.append(line(one))
    assert resumed(folder, "unreachable") == (OTHER,)
    never = Selection(exclude=(parse_entry("other.example", "never.txt line 1"),))
    assert resumed(folder, "unreachable", selection=never) == ()


@pytest.mark.parametrize("finished", [None, NOW])
def test_no_address_is_left_out_of_a_report(tmp_path: Path, finished: datetime | None) -> None:
    """A finished run lacks some where a name without any was asked again, and that was interrupted."""
    one, two = ALL.pinned(("192.0.2.1", "192.0.2.2"))
    folder = begun(tmp_path / "a", line(ALL, Status.UNREACHABLE, "dns"), line(OTHER), line(two))
    scans = with_not_scanned(folder, run_info(finished=finished, flags={}), read_scans(folder))
    told = [(each.target, each.status) for each in scans]
    assert told == [
        (OTHER, Status.ASSESSED),
        (two, Status.ASSESSED),
        (one, Status.NOT_SCANNED),
    ]


def test_a_line_that_a_finished_run_has_lost_is_said(tmp_path: Path) -> None:
    folder = begun(tmp_path / "a", line(ALL))
    scans = read_scans(folder)
    *_, lost = with_not_scanned(folder, run_info(flags={}), scans)
    assert (lost.target, lost.status, lost.status_reason) == (OTHER, Status.NOT_SCANNED, "line-lost")
    # What is verified is a part of the inventory.
    assert with_not_scanned(folder, run_info(flags={"verifies": "a"}), scans) == scans
    assert len(with_not_scanned(folder, run_info(finished=None, flags={}), scans)) == 2


@pytest.mark.parametrize(
    ("excluded", "left"),
    [("192.0.2.1", ["2001:db8::1"]), ("2001:db8::/32", ["192.0.2.1"]), ("all.example", [])],
)
def test_verify_leaves_out_addresses_too(tmp_path: Path, excluded: str, left: list[str]) -> None:
    targets = [AT["192.0.2.1"], AT["2001:db8::1"]]
    scans = [replace(server(landing("windows-7")), target=target) for target in targets]
    never = Selection(exclude=(parse_entry(excluded, "never.txt line 1"),))
    plan = plan_verification(tmp_path, run_info(), scans, NOW, selection=never)
    assert [target.address for target in plan.targets] == left
    # A plain run knows where the first answer came from.
    answered = [replace(server(landing("windows-7")), target=NAME, address=each.address) for each in targets]
    plan = plan_verification(tmp_path, run_info(), answered, NOW, selection=never)
    assert len(plan.targets) == len(left)


# --- reports


def test_rows_of_a_name_are_in_the_order_of_its_addresses() -> None:
    scans = [line(Target(3, "b.example")), *(line(AT[each]) for each in reversed(ADDRESSES))]
    table = endpoints_frame(assess(scans, run_info(bad_rows=())))
    assert list(table["address"]) == [*ADDRESSES, ""]


@pytest.mark.parametrize(
    ("target", "label"),
    [
        (NAME, "all.example:443"),
        (AT["192.0.2.1"], "all.example:443 (192.0.2.1)"),
        (replace(AT["2001:db8::1"], server_name="www.example"), "all.example:443 (www.example, 2001:db8::1)"),
        (Target(2, "2001:db8::1", 8443), "[2001:db8::1]:8443"),
    ],
)
def test_a_label_tells_addresses_apart(target: Target, label: str) -> None:
    assert target.label == label


def test_connections_go_to_the_address_with_the_name() -> None:
    assert [each.reached_at for each in (NAME, *AT.values())] == [
        "all.example:443",
        "192.0.2.1:443",
        "192.0.2.2:443",
        "192.0.2.10:443",
        "[2001:db8::1]:443",
    ]


def test_the_page_says_what_counts_as_a_server_only_where_names_have_several_addresses() -> None:
    words = wording("en")
    (alone,) = Target(3, "one.example").pinned(("192.0.2.9",))
    several = assess([line(AT["192.0.2.1"]), line(AT["192.0.2.2"]), line(alone)], run_info())
    assert "1 name has several addresses" in lede(several.servers, 0, words)[0]
    plain = assess([line(NAME), line(alone)], run_info())
    assert not any("addresses" in said for said in lede(plain.servers, 0, words))


def test_how_many_handshakes_of_a_name_go_to_one_address_is_not_known() -> None:
    phrases = Phrases(wording("en"))
    scan = server(landing("windows-7"), clients=("windows-7",))
    busy = replace(scan.target, handshakes_per_day=1000.0)
    named = assess([replace(scan, target=busy)], run_info()).servers[0]
    pinned = assess([replace(scan, target=busy.pinned(ADDRESSES)[0])], run_info()).servers[0]
    assert "up to" not in phrases.per_day(named)
    assert "up to" in phrases.per_day(pinned)


def test_each_address_has_a_file_of_edits() -> None:
    scans = [replace(server(landing("windows-7")), target=target) for target in (NAME, *AT.values())]
    names = [case.name for case in cases(map(judged, scans))]
    assert len(set(names)) == len(scans)
    assert not any("again" in name for name in names)
    assert "192.0.2.10" in names[3]


def test_sarif_and_junit_name_the_address() -> None:
    scans = [
        replace(server(landing("windows-7")), target=target, address=target.address)
        for target in reversed(AT.values())
    ]
    assessment = assess(scans, run_info(bad_rows=()))
    results = json.loads(sarif.render(assessment))["runs"][0]["results"]
    assert {each["properties"]["address"] for each in results} == set(ADDRESSES)
    assert all(f"({each['properties']['address']})" in each["message"]["text"] for each in results)
    suites = re.findall(r'<testsuite name="([^"]*)"', junit.render(assessment))
    assert suites == [f"all.example:443 ({address})" for address in ADDRESSES]


def test_an_edit_is_checked_at_its_address() -> None:
    target = replace(AT["2001:db8::1"], software="nginx")
    scan = replace(server(landing("windows-7")), target=target)
    files = fix_files(assess([scan], run_info()), run="run", words=wording())
    (page,) = (each.content.decode() for each in files if each.path.startswith("servers/"))
    said = page.replace("\\", "")
    assert "openssl s_client -connect '[2001:db8::1]:443' -servername all.example" in said
    assert "Scan all.example:443 (2001:db8::1) again" in said
