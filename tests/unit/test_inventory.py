"""The inventory: laws first, then the rows people really write."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tlsprobe.columns import ALIASES, COLUMNS, closest, simplified
from tlsprobe.csvrows import MAX_LINE, MAX_LINES_IN_ROW, decode, undecodable
from tlsprobe.hosts import Reason, shown
from tlsprobe.inventory import (
    BadRow,
    Inventory,
    InventoryError,
    Notice,
    StartTls,
    Target,
    parse_columns,
    parse_inventory,
    parse_target,
    read_inventory,
)

ROOT = Path(__file__).parents[2]
INVENTORY = TypeAdapter(Inventory)
HEADER = ["host", "port", "owner", "notes"]

ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])
DELIMITERS = st.sampled_from([",", ";", "\t"])
LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])


def cells(alphabet: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.text(alphabet, max_size=12).map(str.strip)


# Without dots, colons and digits, so that no line of a quoted cell looks like a row; heavy on what
# CSV trips over.
TRICKY = cells(
    st.one_of(
        st.sampled_from('",;\t\n# '),
        st.characters(exclude_categories=["Cs", "Nd", "Nl", "No"], exclude_characters=".:\r"),
    )
)
ROWS = st.lists(
    st.tuples(
        st.integers(0, 10**6).map("h{}.example.com".format),
        st.integers(1, 65535).map(str),
        TRICKY,
        TRICKY,
    ),
    unique_by=lambda row: row[0],
    max_size=6,
)


def written(rows: list[tuple[str, ...]], delimiter: str = ",", line_end: str = "\n") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerows([HEADER, *rows])
    return out.getvalue().replace("\n", line_end)


def facts(inventory: Inventory) -> list[tuple[str, ...]]:
    return [(t.host, str(t.port), t.owner, t.notes) for t in inventory.targets]


def only_target(text: str) -> Target:
    inventory = parse_inventory(text.encode())
    assert inventory.bad_rows == ()
    (target,) = inventory.targets
    return target


def only_bad_row(data: str | bytes) -> BadRow:
    inventory = parse_inventory(data.encode() if isinstance(data, str) else data)
    assert inventory.targets == ()
    (bad_row,) = inventory.bad_rows
    return bad_row


# --- laws


@given(ROWS, DELIMITERS, ENCODINGS, LINE_ENDS)
@example([("h1.example.com", "1", "", "x\n#")], ",", "utf-8", "\n")
def test_what_is_written_is_read(
    rows: list[tuple[str, ...]], delimiter: str, encoding: str, line_end: str
) -> None:
    inventory = parse_inventory(written(rows, delimiter, line_end).encode(encoding))
    assert facts(inventory) == rows
    assert inventory.bad_rows == ()
    assert [dict(t.tags) for t in inventory.targets] == [
        {"owner": owner, "notes": notes} for _, _, owner, notes in rows
    ]


@st.composite
def bad_lines(draw: st.DrawFn) -> bytes:
    line = b"bad.example.net,8443,some owner,some notes"
    kind = draw(st.sampled_from(["quote", "byte", "cells", "port", "host"]))
    if kind in ("quote", "byte"):
        at = draw(st.integers(0, len(line)))
        return line[:at] + (b'"' if kind == "quote" else b"\xff") + line[at:]
    if kind == "cells":
        return line + b",one more"
    return line.replace(b"8443", b"0") if kind == "port" else line.replace(b"bad", b"not good")


@given(ROWS, st.data(), bad_lines())
@example([("h1.example.com", "1", "", ',"'), ("h2.example.com", "2", "x\ny", "")], None, b'b,1,"')
@example([("h1.example.com", "1", '"', '"')], None, b'b.example.com,1,o,"')
@example([("h1.example.com", "1", ",x\ny", "z")], None, b'b.example.com,1,"x')
def test_one_bad_line_leaves_the_others_alone(
    rows: list[tuple[str, ...]], data: st.DataObject | None, bad: bytes
) -> None:
    at = data.draw(st.integers(0, len(rows))) if data else 0
    before = written(rows[:at]).encode()
    after = written(rows[at:]).encode().split(b"\n", 1)[1]
    inventory = parse_inventory(before + bad + b"\n" + after)
    assert facts(inventory) == rows
    assert [row.line for row in inventory.bad_rows] == [before.count(b"\n") + 1]


@given(st.binary(max_size=200), st.sampled_from([b"", b"host\n", b"host,port,notes\n"]))
def test_any_bytes_give_an_inventory_fit_for_json_or_a_clear_error(data: bytes, head: bytes) -> None:
    try:
        inventory = parse_inventory(head + data)
    except InventoryError as error:
        said = str(error)
    else:
        said = "".join(b.value + b.message + b.host for b in inventory.bad_rows)
        assert INVENTORY.validate_json(INVENTORY.dump_json(inventory)) == inventory
    assert said.isprintable()


@given(st.text("ab.1,\n#", max_size=60))
def test_no_line_with_a_host_goes_missing(text: str) -> None:
    inventory = parse_inventory(("host,port,notes\n" + text).encode())
    said: list[Target | BadRow | Notice] = [*inventory.targets, *inventory.bad_rows]
    said += inventory.notices
    lines = enumerate(text.split("\n"), start=2)
    assert sorted(one.line or 0 for one in said) == [
        number for number, line in lines if line.strip(",") and not line.startswith("#")
    ]


def test_a_target_survives_json() -> None:
    target = only_target(
        "host,port,server_name,starttls,managed,clients,handshakes_per_day,rack\n"
        "192.0.2.1,25,mail.example.com,smtp,no,win7;Windows 8.1,12.5,R1\n"
    )
    adapter = TypeAdapter(Target)
    assert adapter.validate_json(adapter.dump_json(target)) == target
    assert hash(target) == hash(replace(target))


# --- the example and the docs


def test_the_example_shows_every_column_and_holds_nothing_bad() -> None:
    inventory = read_inventory(ROOT / "inventory.example.csv")
    assert inventory.bad_rows == ()
    assert inventory.notices == ()
    assert len(inventory.targets) == 12
    header = next(
        line for line in (ROOT / "inventory.example.csv").read_text().splitlines() if not line.startswith("#")
    )
    assert header.split(",") == [*COLUMNS, "asset_id"]
    for name in COLUMNS:
        empty = getattr(Target(line=0, host=""), name)
        assert any(getattr(target, name) != empty for target in inventory.targets), name


def test_the_docs_list_every_column_reason_and_protocol() -> None:
    docs = (ROOT / "docs" / "inventory.md").read_text()
    rows = set(re.findall(r"^\| `([a-z_-]+)` \|", docs, re.MULTILINE))
    assert rows == set(COLUMNS) | set(Reason)
    for word in StartTls:
        assert f"`{word}`" in docs
    assert f"up to {MAX_LINES_IN_ROW} lines" in docs
    assert f"{MAX_LINE:,} characters" in docs


def test_the_import_is_light() -> None:
    code = "import sys, tlsprobe.selection; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"pandas", "pydantic", "sslyze", "ssl"} & set(loaded.stdout.split())


# --- hosts and ports


@pytest.mark.parametrize(
    ("cell", "host", "port", "server_name"),
    [
        ("web.example.com", "web.example.com", 443, "web.example.com"),
        (" WEB.Example.COM. ", "web.example.com", 443, "web.example.com"),
        ("web.example.com:8443", "web.example.com", 8443, "web.example.com"),
        ("web.example.com.:8443", "web.example.com", 8443, "web.example.com"),
        ("web01", "web01", 443, "web01"),
        ("_sip._tls.example.com", "_sip._tls.example.com", 443, "_sip._tls.example.com"),
        ("bücher.example", "xn--bcher-kva.example", 443, "xn--bcher-kva.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah", 443, "xn--r8jz45g.xn--zckzah"),
        ("192.0.2.7", "192.0.2.7", 443, None),
        ("192.0.2.7:25", "192.0.2.7", 25, None),
        ("2001:DB8:0::7", "2001:db8::7", 443, None),
        ("[2001:db8::7]", "2001:db8::7", 443, None),
        ("[2001:db8::7]:8443", "2001:db8::7", 8443, None),
        ("fe80::1%eth0", "fe80::1%eth0", 443, None),
        ("https://web.example.com:8443/a?b#c", "web.example.com", 8443, "web.example.com"),
        ("https://user:pass@web.example.com/", "web.example.com", 443, "web.example.com"),
        ("http://web.example.com", "web.example.com", 443, "web.example.com"),
        ("LDAPS://web.example.com", "web.example.com", 636, "web.example.com"),
        ("gopher://web.example.com:7443", "web.example.com", 7443, "web.example.com"),
        ("https://[2001:db8::7]/", "2001:db8::7", 443, None),
    ],
)
def test_hosts(cell: str, host: str, port: int, server_name: str | None) -> None:
    target = parse_target(cell)
    assert (target.host, target.port, target.server_name) == (host, port, server_name)
    assert only_target(f'host\n"{cell}"\n') == replace(target, line=2)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("https://", "no-host"),
        (":443", "no-host"),
        ("my server", "bad-host"),
        ("a\x00b", "bad-host"),
        ("a\x1b[31m.example.com", "bad-host"),
        ("a..example.com", "bad-host"),
        (".example.com", "bad-host"),
        ("a.example.com..", "bad-host"),
        ("-a.example.com", "bad-host"),
        ("a-.example.com", "bad-host"),
        ("a!.example.com", "bad-host"),
        ("*.example.com", "bad-host"),
        ("a" * 64 + ".example.com", "bad-host"),
        (".".join(["a" * 49] * 5) + ".example", "bad-host"),
        ("ü" * 2000, "bad-host"),
        ("ü" * 63 + ".example", "bad-host"),
        ("192.0.2", "bad-host"),
        ("192.0.2.256", "bad-host"),
        ("3221225985", "bad-host"),
        ("0x7f.1", "bad-host"),
        ("192.0.2.0/24", "bad-host"),
        ("[192.0.2.1]:443", "bad-host"),
        ("[2001:db8::7", "bad-host"),
        ("2001:db8::7%a b", "bad-host"),
        ("fe80::1%eth$", "bad-host"),
        ("a.example.com:443:tls", "bad-host"),
        ("a.example.com (old)", "bad-host"),
        ("gopher://a.example.com", "bad-host"),
        ("a.example.com,b.example.com", "two-hosts"),
        ("a.example.com b.example.com", "two-hosts"),
        ("a.example.com; b.example.com", "two-hosts"),
        ("a.example.com/b.example.com", "two-hosts"),
        ("web,mail", "two-hosts"),
        ("192.0.2.1:443\n192.0.2.2:443", "two-hosts"),
        ("a.example.com:", "bad-port"),
        ("a.example.com:0", "bad-port"),
        ("a.example.com:https", "bad-port"),
        ("[2001:db8::7]:70000", "bad-port"),
    ],
)
def test_what_is_no_host(cell: str, reason: str) -> None:
    bad_row = only_bad_row(f'Notes,Host Name\nx,"{cell}"\n')
    assert (bad_row.line, bad_row.column, bad_row.reason) == (2, "Host Name", reason)
    with pytest.raises(InventoryError) as error:
        parse_target(cell)
    assert str(error.value) == bad_row.message


def test_a_password_in_a_url_is_not_repeated() -> None:
    bad_row = only_bad_row("host\nhttps://me:secret@a..b/\n")
    assert "secret" not in bad_row.value + bad_row.message
    assert bad_row.value == "https://…@a..b/"


@pytest.mark.parametrize("text", ["443", " 443 ", "443.0", "0443", '"443"'])
def test_ports(text: str) -> None:
    assert only_target(f"host,port\na.example.com,{text}\n").port == 443


@pytest.mark.parametrize("text", ["0", "65536", "70000", "abc", "443.5", "-1", "1e3", "443/tcp", "٤٤٣"])
def test_what_is_no_port(text: str) -> None:
    bad_row = only_bad_row(f"host,Port\na.example.com,{text}\n")
    assert (bad_row.column, bad_row.value, bad_row.reason) == ("Port", text, "bad-port")


def test_a_port_beside_the_host_must_agree_with_the_port_column() -> None:
    text = "host,port\na.example.com:8443,8443\nhttps://b.example.com,8443\nc.example.com:8443,443\n"
    inventory = parse_inventory(text.encode())
    assert [t.endpoint for t in inventory.targets] == ["a.example.com:8443", "b.example.com:8443"]
    assert [(b.line, b.reason) for b in inventory.bad_rows] == [(4, "port-conflict")]


def test_an_ipv6_endpoint_has_brackets() -> None:
    assert parse_target("2001:db8::7").endpoint == "[2001:db8::7]:443"


# --- the other columns


@pytest.mark.parametrize(
    ("host", "cell", "server_name"),
    [
        ("a.example.com", "", "a.example.com"),
        ("a.example.com", "-", None),
        ("a.example.com", "B.example.com.", "b.example.com"),
        ("192.0.2.1", "", None),
        ("192.0.2.1", "bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_server_names(host: str, cell: str, server_name: str | None) -> None:
    assert only_target(f"host,server_name\n{host},{cell}\n").server_name == server_name


@pytest.mark.parametrize("cell", ["192.0.2.1", "*.example.com", "a.example.com:443", "a b", "::1"])
def test_what_is_no_server_name(cell: str) -> None:
    bad_row = only_bad_row(f"host,SNI\na.example.com,{cell}\n")
    assert (bad_row.column, bad_row.reason) == ("SNI", "bad-server-name")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        *((word.value.upper(), word) for word in StartTls),
        ("", StartTls.AUTO),
        ("yes", StartTls.AUTO),
        ("no", StartTls.NONE),
        ("-", StartTls.NONE),
        ("TLS", StartTls.NONE),
        ("n/a", StartTls.NONE),
        ("PostgreSQL", StartTls.POSTGRES),
        ("MariaDB", StartTls.MYSQL),
        ("SQL Server", StartTls.MSSQL),
        ("xmpp_server", StartTls.XMPP_SERVER),
    ],
)
def test_starttls_words(cell: str, expected: StartTls) -> None:
    assert only_target(f"host,starttls\na.example.com,{cell}\n").starttls is expected


@pytest.mark.parametrize(
    ("cell", "hint"),
    [("smpt", "did you mean smtp?"), ("postgresqll", "did you mean postgres?"), ("???", "")],
)
def test_unknown_starttls(cell: str, hint: str) -> None:
    bad_row = only_bad_row(f"host,StartTLS\na.example.com,{cell}\n")
    assert (bad_row.column, bad_row.reason) == ("StartTLS", "unknown-starttls")
    assert hint in bad_row.message
    assert ("did you mean" in bad_row.message) == bool(hint)
    assert ", ".join(StartTls) in bad_row.message


@pytest.mark.parametrize(
    ("cell", "managed"),
    [("yes", True), ("TRUE", True), ("1", True), ("No", False), ("0", False), ("", None), ("?", None)],
)
def test_managed(cell: str, managed: bool | None) -> None:
    assert only_target(f"host,managed\na.example.com,{cell}\n").managed is managed


def test_what_does_not_say_whether_managed() -> None:
    assert only_bad_row("host,managed\na.example.com,maybe\n").reason == "bad-managed"


@pytest.mark.parametrize(
    ("cell", "clients"),
    [
        ("", ()),
        ("win7", ("win7",)),
        ("win7 win8.1", ("win7", "win8.1")),
        ("win7;win8.1;", ("win7", "win8.1")),
        ("Windows Server 2012 R2 Standard", ("Windows Server 2012 R2 Standard",)),
        ("Windows 7; Windows 8.1", ("Windows 7", "Windows 8.1")),
        ("Windows 7\nWindows 8.1", ("Windows 7", "Windows 8.1")),
        ("win7 win7", ("win7",)),
        ("windows server 2012 r2", ("windows server 2012 r2",)),
        ("windows 7", ("windows 7",)),
        ("windows vista", ("windows vista",)),
        ("windows-8.1 java-8 chrome", ("windows-8.1", "java-8", "chrome")),
    ],
)
def test_clients(cell: str, clients: tuple[str, ...]) -> None:
    target = only_target(f'host,clients\na.example.com,"{cell}"\n')
    assert target.clients == clients
    assert target.tags == (("clients", cell),)


@pytest.mark.parametrize(("cell", "number"), [("", None), ("0", 0.0), ("12.5", 12.5), ("1e4", 1e4)])
def test_handshakes_per_day(cell: str, number: float | None) -> None:
    text = f"host,handshakes_per_day\na.example.com,{cell}\n"
    assert only_target(text).handshakes_per_day == number


@pytest.mark.parametrize("cell", ["many", "-1", "nan", "inf", "1e999", "1_000", "1,000", "1 000"])
def test_what_is_no_number(cell: str) -> None:
    bad_row = only_bad_row(f'host,handshakes_per_day\na.example.com,"{cell}"\n')
    assert (bad_row.column, bad_row.reason) == ("handshakes_per_day", "bad-number")


@pytest.mark.parametrize("header", ["window", "Change-Window", "maintenance_window", "メンテナンス時間"])
def test_a_window_is_written_in_one_way_and_rides_along_as_it_was(header: str) -> None:
    target = only_target(f"host,{header}\na.example.com,Saturday 22:00 - Sunday 6:00 utc\n")
    assert target.window == "Sat 22:00-Sun 06:00 UTC"
    assert target.tags == (("window", "Saturday 22:00 - Sunday 6:00 utc"),)


def test_without_a_window_it_is_at_any_time() -> None:
    assert only_target("host,window\na.example.com,\n").window == ""
    assert only_target("host\na.example.com\n").window == ""


@pytest.mark.parametrize("cell", ["nightly", "-", "any", "22-04", "22:00-04:00 JST", "00:00-24:00"])
def test_what_is_no_window_is_not_scanned_at_any_time(cell: str) -> None:
    bad_row = only_bad_row(f"host,window\na.example.com,{cell}\n")
    assert (bad_row.column, bad_row.reason, bad_row.value) == ("window", "bad-window", cell)
    assert bad_row.message.endswith("; an empty cell means at any time")


def test_duplicates_are_merged_and_said() -> None:
    text = (
        "host,port,clients,owner\n"
        "a.example.com,443,win7,first\n"
        "a.example.com,8443,win7,other port\n"
        "A.Example.com.:443,,win7 win8.1,second\n"
    )
    inventory = parse_inventory(text.encode())
    assert [(t.line, t.port) for t in inventory.targets] == [(2, 443), (3, 8443)]
    assert inventory.targets[0].clients == ("win7", "win8.1")
    assert inventory.targets[0].owner == "first"
    (notice,) = inventory.notices
    assert (notice.line, notice.kind) == (4, "duplicate")
    assert "line 4" in notice.message
    assert "line 2" in notice.message


def test_another_server_name_or_protocol_is_another_target() -> None:
    text = "host,server_name,starttls\n192.0.2.1,a.example,\n192.0.2.1,b.example,\n192.0.2.1,-,smtp\n"
    assert len(parse_inventory(text.encode()).targets) == 3


# --- headers


def test_tags_keep_the_order_and_the_headers_of_the_file() -> None:
    target = only_target("Rack,FQDN,Env,Rack,,owner,Team\nR1,a.example.com,prod,R2,x,me,us\n")
    assert target.tags == (
        ("Rack", "R1"),
        ("environment", "prod"),
        ("Rack (2)", "R2"),
        ("column 5", "x"),
        ("owner", "me"),
        ("Team", "us"),
    )
    assert (target.environment, target.owner) == ("prod", "me")


def test_a_short_row_has_empty_tags_and_a_row_of_commas_is_blank() -> None:
    inventory = parse_inventory(b"host,port,rack,\n,,,\na.example.com\nb.example.com,25,R1,,,\n")
    assert [t.tags for t in inventory.targets] == [(("rack", ""),), (("rack", "R1"),)]
    assert inventory.columns == ("rack",)
    assert inventory.bad_rows == ()


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("Hostname,FQDN,IP Address", "fqdn"),
        ("IP Address,Host Name", "name"),
        ("address,hardware", "a"),
        ("Server Name,Rack", "a"),
        ("server_name,Host", "host"),
    ],
)
def test_the_more_exact_host_column_wins(header: str, host: str) -> None:
    values = {
        "FQDN": "fqdn",
        "Hostname": "name",
        "Host Name": "name",
        "Host": "host",
        "IP Address": "192.0.2.1",
    }
    row = ",".join(values.get(cell, "a") for cell in header.split(","))
    assert only_target(f"{header}\n{row}\n").host == host


@pytest.mark.parametrize("header", ["TCP-Port", "tcp_port", "Tcp  Port", "TCPPORT", "ポート番号"])
def test_headers_match_whatever_their_spelling(header: str) -> None:
    assert only_target(f"host,{header}\na.example.com,8443\n").port == 8443


def test_a_mapping_wins_over_names_in_use() -> None:
    data = b"FQDN,CI name,Port,Listener\na.example.com,b.example.com,1,8443\n"
    columns = parse_columns("host=CI name, port = listener")
    (target,) = parse_inventory(data, columns=columns).targets
    assert target.endpoint == "b.example.com:8443"
    assert target.tags == (("FQDN", "a.example.com"), ("Port", "1"))


def test_one_column_may_be_host_and_server_name() -> None:
    data = b"Name\na.example.com\n192.0.2.1:25\n"
    columns = {"host": "Name", "server_name": "Name", "port": "Name"}
    targets = parse_inventory(data, columns=columns).targets
    assert [(t.endpoint, t.server_name) for t in targets] == [
        ("a.example.com:443", "a.example.com"),
        ("192.0.2.1:25", None),
    ]


def test_a_mapping_to_a_header_that_is_not_there() -> None:
    with pytest.raises(InventoryError, match=r"headers are: CI name, Listener; did you mean CI name"):
        parse_inventory(b"CI name,Listener\n", columns={"host": "CI names"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hots=FQDN", "did you mean host"),
        ("host=FQDN,port", "not of the form"),
        ("host=", "not of the form"),
        ("host=a,HOST=b", "mapped twice"),
    ],
)
def test_bad_mappings(text: str, message: str) -> None:
    with pytest.raises(InventoryError, match=message):
        parse_columns(text)


def test_a_mapping_file(tmp_path: Path) -> None:
    path = tmp_path / "columns.txt"
    path.write_bytes("\ufeff# ours\r\nhost = Name, full\r\n\r\nServer-Name=SNI\r\n".encode())
    assert parse_columns(f"@{path}") == {"host": "Name, full", "server_name": "SNI"}
    assert parse_columns(str(path)) == parse_columns(f"@{path}")
    path.write_text("host = A\nprot = B\n")
    with pytest.raises(InventoryError, match=r"line 2.*did you mean port"):
        parse_columns(f"@{path}")
    with pytest.raises(InventoryError, match="no such file"):
        parse_columns(f"@{path}.none")


@pytest.mark.parametrize(
    ("header", "meant"),
    [("Prot", "port"), ("Ports", "port"), ("Enviroment", "environment"), ("sarttls", "starttls")],
)
def test_a_slip_in_a_header_is_said(header: str, meant: str) -> None:
    (notice,) = parse_inventory(f"host,{header}\na.example.com,1\n".encode()).notices
    assert notice.kind == "unknown-column"
    assert f"did you mean {meant}?" in notice.message


def test_ordinary_other_headers_are_not_remarked_on() -> None:
    header = (
        "host,port,Ports,Cost,Service name,Rack,Site,Support,Report,Application,Protocol,Model,Vendor,Tier"
    )
    assert parse_inventory(header.encode()).notices == ()


def test_aliases_are_unambiguous() -> None:
    seen: dict[str, str] = {}
    for name, aliases in ALIASES.items():
        assert simplified(name) in map(simplified, aliases)
        for alias in aliases:
            if (name, alias) != ("host", "server name"):
                assert seen.setdefault(simplified(alias), name) == name
    assert closest("zzzz", COLUMNS) is None


# --- whole files


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"\n# only a comment\n", "empty"),
        (b"Name,Port\nx,1\n", "headers are: Name, Port.*--columns host=Name"),
        (b"hots,port\n", "Did you mean hots"),
        (b"server1.example.com,443\n", "header line above it, such as host,port"),
        (b"192.0.2.1\n192.0.2.2\n", "header line above it, such as host$"),
        (b"a.example.com:443,ops\n", "header line above it"),
        (b"cmdb_ci.name,u_port\n", "headers are: cmdb_ci.name, u_port"),
        (b'"host,port\na,443\n', "quote that doesn't close"),
        (b"PK\x03\x04...", "workbook"),
        (b"host,Gr\xf6\xdfe\n", r"Gr\\xf6\\xdfe is neither UTF-8 nor UTF-16"),
        (b"host" + b"x" * MAX_LINE, "not a CSV file"),
    ],
)
def test_what_is_no_inventory(data: bytes, message: str) -> None:
    with pytest.raises(InventoryError, match=message):
        parse_inventory(data)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, message in [
        (tmp_path / "none.csv", "no such file"),
        (tmp_path, "folder"),
        (Path("a\0b"), "null"),
    ]:
        with pytest.raises(InventoryError, match=message):
            read_inventory(path)
    path = tmp_path / "empty.csv"
    path.write_bytes(b"")
    with pytest.raises(InventoryError, match=r"empty\.csv: .*empty"):
        read_inventory(path)


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"host\r\na.example.com\r\n")
    assert read_inventory(str(path)).sha256 == (hashlib.sha256(path.read_bytes()).hexdigest())


def test_comments_blank_lines_and_what_spreadsheets_make_of_them() -> None:
    text = (
        'sep=;\r\n# x "\r\n\r\nhost;notes\r\n;;\r\n"# one, two";\r\na.example;"#1; best"\r\n#b.example;\r\n'
    )
    target = only_target(text)
    assert (target.line, target.host, target.notes) == (7, "a.example", "#1; best")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark(encoding: str) -> None:
    inventory = parse_inventory("host,owner\na.example.com,Jürgen\n".encode(encoding))
    assert inventory.targets[0].owner == "Jürgen"


def test_a_header_may_be_quoted_over_two_lines() -> None:
    inventory = parse_inventory(b'"Host\nname",port\na.example.com,25\n')
    assert [(t.line, t.endpoint) for t in inventory.targets] == [(3, "a.example.com:25")]


# --- damaged rows


def test_undecodable_bytes_spoil_the_row_they_are_in() -> None:
    inventory = parse_inventory(b"host,Notes\na.example,\xc3\xa9\nb.example,caf\xe9 x\nc.example,y\n")
    assert [t.host for t in inventory.targets] == ["a.example", "c.example"]
    (bad_row,) = inventory.bad_rows
    assert bad_row.line == 3
    assert bad_row.column == "Notes"
    assert bad_row.value == "caf\\xe9 x"
    assert bad_row.reason == "undecodable"


def test_a_broken_utf16_file_loses_only_the_rows_it_must() -> None:
    data = "\ufeffhost,notes\na.example,\U0001f600\n".encode("utf-16-le")
    data += "b.example,".encode("utf-16-le") + b"\x00\xd8" + "\nc.example,x".encode("utf-16-le") + b"y"
    inventory = parse_inventory(data)
    assert [t.notes for t in inventory.targets] == ["\U0001f600"]
    assert [(b.line, b.reason) for b in inventory.bad_rows] == [(3, "undecodable"), (4, "undecodable")]


def test_decode_never_loses_track_of_a_bad_byte() -> None:
    assert undecodable(decode(b"a\xff"))
    assert not undecodable(decode("a\U0001f600\ufffd".encode()))


def test_too_many_cells() -> None:
    bad_row = only_bad_row("host,notes\na.example,one, two\n")
    assert (bad_row.line, bad_row.value, bad_row.reason) == (2, "two", "too-many-cells")


def test_a_quote_that_never_closes_spoils_one_line() -> None:
    rows = "".join(f"h{n}.example,x\n" for n in range(200))
    inventory = parse_inventory(f'host,notes\nbad.example,"x\n{rows}'.encode())
    assert len(inventory.targets) == 200
    assert [(b.line, b.reason) for b in inventory.bad_rows] == [(2, "stray-quote")]


def test_a_quoted_cell_over_lines_must_give_a_whole_row() -> None:
    inventory = parse_inventory(b'host,notes,rack\na.example,"x\ny"\nb.example,,\n')
    assert [t.host for t in inventory.targets] == ["b.example"]
    assert [(b.line, b.reason) for b in inventory.bad_rows] == [
        (2, "stray-quote"),
        (3, "stray-quote"),
    ]


def test_a_space_before_a_quoted_cell() -> None:
    assert only_target('host, notes\na.example, "x, y"\n').notes == "x, y"


def test_a_quoted_cell_reaches_only_so_far() -> None:
    def notes(lines: int) -> Inventory:
        text = "\n".join(["some text"] * lines)
        return parse_inventory(f'host,notes\na.example,"{text}"\n'.encode())

    assert notes(MAX_LINES_IN_ROW).targets[0].notes.count("\n") == MAX_LINES_IN_ROW - 1
    assert notes(MAX_LINES_IN_ROW + 1).bad_rows[0].reason == "stray-quote"


def test_rows_between_two_stray_quotes_are_neither_swallowed_nor_guessed_at() -> None:
    text = 'host,notes\na.example,"x\nb.example,y\nc.example,z"\nd.example,w\n'
    inventory = parse_inventory(text.encode())
    assert [t.host for t in inventory.targets] == ["d.example"]
    (bad_row,) = inventory.bad_rows
    assert bad_row.reason == "stray-quote"
    assert "lines 2 to 4" in bad_row.message


def test_a_line_beyond_all_measure() -> None:
    inventory = parse_inventory(b"host\n" + b"a" * (MAX_LINE + 1) + b"\nb.example\n")
    assert [t.host for t in inventory.targets] == ["b.example"]
    assert [(b.line, b.reason) for b in inventory.bad_rows] == [(2, "too-long")]


@pytest.mark.parametrize(
    ("row", "host"),
    [
        ("A.Example.com.,70000,", "a.example.com"),
        ("https://me:secret@a.example.com/,70000,", "a.example.com"),
        ("2001:DB8::7,443,maybe", "2001:db8::7"),
        ("a.example.com:8443,443,", "a.example.com"),
        ("a.example.com:70000,,", "a.example.com:70000"),
        ("a..b\x1b,443,", "a..b\\x1b"),
        ("=cmd|' /C calc'!A0,443,", "=cmd|' /C calc'!A0"),
        (",443,", ""),
        ("a.example.com,443,yes,more", ""),
    ],
)
def test_a_bad_row_says_its_host(row: str, host: str) -> None:
    assert only_bad_row(f"host,port,managed\n{row}\n").host == host


def test_a_bad_row_says_its_host_though_bytes_are_no_text() -> None:
    assert only_bad_row(b"host,notes\na.example.com,caf\xe9\n").host == "a.example.com"
    assert only_bad_row(b"host,notes\ncaf\xe9.example,x\n").host == "caf\\xe9.example"
    assert only_bad_row(b"notes,host\ncaf\xe9,x,a.example.com\n").host == ""
    assert only_bad_row(b'host,notes\na.example.com,"x\n').host == ""


def test_what_is_shown_is_short_and_printable() -> None:
    assert shown("a\x1b\u202e\udcff") == "a\\x1b\\u202e\\xff"
    assert len(shown("x" * 100)) == 60
