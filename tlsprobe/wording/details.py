"""What tlsprobe itself says behind a status_reason: the journal has it in English, as it was found.

What the system or a server said is no sentence of ours, and neither is what breaks a protocol: it names the
protocol's own fields. Both are shown as they came.
"""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    "detail.no-connection": "no connection within {seconds} s",
    "detail.no-answer": "no answer within {seconds} s",
    "detail.control": "an ordinary handshake ended after {step}: {how}",
    "detail.closing-control": "the closing control failed",
    "detail.resets": "again and again",
    "detail.connections": "the budget of {most} connections is used up",
    "detail.groups": "more than {most} groups",
    "detail.addresses": "{many} addresses, {most} allowed",
    "detail.tried": "{tried} of {many} addresses were tried",
    "detail.no-servers-address": "the name points to {address}, which is no server's",
    "detail.no-address": "the name has no address",
    "detail.name-server": "the name server does not answer",
    "detail.plain-text": "answers {protocol} in plain text",
    "detail.answers": "answers {bytes}",
    "detail.proxy.closed": "it closed the connection",
    "detail.proxy.socks5": "it does not speak SOCKS5",
    "detail.proxy.endless": "an endless answer",
    "detail.proxy.login": "it does not take this user and password",
    "detail.proxy.no-login": "it wants a user and a password",
    "detail.empty": "an empty answer",
    "detail.go-ahead": "plain text after the go-ahead",
    "detail.endless": "an endless greeting",
    "detail.postgres": "the server answers N: built or configured without TLS",
    "detail.mysql": "the greeting does not say CLIENT_SSL: built or configured without TLS",
    "detail.greeting": "the greeting does not list STARTTLS",
    "detail.hello": "{command} does not list STARTTLS",
    "detail.xmpp.features": "the stream's features do not list starttls",
    "detail.xmpp.version": "the stream has no version, so no features",
    "detail.xmpp.tag": "no tag of XML",
    "detail.rdp.nothing": "standard RDP security only: the answer negotiates nothing",
    "detail.rdp.chosen": "standard RDP security only: the server chose PROTOCOL_RDP",
    "detail.tds.none": "the server answers ENCRYPT_NOT_SUP",
    "detail.only.name": "no line of the --only files names it",
    "detail.only.address": "no line of the --only files holds this address",
    "detail.worker.late": "the worker did not keep the deadline",
    "detail.worker.died": "the worker that scanned it died",
    "detail.tds.8": "the server wants TLS first, as in TDS 8",
}
