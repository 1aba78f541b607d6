"""A run folder from a hostile hand, or where others may write: one line, and nothing of ours is hurt."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.unit.sample_scans import JSSE, OPENSSL
from tlsprobe.assessment.baseline import BASELINE
from tlsprobe.cli import app
from tlsprobe.files import make_folder, write_whole
from tlsprobe.inventory import read_inventory
from tlsprobe.journal import INVENTORY, JOURNAL, RUN, JournalError, read_scans, to_line
from tlsprobe.linefile import LineFile
from tlsprobe.runs import new_plan, start_folder
from tlsprobe.selection import Selection

SAMPLE = Path(__file__).parents[2] / "reports" / "sample"
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's files")
SOMEBODY = 54321

# What a hand would put in: other types, numbers out of range, what acts on a terminal or a parser.
BAD: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, 1.5, float("nan"), float("inf"), "", "9" * 5000, [], {}, [[[]]],
    "\x00\ud800\u202e\x1b[31m\n=1", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "fffff",
)  # fmt: skip
Document = dict[str, Any]
Place = tuple[str | int, ...]


def places(value: object, place: Place = ()) -> Iterator[Place]:
    """Every place in a document; of a list the first and the last."""
    yield place
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*place, key))
    elif isinstance(value, list):
        for number in {0, len(value) - 1} if value else ():
            yield from places(value[number], (*place, number))


def altered(document: Document, place: Place, bad: object) -> object:
    if not place:
        return bad
    copy: Any = deepcopy(document)
    inner = copy
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = bad
    return copy


def folder_of(parent: Path, documents: Mapping[str, object]) -> Path:
    folder = parent / "run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(SAMPLE / INVENTORY, folder)
    for name, document in documents.items():
        (folder / name).write_text(json.dumps(document) + "\n")
    return folder


def ends(*arguments: object) -> int:
    """Run a command here; it ends with an exit code, and with no exception."""
    done = CliRunner().invoke(app, [str(each) for each in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert "\x1b" not in done.output
    return done.exit_code


INFO: Document = json.loads((SAMPLE / RUN).read_text())
DOCUMENTS: dict[str, Document] = {
    RUN: {**INFO, "flags": {**INFO["flags"], "until": "2026-11-26T04:00:00+00:00"}},
    JOURNAL: json.loads(to_line(JSSE)),
    BASELINE: json.loads((SAMPLE / BASELINE).read_text()),
}
PLACES = [(name, place) for name, document in DOCUMENTS.items() for place in places(document)]


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(where=st.sampled_from(PLACES), bad=st.sampled_from(BAD))
@example(where=(JOURNAL, ("dhe", "accepted", 0, "group")), bad=10**30)
@example(where=(JOURNAL, ("observations", 0, "seen", "group")), bad=-1)
@example(where=(RUN, ("flags", "deadline")), bad="nan")
@example(where=(RUN, ("flags", "samples")), bad="1e30")
@example(where=(RUN, ("flags", "until")), bad="2026-11-26T04:00")
@example(where=(RUN, ("flags", "connections")), bad="")
def test_a_document_that_somebody_altered_ends_in_an_exit_code(
    where: tuple[str, Place], bad: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name, place = where
    parent = tmp_path_factory.getbasetemp()
    run = folder_of(parent, {**DOCUMENTS, name: altered(DOCUMENTS[name], place, bad)})
    nobody = parent / "nobody.txt"
    nobody.write_text("192.0.2.1\n")
    assert ends("report", run, "--format", "html,csv,sarif,junit,jsonl", "-q") in (0, 1, 2, 3)
    assert ends("fix", run, "-q") in (0, 2)
    if name == RUN:
        assert ends("scan", "--resume", run, "--dry-run") in (0, 2)
        assert ends("verify", run, "--only", nobody, "-q") in (0, 2, 3)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"run_id":' * 50_000, "\x00", "\ufeff{}", '{"a": 1' + "0" * 5000 + "}", ""],
    ids=["brackets", "braces", "nul", "mark", "digits", "empty"],
)
@pytest.mark.parametrize("name", [RUN, JOURNAL, BASELINE])
def test_what_is_no_document_is_one_line(tmp_path: Path, name: str, text: str) -> None:
    run = folder_of(tmp_path, DOCUMENTS)
    (run / name).write_text(text + "\n")
    code = ends("report", run, "-q")
    assert code == 2 or (name, text) == (JOURNAL, "")


@pytest.mark.parametrize("name", [RUN, JOURNAL, BASELINE])
def test_a_pipe_that_nobody_writes_to_holds_nobody_up(tmp_path: Path, name: str) -> None:
    run = folder_of(tmp_path, DOCUMENTS)
    (run / name).unlink()
    os.mkfifo(run / name)
    assert ends("report", run) == 2


def test_a_journal_that_contradicts_itself_is_named(tmp_path: Path) -> None:
    pinned = JSSE.target.pinned(("192.0.2.1", "192.0.2.2"))[0]
    assert pinned.pin is not None
    strange = replace(pinned, pin=replace(pinned.pin, address="192.0.2.3"))
    for scan, wrong in ((replace(JSSE, groups=()), "group"), (replace(JSSE, target=strange), "address")):
        (tmp_path / JOURNAL).write_bytes(to_line(OPENSSL) + to_line(scan))
        with pytest.raises(JournalError, match=f"line 2: .*{wrong}"):
            read_scans(tmp_path)


# ---- files that a run.json names -----------------------------------------------------------------


def with_flags(tmp_path: Path, **flags: str) -> Path:
    return folder_of(tmp_path, {**DOCUMENTS, RUN: {**INFO, "flags": {**INFO["flags"], **flags}}})


def test_reports_read_no_file_that_a_run_names(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    os.mkfifo(trap)  # whoever opens it waits for ever
    names = ("exclude", "only", "clients", "client_cert", "client_key")
    run = with_flags(tmp_path, **dict.fromkeys(names, str(trap)))
    info = json.loads((run / RUN).read_text())
    (run / RUN).write_text(json.dumps({**info, "inventory": str(trap)}))
    assert ends("report", run, "-q", "--fail-on", "none", "--allow-incomplete") == 0
    assert ends("fix", run, "-q") == 0
    assert ends("diff", run, run, "-q") in (0, 3)
    columns = with_flags(tmp_path, columns=f"@{trap}")
    done = CliRunner().invoke(app, ["report", str(columns), "-q"])
    assert done.exit_code == 2
    assert "the run's columns line 1" in done.output


@pytest.mark.parametrize("path", ["/etc/shadow", "../clients.toml", "a/../../b"])
def test_profiles_of_a_run_are_in_its_folder(tmp_path: Path, path: str) -> None:
    run = with_flags(tmp_path, clients=path)
    done = CliRunner().invoke(app, ["scan", "--resume", str(run), "--dry-run"])
    assert done.exit_code == 2
    assert "are in its folder" in done.output


@AS_ROOT
@pytest.mark.parametrize("command", [("scan", "--resume"), ("verify",)])
def test_another_users_run_has_no_key_of_ours_used_and_no_file_read(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("root:$6$do-not-show\n")
    run = with_flags(tmp_path, exclude=str(secret), client_cert=str(secret), client_key=str(secret))
    os.chown(run / RUN, SOMEBODY, SOMEBODY)
    done = CliRunner().invoke(app, [*command, str(run)])
    assert done.exit_code == 2
    assert "another user wrote it" in done.output
    assert "do-not-show" not in done.output
    shutil.copytree(run, tmp_path / "copy")
    done = CliRunner().invoke(app, [*command, str(tmp_path / "copy")])
    assert "client certificate" in done.output  # now its word counts, and that is none


# ---- links ---------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    path = tmp_path / "elsewhere"
    path.mkdir()
    (path / "kept").write_text("of somebody else\nand whole")
    return path


def test_a_report_takes_a_links_place_and_leaves_alone_what_it_leads_to(
    elsewhere: Path, tmp_path: Path
) -> None:
    (tmp_path / "report.html").symlink_to(elsewhere / "kept")
    write_whole(tmp_path / "report.html", b"new")
    assert (tmp_path / "report.html").read_bytes() == b"new"
    assert not (tmp_path / "report.html").is_symlink()
    assert (elsewhere / "kept").read_text() == "of somebody else\nand whole"


def test_a_journal_is_not_written_through_a_link(elsewhere: Path, tmp_path: Path) -> None:
    (tmp_path / JOURNAL).symlink_to(elsewhere / "kept")
    with pytest.raises(OSError, match="a symbolic link; it is not followed"), LineFile(tmp_path / JOURNAL):
        pass
    assert (elsewhere / "kept").read_text() == "of somebody else\nand whole"


@AS_ROOT
def test_another_users_link_leads_no_file_of_ours_elsewhere(elsewhere: Path, tmp_path: Path) -> None:
    link = tmp_path / "run"
    link.symlink_to(elsewhere, target_is_directory=True)
    write_whole(link / "ours", b"")  # one's own is followed
    os.lchown(link, SOMEBODY, SOMEBODY)
    inventory = tmp_path / INVENTORY
    inventory.write_text("host\na.example\n")
    plan = new_plan(
        read_inventory(inventory),
        source=inventory,
        folder=link,
        selection=Selection(),
        flags={},
        now=datetime.now(UTC),
    )
    for attempt in (
        lambda: make_folder(link / "fix"),
        lambda: write_whole(link / "report.html", b""),
        lambda: LineFile(link / JOURNAL).__enter__(),
    ):
        with pytest.raises(OSError, match="a symbolic link of another user"):
            attempt()
    with pytest.raises(JournalError, match="a symbolic link of another user"):
        start_folder(plan, b"")
    assert sorted(path.name for path in elsewhere.iterdir()) == ["kept", "ours"]
