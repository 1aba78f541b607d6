"""Who scans which address, and when: laws of the dispatcher, with seats that only write down who came."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsprobe.engines import dispatch
from tlsprobe.engines.dispatch import TRIES, Dispatcher
from tlsprobe.engines.seat import EngineError, SeatLost, Visit
from tlsprobe.facts import ServerScan, Status
from tlsprobe.inventory import Target
from tlsprobe.journal import target_key
from tlsprobe.limits import Limits
from tlsprobe.scan import ScanConfig

Answer = Callable[[Visit], Status]


def answers(visit: Visit) -> Status:
    return Status.ASSESSED


@dataclass
class Book:
    """What all seats together have seen."""

    now: Counter[tuple[str, str]] = field(default_factory=Counter)  # by address and seat
    most_at_an_address: int = 0
    most_in_all: int = 0
    visits: list[tuple[str, Visit]] = field(default_factory=list)


@dataclass
class Seat:
    """Takes a while for each visit, and is lost at some."""

    name: str
    book: Book
    answer: Answer = answers
    lost_at: Callable[[Visit, int], bool] = lambda visit, times: False
    closes_when_lost: bool = False
    open: bool = True
    times: Counter[Target] = field(default_factory=Counter)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def scan(self, visit: Visit) -> ServerScan:
        book, key = self.book, (visit.address, self.name)
        book.visits.append((self.name, visit))
        book.now[key] += 1
        there = {name: n for (address, name), n in book.now.items() if address == visit.address and n}
        assert set(there) == {self.name}, "one address, two seats"
        book.most_at_an_address = max(book.most_at_an_address, *there.values())
        book.most_in_all = max(book.most_in_all, book.now.total())
        self.times[visit.target] += 1
        gone = self.gone
        try:
            for _ in range(1 + hash(visit.address) % 5):
                await asyncio.sleep(0)
            if self.lost_at(visit, self.times[visit.target]):
                self.gone.set()
                self.gone, self.open = asyncio.Event(), not self.closes_when_lost
            if gone.is_set():
                raise SeatLost("gone")
        finally:
            book.now[key] -= 1
        return ServerScan(visit.target, self.answer(visit), "", datetime.now(UTC), 0.1, visit.address, 2)


def dispatched(
    targets: Sequence[Target],
    config: ScanConfig,
    seats: Sequence[Seat],
    stop: threading.Event | None = None,
) -> list[ServerScan]:
    done: list[ServerScan] = []

    async def main() -> None:
        await Dispatcher(seats, config, deliver=done.append, untaken=lambda: 0).run(
            targets, stop or threading.Event()
        )

    asyncio.run(main())
    return done


ADDRESSES = [f"192.0.2.{n}" for n in range(1, 6)]


@st.composite
def estates(draw: st.DrawFn) -> list[Target]:
    """Rows of addresses, several to one address, on different ports."""
    places = draw(
        st.lists(st.tuples(st.sampled_from(ADDRESSES), st.integers(1, 6)), unique=True, max_size=30)
    )
    return [Target(line, host, port) for line, (host, port) in enumerate(places, start=2)]


@given(estates(), st.integers(1, 8), st.integers(1, 4), st.integers(1, 3))
def test_every_target_is_delivered_once_within_the_limits(
    targets: list[Target], connections: int, per_host: int, seats: int
) -> None:
    book = Book()
    limits = Limits(connections=connections, connections_per_host=per_host)
    done = dispatched(targets, ScanConfig(limits=limits), [Seat(str(n), book) for n in range(seats)])
    assert Counter(target_key(each.target) for each in done) == Counter(map(target_key, targets))
    assert book.most_at_an_address <= per_host
    assert book.most_in_all <= connections


@given(estates(), st.data())
def test_a_seat_that_is_lost_loses_and_doubles_nothing(targets: list[Target], data: st.DataObject) -> None:
    deadly = set(
        data.draw(st.lists(st.sampled_from(targets or [Target(1, "192.0.2.1")]), max_size=TRIES - 1))
    )
    book = Book()
    # Each kills whoever visits it the first time; some other visits are lost with it.
    seats = [Seat(str(n), book, lost_at=lambda visit, n: visit.target in deadly and n == 1) for n in range(2)]
    done = dispatched(targets, ScanConfig(), seats)
    assert Counter(target_key(each.target) for each in done) == Counter(map(target_key, targets))
    # Nobody is hit more often than there are killers.
    assert {each.status for each in done} <= {Status.ASSESSED}


def test_who_kills_every_visitor_is_given_up_alone() -> None:
    targets = [Target(n, f"192.0.2.{n}") for n in range(1, 41)]
    book = Book()
    seats = [Seat(str(n), book, lost_at=lambda visit, _: visit.target.line == 7) for n in range(2)]
    done = dispatched(targets, ScanConfig(), seats)
    assert [each.target.line for each in done if each.status is Status.UNTESTABLE] == [7]
    assert len(done) == 40


def test_a_closed_seat_gets_nothing_and_its_addresses_move() -> None:
    targets = [Target(n, f"192.0.2.{n}") for n in range(1, 41)]
    book = Book()
    leaves = Seat("leaves", book, lost_at=lambda visit, _: visit.target.line >= 5, closes_when_lost=True)
    done = dispatched(targets, ScanConfig(limits=Limits(connections=4)), [leaves, Seat("stays", book)])
    assert len({target_key(each.target) for each in done}) == len(done) == 40
    assert all(each.status is Status.ASSESSED for each in done)


def test_an_address_moves_when_the_visits_of_a_lost_seat_are_back() -> None:
    """Whoever is cut off may go on for a while: the seat closes at once, its visits come back later."""

    class CutOff(Seat):
        async def scan(self, visit: Visit) -> ServerScan:
            key = (visit.address, self.name)
            self.book.now[key] += 1
            self.open = False
            await asyncio.sleep(0.3)
            self.book.now[key] -= 1
            raise SeatLost("cut off")

    targets = [Target(n, f"192.0.2.{n % 4}", n) for n in range(1, 41)]
    book = Book()
    done = dispatched(targets, ScanConfig(), [CutOff("cut off", book), Seat("stays", book)])
    assert len({target_key(each.target) for each in done}) == len(done) == 40
    assert {each.status for each in done} == {Status.ASSESSED}


def test_without_anybody_left_the_run_ends_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "NOBODY_S", 0.2)
    alone = Seat("alone", Book(), lost_at=lambda *_: True, closes_when_lost=True)
    with pytest.raises(EngineError, match="--resume"):
        dispatched([Target(1, "192.0.2.1"), Target(2, "192.0.2.2")], ScanConfig(), [alone])


# --- names


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[str]]]:
    """What the system's resolver says, and how often it was asked."""
    known: dict[str, list[str]] = {}
    asked: Counter[str] = Counter()

    def getaddrinfo(host: str, *_: object, **__: object) -> list[object]:
        asked[host] += 1
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield known
    assert max(asked.values(), default=0) <= 1, "a name was looked up twice"


