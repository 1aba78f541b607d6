"""The engine of many machines: a dask cluster, each of whose workers has a seat."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import dask
from distributed import Client, LocalCluster
from distributed.security import Security

from tlsprobe.engines.background import in_background
from tlsprobe.engines.cluster_seat import WorkerSeat
from tlsprobe.engines.local import cores
from tlsprobe.engines.seat import EngineError, Seat
from tlsprobe.facts import ServerScan
from tlsprobe.scan import ScanConfig
from tlsprobe.target import Target

# Whoever is not heard of for this long is gone, on either side.
LEASE_S = 20.0
# How long to wait for the scheduler, and then for the workers of the beginning.
START_S = 30.0
_PRESENCE_IS_SEEN_WITHIN_S = 1.0

log = logging.getLogger(__name__)


def run(
    targets: Sequence[Target],
    config: ScanConfig,
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    stop: threading.Event | None = None,
) -> Iterator[ServerScan]:
    """Scan all targets from the workers of a cluster, within limits that hold over all of it.

    `scheduler` is its address (tcp:// or tls://, with the certificates of dask's own configuration); left
    out, a cluster of this machine is started and ended with the run. `workers` is how many scan: of an own
    cluster the machine's cores if left out, of another those that are there. Raises EngineError.
    """
    refuse_to_leak(config, scheduler)
    logging.getLogger("distributed").setLevel(logging.WARNING)  # it tells of each connection otherwise
    return in_background(
        targets, config, lambda: _seats(config, scheduler, workers), stop or threading.Event()
    )


def refuse_to_leak(config: ScanConfig, address: str | None) -> None:
    """Raise EngineError where a secret of the configuration would cross a network as it is.

    `address` is that of a scheduler or a worker; None is a cluster of our own.
    """
    if address is None:
        return
    secret = config.identity is not None or (config.proxy is not None and bool(config.proxy.password))
    protocol, _, place = address.rpartition("://")
    if secret and protocol != "tls" and not _is_loopback(place.rpartition(":")[0].strip("[]")):
        raise EngineError(
            f"{address}: a client key or a proxy's password would go there unencrypted; "
            "set the cluster up with tls:// (docs/cluster.md)"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@asynccontextmanager
async def _seats(
    config: ScanConfig, scheduler: str | None, number: int | None
) -> AsyncIterator[Sequence[Seat]]:
    if scheduler is None:
        number = min(number or cores(), config.limits.connections)
    async with _connected(scheduler, number or 1) as client:
        workers = Workers(client)
        watching = asyncio.create_task(workers.watch())
        staffing: list[asyncio.Task[None]] = []
        try:
            present = await workers.joined(number or 1, number)
            seats = [
                WorkerSeat(client, replace(config, limits=limits), LEASE_S)
                for limits in config.limits.shares(present)
            ]
            staffing = [asyncio.create_task(workers.staff(seat)) for seat in seats]
            await _all_open(seats, staffing)
            workers.complete = True
            yield seats
        finally:
            for each in (watching, *staffing):
                each.cancel()
            await asyncio.wait([watching, *staffing])


@asynccontextmanager
async def _connected(scheduler: str | None, number: int) -> AsyncIterator[Client]:
    if scheduler is None:
        async with _own_cluster(number) as cluster, Client(cluster, asynchronous=True) as client:
            yield client
        return
    client = Client(scheduler, asynchronous=True, timeout=START_S, set_as_default=False)
    try:
        try:
            await client
        # ValueError: an address that is none; TypeError, RuntimeError: tls without or with wrong certificates
        except (OSError, TimeoutError, ValueError, TypeError, RuntimeError) as error:
            raise EngineError(f"no scheduler at {scheduler} ({error}); docs/cluster.md") from None
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def _own_cluster(number: int) -> AsyncIterator[LocalCluster]:
    """Start workers on this machine, which only this process can talk to."""
    settings = {
        "distributed.admin.system-monitor.interval": "5s",
        "distributed.admin.tick.interval": "500ms",
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
        "distributed.worker.profile.enabled": False,
    }
    with dask.config.set(settings):
        async with LocalCluster(
            n_workers=number,
            threads_per_worker=1,
            memory_limit=None,
            host="127.0.0.1",
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # where it would answer, had it a page
            preload=["tlsprobe.engines.unsignalled"],
            security=Security.temporary(),  # or any user of this machine could run code as this one
            asynchronous=True,
        ) as cluster:
            yield cluster


async def _all_open(seats: Sequence[WorkerSeat], staffing: Sequence[asyncio.Task[None]]) -> None:
    """Wait until all seats are open; raise what kept one from it."""

    async def all_open() -> None:
        for seat in seats:
            await seat.opened.wait()

    opened = asyncio.create_task(all_open())
    try:
        await asyncio.wait([opened, *staffing], return_when=asyncio.FIRST_COMPLETED, timeout=START_S)
        for each in staffing:
            if each.done():
                each.result()
        if not opened.done():
            raise EngineError("the workers don't begin; is the cluster busy with something else?")
    finally:
        opened.cancel()


@dataclass(slots=True)
class Workers:
    """Who has joined the cluster, and who of them has nothing to do yet."""

    client: Client
    complete: bool = False  # all seats have been taken once
    _present: frozenset[str] = frozenset()
    _taken: set[str] = field(default_factory=set)  # by seats, or refused
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def watch(self) -> None:
        """Look who is there, again and again; nobody, while the scheduler does not answer."""
        while True:
            try:
                assert self.client.scheduler is not None  # noqa: S101 - it is connected
                async with asyncio.timeout(10 * _PRESENCE_IS_SEEN_WITHIN_S):
                    about = await self.client.scheduler.identity(n_workers=-1)
            except (OSError, TimeoutError):
                about = {"workers": {}}
            async with self._changed:
                self._present = frozenset(about["workers"])
                self._changed.notify_all()
            await asyncio.sleep(_PRESENCE_IS_SEEN_WITHIN_S)

    async def joined(self, least: int, most: int | None) -> int:
        """Wait until so many are there; return how many of them to use."""
        try:
            async with self._changed, asyncio.timeout(START_S):
                await self._changed.wait_for(lambda: len(self._present) >= least)
                return min(len(self._present), most or len(self._present))
        except TimeoutError:
            raise EngineError(
                f"{len(self._present)} of {least} workers have joined the cluster in {START_S:g} s; "
                "start them (dask worker …), or ask for fewer with --workers"
            ) from None

    async def staff(self, seat: WorkerSeat) -> None:
        """Find a worker for a seat, and another one when that is lost; at first raise EngineError."""
        while True:
            worker = await self._take()
            try:
                refuse_to_leak(seat.config, worker)
                await seat.occupy(worker, self._gone)
            except EngineError as unfit:
                if not self.complete:
                    raise
                log.warning("a worker that joined is not used: %s", unfit)
                continue
            async with self._changed:
                self._taken.discard(worker)

    async def _take(self) -> str:
        async with self._changed:
            await self._changed.wait_for(lambda: self._present - self._taken)
            worker = min(self._present - self._taken)
            self._taken.add(worker)
            return worker

    async def _gone(self, worker: str) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: worker not in self._present)
