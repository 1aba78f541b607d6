"""The pages of the folder that `tlsprobe fix` writes, in Markdown."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from tlsprobe.inventory import Target
from tlsprobe.journal import RunInfo
from tlsprobe.remedy.cases import Case
from tlsprobe.remedy.markdown import block, bullets, code, plain, table
from tlsprobe.remedy.servers import ServerEdit
from tlsprobe.remedy.windows import WindowsVersion
from tlsprobe.rules import FixSide, ends_with_dhe
from tlsprobe.starttls import StartTls, resolve_auto
from tlsprobe.tls.suites import suite_name
from tlsprobe.wording import Wording

README = "README.md"
SERVERS, WINDOWS, APPLICATIONS = "servers", "windows", "applications"
_COLUMNS = ("severity", "server", "owner", "findings", "side", "file")


def readme(
    every: Sequence[Case],
    versions: Sequence[WindowsVersion],
    without_edit: Sequence[str],
    applications: Sequence[ServerEdit],
    *,
    info: RunInfo,
    run: str,
    words: Wording,
) -> str:
    """Say what is where, the worst servers first. `run` is the run's folder as a shell takes it."""
    say = words.say
    parts = [
        f"# {plain(say('fix.folder.title', run=info.run_id))}",
        plain(say("fix.folder.made", version=info.tool_version)),
    ]
    if not every:
        return _joined([*parts, plain(say("fix.folder.nothing"))])
    parts += [plain(say("fix.folder.order", run=run)), f"## {say('fix.folder.servers')}"]
    rows = [_row(case, words) for case in sorted(every, key=_worst_first)]
    parts.append(table([say(f"fix.folder.column.{name}") for name in _COLUMNS], rows))
    if versions or without_edit:
        parts += [f"## {say('fix.folder.windows')}", plain(say("fix.folder.windows.what"))]
        parts.append(bullets([f"[{plain(each.names)}]({WINDOWS}/{each.id}/{README})" for each in versions]))
        parts += [plain(say("fix.folder.windows.no-edit", client=name)) for name in without_edit]
    if applications:
        parts += [f"## {say('fix.folder.applications')}", plain(say("fix.folder.applications.what"))]
        parts.append(bullets([_link(each, f"{APPLICATIONS}/") for each in applications]))
    return _joined(parts)


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
                f"{plain(found.title.render(words))}"
                for found in case.findings
            ]
        )
    )
    side = say(f"report.fix.{advice.side}")
    parts += [f"## {plain(say('fix.server-file.side', side=side))}"]
    advised = next(found for found in case.findings if ends_with_dhe(found.rule))
    parts.append(plain(advised.recommended(words)))
    if advice.locked_out:
        parts.append(f"### {say('fix.server-file.locked-out')}")
        parts.append(bullets([plain(each.name) for each in advice.locked_out]))
    parts += _where_else(case, words, with_windows=with_windows)
    return _joined([*parts, *_edit_for(case, words)])


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
    target = case.scan.target
    return [
        *parts,
        *_edit(edit, words, place=target.label, connect=target.reached_at, options=_options(target)),
    ]


def _options(target: Target) -> str:
    """Return what `openssl s_client` needs besides, to get to the same server."""
    protocol = resolve_auto(target.starttls, target.port)
    name = f" -servername {shlex.quote(target.server_name)}" if target.server_name else ""
    return name if protocol is StartTls.NONE else f"{name} -starttls {protocol.value}"


def application_page(edit: ServerEdit, words: Wording) -> str:
    """Give the edit of an application, for servers of which it is not known what runs on them."""
    warning = plain(words.say("fix.application.warning"))
    return _joined(
        [
            f"# {plain(edit.software)}",
            warning,
            *_edit(edit, words, place="HOST:PORT", connect="HOST:PORT", options=""),
        ]
    )


def _edit(edit: ServerEdit, words: Wording, *, place: str, connect: str, options: str) -> list[str]:
    say = words.say
    values = {"file": edit.file, "place": place, "connect": connect, "options": options}
    parts = [
        plain(say("fix.edit.verified" if edit.verified else "fix.edit.not-verified", software=edit.software)),
        plain(say("fix.edit.file", file="")) + code(edit.file),
    ]
    if edit.lines:
        parts += [plain(say("fix.edit.lines")), block(edit.lines)]
    parts.append(f"### {say('fix.edit.apply')}")
    parts.append(plain(say(edit.apply_key, **values)))
    if edit.command:
        parts.append(block([edit.command_for()], "sh"))
    if edit.reload:
        parts += [plain(say("fix.edit.reload")), block([edit.reload], "sh")]
    parts += [f"### {say('fix.edit.check')}", plain(say(edit.check_key, **values))]
    parts += [f"### {say('fix.edit.undo')}", plain(say(edit.undo_key, **values))]
    if edit.undo:
        parts.append(block([edit.undo_for()], "sh"))
    if edit.note_keys:
        notes = [plain(say(key, **values)) for key in edit.note_keys]
        parts += [f"### {say('fix.edit.notes')}", bullets(notes)]
    return parts


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"
