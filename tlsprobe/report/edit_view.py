"""The edit for one server, as far as the page gives it: the command, and where the rest stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

from tlsprobe.assessment import Judged
from tlsprobe.remedy.cases import library_of
from tlsprobe.remedy.cipher_names import CIPHER_NAMES
from tlsprobe.remedy.pages import other_library
from tlsprobe.remedy.servers import ServerEdit, server_edit
from tlsprobe.rules import FixSide, advise, ends_with_dhe, is_windows_software, software_of
from tlsprobe.tls.suites import suite_name
from tlsprobe.wording import Wording


@dataclass(frozen=True, slots=True)
class EditView:
    """An edit in words. Without a file, `said` says why there is none."""

    software: str
    said: tuple[str, ...]
    file: str = ""
    lines: str = ""
    how: str = ""
    command: str = ""
    reload: str = ""
    how_undo: str = ""
    undo: str = ""
    notes: tuple[str, ...] = ()


def edit(each: Judged, words: Wording) -> EditView | None:
    """Return what to change on a server; None where it has nothing to do with DHE, or is not ours."""
    asked_for = any(ends_with_dhe(found.rule) for found in each.to_change)
    advice = advise(each.scan, each.to_change)
    theirs = each.scan.target.managed is False or advice.side in (FixSide.CLIENT, FixSide.NONE)
    if not asked_for or theirs:
        return None
    software = software_of(each.scan)
    if is_windows_software(software) or advice.side is FixSide.UPDATE_SERVER:
        return EditView(software, (words.say("report.edit.windows"),))
    addable = tuple(code for code in advice.add_suites if code in CIPHER_NAMES)
    known = _server_edit(software, addable)
    if known is None:
        key = "report.edit.unknown" if software else "report.edit.not-named"
        return EditView(software, (words.say(key, software=software) if software else words.say(key),))
    # A command that stands there gets run.
    if not known.fits(library := library_of(each.scan)):
        return EditView(known.software, (other_library(known, library, words),))
    if advice.locked_out and not addable:
        return EditView(known.software, (words.say("fix.server-file.not-yet", software=known.software),))
    return _view(known, addable, words)


def _view(known: ServerEdit, addable: tuple[int, ...], words: Wording) -> EditView:
    verified = "fix.edit.verified" if known.verified else "fix.edit.not-verified"
    said = [words.say(verified, software=known.software)]
    if addable:
        adds = "fix.server.add.at-the-end" in known.note_keys
        key = "fix.server-file.add-first" if adds else "fix.server-file.add-by-hand"
        said.append(words.say(key, suites=", ".join(suite_name(code) for code in addable)))
    return EditView(
        software=known.software,
        said=tuple(said),
        file=known.file,
        lines=Markup("\n").join(known.lines),  # text of elsewhere is one line
        how=words.say(known.apply_key, file=known.file),
        command=known.command_for() if known.command else "",
        reload=known.reload,
        how_undo=words.say(known.undo_key, file=known.file),
        undo=known.undo_for() if known.undo else "",
        notes=tuple(words.say(key, file=known.file) for key in known.note_keys),
    )


@lru_cache(maxsize=256)
def _server_edit(software: str, addable: tuple[int, ...]) -> ServerEdit | None:
    """An inventory has few kinds of software."""
    return server_edit(software, add=addable) if software else None
