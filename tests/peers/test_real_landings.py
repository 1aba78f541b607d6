"""What landings say, against what the real client gets: every client here from every server here.

A client without a profile gets one made of its hello, as a user's recording is made into one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.peers.real_clients import CLIENTS, Client, Negotiated
from tests.peers.real_hellos import NAME, hello_of
from tests.peers.test_real_hellos import leave_out
from tests.peers.verdict import CONFIG
from tlsprobe.clients.profile import ClientProfile
from tlsprobe.demo.credentials import Credentials
from tlsprobe.demo.libraries import openssl_command
from tlsprobe.demo.servers import Options, Running, stack
from tlsprobe.demo.stack import Launch, Site, Start, started_by
from tlsprobe.dial import Dialer
from tlsprobe.engines.local import run
from tlsprobe.facts import Arrival, Group, Landed, Landing, RefusedByClient, ServerScan, accepts_dhe
from tlsprobe.inventory import Target
from tlsprobe.probes.interview import Interview
from tlsprobe.probes.windows_clients import landings
from tlsprobe.rules import FixSide, advise, clients_of, judge
from tlsprobe.scan import ScanConfig
from tlsprobe.tls.suites import suite_name
from tlsprobe.wording import wording

# The servers and the scans are made once, by the one worker that has all tests of this group.
pytestmark = pytest.mark.xdist_group("real-landings")


# ---- servers -------------------------------------------------------------------------------------


def s_server(*more: str) -> Start:
    """OpenSSL's server with more options than the demo has."""

    def command(site: Site) -> Launch:
        launch = openssl_command(site)
        return replace(launch, command=[*launch.command, *more])

    return started_by(command)


@dataclass(frozen=True, slots=True)
class Server:
    """A server, configured as its id says."""

    id: str
    options: Options
    dh_file: str | None = "rfc3526-2048"
    start: Start = field(default_factory=s_server)
    missing: Callable[[], str | None] = stack("openssl").missing

    def target(self, running: Running) -> Target:
        return Target(1, running.address, running.port, server_name=NAME, notes=self.id)


# What a web server's guide recommended for years, and the same with DHE in front.
AEAD_FIRST = "ECDHE+AESGCM:DHE+AESGCM:ECDHE+AES:DHE+AES:RSA+AES:!aNULL:!PSK:@SECLEVEL=0"
DHE_FIRST = f"DHE+AESGCM:{AEAD_FIRST}"
ONLY_GCM = "ECDHE+AESGCM:DHE+AESGCM"
# An FFDHE group is for those who list it; who lists none gets the one in the file.
FFDHE_3072 = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA:-GROUP-ALL:+GROUP-FFDHE3072:+GROUP-SECP256R1"


def tls10(ciphers: str) -> Options:
    return Options(lowest="1.0", highest="1.0", ciphers=f"{ciphers}:@SECLEVEL=0")


SERVERS = (
    Server("aead-first", Options(ciphers=AEAD_FIRST)),
    Server("dhe-first", Options(ciphers=DHE_FIRST)),
    Server("client-order", Options(ciphers=DHE_FIRST, order="client")),
    Server("ecdhe-cbc", Options(ciphers="ECDHE+AES:!AESGCM:!AESCCM:!aNULL"), dh_file=None),
    Server("dhe-gcm", Options(ciphers="DHE+AESGCM")),
    Server("ecdhe-gcm-dhe-gcm", Options(ciphers=ONLY_GCM)),
    Server("rsa", Options(ciphers="RSA+AES:!aNULL:!PSK"), dh_file=None),
    Server("tls10", tls10("ECDHE+AES:DHE+AES:RSA+AES")),
    Server("tls10-dhe", tls10("DHE+AES")),
    Server("tls10-rsa-dhe", tls10("RSA+AES:DHE+AES:!PSK")),
    Server(
        "dhe-1024",
        Options(ciphers="DHE+AESGCM:ECDHE+AESGCM:@SECLEVEL=0", lowest="1.0"),
        dh_file="rfc2409-1024",
    ),
    Server("tls13", Options(ciphers=DHE_FIRST), start=s_server("-max_protocol", "TLSv1.3")),
    Server(
        "gnutls",
        Options(order="client", lowest="1.0"),
        dh_file=None,
        start=stack("gnutls").start,
        missing=stack("gnutls").missing,
    ),
    Server(
        "gnutls-ffdhe3072",
        Options(ciphers=FFDHE_3072),
        start=stack("gnutls").start,
        missing=stack("gnutls").missing,
    ),
)


