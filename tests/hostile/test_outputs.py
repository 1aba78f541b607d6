"""A hostile inventory and a hostile server, through every command: what they write runs nothing and is whole.

The laws of each output have their own tests; here are real runs, and every byte that they leave behind.
"""

from __future__ import annotations

import base64
import csv
import html
import io
import json
import os
import re
import shlex
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from xml.etree import ElementTree as ET

import pytest

from tests.cli.test_cli import tlsprobe
from tests.hostile.servers import serving
from tests.unit.test_banners import challenge
from tests.unit.test_report import Page
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.journal import INVENTORY, JOURNAL, read_scans

# What each column may hold that comes from somebody else's database.
HOSTILE = (
    "../../../../tmp/owned",
    "/etc/cron.d/owned",
    "C:\\Windows\\owned",
    "CON",
    "aux.txt",
    "...",
    "<script>document.title='owned'</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 191 }}{% raw %}",
    "$(touch owned) `touch owned`; touch owned #",
    "' ; touch owned ; '",
    "\u2018; touch owned; \u2019",
    "x\nHost evil.example\n\n```\n# heading\n```sh\ntouch owned",
    "x\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\owned]\r\n",
    "[text](javascript:alert(1)) ![x](http://evil.example/x.png)",
    "\u202egpj.exe\u2066\u200f",
    "\x1b]0;owned\x07\x1b[2J\x1b[31m\x9b31m\x00",
    '=HYPERLINK("http://evil.example")',
    "\uff1dcmd|' /C calc'!A1",
    "\t=1+1",
    "\r=1+1",
    ";@SUM(1)",
    "]]>\ufffe\uffff",
    "A" * 65_536,
)
SAYS = b"<script>alert(1)</script>\x1b[31m=1+1 ${7*7} `x` \xff\xfe\xe2\x80\xae"
_ACTS = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]"
)
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Left:
    """What the commands said, and the folder that they wrote to."""

    said: dict[str, str]
    folder: Path

    def files(self, pattern: str) -> list[Path]:
        """The files of this name that tlsprobe made; the inventory is kept as it came."""
        found = [
            path
            for path in self.folder.rglob(pattern)
            if path.is_file() and path.name not in (INVENTORY, "cmdb.csv")
        ]
        assert found, pattern
        return found


