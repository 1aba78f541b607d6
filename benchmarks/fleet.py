"""The servers that scanners are compared on: real ones, each on a loopback address of its own.

KINDS is the whole mix. It is made to look like an estate and favours nobody: half of the servers have no DHE,
as what is set up today, and the other half has it as shipped, as recommended, or as left over. Nobody's DHE
suites outnumber what its maker or a published recommendation switches on, but for one kind of ten.
A process serves all addresses of its kind, as the front end of a large site does.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tlsprobe.demo.credentials import Credentials, make_credentials, write_group
from tlsprobe.demo.stack import Launch, Options, Site, needs, running
from tlsprobe.demo.web_servers import account, needs_lighttpd
from tlsprobe.tls.groups import known_groups

PORT = 443
_SEED = 6


@dataclass(frozen=True, slots=True)
class Kind:
    """So many of a hundred servers, by this maker, set up so, and why.

    `ciphers` and `versions` are in the words of the maker's configuration; `group` is a file of
    `Credentials.dh_files`, or empty where the server has its own or none.
    """

    id: str
    percent: int
    maker: str
    versions: str
    ciphers: str
    why: str
    group: str = ""


_MOZILLA = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
_WITH_TLS10 = "@SECLEVEL=0"

KINDS = (
    Kind("nginx-shipped", 30, "nginx", "TLSv1.2 TLSv1.3", "HIGH:!aNULL:!MD5", "nginx as shipped: no DHE"),
    Kind(
        "haproxy-mozilla",
        10,
        "haproxy",
        "TLSv1.2 TLSv1.3",
        _MOZILLA,
        "Mozilla's intermediate list since 2023, without its last DHE suite",
    ),
    Kind("lighttpd-shipped", 5, "lighttpd", "TLSv1.2 TLSv1.3", "", "lighttpd with GnuTLS as shipped: no DHE"),
    Kind(
        "apache-old-no-dhe",
        5,
        "apache",
        "+TLSv1 +TLSv1.1 +TLSv1.2",
        f"HIGH:!aNULL:!DH:{_WITH_TLS10}",
        "old versions on, DHE switched off by hand",
    ),
    Kind(
        "nginx-mozilla-2",
        15,
        "nginx",
        "TLSv1.2 TLSv1.3",
        f"{_MOZILLA}:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384",
        "Mozilla's intermediate list of 2019 to 2023: two DHE suites",
        group="ffdhe2048",
    ),
    Kind(
        "apache-shipped",
        15,
        "apache",
        "all -SSLv3",
        "HIGH:!aNULL",
        "Debian's Apache as shipped: DHE over the library's own group",
    ),
    Kind(
        "haproxy-6",
        7,
        "haproxy-dhe",
        "TLSv1.2",
        f"{_MOZILLA}:DHE+AESGCM:DHE+AES:!CCM:!CCM8",
        "six DHE suites with AES",
        group="rfc3526-2048",
    ),
    Kind(
        "stunnel-13",
        5,
        "stunnel",
        "TLSv1.2 TLSv1.3",
        "HIGH:!aNULL:!ARIA:!AESCCM8:!PSK",
        "13 DHE suites: all that OpenSSL has, but for what hardly any client knows",
        group="rfc3526-4096",
    ),
    Kind(
        "nginx-old-13",
        5,
        "nginx",
        "TLSv1 TLSv1.1 TLSv1.2",
        f"HIGH:!aNULL:!ARIA:!AESCCM8:!PSK:{_WITH_TLS10}",
        "never touched since 2014: old versions, 13 DHE suites, 1024 bits",
        group="rfc2409-1024",
    ),
    Kind(
        "lighttpd-gnutls",
        3,
        "lighttpd-dhe",
        "TLSv1.2 TLSv1.3",
        "HIGH",
        "lighttpd with GnuTLS and the cipher word HIGH: DHE over a group of RFC 7919",
    ),
)


@dataclass(frozen=True, slots=True)
class Server:
    """Where one stands, and of which kind."""

    address: str
    kind: Kind


def servers(count: int) -> tuple[Server, ...]:
    """Deal `count` servers out to the kinds, in an order that mixes them and is the same each time."""
    exact = [(kind, kind.percent * count / 100) for kind in KINDS]
    dealt = [kind for kind, share in exact for _ in range(int(share))]
    rest = sorted(exact, key=lambda pair: int(pair[1]) - pair[1])
    dealt += [kind for kind, _ in rest[: count - len(dealt)]]
    random.Random(_SEED).shuffle(dealt)
    return tuple(Server(f"127.60.{n // 250}.{n % 250 + 1}", kind) for n, kind in enumerate(dealt))


# ---- a maker: one process, many addresses ----------------------------------------------------------


def _nginx(site: Site, mine: Sequence[Server]) -> Launch:
    folders = "\n".join(
        f"{name}_temp_path {site.workdir}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    blocks = "\n".join(
        f"server {{ listen {each.address}:{PORT} ssl; ssl_protocols {each.kind.versions}; "
        f"ssl_ciphers {each.kind.ciphers}; ssl_prefer_server_ciphers on; "
        f"{_line('ssl_dhparam {};', site, each.kind)} }}"
        for each in mine
    )
    config = site.write(
        "nginx.conf",
        f"""\
daemon off; worker_processes auto; pid {site.workdir}/nginx.pid; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
access_log off;
{folders}
ssl_certificate {site.pair.certificate};
ssl_certificate_key {site.pair.key};
{blocks}
}}
""",
    )
    return Launch(["nginx", "-p", site.workdir, "-e", "stderr", "-c", config])


def _apache(site: Site, mine: Sequence[Server]) -> Launch:
    blocks = "\n".join(
        f"Listen {each.address}:{PORT}\n<VirtualHost {each.address}:{PORT}>\nSSLEngine on\n"
        f"SSLProtocol {each.kind.versions}\nSSLCipherSuite {each.kind.ciphers}\n"
        f"{_line('SSLOpenSSLConfCmd DHParameters {}', site, each.kind)}\n</VirtualHost>"
        for each in mine
    )
    config = site.write(
        "apache.conf",
        f"""\
