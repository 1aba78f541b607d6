"""Changes to a server's configuration, as one line of shell that may be run again without harm.

Nothing here knows a server: `server_settings.py` does. A command holds the placeholder {file} and no
other brace, so that `str.format` is safe on it. It leaves what stood there in `<file>.with-dhe`, unless
that is there already, and writes into the file itself, so that owner, mode and links stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tlsprobe.remedy.cipher_names import gnutls_words, openssl_names

# kDHE is every exchange with ephemeral DH, anonymous ones too; DHE is what OpenSSL 1.0.1 and older know.
OPENSSL_EXCLUSIONS = ("!kDHE", "!DHE")
GNUTLS_EXCLUSIONS = ("-DHE-RSA", "-DHE-DSS", "-ANON-DH")
BACKUP = ".with-dhe"
# Where "$f" can't be read, cp says so, and what follows is not done.
KEEP_A_COPY = f'f={{file}}; [ -r "$f" ] && [ -e "$f{BACKUP}" ] || cp -p "$f" "$f{BACKUP}"'
UNDO_FILE = f"cp -p {{file}}{BACKUP} {{file}} && rm {{file}}{BACKUP}"


@dataclass(frozen=True, slots=True)
class Change:
    """What to write, and the commands that do it and take it back."""

    lines: tuple[str, ...]
    command: str
    undo: str


@dataclass(frozen=True, slots=True)
class Language:
    """A language of cipher strings: words joined by colons, the last word on a matter wins."""

    exclusions: tuple[str, ...]
    names: Callable[[tuple[int, ...]], tuple[str, ...]]

    def suffix(self, add: tuple[int, ...]) -> str:
        """What goes behind a value: the suites to add, then the exclusion of DHE."""
        return "".join(f":{word}" for word in (*self.names(add), *self.exclusions))


OPENSSL = Language(OPENSSL_EXCLUSIONS, openssl_names)
GNUTLS = Language(GNUTLS_EXCLUSIONS, gnutls_words)


@dataclass(frozen=True, slots=True)
class CipherSetting:
    """A setting whose value is a cipher string, in a file of lines.

    `line` holds {ciphers}; `default` is the value of a server that is told nothing. `values` are POSIX
    extended expressions that match a line from its start to the last letter or digit of a value: that
    is where the exclusion goes, in front of quotes, semicolons and comments. `present` says that the
    file has a value already, and is one of `values` where not given. Lines that match `leave` are not
    touched and don't count. `insert` is a shell command that prints the file "$f" with the line, which is
    {lines} to it, in quotes; the value alone is {ciphers}.
    """

    line: str
    default: str
    values: tuple[str, ...]
    insert: str
    language: Language = OPENSSL
    present: str = ""
    leave: str = ""

    def change(self, add: tuple[int, ...]) -> Change:
        """The change that takes DHE out and lets the suites of `add` in."""
        suffix = self.language.suffix(add)
        lines = (self.line.replace("{ciphers}", self.default + suffix),)
        done = "|".join(part for part in (expression(suffix), self.leave) if part)
        return Change(
            lines=lines,
            command=file_command(
                present=self.present or "|".join(f"({each})" for each in self.values),
                leave=self.leave,
                insert=inserting(self.insert, lines).replace("{ciphers}", self.default + suffix),
                edits=tuple(f"/{done}/!s/{value}/&{suffix}/" for value in self.values),
                proof=self.language.exclusions[0],
            ),
            undo=UNDO_FILE,
        )


def inserting(insert: str, lines: tuple[str, ...]) -> str:
    """The `insert` with its lines, each in quotes as a word of its own."""
    return insert.replace("{lines}", " ".join(quoted(line) for line in lines))


AT_END = """cat "$f"; printf '%s\\n' {lines}"""
AT_START = """printf '%s\\n' {lines}; cat "$f\""""


def after(line: str) -> str:
    """An `insert` below each line that matches the expression."""
    return f"""sed -E -e '/{line}/a\\' -e {{lines}} "$f\""""


def file_command(
    *, present: str, insert: str, edits: tuple[str, ...] = (), leave: str = "", proof: str
) -> str:
    """One command line: keep a copy, insert or not, edit, write back, and show the lines with `proof`.

    The new text goes through a variable, so that nothing is written where sed fails, and no other file
    appears that might hold a password. It ends with an error where no line has `proof` in it.
    """
    looked_at = f'grep -Ev {quoted(leave)} "$f" | grep -Eq {quoted(present)}'
    found = looked_at if leave else f'grep -Eq {quoted(present)} "$f"'
    piped = f" | sed -E {' '.join(f'-e {quoted(edit)}' for edit in edits)}" if edits else ""
    return (
        f"{KEEP_A_COPY} && "
        f'new=$(if {found}; then cat "$f"; else {insert}; fi{piped}) && '
        f'printf \'%s\\n\' "$new" >"$f" && grep -n -e {quoted(proof)} "$f"'
    )


def expression(text: str) -> str:
    """The text as an extended expression, for names of ciphers and what stands between them."""
    return re.sub(r"([.+*?()|^$\\/])", r"\\\1", text)


def quoted(text: str) -> str:
    """The text in single quotes, always: an exclamation mark outside would be history to bash."""
    return "'" + text.replace("'", "'\\''") + "'"