def http_server(folder: Path) -> ssl.SSLContext:
    """A context with DHE of 2048 bits and no other key exchange."""
    credentials = make_credentials(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(credentials.rsa.certificate, credentials.rsa.key)
    context.load_dh_params(str(credentials.dh_files["rfc3526-2048"]))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DHE-RSA-AES128-GCM-SHA256")
    return context


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    folder = tmp_path_factory.mktemp("hostile")
    context = http_server(tmp_path_factory.mktemp("credentials"))
    name = base64.b64encode(challenge(target="<script>alert(1)</script>\x1b[31m=1+1\u202e"))
    headers = (b"Server: " + SAYS, b"X-Powered-By: " + SAYS, b"WWW-Authenticate: NTLM " + name)
    answer = b"\r\n".join((b"HTTP/1.1 401 No", *headers, b"", b""))

    def behave(connection: socket) -> None:
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(65536)
            tls.sendall(answer)

    with serving("127.75.0.1", behave) as place:
        with (folder / "cmdb.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            columns = ("owner", "environment", "notes", "software", "clients", "=cmd|x", "<b>{{ 7 }}", "../x")
            rows.writerow(("host", "port", "server_name", *columns))
            for number, text in enumerate(HOSTILE, start=1):
                cells = [text] * len(columns) if len(text) < 1000 else [text]
                rows.writerow((f"127.75.1.{number}", 9, "", *cells))
            # The one that answers has something of each; a row of more than 50 lines would be none.
            every = HOSTILE[:-1]
            cells = ["|".join(every), "test", "|".join(every), *every[-len(columns) + 3 :]]
            rows.writerow((place.host, place.port, "www.example.com", *cells))
            # Nobody is connected to for these: they are bad rows.
            for text in every:
                if text in ("CON", "aux.txt"):
                    continue  # hosts, as far as anybody can tell
                rows.writerow((text, 443, "", "", "", "", "", "", "", "", ""))
                rows.writerow(("a.example", text, text, "", "", "", "", "", "", "", ""))
        yield Left(commands(folder), folder)


def commands(folder: Path) -> dict[str, str]:
    every = "html,csv,sarif,junit,jsonl"
    said = {}
    for arguments, code in (
        (("scan", "cmdb.csv", "--out", "run", "--format", every, "-v", "--timeout", "5"), 1),
        (("scan", "cmdb.csv", "--dry-run"), 0),
        (("report", "run", "--out", "ja", "--lang", "ja", "--format", every, "--stdout", "findings"), 1),
        (("report", "run", "--split-by", "owner", "--format", "html,csv"), 1),
        (("report", "run", "--split-by", "../x", "--format", "csv", "--stdout", "csv"), 1),
        (("fix", "run"), 0),
        (("fix", "run", "--out", "fix-ja", "--lang", "ja"), 0),
        (("diff", "run", "run"), 0),
        (("diff", "run", "run", "--stdout", "jsonl"), 0),
        (("verify", "run", "-v"), 1),
    ):
        done = tlsprobe(*arguments, cwd=folder)
        assert done.returncode == code, (arguments, done.stderr)
        said[" ".join(arguments)] = done.stdout + done.stderr
    return said


def test_the_server_was_heard_and_the_inventory_read(left: Left) -> None:
    scans = read_scans(left.folder / "run")
    assert len(scans) == len(HOSTILE) + 1
    banners = [each.text for scan in scans for each in scan.banners]
    assert any("<script>" in text for text in banners)
    names = [each.text for scan in scans for each in scan.banners if each.source == "ntlm"]
    assert names
    assert all("<script>" in name for name in names)
    assert "127.75.0.1" in left.said["diff run run --stdout jsonl"]


def test_nothing_acts_on_a_terminal_or_turns_a_line_round(left: Left) -> None:
    for command, text in left.said.items():
        assert not _ACTS.search(text), command
    for path in left.files("*"):
        data = path.read_bytes()
        encoding = "utf-16" if path.suffix == ".reg" else "utf-8-sig"
        text = data.decode(encoding)
        # JSON writes them as \u001b, and the journal has what was said, as it was said.
        if path.name != JOURNAL:
            assert not _ACTS.search(text), path
        else:
            assert not re.search(r"[\x00-\x09\x0b-\x1f]", text)


def test_every_file_is_in_its_folder_and_has_a_name_for_any_system(left: Left) -> None:
    assert sorted(path.name for path in left.folder.iterdir()) == [
        "cmdb.csv",
        "fix-ja",
        "ja",
        "run",
        *verified(left),
    ]
    for path in left.folder.rglob("*"):
        assert not path.is_symlink()
        for name in path.relative_to(left.folder).parts:
            assert not _DEVICE.fullmatch(name), path
            assert re.fullmatch(r"[\w.-]+", name), path
            assert not name.endswith("."), path
            assert len(name.encode()) <= 255
    # Each owner has a folder, and none two.
    assert len([*(left.folder / "run" / "by-owner").iterdir()]) >= len(HOSTILE)


def verified(left: Left) -> list[str]:
    """The folder that verify wrote beside the run."""
    return [path.name for path in left.folder.iterdir() if path.name.startswith("run-")]


def test_pages_run_nothing_but_their_own_script_and_load_nothing(left: Left) -> None:
    for path in left.files("*.html"):
        text = html.unescape(path.read_text())
        page = Page(path.read_text())  # no inline handler, every tag closed
        assert text.index("Content-Security-Policy") < text.index("<style") < text.index("<script")
        assert "default-src 'none'" in text
        assert page.tags.count("script") == 2, path
        assert not {"img", "iframe", "object", "embed", "form", "base", "link"} & {*page.tags}
        assert all(each.startswith("#") for each in page.references)
        assert "1337" not in page.text


def test_tables_have_no_formula_and_one_line_a_row(left: Left) -> None:
    for path in left.files("*.csv"):
        text = path.read_bytes().decode()
        rows = [*csv.reader(io.StringIO(text, newline=""), strict=True)]
        assert text.count("\n") == len(rows)
        assert len({len(row) for row in rows}) == 1
        for cell in (cell for row in rows for cell in row):
            if not re.fullmatch(r"-|[+-]?[0-9]+(\.[0-9]+)?", cell):
                assert not re.match(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]", cell), path


def test_what_programs_read_is_well_formed(left: Left) -> None:
    for path in left.files("*.junit.xml"):
        assert len([*ET.fromstring(path.read_bytes()).iter("testcase")]) > len(HOSTILE)  # noqa: S314
    for path in left.files("*.sarif"):
        uris = re.findall(r'"uri": "([^"]*)"', path.read_text())
        assert {uri for uri in uris if not uri.startswith("https://")} == {"cmdb.csv"}
        assert json.loads(path.read_text())["runs"]
    for path in left.files("*.jsonl"):
        assert all(isinstance(json.loads(line), dict) for line in path.read_text().splitlines())


def test_scripts_hold_no_word_from_outside(left: Left) -> None:
    for pattern in ("*.ps1", "*.reg", "*.txt"):
        for path in left.files(pattern):
            text = path.read_bytes().decode("utf-16" if path.suffix == ".reg" else "utf-8-sig")
            assert "owned" not in text
            assert "127.75" not in text


def test_a_command_to_copy_is_one_line_that_runs_one_program(left: Left, tmp_path: Path) -> None:
    for path in left.files("*.md"):
        text = path.read_text()
        # No link but ours, and no address that a viewer makes one of.
        assert not re.search(r"(?<!\\)\]\((?!servers/|windows/|applications/|\.\./|windows-)", text)
        assert "http://" not in text
        blocks = re.findall(r"^(```+)sh\n(.*?)\n\1$", text, re.M | re.S)
        for _, script in blocks:
            assert "owned" not in script
            # The shell reads it, and would run nothing of a stranger's.
            assert subprocess.run(["sh", "-n", "-c", script], check=False).returncode == 0
            if script.startswith("openssl "):
                words = shlex.split(script)
                assert words[:3] == ["openssl", "s_client", "-connect"]
                assert not {";", "|", "&", "&&", ">"} & {*words}
    assert not [path for path in (left.folder, tmp_path, Path.cwd()) if (path / "owned").exists()]
    assert not os.path.lexists("/tmp/owned")  # noqa: S108
