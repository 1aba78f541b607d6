"""Targets that take what a person wrote: files, cells and arguments, in whatever state they come."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tlsprobe.assessment.baseline import BASELINE, read_baseline
from tlsprobe.assessment.waivers import read_waivers
from tlsprobe.change_window import ChangeWindow, ChangeWindowError, until
from tlsprobe.clients.hello import parse_extension, parse_suites, recorded
from tlsprobe.clients.names import names_understood, profiles_named
from tlsprobe.clients.profile import ClientsError, built_in_profiles, read_profiles
from tlsprobe.columns import InventoryError, parse_columns
from tlsprobe.csvrows import decode
from tlsprobe.hosts import HostError, normalise_name, parse_place
from tlsprobe.inventory import parse_inventory, parse_target
from tlsprobe.journal import JOURNAL, RUN, JournalError, read_run_info, read_scans, to_line
from tlsprobe.proxies import parse_proxy, through
from tlsprobe.selection import read_selection

NOW = datetime(2026, 3, 28, 12, tzinfo=UTC)  # the day before the clocks change in Europe


@cache
def folder() -> Path:
    """In memory where the machine has that; a file is written for each input."""
    memory = Path("/dev/shm")  # noqa: S108
    return Path(mkdtemp(prefix="tlsprobe-fuzz-", dir=memory if memory.is_dir() else None))


def _file(name: str, data: bytes) -> Path:
    path = folder() / name
    path.write_bytes(data)
    return path


def inventory(data: bytes) -> None:
    """A CSV file; every row is a target, a bad one, or merged with another."""
    with suppress(InventoryError):
        read = parse_inventory(data)
        for target in read.targets:
            again = parse_place(f"[{target.host}]" if ":" in target.host else target.host)
            assert again.host == target.host


def selection(data: bytes) -> None:
    """A file of `--exclude`, put to a target and to its addresses."""
    path = _file("exclude.txt", data)
    with suppress(InventoryError):
        chosen = read_selection(exclude=[path])
        for host in ("www.example.com", "192.0.2.1", "[2001:db8::1]:8443"):
            target = parse_target(host)
            chosen.decide(target)
            for address in ("192.0.2.1", "64:ff9b::c000:201", "fe80::1%eth0", "none"):
                chosen.allows_address(address, target=target)


def columns(data: bytes) -> None:
    """`--columns`, as an argument and as a file."""
    with suppress(InventoryError):
        parse_columns(f"a={decode(data)}".replace("@", ""))
    path = _file("columns.txt", data)
    with suppress(InventoryError):
        parse_columns(f"@{path}")


def hosts(data: bytes) -> None:
    """One cell of a host, and a name as it is sent; what is read is read the same again."""
    text = decode(data)
    with suppress(InventoryError):
        target = parse_target(text)
        place = parse_place(f"[{target.host}]" if ":" in target.host else target.host)
        assert place.host == target.host
    with suppress(HostError):
        name = normalise_name(text)
        assert normalise_name(name) == name


def change_window(data: bytes) -> None:
    """A change window, and the moment of `--until`."""
    text = decode(data)
    with suppress(ChangeWindowError):
        assert until(text, NOW) > NOW
    with suppress(ChangeWindowError):
        window = ChangeWindow.parse(text)
        assert ChangeWindow.parse(str(window)) == window
        assert window.is_open(window.opens_at(NOW))
        window.closes_at(NOW)


def waivers(data: bytes) -> None:
    """waivers.toml."""
    path = _file("waivers.toml", data)
    with suppress(InventoryError):
        for waiver in read_waivers([path]):
            waiver.covers(parse_target("www.example.com"), "DHE001")


def clients(data: bytes) -> None:
    """A file of `--clients`: each hello in it can be sent."""
    path = _file("clients.toml", data)
    with suppress(ClientsError):
        profiles = read_profiles(path)
        for hello in (each for profile in profiles for offer in profile.offers for each in offer.hellos):
            hello.hello(server_name="www.example.com").serialise()


def client_words(data: bytes) -> None:
    """The words in such a file, and a client's name in an inventory."""
    text = decode(data)
    with suppress(ValueError):
        parse_suites(text)
    with suppress(ValueError):
        parse_extension(text)
    for name in names_understood(text, built_in_profiles()):
        profiles_named(name, built_in_profiles())


def recorded_hello(data: bytes) -> None:
    """A recorded ClientHello: what is taken from it can be sent, and taken from that again."""
    try:
        template = recorded(data)
    except ValueError:
        return
    sent = template.hello(server_name="www.example.com").serialise()
    assert recorded(sent).suites == template.suites


def scans(data: bytes) -> None:
    """scan.jsonl; what was read is written and read the same."""
    _file(JOURNAL, data)
    try:
        read = read_scans(folder())
    except JournalError:
        return
    _file(JOURNAL, b"".join(map(to_line, read)))
    assert read_scans(folder()) == read


def run_info(data: bytes) -> None:
    """run.json."""
    _file(RUN, data)
    with suppress(JournalError):
        read_run_info(folder())


def baseline(data: bytes) -> None:
    """baseline.json."""
    _file(BASELINE, data)
    with suppress(JournalError):
        read_baseline(folder())


def proxy_url(data: bytes) -> None:
    """`--proxy`: what is accepted can be asked."""
    try:
        proxy = parse_proxy(decode(data))
    except ValueError:
        return
    asking = through(proxy, "www.example.com", 443)
    next(asking)
    if proxy.kind == "socks5":
        with suppress(StopIteration):
            asking.send(b"\x05\x02" if proxy.user else b"\x05\x00")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "inventory": inventory,
    "selection": selection,
    "columns": columns,
    "hosts": hosts,
    "change_window": change_window,
    "waivers": waivers,
    "clients": clients,
    "client_words": client_words,
    "recorded_hello": recorded_hello,
    "scans": scans,
    "run_info": run_info,
    "baseline": baseline,
    "proxy_url": proxy_url,
}
