"""The replay of clients' offers, against small servers: what is sent, how often, and what is made of it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.hostile import servers as hostile
from tests.hostile.servers import flight, hello_then, record, serving
from tlsprobe.clients.hello import HelloTemplate, parse_extension, parse_suites
from tlsprobe.clients.profile import (
    Basis,
    ClientOffer,
    ClientProfile,
    ClientsError,
    LeadingZeroFix,
    built_in_profiles,
    parse_profiles,
)
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, Running, stack
from tlsprobe.dial import Dialer
from tlsprobe.engines.local import run
from tlsprobe.facts import Landed, Landing, RefusedByClient, RefusedByServer, Unclear
from tlsprobe.inventory import Target
from tlsprobe.limits import Limits
from tlsprobe.probes.interview import Interview
from tlsprobe.probes.windows_clients import PROBE, count_replays, landings
from tlsprobe.scan import ScanConfig, budget
from tlsprobe.tls.messages import ClientHello, Extension
from tlsprobe.tls.suites import DHE_SUITE_NAMES

HOST = "127.66.2.1"
LIMITS = Limits(timeout_s=0.3, rate=100_000.0)
HANDSHAKE_FAILURE = record(21, b"\x02\x28")
PROTOCOL_VERSION = record(21, b"\x02\x46")
DHE_CODE, CBC_CODE = 0x009E, 0xC014

Answer = Callable[[ClientHello], bytes]


def hello(suites: str = "c014 009e", *extensions: str, version: int = 0x0303) -> HelloTemplate:
    return HelloTemplate(version, parse_suites(suites), tuple(parse_extension(each) for each in extensions))


def client(name: str, *chains: Sequence[HelloTemplate], dh_bits: tuple[int, int] = (0, 0)) -> ClientProfile:
    """A client with an offer for each chain of hellos."""
    offers = tuple(
        ClientOffer(str(number), "", Basis.OBSERVED, "", tuple(chain)) for number, chain in enumerate(chains)
    )
    return ClientProfile(
        id=name,
        name=name,
        windows=False,
        leading_zero_fix=LeadingZeroFix.YES,
        source="",
        offers=offers,
        min_dh_bits=dh_bits[0],
        max_dh_bits=dh_bits[1],
    )


@dataclass
class Server:
    """Answers each hello by `answer`, which may be empty: a close; and keeps what it was asked."""

    answer: Answer
    hellos: list[ClientHello] = field(default_factory=list)

    def behave(self, connection: socket.socket) -> None:
        asked = ClientHello.parse(connection.recv(65536)[9:])
        self.hellos.append(asked)
        connection.sendall(self.answer(asked))

    @property
    def suites(self) -> list[str]:
        return [" ".join(f"{code:04x}" for code in each.cipher_suites) for each in self.hellos]

    @property
    def versions(self) -> list[int]:
        return [each.version for each in self.hellos]


def replay(behave: hostile.Behaviour, *profiles: ClientProfile) -> list[Landing]:
    async def all_of(place: hostile.Place) -> list[Landing]:
        interview = Interview(Target(1, place.host, place.port), place.host, Dialer(LIMITS))
        return [each async for each in landings(interview, profiles)]

    with serving(HOST, behave) as place:
        return asyncio.run(all_of(place))


def takes_dhe(asked: ClientHello) -> bytes:
    """DHE where it is offered, else a refusal."""
    return flight() if DHE_CODE in asked.cipher_suites else HANDSHAKE_FAILURE


def takes_cbc(asked: ClientHello) -> bytes:
    chosen = hello_then(suite=CBC_CODE, version=asked.version)
    return chosen if CBC_CODE in asked.cipher_suites else HANDSHAKE_FAILURE


def takes_only(version: int, *, refusal: bytes = HANDSHAKE_FAILURE) -> Answer:
    def answer(asked: ClientHello) -> bytes:
        return takes_cbc(asked) if asked.version == version else refusal

    return answer


# --- what is sent


def test_equal_hellos_are_sent_once() -> None:
    server = Server(takes_cbc)
    same = [hello()]
    found = replay(server.behave, client("a", same, same), client("b", same), client("c", [hello("c014")]))
    assert len(found) == 4
    assert {each.as_offered for each in found} == {Landed(0x0303, CBC_CODE)}
    assert server.suites == ["c014 009e", "c014"]


def test_a_hello_without_dhe_that_another_client_sends_anyway_is_not_sent_again() -> None:
    server = Server(takes_dhe)
    found = replay(server.behave, client("a", [hello("c014 009e")]), client("b", [hello("c014")]))
    assert [each.without_dhe for each in found] == [RefusedByServer(40), None]
    assert found[1].as_offered == RefusedByServer(40)
    assert server.suites == ["c014 009e", "c014"]


def test_the_form_without_dhe_is_sent_only_where_the_first_landed_on_dhe() -> None:
    off_dhe, refuses = Server(takes_cbc), Server(lambda _: HANDSHAKE_FAILURE)
    for server in (off_dhe, refuses):
        (found,) = replay(server.behave, client("a", [hello()]))
        assert found.without_dhe is None
        assert found.shut_out == ()
        assert server.suites == ["c014 009e"]

    def prefers_dhe(asked: ClientHello) -> bytes:
        return flight() if DHE_CODE in asked.cipher_suites else takes_cbc(asked)

    on_dhe = Server(prefers_dhe)
    (found,) = replay(on_dhe.behave, client("a", [hello()]))
    assert found.as_offered == Landed(0x0303, DHE_CODE, group=0)
    assert found.without_dhe == Landed(0x0303, CBC_CODE)
    assert found.shut_out == ()
    assert on_dhe.suites == ["c014 009e", "c014"]


def test_who_has_nothing_but_dhe_is_shut_out_without_asking() -> None:
    server = Server(takes_dhe)
    (found,) = replay(server.behave, client("a", [hello("009e 0033")]))
    assert found.without_dhe == RefusedByServer(None)
    assert found.shut_out == ()
    assert server.suites == ["009e 0033"]


def test_shut_out_are_the_suites_of_every_hello_in_the_clients_order() -> None:
    server = Server(takes_dhe)
    chain = [hello("c028 c014 009e 0035"), hello("c014 0035 0033 000a", version=0x0301)]
    (found,) = replay(server.behave, client("a", chain))
    assert found.without_dhe == RefusedByServer(40)
    assert found.shut_out == (0xC028, 0xC014, 0x0035, 0x000A)


def test_a_hello_is_sent_as_the_template_says_and_names_the_server_only_where_it_does() -> None:
    named = hello("c014", "server_name", "supported_groups 0017 0018", "0x3374")
    server = Server(takes_cbc)
    replay(server.behave, client("a", [named]))
    asked = server.hellos[0]
    assert asked.extensions is not None
    # The target has no name to send, so its place stays empty.
    assert [each.kind for each in asked.extensions] == [10, 0x3374]
    assert asked.extensions[0].body == bytes.fromhex("000400170018")


# --- fallback


def test_a_fallback_that_lands_is_counted() -> None:
    server = Server(takes_only(0x0301))
    (found,) = replay(server.behave, client("a", [hello(), hello(version=0x0301)]))
    assert found.as_offered == Landed(0x0301, CBC_CODE, fallback=1)
    assert server.versions == [0x0303, 0x0301]


def test_who_never_falls_back_is_refused() -> None:
    found = replay(Server(takes_only(0x0301)).behave, client("a", [hello()], [hello(version=0x0301)]))
    assert [each.as_offered for each in found] == [RefusedByServer(40), Landed(0x0301, CBC_CODE)]


def test_a_chain_that_fails_is_what_its_first_hello_came_to() -> None:
    server = Server(lambda asked: HANDSHAKE_FAILURE if asked.version == 0x0303 else record(21, b"\x02\x50"))
    (found,) = replay(server.behave, client("a", [hello(), hello(version=0x0301)]))
    assert found.as_offered == RefusedByServer(40)


def test_an_old_hello_that_falls_silent_leaves_the_chain_open() -> None:
    def behave(connection: socket.socket) -> None:
        asked = ClientHello.parse(connection.recv(65536, socket.MSG_PEEK)[9:])
        if asked.version == 0x0301:
            hostile.silent(connection)
        hostile.answers(HANDSHAKE_FAILURE)(connection)

    (found,) = replay(behave, client("a", [hello(), hello(version=0x0301)]))
    assert found.as_offered == Unclear("silent")


# --- protocol_version


def test_protocol_version_spares_all_lower_versions() -> None:
    server = Server(lambda _: PROTOCOL_VERSION)
    old = [hello(version=0x0301)], [hello("c014", version=0x0302)], [hello("c013")]
    found = replay(server.behave, client("a", [hello(), hello(version=0x0301)]), client("b", *old))
    assert {each.as_offered for each in found} == {RefusedByServer(70)}
    assert server.versions == [0x0303]


def test_protocol_version_does_not_spare_a_version_that_was_seen_to_be_spoken() -> None:
    def answer(asked: ClientHello) -> bytes:
        return PROTOCOL_VERSION if asked.cipher_suites == (CBC_CODE,) else takes_cbc(asked)

    server = Server(answer)
    found = replay(server.behave, client("a", [hello()], [hello("c014")], [hello("c014 0035")]))
    assert [each.as_offered.kind for each in found] == ["landed", "refused-by-server", "landed"]
    assert len(server.hellos) == 3


def test_protocol_version_at_an_old_version_spares_no_higher_one() -> None:
    server = Server(takes_only(0x0303, refusal=PROTOCOL_VERSION))
    found = replay(server.behave, client("a", [hello(version=0x0302)]), client("b", [hello()]))
    assert [each.as_offered for each in found] == [RefusedByServer(70), Landed(0x0303, CBC_CODE)]


def test_protocol_version_to_a_hello_for_tls_13_says_nothing_of_others() -> None:
    newest = hello("1301 c014", "supported_versions 0304 0303")

    def answer(asked: ClientHello) -> bytes:
        return PROTOCOL_VERSION if asked.offered_versions else takes_cbc(asked)

    server = Server(answer)
    found = replay(server.behave, client("a", [newest]), client("b", [hello()]))
    assert [each.as_offered for each in found] == [RefusedByServer(70), Landed(0x0303, CBC_CODE)]


def test_a_hello_for_tls_13_is_sent_whatever_was_refused_below() -> None:
    newest = hello("1301 c014", "supported_versions 0304 0303")

    def only_newest(asked: ClientHello) -> bytes:
        return takes_cbc(asked) if asked.offered_versions else PROTOCOL_VERSION

    server = Server(only_newest)
    found = replay(server.behave, client("a", [hello()]), client("b", [newest]))
    assert [each.as_offered for each in found] == [RefusedByServer(70), Landed(0x0303, CBC_CODE)]


# --- closes and silence


def closes_on(suites: Collection[tuple[int, ...]]) -> Answer:
    """A close for hellos with just these suites; the first suite of any other hello, so of the control."""
    return lambda asked: b"" if asked.cipher_suites in suites else hello_then(suite=asked.cipher_suites[0])


def test_a_bare_close_is_asked_for_twice_and_is_a_refusal_where_the_control_works() -> None:
    server = Server(closes_on([hello().suites]))
    (found,) = replay(server.behave, client("a", [hello()]))
    assert found.as_offered == RefusedByServer(None)
    assert [asked.cipher_suites == hello().suites for asked in server.hellos] == [True, True, False]


def test_who_closes_on_the_control_too_is_not_asked_any_more() -> None:
    server = Server(lambda _: b"")
    found = replay(server.behave, client("a", [hello()], [hello("c013")], [hello("0035 009e")]))
    assert [each.as_offered for each in found] == [Unclear("closed")] * 3
    assert len(server.hellos) == 3


def test_a_close_that_does_not_come_again_is_no_refusal() -> None:
    server = Server(lambda asked: takes_cbc(asked) if len(server.hellos) > 1 else b"")
    (found,) = replay(server.behave, client("a", [hello()]))
    assert found.as_offered == Landed(0x0303, CBC_CODE)
    assert len(server.hellos) == 2


def test_an_alert_is_believed_at_once() -> None:
    server = Server(lambda _: HANDSHAKE_FAILURE)
    replay(server.behave, client("a", [hello()]))
    assert len(server.hellos) == 1


def test_silence_is_waited_for_three_times_at_most() -> None:
    connections = 0

    def behave(connection: socket.socket) -> None:
        nonlocal connections
        connections += 1
        hostile.silent(connection)

    asked = ("c014", "c013", "c014 c013", "c013 c014", "0035", "002f")
    found = replay(behave, client("a", *([hello(suites)] for suites in asked)))
    assert [each.as_offered for each in found] == [Unclear("silent")] * 6
    assert connections == 3


def test_an_answer_that_stops_before_the_group_is_unclear() -> None:
    (found,) = replay(Server(lambda _: hello_then(suite=DHE_CODE)).behave, client("a", [hello()]))
    assert isinstance(found.as_offered, Unclear)


# --- chosen, but not connected


def number(bits: int) -> bytes:
    """An odd number of so many bits."""
    return ((1 << bits) - 1).to_bytes((bits + 7) // 8, "big")


@pytest.mark.parametrize(
    ("bits", "dh_bits", "reason"),
    [
        (1023, (1024, 4096), "group-too-small"),
        (1024, (1024, 4096), None),
        (4096, (1024, 4096), None),
        (4097, (1024, 4096), "group-too-large"),
        (768, (0, 4096), None),
        (8192, (1024, 0), None),
    ],
)
def test_a_group_beyond_what_the_client_takes(
    bits: int, dh_bits: tuple[int, int], reason: str | None
) -> None:
    server = Server(
        lambda asked: flight(p=number(bits)) if DHE_CODE in asked.cipher_suites else takes_cbc(asked)
    )
    (found,) = replay(server.behave, client("a", [hello()], dh_bits=dh_bits))
    if reason is None:
        assert found.as_offered == Landed(0x0303, DHE_CODE, group=0)
    else:
        assert isinstance(found.as_offered, RefusedByClient)
        assert (found.as_offered.suite, found.as_offered.reason) == (DHE_CODE, reason)
    # Whether it goes on or not, DHE is what was chosen; so it is asked what comes without.
    assert found.without_dhe == Landed(0x0303, CBC_CODE)


def test_p_with_zeros_in_front_has_the_bits_of_its_value() -> None:
    (found,) = replay(
        Server(lambda _: flight(p=bytes(200) + number(512))).behave,
        client("a", [hello("009e")], dh_bits=(1024, 4096)),
    )
    assert isinstance(found.as_offered, RefusedByClient)
    assert found.as_offered.reason == "group-too-small"


def test_a_version_that_the_client_does_not_list_is_refused_by_it() -> None:
    server = Server(lambda _: hello_then(suite=CBC_CODE, version=0x0301))
    listing = hello("1301 c014", "supported_versions 0304 0303")
    found = replay(server.behave, client("a", [listing]), client("b", [hello("c014")]))
    assert found[0].as_offered == RefusedByClient(0x0301, CBC_CODE, "version")
    assert found[1].as_offered == Landed(0x0301, CBC_CODE)


SHA1, NO_SHA1 = "signature_algorithms 0401 0201", "signature_algorithms 0401 0301"
AS_OPENSSL_3 = hello("c014 0035 009e", NO_SHA1, "supported_versions 0304 0303 0302 0301")


@pytest.mark.parametrize(
    ("template", "version", "suite", "goes_on"),
    [
        (AS_OPENSSL_3, 0x0303, 0xC014, True),
        (AS_OPENSSL_3, 0x0304, 0x1301, True),
        (AS_OPENSSL_3, 0x0302, 0xC014, False),
        (AS_OPENSSL_3, 0x0301, 0x009E, False),
        (AS_OPENSSL_3, 0x0301, 0x0035, True),  # RSA key exchange: nothing is signed
        (AS_OPENSSL_3, 0x0300, 0x0035, False),
        (hello("c014", SHA1), 0x0301, 0xC014, True),
        (hello("c014", NO_SHA1), 0x0301, 0xC014, False),
        (hello("c014"), 0x0301, 0xC014, True),
        (HelloTemplate(0x0301, (0xC014,)), 0x0301, 0xC014, True),
    ],
)
def test_who_lists_no_signature_over_sha1_takes_none_of_old_versions(
    template: HelloTemplate, version: int, suite: int, goes_on: bool
) -> None:
    assert template.goes_on_with(version, suite) is goes_on


def test_who_refuses_the_signature_falls_back_where_it_can() -> None:
    def answer(asked: ClientHello) -> bytes:
        return hello_then(suite=CBC_CODE, version=0x0301)

    chain = [hello("c014", NO_SHA1), hello("c014", version=0x0301)]
    found = replay(Server(answer).behave, client("a", [chain[0]]), client("b", chain))
    assert found[0].as_offered == RefusedByClient(0x0301, CBC_CODE, "version")
    assert found[1].as_offered == Landed(0x0301, CBC_CODE, fallback=1)


# --- profiles that could not be sent


@pytest.mark.parametrize("broken", ["0x002b 05 0304", "0x0033 ff", "0x000d 00"])
def test_an_extension_that_cannot_be_read_is_refused_with_its_file(broken: str) -> None:
    kind, *body = broken.split()
    raw = ClientHello(0x0303, bytes(32), (0xC02F,), (Extension(int(kind, 16), bytes.fromhex("".join(body))),))
    for form in (
        f'version = "0303"\nsuites = "c02f"\nextensions = ["{broken}"]',
        f'hex = "{raw.serialise().hex()}"',
    ):
        text = f'[[client]]\nid = "till"\nname = "x"\n[[client.offer]]\n[[client.offer.hello]]\n{form}\n'
        with pytest.raises(ClientsError, match=r"^own\.toml: client till: "):
            parse_profiles(text, "own.toml")


# --- how many


def templates(profiles: Sequence[ClientProfile]) -> set[HelloTemplate]:
    every = {template for each in profiles for offer in each.offers for template in offer.hellos}
    return every | {template.without_dhe for template in every}


def test_replays_add_up() -> None:
    both, first, fallback = hello("c014 009e"), hello("c014"), hello("c014 0033 0035", version=0x0301)
    counted = count_replays(
        [client("a", [both, fallback]), client("b", [both], [first]), client("c", [fallback])]
    )
    # c sends first what a falls back to. Without DHE there is one more of it, and b sends the other anyway.
    assert (counted.first, counted.without_dhe, counted.fallback, counted.most) == (3, 1, 0, 12)
    counted = count_replays([client("a", [both, fallback])])
    assert (counted.first, counted.without_dhe, counted.fallback, counted.most) == (1, 1, 2, 12)


def test_every_template_of_the_built_in_profiles_is_counted_once() -> None:
    counted = count_replays(built_in_profiles())
    every = templates(built_in_profiles())
    assert counted.first + counted.without_dhe + counted.fallback == len(every)


@pytest.mark.parametrize(
    "answer",
    [
        closes_on({each.suites for each in templates(built_in_profiles())}),
        lambda asked: flight() if DHE_CODE in asked.cipher_suites else b"",
        takes_cbc,
    ],
    ids=["closes", "dhe, or closes", "cbc"],
)
def test_no_server_gets_more_than_is_counted(answer: Answer) -> None:
    server = Server(answer)
    found = replay(server.behave, *built_in_profiles())
    counted = count_replays(built_in_profiles())
    assert len(found) == sum(len(each.offers) for each in built_in_profiles())
    assert counted.first <= len(server.hellos) <= counted.most


def test_the_budget_counts_the_replays() -> None:
    nobody, everybody = budget(ScanConfig(clients=())), budget(ScanConfig())
    counted = count_replays(built_in_profiles())
    assert everybody.base - nobody.base == counted.first
    assert everybody.without_dhe - nobody.without_dhe == counted.without_dhe
    assert everybody.most - nobody.most == counted.most


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("replay")
    credentials = make_credentials(root)
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"], lowest="1.0")
    with stack("python").start("127.66.2.2", Path(root / "server"), credentials, options) as running:
        yield running


def test_a_scan_of_a_real_server_keeps_within_its_budget(real: Running) -> None:
    config = ScanConfig(limits=Limits(rate=100_000.0))
    (scan,) = run([Target(1, real.address, real.port)], config)
    counted = count_replays(config.clients)
    replayed = [each for each in scan.observations if each.probe == PROBE]
    assert scan.landings
    assert counted.first <= len(replayed) <= counted.most
    assert scan.connections <= budget(config).most
    sent = [(each.offer.version, each.offer.suites, each.question) for each in replayed if each.offer]
    assert len(set(sent)) == len(sent)
    without = [suites for _, suites, question in sent if question.endswith("without DHE")]
    assert without
    assert not DHE_SUITE_NAMES.keys() & {code for suites in without for code in suites}
