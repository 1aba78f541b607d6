"""The exponent walk: what a share form promises holds, checked from the server's side."""

from __future__ import annotations

from fractions import Fraction

import gmpy2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsprobe.tls.groups import (
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
