"""Finite-field groups, and the exponent that makes a number start with a zero byte.

A client chooses its exponent after it has seen ``dh_Ys``. So it need not wait for the 1-in-256 case: it
walks from one exponent to the next, one modular multiplication a step, until the number it asks about
starts with a zero byte, about 256 steps on.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

import gmpy2

from tlsprobe.tls.messages import ServerDHParams
from tlsprobe.tls.record import Entropy

# OpenSSL computes with no modulus above 10,000 bits; a larger one is a way to keep a client busy.
MAX_GROUP_BITS = 10_000
# Below this a "share with one zero byte in front" is a handful of values, if there are any.
MIN_GROUP_BITS = 256
# Expected are 256 steps for one condition; missing in 64 times as many has probability e^-64.
MAX_STEPS = 64 * 256
# Bits of p, at most, and the bits of an exponent that are beyond any search there (RFC 7919, Appendix A).
_EXPONENT_BITS = ((2048, 225), (3072, 275), (4096, 325), (6144, 375), (MAX_GROUP_BITS, 400))


class ShareForm(StrEnum):
    """What the client answers to ``dh_Ys``, and how it writes it down."""

    CONTROL = "control"  # neither dh_Yc nor Z starts with a zero byte
    Z_STRIPPED = "z-stripped"  # Z starts with one zero byte, which is left out (RFC 5246 §8.1.2)
    Z_KEPT = "z-kept"  # the same, the zero left in
    YC_SHORT = "yc-short"  # dh_Yc starts with one zero byte, which is left out
    YC_PADDED = "yc-padded"  # the same, sent at the full length of p


class UnusableGroup(Exception):
    """No handshake can be made over these parameters; `reason` is a stable id."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoZeroFound(UnusableGroup):
    """The walk ended without the number it looked for: a tiny subgroup, or a p that allows none."""

    def __init__(self) -> None:
        super().__init__("no-exponent")


@dataclass(frozen=True, slots=True)
class ClientShare:
    """The client's half: dh_Yc as it is sent, and the premaster secret as it is used."""

    dh_Yc: bytes
    premaster_secret: bytes


@dataclass(frozen=True, slots=True)
class KnownGroup:
    """A group that was published: its name, where, and its numbers."""

    name: str
    source: str
    p: int
    g: int


def integer(number: bytes) -> int:
    """Return the value of a DH number as sent; leading zeros say nothing about it."""
    return int.from_bytes(number, "big")


def size_in_bytes(p: int) -> int:
    """Return n, the length of p in bytes: what a share is measured against."""
    return (p.bit_length() + 7) // 8


def zero_probability(p: int) -> float:
    """Return the probability that a value uniform below p has a zero in its first byte of n.

    There are 256^(n-1) such values: 1/256 where p starts with 0xff, near 1/128 where it starts with
    0x80, and up to almost 1 where the bit length of p is no multiple of 8.
    """
    if p <= 0:
        return 0.0
    return float(gmpy2.mpq(1 << 8 * (size_in_bytes(p) - 1), p))


def starts_with_zero(value: int, p: int) -> bool:
    """Whether `value`, written at the length of p, has a zero byte in front."""
    return value >> 8 * (size_in_bytes(p) - 1) == 0


def check_params(params: ServerDHParams) -> None:
    """Raise UnusableGroup for numbers that no client should compute with."""
    p, g, share = integer(params.dh_p), integer(params.dh_g), integer(params.dh_Ys)
    bits = p.bit_length()
    if bits > MAX_GROUP_BITS:
        raise UnusableGroup("group-too-large")
    if bits < MIN_GROUP_BITS:
        raise UnusableGroup("group-too-small")
    if p % 2 == 0:
        raise UnusableGroup("p-even")
    if not 1 < share < p - 1:
        raise UnusableGroup("share-out-of-range")
    if not 1 < g < p - 1:
        raise UnusableGroup("generator-out-of-range")


def pick_share(
    params: ServerDHParams, form: ShareForm, *, entropy: Entropy = secrets.token_bytes
) -> ClientShare:
    """Find an exponent that gives the wanted form and compute the share.

    Exactly one zero byte in front where one is wanted, and none in front of the other number, so that
    each question is asked alone. About 1 ms for 2048 bits, 60 ms for 8192. Raises UnusableGroup for
    numbers out of range and NoZeroFound after MAX_STEPS.
    """
    check_params(params)
    p, g, peer = (gmpy2.mpz(integer(each)) for each in (params.dh_p, params.dh_g, params.dh_Ys))
    n = size_in_bytes(int(p))
    size = _exponent_size(p.bit_length())
    start = int.from_bytes(entropy(size), "big") | 1 << (8 * size - 1)
    about_share = form in (ShareForm.YC_SHORT, ShareForm.YC_PADDED)
    walked, other = (g, peer) if about_share else (peer, g)
    plain = gmpy2.mpz(1) << 8 * (n - 1)  # from here on no zero byte stands in front, one from plain / 256 on
    least, below = (plain, p) if form is ShareForm.CONTROL else (plain >> 8, plain)
    exponent, found, counterpart = _walk(p, walked, other, start, least, below, plain)
    assert gmpy2.powmod(walked, exponent, p) == found  # noqa: S101 — a law, checked at run time
    share, secret = (found, counterpart) if about_share else (counterpart, found)
    return ClientShare(
        dh_Yc=_write(int(share), n, strip=form is ShareForm.YC_SHORT),
        premaster_secret=_write(int(secret), n, strip=form is not ShareForm.Z_KEPT),
    )


def _exponent_size(bits: int) -> int:
    """Return the bytes of an exponent for a p of so many bits."""
    return next((exponent + 7) // 8 for most, exponent in _EXPONENT_BITS if bits <= most)


def _walk(
    p: gmpy2.mpz,
    walked: gmpy2.mpz,
    other: gmpy2.mpz,
    exponent: int,
    least: gmpy2.mpz,
    below: gmpy2.mpz,
    plain: gmpy2.mpz,
) -> tuple[int, gmpy2.mpz, gmpy2.mpz]:
    """Walk up until least <= walked^x < below, and other^x does not start with a zero byte."""
    value = gmpy2.powmod(walked, exponent, p)
    counterparts_left = 64  # each costs a whole exponentiation
    for _ in range(MAX_STEPS):
        if least <= value < below:
            counterpart = gmpy2.powmod(other, exponent, p)
            if counterpart >= plain:
                return exponent, value, counterpart
            counterparts_left -= 1
            if not counterparts_left:
                break
        value = value * walked % p
        exponent += 1
    raise NoZeroFound


def _write(value: int, n: int, *, strip: bool) -> bytes:
    padded = value.to_bytes(n, "big")
    return padded.lstrip(b"\x00") if strip else padded


@cache
def known_groups() -> dict[int, KnownGroup]:
    """Return the published groups by p (RFC 2409, 3526, 5054, 5114, 7919, and built-in ones)."""
    text = resources.files("tlsprobe.data").joinpath("dh_groups.json").read_text("ascii")
    groups = (
        KnownGroup(row["name"], row["source"], int(row["p"], 16), int(row["g"], 16))
        for row in json.loads(text)["groups"]
    )
    return {group.p: group for group in groups}


def is_safe_prime(p: int) -> bool:
    """Whether p and (p-1)/2 are probable primes; some 0.1 s for 2048 bits, seconds for 8192."""
    if p.bit_length() > MAX_GROUP_BITS:
        return False
    return p % 4 == 3 and gmpy2.is_prime(p // 2) and gmpy2.is_prime(p)
