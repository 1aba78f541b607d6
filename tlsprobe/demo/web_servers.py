"""Web servers and proxies: a configuration of a dozen lines each, in the server's own folder."""

import grp
import os
import pwd
from collections.abc import Callable
from pathlib import Path

from tlsprobe.demo.stack import Launch, Site, Stack, needs, started_by

# What an administrator would write who wants forward secrecy for old clients too, without what
# no Windows client knows (ARIA, CCM with short tags). Level 0 lets small groups and TLS 1.0 in.
CIPHERS = "DHE:ECDHE:!ARIA:!AESCCM8:!PSK:!aNULL:!eNULL:@SECLEVEL=0"
# mod_nss knows no word for DHE by which it would find these suites, and has hardly any by default.
NSS_CIPHERS = "ALL:!aNULL:!eNULL"
# Mbed TLS has its own names, and of these no short word for DHE.
MBEDTLS_CIPHERS = ":".join(
    f"TLS-{exchange}-RSA-WITH-AES-{cipher}"
    for exchange in ("DHE", "ECDHE")
    for cipher in (
        "128-GCM-SHA256",
        "256-GCM-SHA384",
        "128-CBC-SHA256",
        "256-CBC-SHA256" if exchange == "DHE" else "256-CBC-SHA384",
        "128-CBC-SHA",
        "256-CBC-SHA",
    )
)

PROTOCOLS = {"1.0": "TLSv1", "1.1": "TLSv1.1", "1.2": "TLSv1.2"}


def nginx_command(site: Site) -> Launch:
    """Describe nginx; without `ssl_dhparam` it offers no DHE."""
    options = site.options
    on = "on" if options.order == "server" else "off"
    dh_line = f"ssl_dhparam {options.dh_file};" if options.dh_file else ""
    folders = "\n".join(
        f"    {name}_temp_path {site.workdir}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = site.write(
        "nginx.conf",
        f"""\
daemon off;
worker_processes 1;
pid {site.workdir}/nginx.pid;
error_log stderr;
events {{ worker_connections 1024; }}
http {{
    access_log off;
{folders}
    server {{
        listen {site.address}:{site.port} ssl;
        ssl_certificate {site.pair.certificate};
        ssl_certificate_key {site.pair.key};
        ssl_protocols {" ".join(PROTOCOLS[version] for version in options.versions)};
        ssl_ciphers {options.ciphers or CIPHERS};
        ssl_prefer_server_ciphers {on};
        {dh_line}
        location / {{ return 200 "ok"; }}
    }}
}}
""",
    )
    return Launch(["nginx", "-p", site.workdir, "-e", "stderr", "-c", config])


def apache_command(site: Site) -> Launch:
    """Describe Apache httpd with mod_ssl, in the foreground."""
    options = site.options
    dh_line = f"SSLOpenSSLConfCmd DHParameters {options.dh_file}" if options.dh_file else ""
    protocols = " ".join(f"+{PROTOCOLS[version]}" for version in options.versions)
    config = site.write(
        "apache.conf",
        f"""\
ServerRoot /usr/lib/apache2
ServerName localhost
DefaultRuntimeDir {site.workdir}
PidFile {site.workdir}/apache.pid
ErrorLog /dev/stderr
LogLevel error
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule ssl_module modules/mod_ssl.so
{account()}
Listen {site.address}:{site.port}
DocumentRoot {site.workdir}
SSLEngine on
SSLCertificateFile {site.pair.certificate}
SSLCertificateKeyFile {site.pair.key}
SSLProtocol -all {protocols}
SSLCipherSuite {options.ciphers or CIPHERS}
SSLHonorCipherOrder {"on" if options.order == "server" else "off"}
SSLSessionCache none
{dh_line}
""",
    )
    return Launch(["apache2", "-D", "FOREGROUND", "-f", config])


def account() -> str:
    """Apache's lines on whom to run as: it refuses to serve as root, and needs nothing else."""
    if os.geteuid() != 0:
        return ""
    nobody = pwd.getpwnam("nobody")
    return f"User {nobody.pw_name}\nGroup {grp.getgrgid(nobody.pw_gid).gr_name}"


def haproxy_command(site: Site) -> Launch:
    """Describe HAProxy, answering by itself."""
    options = site.options
    dh_line = f"ssl-dh-param-file {options.dh_file}" if options.dh_file else ""
    # Since 2.6 it offers DHE only if told a group or a size.
    size_line = "" if dh_line else f"tune.ssl.default-dh-param {options.dh_bits or 2048}"
    order = " prefer-client-ciphers" if options.order == "client" else ""
    config = site.write(
        "haproxy.cfg",
        f"""\
global
    maxconn 1000
    {dh_line}
    {size_line}
defaults
    mode http
    timeout client 60s
    timeout connect 5s
    timeout server 60s
frontend demo
    bind {site.address}:{site.port} ssl crt {site.pair.both} ssl-min-ver TLSv{options.lowest} \
ssl-max-ver TLSv{options.highest} ciphers {options.ciphers or CIPHERS}{order}
    http-request return status 200 content-type text/plain string ok
""",
    )
    return Launch(["haproxy", "-db", "-f", config])


