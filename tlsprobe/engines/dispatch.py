"""Who scans which address, and when: the one place that knows all that is going on in a run.

An address is visited from one seat only while its limits remember anything, so that each seat can hold the
limits per address on its own.
"""

from __future__ import annotations

import asyncio
import ipaddress
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from heapq import heappop, heappush
from itertools import count

from tlsprobe.engines.seat import EngineError, Seat, SeatLost, Visit, failed
from tlsprobe.facts import ServerScan, Status
from tlsprobe.names import MAX_ADDRESSES, MAX_TRIED, Names, NoAddress, is_address
from tlsprobe.scan import ScanConfig
from tlsprobe.target import Target
from tlsprobe.timetable import At, Now, start

# Targets that wait for a look-up, a turn or their address. The rest of the inventory costs nothing yet.
MOST_WAITING = 1024
# Results that nobody has taken yet, before no more servers are begun: a slow disk must not fill the memory.
MOST_UNTAKEN = 128
# How often a visit is made before it counts as what kills whoever makes it.
TRIES = 3
# How long nobody may be there to scan before the run ends: workers of a cluster may be started again.
NOBODY_S = 60.0
# How long those in flight may still take when the run is to stop.
GRACE_S = 5.0
# Addresses remembered with their seats before it is seen which of them are idle.
_MOST_REMEMBERED = 2048
_STOP_IS_SEEN_WITHIN_S = 0.1
_WINDOW_IS_SEEN_WITHIN_S = 1.0

# What a name comes to that cannot be scanned.
_OF_NAMES = {
    "dns": Status.UNREACHABLE,
    "deadline": Status.UNREACHABLE,
    "excluded": Status.EXCLUDED,
    "too-many-addresses": Status.UNTESTABLE,
}

Results = Callable[[ServerScan], None]


@dataclass(slots=True)
class _Place:
    """An address in use: from which seat it is visited, and for how many targets at a time."""

    turns: asyncio.Semaphore
    seat: Seat | None = None
    users: int = 0  # targets that are there or wait to be
    visits: int = 0
    idle_since: float = 0.0


