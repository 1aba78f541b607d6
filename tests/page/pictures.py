"""The pictures of the README, from reports/sample: `python -m tests.page.pictures docs/images`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import sync_playwright

SAMPLE = Path(__file__).parents[2] / "reports" / "sample"
PICTURES: tuple[tuple[str, str, Literal["light", "dark"]], ...] = (
    ("report.png", "report.html", "light"),
    ("report-dark.png", "report.html", "dark"),
    ("report-ja.png", "ja/report.html", "light"),
)


def main(folder: Path) -> None:
    """Take the first screen of each, as wide as a laptop's."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, report, scheme in PICTURES:
            page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
            page.goto((SAMPLE / report).as_uri())
            page.screenshot(path=folder / name)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
