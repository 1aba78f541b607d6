"""Real servers that speak something else before TLS, each with the same few suites of DHE and ECDHE."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tests.peers.fleet import FFDHE_2048, SHORT, Fact, Peer
from tests.peers.install import inn_folder
from tests.peers.remedies import GNUTLS_LIMITED, OPENSSL_LIMITED
from tests.peers.remedies_daemons import (
    exim_missing,
    launch_exim,
    launch_postfix,
    launch_postgresql,
    needs_root,
    own_folder,
    postgresql,
    write_exim,
    write_postfix,
    write_postgresql,
    write_slapd_conf,
)
from tlsprobe.demo.credentials import SERVER_NAME
from tlsprobe.demo.stack import Launch, Site, Stack, needs, started_by
from tlsprobe.facts import SuiteOrder
from tlsprobe.inventory import StartTls

SUITES = (0x009F, 0x009E)  # the two of DHE in OPENSSL_LIMITED and GNUTLS_LIMITED


def postfix(site: Site) -> Launch:
    write_postfix(site, "limited")
    return launch_postfix(site)


def exim(site: Site) -> Launch:
    write_exim(site, GNUTLS_LIMITED)
    return launch_exim(site)


def postgres(site: Site) -> Launch:
    write_postgresql(site, OPENSSL_LIMITED)
    return launch_postgresql(site)


def openldap(site: Site) -> Launch:
    file = write_slapd_conf(site, GNUTLS_LIMITED)
    return Launch(["slapd", "-h", f"ldap://{site.address}:{site.port}", "-f", file, "-d", "0"])


def dovecot(service: str, listener: str, site: Site) -> Launch:
    """One of its services, on its STARTTLS port; the one with TLS at once is closed."""
    listeners = f"inet_listener {listener} {{\n    port = {site.port}\n  }}"
    if listener in ("imap", "pop3"):
        listeners += f"\n  inet_listener {listener}s {{\n    port = 0\n  }}"
    file = site.write(
        "dovecot.conf",
        f"""\
base_dir = {site.workdir}/run
state_dir = {site.workdir}/state
log_path = /dev/stderr
protocols = {listener}
listen = {site.address}
service {service} {{
  {"" if listener == "lmtp" else "chroot ="}
  {listeners}
}}
service stats {{
  chroot =
}}
passdb {{
  driver = static
  args = nopassword=y
}}
ssl = yes
ssl_cert = <{site.pair.certificate}
ssl_key = <{site.pair.key}
ssl_dh = <{site.credentials.dh_files["rfc3526-2048"]}
ssl_cipher_list = {OPENSSL_LIMITED}
""",
    )
    return Launch(["dovecot", "-F", "-c", file])


def proftpd(site: Site) -> Launch:
    file = site.write(
        "proftpd.conf",
        f"""\
LoadModule mod_tls.c
ServerName "demo"
ServerType standalone
DefaultAddress {site.address}
SocketBindTight on
Port {site.port}
UseIPv6 off
User nobody
Group nogroup
PidFile {site.workdir}/pid
ScoreboardFile {site.workdir}/scoreboard
DelayEngine off
WtmpLog off
TLSEngine on
TLSRSACertificateFile {site.pair.certificate}
TLSRSACertificateKeyFile {site.pair.key}
TLSDHParamFile {site.credentials.dh_files["rfc3526-2048"]}
TLSCipherSuite {OPENSSL_LIMITED}
""",
    )
    return Launch(["proftpd", "--nodaemon", "--quiet", "--config", file])


def prosody(kind: str, site: Site) -> Launch:
    """It serves clients or other servers, on the one port that there is."""
    other = "s2s" if kind == "c2s" else "c2s"
    file = site.write(
        "prosody.cfg.lua",
        f"""\
