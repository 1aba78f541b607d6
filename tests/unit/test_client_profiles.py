"""The client profiles: the lists that they come from, their laws, and what is said of a wrong file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsprobe.clients.hello import HelloTemplate, parse_extension, parse_suites, recorded
from tlsprobe.clients.names import profiles_named
from tlsprobe.clients.profile import (
    Basis,
    ClientOffer,
    ClientProfile,
    ClientsError,
    LeadingZeroFix,
    built_in_profiles,
    merged,
    parse_profiles,
    read_profiles,
)
from tlsprobe.tls.codec import Reader, vector
from tlsprobe.tls.constants import SECP256R1, SECP384R1, SECP521R1, X25519, ExtensionType, HandshakeType
from tlsprobe.tls.messages import ClientHello, Extension, handshake_message
from tlsprobe.tls.suites import DHE_SUITE_NAMES

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tlsprobe/data/clients.toml"
DOCS = ROOT / "docs/clients.md"
PROFILES = {each.id: each for each in built_in_profiles()}
OFFERS = {f"{each.id}/{offer.id}": offer for each in PROFILES.values() for offer in each.offers}

# What Microsoft documents and what was observed, in order.
OFFERED = {
    "windows-vista/documented": "002f 0035 0005 000a c009 c00a c013 c014 0032 0038 0013 0004",
    "windows-vista/ie7": "002f 0035 0005 000a c009 c00a c013 c014 0032 0038 0013 0004",
    "windows-7/documented": "c028 c027 c014 c013 009f 009e 0039 0033 009d 009c 003d 003c 0035 002f c02c c02b"
    " c024 c023 c00a c009 006a 0040 0038 0032 000a 0013 0005 0004",
    "windows-7/ie11": "c028 c027 c014 c013 009f 009e 009d 009c 003d 003c 0035 002f c02c c02b c024 c023 c00a"
    " c009 006a 0040 0038 0032 000a 0013",
    "windows-7/ie8-10": "c014 c013 0035 002f c00a c009 0038 0032 000a 0013 0005 0004",
    "windows-7/schannel-tls10": "c014 c013 0039 0033 0035 002f c00a c009 0038 0032 000a 0013 0005 0004",
    "windows-7/dotnet-4.5": "c014 c013 0039 0033 0035 002f c00a c009 0038 0032 000a 0013 0005 0004",
    "windows-8.1/dotnet-4.5": "c014 c013 0039 0033 0035 002f c00a c009 0038 0032 000a 0013 0005 0004",
    "windows-8/documented": "c028 c027 c014 c013 009f 009e 009d 009c 003d 003c 0035 002f c02c c02b"
    " c024 c023 c00a c009 006a 0040 0038 0032 000a 0013 0005 0004",
    "windows-8/winhttp-tls10": "c014 c013 0035 002f c00a c009 0038 0032 000a 0013 0005 0004",
    "windows-8.1/documented": "c028 c027 c014 c013 009f 009e 0039 0033 009d 009c 003d 003c 0035 002f c02c"
    " c02b c024 c023 c00a c009 006a 0040 0038 0032 000a 0013 0005 0004",
    "windows-8.1/ie11": "c028 c027 c014 c013 009f 009e 0039 0033 009d 009c 003d 003c 0035 002f c02c c02b c024"
    " c023 c00a c009 006a 0040 0038 0032 000a 0013",
    "windows-phone-8.1/ie11": "c028 c027 c014 c013 009f 009e 009d 009c 003d 003c 0035 002f c02c c02b c024"
    " c023 c00a c009 006a 0040 0038 0032 000a 0013",
    "windows-10-1507/documented": "c030 c02f c028 c027 c014 c013 009f 009e 0039 0033 009d 009c 003d 003c 0035"
    " 002f c02c c02b c024 c023 c00a c009 006a 0040 0038 0032 000a 0013 0005 0004",
    "windows-10-1507/edge12": "c030 c02f c028 c027 c014 c013 009f 009e 009d 009c 003d 003c 0035 002f c02c"
    " c02b c024 c023 c00a c009 006a 0040 0038 0032 000a 0013",
    "windows-10-1511/documented": "c02c c02b c030 c02f 009f 009e c024 c023 c028 c027 c00a c009 c014 c013 0039"
    " 0033 009d 009c 003d 003c 0035 002f 000a 006a 0040 0038 0032 0013 0005 0004",
    "windows-10-1511/edge13": "c02c c02b c030 c02f 009f 009e c024 c023 c028 c027 c00a c009 c014 c013 0039"
    " 0033 009d 009c 003d 003c 0035 002f 000a 006a 0040 0038 0032 0013",
    "windows-10-1607/documented": "c02c c02b c030 c02f 009f 009e c024 c023 c028 c027 c00a c009 c014 c013 0039"
    " 0033 009d 009c 003d 003c 0035 002f 000a 006a 0040 0038 0032 0013 0005 0004",
    "windows-10-1703/documented": "c02c c02b c030 c02f 009f 009e c024 c023 c028 c027 c00a c009 c014 c013 009d"
    " 009c 003d 003c 0035 002f 000a 0005 0004",
    "windows-10-1703/edge15": "c02c c02b c030 c02f c024 c023 c028 c027 c00a c009 c014 c013 009d 009c 003d"
    " 003c 0035 002f 000a",
    "windows-10-1803/documented": "c02c c02b c030 c02f 009f 009e c024 c023 c028 c027 c00a c009 c014 c013 009d"
    " 009c 003d 003c 0035 002f 000a",
    "windows-11-21h2/documented": "1302 1301 c02c c02b c030 c02f 009f 009e c024 c023 c028 c027 c00a c009 c014"
    " c013 009d 009c 003d 003c 0035 002f 000a",
    "windows-11-22h2/windows-11": "1302 1301 c02c c02b c030 c02f c024 c023 c028 c027 c00a c009 c014"
    " c013 009d 009c 003d 003c 0035 002f 000a",
    "windows-11-22h2/windows-10": "c02c c02b c030 c02f c024 c023 c028 c027 c00a c009 c014 c013 009d 009c 003d"
    " 003c 0035 002f 000a",
}

# The extensions of what was observed, in order; some of them belong to the application.
EXTENSIONS = {
    "windows-vista/ie7": "0 5 10 11 ff01",
    "windows-7/ie11": "0 5 10 11 13 23 ff01",
    "windows-7/ie8-10": "0 5 10 11 ff01",
    "windows-8.1/ie11": "0 5 10 11 13 35 16 3374 23 ff01",
    "windows-phone-8.1/ie11": "ff01 0 5 10 11 13 35 16 3374",
    "windows-10-1507/edge12": "0 5 10 11 13 35 16 23 ff01",
    "windows-10-1511/edge13": "0 5 10 11 13 35 16 23 5500 ff01",
    "windows-10-1703/edge15": "0 5 10 11 13 35 16 23 24 ff01",
}
OF_THE_APPLICATION = {16, 0x3374, 0x5500, 24}  # protocols by ALPN and NPN, token binding
EXTENSIONS_FROM = {
    "windows-vista/documented": "windows-vista/ie7",
    "windows-7/documented": "windows-7/ie11",
    "windows-7/schannel-tls10": "windows-7/ie8-10",
    "windows-8/documented": "windows-8.1/ie11",
    "windows-8/winhttp-tls10": "windows-7/ie8-10",
    "windows-8.1/documented": "windows-8.1/ie11",
    "windows-10-1507/documented": "windows-10-1507/edge12",
    "windows-10-1511/documented": "windows-10-1511/edge13",
    "windows-10-1607/documented": "windows-10-1703/edge15",
    "windows-10-1703/documented": "windows-10-1703/edge15",
    "windows-10-1803/documented": "windows-10-1703/edge15",
}


def first(offer_id: str) -> HelloTemplate:
    return OFFERS[offer_id].hellos[0]


def kinds(template: HelloTemplate) -> list[int]:
    return [each.kind for each in template.extensions or ()]


def has_ems(template: HelloTemplate) -> bool:
    return ExtensionType.EXTENDED_MASTER_SECRET in kinds(template)


@pytest.mark.parametrize("offer_id", OFFERED)
def test_windows_offers_its_suites_in_order(offer_id: str) -> None:
    assert " ".join(f"{code:04x}" for code in first(offer_id).suites) == OFFERED[offer_id]


def test_no_offer_of_windows_is_left_out_of_the_lists() -> None:
    assert set(OFFERED) == {each for each in OFFERS if each.startswith("windows-")}


@pytest.mark.parametrize("offer_id", EXTENSIONS)
def test_observed_extensions_stand_in_order(offer_id: str) -> None:
    expected = [int(word, 16 if len(word) == 4 else 10) for word in EXTENSIONS[offer_id].split()]
    assert kinds(first(offer_id)) == expected


@pytest.mark.parametrize("offer_id", EXTENSIONS_FROM)
def test_documented_offers_have_the_extensions_of_an_observed_one(offer_id: str) -> None:
    observed = first(EXTENSIONS_FROM[offer_id]).extensions or ()
    assert first(offer_id).extensions == tuple(e for e in observed if e.kind not in OF_THE_APPLICATION)


def test_curve25519_came_to_windows_with_1607_and_extended_master_secret_before_8_1_ended() -> None:
    groups = {
        offer_id: next(e.body for e in first(offer_id).extensions or () if e.kind == 10)
        for offer_id in OFFERED
    }
    with_x25519 = {offer_id for offer_id, body in groups.items() if b"\x00\x1d" in body}
    assert {offer_id.split("/")[0] for offer_id in with_x25519} == {
        "windows-10-1607",
        "windows-10-1703",
        "windows-10-1803",
        "windows-11-21h2",
        "windows-11-22h2",
    }
    assert has_ems(first("windows-7/ie11"))
    assert has_ems(first("windows-8.1/ie11"))
    assert not has_ems(first("windows-phone-8.1/ie11"))


def test_which_windows_has_no_fix() -> None:
    windows = [each for each in PROFILES.values() if each.windows]
    by_fix = {fix: [each.id for each in windows if each.leading_zero_fix is fix] for fix in LeadingZeroFix}
    assert by_fix == {
        LeadingZeroFix.NO: [
            "windows-vista",
            "windows-7",
            "windows-8",
            "windows-8.1",
            "windows-phone-8.1",
            "windows-10-1507",
        ],
        LeadingZeroFix.DEPENDS: ["windows-10-1607"],
        LeadingZeroFix.YES: [
            "windows-10-1511",
            "windows-10-1703",
            "windows-10-1803",
            "windows-11-21h2",
            "windows-11-22h2",
        ],
    }
    assert "14393.3542" in PROFILES["windows-10-1607"].note
    unfixed = {each.id for each in PROFILES.values() if each.possibly_unfixed}
    assert unfixed == {*by_fix[LeadingZeroFix.NO], *by_fix[LeadingZeroFix.DEPENDS]}


def test_what_must_not_break_is_no_windows() -> None:
    assert {each.id for each in PROFILES.values() if each.must_not_break} == {
        "openssl-1.0.2",
        "openssl-1.1.1",
        "openssl-3",
        "java-7",
        "java-8",
        "java-11",
        "java-17",
        "chrome",
        "firefox",
        "safari",
        "safari-9",
        "android-4.4",
    }
    assert all(each.must_not_break is not each.windows for each in PROFILES.values())


@pytest.mark.parametrize(
    ("profile", "taken", "refused"),
    [
        ("windows-7", (1024, 2048, 4096), (512, 1023, 8192)),
        ("windows-10-1607", (1024, 4096), (768, 6144)),
        ("java-7", (512, 1024), (1025, 2048)),
        ("java-8", (1024, 2048), (3072,)),
        ("java-17", (1024, 8192), (768,)),
        ("openssl-3", (2048, 8192), (1024, 1536)),
        ("chrome", (1024, 16384), ()),
    ],
)
def test_group_sizes(profile: str, taken: Sequence[int], refused: Sequence[int]) -> None:
    assert all(PROFILES[profile].takes_group(bits) for bits in taken)
    assert not any(PROFILES[profile].takes_group(bits) for bits in refused)


@pytest.mark.parametrize(
    ("name", "profiles"),
    [
        ("Windows Server 2008", ["windows-vista"]),
        ("Windows Server 2008 R2 Standard", ["windows-7"]),
        ("Windows Server 2012", ["windows-8"]),
        ("Windows Server 2012 R2 Datacenter", ["windows-8.1"]),
        ("Windows Server 2016", ["windows-10-1607"]),
        ("Windows Server 2019", ["windows-10-1803"]),
        ("Windows Server 2022", ["windows-11-21h2"]),
        ("Windows 10 Enterprise 2015 LTSB", ["windows-10-1507"]),
        ("Windows 10 22H2", ["windows-11-22h2"]),
        ("Server 2012 R2", ["windows-8.1"]),
        ("10.0.14393", ["windows-10-1607"]),
        # Server 2025 and Windows 11 24H2 have the same build.
        ("10.0.26100", ["windows-11-21h2", "windows-11-22h2"]),
        ("Edge", ["chrome"]),
    ],
)
def test_names(name: str, profiles: list[str]) -> None:
    assert [each.id for each in profiles_named(name, built_in_profiles())] == profiles


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda each: each.id)
def test_every_profile_and_offer_has_its_source(profile: ClientProfile) -> None:
    assert profile.source
    assert profile.offers
    assert all(offer.source for offer in profile.offers)
    bases = {offer.id: offer.basis for offer in profile.offers}
    assert all(
        (basis is Basis.DOCUMENTED) == OFFERS[f"{profile.id}/{offer}"].source.startswith("Microsoft Learn")
        for offer, basis in bases.items()
    )


def test_ids_are_unique() -> None:
    ids = [table["id"] for table in tomllib.loads(DATA.read_text())["client"]]
    assert len(ids) == len(set(ids))


def test_the_hellos_are_few() -> None:
    """Each costs a connection in every scan, and another one where it lands on DHE."""
    chains = [offer.hellos for offer in OFFERS.values()]
    firsts = {chain[0] for chain in chains}
    fallbacks = {each for chain in chains for each in chain[1:]} - firsts
    assert len(firsts) <= 34
    assert len(fallbacks) <= 12


@pytest.mark.parametrize("offer_id", OFFERS)
def test_hellos_are_built_and_come_back(offer_id: str) -> None:
    for template in OFFERS[offer_id].hellos:
        hello = template.hello(server_name="server.example")
        body = hello.serialise()
        assert ClientHello.parse(body).cipher_suites == template.suites
        assert len(hello.random) == 32
        assert len(hello.session_id) == (32 if template.offers_tls13 else 0)
        assert recorded(body) == template
        assert hello.random != template.hello(server_name=None).random


@pytest.mark.parametrize("offer_id", OFFERS)
def test_every_key_share_is_made(offer_id: str) -> None:
    """A group that can't be made would be left out, and the server answer with a HelloRetryRequest."""
    for template in OFFERS[offer_id].hellos:
        hello = template.hello(server_name=None)
        for before, after in zip(
            (e for e in template.extensions or () if e.kind != ExtensionType.SERVER_NAME),
            hello.extensions or (),
            strict=True,
        ):
            assert before.kind == after.kind
            if before.kind == ExtensionType.KEY_SHARE:
                assert shares(before) == shares(after)


