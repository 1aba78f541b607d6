"""The folder of `tlsprobe fix`: a file per server, nothing outside it, links that lead somewhere."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.unit.landing_cases import (
    DSS,
    OFF_DHE,
    ON_DHE,
    REFUSED,
    TLS12,
    UNCLEAR,
    landing,
    landing_scans,
    server,
    zeros,
)
from tlsprobe.assessment import assess
from tlsprobe.clients.profile import built_in_profiles
from tlsprobe.facts import DheSuites, Landed, Landing, PremasterZeros, ServerScan, SuiteOrder, accepts_dhe
from tlsprobe.inventory import StartTls
from tlsprobe.journal import RunInfo
from tlsprobe.remedy.check import ANYWHERE, check_command
from tlsprobe.remedy.folder import fix_files
from tlsprobe.remedy.servers import SERVER_EDITS, ServerEdit, server_edit
from tlsprobe.remedy.windows import WINDOWS_VERSIONS, windows_edit_files
from tlsprobe.rules import Advice, advise, judge, name_of
from tlsprobe.tls.suites import suite_name
from tlsprobe.wording import wording
from tlsprobe.wording.visible import visible

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
INFO = RunInfo(
    run_id="run",
    tool_version="0",
    started=datetime(2026, 1, 2, tzinfo=UTC),
    finished=None,
    user="",
    host="",
    command="",
    inventory="",
    inventory_sha256="",
)
DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))}
ECDHE_RSA_3DES, ECDHE_RSA_RC4, ECDHE_RSA_CAMELLIA = 0xC012, 0xC011, 0xC077


def at(scan: ServerScan, host: str = "a.example", **fields: object) -> ServerScan:
    """The same server, as another row of the inventory."""
    return replace(scan, target=replace(scan.target, host=host, **fields))  # type: ignore[arg-type]


def written(*scans: ServerScan, run: str = "reports/run", info: RunInfo = INFO) -> dict[str, bytes]:
    rows = [at(scan, scan.target.host, line=line) for line, scan in enumerate(scans, start=2)]
    files = fix_files(assess(rows, info), run=run, words=wording())
    assert files[0].path == "README.md"
    assert len({file.path for file in files}) == len(files)
    return {file.path: file.content for file in files}


def texts(files: dict[str, bytes], folder: str = "") -> dict[str, str]:
    """The Markdown in a folder."""
    return {
        path: content.decode()
        for path, content in files.items()
        if path.startswith(folder) and path.endswith(".md")
    }


def only_server(scan: ServerScan) -> str:
    (text,) = texts(written(scan), "servers/").values()
    return text


def folders(files: dict[str, bytes]) -> set[str]:
    return {posixpath.dirname(path) for path in files} - {""}


def without_dhe(scan: ServerScan) -> ServerScan:
    return replace(
        scan, dhe=DheSuites((), SuiteOrder.UNKNOWN, "curves+ems", complete=True), zeros=None, share=None
    )


@cache
def some_scans(step: int) -> tuple[ServerScan, ...]:
    """Every n-th of all the ways a server can be; the steps divide none of the numbers of those ways."""
    return tuple(landing_scans())[::step]


# --- Markdown as another maker's parser reads it


def said(token: Token) -> str:
    return "".join(child.content for child in token.children or ())


def headings(text: str) -> list[str]:
    tokens = PARSER.parse(text)
    return [said(tokens[n + 1]) for n, token in enumerate(tokens) if token.type == "heading_open"]


def items(text: str) -> list[str]:
    tokens = PARSER.parse(text)
    return [said(tokens[n + 2]) for n, token in enumerate(tokens) if token.type == "list_item_open"]


def code_blocks(text: str) -> list[str]:
    return [token.content for token in PARSER.parse(text) if token.type == "fence"]


def links(text: str) -> list[str]:
    children = [child for token in PARSER.parse(text) for child in token.children or ()]
    return [str(child.attrs["href"]) for child in children if child.type == "link_open"]


def servers_table(text: str) -> list[list[str]]:
    """The rows of the README's table."""
    rows: list[list[str]] = []
    tokens = PARSER.parse(text)
    for n, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            rows[-1].append(said(tokens[n + 1]))
    return rows[1:]


