"""The catalogues are complete and in step with the English, and the Japanese keeps to docs/translating.md."""

from __future__ import annotations

import io
import json
import re
import shutil
import string
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
from rich.console import Console
from typer.testing import CliRunner

from tlsprobe.assessment import assess, judged
from tlsprobe.cli import app
from tlsprobe.clients.profile import built_in_profiles
from tlsprobe.inventory import parse_inventory
from tlsprobe.journal import read_run_info, read_scans
from tlsprobe.remedy.folder import fix_files
from tlsprobe.remedy.windows import WINDOWS_VERSIONS, WindowsVersion, windows_edit_files
from tlsprobe.report import html
from tlsprobe.report.clients_list import print_client, print_clients
from tlsprobe.report.phrases import Phrases
from tlsprobe.report.terminal import print_rules, print_server, print_summary
from tlsprobe.report.writing import ENDPOINT_COLUMNS, FINDING_COLUMNS, endpoints_frame, findings_frame
from tlsprobe.rules import judge
from tlsprobe.wording import ENGLISH, LANGUAGES, SENTENCES, catalogue, upkeep, wording

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "reports/sample"
TRANSLATED = [lang for lang in LANGUAGES if lang != ENGLISH]


def entries(lang: str) -> list[Message]:
    return [message for message in catalogue.read(lang) if message.id]


def forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [text] if isinstance(text, str) else list(text or ())


def fields(text: str) -> set[tuple[str, str, str]]:
    """Placeholders with conversion and format, which both languages have to have."""
    parsed = string.Formatter().parse(text)
    return {(name, spec or "", conversion or "") for _, name, spec, conversion in parsed if name is not None}


PLURALS = {lang: catalogue.read(lang).num_plurals for lang in TRANSLATED}
ENTRIES = [(lang, message) for lang in TRANSLATED for message in entries(lang)]
every_entry = pytest.mark.parametrize(
    ("lang", "message"), ENTRIES, ids=[f"{lang}-{message.context}" for lang, message in ENTRIES]
)
every_japanese = pytest.mark.parametrize(
    "text",
    [text for lang, message in ENTRIES if lang == "ja" for text in forms(message.string)],
    ids=[message.context for lang, message in ENTRIES if lang == "ja"],
)

# --- every catalogue


@pytest.mark.parametrize("lang", TRANSLATED)
def test_a_catalogue_has_the_messages_of_today_and_no_others(lang: str) -> None:
    assert [(message.context, message.id) for message in entries(lang)] == list(upkeep.english().items())
    assert upkeep.left_to_translate(catalogue.read(lang)) == []
    assert not catalogue.read(lang).obsolete


@pytest.mark.parametrize("lang", TRANSLATED)
def test_a_catalogue_is_written_as_make_locale_writes_it(lang: str) -> None:
    assert catalogue.path(lang).read_bytes() == upkeep.written(upkeep.merged(catalogue.read(lang)))


@every_entry
def test_a_translation_has_the_values_of_the_english(lang: str, message: Message) -> None:
    wanted = {field for text in forms(message.id) for field in fields(text)}
    assert len(forms(message.string)) == (1 if isinstance(message.id, str) else PLURALS[lang])
    for text in forms(message.string):
        assert fields(text) == wanted


@every_entry
def test_a_translation_ends_as_the_english_does(lang: str, message: Message) -> None:
    """A sentence is a sentence, a label a label, and what stands before a command ends in a colon."""
    ends = {".": "。", ":": ":"}
    said, english = forms(message.string)[0], forms(message.id)[0]
    assert ends.get(english[-1], "") == (said[-1] if said[-1] in "。:" else "")


@pytest.mark.parametrize("builder", [WheelBuilder, SdistBuilder])
def test_catalogues_are_in_what_is_published(builder: type[WheelBuilder | SdistBuilder]) -> None:
    published = {Path(file.path) for file in builder(str(ROOT)).recurse_included_files()}
    assert {catalogue.path(lang) for lang in TRANSLATED} <= published


# --- keeping in step


