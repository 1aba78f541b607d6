"""What the reports of a large run cost: seconds, memory (and for a tenth of the servers), report.html's use.

    python -m benchmarks.reports [SERVERS]

The run is made of the scans in reports/sample, each many times over under another name and owner: with other
shares, randoms and signatures, other times and sample counts, other clients that would be locked out, some
servers out of reach and some without DHE. The machine may be shared and noisy.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import sync_playwright

from tlsprobe.facts import DheSuites, Glance, Landing, RefusedByServer, ServerScan, Status, SuiteOrder
from tlsprobe.inventory import Target
from tlsprobe.journal import read_run_info, read_scans, to_line, write_run_info
from tlsprobe.report.writing import FORMATS
from tlsprobe.tls.messages import HELLO_RETRY_REQUEST_RANDOM

SAMPLE = Path(__file__).parent.parent / "reports" / "sample"
SERVERS = 10_000
TEAMS = ("Payments", "Identity", "Data platform", "Messaging", "Shop", "Logistics", "Intranet", "Network")
SITES = ("Osaka", "Tokyo", "Leeds", "Lyon")
ENVIRONMENTS = ("production", "production", "staging", "test")
SOFTWARE = ("nginx/1.22.1", "Apache httpd", "haproxy", "postfix", "tomcat", "", "an appliance")
HANDSHAKE_FAILURE = 40


def synthetic(count: int, *, seed: int = 5) -> Iterator[ServerScan]:
    """Yield scans of that many servers; the same for the same seed."""
    chance = random.Random(seed)
    sample = read_scans(SAMPLE)
    for number in range(count):
        yield _varied(sample[number % len(sample)], number, chance)


def _varied(scan: ServerScan, number: int, chance: random.Random) -> ServerScan:
    target = _target(number, chance)
    started = scan.started + timedelta(seconds=number / 7)
    kind = chance.random()
    if kind < 0.05:
        reason = chance.choice(("refused", "timeout", "dns"))
        return ServerScan(target, Status.UNREACHABLE, reason, started, 3.0)
    own = replace(
        scan,
        target=target,
        address=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
        started=started,
        duration_s=round(chance.uniform(1, 9), 3),
        connections=chance.randint(60, 82),
        observations=tuple(
            replace(
                each,
                elapsed_s=round(chance.uniform(0.002, 0.2), 6),
                dh_Yc=each.dh_Yc and each.dh_Yc[:1] + chance.randbytes(len(each.dh_Yc) - 1),
                seen=each.seen
                and replace(
                    each.seen,
                    dh_Ys=each.seen.dh_Ys
                    and each.seen.dh_Ys[:1] + chance.randbytes(len(each.seen.dh_Ys) - 1),
                ),
            )
            for each in scan.observations
        ),
        landings=tuple(_landing(each, chance) for each in scan.landings),
        glances=tuple(_glance(each, chance) for each in scan.glances),
        share=scan.share and replace(scan.share, samples=chance.randint(20, 2000)),
    )
    if kind < 0.25:
        dhe = DheSuites((), SuiteOrder.UNKNOWN, None, complete=True)
        return replace(own, dhe=dhe, groups=(), zeros=None, share=None, landings=(), observations=())
    return own


def _target(number: int, chance: random.Random) -> Target:
    owner = f"{chance.choice(TEAMS)} {chance.choice(SITES)}"
    environment = chance.choice(ENVIRONMENTS)
    software = chance.choice(SOFTWARE)
    return Target(
        line=number + 2,
        host=f"host-{number:05}.{environment}.example.com",
        port=chance.choice((443, 443, 443, 8443, 465)),
        server_name=f"host-{number:05}.{environment}.example.com",
        software=software,
        owner=owner,
        environment=environment,
        managed=chance.random() > 0.1,
        handshakes_per_day=float(chance.randint(1, 50) * 1000) if chance.random() < 0.3 else None,
        tags=(
            ("software", software),
            ("owner", owner),
            ("environment", environment),
            ("asset", f"CI-{number:07}"),
        ),
    )


def _landing(landing: Landing, chance: random.Random) -> Landing:
    """One client in a hundred of those on DHE has nothing without it."""
    if landing.without_dhe is None or chance.random() > 0.01:
        return landing
    return replace(landing, without_dhe=RefusedByServer(HANDSHAKE_FAILURE))


def _glance(glance: Glance, chance: random.Random) -> Glance:
    """Give an answer another random, session and signature; what the library decides stays as it is."""
    hello, share = glance.server_hello, glance.key_exchange
    if hello and hello[2:34] != HELLO_RETRY_REQUEST_RANDOM:
        hello = hello[:6] + chance.randbytes(20) + hello[26:]
        if hello[34] == 32:  # bytes of session id, behind version and random: RFC 5246 §7.4.1.3
            hello = hello[:39] + chance.randbytes(28) + hello[67:]
    signature = 8 + share[3] if len(share) > 4 else 0  # of an ECDHE share: RFC 8422 §5.4
    signed = chance.randbytes(len(share) - signature)
    return replace(glance, server_hello=hello, key_exchange=share[:signature] + signed)


def write_run(folder: Path, count: int) -> None:
    """Write a run's journal and run.json."""
    folder.mkdir(exist_ok=True)
    write_run_info(
        folder, replace(read_run_info(SAMPLE), inventory="estate.csv", run_id="synthetic", baseline=None)
    )
    with (folder / "scan.jsonl").open("wb") as journal:
        for scan in synthetic(count):
            journal.write(to_line(scan))


