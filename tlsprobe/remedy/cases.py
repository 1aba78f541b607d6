"""What there is to change: a case for each server, and the Windows versions concerned."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tlsprobe.assessment import Judged
from tlsprobe.clients.names import profiles_named
from tlsprobe.clients.profile import built_in_profiles
from tlsprobe.facts import Landing, ServerScan
from tlsprobe.remedy.cipher_names import CIPHER_NAMES
from tlsprobe.remedy.servers import SERVER_EDITS, ServerEdit, server_edit, server_edits_for_library
from tlsprobe.remedy.windows import WINDOWS_VERSIONS, WindowsVersion
from tlsprobe.rules import (
    Advice,
    Finding,
    IsWindows,
    advise,
    ends_with_dhe,
    is_unclear,
    is_windows_software,
    lands_on_dhe,
    software_of,
    stops_at_group,
    who_counts,
    windows_of,
)
from tlsprobe.stacks import identify

_LONGEST_NAME = 80
# Windows takes no file whose name up to the first dot is one of these.
_DEVICE = re.compile(r"^(?=(?:con|prn|aux|nul|com[0-9]|lpt[0-9])\.)", re.IGNORECASE)
# IIS is of one Windows each: its version says which (Microsoft, "IIS Versions").
_IIS = {"7.5": "windows-7", "8.0": "windows-8", "8.5": "windows-8.1", "10.0": "windows-10-1607"}


@dataclass(frozen=True, slots=True)
class Case:
    """A server with something to change: `name` is safe as that of a file, and no other server's.

    `known` is the edit of the application that the inventory names, if there is one.
    """

    server: Judged
    advice: Advice
    name: str
    known: ServerEdit | None

    @property
    def scan(self) -> ServerScan:
        """The facts of the server."""
        return self.server.scan

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What asks for the change."""
        return self.server.to_change

    @property
    def edit(self) -> ServerEdit | None:
        """The edit to give: none for another TLS library than the one that answers."""
        return self.known if self.known and self.known.fits(self.library) else None

    @property
    def add_suites(self) -> tuple[int, ...]:
        """Those of the advised suites that an edit knows how to name."""
        return tuple(code for code in self.advice.add_suites if code in CIPHER_NAMES)

    @property
    def locks_out(self) -> bool:
        """Whether an edit that only takes DHE away is all there is, and would lock somebody out."""
        return bool(self.advice.locked_out) and not self.add_suites

    @property
    def library(self) -> str:
        """The TLS library that was identified; empty where it is not known."""
        return library_of(self.scan)

    @property
    def applications(self) -> tuple[ServerEdit, ...]:
        """The edits that may be the right ones where nobody names the application.

        Those of applications that use the library, where it is known and any is; else all.
        """
        if self.edit is not None or self.is_windows:
            return ()
        if self.known is not None:
            return server_edits_for_library(self.library)
        every = tuple(edit for name in SERVER_EDITS if (edit := server_edit(name)))
        return server_edits_for_library(self.library) or every

    @property
    def is_windows(self) -> bool:
        """Whether the server itself is Windows, by its own words or the inventory's."""
        says_so = windows_of(self.scan).is_windows is IsWindows.YES
        return says_so or is_windows_software(software_of(self.scan))


def library_of(scan: ServerScan) -> str:
    """Return the TLS library that was identified; empty where it is not known."""
    stack = identify(scan)
    return stack.family if stack.is_known else ""


def cases(servers: Iterable[Judged]) -> Iterator[Case]:
    """Yield the servers with a finding that ends with DHE and asks for it, by line of the inventory."""
    taken: set[str] = set()
    for each in by_line(servers):
        scan = each.scan
        if not any(ends_with_dhe(found.rule) for found in each.to_change):
            continue
        name = _file_name(scan)
        while name.casefold() in taken:  # two rows of one place, with another protocol before TLS
            name += "-again"
        taken.add(name.casefold())
        advice = advise(scan, each.to_change)
        addable = tuple(code for code in advice.add_suites if code in CIPHER_NAMES)
        yield Case(each, advice, name, server_edit(software_of(scan), add=addable))


def by_line(servers: Iterable[Judged]) -> list[Judged]:
    """Return the servers in the order of the inventory."""
    return sorted(servers, key=lambda each: each.scan.target.place)


def windows_concerned(
    every: Sequence[Case],
) -> tuple[tuple[WindowsVersion, ...], tuple[tuple[str, str], ...]]:
    """Return the Windows versions to write edits for, and id and name of those that have none."""
    wanted: dict[str, str] = {}
    for case in every:
        if not case.scan.landings or (case.is_windows and _own_version(case) is None):
            # Not replayed, or a Windows of no known version: it may be any.
            wanted |= {each.id: each.names for each in WINDOWS_VERSIONS if each.fixed == "no"}
        unfixed = who_counts(case.scan).unfixed
        wanted |= {each.client: each.client_name for each in unfixed if _may_meet_dhe(each)}
        if own := _own_version(case):
            wanted[own] = software_of(case.scan)
    known = {each.id for each in WINDOWS_VERSIONS}
    missing = tuple(each for each in wanted.items() if each[0] not in known)
    return tuple(each for each in WINDOWS_VERSIONS if each.id in wanted), missing


def _may_meet_dhe(landing: Landing) -> bool:
    return lands_on_dhe(landing) or stops_at_group(landing) or is_unclear(landing)


def _own_version(case: Case) -> str | None:
    """Return the Windows that the server itself is, where the inventory's words say so."""
    if not case.is_windows:
        return None
    if client := windows_of(case.scan).client:
        return client
    software = software_of(case.scan)
    iis = re.search(r"iis[ /-]*v?([0-9]+\.[0-9])", software.casefold())
    if iis is not None:
        return _IIS.get(iis[1])
    named = {each.id for each in profiles_named(software, built_in_profiles())}
    own = [each.id for each in WINDOWS_VERSIONS if each.id in named]
    return own[0] if len(own) == 1 else None


def _file_name(scan: ServerScan) -> str:
    """Return a name that any file system takes, and that no two servers share."""
    target = scan.target
    said = "_".join((target.host, str(target.port), *target.also))
    safe = _DEVICE.sub("_", re.sub(r"[^A-Za-z0-9.-]", "_", said).lstrip(".")[:_LONGEST_NAME])
    if safe == said:
        return safe
    return f"{safe}-{hashlib.sha256(said.encode(errors='surrogatepass')).hexdigest()[:8]}"