def test_make_locale_adds_drops_and_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    old = catalogue.read("ja")
    stays, changes, goes = "report.yes", "report.no", "report.unknown"
    sentences = {key: text for key, text in SENTENCES.items() if key != goes}
    sentences |= {changes: "not at all", "report.new": "new"}
    monkeypatch.setattr(upkeep, "SENTENCES", sentences)
    new = upkeep.merged(old)
    by_key = {message.context: message for message in new if message.id}
    assert goes not in by_key
    assert by_key[stays].string == "はい"
    assert not by_key[stays].fuzzy
    assert (by_key[changes].string, by_key[changes].fuzzy) == ("いいえ", True)
    assert by_key[changes].previous_id == ["no"]
    assert not by_key["report.new"].string
    assert upkeep.left_to_translate(new) == [changes, "report.new"]


def test_what_is_fuzzy_is_left_to_translate_and_not_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = catalogue.read("ja")
    message = old.get("yes", context="report.yes")
    assert message is not None
    message.flags.add("fuzzy")
    assert upkeep.left_to_translate(old) == ["report.yes"]
    path = tmp_path / "tlsprobe.po"
    path.write_bytes(upkeep.written(old))
    monkeypatch.setattr(catalogue, "path", lambda lang: path)
    said = catalogue.translations.__wrapped__("ja")
    assert said.pgettext("report.yes", "yes") == "yes"
    assert said.pgettext("report.no", "no") == "いいえ"


# --- Japanese as docs/translating.md has it

_JAPANESE = "[\u3041-\u309f\u30a1-\u30fa\u30fc\u4e00-\u9fff々]"
# What is put in for these is Japanese itself; all other values are names, codes and numbers.
_JAPANESE_VALUES = ("said", "what", "value", "step", "side", "sides", "fix", "confidence", "reason", "why")
_SHORT_VOWEL = (
    "サーバ コンピュータ ブラウザ ユーザ フォルダ ヘッダ パラメータ バッファ エディタ ベンダ プロバイダ "
    "ドライバ レイヤ パーサ バランサ マスタ"
)
_IN_ONE = (
    "グループポリシー ロードバランサー フルハンドシェイク マスターシークレット プレマスターシークレット "
    "コマンドプロンプト ゼロバイト TLSライブラリ 共有秘密 暗号化スイート"
)


def with_letters(text: str) -> str:
    """Put a letter of the kind of its value in the place of each placeholder."""
    return re.sub(r"\{(\w+)[^}]*\}", lambda found: "語" if found[1] in _JAPANESE_VALUES else "A", text)


@every_japanese
def test_half_and_full_width_letters_have_a_space_between_them(text: str) -> None:
    text = re.sub(r"(?<!\w)語|語(?!\w)", "", with_letters(text))
    assert not re.search(rf"{_JAPANESE}[A-Za-z0-9]|[A-Za-z0-9%]{_JAPANESE}", text)


@every_japanese
def test_punctuation_is_of_one_kind(text: str) -> None:
    assert not re.search("[\uff01-\uff5d\u3000]", text), "letters, digits and brackets are half-width"
    assert not re.search(rf"{_JAPANESE}[,.;!?]", text)
    assert not re.search(" [、。」]|[、。「] ", text)
    said = with_letters(text)
    assert not re.search(rf"{_JAPANESE}\(|\){_JAPANESE}|\( | \)", said)
    assert not re.search("(?<! )\uff5e|\uff5e(?! )", said)
    assert "  " not in text


@every_japanese
def test_terms_are_written_as_microsoft_writes_them(text: str) -> None:
    for word in _SHORT_VOWEL.split():
        assert not re.search(f"{word}(?![ーァ-ヺ])", text), word
    for word in _IN_ONE.split():
        assert word not in text


# --- the reports