def shares(extension: Extension) -> list[int]:
    reader, groups = Reader(Reader(extension.body).vector(2)), []
    while reader.remaining:
        groups.append(reader.uint(2))
        reader.vector(2)
    return groups


@pytest.mark.parametrize("offer_id", OFFERS)
def test_without_dhe_nothing_else_is_missing(offer_id: str) -> None:
    for template in OFFERS[offer_id].hellos:
        fewer = template.without_dhe
        assert not fewer.offers_dhe
        assert template.offers_dhe == (fewer != template)
        assert fewer.suites == tuple(code for code in template.suites if code not in DHE_SUITE_NAMES)
        assert fewer.extensions == template.extensions


LATER_THAN_TLS10 = set(
    parse_suites(
        "1301 1302 1303 c030 c02f c02c c02b c028 c027 c024 c023 009f 009e 009d 009c 003d 003c 006a 0040"
        " 006b 0067 00a3 00a2"
    )
)


def test_a_fallback_is_the_first_hello_without_what_tls_1_0_lacks() -> None:
    falling = {offer_id for offer_id, offer in OFFERS.items() if len(offer.hellos) > 1}
    assert falling == {
        "windows-7/ie11",
        "windows-8.1/ie11",
        "windows-10-1507/edge12",
        "windows-10-1511/edge13",
        "android-4.4/browser",
    }
    for offer_id in falling:
        best, lower = OFFERS[offer_id].hellos
        assert (best.version, lower.version) == (0x0303, 0x0301)
        assert lower.suites == tuple(code for code in best.suites if code not in LATER_THAN_TLS10)
        assert lower.extensions == tuple(e for e in best.extensions or () if e.kind != 13)


