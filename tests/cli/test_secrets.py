"""A client key and a proxy's password are in nothing that runs leave behind, say or show to other users."""

from __future__ import annotations

import base64
import pickle
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tests.cli.test_cli import CLEAN, COMMAND, tlsprobe
from tests.hostile.servers import answers, flight, serving, silent
from tlsprobe.demo.credentials import Credentials, make_credentials
from tlsprobe.limits import Limits
from tlsprobe.proxies import parse_proxy
from tlsprobe.runs import command_line
from tlsprobe.scan import ScanConfig
from tlsprobe.tls.identity import Identity

# With all that an address has a meaning for, as people paste it.
PASSWORD = "s3cr3t:p@ss+word"  # noqa: S105
USER = "scanner"


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return make_credentials(tmp_path_factory.mktemp("credentials"))


def forms_of(credentials: Credentials) -> Iterator[bytes]:
    """The secrets, in each form that a slip of ours could write."""
    yield PASSWORD.encode()
    yield b"p@ss"
    yield b"s3cr3t"
    yield base64.b64encode(f"{USER}:{PASSWORD}".encode())
    pem = credentials.rsa.key.read_bytes()
    yield from (line for line in pem.splitlines()[1:-1] if len(line) > 40)
    key = serialization.load_pem_private_key(pem, password=None)
    assert isinstance(key, RSAPrivateKey)
    for number in (key.private_numbers().d, key.private_numbers().p):
        yield str(number).encode()
        yield f"{number:x}".encode()
        yield number.to_bytes((number.bit_length() + 7) // 8, "big")


def test_no_output_holds_a_secret(tmp_path: Path, credentials: Credentials) -> None:
    with serving("127.76.0.1", answers(flight())) as server, serving("127.76.0.2", silent) as proxy:
        (tmp_path / "inventory.csv").write_text(f"host,port\n{server.host},{server.port}\n")
        key = ("--client-cert", credentials.rsa.certificate, "--client-key", credentials.rsa.key)
        url = f"http://{USER}:{PASSWORD}@{proxy.host}:{proxy.port}"
        every = ("--format", "html,csv,sarif,junit,jsonl", "--timeout", "0.5", "-v", "--processes", "1")
        scan = ("scan", "inventory.csv", *every)
        said = [
            tlsprobe(*scan, *key, "--out", "with-key", cwd=tmp_path),
            tlsprobe(*scan, *key, "--out", "by-flag", "--proxy", url, cwd=tmp_path),
            tlsprobe(*scan, "--out", "by-variable", cwd=tmp_path, TLSPROBE_PROXY=url),
            tlsprobe(*scan, "--out", "wrong", "--proxy", url + ":x", cwd=tmp_path),
            tlsprobe(*scan, "--out", "wrong", "--proxy", f"socks5://u:{PASSWORD * 20}@x", cwd=tmp_path),
            tlsprobe(*scan, "--out", "wrong", "--client-cert", key[3], "--client-key", key[3], cwd=tmp_path),
            tlsprobe("verify", "with-key", "-v", cwd=tmp_path),
            tlsprobe("fix", "with-key", cwd=tmp_path),
        ]
    assert [done.returncode for done in said[3:6]] == [2, 2, 2]
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"with-key", "by-flag", "by-variable"} <= {path.parent.name for path in written}
    texts = [(done.stdout + done.stderr).encode() for done in said] + [path.read_bytes() for path in written]
    for secret in forms_of(credentials):
        assert not [text for text in texts if secret in text], secret


def test_other_processes_see_no_secret_in_ours(tmp_path: Path, credentials: Credentials) -> None:
    with serving("127.76.0.3", silent) as proxy:
        (tmp_path / "inventory.csv").write_text("host,port\n127.76.0.4,443\n")
        variables = {"TLSPROBE_PROXY": f"http://{USER}:{PASSWORD}@{proxy.host}:{proxy.port}"}
        arguments = ("scan", "inventory.csv", "--out", "run", "--processes", "1", "--timeout", "60")
        with subprocess.Popen(
            [*COMMAND, *arguments], cwd=tmp_path, env=CLEAN | variables, stderr=subprocess.DEVNULL
        ) as process:
            try:
                worker = _child(process.pid)
                for pid in (process.pid, worker):
                    shown = Path(f"/proc/{pid}/cmdline").read_bytes()
                    assert b"tlsprobe" in shown
                    assert b"s3cr3t" not in shown
            finally:
                process.kill()


def _child(pid: int) -> int:
    """Wait until a process has a child."""
    give_up = time.monotonic() + 60
    children = Path(f"/proc/{pid}/task")
    while time.monotonic() < give_up:
        found = [each for path in children.glob("*/children") for each in path.read_text().split()]
        for each in found:
            if b"tlsprobe.engines.worker" in Path(f"/proc/{each}/cmdline").read_bytes():
                return int(each)
        time.sleep(0.05)
    raise AssertionError("no child came")


@pytest.mark.parametrize("user", ["u", "", "a@b", "dom\\u", "a/b"])
@pytest.mark.parametrize("password", [PASSWORD, "a/b", "a b", "a\nb", "@", "::"])
def test_a_command_is_kept_without_the_password(
    user: str, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["tlsprobe", "scan", "a.csv", f"--proxy=http://{user}:{password}@h.example:1"]
    monkeypatch.setattr(sys, "argv", words)
    kept = command_line()
    assert re.search(r":…@h\.example:1'?$", kept)
    assert f":{password}@" not in kept


def test_what_may_be_logged_shows_no_secret(credentials: Credentials) -> None:
    identity = Identity.load(credentials.rsa.certificate.read_bytes(), credentials.rsa.key.read_bytes())
    proxy = parse_proxy("http://scanner:s3cr3t@proxy.example:3128")
    config = ScanConfig(limits=Limits(), identity=identity, proxy=proxy)
    for text in (repr(config), str(config), f"{proxy}"):
        assert not any(form.decode("latin-1") in text for form in forms_of(credentials))
    # It has to cross into our own processes, by a pipe that nobody else reads.
    assert pickle.loads(pickle.dumps(config)).proxy == proxy  # noqa: S301
