"""Scans of real servers, from the sample run that is kept with the documents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tlsprobe.facts import ServerScan, ServerShare, ShareEncoding, accepts_dhe
from tlsprobe.inventory import parse_target
from tlsprobe.journal import read_scans
from tlsprobe.rules import judge
from tlsprobe.stacks import identify

_EVERY = read_scans(Path(__file__).parents[2] / "reports/sample")
# Those with DHE: what a baseline is about. The journal has them as they were done, so by line.
SAMPLE = sorted(filter(accepts_dhe, _EVERY), key=lambda scan: scan.target.line)


def of(family: str, *rules: str) -> ServerScan:
    """Return the first server of this library that has these findings."""
    return next(
        scan
        for scan in SAMPLE
        if identify(scan).family == family and set(rules) <= {found.rule for found in judge(scan)}
    )


JSSE = of("jsse", "DHE003", "DHE004")  # short shares
OPENSSL = of("openssl", "DHE004")  # padded ones
S2N = of("s2n", "DHE001")


def at(scan: ServerScan, server: str) -> ServerScan:
    """Put a scan under another host and port."""
    return replace(scan, target=replace(parse_target(server), line=scan.target.line))


def unobserved(scan: ServerScan) -> ServerScan:
    """The same server, in a run that saw no zero-led share."""
    return replace(
        scan, share=ServerShare(ShareEncoding.UNOBSERVED, 30, 0, 0, 0, reused=False, confidence=0.11)
    )