def reading(text: str) -> str:
    """All that is said, in one line."""
    return " ".join(said(token) for token in PARSER.parse(text) if token.type == "inline")


def skeleton(text: str) -> list[str]:
    """The markup alone: what blocks and spans there are, where links lead, what stands in code."""
    bones: list[str] = []
    for token in PARSER.parse(text):
        bones.append(f"{token.type} {token.content if token.type == 'fence' else ''}")
        spans = [child for child in token.children or () if child.type != "text"]
        bones += [f"{child.type} {child.attrs.get('href', '')}" for child in spans]
    return bones


# --- laws: a file per server, links, no bad advice


def test_each_server_with_dhe_has_one_file_and_one_row() -> None:
    cases = (*some_scans(13), *map(without_dhe, some_scans(1009)))
    scans = [at(scan, f"h{n}.example") for n, scan in enumerate(cases)]
    files = written(*scans)
    with_dhe = [scan.target.endpoint for scan in scans if accepts_dhe(scan)]
    assert 0 < len(with_dhe) < len(scans)
    assert [headings(text)[0] for text in texts(files, "servers/").values()] == with_dhe
    readme = files["README.md"].decode()
    assert sorted(row[1] for row in servers_table(readme)) == sorted(with_dhe)
    linked = [link for link in links(readme) if link.startswith("servers/")]
    assert sorted(linked) == sorted(texts(files, "servers/"))


def test_the_worst_servers_come_first_in_the_readme() -> None:
    scans = [at(scan, f"h{n}.example") for n, scan in enumerate(some_scans(101))]
    rows = servers_table(written(*scans)["README.md"].decode())
    order = ["Critical", "High", "Medium"]
    said = [order.index(row[0]) for row in rows]
    assert said == sorted(said)
    assert len(set(said)) > 1


def test_a_servers_file_and_row_have_its_findings() -> None:
    for scan in some_scans(61):
        files = written(scan)
        found = judge(scan)
        (text,) = texts(files, "servers/").values()
        assert [item.split()[0] for item in items(text) if item.startswith("DHE")] == [e.rule for e in found]
        ((_, _, _, rules, _, _),) = servers_table(files["README.md"].decode())
        assert rules.split() == [each.rule for each in found]


@pytest.mark.parametrize("software", ["", "nginx", "Tomcat 9", "an appliance"])
def test_every_link_and_every_folder_that_is_named_is_there(software: str) -> None:
    for scan in some_scans(97):
        files = written(at(scan, software=software))
        for path, text in texts(files).items():
            if path.startswith("windows/"):
                continue
            here = posixpath.dirname(path)
            for link in links(text):
                assert posixpath.normpath(posixpath.join(here, link)) in files, (path, link)
            for name in re.findall(r"\.\./(\w+)/", reading(text)):
                assert any(each.startswith(f"{name}/") for each in files), (path, name)


@pytest.mark.parametrize("software", ["", "nginx", "Tomcat 9", "an appliance"])
def test_nobody_is_locked_out_by_what_is_advised(software: str) -> None:
    seen = 0
    for scan in (at(each, software=software) for each in some_scans(29)):
        advice = advise(scan, judge(scan))
        if advice.locked_out:
            seen += 1
            text = only_server(scan)
            assert "Switch the DHE suites of the server off" not in reading(text)
            assert {name_of(each, wording()) for each in advice.locked_out} <= set(items(text))
            assert_the_edit_lets_them_in_or_says_that_it_does_not(text, software, advice)
    assert seen > 20


def assert_the_edit_lets_them_in_or_says_that_it_does_not(text: str, software: str, advice: Advice) -> None:
    commands = "".join(code_blocks(text))
    if software == "nginx":
        assert "The edit below enables these suites as well" in reading(text)
        assert ":ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA" in commands
    elif software:
        assert "would lock the clients above out" in reading(text) or "No edit is known" in reading(text)
        assert "ECDHE" not in commands
    else:
        assert not commands
    if software in ("nginx", "Tomcat 9"):
        assert ", ".join(map(suite_name, advice.add_suites)) in reading(text)


