"""sslyze's view of a server: certificate, versions, every suite; a second witness for our list of DHE suites.

The only file that imports sslyze. It costs hundreds of connections, so it runs last and only where asked for.
"""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.utils import CryptographyDeprecationWarning
from sslyze import (
    CipherSuitesScanResult,
    ProtocolWithOpportunisticTlsEnum,
    ScanCommand,
    ScanCommandAttemptStatusEnum,
    Scanner,
    ServerNetworkConfiguration,
    ServerNetworkLocation,
    ServerScanRequest,
    ServerScanResult,
)

from tlsprobe.facts import DheSuites, Survey
from tlsprobe.probes.interview import Interview
from tlsprobe.starttls import StartTls, resolve_auto
from tlsprobe.tls.constants import Version
from tlsprobe.tls.suites import DHE_SUITE_NAMES

# sslyze's own trust stores hold certificates that `cryptography` warns about; no news for our users.
warnings.filterwarnings("ignore", category=CryptographyDeprecationWarning, module=r"sslyze\.")

# Counted by a relay in front of an OpenSSL 3.0 server with 27 DHE suites over TLS 1.2 to 1.0.
SURVEY_CONNECTIONS = 540
_MOST_CONNECTIONS = 5  # sslyze's own default; it knows no rate
# A connection to it fails at once, and no packet leaves.
_NOWHERE = "255.255.255.255"

_SUITE_COMMANDS: Mapping[ScanCommand, str] = {
    ScanCommand.SSL_2_0_CIPHER_SUITES: "SSL 2.0",
    ScanCommand.SSL_3_0_CIPHER_SUITES: "SSL 3.0",
    ScanCommand.TLS_1_0_CIPHER_SUITES: Version.TLS10.label,
    ScanCommand.TLS_1_1_CIPHER_SUITES: Version.TLS11.label,
    ScanCommand.TLS_1_2_CIPHER_SUITES: Version.TLS12.label,
    ScanCommand.TLS_1_3_CIPHER_SUITES: Version.TLS13.label,
}
_STARTTLS: Mapping[StartTls, ProtocolWithOpportunisticTlsEnum] = {
    StartTls.SMTP: ProtocolWithOpportunisticTlsEnum.SMTP,
    StartTls.IMAP: ProtocolWithOpportunisticTlsEnum.IMAP,
    StartTls.POP3: ProtocolWithOpportunisticTlsEnum.POP3,
    StartTls.POSTGRES: ProtocolWithOpportunisticTlsEnum.POSTGRES,
    StartTls.FTP: ProtocolWithOpportunisticTlsEnum.FTP,
    StartTls.LDAP: ProtocolWithOpportunisticTlsEnum.LDAP,
    StartTls.RDP: ProtocolWithOpportunisticTlsEnum.RDP,
    StartTls.XMPP: ProtocolWithOpportunisticTlsEnum.XMPP,
    StartTls.XMPP_SERVER: ProtocolWithOpportunisticTlsEnum.XMPP_SERVER,
}
_CODES = {name: code for code, name in DHE_SUITE_NAMES.items()}


async def survey(interview: Interview, dhe: DheSuites | None) -> Survey:
    """Run sslyze in a thread; what goes wrong there is the survey's `error`, not the scan's.

    Its connections keep within the limit per address; they have no rate. Once cancelled it makes no more.
    """
    try:
        request = _request(interview)
    except ValueError as error:  # a protocol that it lacks, a name that is no IDNA
        return failed(_one_line(error))
    async with interview.dialer.gate.lend(interview.address, _MOST_CONNECTIONS) as connections:
        try:
            return await _in_thread(lambda: _scan(request, connections, dhe))
        except asyncio.CancelledError:
            # sslyze cannot be told to stop, but each of its jobs looks up where to connect to.
            object.__setattr__(request.server_location, "ip_address", _NOWHERE)
            raise


def failed(error: str) -> Survey:
    """Return a survey that says nothing but why."""
    return Survey((), (), "", "", None, "", (), (), error=error)


def _request(interview: Interview) -> ServerScanRequest:
    target = interview.target
    protocol = resolve_auto(target.starttls, target.port)
    if protocol is not StartTls.NONE and protocol not in _STARTTLS:
        raise ValueError(f"sslyze does not know how TLS is started in {protocol.value}")
    return ServerScanRequest(
        server_location=ServerNetworkLocation(target.host, target.port, interview.address),
        network_configuration=ServerNetworkConfiguration(
            target.server_name or target.host,
            _STARTTLS.get(protocol),
            network_timeout=max(1, round(interview.dialer.limits.timeout_s)),
        ),
        scan_commands={ScanCommand.CERTIFICATE_INFO, *_SUITE_COMMANDS},
    )