def test_a_name_is_looked_up_once_whatever_asks_for_it(names: dict[str, list[str]]) -> None:
    names["www.example"] = ["192.0.2.1"]
    targets = [Target(port, "www.example", port) for port in range(1, 50)]
    assert len(dispatched(targets, ScanConfig(), [Seat("a", Book()), Seat("b", Book())])) == 49


def test_the_first_address_that_answers_is_scanned(names: dict[str, list[str]]) -> None:
    names["www.example"] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"]

    def only_the_second(visit: Visit) -> Status:
        return Status.ASSESSED if visit.address == "192.0.2.2" else Status.UNREACHABLE

    book = Book()
    (scan,) = dispatched([Target(1, "www.example")], ScanConfig(), [Seat("a", book, only_the_second)])
    assert (scan.status, scan.address, scan.connections) == (Status.ASSESSED, "192.0.2.2", 4)
    # What the first address took is taken off the deadline of the second.
    assert [round(visit.deadline_s, 3) for _, visit in book.visits] == [180.0, 179.9]


def test_where_none_answers_the_last_one_speaks(names: dict[str, list[str]]) -> None:
    names["www.example"] = ["192.0.2.1", "192.0.2.2"]
    seat = Seat("a", Book(), lambda _: Status.UNREACHABLE)
    (scan,) = dispatched([Target(1, "www.example")], ScanConfig(), [seat])
    assert (scan.status, scan.address, scan.duration_s) == (Status.UNREACHABLE, "192.0.2.2", 0.2)