# --- laws: names of files

HOSTS = st.one_of(
    st.text(st.characters(), max_size=300),
    st.lists(
        st.sampled_from(
            ["..", "/", "\\", ".", "a", "A", "_", "-", "\0", "con", "nul", ":", "*", "é", "\ud800"]
        ),
        max_size=12,
    ).map("".join),
)
AGAIN = st.lists(HOSTS, max_size=2)


def assert_safe(paths: Iterable[str]) -> None:
    for path in paths:
        assert re.fullmatch(r"servers/[A-Za-z0-9_-][A-Za-z0-9._-]*\.md", path), path
        assert len(path) < 200
        assert posixpath.basename(path).partition(".")[0].casefold() not in DEVICES


@given(
    hosts=st.lists(HOSTS, min_size=1, max_size=4),
    names=AGAIN.map(lambda names: [None, *names]),
    ports=st.lists(st.integers(1, 65535), min_size=1, max_size=2, unique=True),
)
@example(
    hosts=["../../etc/x", "..\\..\\etc\\x", "/etc/x", "a/b", "a_b", "a\\b", "a\0b"], names=[None], ports=[443]
)
@example(hosts=["CON", "con", "con.example", "NUL.", "aux.b.c", "com1.x", "lpt9.x"], names=[None], ports=[1])
@example(hosts=["x" * 300, "x" * 299 + "y", "x" * 76], names=[None, "y" * 300], ports=[443])
@example(hosts=["...", ".htaccess", "..", ".", ""], names=[None, "..", "../b"], ports=[443])
@example(hosts=["ä.example", "ö.example", "_.example", "\u202egnp.exe"], names=[None], ports=[443])
@example(hosts=["a", "a_4", "a_4_4"], names=[None, "4", "4_4"], ports=[4, 44])
@example(hosts=["A.example", "a.example", "a.EXAMPLE"], names=[None], ports=[443])
@example(hosts=["2001:db8::1", "2001_db8__1"], names=[None, "a"], ports=[443])
def test_a_file_stays_in_its_folder_and_has_its_name_alone(
    hosts: list[str], names: list[str | None], ports: list[int]
) -> None:
    scans = [
        at(server(), host, port=port, server_name=name) for host in hosts for name in names for port in ports
    ]
    paths = [path for path in written(*scans) if path.startswith("servers/")]
    assert len({path.casefold() for path in paths}) == len(scans)
    assert_safe(paths)


def test_one_place_with_several_protocols_has_as_many_files() -> None:
    scans = [at(server(), starttls=protocol) for protocol in StartTls]
    paths = [path for path in written(*scans) if path.startswith("servers/")]
    assert len({path.casefold() for path in paths}) == len(StartTls)
    assert_safe(paths)


def test_a_name_does_not_hang_on_who_else_is_there() -> None:
    """A file that was handed on is still that server's after the next run."""
    odd, plain = at(server(), "a/b"), at(server(), "a_b")
    alone = [path for path in written(odd) if path.startswith("servers/")]
    after_another = [path for path in written(plain, odd) if path.startswith("servers/")]
    assert alone == after_another[1:]


def test_a_normal_host_can_be_read_in_the_name() -> None:
    assert "servers/a.example_443.md" in written(server())
    assert "servers/192.0.2.1_8443_www.example.md" in written(
        at(server(), "192.0.2.1", port=8443, server_name="www.example")
    )


# --- laws: hostile text

HOSTILE = st.one_of(
    st.lists(
        st.sampled_from(
            [
                *(
                    "```",
                    "`",
                    "\n",
                    "\n\n",
                    "\r",
                    "# ",
                    "- ",
                    "1. ",
                    "|",
                    "](",
                    "[",
                    "](http://x.example)",
                    "<b>",
                ),
                *(
                    "<!--",
                    "&lt;",
                    "*",
                    "_",
                    "\\",
                    "    ",
                    "{file}",
                    "{",
                    "~~",
                    "\0",
                    "\x1b",
                    "\u202e",
                    "a",
                    "B",
                ),
            ]
        ),
        min_size=1,
        max_size=8,
    ).map("".join),
    st.text(st.characters(), min_size=1, max_size=30),
).filter(lambda text: bool(visible(text).strip()) and server_edit(text) is None)