class Shown(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.langs: list[str | None] = []
        self._skipped = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script", "pre"):  # what is no text, and commands
            self._skipped = tag
        given = dict(attrs)
        self.langs += [given["lang"]] if "lang" in given else []
        self.text += [value for name in ("aria-label", "title", "data-said") if (value := given.get(name))]

    def handle_endtag(self, tag: str) -> None:
        if tag == self._skipped:
            self._skipped = ""

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.text.append(data)


def english_phrases() -> Iterator[str]:
    """What stands between the placeholders of a sentence, where that is more than three words."""
    for text in SENTENCES.values():
        for part, *_ in string.Formatter().parse(text):
            if len(re.findall("[A-Za-z']{2,}", part)) > 3 and not part.lstrip().startswith("-"):
                yield part.strip()


PHRASES = sorted(set(english_phrases()))


def english_in(text: str) -> list[str]:
    plain = " ".join(text.split())
    return [phrase for phrase in PHRASES if phrase in plain]


# What names something stays in English: groups, sources, cells of the inventory.
_NAMES = sorted(
    {
        name
        for scan in read_scans(SAMPLE)
        for name in (
            *(group.name or "-" for group in scan.groups),
            *(source for found in judge(scan) for source in found.sources),
            *(value for _, value in scan.target.tags),
        )
        if len(name) > 3
    },
    key=len,
    reverse=True,
)
_COMMON = re.compile(
    r"(?<![-\w])(the|an?|is|are|was|has|and|or|not|with|without|from|that|this|which|for|at|by)(?![-\w])"
)


def english_words_in(text: str) -> list[str]:
    plain = " ".join(text.split())
    for name in _NAMES:
        plain = plain.replace(name, "")
    return [plain[max(0, at.start() - 30) : at.end() + 30] for at in _COMMON.finditer(plain)]


def page(lang: str) -> Shown:
    shown = Shown()
    shown.feed(html.render(assess(read_scans(SAMPLE), read_run_info(SAMPLE)), lang=lang))
    return shown


def printed(console: Console) -> str:
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=80, color_system=None)


def test_the_page_is_japanese() -> None:
    shown = page("ja")
    assert shown.langs == ["ja"]
    assert english_in(" ".join(shown.text)) == []
    assert english_words_in(" ".join(shown.text)) == []
    assert len(english_in(" ".join(page("en").text))) > 50  # the same look finds them where they are


def test_the_page_says_of_bad_rows_and_notices_what_their_ids_mean() -> None:
    inventory = parse_inventory(b"host,port,ownr\na.example,99999,me\na.example,1,x\na.example,1,y\n")
    info = read_run_info(SAMPLE)
    info = replace(info, bad_rows=inventory.bad_rows, notices=inventory.notices)
    assert len(inventory.bad_rows) == 1
    assert {notice.kind for notice in inventory.notices} == {"unknown-column", "duplicate"}
    shown = Shown()
    shown.feed(html.render(assess((), info), lang="ja"))
    text = " ".join(shown.text)
    assert "「99999」はポート番号として認識できません" in text
    assert "「a.example:1」は前の行にも記載されています" in text
    assert "列「ownr」は認識されない" in text
    english = Phrases(wording())
    specific = [english.bad_row(row) for row in inventory.bad_rows]
    specific += [english.notice(notice) for notice in inventory.notices]
    assert specific == [*(row.message for row in inventory.bad_rows), *(n.message for n in inventory.notices)]
    assert not any(message in text for message in specific)
    problem = endpoints_frame(assess((), info), lang="ja").iloc[0]["problem"]
    assert problem.startswith("2 行目、列 port: 「99999」")


def test_the_terminal_is_japanese_and_fits_80_columns(console: Console) -> None:
    scans, info = read_scans(SAMPLE), read_run_info(SAMPLE)
    print_summary(assess(scans, info), console, lang="ja", written=[Path("reports/x/report.html")])
    for scan in scans:
        print_server(judged(scan), console, lang="ja")
    text = printed(console)
    assert english_in(text) == []
    assert english_words_in(text) == []
    assert "古い Windows クライアント" in text.replace("\n", "")
    for line in text.splitlines():
        assert Console().measure(line).maximum <= 80


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("rate", [78 / 10_000, 1.3 / 10_000, 1 / 10_000_000, 1.0, 0.0, None])
def test_a_rate_stays_on_one_line_of_80_columns(lang: str, rate: float | None, console: Console) -> None:
    run = assess(read_scans(SAMPLE), read_run_info(SAMPLE))
    servers = tuple(replace(each, rate=rate if each.severity else None) for each in run.servers)
    print_summary(replace(run, servers=servers), console, lang=lang)
    rows = [line for line in printed(console).splitlines() if "127.77.0.22:8443" in line]
    assert Phrases(wording(lang)).rate(rate) in rows[-1]
    assert Console().measure(rows[-1]).maximum <= 80