daemonize = false
run_as_root = true
pidfile = "{site.workdir}/pid"
data_path = "{site.workdir}"
interfaces = {{ "{site.address}" }}
{kind}_ports = {{ {site.port} }}
{other}_ports = {{ }}
modules_enabled = {{ "tls", "saslauth", "dialback" }}
log = {{ warn = "*console" }}
ssl = {{
  certificate = "{site.pair.certificate}";
  key = "{site.pair.key}";
  dhparam = "{site.credentials.dh_files["rfc3526-2048"]}";
  ciphers = "{OPENSSL_LIMITED}";
}}
VirtualHost "{SERVER_NAME}"
""",
    )
    return Launch(["prosody", "--config", file])


def mariadb(site: Site) -> Launch:
    """Without tables: who may log in is read after TLS."""
    folder = own_folder(site, "nobody")
    options = {
        "datadir": folder,
        "bind-address": site.address,
        "port": site.port,
        "socket": folder / "socket",
        "pid-file": folder / "pid",
        "ssl-cert": folder / "certificate",
        "ssl-key": folder / "key",
        "ssl-cipher": OPENSSL_LIMITED,
        "innodb": "OFF",
        "default-storage-engine": "MyISAM",
        "max-connections": 1000,
    }
    settings = [f"--{name}={value}" for name, value in options.items()]
    user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]
    return Launch(
        [*user, "mariadbd", "--no-defaults", "--skip-grant-tables", "--skip-networking=0", *settings]
    )


def xrdp(site: Site) -> Launch:
    file = site.write(
        "xrdp.ini",
        f"""\
[Globals]
ini_version=1
fork=true
port=tcp://{site.address}:{site.port}
security_layer=negotiate
crypt_level=high
certificate={site.pair.certificate}
key_file={site.pair.key}
ssl_protocols=TLSv1.2
tls_ciphers={OPENSSL_LIMITED}
[Logging]
LogFile={site.workdir}/xrdp.log
LogLevel=WARNING
EnableSyslog=false
[Xorg]
name=Xorg
""",
    )
    return Launch(["xrdp", "--nodaemon", "--config", file])


def inn(site: Site) -> Launch:
    """The reader's server of INN; it wants an index of articles, were there any."""
    news = own_folder(site, "news")
    for name in ("articles", "overview", "db", "run"):
        (news / name).mkdir()
    for name in ("active", "newsgroups"):
        (news / "db" / name).touch()
    (news / "readers.conf").write_text(
        'auth "all" { hosts: "*" default: "<all>" }\n'
        'access "all" { users: "<all>" newsgroups: "*" access: R }\n'
    )
    (news / "storage.conf").write_text('method "tradspool" {\n newsgroups: *\n class: 0\n}\n')
    # Its own account may not be let into the folder that it was unpacked to.
    shutil.copytree(inn_folder() / "usr" / "lib", news / "lib", symlinks=True)
    programs = news / "lib" / "news"
    file = site.write(
        "inn.conf",
        f"""\
mta: "/bin/true %s"
pathhost: news.demo.test
domain: demo.test
hismethod: hisv6
ovmethod: tradindexed
enableoverview: true
runasuser: news
runasgroup: news
pathnews: {news}
pathbin: {programs / "bin"}
pathdb: {news}/db
pathetc: {news}
pathrun: {news}/run
pathtmp: {news}/run
pathlog: {news}
pathspool: {news}
patharticles: {news}/articles
pathoverview: {news}/overview
tlscertfile: {news}/certificate
tlskeyfile: {news}/key
tlsciphers: "{OPENSSL_LIMITED}"
""",
    )
    for path in news.rglob("*"):
        if not path.is_symlink():
            shutil.chown(path, "news", "news")
    libraries = [programs, *(news / "lib").glob("*-linux-gnu*")]
    environment = {"INNCONF": str(file), "LD_LIBRARY_PATH": ":".join(map(str, libraries))}
    user = ["setpriv", "--reuid=news", "--regid=news", "--clear-groups", "--"]
    subprocess.run(
        [*user, programs / "bin" / "makehistory", "-O", "-F"],
        env={**os.environ, **environment},
        check=False,  # it misses its list of groups, after it has made the index
        capture_output=True,
        timeout=30,
    )
    server: list[str | Path] = [programs / "bin" / "nnrpd", "-D", "-f", "-c", news / "readers.conf"]
    return Launch([*server, "-b", site.address, "-p", str(site.port)], environment)


