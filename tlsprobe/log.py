"""What is said on standard error: lines for people, or a JSON object a line for whoever collects logs.

Two formatters over the standard library's logging. structlog and python-json-logger would each take the place
of the smaller one, and leave what matters here: that nothing a server or a file said makes a line, or acts on
a terminal.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from tlsprobe.wording.visible import visible

NOTICE = 25  # as in syslog: what a command tells whoever runs it; no warning, but not only for -v either
_OURS = "tlsprobe"

log = logging.getLogger(_OURS)


def set_up(*, verbose: bool = False, as_json: bool = False) -> None:
    """Say notices and what is worse; with `verbose` also what is done, server by server."""
    logging.addLevelName(NOTICE, "NOTICE")
    root = logging.getLogger()
    for former in [each for each in root.handlers if isinstance(each, _StandardError)]:
        root.removeHandler(former)
    handler = _StandardError()
    handler.setFormatter(_JsonLines() if as_json else _Lines())
    root.addHandler(handler)
    root.setLevel(logging.INFO if verbose else NOTICE)
    logging.captureWarnings(as_json)  # Python's own have to be JSON too


def said(event: str, message: str, *, level: int = NOTICE, **fields: object) -> None:
    """Say something; `event` is a stable id and `fields` the values in it, for programs."""
    log.log(level, "%s", message, extra={"event": event, "fields": fields})


def line(event: str, message: str, **fields: object) -> str:
    """Return what `said` would write now: for who may not use a stream, in the middle of a signal."""
    record = log.makeRecord(_OURS, NOTICE, "", 0, message, (), None, extra={"event": event, "fields": fields})
    ours = next((each for each in logging.getLogger().handlers if isinstance(each, _StandardError)), None)
    return ours.format(record) if ours else message


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is now: a progress bar takes its place for as long as it is shown."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - as logging calls it
        """Go on: where nobody reads any longer, there is nobody to tell."""


class _Lines(logging.Formatter):
    """For people: notices as they are, warnings and errors with whose they are.

    Lines behind the first are indented, so that no text of a server's passes for a line of ours.
    """

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.levelno > NOTICE:
            text = f"{_OURS if record.name == _OURS else f'{record.levelname} {record.name}'}: {text}"
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return "\n    ".join(map(visible, text.split("\n")))


class _JsonLines(logging.Formatter):
    """For programs: one object, in ASCII. docs/operating.md says what is in it."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        entry = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": getattr(record, "event", "log"),
            "message": record.getMessage(),
            "fields": getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        # Half a surrogate pair, which a byte of a file name may have become, is no character to any parser.
        characters = json.dumps(entry, default=str, ensure_ascii=False).encode("utf-8", "replace")
        return json.dumps(json.loads(characters))