@pytest.mark.parametrize("offer_id", [each for each in OFFERS if each.endswith("tls10") or "ie8-10" in each])
def test_tls_1_0_hellos_have_nothing_of_tls_1_2(offer_id: str) -> None:
    template = first(offer_id)
    assert template.version == 0x0301
    assert not LATER_THAN_TLS10 & set(template.suites)
    assert ExtensionType.SIGNATURE_ALGORITHMS not in kinds(template)


# Extensions in any order, each once: what is filled in, what is taken out of a recorded one, and others.
SHARES = st.lists(st.sampled_from([X25519, SECP256R1, SECP384R1, SECP521R1, 0x1A1A]), unique=True)
WORDED = st.sampled_from(
    [
        "server_name",
        "status_request",
        "supported_groups 001d 0017",
        "session_ticket",
        "alpn h2 http/1.1",
        "supported_versions 0304 0303",
        "renegotiation_info",
        "0x3374",
        "0x7a7a 00",
    ]
).map(parse_extension)
KEY_SHARE = SHARES.map(lambda groups: parse_extension(" ".join(["key_share", *(f"{g:04x}" for g in groups)])))
TEMPLATES = st.builds(
    HelloTemplate,
    st.sampled_from([0x0301, 0x0302, 0x0303]),
    st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=120).map(tuple),
    st.none() | st.lists(WORDED | KEY_SHARE, unique_by=lambda each: each.kind).map(tuple),
)