def hostile_run(software: str, host: str, notes: str, client: str) -> tuple[dict[str, str], ServerScan]:
    """The texts about a server that is not ours, with two clients that have these names."""
    locked_out = replace(landing("windows-7", ON_DHE, REFUSED), client_name=client)
    own = replace(landing("windows-till"), client_name=client, offer_name=client)
    scan = at(server(locked_out, own, managed=False), host, software=software, notes=notes, owner=notes)
    info = replace(INFO, run_id=notes, tool_version=notes)
    files = written(scan, run=notes, info=info)
    # What is the same whoever is asked.
    paths = [path for path in texts(files) if path.startswith(("README", "servers/"))]
    return {path: texts(files)[path] for path in paths}, scan


@given(software=HOSTILE, host=HOSTILE, notes=HOSTILE, client=HOSTILE)
@example(software="x\n```\n# y", host="a](b)", notes="- ", client="1. x")
@example(software="| a | b |", host="a|b", notes="|", client="    code")
@example(software="{file}", host="<script>", notes="&amp;", client="&lt;script&gt;")
@example(software="</td>", host="# a", notes="# b", client="---")
def test_hostile_text_is_no_markup_and_leaves_no_block(
    software: str, host: str, notes: str, client: str
) -> None:
    files, scan = hostile_run(software, host, notes, client)
    tame, _ = hostile_run("an appliance", "a.example", "notes", "client")
    (readme, text), (tame_readme, tame_text) = files.values(), tame.values()
    _, path = files
    of_tame, of_hostile = (re.escape(posixpath.basename(each)) for each in (tuple(tame)[1], path))
    assert skeleton(text) == skeleton(tame_text)
    assert [re.sub(of_hostile, "FILE", bone) for bone in skeleton(readme)] == [
        re.sub(of_tame, "FILE", bone) for bone in skeleton(tame_readme)
    ]
    shown = visible(scan.target.endpoint).strip()
    assert headings(text)[0].strip() == servers_table(readme)[0][1].strip() == shown
    assert visible(software) in reading(text)
    assert visible(client).strip() in [item.strip() for item in items(text)]


# --- cases: the edit


@pytest.mark.parametrize("name", SERVER_EDITS)
def test_the_edit_of_the_application_is_written_as_it_is(name: str) -> None:
    edit = server_edit(name)
    assert edit is not None
    scan = at(server(landing("windows-7")), software=name)
    assert code_blocks(only_server(scan)) == blocks_of(edit, check_command(scan))


def blocks_of(edit: ServerEdit, check: str) -> list[str]:
    lines = "".join(f"{line}\n" for line in edit.lines)
    commands = [edit.command_for(), edit.reload, check, edit.undo_for()]
    return [block for block in [lines, *(f"{command}\n" for command in commands if command)] if block]


def test_what_was_not_tried_is_not_called_verified() -> None:
    for name in SERVER_EDITS:
        edit = server_edit(name)
        assert edit is not None
        said = reading(only_server(at(server(landing("windows-7")), software=name)))
        assert ("Not verified" in said) is not edit.verified


def test_an_ipv6_address_has_its_brackets_in_the_check() -> None:
    scan = at(server(landing("windows-7")), "2001:db8::1", software="nginx")
    assert "-connect '[2001:db8::1]:443' -tls1_2" in check_in(scan)


def check_in(scan: ServerScan) -> str:
    """The command of a server's file that tells whether DHE is left."""
    (command,) = [each for each in code_blocks(only_server(scan)) if each.startswith("openssl s_client")]
    return command


def locked_out_by(*suites: int) -> ServerScan:
    shut_out = replace(landing("windows-7", ON_DHE, REFUSED), shut_out=suites)
    return at(server(shut_out), software="nginx")


