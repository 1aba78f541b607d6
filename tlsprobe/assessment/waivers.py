"""waivers.toml: findings that somebody answers for. What can't be understood is an error, never skipped."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from tlsprobe.columns import InventoryError
from tlsprobe.hosts import shown
from tlsprobe.rules import RULES
from tlsprobe.selection import SelectionError, parse_entry
from tlsprobe.waivers import Kind, Waiver

__all__ = ["Kind", "Waiver", "WaiversError", "read_waivers"]


class WaiversError(InventoryError):
    """A file of waivers can't be used; the text names the file, the entry and the key."""


def read_waivers(paths: Iterable[Path]) -> tuple[Waiver, ...]:
    """Read the files of `--waivers`, one after the other. A file may be empty. Raises WaiversError."""
    return tuple(waiver for path in paths for waiver in _read(path))


def _read(path: Path) -> list[Waiver]:
    where = shown(path.name, 200)
    try:
        data = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise WaiversError(f"{shown(str(path), 200)}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, or built to exhaust its reader
        raise WaiversError(f"{where}: not a TOML file ({shown(str(error), 200)})") from None
    _only(where, data, ("waiver",))
    entries = data.get("waiver", [])
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise WaiversError(f"{where}: write each waiver under its own [[waiver]], with two brackets")
    return [_waiver(f"{where} waiver {number}", each) for number, each in enumerate(entries, start=1)]


def _waiver(where: str, entry: Mapping[str, Any]) -> Waiver:
    _only(where, entry, tuple(_KEYS))
    missing = [key for key in _KEYS if key not in entry]
    if missing:
        raise WaiversError(f"{where}: {missing[0]} is missing; a waiver has {', '.join(_KEYS)}")
    return Waiver(**{key: read(f"{where}, {key}", entry[key]) for key, read in _KEYS.items()})


def _rule(where: str, value: object) -> str:
    # By its name, too, a rule is easily meant; only the id is taken, so that one can search for it.
    ids = {each.name: each.id for each in RULES} | {each.id.casefold(): each.id for each in RULES}
    text = _text(where, value)
    if text in ids.values():
        return text
    return _refuse(where, text, ids, "`tlsprobe rules` lists the ids")


def _host(where: str, value: object) -> str:
    text = _text(where, value)
    try:
        parse_entry(text, where)
    except SelectionError as error:
        raise WaiversError(str(error)) from None
    return text


def _kind(where: str, value: object) -> str:
    text = _text(where, value)
    if text in list(Kind):
        return Kind(text).value
    return _refuse(where, text, {each.value: each.value for each in Kind}, f"one of {', '.join(Kind)}")


def _text(where: str, value: object) -> str:
    if not isinstance(value, str):
        raise WaiversError(f"{where}: write a text in quotes")
    text = " ".join(value.split())
    if not text:
        raise WaiversError(f"{where}: is empty")
    return text


def _last_day(where: str, value: object) -> date:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise WaiversError(f"{where}: write a date without quotes and without a time, such as 2027-01-31")
    return value


_KEYS: dict[str, Callable[[str, object], Any]] = {
    "rule": _rule,
    "host": _host,
    "reason": _text,
    "kind": _kind,
    "approver": _text,
    "expires": _last_day,
}


def _only(where: str, table: Mapping[str, object], keys: Sequence[str]) -> None:
    for key in table:
        if key not in keys:
            _refuse(where, key, {each: each for each in keys}, f"there is {', '.join(keys)}")


def _refuse(where: str, text: str, known: Mapping[str, str], otherwise: str) -> str:
    near = get_close_matches(text.casefold(), known, n=1)
    hint = f"did you mean {known[near[0]]}?" if near else otherwise
    raise WaiversError(f"{where}: {shown(text)} is not known; {hint}")
