"""What the server says of itself: its greeting, its headers, the version in an NTLM challenge.

Two connections at most, and only what any anonymous client may ask. No credential is sent, ever.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from tlsprobe.banners import sql_server, words
from tlsprobe.banners.over_tls import over_tls
from tlsprobe.banners.words import Ask, Words
from tlsprobe.facts import Banner, Unreachable
from tlsprobe.preludes.tds import TDS_8
from tlsprobe.probes.interview import Interview
from tlsprobe.starttls import StartTls, resolve_auto
from tlsprobe.tls.codec import DecodeError
from tlsprobe.tls.stream import Conversation

MOST_CONNECTIONS = 2
# Not everything behind TLS answers HTTP. Half a second, or 20 times what a hello took, is long enough.
_SILENCE_S, _SILENCE_FACTOR = 0.5, 20


class Question(StrEnum):
    """What may be asked; each can be left out."""

    GREETING = "greeting"  # the first line, of protocols where the server speaks first; SQL Server's version
    HTTP = "http"  # the headers that come with /
    NTLM = "ntlm"  # a challenge, wherever the protocol has NTLM
    LDAP = "ldap"  # the functional level in the rootDSE


ALL_QUESTIONS = tuple(Question)

_BEFORE_TLS: Mapping[StartTls, Ask] = {
    StartTls.SMTP: words.greeting,
    StartTls.LMTP: words.greeting,
    StartTls.IMAP: words.greeting,
    StartTls.POP3: words.greeting,
    StartTls.SIEVE: words.greeting,
    StartTls.NNTP: words.greeting,
    StartTls.FTP: words.greeting,
    StartTls.MSSQL: sql_server.version,
}
_OVER_TLS: Mapping[StartTls, tuple[Question, Ask]] = {
    StartTls.SMTP: (Question.NTLM, words.smtp),
    StartTls.IMAP: (Question.NTLM, words.imap),
    StartTls.POP3: (Question.NTLM, words.pop3),
    StartTls.RDP: (Question.NTLM, words.rdp),
    StartTls.LDAP: (Question.LDAP, words.ldap),
    StartTls.MSSQL: (Question.NTLM, sql_server.challenge),
}
# TDS 8 says nothing before TLS.
_OVER_TDS_8 = (
    (Question.GREETING, sql_server.version_by_tds8),
    (Question.NTLM, sql_server.challenge_by_tds8),
)
# Ports of IANA where TLS comes before everything; elsewhere it is taken to carry HTTP.
_IMPLICIT: Mapping[int, tuple[Question, Ask]] = {
    465: (Question.NTLM, words.after_greeting(words.smtp)),
    993: (Question.NTLM, words.after_greeting(words.imap)),
    995: (Question.NTLM, words.after_greeting(words.pop3)),
    990: (Question.GREETING, words.greeting),
    563: (Question.GREETING, words.greeting),
    636: (Question.LDAP, words.ldap),
    3269: (Question.LDAP, words.ldap),
}
_NO_HTTP = (853, 5223, 5349, 6697, 8883)  # DNS, XMPP, TURN, IRC, MQTT over TLS: nothing to ask there


async def software(interview: Interview, questions: Collection[Question]) -> tuple[Banner, ...]:
    """Ask, and return what was said, in the order it was asked; nothing where nobody answers."""
    said: list[Banner] = []
    target = interview.target
    host = target.server_name or target.host
    protocol = resolve_auto(target.starttls, target.port)
    alpn = interview.prelude.alpn if interview.prelude else ""
    if Question.GREETING in questions and protocol in _BEFORE_TLS and not alpn:
        said += await _have(interview, _BEFORE_TLS[protocol](host), bare=True)
    for ask in _inside_tls(protocol, target.port, alpn, questions):
        conversation = over_tls(ask(host), server_name=target.server_name, alpn=alpn)
        said += await _have(interview, conversation)
    return tuple(said)


def _inside_tls(protocol: StartTls, port: int, alpn: str, questions: Collection[Question]) -> tuple[Ask, ...]:
    known = _OVER_TDS_8 if alpn == TDS_8 else _known(protocol, port, questions)
    return tuple(ask for question, ask in known if question in questions)


def _known(
    protocol: StartTls, port: int, questions: Collection[Question]
) -> tuple[tuple[Question, Ask], ...]:
    if protocol is not StartTls.NONE:
        known = _OVER_TLS.get(protocol)
    elif port in _IMPLICIT:
        known = _IMPLICIT[port]
    elif port in _NO_HTTP:
        known = None
    else:
        known = (Question.HTTP, words.http if Question.NTLM in questions else words.http_without_ntlm)
    return (known,) if known else ()


async def _have(
    interview: Interview, conversation: Conversation[Words], *, bare: bool = False
) -> tuple[Banner, ...]:
    try:
        said = await interview.have(conversation, silence_s=_patience_s(interview), bare=bare)
    except DecodeError:
        return ()  # it said nothing that can be read, which is an answer too
    if isinstance(said, Unreachable):
        return ()
    return tuple(Banner(each.source, each.text, each.build) for each in said)


def _patience_s(interview: Interview) -> float:
    quickest = min((each.elapsed_s for each in interview.observations if each.seen), default=1.0)
    patience = max(_SILENCE_S, _SILENCE_FACTOR * quickest)
    return min(patience, interview.dialer.limits.timeout_s)
