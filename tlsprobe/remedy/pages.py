"""The pages of the folder that `tlsprobe fix` writes, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tlsprobe.assessment import Assessment, Judged, answers
from tlsprobe.remedy.cases import Case, by_line
from tlsprobe.remedy.check import ANYWHERE, check_command
from tlsprobe.remedy.markdown import block, bullets, code, plain, table
from tlsprobe.remedy.servers import ServerEdit
from tlsprobe.remedy.windows import WindowsVersion
from tlsprobe.rules import Finding, FixSide, ends_with_dhe, name_of
from tlsprobe.tls.suites import suite_name
from tlsprobe.wording import SENTENCES, Wording

README = "README.md"
SERVERS, WINDOWS, APPLICATIONS = "servers", "windows", "applications"
_COLUMNS = ("severity", "server", "owner", "findings", "side", "file")


def readme(
    every: Sequence[Case],
    versions: Sequence[WindowsVersion],
    without_edit: Sequence[tuple[str, str]],
    applications: Sequence[ServerEdit],
    assessment: Assessment,
    *,
    run: str,
    words: Wording,
) -> str:
    """Say what is where, the worst servers first. `run` is the run's folder as a shell takes it."""
    say, info = words.say, assessment.info
    waived = _waived(assessment, words)
    parts = [
        f"# {plain(say('fix.folder.title', run=info.run_id))}",
        plain(say("fix.folder.made", version=info.tool_version)),
    ]
    if not every:
        return _joined([*parts, plain(nothing_to_change(assessment, words)), *waived])
    parts += [plain(say("fix.folder.order", run=run)), f"## {say('fix.folder.servers')}"]
    rows = [_row(case, words) for case in sorted(every, key=_worst_first)]
    parts.append(table([say(f"fix.folder.column.{name}") for name in _COLUMNS], rows))
    if versions or without_edit:
        parts += [f"## {say('fix.folder.windows')}", plain(say("fix.folder.windows.what"))]
        named = [(words.client(each.id, each.names), each.id) for each in versions]
        parts.append(bullets([f"[{plain(name)}]({WINDOWS}/{id_}/{README})" for name, id_ in named]))
        others = [words.client(*each) for each in without_edit]
        parts += [plain(say("fix.folder.windows.no-edit", client=name)) for name in others]
    if applications:
        parts += [f"## {say('fix.folder.applications')}", plain(say("fix.folder.applications.what"))]
        parts.append(bullets([_link(each, f"{APPLICATIONS}/") for each in applications]))
    return _joined([*parts, *waived])


def waived_findings(assessment: Assessment) -> Iterator[tuple[Judged, Finding]]:
    """Yield the findings that end with DHE and that somebody answers for, by line of the inventory."""
    for each in by_line(assessment.servers):
        for found in each.findings:
            if ends_with_dhe(found.rule) and each.standing(found).waiver is not None:
                yield each, found


def nothing_to_change(assessment: Assessment, words: Wording) -> str:
    """Say why there is no edit: nothing was found, or all that was is waived."""
    is_waived = any(True for _ in waived_findings(assessment))
    return words.say("fix.folder.nothing-open" if is_waived else "fix.folder.nothing")


def _waived(assessment: Assessment, words: Wording) -> list[str]:
    """Say which findings are waived, and by whom."""
    by_waiver: dict[tuple[str, str], list[str]] = {}
    for each, found in waived_findings(assessment):
        said = answers.of_standing(each.standing(found), words)
        by_waiver.setdefault((each.scan.target.label, said), []).append(found.rule)
    if not by_waiver:
        return []
    columns = [words.say(f"fix.folder.column.{name}") for name in ("server", "findings", "waiver")]
    rows = [[plain(label), " ".join(rules), plain(said)] for (label, said), rules in by_waiver.items()]
    heading = f"## {words.say('fix.folder.waived')}"
    return [heading, plain(words.say("fix.folder.waived.what")), table(columns, rows)]


def _worst_first(case: Case) -> tuple[int, str]:
    return -case.findings[0].severity.rank, case.advice.side.value


def _row(case: Case, words: Wording) -> list[str]:
    return [
        plain(words.say(f"report.severity.{case.findings[0].severity}")),
        plain(case.scan.target.label),
        plain(case.scan.target.owner),
        " ".join(found.rule for found in case.findings),
        plain(words.say(f"report.fix.{case.advice.side}")),
        f"[{plain(case.name)}]({SERVERS}/{case.name}.md)",
    ]


