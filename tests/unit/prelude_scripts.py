"""What servers say before TLS: whole conversations, in the words of standards, manuals and real servers."""

from __future__ import annotations

from dataclasses import dataclass

from tlsprobe.inventory import StartTls
from tlsprobe.preludes import MAX_REPLY, prelude_for
from tlsprobe.tls.stream import Parting

HOST = "im.example"
SSL_REQUEST = bytes.fromhex("0000000804d2162f")
EHLO, LHLO, STARTTLS = b"EHLO tlsprobe.invalid\r\n", b"LHLO tlsprobe.invalid\r\n", b"STARTTLS\r\n"
SMTP_HELLO, SMTP_OFFER = b"220 mail.example ESMTP\r\n", b"250-mail.example\r\n250-SIZE 1\r\n250 STARTTLS\r\n"
# RFC 5804 §1.8.
SIEVE_HELLO = (
    b'"IMPLEMENTATION" "Example1 ManageSieved v001"\r\n"VERSION" "1.0"\r\n"SASL" "DIGEST-MD5 GSSAPI"\r\n'
    b'"SIEVE" "fileinto vacation"\r\n"STARTTLS"\r\n"NOTIFY" "xmpp mailto"\r\nOK\r\n'
)
SIEVE_LITERAL = b'"IMPLEMENTATION" {12}\r\nOK\r\nNO\r\nyes!\r\n"STARTTLS"\r\nok {4}\r\nwell\r\n'

LDAP_REQUEST = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
# As OpenLDAP writes it, and as Active Directory does: lengths of five bytes, and the operation's name.
LDAP_YES = bytes.fromhex("300c02010178070a010004000400")
LDAP_YES_AD = bytes.fromhex("30840000002802010178840000001f0a0100040004008a16") + b"1.3.6.1.4.1.1466.20037"

# [MS-RDPBCGR] §4.1.1 without its cookie, and §4.1.2; both with other protocols at the end.
RDP_REQUEST = bytes.fromhex("030000130ee00000000000 0100080003000000")
RDP_CONFIRM = bytes.fromhex("030000130ed00000123400 02000800")
RDP_FAILURE = bytes.fromhex("030000130ed00000123400 03000800")
RDP_BARE = bytes.fromhex("0300000b06d00000123400")

# The greeting of a server without TLS in the MySQL manual, and the same with CLIENT_SSL.
MYSQL_WITHOUT = bytes.fromhex(
    "360000000a352e352e322d6d32000b0000006476484049 2d434a 00fff7080200 00000000000000000000000000"
    "2a34647c635a776b345e5d3a00"
)
MYSQL_HELLO = MYSQL_WITHOUT.replace(b"\xff\xf7", b"\xff\xff")
MYSQL_REQUEST = bytes.fromhex("20000001008a00000000000121") + bytes(23)

XMPP_OPENS = (
    b"<?xml version='1.0'?><stream:stream to='im.example' xmlns='jabber:client'"
    b" xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
)
XMPP_STARTTLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
# RFC 6120 §9.1.1.
XMPP_STREAM = (
    b"<?xml version='1.0'?>\n<stream:stream from='im.example.com' id='t7AMCin9zjMNwQKDnplntZPIDEI='"
    b" to='juliet@im.example.com' version='1.0' xml:lang='en' xmlns='jabber:client'"
    b" xmlns:stream='http://etherx.jabber.org/streams'>"
)
XMPP_FEATURES = (
    b"<stream:features>\n <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>\n  <required/>\n </starttls>\n"
    b"</stream:features>"
)
XMPP_PROCEED = b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"

# [MS-TDS] §4.1, and what an SQL Server 2012 SP1 answered to it, as published with "SQL Fingerprint NG".
TDS_REQUEST = bytes.fromhex(
    "1201002f00000100 00001a0006 0100200001 0200210001 0300220004 0400260001 ff 090000000000 0100b80d000001"
)
TDS_ON = bytes.fromhex(
    "0401002b00000100 00001a0006 0100200001 0200210001 0300220000 0400220001 ff 0b000bb80000 010001"
)
# [MS-TDS] §4.2, as it is printed there.
TDS_LOGIN = bytes.fromhex(
    "1001009000000100 88000000 02000972 00100000 00000007 00010000 00000000 e0030000 00000000 09040000"
    "5e000800 6e000200 72000000 72000700 80000000 80000000 80000400 88000000 88000000 00508be2b78f"
    "88000000 88000000 88000000 00000000 73006b006f00730074006f0076003100 73006100"
    "4f00530051004c002d0033003200 4f00440042004300"
)


