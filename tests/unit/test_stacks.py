"""Who terminates TLS, from facts made by hand and from the traits that were learned of real servers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.landing_cases import server
from tests.unit.sample_scans import SAMPLE
from tlsprobe.facts import AcceptedSuite, Banner, DheSuites, Glance, Group, ServerScan, SuiteOrder
from tlsprobe.probes.hello import MAX_SUITES
from tlsprobe.probes.stack import Question, hello_for
from tlsprobe.report.stack_view import named, sentences
from tlsprobe.stacks import Stack, identify, traits
from tlsprobe.stacks.caveats import caveat
from tlsprobe.stacks.fit import aspect, fit, ranked
from tlsprobe.stacks.identify import identify_traits
from tlsprobe.stacks.learned import Family, families, reported
from tlsprobe.tls.codec import uint
from tlsprobe.tls.constants import ExtensionType
from tlsprobe.tls.messages import HELLO_RETRY_REQUEST_RANDOM, ClientHello, Extension, ServerHello
from tlsprobe.wording import wording

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BY_NAME = {family.name: family for family in families()}
ZERO_ID = b"\x11\x22\x00\x00" + b"\x33" * 28
KEY_EXCHANGE = b"\x03\x00\x17\x01\x04\x06\x01" + uint(2, 4) + bytes(4)


def hello(
    *kinds: int,
    version: int = 0x0303,
    suite: int = 0xC014,
    random: bytes = b"\x01" * 32,
    session_id: bytes = b"",
    bodies: Mapping[int, bytes] | None = None,
) -> bytes:
    extensions = tuple(Extension(kind, (bodies or {}).get(kind, b"")) for kind in kinds)
    return ServerHello(version, random, session_id, suite, extensions=extensions).serialise()


def flight(question: str, sent: bytes, *, joined: bool = False) -> Glance:
    messages = ((2, len(sent)), (11, 900), (12, len(KEY_EXCHANGE)), (14, 0))
    sizes = [4 + size for _, size in messages]
    records = (sum(sizes),) if joined else tuple(sizes)
    return Glance(
        question=question,
        end="answered",
        records=tuple((22, 0x0303, size) for size in records),
        messages=messages,
        server_hello=sent,
        key_exchange=KEY_EXCHANGE,
    )


def refused(question: str, alert: int, version: int) -> Glance:
    return Glance(question, "alert", records=((21, version, 2),), alert=(2, alert))


def scanned(*glances: Glance, **changes: object) -> ServerScan:
    base = replace(server(), glances=glances, started=NOW, observations=(), dhe=None, groups=())
    return replace(base, **changes)  # type: ignore[arg-type]


def typical(family: Family) -> dict[str, str]:
    """Of each trait of a family the value that most of its libraries showed."""
    return {
        name: max(sorted(values), key=lambda value: len(values[value]))
        for name, values in family.traits.items()
    }


# --- what is asked


@pytest.mark.parametrize("name", ["server.example", None])
@pytest.mark.parametrize("question", Question)
def test_every_hello_is_well_formed_and_of_a_size_that_nothing_hangs_on(
    question: Question, name: str | None
) -> None:
    asked = hello_for(question, server_name=name)
    body = asked.serialise()
    parsed = ClientHello.parse(body)
    kinds = [each.kind for each in parsed.extensions or ()]
    assert (parsed.version, parsed.cipher_suites) == (asked.version, asked.cipher_suites)
    assert len(set(kinds)) == len(kinds)
    assert len(set(parsed.cipher_suites)) == len(parsed.cipher_suites) <= MAX_SUITES
    assert not 256 - 9 <= len(body) < 512 - 4
    assert (ExtensionType.SERVER_NAME in kinds) == (name is not None and question is not Question.SSL3)


def test_a_mail_server_is_not_asked_for_http() -> None:
    for question in Question:
        asked = hello_for(question, server_name=None, protocols=False)
        assert ExtensionType.ALPN not in {each.kind for each in asked.extensions or ()}


def test_the_reversed_hello_is_the_rich_one_from_the_end() -> None:
    rich, back = (hello_for(each, server_name=None) for each in (Question.RICH, Question.REVERSED))
    kinds, reversed_kinds = ([each.kind for each in asked.extensions or ()] for asked in (rich, back))
    assert kinds == reversed_kinds[::-1]


# --- what a trait is


def test_order_and_echoes_of_a_rich_answer() -> None:
    seen = traits(scanned(flight("rich", hello(0xFF01, 11, 23, bodies={11: b"\x01\x00"}))))
    assert seen["rich.order.b-ff01"] == "higher"
    assert seen["rich.order.b-17"] == "lower"
    assert (seen["rich.echo.17"], seen["rich.echo.1"], seen["rich.echo.16"]) == ("yes", "no", "no")
    assert "rich.echo.23" not in seen  # a ticket that is not given says nothing
    assert seen["rich.formats"] == "0100"
    assert seen["rich.signature.rsa"] == "the client's first"
    assert seen["rich.record-version"] == "0303"


@pytest.mark.parametrize(("joined", "said"), [(True, "joined"), (False, "split")])
def test_layout(joined: bool, said: str) -> None:
    seen = traits(scanned(flight("reversed", hello(), joined=joined)))
    assert (seen["reversed.layout.hello"], seen["reversed.layout.rest"]) == (said, said)
    assert seen["reversed.block"] == "none"


def test_refusals_say_level_record_and_what_came_before() -> None:
    seen = traits(scanned(refused("ssl3", 40, 0x0300)))
    assert (seen["ssl3.refusal"], seen["ssl3.kind"]) == ("2/40 0300", "alert")
    after = replace(refused("unsigned", 40, 0x0303), messages=((2, 60), (11, 900)))
    assert traits(scanned(after))["unsigned.refusal"] == "2/40 0303 after 2 11"


def test_a_clock_and_a_sentinel_in_the_random() -> None:
    clock = int(NOW.timestamp() - 3600).to_bytes(4, "big") + bytes(28)
    assert traits(scanned(flight("rich", hello(random=clock))))["rich.clock"] == "yes"
    retry = Glance(
        "retry",
        "answered",
        records=((22, 0x0303, 90),),
        server_hello=hello(43, 51, random=HELLO_RETRY_REQUEST_RANDOM, bodies={43: b"\x03\x04"}),
    )
    downgraded = flight("rich", hello(random=bytes(24) + b"DOWNGRD\x01"))
    seen = traits(scanned(retry, downgraded))
    assert (seen["rich.sentinel"], seen["rich.clock"]) == ("yes", "no")
    assert (seen["retry.kind"], seen["retry.order13"]) == ("retry", "2b 33")
    assert "rich.sentinel" not in traits(scanned(downgraded))


def test_what_the_network_may_have_done_is_no_trait() -> None:
    for end in ("silent", "reset", "refused", "timeout"):
        assert traits(scanned(Glance("ssl3", end), Glance("rich", end))) == {}


@given(st.binary(max_size=80), st.binary(max_size=40))
def test_a_journal_that_was_tampered_with_makes_no_exception(sent: bytes, share: bytes) -> None:
    glance = Glance("rich", "answered", server_hello=sent, key_exchange=share)
    assert identify(scanned(glance, replace(glance, question="tls13"))).family == "unknown"


def test_a_thousand_extensions_are_not_paired() -> None:
    assert len(traits(scanned(flight("rich", hello(*range(1000)))))) < 200


# --- who it is


@pytest.mark.parametrize("name", BY_NAME)
def test_the_typical_traits_of_a_family_name_it_and_nothing_else(name: str) -> None:
    found = identify_traits(typical(BY_NAME[name]), families())
    assert found.family == name
    assert found.runner_up not in ("", name)
    assert found.windows == "no"
    assert all(each.source == "measured" and each.weight > 0 for each in found.evidence)


@pytest.mark.parametrize("name", BY_NAME)
def test_without_its_family_it_is_unknown(name: str) -> None:
    others = [family for family in families() if family.name != name]
    assert identify_traits(typical(BY_NAME[name]), others).family == "unknown"


@pytest.mark.parametrize("name", BY_NAME)
def test_two_contradictions_rule_a_family_out(name: str) -> None:
    seen = typical(BY_NAME[name]) | {"rich.order.1-17": "neither", "ssl3.refusal": "2/99 0399"}
    seen |= {"rich.formats": "07", "retry.order13": "1 2 3"}
    assert fit(BY_NAME[name], seen).misses >= 2
    assert identify_traits(seen, families()).family == "unknown"


@pytest.mark.parametrize("name", BY_NAME)
def test_one_contradiction_is_never_high(name: str) -> None:
    seen = typical(BY_NAME[name]) | {"rich.record-version": "0399"}
    found = identify_traits(seen, families())
    assert found.family in (name, "unknown")
    assert found.confidence != "high"


@given(st.data())
def test_random_traits_of_several_families_name_none_with_high_confidence(data: st.DataObject) -> None:
    names = sorted({name for family in families() for name in family.traits})
    values = {name: sorted({v for f in families() for v in f.traits.get(name, ())}) for name in names}
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=10, unique=True))
    seen = {name: data.draw(st.sampled_from(values[name])) for name in chosen}
    found = identify_traits(seen, families())
    best = ranked(seen, families())[0]
    assert found.confidence != "high" or not best.contradicted
    assert not found.is_known or found.family == best.family.name
    assert not found.is_known or best.misses <= 1


@given(st.sampled_from(sorted(BY_NAME)), st.data())
def test_less_that_was_seen_never_names_another_family(name: str, data: st.DataObject) -> None:
    whole = typical(BY_NAME[name])
    kept = data.draw(st.sets(st.sampled_from(sorted(whole))))
    assert identify_traits({trait: whole[trait] for trait in kept}, families()).family in (name, "unknown")


def test_nothing_seen_is_unknown() -> None:
    assert identify(scanned()) == Stack()
    assert named(scanned(), wording()) == "unknown"
    assert sentences(scanned(), wording()) == ()


def test_one_setting_counts_once() -> None:
    assert aspect("rich.order.10-17") == aspect("reversed.order.5-b") == "order"
    assert aspect("rich.echo.17") == aspect("reversed.echo.17") != aspect("rich.echo.1")
    assert aspect("rich.refusal") != aspect("ssl3.refusal")


def test_an_alert_that_is_kept_back_contradicts_nobody() -> None:
    seen = typical(BY_NAME["openssl"])
    assert fit(BY_NAME["openssl"], seen | {"ssl3.kind": "closed"}).contradicted == frozenset()


# --- Schannel, which is only reported


PADDED = Group(b"\xff" * 256, bytes(255) + b"\x02", 2048, None, None, 1 / 256)


def schannel_like(**changes: object) -> ServerScan:
    sent = hello(0xFF01, session_id=ZERO_ID)
    glances = [flight(question, sent, joined=True) for question in ("rich", "reversed")]
    return scanned(*glances, groups=(PADDED,), **changes)


def test_two_reported_traits_are_schannel_at_medium_confidence() -> None:
    found = identify(schannel_like())
    assert (found.family, found.confidence, found.windows) == ("schannel", "medium", "yes")
    assert {each.trait for each in found.evidence} == {"dhe.generator", "session.zeros", "rich.layout.rest"}
    assert all(each.source != "measured" and each.weight == 0 for each in found.evidence)
    assert any("KB 4557473" in said for said in sentences(schannel_like(), wording()))


def test_one_reported_trait_is_not_enough() -> None:
    found = identify(scanned(groups=(PADDED,)))
    assert (found.family, found.windows) == ("unknown", "unknown")


@pytest.mark.parametrize(("suite", "windows"), [(0x00BE, "no"), (0xC09E, "no"), (0xCCAA, "unknown")])
def test_a_suite_that_schannel_lacks_rules_it_out(suite: int, windows: str) -> None:
    dhe = DheSuites((AcceptedSuite(0x0303, suite, 0),), SuiteOrder.SERVER, "curves", complete=True)
    found = identify(schannel_like(dhe=dhe))
    assert (found.family, found.windows) == ("unknown", windows)


def test_encrypt_then_mac_is_not_old_schannel() -> None:
    sent = hello(22, 0xFF01, session_id=ZERO_ID)
    glances = [flight(question, sent, joined=True) for question in ("rich", "reversed")]
    assert identify(scanned(*glances, groups=(PADDED,))).family == "unknown"


def test_every_reported_trait_has_its_source() -> None:
    assert all(
        row.source and row.says in ("schannel", "not-schannel", "not-old-schannel") for row in reported()
    )


# --- what makes it doubtful


def test_answers_of_two_libraries_are_unknown_and_said() -> None:
    one, other = typical(BY_NAME["openssl"]), typical(BY_NAME["nss"])
    mixed = {name: value for name, value in one.items() if name.startswith(("rich.", "ssl3."))}
    mixed |= {name: value for name, value in other.items() if name.startswith(("reversed.", "retry."))}
    assert identify_traits(mixed, families()).family == "unknown"
    assert caveat(scanned(), mixed, "unknown") == "answers-differ"
    assert caveat(scanned(), one, "unknown") == ""


@pytest.mark.parametrize(
    ("text", "family", "said"),
    [
        ("Microsoft-IIS/8.5", "openssl", "banner-disagrees"),
        ("Apache/2.4.62 (Debian) OpenSSL/3.0.19", "openssl", ""),
        ("Apache/2.4.62 (Debian) OpenSSL/3.0.19", "gnutls", "banner-disagrees"),
        ("nginx", "openssl", ""),
    ],
)
def test_words_that_name_another_library(text: str, family: str, said: str) -> None:
    assert caveat(scanned(banners=(Banner("http-server", text),)), {}, family) == said


def test_what_makes_it_doubtful_is_said_on_the_page() -> None:
    """A server of the sample with one odd answer, and with a banner that names another library."""
    scan = next(each for each in SAMPLE if identify(each).family == "openssl")
    # At that place in its flight the record says TLS 3.153.
    odd = tuple(
        replace(each, records=tuple((kind, 0x0399, size) for kind, _, size in each.records))
        if each.question == "rich"
        else each
        for each in scan.glances
    )
    doubtful = replace(scan, glances=odd, banners=(Banner("http-server", "Microsoft-IIS/8.5"),))
    found, said = identify(doubtful), " ".join(sentences(doubtful, wording()))
    assert found.contradicted
    assert all(trait in said for trait in found.contradicted)
    assert found.caveat == "banner-disagrees"
    assert said.endswith(wording().say("stack.caveat.banner-disagrees"))
