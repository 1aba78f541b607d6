"""Every server the tests talk to, and what is true of it.

The facts were measured on these servers with other tools than this project's: each form of a
share or a secret forced four times, each dh_Ys looked at in a thousand half handshakes and more.
The emulations are marked as such: theirs are the facts they were written to have.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pytest
from _pytest.mark import ParameterSet

from tests.peers.programs import NODES, OLD_S2N, emulation
from tlsprobe.demo.credentials import GROUPS, Credentials
from tlsprobe.demo.servers import Options, Stack, stack
from tlsprobe.demo.stack import Version
from tlsprobe.demo.web_servers import lighttpd
from tlsprobe.facts import FormAccepted, PremasterZeros, ShareEncoding, SuiteOrder

MODP_2048 = GROUPS["rfc3526-2048"]
FFDHE_2048 = GROUPS["ffdhe2048"]


@dataclass(frozen=True, slots=True)
class Fact:
    """What is true of one server.

    `dhe_suites` are those of TLS 1.2: in the server's order of preference where `order` says that
    the server's rules, else just the set; empty where it has no DHE, and nothing else counts then.
    `versions` are those it takes. `group_name` is None for a group that nobody published.
    `wants_ffdhe`: no DHE for a client that lists no group of RFC 7919, as OpenSSL 3.0 for TLS 1.2.
    `server_share` is how a dh_Ys is written that starts with a zero byte.
    """

    dhe_suites: tuple[int, ...]
    order: SuiteOrder = SuiteOrder.SERVER
    group_bits: int = 2048
    group_name: str | None = MODP_2048
    premaster_zeros: PremasterZeros = PremasterZeros.STRIPPED
    short_client_share: FormAccepted = FormAccepted.ACCEPTED
    padded_client_share: FormAccepted = FormAccepted.ACCEPTED
    server_share: ShareEncoding = ShareEncoding.PADDED
    server_share_reused: bool = False
    versions: tuple[Version, ...] = ("1.2",)
    wants_ffdhe: bool = False


@dataclass(frozen=True, slots=True)
class Peer:
    """A server, how it is configured for the tests, and the facts about it so configured."""

    id: str
    address: str
    stack: Stack
    fact: Fact
    base_options: Options = field(default_factory=Options)
    dh_file: str | None = None

    @property
    def emulated(self) -> bool:
        return self.id.startswith("emulated-")

    def options(self, credentials: Credentials) -> Options:
        chosen = credentials.dh_files[self.dh_file] if self.dh_file else None
        return replace(self.base_options, dh_file=chosen)


def suites(listed: str) -> tuple[int, ...]:
    return tuple(int(suite, 16) for suite in listed.split())


OPENSSL = suites("009f ccaa c09f 009e c09e 006b 00c4 0067 00be 0039 0088 0033 0045")
OPENSSL_DSS = suites("00a3 00a2 006a 00c3 0040 00bd 0038 0087 0032 0044")
NODE_6 = suites("009f 006b 0039 0088 009e 0067 0033 0045")
S2N = suites("0016 0033 0039 0067 006b 009e 009f ccaa")
TLSLITE = suites("ccaa 009f 009e c09f c09e 006b 0067 0039 0033 0016")
SHORT = ShareEncoding.SHORT
ALL_VERSIONS: tuple[Version, ...] = ("1.0", "1.1", "1.2")
REFUSED = FormAccepted.REFUSED
CLIENT_ORDER = Options(order="client")

# Where an order of "client" is asked for, that is what the server does when it is told nothing.
ENTRIES: tuple[tuple[str, Stack, Fact, Options, str | None], ...] = (
    ("openssl", stack("openssl"), Fact(OPENSSL), Options(), "rfc3526-2048"),
    (
        "openssl-dsa",
        stack("openssl"),
        Fact(OPENSSL_DSS),
        Options(key_type="dsa"),
        "rfc3526-2048",
    ),
    (
        "openssl-1024",
        stack("openssl"),
        Fact(OPENSSL, group_bits=1024, group_name=GROUPS["rfc2409-1024"], versions=ALL_VERSIONS),
        Options(lowest="1.0"),
        "rfc2409-1024",
    ),
    ("openssl-auto", stack("openssl"), Fact(OPENSSL), Options(), None),
    ("nginx", stack("nginx"), Fact(OPENSSL), Options(), "rfc3526-2048"),
    ("nginx-no-dhparam", stack("nginx"), Fact(()), Options(), None),
    ("apache", stack("apache"), Fact(OPENSSL), Options(), None),
    ("haproxy", stack("haproxy"), Fact(OPENSSL, group_name=FFDHE_2048), Options(), None),
    (
        "stunnel",
        stack("stunnel"),
        Fact(OPENSSL, order=SuiteOrder.CLIENT, group_name=None),
        CLIENT_ORDER,
        None,
    ),
    (
        "lighttpd-openssl",
        stack("lighttpd-openssl"),
        Fact(OPENSSL, order=SuiteOrder.CLIENT),
        CLIENT_ORDER,
        None,
    ),
    (
        "lighttpd-nss",
        stack("lighttpd-nss"),
        Fact(
            suites("009e ccaa 009f 0033 0067 0045 0039 006b 0088 0016 0015"),
            group_name=FFDHE_2048,
        ),
        Options(),
        None,
    ),
    (
        "nss",
        stack("nss"),
        Fact(suites("009e ccaa 009f 0033 0067 0039 006b 0016"), group_name=FFDHE_2048),
        Options(),
        None,
    ),
    (
        "lighttpd-mbedtls",
        stack("lighttpd-mbedtls"),
        Fact(suites("009e 009f 0067 006b 0033 0039"), server_share=SHORT),
        Options(),
        None,
    ),
    (
        "gnutls",
        stack("gnutls"),
        Fact(
            suites("009e 009f 0033 0039 ccaa c09e c09f"),
            order=SuiteOrder.CLIENT,
            group_name=FFDHE_2048,
            server_share=SHORT,
        ),
        CLIENT_ORDER,
        None,
    ),
    (
        "java",
        stack("java"),
        Fact(
            suites("009f ccaa 009e 006b 0067 0039 0033 0016"),
            group_name=FFDHE_2048,
            server_share=SHORT,
        ),
        Options(),
        None,
    ),
    (
        "erlang",
        stack("erlang"),
        Fact(suites("009f 006b 009e ccaa 0067 0039 0033 0016 0015"), server_share=SHORT),
        Options(),
        None,
    ),
    ("node-6.9.4", NODES[0], Fact(NODE_6, server_share=SHORT), Options(), "rfc3526-2048"),
    ("node-6.10.3", NODES[1], Fact(NODE_6), Options(), "rfc3526-2048"),
    ("node-20", NODES[2], Fact(OPENSSL), Options(), "rfc3526-2048"),
    ("python", stack("python"), Fact(OPENSSL), Options(), "rfc3526-2048"),
    (
        "tlslite-ng",
        stack("tlslite-ng"),
        Fact(TLSLITE, group_name="SRP 2048", server_share=SHORT),
        Options(),
        None,
    ),
    (
        "s2n",
        stack("s2n"),
        Fact(
            S2N,
            premaster_zeros=PremasterZeros.KEPT,
            server_share=SHORT,
            versions=ALL_VERSIONS,
        ),
        Options(),
        "rfc3526-2048",
    ),
    (
        "s2n-0.35.0",
        OLD_S2N,
        Fact(S2N, server_share=SHORT, versions=ALL_VERSIONS),
        Options(),
        "rfc3526-2048",
    ),
    (
        "lighttpd-gnutls",
        lighttpd("mod_gnutls", "GnuTLS", "HIGH"),
        Fact(
            suites("009f ccaa c09f 0039 009e c09e 0033 c0a3 0088 c0a2 0045"),
            group_name=FFDHE_2048,
            server_share=SHORT,
            wants_ffdhe=True,
        ),
        Options(),
        None,
    ),
)

TLSLITE_FACT = Fact(TLSLITE, group_name="SRP 2048", server_share=SHORT)
REFUSES_SHORT = replace(TLSLITE_FACT, short_client_share=REFUSED)
REUSES = replace(TLSLITE_FACT, server_share_reused=True)

EMULATIONS: tuple[tuple[Stack, Fact], ...] = (
    (emulation("refuses-short", "a short dh_Yc gets an alert", "--refuse", "short"), REFUSES_SHORT),
    (
        emulation("refuses-short-close", "a short dh_Yc gets a close", "--refuse", "short", "--how", "close"),
        REFUSES_SHORT,
    ),
    (
        emulation("refuses-short-reset", "a short dh_Yc gets a reset", "--refuse", "short", "--how", "reset"),
        REFUSES_SHORT,
    ),
    (
        emulation("refuses-padded", "a padded dh_Yc gets alert 51", "--refuse", "padded"),
        replace(TLSLITE_FACT, padded_client_share=REFUSED),
    ),
    (
        emulation("reuses-short-share", "one dh_Ys for life, a short one", "--reuse-share", "short"),
        REUSES,
    ),
    (
        emulation("reuses-full-share", "one dh_Ys for life, a full one", "--reuse-share", "full"),
        replace(REUSES, server_share=ShareEncoding.UNOBSERVED),
    ),
    (
        emulation("padded-share", "dh_Ys padded", "--server-share", "padded"),
        replace(TLSLITE_FACT, server_share=ShareEncoding.PADDED),
    ),
    (
        emulation("overlong-share", "dh_Ys with a sign byte", "--server-share", "overlong"),
        replace(TLSLITE_FACT, server_share=ShareEncoding.OVERLONG),
    ),
    *(
        (
            emulation(f"zeros-{form}", f"zeros of Z: {form}", "--zeros", form),
            replace(TLSLITE_FACT, premaster_zeros=PremasterZeros(form)),
        )
        for form in ("kept", "both", "neither", "mixed")
    ),
)


def all_peers() -> tuple[Peer, ...]:
    """Each with an address of its own, by its place in the lists: add at an end."""
    real = [
        Peer(name, f"127.77.0.{number}", made, fact, options, dh_file)
        for number, (name, made, fact, options, dh_file) in enumerate(ENTRIES, start=1)
    ]
    emulated = [
        Peer(made.id, f"127.77.1.{number}", made, fact)
        for number, (made, fact) in enumerate(EMULATIONS, start=1)
    ]
    return (*real, *emulated)


PEERS = {peer.id: peer for peer in all_peers()}


def cases(peers: Iterable[Peer] = PEERS.values()) -> list[ParameterSet]:
    """Parameters for a test on each of these peers; one worker has all tests of a peer."""
    return [pytest.param(peer, id=peer.id, marks=pytest.mark.xdist_group(peer.id)) for peer in peers]