@pytest.mark.parametrize("all_ips", [False, True])
def test_a_name_without_an_address_is_a_result(names: dict[str, list[str]], all_ips: bool) -> None:
    (scan,) = dispatched([Target(1, "no.example")], ScanConfig(all_ips=all_ips), [Seat("a", Book())])
    assert (scan.status, scan.status_reason) == (Status.UNREACHABLE, "dns")


# --- the end


def test_nothing_is_begun_once_it_is_to_stop() -> None:
    stop = threading.Event()

    class Slow(Seat):
        async def scan(self, visit: Visit) -> ServerScan:
            if visit.target.line == 3:
                stop.set()
            await asyncio.sleep(0.02)
            return await super().scan(visit)

    targets = [Target(n, f"192.0.2.{n}") for n in range(1, 201)]
    config = ScanConfig(limits=Limits(connections=1))
    done = dispatched(targets, config, [Slow("a", Book())], stop)
    assert [each.target.line for each in done] == list(range(1, len(done) + 1))
    assert 3 <= len(done) < 200
    assert dispatched(targets, config, [Seat("a", Book())], stop) == []


def test_what_is_in_flight_is_given_up_after_the_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "GRACE_S", 0.2)
    stop = threading.Event()

    class Hangs(Seat):
        async def scan(self, visit: Visit) -> ServerScan:
            if visit.target.line == 1:
                stop.set()
                await asyncio.sleep(3600)
            return await super().scan(visit)

    targets = [Target(1, "192.0.2.1"), Target(2, "192.0.2.2")]
    done = dispatched(targets, ScanConfig(), [Hangs("a", Book())], stop)
    assert [each.target.line for each in done] == [2]


# --- windows


def clock(at: datetime) -> str:
    return f"{at:%H:%M}"


def test_a_closed_window_is_not_waited_for_without_an_end() -> None:
    now = datetime.now(UTC)
    closed = f"{clock(now + timedelta(hours=2))}-{clock(now + timedelta(hours=4))} UTC"
    targets = [Target(1, "192.0.2.1"), Target(2, "192.0.2.2", window=closed)]
    done = dispatched(targets, ScanConfig(), [Seat("a", Book())])
    assert [each.target.line for each in done] == [1]


def test_an_open_window_is_used_if_the_deadline_fits_in() -> None:
    now = datetime.now(UTC)
    window = f"{clock(now - timedelta(hours=2))}-{clock(now + timedelta(hours=2))} UTC"
    target = Target(2, "192.0.2.2", window=window)
    assert len(dispatched([target], ScanConfig(), [Seat("a", Book())])) == 1
    assert dispatched([target], ScanConfig(deadline_s=3 * 3600), [Seat("a", Book())]) == []


def test_nothing_is_begun_that_is_not_done_by_the_end() -> None:
    now = datetime.now(UTC)
    targets = [Target(1, "192.0.2.1"), Target(2, "192.0.2.2")]
    config = ScanConfig(deadline_s=60, until=now + timedelta(seconds=30))
    assert dispatched(targets, config, [Seat("a", Book())]) == []
    config = ScanConfig(deadline_s=60, until=now + timedelta(seconds=90))
    assert len(dispatched(targets, config, [Seat("a", Book())])) == 2


@settings(max_examples=20)
@given(st.integers(1, 400))
def test_any_number_of_rows_waits_for_a_few_turns(number: int) -> None:
    targets = [Target(n, f"192.0.2.{n % 200}", n) for n in range(1, number + 1)]
    done = dispatched(targets, ScanConfig(limits=Limits(connections=2)), [Seat("a", Book())])
    assert len(done) == number
