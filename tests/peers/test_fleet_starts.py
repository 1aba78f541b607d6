"""The peers themselves: each starts, does DHE with a client of another maker, and survives.

The scanner's own tests stand on these servers, so nothing of the scanner is used here.
"""

import re
import socket
import ssl
import struct
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest

from tests.peers.fleet import Peer, cases
from tests.peers.summary import Serve
from tlsprobe.demo.servers import Running
from tlsprobe.facts import SuiteOrder

RESET = struct.pack("ii", 1, 0)
# The odds that a sound peer fails one handshake are 1/256 for some of them: their facts.
ATTEMPTS = 4


@pytest.mark.parametrize("peer", cases())
def test_takes_exactly_these_dhe_suites(peer: Peer, serve: Serve) -> None:
    server = serve(peer.id)
    known = known_to_openssl()
    expected = [suite for suite in peer.fact.dhe_suites if suite in known]
    if peer.fact.wants_ffdhe:
        expected = []  # from this client's hello
    offered = list(known)
    taken = []
    while (suite := negotiate(server, [known[each] for each in offered])) is not None:
        taken.append(suite)
        offered.remove(suite)
    if peer.fact.order is SuiteOrder.SERVER:
        assert taken == expected
    else:
        assert set(taken) == set(expected)


@pytest.mark.parametrize("peer", cases())
def test_survives_clients_that_leave(peer: Peer, serve: Serve) -> None:
    server = serve(peer.id)
    for number in range(100):
        leave_early(server, number)
    assert negotiate(server, ["ALL"]) is not None


def test_a_server_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from tlsprobe.demo.credentials import make_credentials\n"
        "from tlsprobe.demo.servers import stack\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "made = make_credentials(folder)\n"
        "with stack('openssl').start('127.77.2.1', folder, made) as server:\n"
        "    print(server.port, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        port = int(starter.stdout.readline())
        starter.kill()
    wait_until_refused(("127.77.2.1", port))


def wait_until_refused(place: tuple[str, int]) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(place, timeout=1).close()
        except (ConnectionRefusedError, ConnectionResetError):  # gone, or going
            return
    pytest.fail("the server is still there")


def negotiate(server: Running, names: list[str]) -> int | None:
    """The suite that `openssl s_client` and the server agree on, or None if they don't."""
    if not names:
        return None
    numbers = {name: number for number, name in known_to_openssl("ALL").items()}
    for _ in range(ATTEMPTS):
        client = subprocess.run(
            [
                *("openssl", "s_client", "-connect", f"{server.address}:{server.port}"),
                *("-tls1_2", "-cipher", ":".join(names) + ":@SECLEVEL=0"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        agreed = re.search(r"^New, .*, Cipher is (\S+)$", client.stdout, re.MULTILINE)
        if client.returncode == 0 and agreed is not None and agreed[1] != "(NONE)":
            return numbers[agreed[1]]
    return None


@cache
def known_to_openssl(wanted: str = "DHE:!PSK:!ARIA:!AESCCM8") -> dict[int, str]:
    """The suites that a string of OpenSSL's stands for: number → OpenSSL's name."""
    listed = subprocess.run(
        ["openssl", "ciphers", "-V", "-tls1_2", "-s", f"{wanted}:@SECLEVEL=0"],
        capture_output=True,
        text=True,
        check=True,
    )
    pattern = r"0x(\w\w),0x(\w\w)\s+-\s+(\S+)"
    return {int(high + low, 16): name for high, low, name in re.findall(pattern, listed.stdout)}


def leave_early(server: Running, number: int) -> None:
    """Leave after no byte, half a hello, a hello, or the server's first answer, by FIN or RST."""
    hello = client_hello()
    with socket.create_connection((server.address, server.port), timeout=30) as connection:
        match number % 4:
            case 1:
                connection.sendall(hello[: len(hello) // 2])
            case 2:
                connection.sendall(hello)
            case 3:
                connection.sendall(hello)
                assert connection.recv(1) == b"\x16"
        if number % 8 >= 4:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def client_hello() -> bytes:
    """A ClientHello as Python's ssl writes it, with DHE in it and TLS 1.2 at most."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ALL:@SECLEVEL=0")
    outgoing = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()