def seconds_to_use(page: Path) -> tuple[float, float]:
    """Return when the page could be used, and how long a search then took, in seconds, in Chromium."""
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        tab = browser.new_page()
        began = time.monotonic()
        tab.goto(page.as_uri(), wait_until="commit")
        tab.wait_for_selector("html[data-ready]", state="attached")
        tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        usable = time.monotonic() - began
        began = time.monotonic()
        tab.fill("#query", "osaka staging")
        tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        searched = time.monotonic() - began
        browser.close()
    return usable, searched


@dataclass(frozen=True, slots=True)
class Cost:
    """What one `tlsprobe report` took: seconds by the clock, seconds of a core, MB of memory at most."""

    took_s: float
    cpu_s: float
    peak_mb: float


def cost_of_reports(run: Path) -> Cost:
    """Write all formats of a run."""
    command = [sys.executable, "-m", "tlsprobe", "report", str(run), "--format", ",".join(FORMATS), "-q"]
    began = time.monotonic()
    process = subprocess.Popen([*command, "--fail-on", "none", "--allow-incomplete"])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"tlsprobe report {run}: exit code {process.returncode}")
    return Cost(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def main() -> None:
    """Print a table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SERVERS
    with tempfile.TemporaryDirectory() as made:
        few, run = Path(made) / "few", Path(made) / "run"
        write_run(few, count // 10)
        tenth = cost_of_reports(few)
        write_run(run, count)
        whole = cost_of_reports(run)
        page = run / "report.html"
        usable, searched = seconds_to_use(page)
        print(f"servers                          {count:,}")
        print(f"scan.jsonl                       {(run / 'scan.jsonl').stat().st_size / 1e6:.0f} MB")
        print(f"all formats ({', '.join(FORMATS)})     {whole.took_s:.0f} s, {whole.cpu_s:.0f} s of a core")
        print(f"memory at most                   {whole.peak_mb:.0f} MB")
        print(f"memory for {count // 10:,} servers         {tenth.peak_mb:.0f} MB")
        print(f"one to the other                 {whole.peak_mb / tenth.peak_mb:.2f}")
        print(f"report.html                      {page.stat().st_size / 1e6:.1f} MB")
        print(f"usable in Chromium after         {usable:.1f} s")
        print(f"a search there takes             {searched:.2f} s")


if __name__ == "__main__":
    main()
