"""The exponent walk: what a share form promises holds, checked from the server's side."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache

import gmpy2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsprobe.tls.groups import (
    MAX_GROUP_BITS,
    NoZeroFound,
    ShareForm,
    UnusableGroup,
    is_safe_prime,
    known_groups,
    pick_share,
    size_in_bytes,
    starts_with_zero,
    zero_probability,
)
from tlsprobe.tls.messages import ServerDHParams

BY_NAME = {group.name: group for group in known_groups().values()}
MODP_2048 = BY_NAME["MODP 2048 (group 14)"].p
SMALL = BY_NAME["Oakley group 1"].p


def params(p: int, y: int, g: int = 2) -> ServerDHParams:
    n = size_in_bytes(p)
    return ServerDHParams(p.to_bytes(n, "big"), bytes([g]), pow(g, y, p).to_bytes(n, "big"))


@settings(max_examples=40, deadline=None)
@given(
    form=st.sampled_from(ShareForm),
    p=st.sampled_from([SMALL, BY_NAME["Oakley group 2"].p, MODP_2048, BY_NAME["SRP 2048"].p]),
    y=st.integers(2**64, 2**256),
    entropy=st.binary(min_size=48, max_size=48),
)
def test_each_form_keeps_its_promise(form: ShareForm, p: int, y: int, entropy: bytes) -> None:
    n = size_in_bytes(p)
    share = pick_share(params(p, y), form, entropy=lambda _: entropy)
    value = int.from_bytes(share.dh_Yc, "big")
    secret = pow(value, y, p)  # as the server computes it
    assert int.from_bytes(share.premaster_secret, "big") == secret
    padded = secret.to_bytes(n, "big")
    if form in (ShareForm.Z_STRIPPED, ShareForm.Z_KEPT):
        assert padded[0] == 0 != padded[1]
        assert len(share.premaster_secret) == (n if form is ShareForm.Z_KEPT else n - 1)
        assert len(share.dh_Yc) == n
        assert share.dh_Yc[0] != 0
    else:
        assert share.premaster_secret == padded
        assert padded[0] != 0
        zero_led = form is not ShareForm.CONTROL
        assert starts_with_zero(value, p) is zero_led
        assert len(share.dh_Yc) == (n - 1 if form is ShareForm.YC_SHORT else n)


def test_the_largest_groups_work() -> None:
    p = BY_NAME["MODP 8192 (group 18)"].p
    share = pick_share(params(p, 2**200 + 1), ShareForm.Z_STRIPPED)
    assert len(share.premaster_secret) == 1023


def test_a_walk_that_cannot_succeed_ends() -> None:
    just_above = int(gmpy2.next_prime(1 << 2040))  # 2041 bits: nearly every value starts with zero
    with pytest.raises(NoZeroFound):
        pick_share(params(just_above, 2**100 + 7), ShareForm.Z_STRIPPED)


@pytest.mark.parametrize(
    ("p", "g", "share", "reason"),
    [
        (0, 2, 5, "group-too-small"),
        (0xFFF1, 2, 5, "group-too-small"),
        ((1 << 16384) - 1, 2, 5, "group-too-large"),
        (MODP_2048 - 1, 2, 5, "p-even"),
        (MODP_2048, 2, 0, "share-out-of-range"),
        (MODP_2048, 2, 1, "share-out-of-range"),
        (MODP_2048, 2, MODP_2048 - 1, "share-out-of-range"),
        (MODP_2048, 2, MODP_2048 + 5, "share-out-of-range"),
        (MODP_2048, 0, 5, "generator-out-of-range"),
        (MODP_2048, 1, 5, "generator-out-of-range"),
        (MODP_2048, MODP_2048 - 1, 5, "generator-out-of-range"),
    ],
    ids=lambda value: value if isinstance(value, str) else "n",
)
def test_numbers_that_no_client_should_use(p: int, g: int, share: int, reason: str) -> None:
    sent = [value.to_bytes(size_in_bytes(value), "big") for value in (p, g, share)]
    with pytest.raises(UnusableGroup) as error:
        pick_share(ServerDHParams(*sent), ShareForm.CONTROL)
    assert error.value.reason == reason


@given(st.integers(3, 2**600))
def test_the_zero_probability_is_exact(p: int) -> None:
    n = size_in_bytes(p)
    assert zero_probability(p) == pytest.approx(float(Fraction(256 ** (n - 1), p)), rel=1e-12)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_published_groups_are_what_they_say(name: str) -> None:
    group = BY_NAME[name]
    assert gmpy2.is_prime(group.p)
    if group.p.bit_length() <= 4096:
        assert is_safe_prime(group.p) is ("5114" not in group.source)
    if group.source.startswith(("RFC 2409", "RFC 3526", "RFC 7919")):
        assert zero_probability(group.p) == pytest.approx(1 / 256, rel=1e-9)


# ---- groups that nobody published -----------------------------------------------------------------


@cache
def safe_prime(bits: int) -> int:
    """A safe prime of that length, always the same one, its first two bits set.

    Little more than a power of 256 would leave almost no value without a zero byte in front.
    """
    source = random.Random(bits)
    while True:
        q = source.getrandbits(bits - 1) | 3 << (bits - 3) | 1
        if gmpy2.is_prime(q, 2) and gmpy2.is_prime(2 * q + 1):
            return 2 * q + 1


# 505 bits: more than half of all values start with a zero byte; 512: less than 1 in 128.
@pytest.mark.parametrize("bits", [505, 506, 508, 511, 512])
@pytest.mark.parametrize("form", ShareForm)
@settings(max_examples=10, deadline=None)
@given(
    y=st.integers(2**64, 2**256),
    g=st.sampled_from([2, 3, 5, 0x10001]),
    entropy=st.binary(min_size=48, max_size=48),
    padding=st.integers(0, 3),
)
def test_each_form_over_groups_of_odd_sizes(
    bits: int, form: ShareForm, y: int, g: int, entropy: bytes, padding: int
) -> None:
    p = safe_prime(bits)
    n = size_in_bytes(p)
    # The zeros that a server puts before its numbers change no length of ours.
    numbers = (bytes(padding) + each.to_bytes(n, "big") for each in (p, g, pow(g, y, p)))
    share = pick_share(ServerDHParams(*numbers), form, entropy=lambda _: entropy)
    secret = pow(int.from_bytes(share.dh_Yc, "big"), y, p).to_bytes(n, "big")
    zeros_of_yc = n - (int.from_bytes(share.dh_Yc, "big").bit_length() + 7) // 8
    zeros_of_z = n - len(secret.lstrip(b"\x00"))
    kept = form is ShareForm.Z_KEPT
    assert share.premaster_secret == (secret if kept else secret.lstrip(b"\x00"))
    assert len(share.dh_Yc) == n - (form is ShareForm.YC_SHORT)
    assert zeros_of_yc == (form in (ShareForm.YC_SHORT, ShareForm.YC_PADDED))
    assert zeros_of_z == (form in (ShareForm.Z_STRIPPED, ShareForm.Z_KEPT))


def test_the_same_entropy_gives_the_same_share() -> None:
    sent = params(SMALL, 2**100 + 1)
    first, again = (pick_share(sent, ShareForm.CONTROL, entropy=lambda n: b"\x2a" * n) for _ in range(2))
    assert first == again != pick_share(sent, ShareForm.CONTROL, entropy=lambda n: b"\x2b" * n)


@pytest.mark.parametrize("form", [each for each in ShareForm if each is not ShareForm.CONTROL])
def test_a_tiny_subgroup_has_no_such_number(form: ShareForm) -> None:
    p = int(gmpy2.next_prime(3 << 598))
    while p % 7 != 1:
        p = int(gmpy2.next_prime(p))
    g = next(g for base in range(2, 50) if (g := pow(base, p // 7, p)) != 1)  # seven values in all
    values = [pow(g, x, p) for x in range(7)]
    n = size_in_bytes(p)
    assert not any(256 ** (n - 2) <= value < 256 ** (n - 1) for value in values)
    sent = ServerDHParams(*(each.to_bytes(n, "big") for each in (p, g, values[3])))
    with pytest.raises(NoZeroFound) as error:
        pick_share(sent, form)
    assert error.value.reason == "no-exponent"


@given(
    st.integers(2**257, 2**600), st.integers(2, 2**256), st.integers(2, 2**256), st.sampled_from(ShareForm)
)
@settings(max_examples=30, deadline=None)
def test_a_p_that_is_no_prime_is_no_exception_but_a_reason(
    p: int, g: int, peer: int, form: ShareForm
) -> None:
    sent = ServerDHParams(*(each.to_bytes(80, "big") for each in (p | 1, g, peer)))
    try:
        share = pick_share(sent, form)
    except UnusableGroup as error:
        assert error.reason == "no-exponent"  # noqa: PT017 - either is right
    else:
        assert 0 < int.from_bytes(share.dh_Yc, "big") < p | 1


def test_what_is_larger_than_any_group_is_not_tried_as_a_prime() -> None:
    assert not is_safe_prime((1 << MAX_GROUP_BITS) + 3)
    assert is_safe_prime(23)
    assert not is_safe_prime(13)  # a prime, but 6 is none
    assert not is_safe_prime(35)
