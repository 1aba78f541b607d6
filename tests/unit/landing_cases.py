"""Servers as tests of the rules need them, with what each client lands on there."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from tlsprobe.facts import (
    AcceptedSuite,
    Arrival,
    Banner,
    DheSuites,
    FormAccepted,
    Group,
    Landed,
    Landing,
    LeadingZeros,
    Observation,
    Offer,
    PremasterZeros,
    RefusedByClient,
    RefusedByServer,
    Seen,
    ServerScan,
    ServerShare,
    ShareEncoding,
    Status,
    SuiteOrder,
    Unclear,
)
from tlsprobe.inventory import Target
from tlsprobe.tls.groups import zero_probability
from tlsprobe.tls.handshake import Completed, Step

TLS10, TLS12 = 0x0301, 0x0303
DHE, ECDHE, DSS = 0x009F, 0xC028, 0x0038
ECDHE_CBC = (0xC028, 0xC027, 0xC014, 0xC013)
SHUT_OUT = (*ECDHE_CBC, 0x009D, 0x0035, 0xC02C, 0x000A, 0x0005)

ON_DHE = Landed(TLS12, DHE, group=0, extended_master_secret=True)
OFF_DHE = Landed(TLS12, ECDHE, extended_master_secret=True)
TOO_LARGE = RefusedByClient(TLS12, DHE, "group-too-large", group=0)
REFUSED = RefusedByServer(40)
UNCLEAR = Unclear("silent")


def landing(
    client: str,
    as_offered: Arrival = ON_DHE,
    without_dhe: Arrival | None = None,
    *,
    fix: Literal["yes", "no", "depends"] | None = None,
    must_not_break: bool = False,
) -> Landing:
    """Who connects without DHE does so over ECDHE, unless said otherwise."""
    windows = client.startswith("windows")
    on_dhe = isinstance(as_offered, Landed | RefusedByClient) and as_offered.suite in (DHE, DSS)
    without = (without_dhe or OFF_DHE) if on_dhe else None
    return Landing(
        client=client,
        offer="documented",
        client_name=client,
        offer_name="",
        windows=windows,
        leading_zero_fix=fix or ("no" if windows else "yes"),
        must_not_break=must_not_break,
        as_offered=as_offered,
        without_dhe=without,
        shut_out=() if without is None or isinstance(without, Landed) else SHUT_OUT,
    )


def group(bits: int = 2048) -> Group:
    p = (1 << bits) - 1
    return Group(p.to_bytes((bits + 7) // 8, "big"), b"\x02", bits, None, None, zero_probability(p))


def share(encoding: ShareEncoding, *, reused: bool = False) -> ServerShare:
    short = encoding is ShareEncoding.SHORT
    padded = encoding is ShareEncoding.PADDED
    return ServerShare(encoding, 300, int(padded), int(short), 0, reused, 1.0 if short or padded else 0.69)


def zeros(z: PremasterZeros = PremasterZeros.STRIPPED, *, short: str = "accepted") -> LeadingZeros:
    return LeadingZeros(z, FormAccepted(short), FormAccepted.ACCEPTED, DHE, TLS12)


def server(
    *landings: Landing,
    z: LeadingZeros | None = None,
    ys: ServerShare | None = None,
    bits: int = 2048,
    clients: tuple[str, ...] = (),
    managed: bool | None = None,
    software: str = "",
    ems: bool | None = True,
    shown: int = DHE,
) -> ServerScan:
    """A server that takes one DHE suite; `shown` is the suite that its answers show."""
    seen = Observation(
        "dhe-suites",
        "",
        Completed(Step.SERVER_HELLO_DONE),
        0.1,
        Offer(TLS12, "curves+ems", (shown,)),
        Seen(TLS12, shown, group=0),
    )
    return ServerScan(
        target=Target(line=2, host="a.example", clients=clients, managed=managed, software=software),
        status=Status.ASSESSED,
        status_reason="",
        started=datetime(2026, 1, 2, tzinfo=UTC),
        duration_s=1.0,
        observations=(seen,),
        groups=(group(bits),),
        dhe=DheSuites((AcceptedSuite(TLS12, shown, 0),), SuiteOrder.SERVER, "curves+ems", complete=True),
        zeros=z or zeros(),
        share=ys,
        landings=landings,
        extended_master_secret=ems,
    )


def landing_scans() -> Iterator[ServerScan]:
    """Every way share, Z and landing can be together."""
    shares = [None, *(share(e, reused=r) for e in ShareEncoding for r in (False, True))]
    premasters = [zeros(z) for z in PremasterZeros] + [zeros(short="refused")]
    arrivals: list[tuple[Arrival, Arrival | None]] = [
        (ON_DHE, None),
        (ON_DHE, REFUSED),
        (ON_DHE, UNCLEAR),
        (OFF_DHE, None),
        (REFUSED, None),
    ]
    arrivals += [(TOO_LARGE, None), (UNCLEAR, None), (Landed(TLS10, DHE, group=0), None)]
    fixes: tuple[Literal["no", "depends", "yes"], ...] = ("no", "depends", "yes")
    for ys, z, (today, without), fix, managed, ems in itertools.product(
        shares, premasters, arrivals, fixes, (None, False), (True, False)
    ):
        client = landing("windows-7", today, without, fix=fix)
        yield server(client, z=z, ys=ys, managed=managed, ems=ems)
    yield server(landing("windows-vista", Landed(TLS12, DSS, group=0), REFUSED), shown=DSS)
    yield server(landing("windows-7"), clients=("the tills",))
    # Windows by its own words, which refuses a short dh_Yc; and one behind something that takes it.
    banners = (Banner("ntlm", "EXAMPLE", "6.3.9600"), Banner("http-server", "Microsoft-IIS/8.5"))
    for short in ("refused", "accepted"):
        said = replace(server(landing("windows-7"), z=zeros(short=short)), banners=banners)
        yield replace(
            said, zeros=LeadingZeros(PremasterZeros.STRIPPED, FormAccepted(short), FormAccepted.REFUSED)
        )
