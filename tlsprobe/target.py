"""One server to look at: what a row of the inventory names, or one address of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tlsprobe.starttls import StartTls

DEFAULT_PORT = 443

RowKey = tuple[str, int, str | None, str]


@dataclass(frozen=True, slots=True)
class Pin:
    """One address of a name, and all that the name had when it was looked up, this one among them.

    With all of them in each line of the journal, any line tells which addresses are still to be scanned.
    """

    address: str
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """One server to look at, as a row names it.

    `server_name` is the SNI; None sends none. `tags` are the columns other than host, port and
    server_name, in the file's order, with the text of the cell: they ride along to every report. With
    `--all-ips` a row whose host is a name becomes a target for each address, pinned to it by `pin`.
    """

    line: int
    host: str
    port: int = DEFAULT_PORT
    server_name: str | None = None
    starttls: StartTls = StartTls.AUTO
    software: str = ""
    owner: str = ""
    environment: str = ""
    managed: bool | None = None
    clients: tuple[str, ...] = ()
    handshakes_per_day: float | None = None
    window: str = ""  # as ChangeWindow writes it; empty: at any time
    notes: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    pin: Pin | None = None

    @property
    def row(self) -> RowKey:
        """What makes two rows the same."""
        return self.host, self.port, self.server_name, self.starttls.value

    @property
    def address(self) -> str | None:
        """The only address that may be connected to; None leaves it to the name."""
        return self.pin.address if self.pin else None

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands in a table: its line, then its place among the addresses of its name."""
        return self.line, self.pin.of.index(self.pin.address) if self.pin else 0

    @property
    def endpoint(self) -> str:
        """host:port, with brackets around an IPv6 address."""
        return _endpoint(self.host, self.port)

    @property
    def reached_at(self) -> str:
        """The endpoint that a connection has to go to: that of the address, where it is pinned to one."""
        return _endpoint(self.address or self.host, self.port)

    @property
    def also(self) -> tuple[str, ...]:
        """What tells it from others of the same endpoint: the name sent, if another, and its address."""
        name = self.server_name if self.server_name != self.host else None
        return tuple(each for each in (name, self.address) if each)

    @property
    def label(self) -> str:
        """The endpoint, with whatever tells this target from others in brackets."""
        return f"{self.endpoint} ({', '.join(self.also)})" if self.also else self.endpoint

    def pinned(self, addresses: tuple[str, ...]) -> tuple[Target, ...]:
        """Return a target for each of the addresses that its name has."""
        return tuple(replace(self, pin=Pin(each, addresses)) for each in addresses)


def _endpoint(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
