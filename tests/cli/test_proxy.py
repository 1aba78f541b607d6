"""The password of a proxy is in nothing that a run leaves behind."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

SECRET = "do-not-keep-this"  # noqa: S105


def tlsprobe(*arguments: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TLSPROBE_")}
    return subprocess.run(
        [sys.executable, "-m", "tlsprobe", *map(str, arguments)],
        cwd=cwd,
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_no_password_is_left_behind_and_a_run_is_resumed_with_it_given_again(tmp_path: Path) -> None:
    with socket.create_server(("127.66.2.1", 0)) as listener:  # takes connections and says nothing
        proxy = f"http://scanner:{SECRET}@127.66.2.1:{listener.getsockname()[1]}"
        (tmp_path / "inventory.csv").write_text("host,port\n127.66.2.2,443\n")
        done = tlsprobe(
            "scan", "inventory.csv", "--out", "run", "--proxy", proxy, "--timeout", "0.3", "-v", cwd=tmp_path
        )
        assert done.returncode == 3
        kept = "".join(path.read_text() for path in (tmp_path / "run").iterdir())
        assert SECRET not in kept + done.stdout + done.stderr
        assert "proxy-failed" in (tmp_path / "run" / "endpoints.csv").read_text()
        flags = json.loads((tmp_path / "run" / "run.json").read_text())["flags"]
        assert flags["proxy"].startswith("http://scanner:…@127.66.2.1:")
        resumed = tlsprobe("scan", "--resume", "run", "--retry", "unreachable", cwd=tmp_path)
        assert resumed.returncode == 2
        assert "give --proxy again" in resumed.stderr
        resumed = tlsprobe(
            "scan", "--resume", "run", "--retry", "unreachable", cwd=tmp_path, TLSPROBE_PROXY=proxy
        )
        assert resumed.returncode == 3
        other = tlsprobe("scan", "--resume", "run", "--proxy", "http://127.66.2.9", cwd=tmp_path)
        assert other.returncode == 2
        assert "differs" in other.stderr


def test_a_bad_proxy_is_one_line(tmp_path: Path) -> None:
    done = tlsprobe("probe", "host.example", "--proxy", f"ftp://u:{SECRET}@x", cwd=tmp_path)
    assert done.returncode == 2
    assert "socks5://host:port" in done.stderr
    assert SECRET not in done.stderr
