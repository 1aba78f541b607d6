"""Hostile servers among healthy ones cost these nothing: the same verdicts.

TLSPROBE_TEST_NEIGHBOURS is how many of each; what it costs in time, benchmarks/hostile.py measures.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path

import pytest

from tests.hostile.cases import CASES
from tests.hostile.servers import serving
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, stack
from tlsprobe.engines.local import run
from tlsprobe.facts import ServerScan, Status
from tlsprobe.inventory import Target
from tlsprobe.limits import Limits
from tlsprobe.scan import ScanConfig

OF_EACH = int(os.environ.get("TLSPROBE_TEST_NEIGHBOURS", "12"))
# Those that say nothing hold up a test; test_hostile.py has them beside a healthy one.
QUICK = tuple(
    case for case in CASES if case.reason not in ("silent", "deadline") and "silent" not in case.name
)
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - of loopback, as far as it is asked here
CONFIG = ScanConfig(limits=Limits(rate=1000.0), questions=())


def verdict(scan: ServerScan) -> tuple[object, ...]:
    zeros, dhe = scan.zeros, scan.dhe
    return scan.status, scan.status_reason, zeros, dhe, scan.landings, scan.connections


@pytest.mark.parametrize("processes", [0, 2])
def test_healthy_servers_among_hostile_ones_have_the_same_verdicts(tmp_path: Path, processes: int) -> None:
    credentials = make_credentials(tmp_path)
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    with ExitStack() as running:
        server = running.enter_context(
            stack("python").start(EVERY_ADDRESS, tmp_path / "server", credentials, options)
        )
        (alone,) = run([Target(0, "127.76.255.1", server.port)], CONFIG)
        assert alone.status is Status.ASSESSED
        targets = []
        some = QUICK[::3] if len(QUICK) > OF_EACH else QUICK
        for number, case in enumerate(islice(cycle(some), OF_EACH)):
            host = f"127.76.{number // 250}.{1 + number % 250}"
            place = running.enter_context(serving(host, case.behave, lifetime=case.lifetime))
            targets.append(Target(2 * number + 1, place.host, place.port, starttls=case.starttls))
            healthy = f"127.76.{128 + number // 250}.{1 + number % 250}"
            targets.append(Target(2 * number + 2, healthy, server.port))
        scans = list(run(targets, CONFIG, processes=processes))
    assert len(scans) == 2 * OF_EACH
    healthy_ones = [each for each in scans if each.target.line % 2 == 0]
    assert {verdict(each) for each in healthy_ones} == {verdict(alone)}
