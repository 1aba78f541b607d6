"""Real servers to try the edits on: each with a configuration as people have it, and DHE on.

A subject writes its configuration with a cipher value or without one, and is started, edited and started
again on the same port. Only what stands in its files makes it what it is, so that an edit of a file is all
that can have changed it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.peers.programs import node_20
from tlsprobe.demo.credentials import PKCS12_PASSWORD
from tlsprobe.demo.libraries import in_own_network, needs_network
from tlsprobe.demo.stack import Launch, Site, needs
from tlsprobe.demo.web_servers import account, needs_lighttpd
from tlsprobe.inventory import StartTls

HERE = Path(__file__).parent

# As in the guides of ten years: ECDHE before DHE, AEAD before CBC, some exclusions.
OPENSSL_VALUE = "ECDHE+AESGCM:DHE+AESGCM:ECDHE+AES:DHE+AES:!aNULL:!MD5"
# Nothing here is for a Windows 8.1 but DHE.
OPENSSL_LIMITED = (
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:"
    "DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256"
)
GNUTLS_VALUE = "SECURE128:+DHE-RSA:%SERVER_PRECEDENCE"
GNUTLS_LIMITED = (
    "NONE:+VERS-TLS1.2:+ECDHE-RSA:+DHE-RSA:+AES-256-GCM:+AES-128-GCM:+AEAD:+SIGN-ALL:+GROUP-ALL:+COMP-NULL"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A server for the edit of that id.

    `write` puts the configuration into site.workdir, with a cipher value or (None) with none, and
    returns what the edit's {file} is. `limited` is a value without CBC suites, where there is such a thing.
    `dhe_by_default`: whether it has DHE if told nothing. `live`: it is edited while it runs.
    `state` is what an edit must leave alone the second time; the file itself unless given.
    """

    edit: str
    missing: Callable[[], str | None]
    write: Callable[[Site, str | None], str]
    launch: Callable[[Site], Launch]
    value: str = OPENSSL_VALUE
    limited: str | None = OPENSSL_LIMITED
    dhe_by_default: bool = True
    starttls: StartTls = StartTls.NONE
    live: bool = False
    state: Callable[[Site, str], str] = lambda _, file: Path(file).read_text()


def setting(form: str, value: str | None) -> str:
    """The line, or a comment where nothing is to be set."""
    return form.format(value) if value is not None else "# nothing is said of ciphers"