@pytest.fixture(scope="module")
def servers(
    tmp_path_factory: pytest.TempPathFactory, credentials: Credentials
) -> Iterator[dict[str, Running]]:
    """Those that can run here, by id."""
    with ExitStack() as running:
        yield {
            server.id: running.enter_context(
                server.start(
                    f"127.78.0.{number}",
                    tmp_path_factory.mktemp(server.id),
                    credentials,
                    replace(
                        server.options,
                        dh_file=credentials.dh_files[server.dh_file] if server.dh_file else None,
                    ),
                )
            )
            for number, server in enumerate(SERVERS, start=1)
            if server.missing() is None
        }


def test_every_server_is_there(servers: Mapping[str, Running]) -> None:
    for server in SERVERS:
        if server.id not in servers:
            leave_out(f"{server.id}: {server.missing()}")


# ---- what tlsprobe says --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of one server: where each client lands, and the groups that this speaks of."""

    landings: Mapping[str, Landing]
    groups: tuple[Group, ...]

    def arrival(self, client: str, *, with_dhe: bool) -> Arrival:
        """Who does not land on DHE was not asked again: the answer is to be the same."""
        landing = self.landings[client]
        return landing.as_offered if with_dhe or landing.without_dhe is None else landing.without_dhe

    def got(self, client: str, *, with_dhe: bool) -> Negotiated | None:
        arrival = self.arrival(client, with_dhe=with_dhe)
        if not isinstance(arrival, Landed):
            return None
        bits = None if arrival.group is None else self.groups[arrival.group].bits
        return Negotiated(arrival.version, arrival.suite, bits)


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> tuple[ClientProfile, ...]:
    """The profiles of the clients that are there."""
    workdir = tmp_path_factory.mktemp("hellos")
    return tuple(each.profile(workdir) for each in CLIENTS if each.missing() is None)


@pytest.fixture(scope="module")
def said(servers: Mapping[str, Running], profiles: tuple[ClientProfile, ...]) -> dict[str, Said]:
    """One scan of each server by the real engine; a server without DHE is asked by the probe alone."""
    targets = [server.target(servers[server.id]) for server in SERVERS if server.id in servers]
    scans = run(targets, replace(CONFIG, clients=profiles))
    return {
        scan.target.notes: Said({each.client: each for each in scan.landings}, scan.groups)
        if accepts_dhe(scan)
        else asyncio.run(asked_directly(scan.target, profiles))
        for scan in scans
    }


async def asked_directly(target: Target, profiles: tuple[ClientProfile, ...]) -> Said:
    interview = Interview(target, target.host, Dialer(CONFIG.limits))
    found = {each.client: each async for each in landings(interview, profiles)}
    return Said(found, await interview.groups())


# ---- against what the clients get ----------------------------------------------------------------


def in_words(got: Negotiated | None) -> str:
    if got is None:
        return "no connection"
    bits = f", {got.dh_bits} bits" if got.dh_bits else ""
    return f"TLS 1.{got.version - 0x0301}, {suite_name(got.suite)}{bits}"


@pytest.mark.parametrize(
    ("client", "with_dhe"),
    [
        *(pytest.param(each, True, id=each.id) for each in CLIENTS),
        *(
            pytest.param(each, False, id=f"{each.id} without DHE")
            for each in CLIENTS
            if each.can_leave_out_dhe
        ),
    ],
)
def test_a_client_gets_what_its_landing_says(
    client: Client,
    with_dhe: bool,
    servers: Mapping[str, Running],
    said: Mapping[str, Said],
    tmp_path: Path,
) -> None:
    require(client)
    places = [(each.address, each.port) for each in servers.values()]
    real, claimed, output = {}, {}, {}
    for (server, _), (got, told) in zip(
        servers.items(), client.connect(places, tmp_path, with_dhe=with_dhe), strict=True
    ):
        claim = said[server].got(client.id, with_dhe=with_dhe)
        if claim and (got is None or got.dh_bits is None):  # not every client tells the size of the group
            claim = replace(claim, dh_bits=None)
        real[server], claimed[server], output[server] = in_words(got), in_words(claim), told
    wrong = [each for each in servers if claimed[each] != real[each]]
    assert claimed == real, "\n".join(output[each] for each in wrong)
    assert any(each != "no connection" for each in real.values())


