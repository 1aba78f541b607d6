"""--suites-only: a first sweep that says who has DHE, and never that such a server is fine."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from junitparser import Error, Failure, JUnitXml

from tests.cli.test_cli import tlsprobe
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, Running, stack
from tlsprobe.scan import ScanConfig, budget

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Running]]:
    """One with DHE and one without."""
    root = tmp_path_factory.mktemp("servers")
    credentials = make_credentials(root)
    dhe = Options(dh_file=credentials.dh_files["ffdhe2048"], lowest="1.0")
    start = stack("python").start
    with (
        start("127.66.7.1", root / "dhe", credentials, dhe) as with_dhe,
        start("127.66.7.2", root / "ecdhe", credentials, Options(ciphers="ECDHE")) as without,
    ):
        yield with_dhe, without


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory, servers: tuple[Running, Running]) -> Path:
    root = tmp_path_factory.mktemp("sweep")
    rows = "".join(f"{each.address},{each.port}\n" for each in servers)
    (root / "inventory.csv").write_text("host,port\n" + rows)
    done = tlsprobe("scan", "inventory.csv", "--suites-only", "--out", "run", cwd=root)
    assert done.returncode == 1, done.stderr
    return root


def test_only_the_suites_are_asked_and_a_no_closes(sweep: Path) -> None:
    journal = [json.loads(line) for line in (sweep / "run" / "scan.jsonl").read_text().splitlines()]
    for scan in journal:
        probes = [each["probe"] for each in scan["observations"]]
        assert probes[0] == "control"
        assert set(probes[1:]) == {"dhe-suites"}
        assert scan["observations"][-1]["outcome"]["kind"] == "rejected"
        assert "whose order of suites rules" not in {each["question"] for each in scan["observations"]}
        assert scan["connections"] == len(probes) <= budget(ScanConfig(suites_only=True)).most
        assert not any(scan[part] for part in ("zeros", "landings", "glances", "banners"))


def test_dhe_is_partly_assessed_and_none_is_assessed(sweep: Path) -> None:
    with (sweep / "run" / "endpoints.csv").open(newline="") as file:
        with_dhe, without = csv.DictReader(file)
    assert (with_dhe["status"], with_dhe["status_reason"]) == ("partly-assessed", "suites-only")
    assert with_dhe["dhe_versions"] == "1.2 1.1 1.0"
    assert (with_dhe["suite_order"], with_dhe["group_name"]) == ("server", "ffdhe2048")
    assert (without["status"], without["severity"], without["dhe_suites"]) == ("assessed", "none", "n/a")
    for row in (with_dhe, without):
        assert {row[name] for name in ("stack", "clients_on_dhe", "clients_locked_out")} == {""}


def test_a_rule_that_the_suites_do_not_decide_is_open(sweep: Path) -> None:
    suite = next(iter(JUnitXml.fromfile(str(sweep / "run" / "report.junit.xml"))))
    kinds = {case.classname[:6]: type(case.result[0]) if case.result else None for case in suite}
    assert kinds == dict.fromkeys(("DHE001", "DHE002", "DHE003", "DHE005", "DHE006", "DHE009"), Error) | {
        "DHE004": Failure,
        "DHE007": None,
        "DHE008": None,
        "DHE010": None,
    }


def test_without_findings_that_count_the_gate_says_incomplete(
    tmp_path: Path, servers: tuple[Running, Running]
) -> None:
    codes = [
        tlsprobe(
            "probe", f"{each.address}:{each.port}", "--suites-only", "--fail-on", "critical", cwd=tmp_path
        ).returncode
        for each in servers
    ]
    assert codes == [3, 0]


def test_the_dry_run_counts_no_other_connection(sweep: Path) -> None:
    said = tlsprobe("scan", "inventory.csv", "--suites-only", "--dry-run", cwd=sweep).stdout
    assert "5 connections, and one for each DHE suite" in said
    assert "(1 control, 3 refusals, 1 for the order)" in said


def test_it_goes_with_nothing_that_asks_for_more(sweep: Path) -> None:
    for more in (["--samples", 5], ["--survey"]):
        done = tlsprobe("scan", "inventory.csv", "--suites-only", *more, cwd=sweep)
        assert done.returncode == 2
        assert "--suites-only" in done.stderr


def test_such_a_run_can_not_be_verified(sweep: Path) -> None:
    done = tlsprobe("verify", "run", cwd=sweep)
    assert done.returncode == 2
    assert "in full" in done.stderr


def test_the_documented_way_on_scans_those_with_dhe_in_full(sweep: Path) -> None:
    (command,) = re.findall(r"^grep -E .* > full.txt$", (ROOT / "docs" / "output.md").read_text(), re.M)
    subprocess.run(["bash", "-c", command.replace("sweep/", "run/")], cwd=sweep, check=True)
    tlsprobe("scan", "inventory.csv", "--only", "full.txt", "--out", "full", "-q", cwd=sweep)
    with (sweep / "full" / "endpoints.csv").open(newline="") as file:
        assert [row["status"] for row in csv.DictReader(file)] == ["assessed", "excluded"]
