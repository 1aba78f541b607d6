"""The list of servers in a browser: sorted, filtered, searched and opened, by mouse and by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import Open
from tests.page.estates import estate, with_history
from tlsprobe.report.phrases import DASH

pytestmark = pytest.mark.xdist_group("page")

BOTH = pytest.mark.parametrize("inline_up_to", [0, 1000], ids=["stored-once", "inline"])
ROWS = "#ranking > tbody > tr:not(.opened)"


def names(page: Page) -> list[str]:
    return page.locator(f"{ROWS} > th > a").all_inner_texts()


def cells(page: Page, column: int) -> list[str]:
    return page.locator(f"{ROWS} > :nth-child({column})").all_inner_texts()


def shown(page: Page) -> str:
    return page.locator("#shown").inner_text()


def test_the_list_is_worst_first_and_says_how_many(opened: Open) -> None:
    page = opened(estate(31))
    assert shown(page) == "31 of 31 servers"
    severities = [text.split("\n")[0] for text in cells(page, 2)]
    order = ["Critical", "High", "Medium", "Not known"]
    assert severities == sorted(severities, key=order.index)
    expect(page.locator("th.c-severity")).to_have_attribute("aria-sort", "descending")


def test_a_click_on_a_column_sorts_and_another_turns_it_round(opened: Open) -> None:
    page = opened(estate(31))
    page.get_by_role("button", name="Failures in 10,000").click()
    rates = [float(text) for text in cells(page, 3)[:-1]]
    assert rates == sorted(rates, reverse=True)
    assert cells(page, 3)[-1] == DASH  # what is not known is last in either direction
    page.get_by_role("button", name="Failures in 10,000").click()
    assert [float(text) for text in cells(page, 3)[:-1]] == sorted(rates)
    assert cells(page, 3)[-1] == DASH
    expect(page.locator("th.c-rate")).to_have_attribute("aria-sort", "ascending")
    assert page.locator("th[aria-sort]").count() == 1


def test_enter_on_a_column_sorts(opened: Open) -> None:
    page = opened(estate(31))
    page.get_by_role("button", name="Server", exact=True).focus()
    page.keyboard.press("Enter")
    assert names(page) == sorted(names(page))
    page.keyboard.press("Space")
    assert names(page) == sorted(names(page), reverse=True)


def test_a_tile_filters_and_a_second_click_takes_it_back(opened: Open) -> None:
    page = opened(estate(31))
    tile = page.locator(".tile", has_text="Critical")
    count = int(tile.locator(".count").inner_text())
    tile.click()
    assert shown(page) == f"{count} of 31 servers"
    assert {text.split("\n")[0] for text in cells(page, 2)} == {"Critical"}
    expect(tile).to_have_attribute("aria-pressed", "true")
    assert page.url.endswith("#severity=critical")
    tile.click()
    assert shown(page) == "31 of 31 servers"
    page.go_back()
    assert shown(page) == f"{count} of 31 servers"


def test_filters_by_keyboard(opened: Open) -> None:
    page = opened(estate(31))
    page.locator(".tile", has_text="Medium").focus()
    page.keyboard.press("Space")
    assert {text.split("\n")[0] for text in cells(page, 2)} == {"Medium"}
    page.locator("[data-facet=owner]").focus()
    page.keyboard.type("Pay")
    assert {text.split("\n")[0] for text in cells(page, 8)} == {"Payments"}
    page.get_by_role("button", name="Show all").focus()
    page.keyboard.press("Enter")
    assert shown(page) == "31 of 31 servers"


@pytest.mark.parametrize("facet", ["severity", "rule", "owner", "environment", "status", "change", "waiver"])
def test_each_option_of_each_filter_finds_what_it_says(opened: Open, facet: str) -> None:
    page = opened(with_history(estate(31)))
    select = page.locator(f"[data-facet={facet}]")
    for option in select.locator("option").all()[1:]:
        label = option.inner_text()
        select.select_option(label=label)
        assert int(shown(page).split()[0]) == page.locator(ROWS).count() > 0
        if facet in ("owner", "environment") and label != "not stated":
            assert all(label in text.split("\n") for text in cells(page, 8))
    select.select_option(index=0)
    assert shown(page) == "31 of 31 servers"


def test_search_finds_hosts_owners_and_what_only_the_inventory_says(opened: Open) -> None:
    page = opened(estate(31))
    for words, found in (("host-00003", 1), ("CI-000004", 1), ("payments PRODUCTION", 5), ("nowhere", 0)):
        page.locator("#query").fill(words)
        assert shown(page).startswith(f"{found} of"), words
    expect(page.locator("#nothing")).to_be_visible()
    page.locator("#query").fill("")
    assert shown(page) == "31 of 31 servers"


def test_a_view_can_be_sent_on(opened: Open) -> None:
    page = opened(estate(31), address="#severity=high&owner=Shop+%26+Till&q=example&sort=-server")
    assert {text.split("\n")[0] for text in cells(page, 2)} == {"High"}
    assert {text.split("\n")[0] for text in cells(page, 8)} == {"Shop & Till"}
    assert names(page) == sorted(names(page), reverse=True)
    assert page.locator("#query").input_value() == "example"


@BOTH
def test_a_server_opens_and_closes_by_mouse(opened: Open, inline_up_to: int) -> None:
    page = opened(estate(31), inline_up_to=inline_up_to)
    link = page.locator(f"{ROWS} > th > a").first
    page.locator(f"{ROWS} > td").nth(3).click()
    expect(link).to_have_attribute("aria-expanded", "true")
    details = page.locator("tr.opened")
    expect(details).to_have_count(1)
    for text in ("Forced handshakes", "What each client negotiates here", "handshake completed", "CI-0000"):
        expect(details).to_contain_text(text)
    assert page.locator("tr.opened [data-own]").count() == 0
    link.click()
    expect(details).to_have_count(0)
    expect(link).to_have_attribute("aria-expanded", "false")


@BOTH
def test_a_server_opens_and_closes_by_keyboard(opened: Open, inline_up_to: int) -> None:
    page = opened(estate(31), inline_up_to=inline_up_to)
    link = page.locator(f"{ROWS} > th > a").nth(2)
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("tr.opened")).to_have_count(1)
    expect(link).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("() => !!document.activeElement.closest('tr.opened')")
    page.keyboard.press("Escape")
    expect(page.locator("tr.opened")).to_have_count(0)
    expect(link).to_be_focused()


def test_both_ways_to_write_a_page_show_the_same(opened: Open) -> None:
    texts = []
    for inline_up_to in (0, 1000):
        page = opened(with_history(estate(16)), inline_up_to=inline_up_to)
        for link in page.locator(f"{ROWS} > th > a").all():
            link.click()
        texts.append(page.locator("tr.opened").all_inner_texts())
        assert len(texts[-1]) == 16
    assert texts[0] == texts[1]


@BOTH
def test_the_address_opens_a_server_and_back_closes_it(opened: Open, inline_up_to: int) -> None:
    page = opened(estate(31), address="#host-00020.example.com:443", inline_up_to=inline_up_to)
    link = page.get_by_role("link", name="host-00020.example.com:443")
    expect(link).to_have_attribute("aria-expanded", "true")
    expect(link).to_be_in_viewport()
    page.wait_for_load_state("load")
    assert page.evaluate("() => document.activeElement.textContent") == link.text_content()
    page.goto(re.sub("#.*", "#severity=high", page.url))
    expect(page.locator("tr.opened")).to_have_count(0)
    page.go_back()
    expect(page.locator("tr.opened")).to_have_count(1)


def test_the_address_opens_a_server_that_is_filtered_out(opened: Open) -> None:
    page = opened(estate(31), address="#severity=critical")
    page.evaluate("() => { location.hash = 'host-00031.example.com:443' }")
    expect(page.get_by_role("link", name="host-00031")).to_be_in_viewport()
    assert shown(page) == "31 of 31 servers"


def test_a_link_in_the_page_opens_its_server(opened: Open) -> None:
    page = opened(with_history(estate(16)))
    link = page.locator(".waivers a").first
    link.click()
    expect(page.locator("tr.is-open")).to_have_count(1)
    assert page.locator("tr.is-open > th > a").inner_text() == link.inner_text()


def test_two_servers_stay_open_side_by_side_through_a_sort(opened: Open) -> None:
    page = opened(estate(31))
    for place in (0, 5):
        page.locator(f"{ROWS} > th > a").nth(place).click()
    before = set(page.locator("tr.is-open > th > a").all_inner_texts())
    page.get_by_role("button", name="Server", exact=True).click()
    assert set(page.locator("tr.is-open > th > a").all_inner_texts()) == before
    assert page.locator("tr.is-open + tr.opened").count() == page.locator("tr.opened").count() == 2


def test_ten_thousand_rows(opened: Open) -> None:
    page = opened(estate(10_000))
    assert shown(page) == "10,000 of 10,000 servers"
    assert page.locator(ROWS).count() == 100
    page.get_by_role("button", name="Show 1,000 more").click()
    assert page.locator(ROWS).count() == 1_100
    page.locator("#query").fill("host-09998")
    assert shown(page) == "1 of 10,000 servers"
    page.locator(f"{ROWS} > th > a").click()
    expect(page.locator("tr.opened")).to_contain_text("CI-009998")
    page.locator("#query").fill("")
    page.get_by_role("button", name="Server", exact=True).click()
    assert names(page)[:2] == ["host-00000.example.com:443", "host-00001.example.com:443"]
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert page.locator(ROWS).count() == 10_000
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert page.locator(ROWS).count() == 100
