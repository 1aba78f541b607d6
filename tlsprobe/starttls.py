"""Which protocol is spoken before TLS: as a row says it, or by the port."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class StartTls(StrEnum):
    """The plain-text protocol that is spoken before TLS. AUTO: the port decides."""

    AUTO = "auto"
    NONE = "none"
    SMTP = "smtp"
    IMAP = "imap"
    POP3 = "pop3"
    FTP = "ftp"
    LDAP = "ldap"
    XMPP = "xmpp"
    XMPP_SERVER = "xmpp-server"
    POSTGRES = "postgres"
    MYSQL = "mysql"
    RDP = "rdp"
    MSSQL = "mssql"
    SIEVE = "sieve"
    NNTP = "nntp"
    LMTP = "lmtp"


# Other words for the above. `yes` says that there is a protocol but not which, so the port decides;
# `imaps` and its kin are TLS from the first byte. ftps is both, so the port decides there too.
STARTTLS_ALIASES: Mapping[str, StartTls] = {
    **dict.fromkeys(("automatic", "detect", "yes", "true", "1", "starttls", "ftps"), StartTls.AUTO),
    **dict.fromkeys(("no", "off", "false", "0", "n/a", "direct", "implicit"), StartTls.NONE),
    **dict.fromkeys(("tls", "ssl", "https", "ldaps", "imaps", "pop3s", "smtps"), StartTls.NONE),
    **dict.fromkeys(("esmtp", "submission"), StartTls.SMTP),
    **dict.fromkeys(("imap4",), StartTls.IMAP),
    **dict.fromkeys(("pop",), StartTls.POP3),
    **dict.fromkeys(("ftpes",), StartTls.FTP),
    **dict.fromkeys(("xmpp-client", "jabber"), StartTls.XMPP),
    **dict.fromkeys(("jabber-server",), StartTls.XMPP_SERVER),
    **dict.fromkeys(("postgresql", "pgsql", "pg"), StartTls.POSTGRES),
    **dict.fromkeys(("mariadb",), StartTls.MYSQL),
    **dict.fromkeys(("remote desktop", "terminal server", "ms-wbt-server"), StartTls.RDP),
    **dict.fromkeys(("sqlserver", "sql server", "tds"), StartTls.MSSQL),
    **dict.fromkeys(("managesieve",), StartTls.SIEVE),
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
