"""What it costs to have each line of the journal on the disk before the next, and to judge a scan.

    python -m benchmarks.journal [FOLDER]

FOLDER is where the disk is; without it a temporary folder. The lines are those of reports/sample.
"""

from __future__ import annotations

import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

from tlsprobe.journal import read_scans, to_line
from tlsprobe.linefile import LineFile
from tlsprobe.rules import judge

SAMPLE = Path(__file__).parents[1] / "reports/sample"
LINES, SERVERS = 2000, 10_000


def main(folder: Path) -> None:
    """Print seconds for 10,000 servers."""
    scans = read_scans(SAMPLE)
    lines = [to_line(scan) for scan in scans]
    with tempfile.TemporaryDirectory(dir=folder) as place:
        began = time.perf_counter()
        with (Path(place) / "buffered").open("ab", buffering=0) as file:
            for line in islice(cycle(lines), LINES):
                file.write(line)
        buffered = time.perf_counter() - began
        began = time.perf_counter()
        with LineFile(Path(place) / "synced") as journal:
            for line in islice(cycle(lines), LINES):
                journal.append(line)
        synced = time.perf_counter() - began
    for _ in range(2):  # the first time fills caches
        began = time.perf_counter()
        for scan in scans:
            judge(scan)
        judging = (time.perf_counter() - began) / len(scans)
    for what, each in (
        ("written", buffered / LINES),
        ("written and on the disk", synced / LINES),
        ("judged", judging),
    ):
        print(f"{what:24} {each * 1000:6.2f} ms a server, {each * SERVERS:6.1f} s for {SERVERS:,}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.gettempdir()))