@given(TEMPLATES, st.integers(1, 600))
def test_a_template_sent_and_recorded_is_the_same(template: HelloTemplate, record: int) -> None:
    body = template.hello(server_name="server.example").serialise()
    message = handshake_message(HandshakeType.CLIENT_HELLO, body)
    records = b"".join(
        b"\x16\x03\x01" + vector(2, message[start : start + record])
        for start in range(0, len(message), record)
    )
    assert recorded(body) == recorded(message) == recorded(records) == template


HELLO = """
[[client.offer]]
id = "default"
name = "the application"
source = "recorded by us"

[[client.offer.hello]]
version = "0303"
suites = "c02f 009e"
"""
CLIENT = '[[client]]\nid = "ours"\nname = "Our application"\n'


def hex_of(offer: ClientOffer) -> str:
    message = handshake_message(
        HandshakeType.CLIENT_HELLO, offer.hellos[0].hello(server_name="server.example").serialise()
    )
    return (b"\x16\x03\x01" + vector(2, message)).hex()


def test_a_users_file(tmp_path: Path) -> None:
    path = tmp_path / "clients.toml"
    text = CLIENT.replace('"ours"', '"windows-7"') + 'dh_bits = [1024, 0]\naliases = ["till"]\n' + HELLO
    recording = hex_of(OFFERS["windows-8.1/ie11"])
    wrapped = "\n  ".join(recording[start : start + 64] for start in range(0, len(recording), 64))
    text += f'\n{CLIENT}leading_zero_fix = "no"\nwindows = true\n'
    text += f'[[client.offer]]\n[[client.offer.hello]]\nhex = """\n  {wrapped}\n"""\n'
    path.write_text(text, encoding="utf-8-sig")
    till, ours = read_profiles(path)

    assert (till.id, till.aliases, till.min_dh_bits, till.windows) == ("windows-7", ("till",), 1024, False)
    assert till.takes_group(16384)
    assert till.offers[0].hellos == (HelloTemplate(0x0303, (0xC02F, 0x009E), None),)
    assert ours.offers[0].hellos == (first("windows-8.1/ie11"),)
    assert ours.offers[0].basis is Basis.OBSERVED
    assert ours.possibly_unfixed

    together = merged(built_in_profiles(), (till, ours))
    assert [each for each in together if each.id == "windows-7"] == [till]
    assert len(together) == len(PROFILES) + 1


