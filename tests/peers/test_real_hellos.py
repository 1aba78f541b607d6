"""The profiles against real hellos: of clients that run here, and those that testssl.sh has on record."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

import pytest

from tests.peers.real_hellos import ANOTHER_VERSION, CLIENTS, RealClient, hello_of
from tlsprobe.clients.hello import HelloTemplate, recorded
from tlsprobe.clients.profile import Basis, built_in_profiles

OFFERS = {f"{each.id}/{offer.id}": offer for each in built_in_profiles() for offer in each.offers}

# Debian's testssl.sh, then the place that others use.
RECORDINGS = (Path("/etc/testssl/client-simulation.txt"), Path("/usr/share/testssl/client-simulation.txt"))
RECORDED = {
    "windows-vista/ie7": ["ie_7_vista"],
    "windows-7/ie11": ["ie_11_win7"],
    "windows-7/ie8-10": ["ie_8-10_win7"],
    "windows-8.1/ie11": ["ie_11_win81"],
    "windows-phone-8.1/ie11": ["ie_11_winphone81update"],
    "windows-10-1507/edge12": ["edge_12_win10"],
    "windows-10-1511/edge13": ["edge_13_win10", "ie_11_win10"],
    "windows-10-1703/edge15": ["edge_15_win10"],
    "openssl-3/default": ["openssl_303"],
    "java-7/7u25": ["java_7u25"],
    "java-8/8u161": ["java_8u161"],
    "java-11/11.0.2": ["java1102"],
    "safari-9/default": ["safari_9_osx1011", "safari_9_ios9"],
    "android-4.4/browser": ["android_442"],
}
# Newer than the testssl.sh of Debian 12.
NOT_ON_RECORD = {"chrome/150", "firefox/137", "safari/26"}


def leave_out(why: str) -> NoReturn:
    if os.environ.get("CI") == "true" and ANOTHER_VERSION not in why:
        pytest.fail(f"CI is to have every client: {why}")
    pytest.skip(why)


def assert_same(profile: HelloTemplate, real: HelloTemplate) -> None:
    assert [f"{code:04x}" for code in profile.suites] == [f"{code:04x}" for code in real.suites]
    assert [e.kind for e in profile.extensions or ()] == [e.kind for e in real.extensions or ()]
    assert profile == real


@pytest.mark.parametrize("client", CLIENTS, ids=lambda each: each.offer)
def test_a_client_asks_as_its_profile_says(client: RealClient, tmp_path: Path) -> None:
    why = client.missing()
    if why is not None:
        leave_out(why)
    assert_same(OFFERS[client.offer].hellos[0], hello_of(client, tmp_path))


@pytest.mark.parametrize("offer_id", RECORDED)
def test_an_observed_offer_is_what_testssl_has_on_record(offer_id: str) -> None:
    path = next((each for each in RECORDINGS if each.exists()), None)
    if path is None:
        leave_out("testssl.sh is not there")
    fields = re.findall(r'^ *(short|handshakebytes)\+=\("(.*)"\)$', path.read_text(), re.M)
    recordings = {
        short: data
        for (name, short), (after, data) in pairwise(fields)
        if (name, after) == ("short", "handshakebytes")
    }
    for short in RECORDED[offer_id]:
        assert_same(OFFERS[offer_id].hellos[0], recorded(bytes.fromhex(recordings[short])))


def test_every_observed_offer_is_held_against_something() -> None:
    observed = {offer_id for offer_id, offer in OFFERS.items() if offer.basis is Basis.OBSERVED}
    assert observed == {*RECORDED, *(client.offer for client in CLIENTS), *NOT_ON_RECORD}
