"""The folder of `tlsprobe fix`: a file per server with its edit, a folder per Windows, and what is where."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tlsprobe.facts import Landing, ServerScan
from tlsprobe.journal import RunInfo
from tlsprobe.remedy.cipher_names import CIPHER_NAMES
from tlsprobe.remedy.markdown import block, bullets, code, plain, table
from tlsprobe.remedy.servers import SERVER_EDITS, ServerEdit, server_edit
from tlsprobe.remedy.windows import WINDOWS_VERSIONS, WindowsVersion, windows_edit_files
from tlsprobe.rules import (
    Advice,
    Finding,
    FixSide,
    advise,
    ends_with_dhe,
    judge,
    lands_on_dhe,
    stops_at_group,
    who_counts,
)
from tlsprobe.rules.who import is_unclear
from tlsprobe.tls.suites import suite_name
from tlsprobe.wording import Wording

README = "README.md"
SERVERS, WINDOWS, APPLICATIONS = "servers", "windows", "applications"
_LONGEST_NAME = 80
# Windows takes no file whose name up to the first dot is one of these.
_DEVICE = re.compile(r"^(?=(?:con|prn|aux|nul|com[0-9]|lpt[0-9])\.)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FixFile:
    """A file of the folder: its path in it, with slashes, and its bytes."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _Case:
    """A server with something to change."""

    scan: ServerScan
    findings: tuple[Finding, ...]
    advice: Advice
    path: str
    edit: ServerEdit | None

    @property
    def add_suites(self) -> tuple[int, ...]:
        """Those of the advised suites that an edit may switch on, which RC4 and the like are not."""
        return _addable(self.advice) or self.advice.add_suites


def _addable(advice: Advice) -> tuple[int, ...]:
    return tuple(code for code in advice.add_suites if code in CIPHER_NAMES)


def fix_files(scans: Iterable[ServerScan], info: RunInfo, *, run: str, words: Wording) -> tuple[FixFile, ...]:
    """Return the whole folder for a run, README first; only that where there is nothing to change.

    `run` is the run's folder as its user would write it.
    """
    cases = tuple(_cases(scans))
    versions, without_edit = _windows(cases)
    files = [FixFile(README, _readme(cases, versions, without_edit, info, run, words).encode())]
    files += [
        FixFile(case.path, _server_file(case, words, with_windows=bool(versions)).encode()) for case in cases
    ]
    if any(case.edit is None for case in cases):
        edits = (server_edit(name) for name in SERVER_EDITS)
        files += [
            FixFile(f"{APPLICATIONS}/{edit.id}.md", _application_file(edit, words).encode())
            for edit in edits
            if edit
        ]
    files += [
        FixFile(f"{WINDOWS}/{version.id}/{each.name}", each.content)
        for version in versions
        for each in windows_edit_files(version, words)
    ]
    return tuple(files)


def _cases(scans: Iterable[ServerScan]) -> Iterator[_Case]:
    taken: set[str] = set()
    for scan in scans:
        findings = tuple(found for found in judge(scan) if ends_with_dhe(found.rule))
        if not findings:
            continue
        name = _file_name(scan)
        while name.casefold() in taken:  # two rows of one place, with another protocol before TLS
            name += "-again"
        taken.add(name.casefold())
        advice = advise(scan, findings)
        edit = server_edit(scan.target.software, add=_addable(advice))
        yield _Case(scan, findings, advice, f"{SERVERS}/{name}.md", edit)


def _file_name(scan: ServerScan) -> str:
    """Return a name that any file system takes, and that no two servers share."""
    target = scan.target
    said = f"{target.host}_{target.port}" + (
        f"_{target.server_name}" if target.server_name and target.server_name != target.host else ""
    )
    safe = _DEVICE.sub("_", re.sub(r"[^A-Za-z0-9.-]", "_", said).lstrip(".")[:_LONGEST_NAME])
    if safe == said:
        return safe
    return f"{safe}-{hashlib.sha256(said.encode(errors='surrogatepass')).hexdigest()[:8]}"


def _windows(cases: Sequence[_Case]) -> tuple[tuple[WindowsVersion, ...], tuple[str, ...]]:
    """Return the Windows versions to write edits for, and the names of those that have none."""
    on_dhe: dict[str, str] = {}
    for case in cases:
        if not case.scan.landings:  # not replayed: it may be any
            on_dhe |= {each.id: each.names for each in WINDOWS_VERSIONS if each.fixed == "no"}
        unfixed = who_counts(case.scan).unfixed
        on_dhe |= {each.client: each.client_name for each in unfixed if _may_meet_dhe(each)}
    known = {each.id for each in WINDOWS_VERSIONS}
    missing = tuple(name for client, name in on_dhe.items() if client not in known)
    return tuple(each for each in WINDOWS_VERSIONS if each.id in on_dhe), missing


