"""Every server edit on its real server: scanned with DHE, edited by its own command, scanned without."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tests.peers.remedies import WEB_SUBJECTS, Subject
from tests.peers.remedies_daemons import DAEMON_SUBJECTS
from tests.peers.summary import LEFT_OUT, RAN
from tests.peers.verdict import CONFIG
from tlsprobe.demo.credentials import Credentials
from tlsprobe.demo.stack import Options, Site, free_port, running
from tlsprobe.engines.local import run
from tlsprobe.facts import Landed, ServerScan, Status, accepts_dhe
from tlsprobe.inventory import StartTls, Target
from tlsprobe.remedy.servers import SERVER_EDITS, ServerEdit, server_edit
from tlsprobe.rules import advise, judge, name_of
from tlsprobe.verification import Outcome, compare
from tlsprobe.wording import wording

SUBJECTS = (*WEB_SUBJECTS, *DAEMON_SUBJECTS)
# What lets a Windows 8.1 in that finds no DHE: ECDHE with CBC, and its name in OpenSSL.
FOR_OLD_WINDOWS = (0xC028, 0xC027, 0xC014, 0xC013)
SHA384_CBC = "ECDHE-RSA-AES256-SHA384"


@dataclass(frozen=True, slots=True)
class Trial:
    """One server with its configuration written, on a place of its own; it runs when it is told to."""

    subject: Subject
    site: Site
    file: str

    def running(self) -> AbstractContextManager[object]:
        return running(self.subject.launch(self.site), self.site)

    def state(self) -> str:
        return self.subject.state(self.site, self.file)

    def apply(self, edit: ServerEdit) -> None:
        """Run the edit's command twice: the second time it changes nothing."""
        with self.running() if self.subject.live else nullcontext():
            shell(edit.command_for(self.file))
            once = self.state()
            shell(edit.command_for(self.file))
            assert self.state() == once

    def take_back(self, edit: ServerEdit) -> None:
        with self.running() if self.subject.live else nullcontext():
            shell(edit.undo_for(self.file))

    def scan(self) -> ServerScan:
        """Scan it, and replay every client's offer, also where no DHE is left."""
        target = Target(
            1, self.site.address, self.site.port, server_name="localhost", starttls=self.subject.starttls
        )
        (scan,) = run([target], replace(CONFIG, replay_always=True))
        assert scan.status is Status.ASSESSED, (scan.status_reason, scan.detail)
        return scan

    def negotiates(self, ciphers: str) -> str | None:
        """The suite that a TLS 1.2 client of another maker gets with these to choose from."""
        command = ["openssl", "s_client", "-connect", f"{self.site.address}:{self.site.port}", "-tls1_2"]
        command += ["-cipher", f"{ciphers}:@SECLEVEL=0"]
        if self.subject.starttls is not StartTls.NONE:
            command += ["-starttls", self.subject.starttls]
        client = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False
        )
        agreed = re.search(r"^New, .*, Cipher is (\S+)$", client.stdout, re.MULTILINE)
        return agreed[1] if agreed and agreed[1] != "(NONE)" else None


Try = Callable[[Subject, str | None], Trial]


@pytest.fixture
def attempt(credentials: Credentials, request: pytest.FixtureRequest) -> Iterator[Try]:
    """Write a subject's configuration. A server that can't run here skips the test; in CI it fails it."""
    # pytest's folders are closed to the servers' own accounts.
    with tempfile.TemporaryDirectory(prefix="tlsprobe-remedies-") as made:
        folder = Path(made).resolve()
        folder.chmod(0o755)

        def write(subject: Subject, value: str | None) -> Trial:
            name, why = f"edit-{subject.edit}", subject.missing()
            if why is not None:
                request.node.user_properties.append((LEFT_OUT, f"{name}: {why}"))
                if os.environ.get("CI") == "true":
                    pytest.fail(f"{name}: CI is to have every server: {why}")
                pytest.skip(why)
            request.node.user_properties.append((RAN, name))
            address = f"127.77.2.{10 + SUBJECTS.index(subject)}"
            site = Site(address, free_port(address), folder, credentials, Options())
            return Trial(subject, site, subject.write(site, value))

        yield write


def cases(subjects: Iterable[Subject]) -> list[ParameterSet]:
    return [pytest.param(subject, id=subject.edit) for subject in subjects]


def edit_of(subject: Subject, *, add: tuple[int, ...] = ()) -> ServerEdit:
    edit = server_edit(subject.edit, add=add)
    assert edit is not None
    assert edit.id == subject.edit
    return edit


def shell(command: str) -> None:
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)


@pytest.mark.parametrize("subject", cases(SUBJECTS))
def test_a_value_that_allows_dhe_no_longer_does(subject: Subject, attempt: Try) -> None:
    trial, edit = attempt(subject, subject.value), edit_of(subject)
    with trial.running():
        before = trial.scan()
        assert accepts_dhe(before)
    as_it_was = trial.state()
    trial.apply(edit)
    with trial.running():
        assert_fixed_for_everybody(before, assert_without_dhe(trial))
    trial.take_back(edit)
    assert trial.state() == as_it_was


@pytest.mark.parametrize("subject", cases(SUBJECTS))
def test_a_configuration_without_a_value_gets_one(subject: Subject, attempt: Try) -> None:
    trial, edit = attempt(subject, None), edit_of(subject)
    with trial.running():
        assert accepts_dhe(trial.scan()) is subject.dhe_by_default
    trial.apply(edit)
    # Of an entry, the lines in front say what to do with the last.
    assert all(line in trial.state() for line in (edit.lines[-1:] if subject.live else edit.lines))
    with trial.running():
        assert_without_dhe(trial)


@pytest.mark.parametrize("subject", cases(each for each in SUBJECTS if each.limited))
def test_clients_that_had_only_dhe_get_in_by_a_suite_that_is_added(subject: Subject, attempt: Try) -> None:
    trial = attempt(subject, subject.limited)
    with trial.running():
        before = trial.scan()
        assert trial.negotiates(SHA384_CBC) is None
    findings = judge(before)
    advice = advise(before, findings)
    assert {"DHE004", "DHE006"} <= {finding.rule for finding in findings}
    assert {"windows-7", "windows-8", "windows-8.1"} <= {each.client for each in advice.locked_out}
    assert advice.add_suites == FOR_OLD_WINDOWS
    trial.apply(edit_of(subject, add=advice.add_suites))
    with trial.running():
        assert trial.negotiates(SHA384_CBC) == SHA384_CBC
        assert_fixed_for_everybody(before, assert_without_dhe(trial))


def test_what_is_called_verified_is_what_is_tried_here() -> None:
    edits = [edit for name in SERVER_EDITS if (edit := server_edit(name)) is not None]
    assert {edit.id for edit in edits if edit.verified} == {subject.edit for subject in SUBJECTS}
    assert len(edits) == len(SERVER_EDITS)


def assert_without_dhe(trial: Trial) -> ServerScan:
    found = trial.scan()
    assert found.dhe is not None
    assert found.dhe.complete
    assert found.dhe.accepted == ()
    suite = trial.negotiates("ECDHE:DHE")
    assert suite is not None
    assert suite.startswith("ECDHE-")
    return found


def assert_fixed_for_everybody(before: ServerScan, after: ServerScan) -> None:
    """Every finding is gone, and each client that connected before, old Windows or not, still does."""
    compared = compare(before, after)
    assert compared.outcome is Outcome.FIXED, compared.findings
    assert [name_of(each, wording()) for each in compared.lost] == []
    connected = sum(isinstance(each.as_offered, Landed) for each in before.landings)
    assert compared.kept == connected > 0
