"""Traits that the other probes saw on their way: refusals, how a flight is cut, how a generator is written.

How zeros of dh_Ys and Z are written is none of them, though libraries differ there: it is what a stack that
is known is to tell, and what would be seen to contradict it.
"""

from __future__ import annotations

from collections.abc import Iterator

from tlsprobe.facts import Group, Observation, ServerScan
from tlsprobe.tls.constants import ContentType, Version
from tlsprobe.tls.handshake import Rejected

HANDSHAKE_FAILURE = "40"
SMALL = 16  # bits of a generator that has no need of p's length


def observed_traits(scan: ServerScan) -> Iterator[tuple[str, str]]:
    """Yield what the interview shows; a trait that was seen in two ways is none."""
    accepted = {each.version for each in scan.dhe.accepted} if scan.dhe else set()
    for version in (Version.TLS12, Version.TLS11, Version.TLS10):
        asked = [
            each
            for each in scan.observations
            if each.probe == "dhe-suites" and each.offer and each.offer.version == version
        ]
        refused = _single(f"dhe-{version:04x}.refusal", (_alert(each) for each in asked))
        if version in accepted or version is Version.TLS12:
            yield from refused
        else:  # handshake_failure: it has the version, but no suite, as every library says it
            yield from ((name, alert) for name, alert in refused if alert != HANDSHAKE_FAILURE)
    forced = [each for each in scan.observations if each.probe == "leading-zeros"]
    yield from _single("zeros.refusal", (_alert(each) for each in forced if each.question.startswith("z-")))
    yield from _single("dhe.layout", (_layout(each) for each in scan.observations))
    yield from _single("dhe.generator", (generator_form(each) for each in scan.groups))


def _single(name: str, values: Iterator[str | None]) -> Iterator[tuple[str, str]]:
    known = {each for each in values if each is not None}
    if len(known) == 1:
        yield name, known.pop()


def _alert(one: Observation) -> str | None:
    return str(one.outcome.alert) if isinstance(one.outcome, Rejected) else None


def _layout(one: Observation) -> str | None:
    """How a flight with ServerDHParams is cut: at least four messages, in one record or in several."""
    if one.probe == "leading-zeros" or one.seen is None or one.seen.dh_Ys is None:
        return None
    records = sum(kind == ContentType.HANDSHAKE for kind, _ in one.seen.layout)
    return "one record" if records == 1 else "several"


def generator_form(group: Group) -> str | None:
    """`padded` where a small g has p's length, `minimal` where it has its own; None for a large one."""
    value = int.from_bytes(group.dh_g, "big")
    if value.bit_length() > SMALL:
        return None
    if len(group.dh_g) == len(group.dh_p) > 2:
        return "padded"
    return "minimal" if group.dh_g[:1] != b"\x00" else "other"
