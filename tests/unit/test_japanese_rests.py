"""No English is left where people read Japanese: only names, ids, and what a server or the system said."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

import tlsprobe
from tests.unit.assessments import not_asked
from tests.unit.landing_cases import ON_DHE, REFUSED, landing, server
from tests.unit.run_infos import run_info
from tests.unit.test_translations import SAMPLE, Shown
from tlsprobe.assessment import Assessment, assess, judged
from tlsprobe.clients.profile import built_in_profiles, parse_profiles
from tlsprobe.facts import Landing, ServerScan, Status
from tlsprobe.inventory import Target
from tlsprobe.journal import read_run_info, read_scans
from tlsprobe.remedy.folder import fix_files
from tlsprobe.remedy.server_table import ROWS
from tlsprobe.remedy.windows import WINDOWS_VERSIONS
from tlsprobe.report import html
from tlsprobe.report.clients_list import print_client, print_clients
from tlsprobe.report.terminal import print_server, print_summary
from tlsprobe.report.writing import endpoints_frame, findings_frame
from tlsprobe.rules import name_of
from tlsprobe.verification import compare
from tlsprobe.verified import print_verification
from tlsprobe.wording import SENTENCES, clients, wording

# Two words or more in a row, the second in small letters: a phrase, and not the name of a product.
_RUN = re.compile(r"(?<![\w./:@<-])[A-Za-z][a-z']+(?:[,;]? [a-z']{2,})+(?![\w./-])")
_HEX = re.compile(r"\b(?:[0-9a-f]{2} ){2,}(?:[0-9a-f]{2}\b)?")


def names(scans: tuple[ServerScan, ...]) -> Iterator[str]:
    """What stays as it is: names, and what others said."""
    yield from ("tlsprobe fix", "tlsprobe clients", "tlsprobe verify", "tlsprobe scan", "tlsprobe report")
    yield from (row.software for row in ROWS)
    yield from (version.source for version in WINDOWS_VERSIONS)
    for scan in scans:
        yield from (group.name for group in scan.groups if group.name)
        yield from (banner.text for banner in scan.banners)
        yield from (source for found in judged(scan).findings for source in found.sources)
        yield from (text for tag in scan.target.tags for text in tag)
        yield from filter(None, (scan.detail, scan.target.software))


def english_in(texts: list[str], allowed: list[str]) -> list[str]:
    # Names of one word are no phrase, and the longest go first: some hold others.
    phrases = {" ".join(name.split()) for name in allowed if len(name.split()) > 1}
    known = re.compile("|".join(map(re.escape, sorted(phrases, key=len, reverse=True))) or "(?!)")
    found = []
    for text in texts:
        plain = _HEX.sub(" | ", " ".join(text.split()))
        found += _RUN.findall(known.sub(" | ", plain))
    return found


def sample() -> tuple[Assessment, tuple[ServerScan, ...]]:
    scans = tuple(read_scans(SAMPLE))
    info = read_run_info(SAMPLE)
    return assess(scans, info), scans


def texts_of_the_page(run: Assessment, lang: str) -> list[str]:
    shown = Shown()
    shown.feed(html.render(run, lang=lang))
    return shown.text


@pytest.fixture
def console() -> Console:
    # So wide that no line is broken within a name.
    return Console(file=io.StringIO(), width=2000, color_system=None)


def lines(console: Console) -> list[str]:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_the_page_has_no_english_but_names() -> None:
    run, scans = sample()
    allowed = [*names(scans), run.info.command, *(flag for pair in run.info.flags.items() for flag in pair)]
    assert english_in(texts_of_the_page(run, "ja"), allowed) == []
    assert len(english_in(texts_of_the_page(run, "en"), allowed)) > 1000


def test_the_terminal_has_no_english_but_names(console: Console) -> None:
    run, scans = sample()
    print_summary(run, console, lang="ja", written=[Path("reports/x/report.html")])
    for each in run.servers:
        print_server(each, console, lang="ja")
    for scan in scans:
        print_verification(compare(scan, replace(scan, landings=())), console, lang="ja")
    assert english_in(lines(console), list(names(scans))) == []


def test_the_list_of_clients_has_no_english_but_names_and_sources(console: Console) -> None:
    print_clients(built_in_profiles(), console, lang="ja")
    for profile in built_in_profiles():
        print_client(profile, console, lang="ja")
    sources = [each.source for each in built_in_profiles()]
    sources += [offer.source for each in built_in_profiles() for offer in each.offers]
    also = [alias for each in built_in_profiles() for alias in each.aliases]
    assert english_in(lines(console), [*sources, *also, "tlsprobe clients"]) == []


def test_the_fix_folder_has_no_english_but_names_and_code() -> None:
    run, scans = sample()
    files = fix_files(run, run="x", words=wording("ja"))
    texts = [
        re.sub(r"```.*?```|`[^`]*`|^    .*?$", " ", file.content.decode("utf-8-sig"), flags=re.S | re.M)
        for file in files
        if file.path.endswith(".md")
    ]
    said = english_in([line for text in texts for line in text.splitlines()], list(names(scans)))
    assert said == []


def test_each_client_and_offer_is_named_in_japanese_wherever_it_is_named() -> None:
    """Every name that is more than a product's has its Japanese, and no other is said for it."""
    locked_out = [
        replace(
            landing(profile.id, ON_DHE, REFUSED, must_not_break=True),
            client_name=profile.name,
            offer=offer.id,
            offer_name=offer.name,
        )
        for profile in built_in_profiles()
        for offer in profile.offers
    ]
    scan = server(*locked_out, software="nginx")
    run = assess([scan], read_run_info(SAMPLE))
    findings = findings_frame(run, lang="ja")
    said = [
        *texts_of_the_page(run, "ja"),
        *findings["evidence"],
        *findings["recommendation"],
        *(file.content.decode("utf-8-sig") for file in fix_files(run, run="x", words=wording("ja"))[:2]),
    ]
    together = " ".join(said)
    for key, english in clients.SENTENCES.items():
        if not key.startswith("client.note."):
            assert english not in together, key
            assert wording("ja").say(key) in together, key


