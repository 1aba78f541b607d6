"""Pages in Debian's Chromium. A test that can't have it is skipped, and fails in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tlsprobe.assessment import Assessment
from tlsprobe.report import html

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser a module."""
    program = shutil.which("chromium")
    if program is None:
        why = "no Chromium; python -m tests.peers.install has it from Debian"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Write a run's page and open it. At the end: no error was said, and nothing was asked of anybody."""
    said: list[str] = []
    asked: list[str] = []
    contexts = []

    def watch(route: Route) -> None:
        asked.append(route.request.url)
        route.continue_()

    def open_page(
        run: Assessment,
        *,
        address: str = "",
        width: int = 1280,
        scheme: str = "light",
        script: bool = True,
        inline_up_to: int = html.MOST_INLINE,
        lang: str = "en",
    ) -> Page:
        file = tmp_path / "report.html"
        file.write_text(html.render(run, lang=lang, inline_up_to=inline_up_to), encoding="utf-8")
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=script,
        )
        contexts.append(context)
        context.route("**/*", watch)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(file.as_uri() + address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []
    assert {url.partition("#")[0] for url in asked} <= {(tmp_path / "report.html").as_uri()}
