"""sslyze as a second witness, on a real server."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from pathlib import Path
from socket import socket

import pytest
from cryptography import x509

from tests.hostile.servers import CERTIFICATE, serving, silent
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, stack
from tlsprobe.dial import Dialer
from tlsprobe.engines.local import run
from tlsprobe.facts import DheSuites, Status, Survey
from tlsprobe.inventory import Target
from tlsprobe.limits import Limits
from tlsprobe.probes.dhe_suites import dhe_suites
from tlsprobe.probes.interview import Interview
from tlsprobe.probes.survey import describe, survey
from tlsprobe.scan import ScanConfig


# sslyze reads its trust stores, which hold certificates that `cryptography` warns about.
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_sslyze_finds_the_same_dhe_suites(tmp_path: Path) -> None:
    credentials = make_credentials(tmp_path)
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    with stack("python").start("127.66.1.1", tmp_path / "server", credentials, options) as server:
        target = Target(1, server.address, server.port)
        interview = Interview(target, server.address, Dialer(Limits()))

        async def both() -> None:
            ours = await dhe_suites(interview)
            theirs = await survey(interview, ours)
            assert theirs.error == ""
            assert len(ours.accepted) >= 10
            assert theirs.dhe_only_here == theirs.dhe_only_sslyze == ()
            assert theirs.versions == ("1.2",)
            assert theirs.certificate_key == "RSA 2048"

        asyncio.run(both())


def test_no_connection_is_the_surveys_error() -> None:
    interview = Interview(Target(1, "127.66.1.2", 9), "127.66.1.2", Dialer(Limits(timeout_s=1)))
    result = asyncio.run(survey(interview, None))
    assert result.error
    assert result.versions == ()


def test_a_deadline_in_the_survey_costs_the_survey_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless(_interview: Interview, _dhe: DheSuites | None) -> Survey:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr("tlsprobe.probes.survey.survey", endless)
    credentials = make_credentials(tmp_path)
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    with stack("python").start("127.66.1.3", tmp_path / "server", credentials, options) as server:
        target = Target(1, server.address, server.port)
        (scan,) = run([target], ScanConfig(deadline_s=5, survey=True))
    assert scan.status is Status.ASSESSED
    assert scan.zeros is not None
    assert scan.survey is not None
    assert "deadline" in scan.survey.error


def test_a_survey_cut_short_makes_no_more_connections_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    credentials = make_credentials(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(credentials.rsa.certificate, credentials.rsa.key)
    answered, limits, connections = 10, Limits(timeout_s=1), 0

    def tires(connection: socket) -> None:
        nonlocal connections
        connections += 1
        if connections > answered:  # sslyze has found its feet, and starts on the suites
            silent(connection)
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(1)

    with serving("127.66.1.4", tires) as place:

        async def cut_short() -> None:
            interview = Interview(Target(1, place.host, place.port), place.host, Dialer(limits))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(4):
                    await survey(interview, None)

        started = time.monotonic()
        asyncio.run(cut_short())
        assert time.monotonic() - started < 6
        assert connections > answered  # it was in the middle of the suites
        for thread in threading.enumerate():
            if thread.name == "survey":
                thread.join(timeout=20)  # what is under way runs into its timeout, the rest goes nowhere
                assert not thread.is_alive()
        assert connections < answered + 10 * limits.connections_per_host  # of some 540


def test_a_part_of_the_certificate_that_cannot_be_read_costs_no_other() -> None:
    curve = bytes.fromhex("06082a8648ce3d030107")
    assert curve in CERTIFICATE
    subject, issuer, not_after, key = describe(x509.load_der_x509_certificate(CERTIFICATE))
    assert (subject, issuer, key) == ("CN=hostile.example", "CN=hostile.example", "ECDSA secp256r1")
    assert not_after is not None
    unknown = x509.load_der_x509_certificate(CERTIFICATE.replace(curve, curve[:-1] + b"\x7f"))
    assert describe(unknown) == (subject, issuer, not_after, "")


def test_what_is_lent_is_lent_to_nobody_else() -> None:
    async def both() -> list[str]:
        dialer = Dialer(Limits(connections_per_host=2))
        order: list[str] = []

        async def borrow(name: str) -> None:
            async with dialer.gate.lend("192.0.2.1", 5) as number:
                assert number == 2
                order.append(f"{name} begins")
                await asyncio.sleep(0)
                order.append(f"{name} ends")

        await asyncio.gather(borrow("first"), borrow("second"))
        return order

    assert asyncio.run(both()) == ["first begins", "first ends", "second begins", "second ends"]
