"""Which profiles the words of an inventory stand for."""

from __future__ import annotations

import pytest

from tlsprobe.clients.names import names_understood, normalised, profiles_named
from tlsprobe.clients.profile import ClientProfile, built_in_profiles


def named(name: str) -> set[str]:
    return {each.id for each in profiles_named(name, built_in_profiles())}


@pytest.mark.parametrize("profile", built_in_profiles(), ids=lambda profile: profile.id)
def test_a_profile_is_found_by_its_id_and_each_of_its_names(profile: ClientProfile) -> None:
    for name in (profile.id, profile.id.upper(), *profile.aliases):
        assert profile.id in named(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Windows Server 2012 R2 Standard", {"windows-8.1"}),
        ("Windows Server 2012 R2 Datacenter", {"windows-8.1"}),
        ("Microsoft Windows Server 2012 R2", {"windows-8.1"}),
        ("Windows 2012 R2", {"windows-8.1"}),
        ("win2012r2", {"windows-8.1"}),
        ("Windows 7 Professional SP1", {"windows-7"}),
        ("win7", {"windows-7"}),
        ("Windows Server 2008 R2 Enterprise", {"windows-7"}),
        ("Windows Server 2008", {"windows-vista"}),
        ("Windows Vista SP2", {"windows-vista"}),
        ("Windows Server 2012", {"windows-8"}),
        ("Windows Server 2016", {"windows-10-1607"}),
        ("Windows 10 Enterprise 1607", {"windows-10-1607"}),
        ("Windows 10 version 1809", {"windows-10-1803"}),
        ("Windows Server 2019 Standard", {"windows-10-1803"}),
        ("WS2012R2", {"windows-8.1"}),
        ("Win2k12 R2", {"windows-8.1"}),
        ("2012 R2", {"windows-8.1"}),
        ("W7", {"windows-7"}),
        ("Windows Server 2008 R2 Enterprise x64 Edition", {"windows-7"}),
        ("Windows 7 64-bit", {"windows-7"}),
        ("2k8", {"windows-vista"}),
        ("w", set()),
        ("the tills", set()),
        ("", set()),
    ],
)
def test_names_as_inventories_have_them(name: str, expected: set[str]) -> None:
    assert named(name) == expected


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        ("Windows 7, Windows 8.1", ("Windows 7", "Windows 8.1")),
        ("Windows 7 and Java 8", ("Windows 7", "Java 8")),
        ("Windows 7/8.1", ("Windows 7/8.1",)),
        ("Windows 7, the tills", ("Windows 7, the tills",)),
    ],
)
def test_an_entry_is_a_list_only_where_every_part_is_known(entry: str, names: tuple[str, ...]) -> None:
    assert names_understood(entry, built_in_profiles()) == names


def test_windows_10_alone_is_every_windows_10() -> None:
    assert {"windows-10-1507", "windows-10-1607", "windows-10-1803"} <= named("Windows 10 Pro")
    assert not named("Windows 10") & {"windows-8.1", "windows-11-21h2", "windows-7"}


def test_windows_alone_is_any_windows() -> None:
    assert named("Windows") == {each.id for each in built_in_profiles() if each.windows}


def test_a_normal_name_stays_as_it_is() -> None:
    for name in ("windows 8.1", "windows server 2012 r2", "java 8"):
        assert normalised(name) == name
