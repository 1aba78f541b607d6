"""How a server writes a dh_Ys that starts with a zero byte: short, padded, or not seen yet.

The server's share cannot be forced. But every connection shows one, and half handshakes are cheap.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from tlsprobe.facts import DheSuites, ServerShare, ShareEncoding
from tlsprobe.probes.hello import HelloForm, dhe_hello
from tlsprobe.probes.interview import Interview
from tlsprobe.probes.leading_zeros import choose_suite
from tlsprobe.tls.constants import Version
from tlsprobe.tls.groups import integer, size_in_bytes, starts_with_zero, zero_probability

PROBE = "server-share"
_GIVE_UP_AFTER = 8  # samples in a row without a share: the server has stopped answering

Kind = Literal["padded", "short", "overlong"]


def classify(share: bytes, p: int) -> Kind | None:
    """Return what one share says of the encoding; None for one that starts with no zero byte.

    Lengths are measured against the integer p, whatever zeros p itself was sent with. A number that is
    no share, 0 or not below p, says nothing.
    """
    if not 0 < integer(share) < p:
        return None
    n = size_in_bytes(p)
    if len(share) > n:
        return "overlong"
    if not starts_with_zero(integer(share), p):
        return None
    return "short" if len(share) < n else "padded"


def conclude(shares: Counter[tuple[int, bytes]], primes: Sequence[int]) -> ServerShare | None:
    """Judge all shares seen on one server; None where there were none.

    `shares` counts each (group index, dh_Ys); `primes` are p by group index.
    """
    if not shares:
        return None
    deciding: dict[Kind, list[bytes]] = {"padded": [], "short": [], "overlong": []}
    unseen = 1.0
    for group, share in shares:
        kind = classify(share, primes[group])
        if kind:
            deciding[kind].append(share)
        unseen *= 1.0 - zero_probability(primes[group])
    padded, short, overlong = (len(deciding[kind]) for kind in ("padded", "short", "overlong"))
    connections = sum(shares.values())
    reused = None if connections < 2 else len(shares) < connections
    encoding = _encoding(padded=padded, short=short, overlong=overlong)
    return ServerShare(
        encoding=encoding,
        samples=len(shares),
        padded=padded,
        short=short,
        overlong=overlong,
        reused=reused,
        confidence=round(1.0 - unseen, 4) if encoding is ShareEncoding.UNOBSERVED else 1.0,
        deciding_shares=tuple(found[0] for found in deciding.values() if found),
    )


def _encoding(*, padded: int, short: int, overlong: int) -> ShareEncoding:
    if overlong:  # a sign byte where the first bit is set; such a writer drops zeros as well
        return ShareEncoding.OVERLONG
    if padded and short:
        return ShareEncoding.MIXED
    if short:
        return ShareEncoding.SHORT
    return ShareEncoding.PADDED if padded else ShareEncoding.UNOBSERVED


async def sample(interview: Interview, suites: DheSuites, samples: int) -> None:
    """Make up to `samples` half handshakes; stop as soon as one share decides, or none comes."""
    chosen = choose_suite(suites) or next(iter(suites.accepted), None)
    if chosen is None or suites.form is None:
        return
    left, failures, form = samples, 0, HelloForm(suites.form)
    so_far = conclude(interview.shares, interview.primes())
    decided = so_far is not None and so_far.encoding is not ShareEncoding.UNOBSERVED

    async def worker() -> None:
        nonlocal left, failures, decided
        while left > 0 and failures < _GIVE_UP_AFTER and not decided:
            left -= 1
            hello = dhe_hello(
                version=Version(chosen.version),
                form=form,
                suites=(chosen.suite,),
                server_name=interview.target.server_name,
            )
            answer = await interview.ask(PROBE, "sample", hello, form=form, keep=False)
            params = answer.params
            failures = 0 if params else failures + 1
            decided |= params is not None and classify(params.dh_Ys, integer(params.dh_p)) is not None

    async with asyncio.TaskGroup() as group:
        for _ in range(interview.dialer.limits.connections_per_host):
            group.create_task(worker())
