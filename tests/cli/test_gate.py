"""The gate in CI, night after night: real servers that change or don't, baselines, waivers, exit codes."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.cli.test_cli import inventory, tlsprobe
from tlsprobe.demo.credentials import Credentials, make_credentials
from tlsprobe.demo.servers import Options, Running, stack
from tlsprobe.demo.stack import free_port

ADDRESS = "127.66.5.1"
DHE_FIRST = "DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
ECDHE_FIRST = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256:DHE-RSA-AES128-GCM-SHA256"

Start = Callable[..., AbstractContextManager[Running]]


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return make_credentials(tmp_path_factory.mktemp("credentials"))


@pytest.fixture
def start(tmp_path: Path, credentials: Credentials, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Start a server where the one before it was: the same address, the same port."""
    port = free_port(ADDRESS)
    monkeypatch.setattr("tlsprobe.demo.stack.free_port", lambda _: port)
    inventory(tmp_path, f"{ADDRESS},{port},web team")
    count = iter(range(100))

    @contextmanager
    def started(stack_id: str, ciphers: str, group: str = "rfc3526-2048") -> Iterator[Running]:
        options = Options(dh_file=credentials.dh_files[group], ciphers=ciphers)
        workdir = tmp_path / f"server{next(count)}"
        workdir.mkdir()
        with stack(stack_id).start(ADDRESS, workdir, credentials, options) as running:
            yield running

    return started


def scan(folder: Path, out: str, *arguments: object, code: int) -> str:
    done = tlsprobe("scan", "inventory.csv", "--out", out, *arguments, cwd=folder)
    assert done.returncode == code, done.stderr
    return done.stderr


def waivers(folder: Path, *, rule: str = "DHE004", host: str = ADDRESS, expires: str = "2999-12-31") -> Path:
    path = folder / "waivers.toml"
    path.write_text(
        f'[[waiver]]\nrule = "{rule}"\nhost = "{host}"\nreason = "the tills go in May"\n'
        f'kind = "planned-change"\napprover = "Ada Ito"\nexpires = {expires}\n'
    )
    return path


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def said(text: str) -> str:
    """A terminal's text without its line breaks."""
    return " ".join(text.split())


def test_night_after_night(tmp_path: Path, start: Start) -> None:
    with start("python", DHE_FIRST):
        scan(tmp_path, "one", code=1)
        text = said(scan(tmp_path, "two", "--baseline", "one", code=0))
        assert re.search(r"Compared with one of \S+: [0-9]+ same\.", text)
        scan(tmp_path, "three", "--baseline", "two", code=0)
    first = rows(tmp_path / "one", "findings.csv")[0]["first_seen"]
    for night in ("two", "three"):
        assert {row["first_seen"] for row in rows(tmp_path / night, "findings.csv")} == {first}
        assert rows(tmp_path / night, "endpoints.csv")[0]["first_seen"] == first
        assert rows(tmp_path / night, "findings.csv")[0]["last_seen"] > first
    assert json.loads((tmp_path / "three/run.json").read_text())["baseline"] == "two"
    # All that the reports need is in the folder: the other run may go.
    written = {path.name: path.read_bytes() for path in (tmp_path / "three").iterdir()}
    (tmp_path / "two").rename(tmp_path / "elsewhere")
    assert tlsprobe("report", "three", cwd=tmp_path).returncode == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "three").iterdir()} == written