def _may_meet_dhe(landing: Landing) -> bool:
    return lands_on_dhe(landing) or stops_at_group(landing) or is_unclear(landing)


def _readme(
    cases: Sequence[_Case],
    versions: Sequence[WindowsVersion],
    without_edit: Sequence[str],
    info: RunInfo,
    run: str,
    words: Wording,
) -> str:
    say = words.say
    parts = [
        f"# {plain(say('fix.folder.title', run=info.run_id))}",
        plain(say("fix.folder.made", version=info.tool_version)),
    ]
    if not cases:
        return _joined([*parts, plain(say("fix.folder.nothing"))])
    parts += [plain(say("fix.folder.order", run=run)), f"## {say('fix.folder.servers')}"]
    header = [say(f"fix.folder.column.{name}") for name in ("server", "findings", "side", "file")]
    rows = [
        [
            plain(case.scan.target.endpoint),
            " ".join(found.rule for found in case.findings),
            plain(say(f"report.fix.{case.advice.side}")),
            f"[{plain(case.path.removeprefix(SERVERS + '/'))}]({case.path})",
        ]
        for case in cases
    ]
    parts.append(table(header, rows))
    if versions or without_edit:
        parts += [f"## {say('fix.folder.windows')}", plain(say("fix.folder.windows.what"))]
        parts.append(bullets([f"[{plain(each.names)}]({WINDOWS}/{each.id}/{README})" for each in versions]))
        parts += [plain(say("fix.folder.windows.no-edit", client=name)) for name in without_edit]
    if any(case.edit is None for case in cases):
        parts += [f"## {say('fix.folder.applications')}", plain(say("fix.folder.applications.what"))]
        edits = [edit for name in SERVER_EDITS if (edit := server_edit(name))]
        parts.append(bullets([f"[{plain(each.software)}]({APPLICATIONS}/{each.id}.md)" for each in edits]))
    return _joined(parts)


def _server_file(case: _Case, words: Wording, *, with_windows: bool) -> str:
    say, advice, target = words.say, case.advice, case.scan.target
    parts = [f"# {plain(target.endpoint)}", f"## {say('fix.server-file.findings')}"]
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
    # The last sentence is the advice; those of each finding are in the report.
    parts.append(plain(case.findings[0].recommendation[-1].render(words)))
    if advice.locked_out:
        parts.append(f"### {say('fix.server-file.locked-out')}")
        parts.append(bullets([plain(each.name) for each in advice.locked_out]))
    parts += _about_sides(case, words, with_windows=with_windows)
    if case.edit is not None:
        parts += [f"## {plain(say('fix.server-file.edit', software=case.edit.software))}"]
        if case.add_suites:
            suites = ", ".join(suite_name(code) for code in case.add_suites)
            adds = "fix.server.add.at-the-end" in case.edit.note_keys
            key = "fix.server-file.add-first" if adds else "fix.server-file.add-by-hand"
            parts.append(plain(say(key, suites=suites)))
        parts += _edit(case.edit, target.endpoint, words)
    return _joined(parts)


def _about_sides(case: _Case, words: Wording, *, with_windows: bool) -> list[str]:
    say, target = words.say, case.scan.target
    windows, applications = f"../{WINDOWS}/", f"../{APPLICATIONS}/"
    said = []
    if target.managed is False and with_windows:
        said.append(plain(say("fix.server-file.theirs", folder=windows)))
    elif case.advice.side is FixSide.CLIENT and with_windows:
        said.append(plain(say("fix.server-file.clients", folder=windows)))
    if case.edit is None and target.software:
        said.append(
            plain(say("fix.server-file.unknown-software", software=target.software, folder=applications))
        )
    elif case.edit is None:
        said.append(plain(say("fix.server-file.no-software", folder=applications)))
    return said


def _application_file(edit: ServerEdit, words: Wording) -> str:
    return _joined([f"# {plain(edit.software)}", *_edit(edit, "HOST:PORT", words)])


def _edit(edit: ServerEdit, place: str, words: Wording) -> list[str]:
    say = words.say
    values = {"file": edit.file, "place": place}
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
