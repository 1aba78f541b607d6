"""STARTTLS: what is said in plain text before TLS, as conversations.

Each is a generator like those of tlsprobe.tls: it yields bytes to send and is sent the bytes received. It
returns when the next byte may be a ClientHello and raises PreludeFailed when there will be none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from tlsprobe.inventory import StartTls
from tlsprobe.preludes.databases import mysql, postgres
from tlsprobe.preludes.directory import ldap
from tlsprobe.preludes.mail import imap, lmtp, pop3, sieve, smtp
from tlsprobe.preludes.messaging import xmpp, xmpp_server
from tlsprobe.preludes.news_and_files import ftp, nntp
from tlsprobe.preludes.prelude import Prelude, nothing_said
from tlsprobe.preludes.reading import MAX_REPLY, PreludeFailed
from tlsprobe.preludes.remote_desktop import rdp
from tlsprobe.preludes.tds import TdsFraming, mssql, mssql_strict
from tlsprobe.tls.stream import Conversation

__all__ = ["MAX_REPLY", "Prelude", "PreludeFailed", "prelude_for", "resolve_auto"]

_PRELUDES: Mapping[StartTls, Prelude] = {
    StartTls.SMTP: Prelude(smtp),
    StartTls.LMTP: Prelude(lmtp),
    StartTls.IMAP: Prelude(imap),
    StartTls.POP3: Prelude(pop3),
    StartTls.SIEVE: Prelude(sieve),
    StartTls.NNTP: Prelude(nntp),
    StartTls.FTP: Prelude(ftp),
    StartTls.LDAP: Prelude(ldap),
    StartTls.POSTGRES: Prelude(postgres),
    StartTls.MYSQL: Prelude(mysql),
    StartTls.RDP: Prelude(rdp),
    StartTls.MSSQL: Prelude(
        mssql,
        TdsFraming,
        instead=Prelude(nothing_said, adapt=mssql_strict, name="TDS 8, strict encryption"),
        name="TDS 7",
    ),
}

# Those that name the domain they want to talk to.
_OF_A_DOMAIN: Mapping[StartTls, Callable[[str], Conversation[None]]] = {
    StartTls.XMPP: xmpp,
    StartTls.XMPP_SERVER: xmpp_server,
}

# What `starttls = auto` means, by IANA's port numbers, and 24, "any private mail system", where servers
# have LMTP. Every other port is TLS from the first byte: 443, and 465, 563, 636, 853, 990, 993, 995 …
_BY_PORT: Mapping[int, StartTls] = {
    21: StartTls.FTP,
    24: StartTls.LMTP,
    25: StartTls.SMTP,
    110: StartTls.POP3,
    119: StartTls.NNTP,
    143: StartTls.IMAP,
    389: StartTls.LDAP,
    433: StartTls.NNTP,  # between news servers
    587: StartTls.SMTP,
    1433: StartTls.MSSQL,
    3268: StartTls.LDAP,  # Active Directory's global catalog
    3306: StartTls.MYSQL,
    3389: StartTls.RDP,
    4190: StartTls.SIEVE,
    5222: StartTls.XMPP,
    5269: StartTls.XMPP_SERVER,
    5432: StartTls.POSTGRES,
}


def resolve_auto(starttls: StartTls, port: int) -> StartTls:
    """Return the protocol that `auto` stands for on this port."""
    return _BY_PORT.get(port, StartTls.NONE) if starttls is StartTls.AUTO else starttls


def prelude_for(starttls: StartTls, port: int, host: str) -> Prelude | None:
    """Return the conversation to have before TLS, None where there is none.

    `host` is the domain, for protocols that ask for one.
    """
    protocol = resolve_auto(starttls, port)
    if protocol is StartTls.NONE:
        return None
    if protocol in _OF_A_DOMAIN:
        return Prelude(partial(_OF_A_DOMAIN[protocol], host))
    return _PRELUDES[protocol]