async def _in_thread(work: Callable[[], Survey]) -> Survey:
    """Run `work` in a thread that nobody waits for at the end.

    The loop waits for a pool's before it ends, and sslyze waits for ever for a thread of its own that failed.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Survey] = loop.create_future()

    def hand_over(result: Survey) -> None:
        if not done.done():
            done.set_result(result)

    def run() -> None:
        result = work()
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(hand_over, result)

    threading.Thread(target=run, name="survey", daemon=True).start()
    return await done


def _scan(request: ServerScanRequest, connections: int, dhe: DheSuites | None) -> Survey:
    try:
        scanner = Scanner(
            per_server_concurrent_connections_limit=connections, concurrent_server_scans_limit=1
        )
        scanner.queue_scans([request])
        result = next(iter(scanner.get_results()))
        if result.scan_result is None:
            return failed(_one_line(result.connectivity_error_trace or "sslyze could not connect"))
        return _read(result, {each.suite for each in dhe.accepted} if dhe else set())
    except Exception as error:  # sslyze and two OpenSSLs before a hostile server: anything
        return failed(_one_line(error))


def _read(result: ServerScanResult, ours: set[int]) -> Survey:
    suites: list[str] = []
    versions: list[str] = []
    known: set[int] = set()  # DHE suites that sslyze can test at all
    theirs: set[int] = set()
    for version, scanned in _suite_results(result):
        accepted = [each.cipher_suite.name for each in scanned.accepted_cipher_suites]
        rejected = [each.cipher_suite.name for each in scanned.rejected_cipher_suites]
        suites += [name for name in accepted if name not in suites]
        versions += [version] if accepted else []
        known |= {_CODES[name] for name in accepted + rejected if name in _CODES}
        theirs |= {_CODES[name] for name in accepted if name in _CODES}
    subject, issuer, not_after, key = _certificate(result)
    return Survey(
        versions=tuple(versions),
        suites=tuple(suites),
        certificate_subject=subject,
        certificate_issuer=issuer,
        certificate_not_after=not_after,
        certificate_key=key,
        dhe_only_here=tuple(sorted((ours & known) - theirs)),
        dhe_only_sslyze=tuple(sorted(theirs - ours)),
        error="" if subject or issuer or key else "sslyze could not read the certificate",
    )


def _suite_results(result: ServerScanResult) -> Iterator[tuple[str, CipherSuitesScanResult]]:
    for command, version in _SUITE_COMMANDS.items():
        attempt = getattr(result.scan_result, command.value)
        if attempt.status is ScanCommandAttemptStatusEnum.COMPLETED:
            yield version, attempt.result


def _certificate(result: ServerScanResult) -> tuple[str, str, datetime | None, str]:
    """Subject, issuer, end and key of the leaf."""
    assert result.scan_result is not None  # noqa: S101
    attempt = result.scan_result.certificate_info
    if attempt.result is None:
        return "", "", None, ""
    return describe(attempt.result.certificate_deployments[0].received_certificate_chain[0])


def describe(certificate: x509.Certificate) -> tuple[str, str, datetime | None, str]:
    """Return subject, issuer, end and key; a part that cannot be read is empty, and costs no other."""
    not_after = None
    with suppress(ValueError):
        not_after = certificate.not_valid_after_utc
    return (
        _readable(certificate, lambda it: it.subject.rfc4514_string()),
        _readable(certificate, lambda it: it.issuer.rfc4514_string()),
        not_after,
        _readable(certificate, lambda it: _key(it.public_key())),
    )


def _readable(certificate: x509.Certificate, read: Callable[[x509.Certificate], str]) -> str:
    try:
        return read(certificate)
    except (ValueError, UnsupportedAlgorithm):
        return ""


def _key(key: object) -> str:
    match key:
        case rsa.RSAPublicKey():
            return f"RSA {key.key_size}"
        case dsa.DSAPublicKey():
            return f"DSA {key.key_size}"
        case ec.EllipticCurvePublicKey():
            return f"ECDSA {key.curve.name}"
        case _:
            return type(key).__name__


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
