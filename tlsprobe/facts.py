"""What a scan found out: facts only, as they go into the journal. What they mean is for rules.py.

Everything here is plain frozen data that pydantic's TypeAdapter writes to JSON and reads back: bytes as
lower-case hex, suites and versions as numbers in hex, times in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer

from tlsprobe.inventory import Target
from tlsprobe.tls.handshake import Broken, Completed, Rejected, Untestable

SCHEMA = 1
# The status_reason of a server of which no more was asked than its DHE suites, and that has some.
SUITES_ONLY = "suites-only"


def _from_hex(value: object) -> object:
    return bytes.fromhex(value) if isinstance(value, str) else value


def _code_from_hex(value: object) -> object:
    return int(value, 16) if isinstance(value, str) else value


Hex = Annotated[
    bytes,
    BeforeValidator(_from_hex, json_schema_input_type=str),
    PlainSerializer(bytes.hex, return_type=str, when_used="json"),
]
Code = Annotated[  # a 16-bit number of a TLS registry
    int,
    BeforeValidator(_code_from_hex, json_schema_input_type=str),
    PlainSerializer(lambda code: f"{code:04x}", return_type=str, when_used="json"),
]


class Status(StrEnum):
    """How the scan of one server went; how bad the server is, findings say."""

    ASSESSED = "assessed"
    PARTLY_ASSESSED = "partly-assessed"
    NO_TLS = "no-tls"
    UNREACHABLE = "unreachable"
    UNTESTABLE = "untestable"
    EXCLUDED = "excluded"
    NOT_SCANNED = "not-scanned"


class ShareEncoding(StrEnum):
    """How a server writes a dh_Ys that starts with a zero byte."""

    PADDED = "padded"
    SHORT = "short"
    OVERLONG = "overlong"  # longer than p: a sign byte
    MIXED = "mixed"
    UNOBSERVED = "unobserved"


class PremasterZeros(StrEnum):
    """What a server does with a Z that starts with a zero byte."""

    STRIPPED = "stripped"  # RFC 5246 §8.1.2
    KEPT = "kept"
    BOTH = "both"
    NEITHER = "neither"
    MIXED = "mixed"  # answers changed
    INCONCLUSIVE = "inconclusive"
    UNTESTABLE = "untestable"


class FormAccepted(StrEnum):
    """Whether a server takes a zero-led dh_Yc in one form."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    MIXED = "mixed"
    INCONCLUSIVE = "inconclusive"
    UNTESTABLE = "untestable"


class SuiteOrder(StrEnum):
    """Whose order of preference decides."""

    SERVER = "server"
    CLIENT = "client"
    UNKNOWN = "unknown"


# ---- what happened on one connection -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No connection, or no TLS on it yet: DNS, TCP, proxy or STARTTLS; reason is a stable id."""

    reason: str
    detail: str = ""
    kind: Literal["unreachable"] = "unreachable"