def test_lists_and_rules_are_japanese(console: Console) -> None:
    print_rules(console, lang="ja")
    print_clients(built_in_profiles(), console, lang="ja")
    for profile in built_in_profiles():
        print_client(profile, console, lang="ja")
    assert english_in(printed(console)) == []


def test_tables_have_japanese_sentences_under_the_same_headers_and_values() -> None:
    scans, info = read_scans(SAMPLE), read_run_info(SAMPLE)
    judged_run = assess(scans, info)
    ours, english = findings_frame(judged_run, lang="ja"), findings_frame(judged_run)
    assert tuple(ours.columns) == FINDING_COLUMNS
    said = ["title", "evidence", "recommendation"]
    assert ours.drop(columns=said).equals(english.drop(columns=said))
    text = " ".join(ours[said].to_numpy().ravel())
    assert english_in(text) == []
    assert english_words_in(text) == []
    assert tuple(endpoints_frame(judged_run, lang="ja").columns)[: len(ENDPOINT_COLUMNS)] == ENDPOINT_COLUMNS
    ours, english = (endpoints_frame(judged_run, lang=lang) for lang in ("ja", "en"))
    assert ours.drop(columns="problem").equals(english.drop(columns="problem"))


def test_the_fix_folder_is_japanese_and_has_the_same_files() -> None:
    run_of_it = assess(read_scans(SAMPLE), read_run_info(SAMPLE))
    made = {
        lang: {each.path: each.content for each in fix_files(run_of_it, run="x", words=wording(lang))}
        for lang in LANGUAGES
    }
    assert set(made["ja"]) == set(made["en"])
    for path, content in made["ja"].items():
        encoding = "utf-16" if path.endswith(".reg") else "utf-8-sig"
        assert english_in(content.decode(encoding)) == [], path


@pytest.mark.parametrize("version", WINDOWS_VERSIONS, ids=lambda version: version.id)
def test_windows_reads_the_japanese_of_its_files(version: WindowsVersion) -> None:
    """Windows PowerShell 5.1 and regedit take a file without a mark for one of the machine's code page."""
    for each in windows_edit_files(version, wording("ja")):
        if each.name.endswith(".ps1"):
            assert each.content.startswith(b"\xef\xbb\xbf")
            assert "暗号スイート" in each.content.decode("utf-8-sig")
        elif each.name.endswith(".reg"):
            assert each.content.startswith(b"\xff\xfe")
            assert "暗号スイート" in each.content.decode("utf-16")
        elif each.name.endswith(".txt"):
            assert each.content.isascii()


# --- the command line


def run(*arguments: str, **env: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(arguments), env=env)
    return done.exit_code, done.output


def test_rules_in_japanese_by_flag_and_by_environment() -> None:
    assert "サーバーが DHE を受け付ける" in run("rules", "--lang", "ja")[1]
    assert run("rules", TLSPROBE_LANG="ja") == run("rules", "--lang", "ja")
    assert "The server accepts DHE" in run("rules", "--lang", "en", TLSPROBE_LANG="ja")[1]


@pytest.mark.parametrize("command", ["rules", "clients"])
def test_an_unknown_language_is_a_usage_error_that_names_the_known(command: str) -> None:
    code, said = run(command, "--lang", "tlh")
    assert code == 2
    assert "'en', 'ja'" in said


def test_report_in_japanese_leaves_the_journal_and_the_exit_code_alone(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(SAMPLE, folder)
    codes = {lang: run("report", str(folder), "--lang", lang)[0] for lang in LANGUAGES}
    assert set(codes.values()) == {1}
    for name in ("scan.jsonl", "run.json"):
        assert (folder / name).read_bytes() == (SAMPLE / name).read_bytes()
    assert '<html lang="ja">' in (folder / "report.html").read_text()
    assert "lang" not in json.loads((folder / "run.json").read_text())["flags"]


def test_a_dry_judged_runin_japanese(tmp_path: Path) -> None:
    path = tmp_path / "inventory.csv"
    path.write_text("host\n" + "\n".join(f"s{n}.example" for n in range(1200)))
    code, said = run("scan", str(path), "--dry-run", "--lang", "ja")
    assert code == 0
    assert "サーバー 1,200 台" in said
    assert english_in(said) == []
    assert english_words_in(said) == []