def test_a_suite_that_no_edit_may_switch_on_is_not_added() -> None:
    """Java 7 and OpenSSL 1.0.2 offer RC4 and 3DES with ECDHE, beside better ones."""
    text = only_server(locked_out_by(ECDHE_RSA_RC4, 0xC014, ECDHE_RSA_3DES, 0xC013))
    (_, command, *_) = code_blocks(text)
    assert "ECDHE-RSA-AES256-SHA:ECDHE-RSA-AES128-SHA:!kDHE" in command
    assert not re.search("RC4|3DES|DES-CBC3", command)
    assert (
        "The edit below enables these suites as well, so that nobody is locked out: "
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA." in reading(text)
    )


def test_where_no_edit_can_let_them_in_there_is_none() -> None:
    """A command that is there gets run: one that only takes DHE away would lock them out."""
    text = only_server(locked_out_by(ECDHE_RSA_CAMELLIA))
    assert code_blocks(text) == []
    assert "No edit for nginx yet" in reading(text)
    assert suite_name(ECDHE_RSA_CAMELLIA) in reading(text)


def test_without_a_suite_that_fits_the_certificate_the_advice_is_another_certificate() -> None:
    scan = server(landing("windows-vista", Landed(TLS12, DSS, group=0), REFUSED), shown=DSS, software="nginx")
    said = reading(only_server(scan))
    assert "Don't just switch DHE off" in said
    assert "an RSA certificate and a suite with ECDHE_RSA would let them in" in said
    assert code_blocks(only_server(scan)) == []


def test_the_edit_of_an_application_that_nobody_named_has_a_warning() -> None:
    files = written(server(landing("windows-7", ON_DHE, REFUSED)))
    for text in texts(files, "applications/").values():
        assert "would be locked out" in reading(text)


@pytest.mark.parametrize(
    ("software", "versions"),
    [
        ("IIS 8.5", {"windows-8.1"}),
        ("Microsoft-IIS/7.5", {"windows-7"}),
        ("Windows Server 2012", {"windows-8"}),
        ("SQL Server 2019", {"windows-7", "windows-8", "windows-8.1", "windows-10-1507"}),
    ],
)
def test_a_windows_server_gets_the_edits_of_its_own_version(software: str, versions: set[str]) -> None:
    files = written(at(server(landing("chrome", OFF_DHE)), software=software))
    assert {path.split("/")[1] for path in files if path.startswith("windows/")} == versions
    (text,) = texts(files, "servers/").values()
    assert "The server is Windows itself" in reading(text)
    assert not texts(files, "applications/")


def test_a_check_by_hand_reaches_the_same_server() -> None:
    scan = at(server(landing("windows-7")), software="nginx", server_name="www.example", port=25)
    assert "-connect a.example:25 -servername www.example -starttls smtp -tls1_2" in check_in(scan)
    assert "a.example:25 (www.example)" in headings(only_server(scan))[0]


def test_what_is_not_ours_points_to_windows_only_where_that_helps() -> None:
    helped = at(server(landing("windows-7"), managed=False))
    assert "../windows/" in reading(only_server(helped))
    left_out = at(server(landing("windows-7", ON_DHE, REFUSED), managed=False))
    assert "../windows/" not in reading(only_server(left_out))


def test_every_client_that_is_known_can_be_locked_out_of_nginx() -> None:
    for scan in every_client_locked_out():
        assert "The edit below enables these suites as well" in reading(only_server(scan))


def every_client_locked_out() -> Iterable[ServerScan]:
    for profile in built_in_profiles():
        for offer in profile.offers:
            suites = tuple(code for hello in offer.hellos for code in hello.without_dhe.suites)
            shut_out = landing(profile.id, ON_DHE, REFUSED, must_not_break=True)
            yield at(server(replace(shut_out, shut_out=suites)), software="nginx")


# --- cases: which folders