def stunnel_command(site: Site) -> Launch:
    """Describe stunnel, in front of an echo."""
    options = site.options
    # stunnel looks for DH parameters at the end of the certificate file.
    group = options.dh_file.read_text() if options.dh_file else ""
    certificate = site.write("server.pem", site.pair.certificate.read_text() + group)
    order = "options = CIPHER_SERVER_PREFERENCE" if options.order == "server" else ""
    config = site.write(
        "stunnel.conf",
        f"""\
foreground = yes
pid =
syslog = no
debug = err
[demo]
accept = {site.address}:{site.port}
exec = /bin/cat
execArgs = cat
cert = {certificate}
key = {site.pair.key}
sslVersionMin = {PROTOCOLS[options.lowest]}
sslVersionMax = {PROTOCOLS[options.highest]}
ciphers = {options.ciphers or CIPHERS}
{order}
""",
    )
    return Launch(["stunnel4", config])


def lighttpd_command(module: str, ciphers: str) -> Callable[[Site], Launch]:
    """Describe lighttpd with one of its TLS modules; `ciphers` is in that library's language."""

    def command(site: Site) -> Launch:
        options = site.options
        settings = {
            "MinProtocol": PROTOCOLS[options.lowest],
            "MaxProtocol": PROTOCOLS[options.highest],
            "CipherString": options.ciphers or ciphers,
        }
        if options.dh_file:
            settings["DHParameters"] = str(options.dh_file)
        settings["Options"] = ("" if options.order == "server" else "-") + "ServerPreference"
        lines = ",\n".join(f'    "{name}" => "{value}"' for name, value in settings.items())
        config = site.write(
            "lighttpd.conf",
            f"""\
server.modules = ("{module}")
server.document-root = "{site.workdir}"
server.bind = "{site.address}"
server.port = {site.port}
server.errorlog = "/dev/stderr"
ssl.engine = "enable"
ssl.pemfile = "{site.pair.both}"
ssl.openssl.ssl-conf-cmd = (
{lines}
)
""",
        )
        return Launch(["lighttpd", "-D", "-f", config])

    return command


def needs_lighttpd(module: str) -> Callable[[], str | None]:
    """A `missing` for lighttpd's TLS modules, which are packages of their own."""
    installed = needs("lighttpd", debian="lighttpd")

    def missing() -> str | None:
        folders = ("usr/lib*/lighttpd", "usr/lib/*/lighttpd", "usr/local/lib/lighttpd")
        present = any(any(Path("/").glob(f"{folder}/{module}.so")) for folder in folders)
        if installed() is None and not present:
            package = f"lighttpd-{module.replace('_', '-')}"
            return f"lighttpd's {module} is not installed (Debian: {package})"
        return installed()

    return missing


def lighttpd(module: str, library: str, ciphers: str) -> Stack:
    """The stack of lighttpd with one TLS module."""
    return Stack(
        id=f"lighttpd-{library.lower().replace(' ', '')}",
        title=f"lighttpd with {module} ({library})",
        missing=needs_lighttpd(module),
        start=started_by(lighttpd_command(module, ciphers)),
    )


WEB_SERVERS = (
    Stack(
        id="nginx",
        title="nginx (OpenSSL)",
        missing=needs("nginx", debian="nginx"),
        start=started_by(nginx_command),
        needs_dh_file=True,
    ),
    Stack(
        id="apache",
        title="Apache httpd with mod_ssl (OpenSSL)",
        missing=needs("apache2", debian="apache2"),
        start=started_by(apache_command),
    ),
    Stack(
        id="haproxy",
        title="HAProxy (OpenSSL)",
        missing=needs("haproxy", debian="haproxy"),
        start=started_by(haproxy_command),
    ),
    Stack(
        id="stunnel",
        title="stunnel (OpenSSL)",
        missing=needs("stunnel4", debian="stunnel4"),
        start=started_by(stunnel_command),
    ),
    lighttpd("mod_openssl", "OpenSSL", CIPHERS),
    lighttpd("mod_nss", "NSS", NSS_CIPHERS),
    lighttpd("mod_mbedtls", "Mbed TLS", MBEDTLS_CIPHERS),
)
