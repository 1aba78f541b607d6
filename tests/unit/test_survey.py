"""sslyze as a second witness, on a real server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, stack
from tlsprobe.dial import Dialer, Limits
from tlsprobe.engines.local import run
from tlsprobe.facts import DheSuites, Status, Survey
from tlsprobe.inventory import Target
from tlsprobe.probes.dhe_suites import dhe_suites
from tlsprobe.probes.interview import Interview
from tlsprobe.probes.survey import survey
from tlsprobe.scan import ScanConfig


# sslyze reads its trust stores, which hold certificates that `cryptography` warns about.
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_sslyze_finds_the_same_dhe_suites(tmp_path: Path) -> None:
    credentials = make_credentials(tmp_path)
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    with stack("python").start("127.66.1.1", tmp_path / "server", credentials, options) as server:
        target = Target(1, server.address, server.port)
        interview = Interview(target, server.address, Dialer(Limits()))

        async def both() -> None:
            ours = await dhe_suites(interview)
            theirs = await survey(interview, ours)
            assert theirs.error == ""
            assert len(ours.accepted) >= 10
            assert theirs.dhe_only_here == theirs.dhe_only_sslyze == ()
            assert theirs.versions == ("1.2",)
            assert theirs.certificate_key == "RSA 2048"

        asyncio.run(both())


def test_no_connection_is_the_surveys_error() -> None:
    interview = Interview(Target(1, "127.66.1.2", 9), "127.66.1.2", Dialer(Limits(timeout_s=1)))
    result = asyncio.run(survey(interview, None))
    assert result.error
    assert result.versions == ()


def test_a_deadline_in_the_survey_costs_the_survey_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless(_interview: Interview, _dhe: DheSuites | None) -> Survey:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr("tlsprobe.probes.survey.survey", endless)
    credentials = make_credentials(tmp_path)
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    with stack("python").start("127.66.1.3", tmp_path / "server", credentials, options) as server:
        target = Target(1, server.address, server.port)
        (scan,) = run([target], ScanConfig(deadline_s=5, survey=True))
    assert scan.status is Status.ASSESSED
    assert scan.zeros is not None
    assert scan.survey is not None
    assert "deadline" in scan.survey.error
