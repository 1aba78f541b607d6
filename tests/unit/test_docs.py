"""The documents say what the code does: what can be checked of that is checked."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path

import jsonschema
import pytest

from tlsprobe.assessment.waivers import Kind, read_waivers
from tlsprobe.cli import app
from tlsprobe.gate import ExitCode
from tlsprobe.journal import json_schema
from tlsprobe.report import decided
from tlsprobe.rules import RULES

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def test_every_rule_is_documented_with_its_name_and_severity() -> None:
    rows = re.findall(r"^\| (DHE\d+) \| (\S+) \| (\w+) \|", (ROOT / "docs/findings.md").read_text(), re.M)
    assert rows == [(rule.id, rule.name, rule.severity.value) for rule in RULES]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
        if "://" not in link:
            assert (document.parent / link).exists(), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_and_flags_exist(document: Path) -> None:
    names = {
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    }
    for command in re.findall(r"^\s*tlsprobe (\w+)", document.read_text(), re.M):
        assert command in names


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(
        r"make (\w+)", (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()
    )
    assert targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_the_schema_is_the_codes_and_the_sample_is_valid() -> None:
    published = (ROOT / "docs/scan.schema.json").read_text()
    assert published == json_schema()
    validator = jsonschema.Draft202012Validator(json.loads(published))
    lines = (ROOT / "reports/sample/scan.jsonl").read_text().splitlines()
    assert lines
    for line in lines:
        validator.validate(json.loads(line))


BOUNDS = re.findall(
    r"^\| `([\w.]+)` \| (\d+) \| (.+) \| .+ \|$", (ROOT / "docs/what-is-sent.md").read_text(), re.M
)


def test_the_bounds_of_the_documents_are_the_codes() -> None:
    assert len(BOUNDS) == 20
    for name, value, _ in BOUNDS:
        module, _, constant = name.rpartition(".")
        assert getattr(importlib.import_module(f"tlsprobe.{module}"), constant) == int(value), name


@pytest.mark.parametrize("module", sorted({name.rpartition(".")[0] for name, _, _ in BOUNDS}))
def test_no_bound_is_missing_there(module: str) -> None:
    """All that is called MAX_ in these files, and not meant for us ourselves, is in the table."""
    ours = {"MAX_PLAINTEXT", "MAX_SHOWN", "tls.glance.MAX_NOTED"}  # what we send, and what is shown
    source = (ROOT / "tlsprobe" / f"{module.replace('.', '/')}.py").read_text()
    found = set(re.findall(r"^(MAX_\w+) =", source, re.M))
    documented = {name.rpartition(".")[2] for name, _, _ in BOUNDS if name.startswith(f"{module}.")}
    assert {each for each in found - documented if not {each, f"{module}.{each}"} & ours} == set()


GATE = (ROOT / "docs/gate.md").read_text()


def test_the_waivers_of_the_documents_are_understood(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```", GATE, re.M | re.S)
    path = tmp_path / "waivers.toml"
    path.write_text(example)
    assert [each.rule for each in read_waivers([path])] == ["DHE004", "DHE007"]
    assert set(re.findall(r"`([a-z-]+)`: it is", GATE)) == set(Kind)


def test_every_change_and_exit_code_of_the_gate_is_documented() -> None:
    assert set(re.findall(r"^\| `([a-z-]+)` \| (?:the baseline|its|neither|DHE003)", GATE, re.M)) == {
        str(each) for each in decided.BECAME
    }
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", GATE, re.M)] == sorted(ExitCode)
