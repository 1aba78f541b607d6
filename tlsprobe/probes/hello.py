"""The ClientHellos that probes send: a few forms, since what a server answers depends on the form."""

from __future__ import annotations

import secrets
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tlsprobe.tls import messages
from tlsprobe.tls.constants import (
    FFDHE_GROUPS,
    SECP256R1,
    SECP384R1,
    SECP521R1,
    TLS_EMPTY_RENEGOTIATION_INFO_SCSV,
    X25519,
    Version,
)
from tlsprobe.tls.messages import ClientHello, Extension
from tlsprobe.tls.record import Entropy
from tlsprobe.tls.suites import COMMON_DHE_SUITES, OTHER_SUITE_NAMES, RARE_DHE_SUITES, suites_for

MAX_SUITES = 64  # old servers read no more, old middleboxes hang on more

_CURVES = (SECP256R1, SECP384R1, SECP521R1)


class HelloForm(StrEnum):
    """Forms of a TLS 1.2 hello, in the order in which they are tried.

    Curves without an FFDHE group is how old Windows asks, so its group is the one to report. Some stacks
    have no DHE unless an FFDHE group is listed; some refuse a hello without EMS, others one with it.
    """

    CURVES_EMS = "curves+ems"
    NO_GROUPS_EMS = "no-groups+ems"
    FFDHE_EMS = "ffdhe+ems"
    CURVES = "curves"
    NO_GROUPS = "no-groups"
    FFDHE = "ffdhe"
    BARE = "no-extensions"

    @property
    def is_for_chokers(self) -> bool:
        """Whether another form asks the same of a server that doesn't choke on what this one leaves out."""
        return self is HelloForm.BARE or f"{self.value}+ems" in {form.value for form in HelloForm}


def dhe_hello(
    *,
    version: Version,
    form: HelloForm,
    suites: tuple[int, ...],
    server_name: str | None,
    entropy: Entropy = secrets.token_bytes,
) -> ClientHello:
    """Return a hello of TLS 1.2 or earlier that offers `suites`, in the given form."""
    if form is HelloForm.BARE:
        offered = (*suites, TLS_EMPTY_RENEGOTIATION_INFO_SCSV)
        return ClientHello(version, entropy(32), offered, extensions=None)
    extensions = _name(server_name)
    if form in (HelloForm.CURVES_EMS, HelloForm.CURVES):
        extensions += [messages.supported_groups(*_CURVES), messages.ec_point_formats()]
    elif form in (HelloForm.FFDHE_EMS, HelloForm.FFDHE):
        extensions += [
            messages.supported_groups(*_CURVES, *FFDHE_GROUPS),
            messages.ec_point_formats(),
        ]
    if version >= Version.TLS12:
        extensions.append(messages.signature_algorithms())
    if form.endswith("+ems"):
        extensions.append(messages.extended_master_secret())
    extensions.append(messages.renegotiation_info())
    return ClientHello(version, entropy(32), suites, tuple(extensions))


def any_hello(*, server_name: str | None, entropy: Entropy = secrets.token_bytes) -> ClientHello:
    """Return the hello of a present-day client that takes old suites as well: whoever speaks TLS answers.

    It has every suite and every extension of the hellos that follow. Who answers it chokes on none of them;
    who takes one of the last, which are those without DHE, has read a list longer than any that follows.
    """
    public = X25519PrivateKey.generate().public_key().public_bytes_raw()
    extensions = [
        *_name(server_name),
        messages.supported_groups(X25519, *_CURVES, *FFDHE_GROUPS),
        messages.ec_point_formats(),
        messages.signature_algorithms(),
        messages.extended_master_secret(),
        messages.renegotiation_info(),
        messages.supported_versions(Version.TLS13, Version.TLS12, Version.TLS11, Version.TLS10),
        messages.key_share(X25519, public),
    ]
    suites = (*COMMON_DHE_SUITES, *RARE_DHE_SUITES, *OTHER_SUITE_NAMES)
    return ClientHello(Version.TLS12, entropy(32), suites, tuple(extensions), session_id=entropy(32))


def plain_hello(*, server_name: str | None, entropy: Entropy = secrets.token_bytes) -> ClientHello:
    """Return a TLS 1.2 hello without anything new, for servers that choke on `any_hello`."""
    suites = tuple(code for code in (*OTHER_SUITE_NAMES, *COMMON_DHE_SUITES) if code >> 8 != 0x13)
    extensions = [
        *_name(server_name),
        messages.supported_groups(*_CURVES),
        messages.ec_point_formats(),
        messages.signature_algorithms(),
        messages.renegotiation_info(),
    ]
    return ClientHello(Version.TLS12, entropy(32), suites[:MAX_SUITES], tuple(extensions))


def oldest_hello(*, entropy: Entropy = secrets.token_bytes) -> ClientHello:
    """Return a TLS 1.0 hello without extensions, for servers that close on anything newer."""
    suites = suites_for(Version.TLS10, (*OTHER_SUITE_NAMES, *COMMON_DHE_SUITES))
    old = tuple(code for code in suites if code >> 8 != 0x13)[: MAX_SUITES - 1]
    return ClientHello(Version.TLS10, entropy(32), (*old, TLS_EMPTY_RENEGOTIATION_INFO_SCSV), extensions=None)


def _name(server_name: str | None) -> list[Extension]:
    return [messages.server_name(server_name)] if server_name else []