@pytest.mark.parametrize("client", [each for each in CLIENTS if each.profile_id], ids=lambda each: each.id)
def test_a_client_without_dhe_asks_as_its_profile_without_dhe(client: Client, tmp_path: Path) -> None:
    require(client)
    (offer,) = client.profile(tmp_path).offers
    assert hello_of(client.recordable(with_dhe=False), tmp_path) == offer.hellos[0].without_dhe


def require(client: Client) -> None:
    why = client.missing()
    if why is not None:
        if client.optional:
            pytest.skip(why)
        leave_out(why)


# ---- what the table rests on: the servers differ, and so do the clients --------------------------

GOT_BY_OPENSSL_1_1_1 = {
    "aead-first": "TLS 1.2, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "dhe-first": "TLS 1.2, TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, 2048 bits",
    "client-order": "TLS 1.2, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "ecdhe-cbc": "TLS 1.2, TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    "dhe-gcm": "TLS 1.2, TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, 2048 bits",
    "ecdhe-gcm-dhe-gcm": "TLS 1.2, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "rsa": "TLS 1.2, TLS_RSA_WITH_AES_256_GCM_SHA384",
    "tls10": "TLS 1.0, TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "tls10-dhe": "TLS 1.0, TLS_DHE_RSA_WITH_AES_256_CBC_SHA, 2048 bits",
    "tls10-rsa-dhe": "TLS 1.0, TLS_RSA_WITH_AES_256_CBC_SHA",
    "dhe-1024": "TLS 1.2, TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, 1024 bits",
    "tls13": "TLS 1.3, TLS_AES_256_GCM_SHA384",
    "gnutls": "TLS 1.2, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "gnutls-ffdhe3072": "TLS 1.2, TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, 2048 bits",
}


def test_each_server_is_as_it_is_called(said: Mapping[str, Said]) -> None:
    expected = {server: GOT_BY_OPENSSL_1_1_1[server] for server in said}
    assert {
        server: in_words(each.got("openssl-1.1.1", with_dhe=True)) for server, each in said.items()
    } == expected


def need_openssl_3() -> None:
    require(next(each for each in CLIENTS if each.id == "openssl-3"))


def test_openssl_3_of_debian_refuses_a_group_of_1024_bits(said: Mapping[str, Said]) -> None:
    need_openssl_3()
    arrival = said["dhe-1024"].arrival("openssl-3", with_dhe=True)
    assert isinstance(arrival, RefusedByClient)
    assert arrival.reason == "group-too-small"
    assert said["dhe-1024"].got("openssl-3", with_dhe=False) == Negotiated(0x0303, 0xC030)


@pytest.mark.parametrize(("server", "suite"), [("tls10", 0xC014), ("tls10-dhe", 0x0039)])
def test_openssl_3_refuses_the_signatures_of_tls_10(
    server: str, suite: int, said: Mapping[str, Said]
) -> None:
    need_openssl_3()
    arrival = said[server].arrival("openssl-3", with_dhe=True)
    assert isinstance(arrival, RefusedByClient)
    assert (arrival.version, arrival.suite, arrival.reason) == (0x0301, suite, "version")


def test_openssl_3_takes_tls_10_where_nothing_is_signed(said: Mapping[str, Said]) -> None:
    need_openssl_3()
    assert said["tls10-rsa-dhe"].got("openssl-3", with_dhe=True) == Negotiated(0x0301, 0x0035)


