"""Who scans: a seat takes visits, many at a time, within its share of the limits."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from tlsprobe.dial import Dialer
from tlsprobe.facts import ServerScan, Status
from tlsprobe.scan import ScanConfig, scan_server
from tlsprobe.target import Target

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Visit:
    """One target at one of its addresses, and the seconds that it may take: what a seat is handed."""

    target: Target
    address: str
    deadline_s: float


class SeatLost(Exception):
    """Whoever sat there is gone, and with them the visits that they had; these may be made again."""


class EngineError(Exception):
    """The run cannot go on; what is in the journal is kept. The text says what to do."""


class Seat(Protocol):
    """A place for somebody who scans; whoever is lost is replaced, or else the seat is closed."""

    @property
    def open(self) -> bool:
        """Whether it takes visits."""
        ...

    async def scan(self, visit: Visit) -> ServerScan:
        """Make a visit; raise SeatLost."""
        ...


class Here:
    """The seat in this event loop."""

    open = True

    def __init__(self, config: ScanConfig) -> None:
        self._config = config
        self._dialer = Dialer(config.limits, proxy=config.proxy)

    async def scan(self, visit: Visit) -> ServerScan:
        """Make a visit; a bug of ours costs that server's result, says so, and no other's."""
        try:
            return await scan_server(
                visit.target,
                visit.address,
                dialer=self._dialer,
                config=self._config,
                deadline_s=visit.deadline_s,
            )
        except Exception as error:
            return failed(visit.target, error, address=visit.address)


def failed(target: Target, error: Exception, *, address: str | None = None) -> ServerScan:
    """Log a bug of ours, and return what it leaves to say about a server."""
    log.error("internal error at %s", target.label, exc_info=error)
    return ServerScan(
        target=target,
        status=Status.UNTESTABLE,
        status_reason="internal-error",
        started=datetime.now(UTC),
        duration_s=0.0,
        address=address,
        detail=f"{type(error).__name__}: {error}",
    )