def proftpd_missing() -> str | None:
    """Debian has TLS for it in a package of its own."""
    if not Path("/usr/lib/proftpd/mod_tls.so").exists():
        return "proftpd's mod_tls is not installed (Debian: proftpd-core and proftpd-mod-crypto)"
    return needs_root("proftpd", debian="proftpd-core")()


def inn_missing() -> str | None:
    if not inn_folder().exists():
        return "INN is not there (python -m tests.peers.install fetches it)"
    return None if not os.geteuid() else "nnrpd starts as root only"


def postgres_missing() -> str | None:
    return None if postgresql("postgres").exists() else "postgres is not installed (Debian: postgresql)"


@dataclass(frozen=True, slots=True)
class Talker:
    """A server, and what it speaks before TLS."""

    peer: Peer
    starttls: StartTls


# As another client finds them by its own STARTTLS: order and group by `openssl s_client -trace`.
BY_CLIENT = Fact(SUITES, SuiteOrder.CLIENT)
BY_SERVER = Fact(SUITES, SuiteOrder.SERVER)
GNUTLS = replace(BY_CLIENT, group_name=FFDHE_2048, server_share=SHORT)
OWN_GROUP = replace(BY_CLIENT, group_name=None)

dovecot_needs = partial(needs_root, "dovecot")
prosody_needs = needs("prosody", debian="prosody")
ROWS: tuple[tuple[str, StartTls, Callable[[], str | None], Callable[[Site], Launch], Fact], ...] = (
    ("postfix", StartTls.SMTP, needs_root("postfix", debian="postfix"), postfix, BY_CLIENT),
    ("exim", StartTls.SMTP, exim_missing, exim, GNUTLS),
    (
        "dovecot-imap",
        StartTls.IMAP,
        dovecot_needs("/usr/lib/dovecot/imap", debian="dovecot-imapd"),
        partial(dovecot, "imap-login", "imap"),
        BY_CLIENT,
    ),
    (
        "dovecot-pop3",
        StartTls.POP3,
        dovecot_needs("/usr/lib/dovecot/pop3", debian="dovecot-pop3d"),
        partial(dovecot, "pop3-login", "pop3"),
        BY_CLIENT,
    ),
    (
        "dovecot-sieve",
        StartTls.SIEVE,
        dovecot_needs("/usr/lib/dovecot/managesieve", debian="dovecot-managesieved"),
        partial(dovecot, "managesieve-login", "sieve"),
        BY_CLIENT,
    ),
    (
        "dovecot-lmtp",
        StartTls.LMTP,
        dovecot_needs("/usr/lib/dovecot/lmtp", debian="dovecot-lmtpd"),
        partial(dovecot, "lmtp", "lmtp"),
        BY_CLIENT,
    ),
    (
        "proftpd",
        StartTls.FTP,
        proftpd_missing,
        proftpd,
        BY_SERVER,
    ),
    ("openldap", StartTls.LDAP, needs("slapd", debian="slapd"), openldap, GNUTLS),
    ("prosody-clients", StartTls.XMPP, prosody_needs, partial(prosody, "c2s"), BY_CLIENT),
    ("prosody-servers", StartTls.XMPP_SERVER, prosody_needs, partial(prosody, "s2s"), BY_CLIENT),
    ("postgresql", StartTls.POSTGRES, postgres_missing, postgres, BY_SERVER),
    ("mariadb", StartTls.MYSQL, needs_root("mariadbd", debian="mariadb-server-core"), mariadb, OWN_GROUP),
    ("xrdp", StartTls.RDP, needs("xrdp", debian="xrdp"), xrdp, BY_CLIENT),
    ("inn", StartTls.NNTP, inn_missing, inn, BY_SERVER),
)


def talkers() -> tuple[Talker, ...]:
    """Each with an address of its own, by its place in the list: add at the end."""
    return tuple(
        Talker(Peer(f"starttls-{name}", f"127.77.3.{number}", made, fact), starttls)
        for number, (name, starttls, missing, prepare, fact) in enumerate(ROWS, start=1)
        for made in (Stack(f"starttls-{name}", name, missing, started_by(prepare)),)
    )


TALKERS = talkers()
