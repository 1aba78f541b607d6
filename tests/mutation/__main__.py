"""Change one place of tls/ or rules at a time, and see whether a test fails: python -m tests.mutation.

mutmut makes the changes and runs the tests that come through the changed function (`[tool.mutmut]` in
pyproject.toml). A sample is the same at each call: it goes by the hash of the changes' names, so that it is
spread evenly. A change counts as noticed where a test fails or no longer ends; one that no test runs through,
or that changes nothing that could be seen, counts as missed.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

MUTANTS = Path("mutants")
MOST_MEMORY = 2 << 30
TO_BEGIN = "tlsprobe.tls.constants*"  # the smallest file: asking for it makes all changes
_MISSED, _NO_TEST, _NOT_RUN = 0, 33, None
_NOTHING_LEARNED = (2, 5, 34, 35)  # interrupted, no test found, skipped, suspicious


def outcomes() -> dict[str, int | None]:
    """Return the exit code of the tests by the name of each change; None where they were not run."""
    found: dict[str, int | None] = {}
    for path in sorted(MUTANTS.rglob("*.py.meta")):
        found |= json.loads(path.read_text())["exit_code_by_key"]
    return found


def sample(names: list[str], size: int) -> list[str]:
    """Return `size` of the names, or all for 0."""
    shuffled = sorted(names, key=lambda name: sha256(name.encode()).digest())
    return sorted(shuffled[: size or None])


def module(name: str) -> str:
    """Return the file that a change is in: `tls/codec`."""
    return "/".join(name.split(".")[1:3])


def table(asked: list[str]) -> str:
    """Write the score of each file, and of all."""
    codes = outcomes()
    known = {name: codes[name] for name in asked if codes.get(name) not in (_NOT_RUN, *_NOTHING_LEARNED)}
    all_of, missed = Counter(map(module, known)), Counter[str]()
    for name, code in known.items():
        missed[module(name)] += code in (_MISSED, _NO_TEST)
    rows = [f"{'file':24}{'changes':>8}{'noticed':>8}{'score':>8}"]
    for name in [*sorted(all_of), "all"]:
        every = all_of[name] if name != "all" else all_of.total()
        noticed = every - (missed[name] if name != "all" else missed.total())
        rows.append(f"{name:24}{every:8}{noticed:8}{noticed / every:8.1%}")
    return "\n".join([*rows, f"asked for {len(asked)}, learned of {len(known)}"])


def main() -> int:
    """Run mutmut on a sample, and print the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=1000, help="how many changes to try; 0 for all")
    parser.add_argument("--only-score", action="store_true", help="of what was tried before")
    asked = parser.parse_args()
    # A loop that no longer ends may fill a list for as long as it is let.
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    run = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", "2"]
    if not asked.only_score:
        subprocess.run([*run, TO_BEGIN], check=True)
    chosen = sample(list(outcomes()), asked.sample)
    if not asked.only_score:
        subprocess.run([*run, *chosen], check=True)
    print(table(chosen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
