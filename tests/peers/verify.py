"""Ten runs of ten: every peer that can run here, scanned again and again, against its measured facts.

    python -m tests.peers.verify [--runs 10] [--samples 2000]

Prints a row a peer and exits with 1 where any answer was wrong, or a share was not decided with --samples.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.peers.fleet import PEERS, Peer
from tests.peers.verdict import scan_peer, wrong
from tlsprobe.demo.credentials import Credentials, make_credentials
from tlsprobe.facts import PremasterZeros, ShareEncoding, Status


def main() -> int:
    """Verify all, and say so."""
    parser = argparse.ArgumentParser(description="Scan every peer many times and compare with its facts.")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--samples", type=int, default=2000, help="on one more scan of each peer")
    arguments = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        credentials = make_credentials(Path(folder) / "credentials")
        for peer in PEERS.values():
            why = peer.stack.missing()
            problems = [] if why else verify(peer, Path(folder), credentials, arguments)
            failures += len(problems)
            result = f"left out: {why}" if why else "; ".join(problems) or "as measured"
            print(f"{peer.id:28} {result}", flush=True)
    print(f"{failures} problems")
    return 1 if failures else 0


def verify(peer: Peer, folder: Path, credentials: Credentials, arguments: argparse.Namespace) -> list[str]:
    """Scan one peer `runs` times, and once with samples; return what was wrong."""
    problems = []
    with peer.stack.start(peer.address, folder / peer.id, credentials, peer.options(credentials)) as server:
        # The mixed emulation goes by the number of the connection: only its first scan has a known answer.
        runs = 1 if peer.fact.premaster_zeros is PremasterZeros.MIXED else arguments.runs
        for run in range(1, runs + 1):
            scan = scan_peer(peer, server)
            problems += [f"run {run}: {each}" for each in wrong(peer, scan)]
            if scan.status is not Status.ASSESSED:
                problems.append(f"run {run}: {scan.status} {scan.status_reason}")
        if arguments.samples and peer.fact.dhe_suites and not peer.fact.server_share_reused:
            share = scan_peer(peer, server, samples=arguments.samples).share
            if share is None or share.encoding is not peer.fact.server_share:
                problems.append(
                    f"dh_Ys after samples: {share.encoding if share else ShareEncoding.UNOBSERVED}"
                )
    return problems


if __name__ == "__main__":
    sys.exit(main())
