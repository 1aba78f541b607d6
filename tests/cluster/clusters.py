"""Clusters of real dask processes on loopback, each as its user would start it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

SCHEDULER = "distributed.cli.dask_scheduler"
WORKER = "distributed.cli.dask_worker"
_START_S = 60.0


@contextmanager
def scheduler(root: Path, *options: str, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """Start a scheduler on a free port; yield its address."""
    written = root / "scheduler.json"
    options = ("--port", "0", "--no-dashboard", "--dashboard-address", "127.0.0.1:0", *options)
    command = ("--host", "127.0.0.1", "--scheduler-file", str(written), *options)
    with _running(root / "scheduler.log", [SCHEDULER, *command], env) as process:
        yield _address(written, process)


def _address(written: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return str(json.loads(written.read_text())["address"])
        except (OSError, ValueError):
            time.sleep(0.05)
    raise AssertionError("the scheduler did not start")


@contextmanager
def worker(
    address: str, root: Path, *options: str, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a worker that nobody starts again."""
    options = ("--no-nanny", "--nthreads", "1", "--no-dashboard", *options)
    options = ("--host", "127.0.0.1", "--local-directory", str(root), *options)
    with _running(root / "worker.log", [WORKER, address, *options], env) as process:
        yield process


@contextmanager
def cluster(
    root: Path, workers: int, *options: str, env: Mapping[str, str] | None = None
) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and workers; yield its address and their processes."""
    with ExitStack() as stack:
        address = stack.enter_context(scheduler(root, *options, env=env))
        folders = [root / f"worker-{number}" for number in range(workers)]
        for each in folders:
            each.mkdir()
        yield address, [stack.enter_context(worker(address, each, *options, env=env)) for each in folders]


@contextmanager
def _running(
    log: Path, command: Sequence[str], env: Mapping[str, str] | None
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=log.parent,  # where no other tlsprobe lies
            stdout=output,
            stderr=output,
            env={**os.environ, **(env or {})},
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