def tds_answer(encryption: int) -> bytes:
    """The same with another byte for ENCRYPTION."""
    at = 8 + 0x20
    return TDS_ON[:at] + bytes([encryption]) + TDS_ON[at + 1 :]


def tds_error(text: str) -> bytes:
    """An ERROR token in a packet, in a PRELOGIN answer's place ([MS-TDS] §2.2.7.10)."""
    said = len(text).to_bytes(2, "little") + text.encode("utf-16-le")
    return tds_packet(bytes.fromhex("aa 0000 e8490000 01 0e") + said)


def tds_packet(content: bytes, *, kind: int = 0x04, status: int = 1) -> bytes:
    """One packet (§2.2.3.1); the last of its message unless `status` is 0."""
    return bytes([kind, status]) + (8 + len(content)).to_bytes(2, "big") + bytes(4) + content


def login_texts(login: bytes) -> list[str]:
    """Host, user, password, application, server, extension, library, language, database (§2.2.6.4)."""
    return [
        login[at : at + 2 * size].decode("utf-16-le")
        for at, size in (_field(login, where) for where in range(36, 72, 4))
    ]


def login_sspi(login: bytes) -> bytes:
    """What a LOGIN7 begins a login by Windows with."""
    at, size = _field(login, 78)
    return login[at : at + size]


def _field(login: bytes, where: int) -> tuple[int, int]:
    offset, size = login[where : where + 2], login[where + 2 : where + 4]
    return int.from_bytes(offset, "little"), int.from_bytes(size, "little")


@dataclass(frozen=True)
class Script:
    """What a server says first, and then to each command."""

    protocol: StartTls
    greeting: bytes
    replies: tuple[bytes, ...] = ()

    @property
    def said(self) -> tuple[bytes, ...]:
        return (self.greeting, *self.replies)

    def saying(self, *said: bytes) -> Script:
        return Script(self.protocol, said[0], said[1:])


@dataclass(frozen=True)
class Good:
    """A conversation that ends in TLS, and the commands it takes."""

    script: Script
    commands: bytes