@pytest.mark.parametrize(
    ("text", "who", "what"),
    [
        ("", "", "no [[client]] in it"),
        ("client = 1", "", "no [[client]] in it"),
        ("a = " + "[" * 20_000, "", "built to exhaust its reader"),
        ("a = " + "1" * 5_000, "", "Exceeds the limit"),
        ("[[client]", "", "line 1"),
        ('[[client]]\nname = "x"\n' + HELLO, "client 1", "id is missing"),
        (CLIENT, "client ours", "offer is missing"),
        (CLIENT + "offer = []", "client ours", "needs a [[client.offer]]"),
        (CLIENT + HELLO + HELLO, "client ours", "each an id of its own"),
        (CLIENT + "os = 1\n" + HELLO, "client ours", "os is not among aliases, dh_bits"),
        (CLIENT + HELLO + CLIENT + HELLO, "client ours", "there twice"),
        (CLIENT.replace("ours", "o u") + HELLO, "client o u", "letters, digits"),
        (CLIENT + 'windows = "no"\n' + HELLO, "client ours", "neither true nor false"),
        (CLIENT + 'leading_zero_fix = "perhaps"\n' + HELLO, "client ours", "perhaps"),
        (CLIENT + "dh_bits = 1024\n" + HELLO, "client ours", "dh_bits is 1024"),
        (CLIENT + "dh_bits = [4096, 1024]\n" + HELLO, "client ours", "the least and the most"),
        (CLIENT + HELLO.replace("009e", "9e"), "client ours", "'9e' is not a number of four"),
        (CLIENT + HELLO.replace("c02f 009e", ""), "client ours", "without suites"),
        (CLIENT + HELLO + 'extensions = ["heartbeat 01"]', "client ours", "heartbeat is no extension"),
        (CLIENT + HELLO + 'hex = "16"', "client ours", "is not among hex"),
        (CLIENT + '[[client.offer]]\nhello = [{ hex = "1603" }]', "client ours", "no ClientHello"),
        (CLIENT + '[[client.offer]]\nhello = [{ hex = "zz" }]', "client ours", "hex"),
        (CLIENT + '[[client.offer]]\nbasis = "rumour"\n', "client ours", "hello is missing"),
        (CLIENT + HELLO.replace("[[client.offer]]", '[[client.offer]]\nbasis = "rumour"'), "ours", "rumour"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_client(text: str, who: str, what: str) -> None:
    with pytest.raises(ClientsError) as caught:
        parse_profiles(text, "own.toml")
    assert str(caught.value).startswith("own.toml: ")
    assert who in str(caught.value)
    assert what in str(caught.value)


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "none.toml"
    with pytest.raises(ClientsError, match=r"none\.toml: there is no such file"):
        read_profiles(missing)
    other = tmp_path / "other.toml"
    other.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ClientsError, match=r"other\.toml: can't be read as UTF-8"):
        read_profiles(other)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00",  # another message
        b"\x15\x03\x01\x00\x02\x02\x28",  # an alert
        bytes.fromhex("804f0103010000360000"),  # a hello in the form of SSL 2.0
        b"\x16\x03\x01\x00\x04\x01\x00\x00\x00\x15\x03\x01\x00\x02\x02\x28",
    ],
)
def test_what_is_no_client_hello(data: bytes) -> None:
    with pytest.raises(ValueError, match="no ClientHello"):
        recorded(data)