def test_what_is_said_of_clients_in_english_is_what_their_file_says() -> None:
    ours = {f"client.name.{each.id}": each.name for each in built_in_profiles()}
    ours |= {f"client.note.{each.id}": each.note for each in built_in_profiles() if each.note}
    ours |= {
        f"client.offer.{each.id}/{offer.id}": offer.name
        for each in built_in_profiles()
        for offer in each.offers
    }
    assert {key: ours.get(key) for key in clients.SENTENCES} == clients.SENTENCES
    phrases = re.compile(r"\b(?:to|and|or|the|later|older|before|where|by|default|is)\b")
    assert {key for key, name in ours.items() if phrases.search(name)} <= set(SENTENCES)
    assert {key for key in ours if ".note." in key} <= set(SENTENCES)


def named(**fields: str) -> str:
    client: Landing = replace(landing("windows-7"), client_name="Windows 7", **fields)  # type: ignore[arg-type]
    return name_of(client, wording("ja"))


def test_a_name_of_the_users_own_is_said_as_it_is_written() -> None:
    ours = "TLS 1.2, where it is switched on"
    assert named(offer="documented", offer_name=ours) == "Windows 7 (TLS 1.2、有効にした場合)"
    assert named(offer="documented", offer_name="the tills") == "Windows 7 (the tills)"
    assert named(offer="other", offer_name=ours) == f"Windows 7 ({ours})"
    (till,) = parse_profiles(
        '[[client]]\nid = "windows-11-22h2"\nname = "the tills and others"\n'
        '[[client.offer]]\n[[client.offer.hello]]\nversion = "0303"\nsuites = "009e"\n',
        "own.toml",
    )
    assert wording("ja").client(till.id, till.name) == "the tills and others"


# --- what stands behind a status_reason

_RAISERS = {
    "DialError",
    "NoAddress",
    "SeatLost",
    "ProxyError",
    "PreludeFailed",
    "not_offered",
    "refused",
    "broken",
}
_OF_THE_PROTOCOL = {"failure"}  # an element of XMPP


def details_in(source: str) -> Iterator[str]:
    """The sentences of ours that end a scan before TLS; what names a protocol's fields is none."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _RAISERS:
            said = node.args[-1]
            if isinstance(said, ast.Constant) and isinstance(said.value, str):
                yield said.value


def test_each_detail_of_ours_has_its_japanese() -> None:
    package = Path(tlsprobe.__file__).parent
    named = [package / name for name in ("dial.py", "names.py", "proxies.py")]
    files = [*named, *(package / "preludes").glob("*.py"), *(package / "engines").glob("*.py")]
    ours = {text for file in files for text in details_in(file.read_text())} - _OF_THE_PROTOCOL
    assert len(ours) > 10
    assert {text for text in ours if wording("ja").detail(text) == text} == set()


@pytest.mark.parametrize(
    ("reason", "detail", "said"),
    [
        ("refused", "Connection refused", "(Connection refused)"),
        ("timeout", "no connection within 2.5 s", "(2.5 秒以内に接続できませんでした)"),
        ("not-tls", "answers SMTP or FTP in plain text", "(平文の SMTP or FTP で応答しました)"),
        ("starttls-refused", "454 4.7.0 TLS not available", "(454 4.7.0 TLS not available)"),
    ],
)
def test_a_problem_is_the_meaning_of_its_reason_and_then_what_was_said(
    reason: str, detail: str, said: str, console: Console
) -> None:
    scan = not_asked(Target(line=2, host="a.example"), Status.UNREACHABLE, reason, detail)
    run = assess([scan], run_info(bad_rows=(), notices=()))
    meaning = wording("ja").say(f"status-reason.{reason}")
    assert endpoints_frame(run, lang="ja")["problem"][0] == f"{meaning} {said}"
    assert endpoints_frame(run)["problem"][0] == f"{SENTENCES[f'status-reason.{reason}']} ({detail})"
    print_server(run.servers[0], console, lang="ja")
    assert f"{meaning} {said}" in "\n".join(lines(console))
    shown = [text.strip() for text in texts_of_the_page(run, "ja")]
    assert meaning in shown
    assert said[1:-1] in shown


def test_an_assessed_server_has_no_problem() -> None:
    run = assess([server(landing("windows-7"))], run_info(bad_rows=(), notices=()))
    assert endpoints_frame(run, lang="ja")["problem"][0] == ""