GOOD = {
    "smtp": Good(Script(StartTls.SMTP, SMTP_HELLO, (SMTP_OFFER, b"220 2.0.0 Ready\r\n")), EHLO + STARTTLS),
    "smtp-many-lines": Good(
        Script(
            StartTls.SMTP,
            b"220-mail.example\r\n220-no spam\r\n220 here\r\n",
            (b"250-mail.example\n250-starttls \n250 HELP\n", b"220-wait\r\n220 go\r\n"),
        ),
        EHLO + STARTTLS,
    ),
    "lmtp": Good(Script(StartTls.LMTP, SMTP_HELLO, (SMTP_OFFER, b"220 2.0.0 Ready\r\n")), LHLO + STARTTLS),
    "imap": Good(
        Script(StartTls.IMAP, b"* OK [CAPABILITY IMAP4rev1] hello\r\n", (b"a1 OK begin\r\n",)),
        b"a1 STARTTLS\r\n",
    ),
    "imap-untagged": Good(
        Script(StartTls.IMAP, b"* ok\r\n", (b"* CAPABILITY IMAP4rev1\r\n* NOTE\r\nA1 ok\r\n",)),
        b"a1 STARTTLS\r\n",
    ),
    "imap-talkative": Good(
        Script(StartTls.IMAP, b"* OK hello\r\n* CAPABILITY IMAP4rev1\r\n", (b"a1 OK begin\r\n",)),
        b"a1 STARTTLS\r\n",
    ),
    "pop3": Good(Script(StartTls.POP3, b"+OK <1@host>\r\n", (b"+OK begin\r\n",)), b"STLS\r\n"),
    "sieve": Good(Script(StartTls.SIEVE, SIEVE_HELLO, (b'OK "Begin TLS"\r\n',)), STARTTLS),
    "sieve-literals": Good(Script(StartTls.SIEVE, SIEVE_LITERAL, (b"OK (X)\r\n",)), STARTTLS),
    # RFC 4642 §2.2.2 and RFC 959 §4.2.
    "nntp": Good(Script(StartTls.NNTP, b"200 hi\r\n", (b"382 Continue with TLS\r\n",)), STARTTLS),
    "ftp": Good(Script(StartTls.FTP, b"220 hi\r\n", (b"234 AUTH TLS\r\n",)), b"AUTH TLS\r\n"),
    "ftp-many-lines": Good(
        Script(
            StartTls.FTP, b"220-hi\r\n500 is no code\r\n here\r\n220-\r\n220 \r\n", (b"234-\r\n234 x\r\n",)
        ),
        b"AUTH TLS\r\n",
    ),
    "ldap": Good(Script(StartTls.LDAP, b"", (LDAP_YES,)), LDAP_REQUEST),
    "ldap-long-lengths": Good(Script(StartTls.LDAP, b"", (LDAP_YES_AD,)), LDAP_REQUEST),
    "postgres": Good(Script(StartTls.POSTGRES, b"", (b"S",)), SSL_REQUEST),
    "mysql": Good(Script(StartTls.MYSQL, MYSQL_HELLO), MYSQL_REQUEST),
    "rdp-tls": Good(Script(StartTls.RDP, b"", (RDP_CONFIRM + b"\x01\0\0\0",)), RDP_REQUEST),
    "rdp-credssp": Good(Script(StartTls.RDP, b"", (RDP_CONFIRM + b"\x02\0\0\0",)), RDP_REQUEST),
    "xmpp": Good(
        Script(StartTls.XMPP, b"", (XMPP_STREAM + XMPP_FEATURES, XMPP_PROCEED)), XMPP_OPENS + XMPP_STARTTLS
    ),
    "xmpp-other-words": Good(
        Script(
            StartTls.XMPP,
            b"",
            (
                b"<s:stream version = \"1.0\" id='>\"/>'><s:features ><t:starttls/>don't</s:features >",
                b"<t:proceed  ></t:proceed>",
            ),
        ),
        XMPP_OPENS + XMPP_STARTTLS,
    ),
    "xmpp-server": Good(
        Script(StartTls.XMPP_SERVER, b"", (XMPP_STREAM + XMPP_FEATURES, XMPP_PROCEED)),
        XMPP_OPENS.replace(b"jabber:client", b"jabber:server") + XMPP_STARTTLS,
    ),
    "mssql": Good(Script(StartTls.MSSQL, b"", (TDS_ON,)), TDS_REQUEST),
    "mssql-required": Good(Script(StartTls.MSSQL, b"", (tds_answer(3),)), TDS_REQUEST),
    "mssql-login-only": Good(Script(StartTls.MSSQL, b"", (tds_answer(0),)), TDS_REQUEST),
    "mssql-two-packets": Good(
        Script(
            StartTls.MSSQL,
            b"",
            (b"\x04\0\0\x10\0\0\1\0" + TDS_ON[8:16] + b"\x04\1\0\x23\0\0\2\0" + TDS_ON[16:],),
        ),
        TDS_REQUEST,
    ),
}


def play(script: Script, *, chunk: int = MAX_REPLY * 2) -> bytes:
    """Have the conversation, the server's bytes cut into chunks, closing where it has no more to say.

    Returns what the client sent.
    """
    prelude = prelude_for(script.protocol, 1, HOST)
    assert prelude is not None
    conversation, replies = prelude.converse(), list(script.replies)
    sent, waiting = b"", script.greeting
    try:
        outgoing = next(conversation)
        while True:
            sent += outgoing
            if isinstance(outgoing, Parting):
                outgoing = conversation.send(b"")
                continue
            if outgoing and replies:
                waiting += replies.pop(0)
            piece, waiting = waiting[:chunk], waiting[chunk:]
            outgoing = conversation.send(piece)
    except StopIteration:
        return sent
