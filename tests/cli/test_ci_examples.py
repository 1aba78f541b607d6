"""The pipelines of docs/ci: valid, and their scripts run, with the real command and a server that is gone."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
CI = ROOT / "docs" / "ci"
GITHUB, GITLAB = CI / "github-actions.yml", CI / "gitlab-ci.yml"
SCHEMAS = {GITHUB: "github-workflows.json", GITLAB: "gitlab-ci.json"}


def load(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text("utf-8"))


def github_script() -> list[str]:
    steps = load(GITHUB)["jobs"]["scan"]["steps"]
    return [step["run"] for step in steps if "tlsprobe scan" in step.get("run", "")]


def gitlab_script() -> list[str]:
    lines: list[str] = load(GITLAB)["tlsprobe"]["script"]
    return ["\n".join(lines)]


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_the_pipeline_is_valid(path: Path) -> None:
    folder = resources.files("check_jsonschema.builtin_schemas.vendor")
    schema = json.loads(folder.joinpath(SCHEMAS[path]).read_text("utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    validator.validate(load(path))
    broken = load(path)
    broken["jobs" if path == GITHUB else "tlsprobe"] = 1
    assert not validator.is_valid(broken)


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_the_page_shows_the_file(path: Path) -> None:
    assert path.read_text("utf-8") in (ROOT / "docs" / "ci.md").read_text("utf-8")


def test_every_pipeline_of_the_folder_is_tested() -> None:
    assert set(CI.iterdir()) == set(SCHEMAS)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with an inventory whose only server refuses connections, and no waiver."""
    with socket.socket() as probe:
        probe.bind(("127.66.0.9", 0))
        port = probe.getsockname()[1]
    (tmp_path / "inventory.csv").write_text(f"host,port\n127.66.0.9,{port}\n")
    (tmp_path / "waivers.toml").write_text("")
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "tlsprobe").write_text(f'#!/bin/sh\nexec {sys.executable} -m tlsprobe "$@"\n')
    (bin_ / "tlsprobe").chmod(0o755)
    return tmp_path


def run(script: str, folder: Path, shell: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TLSPROBE_")}
    environment = clean | {"PATH": path, "PYTHONPATH": str(ROOT)} | variables
    return subprocess.run(
        [*shell, "-e", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("script", "shell"),
    [(github_script, ["bash", "-o", "pipefail"]), (gitlab_script, ["sh"])],
    ids=["github", "gitlab"],
)
def test_the_script_runs_and_only_a_run_that_passed_is_the_next_baseline(
    script: Callable[[], list[str]], shell: list[str], checkout: Path
) -> None:
    (text,) = script()
    incomplete = run(text, checkout, shell)
    assert incomplete.returncode == 3, incomplete.stderr
    assert {"report.sarif", "report.junit.xml"} <= {path.name for path in (checkout / "run").iterdir()}
    assert not (checkout / "baseline").exists()
    shutil.rmtree(checkout / "run")
    accepted = run(text, checkout, shell, TLSPROBE_FAIL_ON="none", TLSPROBE_ALLOW_INCOMPLETE="true")
    assert accepted.returncode == 0, accepted.stderr
    assert (checkout / "baseline" / "run.json").exists()
    shutil.rmtree(checkout / "run")
    again = run(text, checkout, shell, TLSPROBE_FAIL_ON="high", TLSPROBE_ALLOW_INCOMPLETE="false")
    assert again.returncode == 3, again.stderr
    assert "--baseline baseline" in json.loads((checkout / "run" / "run.json").read_text())["command"]
