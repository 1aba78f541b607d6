"""SECURITY.md names modules and tests: they are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text()
ROWS = re.findall(r"^\| (\*\*.*) \|$", TEXT, re.M)
TESTS = sorted({*re.findall(r"`(tests/[\w/]+\.py::\w+)`", TEXT)})
MODULES = sorted({*re.findall(r"`(tlsprobe/[\w/.]+)`", TEXT)})


@pytest.mark.parametrize("named", TESTS)
def test_a_test_that_is_named_is_there(named: str) -> None:
    path, _, name = named.partition("::")
    assert re.search(rf"^def {name}\(", (ROOT / path).read_text(), re.M)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_that_is_named_is_there(module: str) -> None:
    assert (ROOT / module).exists()


def test_each_attacker_has_a_module_and_a_test() -> None:
    assert len(ROWS) == 8
    for row in ROWS:
        assert "`tlsprobe/" in row
        assert "`tests/" in row


def test_the_readme_leads_there() -> None:
    assert "](SECURITY.md)" in (ROOT / "README.md").read_text()
