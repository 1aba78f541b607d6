"""What may be scanned: addresses and names as laws, then the files."""

from __future__ import annotations

import ipaddress
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsprobe.inventory import InventoryError, Target, parse_target
from tlsprobe.selection import (
    Selection,
    SelectionError,
    Verdict,
    parse_entry,
    read_selection,
)

ALLOWED, EXCLUDED, DEPENDS = Verdict


def selection(*, exclude: str = "", only: str = "") -> Selection:
    """Entries separated by spaces."""
    return Selection(
        exclude=tuple(parse_entry(text, "exclude.txt") for text in exclude.split()),
        only=tuple(parse_entry(text, "only.txt") for text in only.split()) if only else None,
    )


def verdict(which: Selection, target: str) -> Verdict:
    return which.decide(parse_target(target)).verdict


# --- laws

NETWORKS = st.one_of(
    st.builds(
        lambda ip, bits: ipaddress.ip_network((ip, bits), strict=False),
        st.ip_addresses(v=4).map(str),
        st.integers(0, 32),
    ),
    st.builds(
        lambda ip, bits: ipaddress.ip_network((ip, bits), strict=False),
        st.ip_addresses(v=6).map(str),
        st.integers(0, 128),
    ),
)
NAME = parse_target("a.example.com")


@given(NETWORKS, st.ip_addresses())
def test_exclude_and_only_of_one_network_are_opposites(
    network: ipaddress.IPv4Network | ipaddress.IPv6Network,
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    exclude, only = selection(exclude=str(network)), selection(only=str(network))
    assert verdict(exclude, NAME.host) is verdict(only, NAME.host) is DEPENDS
    for one in (network[0], network[-1], address):
        inside = only.allows_address(str(one), target=NAME)
        assert inside is not exclude.allows_address(str(one), target=NAME)
        assert inside or one not in network
        literal = Target(line=1, host=str(one))
        assert exclude.decide(literal).verdict is (EXCLUDED if inside else ALLOWED)
        assert only.decide(literal).verdict is (ALLOWED if inside else EXCLUDED)


@given(st.ip_addresses(v=4))
def test_no_way_round_by_ipv6(address: ipaddress.IPv4Address) -> None:
    mapped = ipaddress.IPv6Address(b"\0" * 10 + b"\xff\xff" + address.packed)
    nat64 = ipaddress.IPv6Address(ipaddress.IPv6Address("64:ff9b::").packed[:12] + address.packed)
    forms = [str(address), str(mapped), str(nat64)]
    exclude = selection(exclude=str(address))
    assert not any(exclude.allows_address(form, target=NAME) for form in forms)
    assert not selection(exclude=str(mapped)).allows_address(str(address), target=NAME)


@given(st.text(max_size=30), st.booleans())
def test_an_entry_is_understood_or_refused(text: str, port: bool) -> None:
    try:
        entry = parse_entry(text + ":443" * port, "x")
    except SelectionError as error:
        said = str(error)
    else:
        said = entry.where
    assert said.startswith("x: ")
    assert said.isprintable()


# --- names


@pytest.mark.parametrize(
    ("entry", "target", "expected"),
    [
        ("a.example.com", "A.example.com.:8443", EXCLUDED),
        ("a.example.com", "b.a.example.com", ALLOWED),
        ("a.example.com:8443", "a.example.com:8443", EXCLUDED),
        ("a.example.com:8443", "a.example.com", ALLOWED),
        ("https://a.example.com/", "a.example.com:8443", EXCLUDED),
        ("*.example.com", "a.b.example.com", EXCLUDED),
        ("*.EXAMPLE.com.", "a.example.com", EXCLUDED),
        ("*.example.com", "example.com", ALLOWED),
        ("*.example.com", "a.example.com.net", ALLOWED),
        ("*.example.com", "aXexampleXcom", ALLOWED),
        ("*.example.com:25", "a.example.com:25", EXCLUDED),
        ("*.example.com:25", "a.example.com", ALLOWED),
        ("web?.example.com", "web1.example.com", EXCLUDED),
        ("web?.example.com", "web12.example.com", ALLOWED),
        ("*.bücher.example", "a.xn--bcher-kva.example", EXCLUDED),
        ("192.0.2.1", "192.0.2.1", EXCLUDED),
        ("192.0.2.1", "192.0.2.2", ALLOWED),
        ("192.0.2.0/24:25", "192.0.2.1:25", EXCLUDED),
        ("192.0.2.0/24:25", "192.0.2.1", ALLOWED),
        ("192.0.2.0/24:25", "a.example.com", ALLOWED),
        ("192.0.2.0/24", "a.example.com", DEPENDS),
        ("[2001:db8::1]:443", "2001:db8:0::1", EXCLUDED),
        ("[2001:db8::/32]:443", "2001:db8::1", EXCLUDED),
        ("2001:db8::/32", "2001:db9::1", ALLOWED),
        ("fe80::/10", "fe80::1%eth0", EXCLUDED),
        ("fe80::1%eth0", "fe80::1%eth1", EXCLUDED),
    ],
)
def test_exclude(entry: str, target: str, expected: Verdict) -> None:
    which = selection(exclude=entry)
    assert verdict(which, target) is expected
    assert which.allows_target(parse_target(target)) is (expected is not EXCLUDED)


def test_an_excluded_name_holds_for_the_server_name_but_only_does_not() -> None:
    target = Target(line=1, host="192.0.2.1", server_name="payroll.example.com")
    assert selection(exclude="payroll.example.com").decide(target).verdict is EXCLUDED
    assert selection(only="payroll.example.com").decide(target).verdict is EXCLUDED


@pytest.mark.parametrize(
    ("entries", "target", "expected"),
    [
        ("a.example.com", "a.example.com", ALLOWED),
        ("a.example.com", "b.example.com", EXCLUDED),
        ("a.example.com", "192.0.2.1", EXCLUDED),
        ("a.example.com:25", "a.example.com", EXCLUDED),
        ("*.example.com", "a.example.com", ALLOWED),
        ("192.0.2.0/24", "a.example.com", DEPENDS),
        ("192.0.2.0/24:25", "a.example.com", EXCLUDED),
        ("192.0.2.0/24 a.example.com", "a.example.com", ALLOWED),
        ("192.0.2.0/24", "192.0.2.9", ALLOWED),
        ("192.0.2.0/24", "192.0.3.9", EXCLUDED),
    ],
)
def test_only(entries: str, target: str, expected: Verdict) -> None:
    assert verdict(selection(only=entries), target) is expected


def test_a_host_named_in_only_may_have_any_address() -> None:
    which = selection(only="a.example.com 192.0.2.0/24")
    assert which.allows_address("198.51.100.1", target=NAME)
    other = parse_target("b.example.com")
    assert which.allows_address("192.0.2.1", target=other)
    assert not which.allows_address("198.51.100.1", target=other)


def test_exclude_wins_over_only() -> None:
    which = selection(exclude="192.0.2.8", only="a.example.com 192.0.2.0/24")
    assert verdict(which, "a.example.com") is DEPENDS
    assert not which.allows_address("192.0.2.8", target=NAME)
    assert which.allows_address("192.0.2.9", target=NAME)
    assert verdict(which, "192.0.2.8") is EXCLUDED


def test_an_excluded_target_has_no_allowed_address() -> None:
    which = selection(exclude="a.example.com")
    assert not which.allows_address("192.0.2.1", target=NAME)
    assert not selection(exclude="192.0.2.1").allows_address("a.example.com", target=NAME)
    assert selection().allows_address("192.0.2.1", target=NAME)


def test_reasons_name_the_line() -> None:
    which = selection(exclude="*.example.com", only="*.example.net")
    assert which.decide(NAME).reason == "exclude.txt: *.example.com"
    assert which.decide(parse_target("a.example.net")).reason == "only.txt: *.example.net"
    assert "--only" in which.decide(parse_target("a.example.org")).reason


def test_a_selection_travels_to_workers() -> None:
    which = selection(exclude="*.example.com 192.0.2.0/24 a.example", only="b.example")
    assert pickle.loads(pickle.dumps(which)) == which  # noqa: S301 - our own bytes


# --- files


def test_files(tmp_path: Path) -> None:
    exclude, only = tmp_path / "exclude.txt", tmp_path / "only.txt"
    exclude.write_bytes("\ufeff# ours\r\n\r\n a.example.com # payroll\r\n192.0.2.0/24\r\n".encode())
    only.write_text("*.example.com\n", encoding="utf-16")
    which = read_selection(exclude=[exclude], only=[only])
    assert which.decide(NAME).reason == "exclude.txt line 3: a.example.com"
    assert [entry.where for entry in which.exclude][1:] == ["exclude.txt line 4: 192.0.2.0/24"]
    assert verdict(which, "b.example.com") is DEPENDS
    assert verdict(which, "b.example.org") is EXCLUDED


@pytest.mark.parametrize(
    "line",
    [
        "a.example.com b.example.com",
        "a.example.com,443",
        "a..example.com",
        "192.0.2.0/33",
        "192.0.2.7/24",
        "192.0.2.1-192.0.2.9",
        "192.0.2.*",
        "*",
        "*.ex ample.com",
        "*.example.com:0",
        "*.[a-z].com",
        "a.example.com/24",
        "192.0.2.0/24/8",
        "192.0.2.0/24:x",
        "caf\udce9.example",
    ],
)
def test_a_line_that_cannot_be_understood_is_an_error(tmp_path: Path, line: str) -> None:
    path = tmp_path / "exclude.txt"
    path.write_bytes(f"a.example.com\n{line}\nb.example.com\n".encode(errors="surrogateescape"))
    with pytest.raises(SelectionError, match=r"exclude\.txt line 2: "):
        read_selection(exclude=[path])


def test_an_address_inside_a_network_is_asked_back() -> None:
    with pytest.raises(SelectionError, match=r"192\.0\.2\.0/24 for all of it, or 192\.0\.2\.7"):
        parse_entry("192.0.2.7/24", "x")


def test_only_files_that_name_nothing_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_text("# nothing yet\n")
    with pytest.raises(SelectionError, match="nothing could be scanned"):
        read_selection(only=[path])
    assert read_selection(exclude=[path]) == Selection()


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match="no such file"):
        read_selection(exclude=[tmp_path / "none.txt"])