def test_a_server_that_got_worse_fails_the_gate_and_one_that_got_better_does_not(
    tmp_path: Path, start: Start
) -> None:
    with start("python", ECDHE_FIRST):
        scan(tmp_path, "one", code=0)
    with start("python", DHE_FIRST):
        assert "new" in scan(tmp_path, "two", "--baseline", "one", code=1)
    done = tlsprobe("diff", "one", "two", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "unfixed-windows-lands-on-dhe" in said(done.stdout)
    assert "\x1b" not in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    done = tlsprobe("diff", "two", "one", cwd=tmp_path)
    assert done.returncode == 0
    assert "changed places" in said(done.stdout)
    assert tlsprobe("diff", "two", "two", cwd=tmp_path).returncode == 0
    done = tlsprobe("diff", "one", "two", "--stdout", "csv", cwd=tmp_path)
    became = {(row["change"], row["rule"]) for row in csv.DictReader(io.StringIO(done.stdout))}
    assert {("new", "DHE004"), ("gone", "DHE005")} <= became
    lines = tlsprobe("diff", "one", "two", "--stdout", "jsonl", cwd=tmp_path).stdout.splitlines()
    assert {(row["change"], row["rule"]) for row in map(json.loads, lines)} == became


def test_taking_a_waiver_away_is_no_way_past_the_gate(tmp_path: Path, start: Start) -> None:
    with start("python", DHE_FIRST):
        scan(tmp_path, "one", "--waivers", waivers(tmp_path), code=0)
        text = said(scan(tmp_path, "two", "--baseline", "one", code=1))
        assert "waived in the baseline and nothing waives it now" in text
        # Whoever takes that run as the baseline has taken the finding on.
        scan(tmp_path, "three", "--baseline", "two", code=0)
    assert tlsprobe("diff", "one", "two", cwd=tmp_path).returncode == 1
    assert tlsprobe("diff", "two", "three", cwd=tmp_path).returncode == 0


def test_reports_elsewhere_leave_the_run_as_it_was(tmp_path: Path, start: Start) -> None:
    with start("python", DHE_FIRST):
        scan(tmp_path, "one", code=1)
    before = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    done = tlsprobe("report", "one", "--waivers", waivers(tmp_path), "--out", "if", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "yes" in {row["waived"] for row in rows(tmp_path / "if", "findings.csv")}
    assert {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()} == before


def unsampled(folder: Path, out: str, *arguments: object, code: int) -> str:
    """Scan until no share starts with a zero byte; one in ten times one does. Return what was said."""
    for attempt in range(20):
        text = scan(folder, f"{out}-{attempt}", *arguments, code=code)
        if rows(folder / f"{out}-{attempt}", "endpoints.csv")[0]["server_share"] == "unobserved":
            (folder / f"{out}-{attempt}").rename(folder / out)
            return text
    raise AssertionError("20 scans saw a share that starts with a zero byte")


def test_a_share_that_is_sampled_later_is_learned(tmp_path: Path, start: Start) -> None:
    if why := stack("gnutls").missing():
        pytest.skip(why)
    # With so few suites the library is not known for certain, so nothing is inferred of its share.
    with start("gnutls", "NORMAL:-KX-ALL:+DHE-RSA"):
        unsampled(tmp_path, "one", code=1)
        text = scan(tmp_path, "two", "--samples", 5000, "--baseline", "one", code=0)
        assert "1 learned" in text
        # And what was seen once still holds.
        assert "learned" not in unsampled(tmp_path, "three", "--baseline", "two", code=0)
    assert "DHE003" not in {row["rule"] for row in rows(tmp_path / "one", "findings.csv")}
    found = {row["rule"]: row for row in rows(tmp_path / "three", "findings.csv")}
    assert "That was seen in the run two of" in found["DHE003"]["evidence"]
    assert found["DHE003"]["first_seen"] > found["DHE004"]["first_seen"]


def test_a_server_that_does_not_answer_is_a_gap_and_nothing_is_gone(tmp_path: Path, start: Start) -> None:
    with start("python", DHE_FIRST):
        scan(tmp_path, "one", code=1)
    assert "not known" in scan(tmp_path, "two", "--baseline", "one", code=3)
    done = tlsprobe("diff", "one", "two", cwd=tmp_path)
    assert done.returncode == 3
    assert "could not be assessed now" in said(done.stdout)
    assert tlsprobe("diff", "one", "two", "--allow-incomplete", cwd=tmp_path).returncode == 0


def test_a_waiver_from_the_day_it_is_given_to_the_day_it_expires(tmp_path: Path, start: Start) -> None:
    path = waivers(tmp_path, expires="2999-12-31")
    with start("python", DHE_FIRST) as running:
        text = scan(tmp_path, "one", "--waivers", path, "--fail-on", "high", code=0)
        server = f"{running.address}:{running.port}"
        done = tlsprobe("probe", server, "--waivers", path, cwd=tmp_path)
        assert done.returncode == 0
        assert "Waived until 2999-12-31: planned-change, approved by Ada Ito" in said(done.stdout)
    assert "1 finding is waived" in said(text)
    found = {row["rule"]: row for row in rows(tmp_path / "one", "findings.csv")}
    assert found["DHE004"]["waived"] == "yes"
    (kept,) = json.loads((tmp_path / "one/run.json").read_text())["waivers"]
    assert kept == {
        "rule": "DHE004",
        "host": ADDRESS,
        "reason": "the tills go in May",
        "kind": "planned-change",
        "approver": "Ada Ito",
        "expires": "2999-12-31",
    }
    path.unlink()  # what is recorded is what counts
    assert tlsprobe("report", "one", cwd=tmp_path).returncode == 0
    done = tlsprobe("report", "one", "--as-of", "3000-01-01", cwd=tmp_path)
    assert done.returncode == 1
    assert f"The waiver of DHE004 for {ADDRESS} expired on 2999-12-31" in said(done.stderr)
    # Also where the finding is an old acquaintance.
    done = tlsprobe("diff", "one", "one", "--as-of", "3000-01-01", cwd=tmp_path)
    assert done.returncode == 1
    assert "High (waiver expired)" in said(done.stdout)
    assert tlsprobe("report", "one", "--as-of", "2999-12-31", cwd=tmp_path).returncode == 0


def test_other_waivers_take_the_place_of_those_recorded(tmp_path: Path, start: Start) -> None:
    with start("python", DHE_FIRST):
        scan(tmp_path, "one", "--waivers", waivers(tmp_path), code=0)
    done = tlsprobe("report", "one", "--waivers", waivers(tmp_path, host="nobody.invalid"), cwd=tmp_path)
    assert done.returncode == 1
    assert "for nobody.invalid matches no finding of this run: take it out" in said(done.stderr)
    assert json.loads((tmp_path / "one/run.json").read_text())["waivers"][0]["host"] == "nobody.invalid"
    (tmp_path / "none.toml").write_text("")
    assert tlsprobe("report", "one", "--waivers", "none.toml", cwd=tmp_path).returncode == 1
    assert json.loads((tmp_path / "one/run.json").read_text())["waivers"] == []


def test_the_waiver_of_a_server_that_does_not_answer_is_left_in(tmp_path: Path) -> None:
    inventory(tmp_path, f"{ADDRESS},{free_port(ADDRESS)},web team")
    text = scan(tmp_path, "one", "--waivers", waivers(tmp_path), code=3)
    assert "leave it in for now" in said(text)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scan", "inventory.csv", "--waivers", "spoilt.toml"], "spoilt.toml waiver 1, rule:"),
        (["scan", "inventory.csv", "--waivers", "nowhere.toml"], "nowhere.toml"),
        (["scan", "inventory.csv", "--baseline", "nowhere"], "nowhere"),
        (["scan", "inventory.csv", "--dry-run", "--waivers", "spoilt.toml"], "spoilt.toml"),
        (["probe", "a.invalid", "--waivers", "spoilt.toml"], "spoilt.toml"),
        (["diff", "nowhere", "nowhere"], "nowhere"),
        (["diff", "nowhere"], "Missing argument"),
        (["report", "nowhere", "--as-of", "tomorrow"], "tomorrow"),
    ],
)
def test_usage_errors_come_before_anything_is_sent(tmp_path: Path, arguments: list[str], says: str) -> None:
    inventory(tmp_path, f"{ADDRESS},443,x")
    (tmp_path / "spoilt.toml").write_text(
        '[[waiver]]\nrule = "DHE999"\nhost = "a"\nreason = "b"\n'
        'kind = "accepted-risk"\napprover = "c"\nexpires = 2026-01-01\n'
    )
    done = tlsprobe(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert says in said(done.stderr)
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("day", ["30.11.2026", "2026-13-01", "20261130", "2026-W48-1", "soon"])
@pytest.mark.parametrize("command", [("report", "run"), ("diff", "a", "b"), ("fix", "run")])
def test_a_day_that_is_none_is_refused_in_our_words(
    command: tuple[str, ...], day: str, tmp_path: Path
) -> None:
    done = tlsprobe(*command, "--as-of", day, cwd=tmp_path, COLUMNS="200")
    assert done.returncode == 2
    assert "write it as 2026-11-30, year first" in done.stderr
    assert "%Y" not in done.stderr
    shown = tlsprobe(command[0], "--help", cwd=tmp_path, COLUMNS="200").stdout
    assert "YYYY-MM-DD" in shown
    assert "%Y" not in shown
