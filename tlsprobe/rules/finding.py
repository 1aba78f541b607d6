"""What a judgement consists of: how bad, how sure, and which sentences say so."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

from tlsprobe.inventory import Target
from tlsprobe.wording import Value, Wording


class Severity(StrEnum):
    """How bad it is. Ordered by that, so `--fail-on` is a plain `>=`, and not by the alphabet."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"
    NONE = "none"

    @property
    def rank(self) -> int:
        """A number that grows with how bad it is; 0 is none."""
        return _WORST_LAST.index(self.value)

    # A string is taken by its rank too, and one that names no severity is a ValueError: an answer by
    # the alphabet would look right half of the time.

    def __lt__(self, other: str) -> bool:
        return self.rank < Severity(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Severity(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Severity(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Severity(other).rank


_WORST_LAST = ("none", "info", "low", "medium", "high", "critical")


class Confidence(StrEnum):
    """Where the knowledge comes from."""

    OBSERVED = "observed"  # on this server
    INFERRED = "inferred"  # from something else that is known
    REPORTED = "reported"  # a vendor says so


class FixSide(StrEnum):
    """Where the change belongs."""

    SERVER = "server"
    CLIENT = "client"
    BOTH = "both"
    ADD_SUITE_FIRST = "add-suite-first"
    UPDATE_SERVER = "update-server"
    UNKNOWN = "unknown"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Source:
    """What a statement rests on: the reference as people cite it, and where to read it."""

    reference: str
    url: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A key of `wording.SENTENCES` with its values: it becomes text only in a report, in its language."""

    key: str
    values: tuple[tuple[str, Value], ...] = ()

    def render(self, wording: Wording) -> str:
        """Return the sentence in the language of `wording`."""
        return wording.say(self.key, **dict(self.values))


def sentence(key: str, **values: Value) -> Sentence:
    """Write a Sentence the way it is read."""
    return Sentence(key, tuple(values.items()))


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule met on a server.

    `expected_failure_rate` is that of this finding alone, per full handshake of the clients it hits;
    None where it is not known, or where the finding makes no handshake fail.
    """

    rule: str
    name: str
    severity: Severity
    confidence: Confidence
    title: Sentence
    why: Sentence
    recommendation: tuple[Sentence, ...]
    evidence: tuple[Sentence, ...]
    expected_failure_rate: float | None
    sources: tuple[str, ...]
    fingerprint: str

    def recommended(self, wording: Wording) -> str:
        """Return the whole recommendation in the language of `wording`."""
        return wording.joined(each.render(wording) for each in self.recommendation)


def fingerprint(target: Target, rule: str) -> str:
    """Return 32 hex digits that stay the same from run to run: host, port, server_name and rule.

    With `--all-ips` the address is among them: it is another server.
    """
    parts = [target.host, target.port, target.server_name, rule]
    # JSON keeps the parts apart, and a server name that is not sent apart from an empty one.
    identity = json.dumps([*parts, target.address] if target.address else parts)
    return hashlib.sha256(identity.encode()).hexdigest()[:32]
