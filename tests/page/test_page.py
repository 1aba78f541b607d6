"""The page in a browser: for every reader, on paper, without the script, and with servers that mean harm."""

from __future__ import annotations

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.page.conftest import Open
from tests.page.estates import HOSTILE, NAMES_OF_64_KB, estate, hostile, with_history
from tlsprobe.report import html
from tlsprobe.report.environment import MOST_SHOWN
from tlsprobe.wording import LANGUAGES

pytestmark = pytest.mark.xdist_group("page")

ROWS = "#ranking > tbody > tr:not(.opened)"


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {[node['html'][:200] for node in each['nodes']]}" for each in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("inline_up_to", [0, 1000], ids=["stored-once", "inline"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_axe_finds_nothing(opened: Open, scheme: str, width: int, inline_up_to: int, lang: str) -> None:
    page = opened(with_history(estate(24)), scheme=scheme, width=width, inline_up_to=inline_up_to, lang=lang)
    assert page.locator("html").get_attribute("lang") == lang
    for place in (0, 1, 2, 23):
        page.locator(f"{ROWS} > th > a").nth(place).click()
    page.locator("th.c-rate a.note").focus()
    assert page.locator("tr.opened").count() > 1
    assert violations(page) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_axe_finds_nothing_without_the_script(opened: Open, lang: str) -> None:
    # axe is a script itself: the page's own is taken out, and the rest is as a reader without it has it.
    page = opened(estate(16), lang=lang)
    page.set_content(re.sub(r"<script>.*?</script>", "", html.render(estate(16), lang=lang), flags=re.S))
    page.locator("summary").nth(1).click()
    assert violations(page) == []


@pytest.mark.parametrize("width", [1280, 768, 360])
@pytest.mark.parametrize("opens", [False, True])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_wider_than_the_screen(opened: Open, width: int, opens: bool, lang: str) -> None:
    page = opened(with_history(estate(24)), width=width, lang=lang)
    if opens:
        page.locator(f"{ROWS} > th > a").first.click()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_without_the_script_a_small_run_has_it_all(opened: Open) -> None:
    page = opened(estate(16), script=False)
    assert page.locator(ROWS).count() == 16
    expect(page.locator("#tools")).to_be_hidden()
    details = page.locator("details").first
    details.locator("summary").click()
    expect(details).to_contain_text("Forced handshakes")
    page.locator(f"{ROWS} > th > a").nth(3).click()  # a link into a closed one opens it
    expect(page.locator("details[open]")).to_have_count(2)


def test_without_the_script_a_large_run_has_the_list_and_says_where_the_rest_is(opened: Open) -> None:
    page = opened(estate(120), script=False)
    assert page.locator(ROWS).count() == 120
    expect(page.locator(ROWS).nth(119)).to_be_visible()
    expect(page.locator(".no-script")).to_contain_text("findings.csv")
    expect(page.locator("h1")).to_contain_text("are likely to drop")
    expect(page.locator(".decisions")).to_contain_text("On the server")


def test_a_print_has_the_whole_view_and_what_is_open(opened: Open) -> None:
    page = opened(estate(250), address="#host-00020.example.com:443")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator(ROWS).count() == 250
    expect(page.locator("tr.opened")).to_be_visible()
    expect(page.locator("#tools")).to_be_hidden()
    expect(page.locator("#more")).to_be_hidden()


def test_a_print_of_a_dark_screen_is_dark_on_white(opened: Open) -> None:
    page = opened(estate(16), scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("() => getComputedStyle(document.body).color") == "rgb(23, 27, 33)"


@pytest.mark.parametrize("inline_up_to", [0, 1000], ids=["stored-once", "inline"])
def test_hostile_texts_are_texts(opened: Open, inline_up_to: int) -> None:
    page = opened(hostile(), inline_up_to=inline_up_to)
    for link in page.locator(f"{ROWS} > th > a").all():
        link.click()
    assert page.locator("tr.opened").count() == len(HOSTILE)
    page.locator("#query").fill("script")
    page.locator("#query").fill("")
    assert "owned" not in page.title()
    assert page.locator("h1").count() == 1
    assert page.locator("img, body script:not(#data)").count() == 0
    text = page.locator("main").inner_text()
    assert "<script>document.title='owned'</script>" in text
    assert "{{ 7 * 191 }}" in text
    assert "1337" not in text
    assert r"\u202egpj.exe" in text
    assert r"nul \x00 bell \x07 escape \x1b[31m" in text
    assert "65,536 characters in all" in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    longest = max(len(run) for run in re.findall("A+", page.content()))
    assert longest <= MOST_SHOWN < len(NAMES_OF_64_KB)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 1280


def test_a_hostile_owner_can_be_filtered_by(opened: Open) -> None:
    page = opened(hostile())
    page.locator("[data-facet=owner]").select_option(label=HOSTILE[1])
    assert page.locator("#shown").inner_text() == f"1 of {len(HOSTILE)} servers"
    page.reload()
    assert page.locator("#shown").inner_text() == f"1 of {len(HOSTILE)} servers"


def test_the_policy_stops_a_script_that_is_not_ours(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content(html.render(estate(3)))
    blocked = page.evaluate(
        """() => new Promise((done) => {
            document.addEventListener("securitypolicyviolation", (event) => done(event.violatedDirective));
            const script = document.createElement("script");
            script.textContent = "document.title = 'owned'";
            document.head.append(script);
        })"""
    )
    assert blocked.startswith("script-src")
    assert page.title() != "owned"
    page.close()


def test_a_raised_number_explains_itself_to_mouse_and_keyboard(opened: Open) -> None:
    page = opened(estate(16))
    note = page.locator("th.c-rate a.note")
    note.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("How many of 10,000 full handshakes")
    page.keyboard.press("Escape")
    expect(page.locator("#tip")).to_be_hidden()
    note.focus()
    expect(page.get_by_role("tooltip")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#note-rate")).to_be_in_viewport()


def test_the_count_is_said_to_screen_readers(opened: Open) -> None:
    page = opened(estate(16))
    expect(page.get_by_role("status")).to_have_text("16 of 16 servers")


def test_every_finding_can_be_found_by_its_fingerprint(opened: Open) -> None:
    run = estate(120)
    page = opened(run)
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    written = [
        mark
        for row in page.locator("[data-findings]").all()
        for mark in (row.get_attribute("data-findings") or "").split()
    ]
    assert sorted(written) == sorted(found.fingerprint for _, found in run.findings)


def test_the_same_run_makes_the_same_page() -> None:
    assert html.render(with_history(estate(80))) == html.render(with_history(estate(80)))


def test_equal_evidence_is_stored_once() -> None:
    few, many = (html.render(estate(count), inline_up_to=0) for count in (61, 601))
    assert many.count("<template") == few.count("<template") < 300
    data = json.loads(many.partition('id="data">')[2].partition("</script>")[0])
    assert len(data["texts"]) == len(set(data["texts"]))
    assert len(many) / 600 < 1_500