Outcome = Annotated[Completed | Rejected | Broken | Unreachable | Untestable, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a hello offered: its version, its form and its suites."""

    version: Code
    form: str  # a value of probes.hello.HelloForm
    suites: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the server showed on one connection, its DH numbers as the bytes that came.

    `group` is an index into ServerScan.groups; `dh_Ys` is the share as sent.
    """

    version: Code
    suite: Code
    extensions: tuple[Code, ...] = ()
    extended_master_secret: bool = False
    hello_retry_request: bool = False
    named_group: int | None = None  # of TLS 1.3
    group: int | None = None
    dh_Ys: Hex | None = None
    certificate_requested: bool = False
    warnings: tuple[int, ...] = ()
    layout: tuple[tuple[int, int], ...] = ()  # content type and size of each record


@dataclass(frozen=True, slots=True)
class Observation:
    """One connection: what it asked, what was sent, what came back."""

    probe: str  # control, dhe-suites, leading-zeros, server-share
    question: str
    outcome: Outcome
    elapsed_s: float
    offer: Offer | None = None
    seen: Seen | None = None
    dh_Yc: Hex | None = None  # as sent, where the handshake went that far
    premaster_first_bytes: Hex | None = None  # two bytes: enough to show the zero, no secret


@dataclass(frozen=True, slots=True)
class Group:
    """One finite-field group as a server sent it; `bits` are those of the integer p."""

    dh_p: Hex
    dh_g: Hex
    bits: int
    name: str | None  # of a published group
    safe_prime: bool | None  # None: not tested, too large
    zero_probability: float  # of a value uniform below p to have a zero in its first byte


# ---- what each probe concluded -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AcceptedSuite:
    """A DHE suite that the server took, in the order it took them."""

    version: Code
    suite: Code
    group: int | None = None


@dataclass(frozen=True, slots=True)
class DheSuites:
    """Which DHE suites the server takes. Complete only where every batch ended in a refusal."""

    accepted: tuple[AcceptedSuite, ...]
    order: SuiteOrder
    form: str | None  # the form of hello that worked; None where none did
    complete: bool
    reason: str = ""  # why it is not complete


@dataclass(frozen=True, slots=True)
class LeadingZeros:
    """The forced handshakes. `reason` says why an answer is inconclusive or untestable."""

    premaster_zeros: PremasterZeros
    short_client_share: FormAccepted
    padded_client_share: FormAccepted
    suite: Code | None = None
    version: Code | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ServerShare:
    """How the server wrote its shares. Counts are of distinct shares.

    `samples` are all distinct shares seen, `padded`, `short` and `overlong` those that decide.
    `reused` is None where fewer than two connections showed a share. `confidence` is the probability
    that at least one of `samples` would have started with a zero byte: 1 where one did.
    """

    encoding: ShareEncoding
    samples: int
    padded: int
    short: int
    overlong: int
    reused: bool | None
    confidence: float
    deciding_shares: tuple[Hex, ...] = ()  # at most one of each kind, as sent


@dataclass(frozen=True, slots=True)
class Landed:
    """The server chose, and the client goes on. `fallback` counts the hellos that failed before."""

    version: Code
    suite: Code
    group: int | None = None  # index into ServerScan.groups, for DHE
    named_group: int | None = None  # of TLS 1.3
    extended_master_secret: bool = False
    fallback: int = 0
    kind: Literal["landed"] = "landed"


@dataclass(frozen=True, slots=True)
class RefusedByClient:
    """The server chose what this client does not go on with; `reason` is a stable id."""

    version: Code
    suite: Code
    reason: Literal["group-too-small", "group-too-large", "version"]
    group: int | None = None
    kind: Literal["refused-by-client"] = "refused-by-client"


@dataclass(frozen=True, slots=True)
class RefusedByServer:
    """The server chose nothing of the offer, in none of the client's hellos: an alert, or a close."""

    alert: int | None
    kind: Literal["refused-by-server"] = "refused-by-server"


@dataclass(frozen=True, slots=True)
class Unclear:
    """What the client would get could not be found out; `reason` is a stable id."""

    reason: str
    kind: Literal["unclear"] = "unclear"


Arrival = Annotated[Landed | RefusedByClient | RefusedByServer | Unclear, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class Landing:
    """What one offer of one client comes to, as it is and without its DHE suites.

    `without_dhe` is None where it was not asked: the offer does not land on DHE. `shut_out` are the suites
    of an offer that fails without DHE, best first: one of them would let the client in again.
    """

    client: str  # id of the profile
    offer: str  # id of the offer
    client_name: str
    offer_name: str
    windows: bool
    leading_zero_fix: Literal["yes", "no", "depends"]
    must_not_break: bool
    as_offered: Arrival
    without_dhe: Arrival | None = None
    shut_out: tuple[Code, ...] = ()
    aliases: tuple[str, ...] = ()  # of a profile of the user's


@dataclass(frozen=True, slots=True)
class Banner:
    """What a server said of itself: where (`greeting`, `http-server`, `ntlm` …), in its words, which build.

    The text is the server's and hostile; `build` is the Windows version of an NTLM challenge, `6.3.9600`, and
    in `tds-prelogin` SQL Server's own, `11.0.3000`.
    """

    source: str
    text: str
    build: str = ""


@dataclass(frozen=True, slots=True)
class Glance:
    """How the server answered one odd hello: the shape of its flight (tls/glance.py says what is in it).

    `question` names the hello, of probes.stack. Of each record its content type, version and bytes; of each
    handshake message its type and bytes; of the alert that ended it level and description. Bodies as sent,
    cut after 1024 bytes.
    """

    question: str
    end: str  # answered, alert, closed, reset, silent, not-tls, malformed, or why there was no connection
    records: tuple[tuple[int, Code, int], ...] = ()
    messages: tuple[tuple[int, int], ...] = ()
    server_hello: Hex = b""
    key_exchange: Hex = b""
    alert: tuple[int, int] | None = None
    warnings: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """What sslyze saw, and where its list of DHE suites differs from ours."""

    versions: tuple[str, ...]
    suites: tuple[str, ...]
    certificate_subject: str
    certificate_issuer: str
    certificate_not_after: datetime | None
    certificate_key: str
    dhe_only_here: tuple[Code, ...]
    dhe_only_sslyze: tuple[Code, ...]
    error: str = ""


@dataclass(frozen=True, slots=True)
class ServerScan:
    """One server: one line of the journal."""

    target: Target
    status: Status
    status_reason: str
    started: datetime
    duration_s: float
    address: str | None = None
    connections: int = 0
    detail: str = ""  # for people: what stood behind status_reason
    observations: tuple[Observation, ...] = ()
    groups: tuple[Group, ...] = ()
    dhe: DheSuites | None = None
    zeros: LeadingZeros | None = None
    share: ServerShare | None = None
    landings: tuple[Landing, ...] = ()
    banners: tuple[Banner, ...] = ()
    glances: tuple[Glance, ...] = ()
    survey: Survey | None = None
    extended_master_secret: bool | None = None  # None: never offered and answered
    schema: int = SCHEMA


def accepts_dhe(scan: ServerScan) -> bool:
    """Whether any DHE suite was accepted."""
    return scan.dhe is not None and bool(scan.dhe.accepted)


def groups_of(scan: ServerScan) -> tuple[Group, ...]:
    """The groups of accepted suites, the smallest first."""
    used = {each.group for each in scan.dhe.accepted} if scan.dhe else set()
    return tuple(sorted((scan.groups[i] for i in used if i is not None), key=lambda g: g.bits))


def inconsistency(scan: ServerScan) -> str:
    """Say which part refers to another that is not there, as in a journal of a hostile hand; empty: none."""
    arrivals = [each for one in scan.landings for each in (one.as_offered, one.without_dhe)]
    suites = scan.dhe.accepted if scan.dhe else ()
    used = [each.seen.group for each in scan.observations if each.seen]
    used += [each.group for each in suites]
    used += [each.group for each in arrivals if isinstance(each, Landed | RefusedByClient)]
    if any(each is not None and not 0 <= each < len(scan.groups) for each in used):
        return "a group that is not among its groups"
    pin = scan.target.pin
    return "an address that its name does not have" if pin and pin.address not in pin.of else ""