def test_what_belongs_to_one_connection_is_taken_out_of_a_recording() -> None:
    hello = ClientHello(
        0x0303,
        bytes(32),
        (0x1301, 0xC02F),
        (
            Extension(ExtensionType.SERVER_NAME, b"\x00\x04\x00\x00\x01a"),
            Extension(ExtensionType.SESSION_TICKET, b"ticket"),
            Extension(ExtensionType.KEY_SHARE, vector(2, b"\x00\x1d\x00\x20" + bytes(32))),
            Extension(ExtensionType.PADDING, bytes(9)),
            Extension(41, b"binder"),
        ),
        session_id=bytes(32),
    )
    assert recorded(hello.serialise()).extensions == (
        Extension(ExtensionType.SERVER_NAME),
        Extension(ExtensionType.SESSION_TICKET),
        parse_extension("key_share 001d"),
    )


def test_the_table_in_the_docs_is_of_these_offers() -> None:
    rows = re.findall(r"^\| (\S+) \| (\S+) \| (observed|documented) \|", DOCS.read_text(), re.M)
    assert rows == [
        (profile.id, offer.id, offer.basis.value)
        for profile in built_in_profiles()
        for offer in profile.offers
    ]


def test_the_file_in_the_docs_can_be_read() -> None:
    example = re.search(r"```toml\n(.*?)```", DOCS.read_text(), re.S)
    assert example is not None
    recording = hex_of(OFFERS["windows-8.1/ie11"])
    text = re.sub(r"16 03 03 00 d1 [^\n]*", recording, example[1])
    (till,) = parse_profiles(text, "docs")
    assert till.offers[0].hellos[0] == first("windows-8.1/ie11")
    assert till.offers[0].hellos[1].version == 0x0301
    assert till.must_not_break