ServerRoot /usr/lib/apache2
ServerName localhost
DefaultRuntimeDir {site.workdir}
PidFile {site.workdir}/apache.pid
ErrorLog /dev/stderr
LogLevel crit
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule ssl_module modules/mod_ssl.so
{account()}
DocumentRoot {site.workdir}
SSLCertificateFile {site.pair.certificate}
SSLCertificateKeyFile {site.pair.key}
SSLSessionCache none
{blocks}
""",
    )
    return Launch(["apache2", "-D", "FOREGROUND", "-f", config])


def _haproxy(site: Site, mine: Sequence[Server]) -> Launch:
    group = _line("ssl-dh-param-file {}", site, mine[0].kind)
    binds = "\n".join(
        f"    bind {each.address}:{PORT} ssl crt {site.pair.both} ssl-min-ver TLSv1.2 "
        f"ciphers {each.kind.ciphers}" + (" ssl-max-ver TLSv1.2" if each.kind.versions == "TLSv1.2" else "")
        for each in mine
    )
    config = site.write(
        "haproxy.cfg",
        f"""\
global
    maxconn 4000
    {group}
defaults
    mode http
    timeout client 60s
    timeout connect 5s
    timeout server 60s
frontend all
{binds}
    http-request return status 200
""",
    )
    return Launch(["haproxy", "-db", "-f", config])


def _stunnel(site: Site, mine: Sequence[Server]) -> Launch:
    certificate = site.write("server.pem", site.pair.certificate.read_text() + _group(site, mine[0].kind))
    services = "\n".join(
        f"[{each.address}]\naccept = {each.address}:{PORT}\nconnect = 127.0.0.1:9\ncert = {certificate}\n"
        f"key = {site.pair.key}\nsslVersionMin = TLSv1.2\nciphers = {each.kind.ciphers}"
        for each in mine
    )
    config = site.write("stunnel.conf", f"foreground = yes\npid =\nsyslog = no\ndebug = crit\n{services}\n")
    return Launch(["stunnel4", config])


def _lighttpd(site: Site, mine: Sequence[Server]) -> Launch:
    first, *others = mine
    settings = {"CipherString": first.kind.ciphers} if first.kind.ciphers else {}
    lines = ", ".join(f'"{name}" => "{value}"' for name, value in settings.items())
    command = f"ssl.openssl.ssl-conf-cmd = ({lines})" if lines else ""
    sockets = "\n".join(
        f'$SERVER["socket"] == "{each.address}:{PORT}" {{ ssl.engine = "enable" }}' for each in others
    )
    config = site.write(
        "lighttpd.conf",
        f"""\
server.modules = ("mod_gnutls")
server.document-root = "{site.workdir}"
server.bind = "{first.address}"
server.port = {PORT}
server.errorlog = "/dev/null"
ssl.engine = "enable"
ssl.pemfile = "{site.pair.both}"
{command}
{sockets}
""",
    )
    return Launch(["lighttpd", "-D", "-f", config])


def _line(text: str, site: Site, kind: Kind) -> str:
    return text.format(site.credentials.dh_files[kind.group]) if kind.group else ""


def _group(site: Site, kind: Kind) -> str:
    return site.credentials.dh_files[kind.group].read_text() if kind.group else ""


@dataclass(frozen=True, slots=True)
class _Maker:
    prepare: Callable[[Site, Sequence[Server]], Launch]
    missing: Callable[[], str | None]


_MAKERS: Mapping[str, _Maker] = {
    "nginx": _Maker(_nginx, needs("nginx", debian="nginx")),
    "apache": _Maker(_apache, needs("apache2", debian="apache2")),
    "haproxy": _Maker(_haproxy, needs("haproxy", debian="haproxy")),
    "haproxy-dhe": _Maker(_haproxy, needs("haproxy", debian="haproxy")),
    "stunnel": _Maker(_stunnel, needs("stunnel4", debian="stunnel4")),
    "lighttpd": _Maker(_lighttpd, needs_lighttpd("mod_gnutls")),
    "lighttpd-dhe": _Maker(_lighttpd, needs_lighttpd("mod_gnutls")),
}


@contextmanager
def running_fleet(count: int, root: Path) -> Iterator[tuple[Server, ...]]:
    """Start the servers; a kind whose program is not installed is left out, and said."""
    absent = {maker: why for maker, each in _MAKERS.items() if (why := each.missing())}
    for maker, why in absent.items():
        print(f"left out: {maker} ({why})")
    fleet = tuple(each for each in servers(count) if each.kind.maker not in absent)
    credentials = _credentials(root)
    with ExitStack() as stack:
        for name, each in _MAKERS.items():
            mine = [server for server in fleet if server.kind.maker == name]
            if mine:
                workdir = root / name
                workdir.mkdir()
                site = Site(mine[-1].address, PORT, workdir, credentials, Options())
                stack.enter_context(running(each.prepare(site, mine), site))
        yield fleet


def _credentials(root: Path) -> Credentials:
    made = make_credentials(root)
    (prime,) = (group.p for group in known_groups().values() if group.name == "MODP 4096 (group 16)")
    files = {**made.dh_files, "rfc3526-4096": write_group(root, "rfc3526-4096", prime)}
    return Credentials(rsa=made.rsa, dsa=made.dsa, dh_files=files)