def server_page(case: Case, words: Wording, *, with_windows: bool) -> str:
    """Say what was found on a server, on which side to fix it, and give the edit.

    `with_windows` says that there is a folder with edits for Windows.
    """
    say, advice = words.say, case.advice
    parts = [f"# {plain(case.scan.target.label)}", f"## {say('fix.server-file.findings')}"]
    parts.append(
        bullets(
            [
                f"{found.rule} ({plain(say(f'report.severity.{found.severity}'))}): "
                f"{plain(found.title.render(words))}{_answered_for(case, found, words)}"
                for found in case.server.findings
            ]
        )
    )
    side = say(f"report.fix.{advice.side}")
    parts += [f"## {plain(say('fix.server-file.side', side=side))}"]
    advised = next(found for found in case.findings if ends_with_dhe(found.rule))
    parts.append(plain(advised.recommended(words)))
    if advice.locked_out:
        parts.append(f"### {say('fix.server-file.locked-out')}")
        parts.append(bullets([plain(name_of(each, words)) for each in advice.locked_out]))
    parts += _where_else(case, words, with_windows=with_windows)
    return _joined([*parts, *_edit_for(case, words)])


def _answered_for(case: Case, found: Finding, words: Wording) -> str:
    """Say who answers for a finding that is waived; empty for one that is open."""
    standing = case.server.standing(found)
    return f" ({plain(answers.of_standing(standing, words))})" if standing.waiver else ""


def _where_else(case: Case, words: Wording, *, with_windows: bool) -> list[str]:
    """Say which of the other files concern this server."""
    say, target = words.say, case.scan.target
    windows, applications = f"../{WINDOWS}/", f"../{APPLICATIONS}/"
    said = []
    if case.advice.side is FixSide.CLIENT and with_windows:
        key = "theirs" if target.managed is False else "clients"
        said.append(plain(say(f"fix.server-file.{key}", folder=windows)))
    if case.is_windows:
        said.append(plain(say("fix.server-file.windows", folder=windows)))
    elif case.edit is None and case.known is not None:
        said.append(plain(other_library(case.known, case.library, words)))
    elif case.edit is None and target.software:
        said.append(
            plain(say("fix.server-file.unknown-software", software=target.software, folder=applications))
        )
    elif case.edit is None:
        said.append(plain(say("fix.server-file.no-software", folder=applications)))
    if case.applications and case.library:
        said.append(plain(say("fix.server-file.library", library=case.library)))
    said.append(bullets([_link(each, applications) for each in case.applications]))
    return said


def other_library(edit: ServerEdit, library: str, words: Wording) -> str:
    """Say that the edit of the application is for another TLS library than the one that answers."""
    # Those that have no name here are other words of the same.
    named = [f"stack.family.{each}" for each in edit.libraries]
    libraries = words.listed(words.say(key) for key in named if key in SENTENCES)
    return words.say(
        "fix.server-file.other-library",
        software=edit.software,
        libraries=libraries,
        library=words.say(f"stack.family.{library}"),
    )


def _link(edit: ServerEdit, folder: str) -> str:
    return f"[{plain(edit.software)}]({folder}{edit.id}.md)"


def _edit_for(case: Case, words: Wording) -> list[str]:
    say, edit = words.say, case.edit
    if edit is None:
        return []
    if case.locks_out:
        # A command that stands there gets run.
        return [plain(say("fix.server-file.not-yet", software=edit.software))]
    parts = [f"## {plain(say('fix.server-file.edit', software=edit.software))}"]
    if case.add_suites:
        suites = ", ".join(suite_name(code) for code in case.add_suites)
        adds = "fix.server.add.at-the-end" in edit.note_keys
        key = "fix.server-file.add-first" if adds else "fix.server-file.add-by-hand"
        parts.append(plain(say(key, suites=suites)))
    place = case.scan.target.label
    return [*parts, *_edit(edit, words, place=place, check=check_command(case.scan))]


def application_page(edit: ServerEdit, words: Wording) -> str:
    """Give the edit of an application, for servers of which it is not known what runs on them."""
    warning = plain(words.say("fix.application.warning"))
    title = f"# {plain(edit.software)}"
    return _joined([title, warning, *_edit(edit, words, place="HOST:PORT", check=ANYWHERE)])


def _edit(edit: ServerEdit, words: Wording, *, place: str, check: str) -> list[str]:
    say, file = words.say, edit.file
    parts = [
        plain(say("fix.edit.verified" if edit.verified else "fix.edit.not-verified", software=edit.software)),
        plain(say("fix.edit.file", file="")) + code(edit.file),
    ]
    if edit.lines:
        parts += [plain(say("fix.edit.lines")), block(edit.lines)]
    parts.append(f"### {say('fix.edit.apply')}")
    parts.append(plain(say(edit.apply_key, file=file)))
    if edit.command:
        parts.append(block([edit.command_for()], "sh"))
    if edit.reload:
        parts += [plain(say("fix.edit.reload")), block([edit.reload], "sh")]
    parts += [f"### {say('fix.edit.check')}", plain(say("fix.edit.check.scan", place=place))]
    if check:
        parts += [plain(say("fix.edit.check.by-hand")), block([check], "sh")]
    parts += [f"### {say('fix.edit.undo')}", plain(say(edit.undo_key, file=file))]
    if edit.undo:
        parts.append(block([edit.undo_for()], "sh"))
    if edit.note_keys:
        notes = [plain(say(key, file=file)) for key in edit.note_keys]
        parts += [f"### {say('fix.edit.notes')}", bullets(notes)]
    return parts


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"
