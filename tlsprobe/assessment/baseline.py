"""What was known before: of each server of an earlier run its findings, its share and who ended TLS there.

A run that was compared keeps this beside its journal, so its reports can be made again without the other run,
and so that what is first seen in one run is still known three runs later.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from tlsprobe.facts import ServerScan, ServerShare, ShareEncoding, groups_of
from tlsprobe.files import open_regular, write_whole
from tlsprobe.inventory import Target
from tlsprobe.journal import JournalError, TargetKey, target_key
from tlsprobe.rules import Severity
from tlsprobe.stacks import identify, traits
from tlsprobe.tls.groups import integer

BASELINE = "baseline.json"


@dataclass(frozen=True, slots=True)
class FindingBefore:
    """A finding as it was; `rate` as Finding.expected_failure_rate.

    `waived`: it rested on a waiver, also on one whose last day was over. Nobody took it on without.
    """

    rule: str
    severity: Severity
    rate: float | None
    first_seen: datetime
    waived: bool = False


@dataclass(frozen=True, slots=True)
class ShareSeen:
    """How dh_Ys was written, and in which run that was seen: not always in the last one."""

    share: ServerShare
    run_id: str
    when: datetime

    @property
    def decides(self) -> bool:
        """Whether a share that starts with a zero byte was seen."""
        return self.share.encoding is not ShareEncoding.UNOBSERVED


@dataclass(frozen=True, slots=True)
class ServerBefore:
    """A server as it was. `primes` and `stack` tell whether it is still set up so; empty: not known."""

    target: Target
    first_seen: datetime
    findings: tuple[FindingBefore, ...] = ()
    share: ShareSeen | None = None
    primes: str = ""
    stack: str = ""

    def finding(self, rule: str) -> FindingBefore | None:
        """Return the finding of this rule, if there was one."""
        return next((each for each in self.findings if each.rule == rule), None)

    def is_unchanged(self, scan: ServerScan) -> bool:
        """Whether the same primes and the same TLS library answer now; False where that is not known."""
        if not self.primes or not self.stack or primes_of(scan) != self.primes:
            return False
        return stack_of(scan) == self.stack


@dataclass(frozen=True, slots=True)
class Baseline:
    """An earlier run, as far as a later one is compared with it."""

    run_id: str
    started: datetime
    servers: tuple[ServerBefore, ...]

    def by_key(self) -> Mapping[TargetKey, ServerBefore]:
        """Return the servers by what the journal tells them apart by."""
        return {target_key(each.target): each for each in self.servers}


def primes_of(scan: ServerScan) -> str:
    """Return a digest of the primes of the accepted suites; empty where none was seen."""
    primes = sorted({integer(each.dh_p) for each in groups_of(scan)})
    return _digest([f"{p:x}" for p in primes]) if primes else ""


def stack_of(scan: ServerScan) -> str:
    """Return the family of the TLS library; of one that is unknown, a digest of all that it showed."""
    if not scan.glances:
        return ""
    stack = identify(scan)
    return stack.family if stack.is_known else _digest(sorted(traits(scan).items()))


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:32]


@cache
def _baselines() -> TypeAdapter[Baseline]:
    return TypeAdapter(Baseline)


def write_baseline(folder: Path, baseline: Baseline) -> None:
    """Write baseline.json, whole or not at all; JournalError."""
    path = folder / BASELINE
    try:
        write_whole(path, _baselines().dump_json(baseline) + b"\n")
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}") from None


def read_baseline(folder: Path) -> Baseline:
    """Read what a run keeps of its baseline; JournalError where it is missing or no such file."""
    path = folder / BASELINE
    try:
        with open_regular(path) as file:
            return _baselines().validate_json(file.read())
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}; name the earlier run again with --baseline") from None
    except ValidationError as error:
        raise JournalError(
            f"{path}: not a baseline.json of tlsprobe ({error.error_count()} problems); "
            "name the earlier run again with --baseline"
        ) from None