def test_gnutls_takes_another_group_for_who_lists_ffdhe(said: Mapping[str, Said]) -> None:
    need_openssl_3()
    if "gnutls-ffdhe3072" not in said:
        leave_out("gnutls-serv can't run here")
    bits = {}
    for client in ("openssl-1.1.1", "openssl-3"):
        got = said["gnutls-ffdhe3072"].got(client, with_dhe=True)
        assert got is not None
        bits[client] = got.dh_bits
    assert bits == {"openssl-1.1.1": 2048, "openssl-3": 3072}


# ---- the law that the advice rests on ------------------------------------------------------------

OLD_WINDOWS = {"windows-7", "windows-8", "windows-8.1"}
LETS_THEM_IN = {0xC027, 0xC028, 0xC013, 0xC014}
PLAIN_REMOVAL = ("advice.server", "advice.client")


@pytest.fixture(scope="module")
def only_gcm(servers: Mapping[str, Running]) -> ServerScan:
    return scanned(servers["ecdhe-gcm-dhe-gcm"])


def scanned(server: Running) -> ServerScan:
    """A scan with the clients that come with tlsprobe."""
    config = ScanConfig(limits=CONFIG.limits)
    (scan,) = run([Target(1, server.address, server.port, server_name=NAME)], config)
    return scan


def over_tls12(scan: ServerScan) -> list[Landing]:
    """The landings of old Windows where it speaks TLS 1.2, the only version of this server."""
    landed = [each for each in scan.landings if each.client in OLD_WINDOWS]
    return [each for each in landed if isinstance(each.as_offered, Landed)]


def test_old_windows_needs_dhe_where_there_is_only_gcm(only_gcm: ServerScan) -> None:
    found = over_tls12(only_gcm)
    assert {each.client for each in found} == OLD_WINDOWS
    for each in found:
        assert isinstance(each.as_offered, Landed)
        assert suite_name(each.as_offered.suite) == "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"
        assert each.without_dhe is not None
        assert each.without_dhe.kind == "refused-by-server"


def test_the_report_names_what_lets_old_windows_in(only_gcm: ServerScan) -> None:
    findings = judge(only_gcm)
    (finding,) = (each for each in findings if each.rule == "DHE006")
    said = " ".join(each.render(wording()) for each in finding.evidence)
    for name in (
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    ):
        assert name in said.replace(",", " ").replace(".", " ").split()
    for name in ("Windows 7", "Windows 8", "Windows 8.1"):
        assert name in said


def test_nothing_advises_to_switch_dhe_off_at_once(only_gcm: ServerScan) -> None:
    findings = judge(only_gcm)
    advice = advise(only_gcm, findings)
    assert advice.side is FixSide.ADD_SUITE_FIRST
    assert set(clients_of(advice.locked_out)) >= OLD_WINDOWS
    assert set(advice.add_suites) == LETS_THEM_IN
    keys = [each.key for finding in findings for each in finding.recommendation]
    assert "advice.add-suite-first" in keys
    assert [key for key in keys if key.startswith(PLAIN_REMOVAL)] == []


@pytest.mark.parametrize("code", sorted(LETS_THEM_IN), ids=suite_name)
def test_any_one_of_these_suites_does_let_old_windows_in(
    code: int, only_gcm: ServerScan, credentials: Credentials, tmp_path: Path
) -> None:
    assert code in advise(only_gcm, judge(only_gcm)).add_suites
    options = Options(
        ciphers=f"{ONLY_GCM}:{OPENSSL_NAMES[code]}", dh_file=credentials.dh_files["rfc3526-2048"]
    )
    with s_server()("127.78.1.1", tmp_path / "server", credentials, options) as server:
        scan = scanned(server)
    for each in over_tls12(scan):
        assert isinstance(each.without_dhe, Landed)
        assert each.without_dhe.suite == code
    advice = advise(scan, judge(scan))
    assert not OLD_WINDOWS & set(clients_of(advice.locked_out))
    assert advice.side is FixSide.SERVER


OPENSSL_NAMES = {
    0xC013: "ECDHE-RSA-AES128-SHA",
    0xC014: "ECDHE-RSA-AES256-SHA",
    0xC027: "ECDHE-RSA-AES128-SHA256",
    0xC028: "ECDHE-RSA-AES256-SHA384",
}
