"""The edit on the page: all that `fix` writes for the server, and none for another TLS library."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tests.unit.landing_cases import REFUSED, landing, server
from tests.unit.run_infos import run_info
from tests.unit.sample_scans import SAMPLE
from tlsprobe.assessment import Assessment, assess, judged
from tlsprobe.facts import ServerScan
from tlsprobe.inventory import StartTls
from tlsprobe.remedy.check import check_command
from tlsprobe.remedy.folder import fix_files
from tlsprobe.remedy.servers import SERVER_EDITS, server_edit
from tlsprobe.report import html
from tlsprobe.report.edit_view import edit
from tlsprobe.stacks import identify
from tlsprobe.wording import wording


class Blocks(HTMLParser):
    """What stands in <pre>, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[str] = []
        self.text = ""
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "pre" or (self._inside and tag == "code")
        self.blocks += [""] if tag == "pre" else []

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "pre"

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._inside:
            self.blocks[-1] += data


def page(run: Assessment) -> Blocks:
    shown = Blocks()
    shown.feed(html.render(run))
    return shown


def on(software: str, scan: ServerScan | None = None, **fields: object) -> ServerScan:
    scan = scan or server(landing("windows-7"))
    target = replace(scan.target, software=software, **fields)  # type: ignore[arg-type]
    return replace(scan, target=target)


@pytest.mark.parametrize("name", SERVER_EDITS)
def test_the_page_has_every_block_of_the_servers_file(name: str) -> None:
    scan = on(name, server_name="www.example", port=25)
    run = assess([scan], run_info())
    shown, made = page(run), server_edit(name)
    assert made is not None
    assert shown.blocks == [
        "\n".join(made.lines),
        made.command_for(),
        made.reload,
        check_command(scan),
        made.undo_for(),
    ]
    (file,) = (each for each in fix_files(run, run="x", words=wording()) if each.path.startswith("servers/"))
    for block in shown.blocks:
        assert f"\n{block}\n" in file.content.decode()
    for key in (made.apply_key, made.undo_key, *made.note_keys):
        assert wording().say(key, file=made.file) in shown.text


def test_the_check_goes_where_the_server_is_and_asks_for_dhe_alone() -> None:
    scan = on("nginx", server_name="www.example", port=25)
    assert check_command(scan) == (
        "openssl s_client -connect a.example:25 -servername www.example -starttls smtp -tls1_2 "
        "-cipher DHE:@SECLEVEL=0"
    )
    assert scan.dhe is not None
    old = replace(scan.dhe, accepted=tuple(replace(each, version=0x0301) for each in scan.dhe.accepted))
    assert " -tls1 -cipher" in check_command(replace(scan, dhe=old))


@pytest.mark.parametrize("protocol", [StartTls.RDP, StartTls.MSSQL])
def test_there_is_no_check_by_hand_that_would_fail_in_any_case(protocol: StartTls) -> None:
    scan = on("nginx", starttls=protocol)
    assert check_command(scan) == ""
    assert not any("s_client" in block for block in page(assess([scan], run_info())).blocks)


WITH_NSS = next(scan for scan in SAMPLE if identify(scan).family == "nss")


@pytest.mark.parametrize("software", ["lighttpd", "nginx", "Exim"])
def test_an_edit_for_another_library_is_not_given_and_that_is_said(software: str) -> None:
    scan = on(software, WITH_NSS)
    made, view = server_edit(software), edit(judged(scan), wording())
    assert made is not None
    assert view is not None
    assert (view.command, view.lines, view.undo, view.notes) == ("", "", "", ())
    library = {"openssl": "OpenSSL", "gnutls": "GnuTLS"}[made.libraries[0]]
    assert f"with {library}, and by its answers this server does TLS with NSS" in " ".join(view.said)
    files = fix_files(assess([scan], run_info()), run="x", words=wording())
    (file,) = (each.content.decode() for each in files if each.path.startswith("servers/"))
    assert made.command_for() not in file
    assert "does TLS with NSS" in file


def test_the_edit_is_given_where_the_library_is_its_own_or_is_not_known() -> None:
    openssl = next(scan for scan in SAMPLE if identify(scan).family == "openssl")
    for scan in (openssl, server(landing("windows-7"))):
        view = edit(judged(on("lighttpd", scan)), wording())
        assert view is not None
        assert view.command


@pytest.mark.parametrize("software", ["Microsoft IIS", "Exchange"])
def test_a_windows_server_gets_its_edit_by_policy(software: str) -> None:
    view = edit(judged(on(software)), wording())
    assert view is not None
    assert view.said == (wording().say("report.edit.windows"),)
    assert view.command == ""


def test_where_somebody_would_be_locked_out_and_nothing_can_be_added_there_is_no_edit() -> None:
    """The only suites that the client could have instead have no name in any cipher string."""
    stranded = replace(landing("windows-7", without_dhe=REFUSED), shut_out=(0xFFFF,))
    view = edit(judged(on("nginx", server(stranded))), wording())
    assert view is not None
    assert view.said == (wording().say("fix.server-file.not-yet", software="nginx"),)
    assert (view.command, view.lines) == ("", "")
