"""Learns the traits of TLS libraries from real servers: `make traits`.

    python -m tests.stacks.learn [--only WORD] [--workers 2]

Starts every bench, scans each as a user would, writes the traits that it showed to tests/stacks/samples.json
and what follows from them to tlsprobe/data/stack_traits.json. A bench that cannot run here keeps the sample
it had. To learn another stack, add a bench.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from tests.stacks.benches import benches
from tests.stacks.lab import Bench, scan_bench
from tests.stacks.samples import SAMPLES, Sample, read_samples, write_samples
from tests.stacks.table import TABLE, learned_table
from tlsprobe.demo.credentials import Credentials, make_credentials
from tlsprobe.demo.stack import DidNotStart
from tlsprobe.stacks.traits import traits


def main(argv: Sequence[str] | None = None) -> int:
    """Learn, and say what could not be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="benches with this word in their name")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args(argv)
    chosen = [each for each in benches() if arguments.only in each.id]
    known = {each.id: each for each in read_samples()}
    for one in chosen:
        one.missing()  # compiles what is to be compiled: once, before several would
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(arguments.workers) as workers:
        Path(folder).chmod(0o755)  # some servers run on an account of their own
        credentials = make_credentials(Path(folder) / "credentials")
        jobs = [
            workers.submit(sample, one, Path(folder) / str(place), f"127.77.4.{place % 250 + 1}", credentials)
            for place, one in enumerate(chosen)
        ]
        for job in jobs:
            for made in job.result():
                known[made.id] = made
    wanted = {each.id for each in benches()}
    write_samples([each for each in known.values() if each.id in wanted], SAMPLES)
    TABLE.write_text(json.dumps(learned_table(read_samples()), indent=1, ensure_ascii=False) + "\n")
    return 0


def sample(one: Bench, workdir: Path, address: str, credentials: Credentials) -> list[Sample]:
    """Start and scan one bench; a list of one, or of none with the reason printed."""
    why = one.missing()
    if why is not None:
        print(f"left out: {one.id}: {why}", flush=True)
        return []
    try:
        with one.start(address, workdir, credentials) as server:
            scan = scan_bench(one, server)
    except (DidNotStart, OSError) as error:
        print(f"left out: {one.id}: {str(error)[:300]}", flush=True)
        return []
    if not scan.glances:
        print(f"left out: {one.id}: {scan.status} {scan.status_reason}", flush=True)
        return []
    print(f"{len(traits(scan)):3} traits, {scan.duration_s:.1f} s: {one.id}", flush=True)
    return [
        Sample(
            family=one.family,
            version=one.version,
            program=one.program,
            configuration=one.configuration,
            default=one.default,
            held_out=one.held_out,
            date=datetime.now(UTC).date().isoformat(),
            traits=dict(sorted(traits(scan).items())),
        )
    ]


if __name__ == "__main__":
    sys.exit(main())
