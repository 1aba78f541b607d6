"""The folder of `tlsprobe fix`: a file per server with its edit, a folder per Windows, and what is where."""

from __future__ import annotations

from dataclasses import dataclass

from tlsprobe.assessment import Assessment
from tlsprobe.remedy.cases import cases, windows_concerned
from tlsprobe.remedy.pages import (
    APPLICATIONS,
    README,
    SERVERS,
    WINDOWS,
    application_page,
    readme,
    server_page,
)
from tlsprobe.remedy.windows import windows_edit_files
from tlsprobe.wording import Wording


@dataclass(frozen=True, slots=True)
class FixFile:
    """A file of the folder: its path in it, with slashes, and its bytes."""

    path: str
    content: bytes


def fix_files(assessment: Assessment, *, run: str, words: Wording) -> tuple[FixFile, ...]:
    """Return the whole folder for a run, README first; only that where there is nothing to change.

    What is waived gets no edit, unless until a change that is planned; README says which that is. `run` is
    the run's folder as its user would write it.
    """
    every = tuple(cases(assessment.servers))
    versions, without_edit = windows_concerned(every)
    applications = tuple({edit.id: edit for case in every for edit in case.applications}.values())
    first = readme(every, versions, without_edit, applications, assessment, run=run, words=words)
    pages = {README: first}
    for case in every:
        pages[f"{SERVERS}/{case.name}.md"] = server_page(case, words, with_windows=bool(versions))
    for edit in applications:
        pages[f"{APPLICATIONS}/{edit.id}.md"] = application_page(edit, words)
    files = [FixFile(path, text.encode()) for path, text in pages.items()]
    files += [
        FixFile(f"{WINDOWS}/{version.id}/{each.name}", each.content)
        for version in versions
        for each in windows_edit_files(version, words)
    ]
    return tuple(files)
