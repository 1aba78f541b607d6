"""What sslyze saw, in sentences; where its list of DHE suites differs from ours, that is said."""

from __future__ import annotations

from tlsprobe.facts import ServerScan
from tlsprobe.report.phrases import DASH
from tlsprobe.tls.suites import suite_name
from tlsprobe.wording import Wording


def sentences(scan: ServerScan, words: Wording) -> tuple[str, ...]:
    """Return what the survey found, or nothing where there was none."""
    survey, say = scan.survey, words.say
    if survey is None:
        return ()
    said = []
    if survey.versions:
        names = " ".join(survey.suites)
        said.append(say("report.survey.versions", versions=", ".join(survey.versions)))
        said.append(say("report.survey.suites", n=len(survey.suites), names=names))
        said += _comparison(survey.dhe_only_here, survey.dhe_only_sslyze, words)
    if survey.certificate_key:
        until = survey.certificate_not_after
        said.append(
            say(
                "report.survey.certificate",
                subject=survey.certificate_subject or DASH,
                issuer=survey.certificate_issuer or DASH,
                public_key=survey.certificate_key,
                until=f"{until:%Y-%m-%d}" if until else DASH,
            )
        )
    if survey.error:
        said.append(say("report.survey.error", error=survey.error))
    return tuple(said)


def _comparison(only_here: tuple[int, ...], only_sslyze: tuple[int, ...], words: Wording) -> list[str]:
    said = []
    for key, codes in (("only-here", only_here), ("only-sslyze", only_sslyze)):
        if codes:
            said.append(words.say(f"report.survey.{key}", names=" ".join(map(suite_name, codes))))
    return said or [words.say("report.survey.agrees")]
