"""What one server costs: connections and seconds, beside sslyze on the same server in the same run.

    python -m benchmarks.cost

The machine may be shared and noisy: read the ratios and the connections, not the seconds alone.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, stack

RUNS = 5
PYTHON = Path(sys.executable)


def seconds(command: list[str]) -> float:
    """Run a command and return its wall time."""
    started = time.monotonic()
    subprocess.run(command, capture_output=True, check=False)
    return time.monotonic() - started


def median(command: list[str]) -> float:
    """Return the median of RUNS runs, after one that is not counted."""
    seconds(command)
    return statistics.median(seconds(command) for _ in range(RUNS))


def main() -> None:
    """Print a table."""
    tlsprobe = [str(PYTHON), "-m", "tlsprobe"]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with stack("openssl").start(
            "127.99.0.1", root / "openssl", make_credentials(root), Options()
        ) as server:
            place = f"{server.address}:{server.port}"
            probe = [*tlsprobe, "probe", place, "--stdout", "jsonl", "--fail-on", "none"]
            facts = json.loads(subprocess.run(probe, capture_output=True, check=True).stdout)
            # A high rate, or the sixth run in a row would wait for the limit of 50 a second.
            ours = median([*probe, "--rate", "100000"])
            sslyze = median([str(PYTHON.parent / "sslyze"), "--tlsv1_2", place])
        print_help = median([*tlsprobe, "--help"])
    suites = [each for each in facts["dhe"]["accepted"] if each["version"] == "0303"]
    print(f"suites found at TLS 1.2               {len(suites)}")
    print(f"connections, all probes, all versions {facts['connections']}")
    print(f"seconds inside the scan               {facts['duration_s']:.2f}")
    print(f"tlsprobe probe, whole process         {ours:.2f} s")
    print(f"sslyze --tlsv1_2, whole process       {sslyze:.2f} s ({sslyze / ours:.1f} times tlsprobe's)")
    print(f"tlsprobe --help                       {print_help:.2f} s ({print_help / ours:.2f} of a probe)")


if __name__ == "__main__":
    main()
