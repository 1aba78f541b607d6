"""The edit that switches finite-field DHE off on a server, by the application that an inventory names."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import pairwise

from tlsprobe.remedy.server_table import ROWS, Row

SERVER_EDITS: tuple[str, ...] = tuple(row.id for row in ROWS)

# Their names hold those of others, and they are configured otherwise.
_STRANGERS = {"traffic", "ingress"}


@dataclass(frozen=True, slots=True)
class ServerEdit:
    """One change to one server's configuration.

    `file` is where Debian has it. `lines` are for a configuration that says nothing of ciphers yet.
    `command` is one line of POSIX shell with the placeholder {file} and no other brace: it edits what is
    there, keeps `<file>.with-dhe` beside it, does nothing more when run again, and fails where nothing was
    edited. `undo` takes it back; after either, `reload` makes it count. `verified`: applied to the real
    server and scanned again, by tests/peers/test_remedies.py.
    """

    id: str
    software: str
    file: str
    lines: tuple[str, ...]
    command: str
    reload: str
    undo: str
    verified: bool
    libraries: tuple[str, ...] = ()  # those that it is for
    note_keys: tuple[str, ...] = ()

    @property
    def apply_key(self) -> str:
        """The sentence on how to apply it; wants `file`."""
        return f"fix.server.{self.id}.apply"

    @property
    def undo_key(self) -> str:
        """The sentence on how to take it back; wants `file`."""
        return f"fix.server.{self.id}.undo"

    def fits(self, library: str) -> bool:
        """Whether it is for a server with this TLS library; one that is not known (empty) may be any."""
        return not library or library in self.libraries

    def command_for(self, file: str | None = None) -> str:
        """The command, on this file or on the usual one."""
        return self.command.replace("{file}", shlex.quote(file or self.file))

    def undo_for(self, file: str | None = None) -> str:
        """The undo, on this file or on the usual one."""
        return self.undo.replace("{file}", shlex.quote(file or self.file))


def server_edit(software: str, *, add: tuple[int, ...] = ()) -> ServerEdit | None:
    """The edit for an application as people write it ("nginx/1.22", "Apache2", "slapd"); None if unknown.

    `add` are suites to switch on at the same time, so that clients which would be locked out get in; where
    an edit cannot do that, a note says so. Raises ValueError for one with DHE, or that is not known here.
    """
    words = _words(software)
    if words & _STRANGERS:
        return None
    row = next((row for row in ROWS if words & set(row.names)), None)
    return _edit(row, add) if row else None


def server_edits_for_library(library: str, *, add: tuple[int, ...] = ()) -> tuple[ServerEdit, ...]:
    """The edits of all applications that use this TLS library, for a server that is not named."""
    words = _words(library)
    return tuple(_edit(row, add) for row in ROWS if words & set(row.libraries))


def _edit(row: Row, add: tuple[int, ...]) -> ServerEdit:
    change = row.change(add)
    notes = tuple(f"fix.server.{row.id}.note.{note}" for note in row.notes)
    if add:
        notes += ("fix.server.add.at-the-end" if row.takes_suites else "fix.server.add.elsewhere",)
    return ServerEdit(
        id=row.id,
        software=row.software,
        file=row.file,
        lines=change.lines,
        command=change.command,
        reload=row.reload,
        undo=change.undo,
        verified=row.verified,
        libraries=row.libraries,
        note_keys=notes,
    )


def _words(name: str) -> set[str]:
    """The words of a name without their versions, alone and two in a row: "Node.js 20" has "nodejs"."""
    parts = [part.rstrip("0123456789") for part in re.split(r"[^a-z0-9]+", name.casefold())]
    words = [part for part in parts if part]
    return {*words, *(first + second for first, second in pairwise(words))}
