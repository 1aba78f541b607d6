"""Reports: the contract of the tables, hostile text, every status on the page, and nothing from outside."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2.exceptions import UndefinedError
from rich.console import Console

from tests.unit.run_infos import run_info
from tlsprobe.assessment import assess, judged
from tlsprobe.facts import (
    AcceptedSuite,
    DheSuites,
    FormAccepted,
    Group,
    LeadingZeros,
    Observation,
    Offer,
    PremasterZeros,
    Seen,
    ServerScan,
    ServerShare,
    ShareEncoding,
    Status,
    SuiteOrder,
    Survey,
    Unreachable,
)
from tlsprobe.files import write_parts
from tlsprobe.inventory import BadRow, Reason, Target
from tlsprobe.journal import RunInfo
from tlsprobe.report import csv as report_csv
from tlsprobe.report import html, tables
from tlsprobe.report.environment import environment
from tlsprobe.report.phrases import Phrases, in_ten_thousand
from tlsprobe.report.survey import sentences as survey_sentences
from tlsprobe.report.tables import DHE_COLUMNS, decimal
from tlsprobe.report.terminal import print_rules, print_server, print_summary
from tlsprobe.report.writing import (
    ENDPOINT_COLUMNS,
    FINDING_COLUMNS,
    FORMATS,
    endpoints_csv,
    endpoints_frame,
    findings_csv,
    findings_frame,
    findings_jsonl,
    write_reports,
)
from tlsprobe.rules import RULES, judge
from tlsprobe.tls.groups import known_groups, zero_probability
from tlsprobe.tls.handshake import Broken, Completed, Rejected, Step, Untestable
from tlsprobe.wording import SENTENCES, wording
from tlsprobe.wording.visible import visible

ROOT = Path(__file__).parents[2]
STARTED = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202egnp.exe\r\n=cmd|' /C calc'!A0"

# --- builders


def target(host: str = "web.example.com", *, line: int = 2, **more: object) -> Target:
    return replace(Target(line=line, host=host, server_name=host), **more)  # type: ignore[arg-type]


def group(name: str = "MODP 2048 (group 14)") -> Group:
    p = next(known.p for known in known_groups().values() if known.name == name)
    sent = p.to_bytes((p.bit_length() + 7) // 8, "big")
    return Group(sent, b"\x02", p.bit_length(), name, True, zero_probability(p))


def forced(question: str, outcome: Completed | Rejected | Broken, *, yc: int = 256) -> Observation:
    """One connection of the probe for leading zeros."""
    seen = Seen(version=0x0303, suite=0x009F, extended_master_secret=True, group=0, dh_Ys=b"\x7f" * 256)
    secret = b"\x00\x9a" if question == "z-kept" else b"\x9a\x41"
    offer = Offer(0x0303, "curves+ems", (0x009F,))
    return Observation("leading-zeros", question, outcome, 0.0123, offer, seen, b"\x55" * yc, secret)


DONE = Completed(Step.SERVER_FINISHED)
REFUSED = Rejected(20, Step.CLIENT_FINISHED)
CONFORMING = (
    forced("control", DONE),
    forced("z-stripped", DONE),
    forced("yc-short", DONE, yc=255),
    forced("yc-padded", DONE),
    forced("z-kept", REFUSED),
    forced("z-kept", REFUSED),
    forced("control", DONE),
)


def scan(host: str = "web.example.com", *, line: int = 2, tags: Sequence[tuple[str, str]] = ()) -> ServerScan:
    """A conforming server that accepts DHE and sends short shares."""
    accepted = (
        AcceptedSuite(0x0303, 0x009F, 0),
        AcceptedSuite(0x0303, 0x009E, 0),
        AcceptedSuite(0x0301, 0x0039, 0),
        AcceptedSuite(0x0302, 0x0039, 0),
    )
    return ServerScan(
        target=target(host, line=line, tags=tuple(tags)),
        status=Status.ASSESSED,
        status_reason="",
        started=STARTED,
        duration_s=1.25,
        address="192.0.2.7",
        connections=31,
        observations=CONFORMING,
        groups=(group(),),
        dhe=DheSuites(accepted, SuiteOrder.SERVER, "curves+ems", complete=True),
        zeros=LeadingZeros(
            PremasterZeros.STRIPPED, FormAccepted.ACCEPTED, FormAccepted.ACCEPTED, 0x009F, 0x0303
        ),
        share=ServerShare(ShareEncoding.SHORT, 640, 0, 2, 0, False, 1.0, (b"\x7f" * 255,)),
        extended_master_secret=True,
    )


def without_dhe(host: str = "modern.example.com", *, line: int = 3) -> ServerScan:
    dhe = DheSuites((), SuiteOrder.UNKNOWN, None, complete=True)
    return replace(
        scan(host, line=line),
        observations=(),
        groups=(),
        dhe=dhe,
        zeros=None,
        share=None,
        extended_master_secret=None,
    )


def not_asked(
    status: Status = Status.UNREACHABLE, reason: str = "refused", *, line: int = 4, detail: str = ""
) -> ServerScan:
    return ServerScan(target(line=line), status, reason, STARTED, 0.1, detail=detail)


def read(text: str) -> list[list[str]]:
    """Read it as any program would."""
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def records(text: str) -> list[dict[str, str]]:
    header, *rows = read(text)
    return [dict(zip(header, row, strict=True)) for row in rows]


class Page(HTMLParser):
    """Checks that tags close, and notes what the page refers to and says."""

    VOID = frozenset({"meta", "br", "link", "img", "input", "wbr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.said: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            assert name != "style"
            if name in ("href", "src", "action", "data", "srcset", "xlink:href"):
                self.references.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["style"], ["script"]):
            self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.said).split())


def page(scans: Sequence[ServerScan], info: RunInfo | None = None) -> Page:
    return Page(html.render(assess(scans, info or run_info())))


def terminal(width: int = 80) -> Console:
    return Console(file=io.StringIO(), width=width)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


# --- laws

texts = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)
nasty = st.one_of(
    texts, st.sampled_from([HOSTILE, "=1+1", "\t=1", "-", "+49 30 1", ";=1", '"', "a\nb", "\x9b1m"])
)
a_name = st.text(alphabet=st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=12)


@given(nasty)
def test_a_cell_shows_all_and_runs_nothing(text: str) -> None:
    cell = report_csv.cell(text)
    assert all(c.isprintable() or c.isspace() for c in cell)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", cell)
    if not re.fullmatch(r"-|[+-]?[0-9]+(\.[0-9]+)?", cell):
        assert not re.search(r"(^|;)\s*[=+\-@]", cell)


@given(nasty)
def test_visible_text_stays_as_it_is(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    if text.isprintable():
        assert visible(text) == text


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    tags=st.lists(st.tuples(a_name, nasty), max_size=4, unique_by=lambda tag: tag[0]),
    host=nasty,
    detail=nasty,
)
def test_hostile_text_survives_no_report(tags: list[tuple[str, str]], host: str, detail: str) -> None:
    scans = [scan(host or "x", tags=tags), not_asked(detail=detail)]
    rows = read(endpoints_csv(assess(scans, run_info())))
    assert {len(row) for row in rows} == {len(ENDPOINT_COLUMNS) + len(tags) + 1}
    assert len(rows) == 4
    shown = page(scans)
    assert shown.tags.count("script") == 2  # ours, and its data
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown.text)
    console = terminal()
    print_summary(assess(scans, run_info()), console)
    print_server(judged(scans[0]), console)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", printed(console))


@given(st.floats(min_value=0, max_value=1))
def test_a_rate_is_a_plain_decimal(rate: float) -> None:
    text = decimal(rate)
    assert re.fullmatch(r"[0-9]+(\.[0-9]+)?", text)
    assert float(text) == pytest.approx(rate, rel=1e-5)
    assert len(Decimal(text).as_tuple().digits) <= 7
    assert re.fullmatch(r"[0-9]+(\.[0-9]+)?", in_ten_thousand(rate))


def test_a_rate_that_is_not_known_is_empty_and_none_is_zero() -> None:
    assert (decimal(None), decimal(0.0), decimal(1.0), decimal(1 / 256)) == ("", "0", "1", "0.00390625")


# --- the tables


def test_the_columns_are_the_contract() -> None:
    endpoint = """
        host port server_name address status status_reason severity findings dhe_suites suite_order
        dhe_versions group_bits group_name server_share server_share_samples server_share_reused
        premaster_zeros short_client_share padded_client_share extended_master_secret stack
        stack_confidence windows windows_version clients_on_dhe clients_locked_out
        expected_failure_rate expected_failures_per_day fix_side confidence first_seen waived
    """
    finding = """
        fingerprint host port server_name rule name severity confidence title evidence
        expected_failure_rate recommendation source waived first_seen last_seen change address
    """
    assert " ".join(ENDPOINT_COLUMNS) == " ".join(endpoint.split())
    assert " ".join(FINDING_COLUMNS) == " ".join(finding.split())


def test_the_docs_list_the_columns_in_order() -> None:
    text = (ROOT / "docs" / "output.md").read_text("utf-8")
    endpoints, findings = (
        re.findall(r"^\| `([a-z_]+)` \|", text.split(f"\n## {name}\n")[1].split("\n## ")[0], re.M)
        for name in ("endpoints.csv", "findings.csv")
    )
    assert endpoints == [*ENDPOINT_COLUMNS, "problem"]
    assert findings == list(FINDING_COLUMNS)


def test_a_server_with_dhe_fills_its_row() -> None:
    (row,) = records(endpoints_csv(assess([scan()], run_info(bad_rows=()))))
    assert row["dhe_suites"] == (
        "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384 TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 "
        "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"
    )
    assert row["dhe_versions"] == "1.2 1.1 1.0"
    assert (row["group_bits"], row["group_name"]) == ("2048", "MODP 2048 (group 14)")
    assert (row["server_share"], row["server_share_samples"], row["server_share_reused"]) == (
        "short",
        "640",
        "no",
    )
    assert (row["premaster_zeros"], row["short_client_share"]) == ("stripped", "accepted")
    assert row["findings"] == " ".join(found.rule for found in judge(scan()))
    assert row["severity"] == "high"
    assert row["extended_master_secret"] == "yes"  # noqa: S105
    assert row["first_seen"] == "2026-03-01T09:30:00Z"
    assert row["stack"] == row["clients_on_dhe"] == ""
    assert (row["windows"], row["windows_version"]) == ("unknown", "")
    assert row["expected_failures_per_day"] == ""


def test_failures_a_day_need_handshakes_a_day() -> None:
    busy = replace(scan(), target=target(handshakes_per_day=10_000.0))
    (row,) = records(endpoints_csv(assess([busy], run_info(bad_rows=()))))
    a_day = float(row["expected_failures_per_day"])
    assert a_day == pytest.approx(10_000 * float(row["expected_failure_rate"]), rel=1e-5)


def test_a_server_without_dhe_says_so() -> None:
    (row,) = records(endpoints_csv(assess([without_dhe()], run_info(bad_rows=()))))
    assert {row[column] for column in DHE_COLUMNS} == {"n/a"}
    assert (row["severity"], row["expected_failure_rate"]) == ("none", "0")


@pytest.mark.parametrize("status", [each for each in Status if each not in (Status.ASSESSED,)])
def test_what_was_not_asked_is_empty(status: Status) -> None:
    (row,) = records(endpoints_csv(assess([not_asked(status, "timeout")], run_info(bad_rows=()))))
    assert {row[column] for column in DHE_COLUMNS} == {""}
    assert (row["status"], row["status_reason"]) == (status.value, "timeout")
    assert row["severity"] == row["expected_failure_rate"] == row["fix_side"] == ""


def test_a_server_that_stopped_answering_is_not_without_dhe() -> None:
    flapping = replace(without_dhe(), status=Status.PARTLY_ASSESSED, status_reason="flapping")
    (row,) = records(endpoints_csv(assess([flapping], run_info(bad_rows=()))))
    assert row["dhe_suites"] == row["severity"] == ""
    assert "Not known" in page([flapping]).text


def test_bad_rows_are_rows_at_their_line() -> None:
    rows = records(endpoints_csv(assess([not_asked(line=9), scan(line=2)], run_info())))
    assert [row["status"] for row in rows] == ["assessed", "not-scanned", "unreachable"]
    assert (rows[1]["host"], rows[1]["status_reason"]) == ("", "bad-port")
    assert rows[1]["problem"].startswith("line 7, column port: ")


def test_a_bad_row_has_its_host_and_one_of_an_older_run_the_spoilt_value() -> None:
    bad = (
        BadRow(2, "port", "44e3", Reason.BAD_PORT, "not a port", "mail.example.com"),
        BadRow(3, "host", "=1+1", Reason.BAD_HOST, "no host", "=1+1"),
        BadRow(4, "host", "a..b", Reason.BAD_HOST, "no host"),
        BadRow(5, "port", "44e3", Reason.BAD_PORT, "not a port"),
    )
    rows = records(endpoints_csv(assess([], run_info(bad_rows=bad))))
    assert [row["host"] for row in rows] == ["mail.example.com", "'=1+1", "a..b", ""]


def test_inventory_columns_follow_and_never_collide() -> None:
    one = scan(tags=[("owner", "web team"), ("status", "live"), ("Problem", "old")])
    two = scan(
        "b.example.com", line=3, tags=[("site", "Kyoto"), ("owner", "data"), ("inventory_status", "x")]
    )
    header = read(endpoints_csv(assess([one, two], run_info(bad_rows=()))))[0]
    extra = [
        "owner",
        "inventory_status",
        "inventory_Problem",
        "site",
        "inventory_inventory_status",
        "problem",
    ]
    assert header[len(ENDPOINT_COLUMNS) :] == extra
    rows = records(endpoints_csv(assess([one, two], run_info(bad_rows=()))))
    assert [row["inventory_status"] for row in rows] == ["live", ""]


def test_findings_are_worst_first_and_stable() -> None:
    rows = records(findings_csv(assess([without_dhe(), scan()], run_info())))
    assert [row["rule"] for row in rows] == [found.rule for found in judge(scan())]
    assert [row["fingerprint"] for row in rows] == [found.fingerprint for found in judge(scan())]
    assert all(row["title"] and row["evidence"] and row["recommendation"] and row["source"] for row in rows)
    assert {row["waived"] for row in rows} == {"no"}


def test_findings_as_json_lines_carry_the_run() -> None:
    lines = [json.loads(line) for line in findings_jsonl(assess([scan()], run_info()))]
    assert list(lines[0]) == ["run_id", "time", "tool_version", *FINDING_COLUMNS]
    assert lines[0]["time"] == "2026-03-01T09:30:00Z"


def test_tables_are_text_and_lines_end_in_crlf() -> None:
    one, none = assess([scan()], run_info()), assess([], run_info())
    for frame in (endpoints_frame(one), findings_frame(one), endpoints_frame(none)):
        assert all(isinstance(value, str) for value in frame.to_numpy().ravel())
    text = endpoints_csv(assess([scan(tags=[("notes", "a\r\nb, c")])], run_info(bad_rows=())))
    assert text.count("\r\n") == text.count("\n") == 2
    assert read(findings_csv(assess([], run_info())))[0] == list(FINDING_COLUMNS)


# --- the page


def test_long_tables_are_written_in_pieces_as_in_one() -> None:
    many = assess([scan(line=line) for line in range(2, 1203)], run_info())
    for table, frame in (
        (tables.endpoints(many), endpoints_frame(many)),
        (tables.findings(many), findings_frame(many)),
    ):
        pieces = list(table.csv())
        assert len(pieces) > 3
        assert "".join(pieces) == report_csv.to_csv(frame)


def test_a_report_that_cannot_be_made_leaves_the_old_one(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"new"
        raise ValueError("no such part")

    (tmp_path / "report.html").write_bytes(b"old")
    with pytest.raises(ValueError, match="no such part"):
        write_parts(tmp_path / "report.html", pieces())
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("report.html", b"old")]


@pytest.mark.parametrize("status", Status)
def test_every_status_renders(status: Status) -> None:
    shown = page([not_asked(status, "timeout", detail="1 s"), replace(scan(), status=status)])
    assert wording().say(f"report.status.{status}") in shown.text


@pytest.mark.parametrize("zeros", PremasterZeros)
@pytest.mark.parametrize("encoding", ShareEncoding)
def test_every_answer_renders(zeros: PremasterZeros, encoding: ShareEncoding) -> None:
    one = scan()
    assert one.zeros
    assert one.share
    form = FormAccepted(zeros.value) if zeros.value in set(FormAccepted) else FormAccepted.REFUSED
    answered = replace(
        one,
        zeros=replace(
            one.zeros, premaster_zeros=zeros, short_client_share=form, padded_client_share=form, reason="psk"
        ),
        share=replace(one.share, encoding=encoding, reused=True),
        extended_master_secret=None,
    )
    shown = page([answered])
    assert wording().say(f"report.zeros.{zeros}") in shown.text
    print_server(judged(answered), terminal())


def test_every_outcome_has_words() -> None:
    phrases = Phrases(wording())
    for step in Step:
        assert phrases.outcome(Completed(step))
        assert "bad_record_mac (20)" in phrases.outcome(Rejected(20, step))
        assert phrases.outcome(Rejected(0, step))
        for how in ("closed", "reset", "silent", "not-tls", "malformed", "over-limit", "not-offered", "new"):
            assert phrases.outcome(Broken(how, step, "why"))
        assert "pre-shared key" in phrases.outcome(Untestable("psk", step))
    assert phrases.outcome(Unreachable("dns", "no such name")).endswith("(no such name)")


def test_the_first_screen_says_how_many_and_how_bad() -> None:
    shown = page([scan(), without_dhe(), not_asked()])
    assert "1 of 3 servers is likely to drop connections of old Windows clients" in shown.text
    assert "At worst about 78 in 10,000" in shown.text
    assert "1 server was not assessed in full" in shown.text
    assert "1 row of the inventory could not be used" in shown.text


def test_nothing_known_is_not_nothing_found() -> None:
    assert "No server could be assessed" in page([not_asked()]).text
    assert "No server was found that drops" in page([without_dhe()]).text


def test_the_evidence_is_on_the_page() -> None:
    text = page([scan()]).text
    for part in (
        "fatal alert bad_record_mac (20) after the client's Finished",
        "255 of 256 bytes",
        "009f",
        "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
        "1 byte, value 2",
        "1 in 256",
        "7f 7f 7f 7f 7f 7f 7f 7f …",
        "12 ms",
        "Observed on this server",
    ):
        assert part in text


def test_a_share_that_was_not_observed_is_never_fine() -> None:
    one = scan()
    assert one.share
    unseen = ServerShare(ShareEncoding.UNOBSERVED, 12, 0, 0, 0, False, 0.046)
    text = page([replace(one, share=unseen)]).text
    assert "not observed in 12" in text
    assert "was not observed in 12 distinct shares" in text


def test_what_was_not_assessed_is_listed_with_its_reason() -> None:
    text = page([not_asked(detail="ECONNREFUSED")]).text
    assert SENTENCES["status-reason.refused"] in text
    assert "ECONNREFUSED" in text
    assert "44e3 is not a port" in text
    assert "bad-port" in text


def test_the_page_needs_nothing_else() -> None:
    text = html.render(assess([scan(), without_dhe(), not_asked()], run_info()))
    shown = Page(text)
    assert all(reference.startswith("#") for reference in shown.references)
    assert {reference[1:] for reference in shown.references} <= set(shown.ids)
    assert len(shown.ids) == len(set(shown.ids))
    assert not {"link", "img", "iframe", "object"} & set(shown.tags)
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src &#39;none&#39;" in text


def test_headings_leave_out_no_level() -> None:
    levels = [int(tag[1]) for tag in page([scan(), not_asked()]).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))


def test_a_slip_in_a_template_is_an_error() -> None:
    templates = environment(wording())
    with pytest.raises(UndefinedError):
        templates.from_string("{{ no_such_thing }}").render()
    with pytest.raises(ValueError, match="None"):
        templates.from_string("{{ nothing }}").render(nothing=None)


def test_every_sentence_of_the_report_is_used() -> None:
    folder = ROOT / "tlsprobe" / "report"
    source = "\n".join(p.read_text("utf-8") for p in folder.rglob("*") if p.suffix in (".py", ".j2"))
    # A key is written whole, or up to the value that its last part comes from.
    for key in (key for key in SENTENCES if key.startswith("report.")):
        stem = re.sub(r"\.(one|many)$", "", key)
        family = stem.rpartition(".")[0]
        whole = f'"{stem}"' in source
        made = f'"{family}.{{' in source or f'"{family}." ~' in source
        note = key.startswith("report.note.") and f'"{key.split(".")[2]}"' in source
        fact = key.endswith("-client-share") and key.startswith("report.fact.")
        assert whole or made or note or fact, key


# --- the terminal


def test_the_summary_fits_80_columns_without_colour() -> None:
    long = scan("a-rather-long-name-of-a-server.in-some-department.europe.example.com")
    many = [scan(f"web{n}.example.com", line=n + 2) for n in range(30)]
    console = terminal()
    print_summary(
        assess([long, *many, not_asked()], run_info()), console, written=[Path("reports/x/report.html")]
    )
    text = printed(console)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "\x1b" not in text
    assert "31 of 32 servers are likely" in text
    assert "12 more are in the reports." in text
    assert "line 7, column port: 44e3 is not a port" in " ".join(text.split())
    assert "reports/x/report.html" in text


def test_one_server_fits_80_columns_and_says_all() -> None:
    console = terminal()
    print_server(judged(scan()), console)
    text = printed(console)
    assert max(len(line) for line in text.splitlines()) <= 80
    for found in judge(scan()):
        assert f"{found.rule} {found.name}" in text
    assert "stripped" in text
    console = terminal()
    print_server(judged(not_asked()), console)
    assert SENTENCES["status-reason.refused"] in printed(console)


def test_rules_are_listed_with_their_sources() -> None:
    console = terminal(200)
    print_rules(console)
    assert all(rule.id in printed(console) for rule in RULES)
    assert "RFC 5246" in printed(console)


# --- writing


def test_reports_are_written_whole(tmp_path: Path) -> None:
    written = write_reports(tmp_path, assess(iter([scan()]), run_info()))
    names = ["report.html", "endpoints.csv", "findings.csv", "report.sarif", "report.junit.xml"]
    assert [path.name for path in written] == names
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert (tmp_path / "endpoints.csv").read_bytes().decode() == endpoints_csv(assess([scan()], run_info()))
    write_reports(tmp_path, assess([], run_info()), formats=("csv", "jsonl"))
    assert (tmp_path / "findings.jsonl").read_text() == ""
    assert len(records((tmp_path / "endpoints.csv").read_bytes().decode())) == 1


def test_an_unknown_format_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="xlsx"):
        write_reports(tmp_path, assess([scan()], run_info()), formats=("html", "xlsx"))
    assert not list(tmp_path.iterdir())
    assert set(FORMATS) == {"html", "csv", "sarif", "junit", "jsonl"}


def test_a_report_that_can_not_be_written_leaves_no_scraps(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(OSError, match=r"report\.html"):
        write_reports(tmp_path, assess([scan()], run_info()), formats=("html",))
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_the_run_is_told_to_an_auditor() -> None:
    info = run_info()
    text = page([scan()], info).text
    for name in (field.name for field in fields(info)):
        value = getattr(info, name)
        if isinstance(value, str):
            assert value in text
    assert "samples=1200" in text
    assert "vault.example.com:443" in text
    assert "line 9 names web.example.com:443 again" in text


# --- the survey


def test_a_survey_is_shown_and_so_is_a_disagreement() -> None:
    survey = Survey(
        versions=("1.2",),
        suites=("TLS_RSA_WITH_AES_128_CBC_SHA",),
        certificate_subject="CN=<b>",
        certificate_issuer="CN=ca",
        certificate_not_after=None,
        certificate_key="RSA 2048",
        dhe_only_here=(),
        dhe_only_sslyze=(0x009E,),
    )
    said = survey_sentences(replace(scan(), survey=survey), wording())
    assert any("not here: TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" in each for each in said)
    page = html.render(assess([replace(scan(), survey=survey)], run_info()))
    assert "TLS_RSA_WITH_AES_128_CBC_SHA" in page
    assert "CN=&lt;b&gt;" in page
    agreed = replace(survey, dhe_only_sslyze=())
    assert not any(
        "Disagreement" in each for each in survey_sentences(replace(scan(), survey=agreed), wording())
    )
    failed = Survey((), (), "", "", None, "", (), (), error="timed out")
    assert survey_sentences(replace(scan(), survey=failed), wording()) == ("Not complete: timed out.",)
