"""STARTTLS: what is said in plain text before TLS, as conversations.

Each is a generator like those of tlsprobe.tls: it yields bytes to send and is sent the bytes received. It
returns when the next byte may be a ClientHello and raises PreludeFailed when there will be none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from tlsprobe.preludes.databases import mysql, postgres
from tlsprobe.preludes.directory import ldap
from tlsprobe.preludes.mail import imap, lmtp, pop3, sieve, smtp
from tlsprobe.preludes.messaging import xmpp, xmpp_server
from tlsprobe.preludes.news_and_files import ftp, nntp
from tlsprobe.preludes.prelude import Prelude, nothing_said
from tlsprobe.preludes.reading import MAX_REPLY, PreludeFailed
from tlsprobe.preludes.remote_desktop import rdp
from tlsprobe.preludes.tds import TDS_8, TdsFraming, mssql, mssql_strict
from tlsprobe.starttls import StartTls, resolve_auto
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
        instead=Prelude(nothing_said, adapt=mssql_strict, alpn=TDS_8, name="TDS 8, strict encryption"),
        name="TDS 7",
    ),
}

# Those that name the domain they want to talk to.
_OF_A_DOMAIN: Mapping[StartTls, Callable[[str], Conversation[None]]] = {
    StartTls.XMPP: xmpp,
    StartTls.XMPP_SERVER: xmpp_server,
}


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