def test_software_that_is_not_known_gets_every_edit_to_choose_from() -> None:
    for software, sentence in (("", "doesn't name the application"), ("F5 BIG-IP", "known for F5 BIG-IP")):
        files = written(server(software=software))
        assert {path for path in files if path.startswith("applications/")} == {
            f"applications/{name}.md" for name in SERVER_EDITS
        }
        (text,) = texts(files, "servers/").values()
        assert sentence in reading(text)
        assert "../applications/" in reading(text)
        assert code_blocks(text) == []
    for name in SERVER_EDITS:
        edit = server_edit(name)
        assert edit is not None
        text = files[f"applications/{name}.md"].decode()
        assert headings(text)[0] == edit.software
        assert code_blocks(text) == blocks_of(edit, ANYWHERE)


def test_known_software_needs_no_list_of_all() -> None:
    files = written(server(software="nginx/1.22"), at(server(), "b.example", software="Tomcat"))
    assert "applications" not in folders(files)
    assert "Edits by application" not in headings(files["README.md"].decode())


def test_a_server_that_is_not_ours_sends_to_windows() -> None:
    ours, theirs = (
        only_server(server(landing("windows-7"), managed=managed, software="nginx"))
        for managed in (True, False)
    )
    assert "this server is not yours" in reading(theirs)
    assert "../windows/" in reading(theirs)
    assert "not yours" not in reading(ours)
    assert "../windows/" not in reading(ours)


def test_no_windows_is_sent_for_where_none_meets_dhe() -> None:
    files = written(server(landing("java-8"), managed=False, z=zeros(PremasterZeros.KEPT)))
    assert "windows" not in "".join(folders(files))
    (text,) = texts(files, "servers/").values()
    assert "windows/" not in text


@pytest.mark.parametrize(
    ("landings", "expected"),
    [
        ([landing("windows-7"), landing("windows-8.1", OFF_DHE)], {"windows-7"}),
        ([landing("windows-8.1"), landing("windows-11-21h2", fix="yes")], {"windows-8.1"}),
        ([landing("windows-10-1607", fix="depends")], {"windows-10-1607"}),
        ([landing("windows-8", UNCLEAR)], {"windows-8"}),
        ([landing("windows-8", REFUSED), landing("java-8")], set()),
        ([landing("windows-vista")], set()),
        ([], {"windows-7", "windows-8", "windows-8.1", "windows-10-1507"}),
    ],
)
def test_only_an_unfixed_windows_that_lands_has_a_folder(
    landings: Sequence[Landing], expected: set[str]
) -> None:
    files = written(server(*landings))
    versions = {version.id: version for version in WINDOWS_VERSIONS}
    assert folders(files) - {"servers", "applications"} == {f"windows/{name}" for name in expected}
    for name in expected:
        for each in windows_edit_files(versions[name], wording()):
            assert files[f"windows/{name}/{each.name}"] == each.content
    assert [link for link in links(files["README.md"].decode()) if link.startswith("windows/")] == [
        f"windows/{version.id}/README.md" for version in WINDOWS_VERSIONS if version.id in expected
    ]


def test_a_server_that_was_not_replayed_hides_no_windows_of_another() -> None:
    depends = landing("windows-10-1607", fix="depends")
    for scans in ((server(), server(depends)), (server(depends), server())):
        assert "windows/windows-10-1607" in folders(written(scans[0], at(scans[1], "b.example")))


def test_a_windows_without_an_edit_is_named() -> None:
    vista = replace(landing("windows-vista"), client_name="Windows Vista")
    readme = written(server(vista))["README.md"].decode()
    assert "There is no edit here for Windows Vista" in reading(readme)


@pytest.mark.parametrize(
    "scans", [(), (without_dhe(server()),), (without_dhe(server(landing("windows-7"))),)]
)
def test_where_nothing_is_to_be_done_the_readme_says_so_alone(scans: tuple[ServerScan, ...]) -> None:
    files = written(*scans)
    assert set(files) == {"README.md"}
    assert "there is nothing to change" in reading(files["README.md"].decode())


def test_the_readme_names_the_run() -> None:
    readme = written(server(), run="reports/my_run_*")["README.md"].decode()
    assert "tlsprobe verify reports/my_run_* probes" in reading(readme)
