"""What is said on standard error is ours: nothing from outside makes a line, or acts on a terminal."""

from __future__ import annotations

import io
import json
import logging
import sys
import unicodedata
import warnings
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsprobe.log import NOTICE, line, said, set_up

HOSTILE = "a\r\n2026-01-01 tlsprobe: all is well\x1b[2J\x9b1m\u202e\u2028\x00 \udc80 é"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


def what_is_written(*, as_json: bool, verbose: bool = False) -> io.StringIO:
    """Stand where standard error is, and set up the log."""
    stream = io.StringIO()
    sys.stderr = stream
    logging.getLogger().handlers.clear()  # pytest's: xdist can't pass on what it caught here
    set_up(as_json=as_json, verbose=verbose)
    return stream


@pytest.fixture(autouse=True)
def own_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", sys.stderr)  # put back at the end


@given(st.text(st.characters(codec=None)) | st.just(HOSTILE))
def test_an_event_is_one_line_of_ascii_that_parses(text: str) -> None:
    stream = what_is_written(as_json=True)
    said("some-event", text, host=text, nested={"rules": [text]})
    written = stream.getvalue()
    assert written.endswith("\n")
    assert written[:-1].isascii()
    assert written[:-1].isprintable()
    entry = json.loads(written)
    json.dumps(entry, ensure_ascii=False).encode()  # every parser's characters
    kept = text.encode("utf-8", "replace").decode()
    assert (entry["message"], entry["fields"]) == (kept, {"host": kept, "nested": {"rules": [kept]}})


@given(st.text() | st.just(HOSTILE))
def test_a_line_for_people_shows_what_would_act(text: str) -> None:
    stream = what_is_written(as_json=False)
    said("some-event", text)
    first, *others = stream.getvalue().removesuffix("\n").split("\n")
    assert all(c.isprintable() or unicodedata.category(c) == "Zs" for c in first + "".join(others))
    assert all(each.startswith("    ") for each in others)
    assert len(others) == text.count("\n")


def test_an_object_says_when_who_what() -> None:
    stream = what_is_written(as_json=True)
    said("server-done", "a.example:443: assessed", severity="high", seconds=None)
    logging.getLogger("tlsprobe.engines.local").error("no %s", "use")
    one, two = map(json.loads, stream.getvalue().splitlines())
    assert datetime.fromisoformat(one.pop("time")).utcoffset() is not None
    assert one == {
        "level": "notice",
        "logger": "tlsprobe",
        "event": "server-done",
        "message": "a.example:443: assessed",
        "fields": {"severity": "high", "seconds": None},
    }
    assert (two["level"], two["logger"], two["event"], two["message"], two["fields"]) == (
        "error",
        "tlsprobe.engines.local",
        "log",
        "no use",
        {},
    )


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_cannot_pass_for_more_lines(as_json: bool) -> None:
    stream = what_is_written(as_json=as_json)
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        logging.getLogger("tlsprobe.x").exception("internal error")
    lines = stream.getvalue().splitlines()
    if as_json:
        (only,) = map(json.loads, lines)
        assert "ValueError" in only["exception"]
    else:
        assert lines[0] == "ERROR tlsprobe.x: internal error"
        assert len(lines) > 3
        assert all(each.startswith("    ") for each in lines[1:])
        assert "\\x1b[2J" in lines[-1]


def test_what_others_warn_of_is_json_too() -> None:
    stream = what_is_written(as_json=True)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old\nthing", DeprecationWarning, stacklevel=1)
    (entry,) = map(json.loads, stream.getvalue().splitlines())
    assert (entry["logger"], entry["level"]) == ("py.warnings", "warning")


def test_levels() -> None:
    for verbose, expected in ((False, ["notice", "bad"]), (True, ["notice", "done", "bad"])):
        stream = what_is_written(as_json=False, verbose=verbose)
        said("a", "notice")
        said("b", "done", level=logging.INFO)
        logging.getLogger("elsewhere").debug("chatter")
        said("c", "bad", level=logging.ERROR)
        lines = stream.getvalue().splitlines()
        assert lines == [*expected[:-1], "tlsprobe: bad"]
    assert logging.INFO < NOTICE < logging.WARNING


@pytest.mark.parametrize("as_json", [True, False])
def test_a_line_can_be_had_without_writing_it(as_json: bool) -> None:
    stream = what_is_written(as_json=as_json)
    made = line("stopping", "It stops.", left=3)
    assert stream.getvalue() == ""
    if as_json:
        assert json.loads(made)["fields"] == {"left": 3}
    else:
        assert made == "It stops."


def test_set_up_twice_says_once() -> None:
    what_is_written(as_json=True)
    stream = what_is_written(as_json=False)
    said("a", "once")
    assert stream.getvalue() == "once\n"
