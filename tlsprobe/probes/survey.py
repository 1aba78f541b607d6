"""sslyze's view of a server: certificate, versions, every suite; a second witness for our list of DHE suites.

The only file that imports sslyze. It costs hundreds of connections, so it runs last and only where asked for.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Iterator, Mapping
from datetime import datetime

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
from sslyze.errors import ServerHostnameCouldNotBeResolved

from tlsprobe.facts import DheSuites, Survey
from tlsprobe.inventory import StartTls
from tlsprobe.preludes import resolve_auto
from tlsprobe.probes.interview import Interview
from tlsprobe.tls.constants import Version
from tlsprobe.tls.suites import DHE_SUITE_NAMES

# sslyze's own trust stores hold certificates that `cryptography` warns about; no news for our users.
warnings.filterwarnings("ignore", category=CryptographyDeprecationWarning, module=r"sslyze\.")

# Counted by a relay in front of an OpenSSL 3.0 server with 27 DHE suites over TLS 1.2 to 1.0.
SURVEY_CONNECTIONS = 540
_MOST_CONNECTIONS = 5  # sslyze's own default; it knows no rate

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
}
_CODES = {name: code for code, name in DHE_SUITE_NAMES.items()}


async def survey(interview: Interview, dhe: DheSuites | None) -> Survey:
    """Run sslyze in a thread; what goes wrong there is the survey's `error`, not the scan's.

    Its connections keep within the limit per address; they have no rate.
    """
    async with interview.dialer.lend(interview.address, _MOST_CONNECTIONS) as connections:
        result = await asyncio.to_thread(_scan, interview, connections)
    if isinstance(result, str):
        return failed(result)
    return _read(result, {each.suite for each in dhe.accepted} if dhe else set())


def _scan(interview: Interview, connections: int) -> ServerScanResult | str:
    target, limits = interview.target, interview.dialer.limits
    try:
        request = ServerScanRequest(
            server_location=ServerNetworkLocation(target.host, target.port, interview.address),
            network_configuration=ServerNetworkConfiguration(
                target.server_name or target.host,
                _STARTTLS.get(resolve_auto(target.starttls, target.port)),
                network_timeout=max(1, round(limits.timeout_s)),
            ),
            scan_commands={ScanCommand.CERTIFICATE_INFO, *_SUITE_COMMANDS},
        )
    except (ServerHostnameCouldNotBeResolved, ValueError) as error:
        return str(error) or type(error).__name__
    scanner = Scanner(per_server_concurrent_connections_limit=connections, concurrent_server_scans_limit=1)
    scanner.queue_scans([request])
    result = next(iter(scanner.get_results()))
    if result.scan_result is None:
        trace = result.connectivity_error_trace
        return "".join(trace.format_exception_only()).strip() if trace else "sslyze could not connect"
    return result


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
    leaf = attempt.result.certificate_deployments[0].received_certificate_chain[0]
    return (
        leaf.subject.rfc4514_string(),
        leaf.issuer.rfc4514_string(),
        leaf.not_valid_after_utc,
        _key(leaf.public_key()),
    )


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


def failed(error: str) -> Survey:
    """Return a survey that says nothing but why."""
    return Survey((), (), "", "", None, "", (), (), error=error)