@dataclass(slots=True)
class Dispatcher:
    """Takes targets in, has them scanned within the limits, and hands each result over; of one event loop."""

    seats: Sequence[Seat]
    config: ScanConfig
    deliver: Results
    untaken: Callable[[], int]  # results that were delivered and not yet taken
    _names: Names = field(init=False)
    _turns: asyncio.Semaphore = field(init=False)
    _waiting: asyncio.Semaphore = field(init=False)
    _further_tries: asyncio.Lock = field(init=False)
    _places: dict[str, _Place] = field(init=False, default_factory=dict)
    _load: dict[int, int] = field(init=False, default_factory=dict)  # visits by seat
    _attending: int = field(init=False, default=0)  # rows that somebody is busy with
    _idle: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    # Targets whose window opens later, by when.
    _later: list[tuple[datetime, int, Target]] = field(init=False, default_factory=list)
    _numbers: count[int] = field(init=False, default_factory=count)
    _stopping: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._names = Names(family=self.config.family, selection=self.config.selection)
        self._turns = asyncio.Semaphore(self.config.limits.connections)
        self._waiting = asyncio.Semaphore(MOST_WAITING)
        self._further_tries = asyncio.Lock()

    async def run(self, targets: Iterable[Target], stop: threading.Event) -> None:
        """Have targets scanned, all or what is done GRACE_S after `stop` is set; raise EngineError."""
        work = asyncio.create_task(self._run(targets))
        try:
            while not work.done() and not stop.is_set():
                await asyncio.wait({work}, timeout=_STOP_IS_SEEN_WITHIN_S)
            self._stopping = stop.is_set()
            await asyncio.wait({work}, timeout=GRACE_S if self._stopping else None)
        finally:
            work.cancel()
            await asyncio.wait({work})
        if not work.cancelled():
            work.result()

    async def _run(self, targets: Iterable[Target]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for target in targets:
                    await self._begin(target, group)
                    for due in self._due():
                        await self._begin(due, group)
                await self._wait_for_windows(group)
        except* EngineError as errors:
            raise errors.exceptions[0] from None

    async def _begin(self, target: Target, group: asyncio.TaskGroup) -> None:
        await self._waiting.acquire()
        if self._stopping:
            self._waiting.release()
            return
        self._attending += 1
        self._idle.clear()
        group.create_task(self._attend(target, group))

    async def _wait_for_windows(self, group: asyncio.TaskGroup) -> None:
        """Begin those whose window opens later; without `until` wait only while others are scanned anyway."""
        while not self._stopping and (self._attending or (self._later and self.config.until)):
            for due in self._due():
                await self._begin(due, group)
            if not self._attending:
                await asyncio.sleep(_WINDOW_IS_SEEN_WITHIN_S)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(_WINDOW_IS_SEEN_WITHIN_S):
                    await self._idle.wait()

    def _due(self) -> Iterator[Target]:
        """Take out the targets whose window has opened."""
        while self._later and self._later[0][0] <= datetime.now(UTC):
            yield heappop(self._later)[2]

    def _is_time_for(self, target: Target) -> bool:
        """Whether a server may be started now; one whose window opens later is noted for then."""
        config = self.config
        match start(target, now=datetime.now(UTC), deadline_s=config.deadline_s, until=config.until):
            case Now():
                return not self._stopping
            case At(opens=opens):
                heappush(self._later, (opens, next(self._numbers), target))
        return False

    async def _attend(self, target: Target, group: asyncio.TaskGroup) -> None:
        """See what a row comes to: itself or, with `all_ips`, a target for each address of its name."""
        try:
            if not self._is_time_for(target):
                return
            if not self.config.all_ips or target.pin or is_address(target.host):
                await self._scan(target)
                return
            pinned = await self._spread(target)
            for each in pinned[1:]:
                group.create_task(self._scan(each))
            if pinned:
                await self._scan(pinned[0])
        finally:
            self._waiting.release()
            self._attending -= 1
            if not self._attending:
                self._idle.set()

    async def _spread(self, target: Target) -> tuple[Target, ...]:
        """Return a target for each address, in the order of their numbers, so that two runs list them alike.

        Those that are excluded are among them, and their scans say so. A name without an address is a result.
        """
        started, clock = datetime.now(UTC), time.monotonic()
        try:
            async with asyncio.timeout(self.config.deadline_s):
                addresses = await self._names.every(target)
            if len(addresses) > MAX_ADDRESSES:
                detail = f"{len(addresses)} addresses, {MAX_ADDRESSES} allowed"
                raise NoAddress("too-many-addresses", detail)
            return target.pinned(tuple(sorted(addresses, key=_by_number)))
        except (NoAddress, TimeoutError) as error:
            self.deliver(_without_address(target, error, started, time.monotonic() - clock))
        except Exception as error:
            self.deliver(failed(target, error))
        return ()

    async def _scan(self, target: Target) -> None:
        """Visit the addresses of a target until one answers, and deliver what came of it."""
        started, clock = datetime.now(UTC), time.monotonic()
        try:
            async with asyncio.timeout(self.config.deadline_s):
                addresses = await self._names.allowed(target)
        except (NoAddress, TimeoutError) as error:
            return self.deliver(_without_address(target, error, started, time.monotonic() - clock))
        except Exception as error:
            return self.deliver(failed(target, error))
        seconds, connections = 0.0, 0
        tried = addresses[:MAX_TRIED]
        for address in tried:
            scan = await self._visit(Visit(target, address, self.config.deadline_s - seconds))
            if scan is None:
                return None
            seconds, connections = seconds + scan.duration_s, connections + scan.connections
            is_last = address == tried[-1] or seconds >= self.config.deadline_s
            if is_last or scan.status is not Status.UNREACHABLE:
                if scan.status is Status.UNREACHABLE and len(tried) < len(addresses):
                    scan = replace(scan, detail=f"{len(tried)} of {len(addresses)} addresses were tried")
                seconds = round(seconds, 3)
                return self.deliver(replace(scan, target=target, duration_s=seconds, connections=connections))
        return None

    async def _visit(self, visit: Visit) -> ServerScan | None:
        """Make a visit, and again where the seat was lost; None where the run stops before.

        Further tries are made one at a time: a server whose visit kills whoever makes it would else take the
        others along again and again that were visited meanwhile.
        """
        lane: AbstractAsyncContextManager[None] = nullcontext()
        for _ in range(TRIES):
            async with lane:
                try:
                    return await self._visit_in_turn(visit)
                except SeatLost as lost:
                    detail = str(lost)
            lane = self._further_tries
        return ServerScan(
            visit.target,
            Status.UNTESTABLE,
            "worker-lost",
            datetime.now(UTC),
            0.0,
            address=visit.address,
            detail=detail,
        )

    async def _visit_in_turn(self, visit: Visit) -> ServerScan | None:
        with self._used(visit.address) as place:
            async with place.turns, self._turns:
                # What is waited for happens in another thread.
                while self.untaken() > MOST_UNTAKEN and not self._stopping:  # noqa: ASYNC110
                    await asyncio.sleep(_STOP_IS_SEEN_WITHIN_S)
                seat = await self._seat_of(place)
                if seat is None or not self._is_time_for(visit.target):
                    return None
                place.seat = seat
                place.visits += 1
                self._load[id(seat)] = self._load.get(id(seat), 0) + 1
                try:
                    return await seat.scan(visit)
                finally:
                    place.visits -= 1
                    self._load[id(seat)] -= 1

    async def _seat_of(self, place: _Place) -> Seat | None:
        """Return the seat that an address is visited from: as before, or else the one with least to do.

        From a closed seat an address moves when its visits are back, since whoever made them may only be cut
        off. Where nobody is there to scan, somebody may come. None where the run stops before.
        """
        patient_until = time.monotonic() + NOBODY_S
        while not self._stopping:
            if place.seat is not None and place.seat.open:
                return place.seat
            open_seats = [seat for seat in self.seats if seat.open]
            if open_seats and not place.visits:
                return min(open_seats, key=lambda seat: self._load.get(id(seat), 0))
            if not open_seats and time.monotonic() >= patient_until:
                raise EngineError("nobody is left who could scan; go on with --resume when there is")
            await asyncio.sleep(_STOP_IS_SEEN_WITHIN_S)
        return None

    @contextmanager
    def _used(self, address: str) -> Iterator[_Place]:
        place = self._places.get(address)
        if place is None:
            if len(self._places) >= _MOST_REMEMBERED:
                self._forget_idle()
            place = _Place(asyncio.Semaphore(self.config.limits.connections_per_host))
            self._places[address] = place
        place.users += 1
        try:
            yield place
        finally:
            place.users -= 1
            place.idle_since = time.monotonic()

    def _forget_idle(self) -> None:
        """Drop the addresses whose seat would find its limits there as good as new."""
        limits = self.config.limits
        long_ago = time.monotonic() - limits.burst / limits.rate
        self._places = {
            address: each
            for address, each in self._places.items()
            if each.users or each.idle_since > long_ago
        }


def _by_number(address: str) -> tuple[int, int, str]:
    parsed = ipaddress.ip_address(address)
    return parsed.version, int(parsed), address  # the same number may be there in two zones


def _without_address(
    target: Target, error: NoAddress | TimeoutError, started: datetime, seconds: float
) -> ServerScan:
    reason, detail = (error.reason, error.detail) if isinstance(error, NoAddress) else ("deadline", "")
    return ServerScan(target, _OF_NAMES[reason], reason, started, round(seconds, 3), detail=detail)