def write_nginx(site: Site, ciphers: str | None) -> str:
    folders = "\n".join(
        f"    {name}_temp_path {site.workdir}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = f"""\
daemon off;
worker_processes 1;
pid {site.workdir}/nginx.pid;
error_log stderr;

events {{
    worker_connections 768;
}}

http {{
    access_log off;
{folders}
    ##
    # SSL Settings
    ##
    ssl_protocols TLSv1.2; # Dropping SSLv3, ref: POODLE
    ssl_prefer_server_ciphers on;
    # ssl_ciphers DHE:ECDHE;
    server {{
        listen {site.address}:{site.port} ssl;
        ssl_certificate {site.pair.certificate};
        ssl_certificate_key {site.pair.key};
        ssl_dhparam {site.credentials.dh_files["rfc3526-2048"]};
        {setting("ssl_ciphers '{}';", ciphers)}
        location / {{ return 200 "ok"; }}
    }}
}}
"""
    return str(site.write("nginx.conf", text))


def launch_nginx(site: Site) -> Launch:
    return Launch(["nginx", "-p", site.workdir, "-e", "stderr", "-c", site.workdir / "nginx.conf"])


def write_apache(site: Site, ciphers: str | None) -> str:
    """Split as Debian has it: the module's settings in a file of their own, and a site that includes it."""
    site.write(
        "apache2.conf",
        f"""\
ServerRoot /usr/lib/apache2
ServerName localhost
DefaultRuntimeDir {site.workdir}
PidFile {site.workdir}/apache.pid
ErrorLog /dev/stderr
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule ssl_module modules/mod_ssl.so
{account()}
Include {site.workdir}/ssl.conf
Listen {site.address}:{site.port}
<VirtualHost {site.address}:{site.port}>
    SSLEngine on
    SSLCertificateFile {site.pair.certificate}
    SSLCertificateKeyFile {site.pair.key}
</VirtualHost>
""",
    )
    text = f"""\
<IfModule mod_ssl.c>
    SSLSessionCache none
    {setting("SSLCipherSuite {}", ciphers)}
    SSLCipherSuite TLSv1.3 TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256
    SSLProtocol all -SSLv3 -TLSv1 -TLSv1.1
</IfModule>
"""
    return str(site.write("ssl.conf", text))


def launch_apache(site: Site) -> Launch:
    return Launch(["apache2", "-D", "FOREGROUND", "-f", site.workdir / "apache2.conf"])


def write_haproxy(site: Site, ciphers: str | None) -> str:
    """A value for all, and one more on the line of the socket, which is the one that counts."""
    own = f" ciphers {ciphers}" if ciphers else ""
    text = f"""\
global
    maxconn 1000
    # for old clients
    tune.ssl.default-dh-param 2048
    {setting("ssl-default-bind-ciphers {}", ciphers)}
    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets

defaults
    mode http
    timeout client 60s
    timeout connect 5s
    timeout server 60s

frontend www
    bind {site.address}:{site.port} ssl crt {site.pair.both}{own} alpn http/1.1
    http-request return status 200 content-type text/plain string ok
"""
    return str(site.write("haproxy.cfg", text))


def launch_haproxy(site: Site) -> Launch:
    return Launch(["haproxy", "-db", "-f", site.workdir / "haproxy.cfg"])


def write_lighttpd(site: Site, ciphers: str | None) -> str:
    commands = f"""\
ssl.openssl.ssl-conf-cmd = (
    "MinProtocol" => "TLSv1.2",
    "CipherString" => "{ciphers}"
)
"""
    text = f"""\
server.modules = ("mod_openssl")
server.document-root = "{site.workdir}"
server.bind = "{site.address}"
server.port = {site.port}
server.errorlog = "/dev/stderr"
ssl.engine = "enable"
ssl.pemfile = "{site.pair.both}"
{commands if ciphers else "# nothing is said of ciphers"}
"""
    return str(site.write("lighttpd.conf", text))


def launch_lighttpd(site: Site) -> Launch:
    return Launch(["lighttpd", "-D", "-f", site.workdir / "lighttpd.conf"])


def write_stunnel(site: Site, ciphers: str | None) -> str:
    text = f"""\
foreground = yes
pid =
syslog = no
debug = err
{setting("ciphers = {}", ciphers)}
[https]
accept = {site.address}:{site.port}
exec = /bin/cat
execArgs = cat
cert = {site.pair.certificate}
key = {site.pair.key}
sslVersionMin = TLSv1.2
"""
    return str(site.write("stunnel.conf", text))


def launch_stunnel(site: Site) -> Launch:
    return Launch(["stunnel4", site.workdir / "stunnel.conf"])


def write_java(site: Site, disabled: str | None) -> str:
    """A file of security properties beside Java's own, as -Djava.security.properties names it."""
    compile: list[str | Path] = ["javac", "-d", site.workdir, HERE / "JsseServer.java"]
    subprocess.run(compile, check=True, capture_output=True, timeout=120)
    disabling = setting("jdk.tls.disabledAlgorithms={}", disabled)
    return str(site.write("java.security", f"# local settings\nkeystore.type=pkcs12\n{disabling}\n"))


def launch_java(site: Site) -> Launch:
    options = ["-XX:TieredStopAtLevel=1", f"-Djava.security.properties={site.workdir / 'java.security'}"]
    server: list[str | Path] = ["-cp", site.workdir, "JsseServer", site.address, str(site.port)]
    return Launch(["java", *options, *server, site.pair.pkcs12, PKCS12_PASSWORD])


def write_gnutls(site: Site, others: str | None) -> str:
    """GnuTLS's own configuration; "others" are overrides that stand there already."""
    text = f"[overrides]\n{others}\n" if others is not None else "[global]\noverride-mode = blocklist\n"
    return str(site.write("config", text))


def launch_gnutls(site: Site) -> Launch:
    command: list[str | Path] = ["gnutls-serv", "--quiet", "--http", "--port", str(site.port)]
    command += ["--x509certfile", site.pair.certificate, "--x509keyfile", site.pair.key]
    wrapped = in_own_network(site, [*command, "--priority", "NORMAL:+DHE-RSA"])
    environment = {"GNUTLS_SYSTEM_PRIORITY_FILE": str(site.workdir / "config")}
    return Launch(wrapped.command, environment, wrapped.inherit)


def write_node(site: Site, ciphers: str | None) -> str:
    """The file that a service's EnvironmentFile= names; the program says nothing of ciphers."""
    site.write(
        "server.js",
        f"""\
const https = require("https"), fs = require("fs");
const options = {{
  cert: fs.readFileSync("{site.pair.certificate}"),
  key: fs.readFileSync("{site.pair.key}"),
  dhparam: fs.readFileSync("{site.credentials.dh_files["rfc3526-2048"]}"),
}};
https.createServer(options, (_, answer) => answer.end("ok")).listen({site.port}, "{site.address}");
""",
    )
    return str(
        site.write(
            "node.env", f"NODE_ENV=production\n{setting('NODE_OPTIONS=--tls-cipher-list={}', ciphers)}\n"
        )
    )


def launch_node(site: Site) -> Launch:
    lines = (site.workdir / "node.env").read_text().splitlines()
    environment = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    return Launch([node_20() or "node", site.workdir / "server.js"], environment)


WEB_SUBJECTS = (
    Subject("nginx", needs("nginx", debian="nginx"), write_nginx, launch_nginx),
    Subject("apache", needs("apache2", debian="apache2"), write_apache, launch_apache),
    Subject("haproxy", needs("haproxy", debian="haproxy"), write_haproxy, launch_haproxy),
    Subject(
        "lighttpd",
        needs_lighttpd("mod_openssl"),
        write_lighttpd,
        launch_lighttpd,
    ),
    Subject(
        "stunnel",
        needs("stunnel4", debian="stunnel4"),
        write_stunnel,
        launch_stunnel,
        dhe_by_default=False,
    ),
    Subject(
        "java",
        needs("java", "javac", debian="openjdk-17-jdk-headless"),
        write_java,
        launch_java,
        value="SSLv3, TLSv1, TLSv1.1, RC4, DES, \\\n    MD5withRSA, DH keySize < 1024, anon, NULL",
        limited=None,
    ),
    Subject(
        "gnutls",
        needs_network("gnutls-serv", debian="gnutls-bin"),
        write_gnutls,
        launch_gnutls,
        value="tls-disabled-cipher = 3des-cbc",
        limited=None,
    ),
    Subject(
        "nodejs",
        lambda: None if node_20() else "Node.js 20 is not there (python -m tests.peers.install fetches it)",
        write_node,
        launch_node,
    ),
)
