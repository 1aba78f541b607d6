"""Fuzz the parsers: python -m tests.fuzz [--seconds N] [TARGET …]; all targets where none is named.

Each target runs in a process of its own, since libFuzzer ends the process that it runs in. What it found of
interest is kept in .cache/fuzz and goes on from there; what failed lies there too. A table is printed.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

CACHE = Path(".cache/fuzz")
MOST_CPU_S = 1.0  # of one input; more is a hang
MOST_MEMORY_MB = 1024
MOST_BYTES = 8192


def fuzz_one(name: str, seconds: float) -> None:
    """Run one target in this process; does not come back."""
    import atheris  # noqa: PLC0415 - has no wheels for every Python, and is needed here alone

    with atheris.instrument_imports(include=["tlsprobe"]):
        from tests.fuzz.targets import CORPUS, TARGETS  # noqa: PLC0415
    target = TARGETS[name]

    def quickly(data: bytes) -> None:
        begun = time.process_time()
        target(data)
        took = time.process_time() - begun
        if took > MOST_CPU_S:
            raise TimeoutError(f"{took:.1f} s for {len(data)} bytes")

    corpus, found = CACHE / name / "corpus", CACHE / name / "failed"
    for each in (corpus, found):
        each.mkdir(parents=True, exist_ok=True)
    limits = [f"-max_total_time={seconds:.0f}", f"-max_len={MOST_BYTES}", f"-rss_limit_mb={MOST_MEMORY_MB}"]
    atheris.Setup(
        [
            sys.argv[0],
            *limits,
            "-print_final_stats=1",
            f"-artifact_prefix={found}/",
            str(corpus),
            str(CORPUS / name),
        ],
        quickly,
    )
    atheris.Fuzz()


def fuzz_apart(name: str, seconds: float) -> tuple[bool, str]:
    """Run one target in a process; return whether all went well, and the line to print."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--here", "--seconds", str(seconds), name],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    log = CACHE / name / "log.txt"
    log.write_text(done.stderr + done.stdout)
    executions = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    covered = re.findall(r"cov: (\d+)", done.stderr)
    said = [executions[1] if executions else "?", covered[-1] if covered else "?"]
    well = done.returncode == 0
    return well, "\t".join([name, *said, "" if well else f"FAILED, see {log}"])


def main() -> int:
    """Fuzz all that is named; 1 where anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="for each target")
    parser.add_argument("--here", action="store_true", help="one target, in this process")
    parser.add_argument("target", nargs="*")
    asked = parser.parse_args()
    if asked.here:
        fuzz_one(asked.target[0], asked.seconds)
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - only once it is instrumented, where it is fuzzed

    print("target\texecutions\tcovered", flush=True)
    all_well = True
    for name in asked.target or TARGETS:
        well, line = fuzz_apart(name, asked.seconds)
        print(line, flush=True)
        all_well &= well
    return 0 if all_well else 1


if __name__ == "__main__":
    sys.exit(main())
