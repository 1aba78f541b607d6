"""The same programs with nothing set but certificate and key: what their makers chose, TLS 1.3 among it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp

from tests.peers.install import node_binary
from tests.stacks.lab import CACHE, PROGRAMS, Bench, bench, package_version, version_of
from tlsprobe.demo.credentials import PKCS12_PASSWORD, KeyPair
from tlsprobe.demo.libraries import in_own_network, needs_network, nss_database, s2n_command
from tlsprobe.demo.stack import Launch, Options, Site, needs
from tlsprobe.demo.web_servers import account

OLD_NODES = ("8.17.0", "10.24.1", "12.22.12", "14.21.3", "16.20.2", "18.20.8", "22.14.0", "24.14.0")


# What public servers are told; each with a chain of four certificates.
_INTERMEDIATE = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384"
)
NGINX_SETTINGS = {
    "TLS 1.3 alone": "ssl_protocols TLSv1.3;",
    "Mozilla's intermediate": (
        f"ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers {_INTERMEDIATE}; ssl_prefer_server_ciphers off; "
        "ssl_session_cache shared:MozSSL:10m; ssl_session_tickets off;"
    ),
    "client certificates": "ssl_client_certificate %s/chain.pem; ssl_verify_client optional_no_ca;",
    "stapling": "ssl_stapling on; ssl_stapling_file %s/staple.der;",
    "one curve": "ssl_ecdh_curve secp384r1; ssl_protocols TLSv1.2;",
    "TLS 1.2 alone, cache": "ssl_protocols TLSv1.2; ssl_session_cache shared:a:1m; ssl_session_tickets off;",
}


def staple(pair: KeyPair) -> bytes:
    """An OCSP response about the certificate, by itself."""
    certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    key = serialization.load_pem_private_key(pair.key.read_bytes(), None)
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=certificate,
        issuer=certificate,
        algorithm=hashes.SHA256(),
        cert_status=ocsp.OCSPCertStatus.GOOD,
        this_update=certificate.not_valid_before_utc,
        next_update=certificate.not_valid_after_utc,
        revocation_time=None,
        revocation_reason=None,
    )
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    response = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, certificate)
    return response.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def defaults() -> Iterator[Bench]:
    """Yield them all."""
    openssl = f"OpenSSL {package_version('libssl3')}"
    for name, debian, prepare in (
        ("openssl s_server", "openssl", s_server),
        ("nginx", "nginx", nginx),
        ("apache", "apache2", apache),
        ("haproxy", "haproxy", haproxy),
        ("stunnel", "stunnel4", stunnel),
        ("hitch", "hitch", hitch),
    ):
        program = {"openssl s_server": "openssl"}.get(name, debian)
        missing = needs(program, debian=debian)
        yield bench("openssl", openssl, name, "default", prepare, missing, default=True)
    for label, lines in NGINX_SETTINGS.items():
        yield bench("openssl", openssl, "nginx", label, nginx_with(lines), needs("nginx", debian="nginx"))
    yield bench("openssl", openssl, "lighttpd", "default", lighttpd("mod_openssl"), default=True)
    yield bench("gnutls", _gnutls(), "lighttpd", "default", lighttpd("mod_gnutls"), default=True)
    yield bench("nss", _nss(), "lighttpd", "default", lighttpd("mod_nss"), default=True)
    yield bench("mbedtls", _mbedtls(), "lighttpd", "default", lighttpd("mod_mbedtls"), default=True)
    serv = needs_network("gnutls-serv", debian="gnutls-bin")
    for priority in ("NORMAL", "LEGACY", "SECURE128", "NORMAL:-VERS-TLS1.3", "PERFORMANCE", "NORMAL:%NO_ETM"):
        yield bench(
            "gnutls",
            _gnutls(),
            "gnutls-serv",
            priority,
            gnutls_serv(priority),
            serv,
            default=priority == "NORMAL",
        )
    selfserv_there = needs_network("selfserv", debian="libnss3-tools")
    yield bench("nss", _nss(), "selfserv", "default", selfserv(), selfserv_there, default=True)
    yield bench("nss", _nss(), "selfserv", "with tickets", selfserv("-u"), selfserv_there)
    yield from _node()
    yield from _java()
    yield bench("erlang", _erlang(), "escript", "default", erlang, default=True)
    yield bench("tlslite", "tlslite-ng 0.8.2", "tlslite-ng", "default", tlslite, default=True)
    for policy in ("default", "default_tls13", "20170210", "CloudFront-TLS-1-2-2019", "test_all"):
        yield bench(
            "s2n", "s2n-tls (awscrt 0.38.1)", "awscrt", policy, s2n(policy), default=policy == "default"
        )


def _gnutls() -> str:
    return f"GnuTLS {package_version('libgnutls30')}"


def _nss() -> str:
    return f"NSS {package_version('libnss3')}"


def _mbedtls() -> str:
    return f"Mbed TLS {package_version('libmbedtls14')}"


def _erlang() -> str:
    return f"Erlang/OTP {package_version('erlang-ssl')}"


def s_server(site: Site) -> Launch:
    command = ["openssl", "s_server", "-quiet", "-www", "-accept", f"{site.address}:{site.port}"]
    return Launch([*command, "-cert", site.pair.certificate, "-key", site.pair.key])


def nginx(site: Site) -> Launch:
    return nginx_with("")(site)


def nginx_with(lines: str) -> Callable[[Site], Launch]:
    """nginx with more lines; in them `%s` is the server's folder."""

    def command(site: Site) -> Launch:
        pem = site.pair.certificate.read_text()
        site.write("chain.pem", 4 * pem)
        config = site.write(
            "nginx.conf",
            f"""\
daemon off;
worker_processes 1;
pid {site.workdir}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    server {{
        listen {site.address}:{site.port} ssl http2;
        ssl_certificate {site.workdir}/chain.pem;
        ssl_certificate_key {site.pair.key};
        {lines.replace("%s", str(site.workdir))}
        location / {{ return 200 "ok"; }}
    }}
}}
""",
        )
        if not lines:
            site.write("chain.pem", pem)
        if "stapling" in lines:
            (site.workdir / "staple.der").write_bytes(staple(site.pair))
        return Launch(["nginx", "-p", site.workdir, "-e", "stderr", "-c", config])

    return command


def apache(site: Site) -> Launch:
    config = site.write(
        "apache.conf",
        f"""\
ServerRoot /usr/lib/apache2
ServerName localhost
DefaultRuntimeDir {site.workdir}
PidFile {site.workdir}/apache.pid
ErrorLog /dev/stderr
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule socache_shmcb_module modules/mod_socache_shmcb.so
LoadModule ssl_module modules/mod_ssl.so
{account()}
Listen {site.address}:{site.port}
DocumentRoot {site.workdir}
SSLEngine on
SSLCertificateFile {site.pair.certificate}
SSLCertificateKeyFile {site.pair.key}
SSLSessionCache shmcb:{site.workdir}/cache(512000)
""",
    )
    return Launch(["apache2", "-D", "FOREGROUND", "-f", config])


def haproxy(site: Site) -> Launch:
    config = site.write(
        "haproxy.cfg",
        f"""\
defaults
    mode http
    timeout client 60s
    timeout connect 5s
    timeout server 60s
frontend demo
    bind {site.address}:{site.port} ssl crt {site.pair.both} alpn h2,http/1.1
    http-request return status 200 content-type text/plain string ok
""",
    )
    return Launch(["haproxy", "-db", "-f", config])


def stunnel(site: Site) -> Launch:
    config = site.write(
        "stunnel.conf",
        f"""\
foreground = yes
pid =
syslog = no
[demo]
accept = {site.address}:{site.port}
exec = /bin/cat
execArgs = cat
cert = {site.pair.certificate}
key = {site.pair.key}
""",
    )
    return Launch(["stunnel4", config])


def hitch(site: Site) -> Launch:
    return Launch(
        [
            "hitch",
            "--user=nobody",
            f"--frontend=[{site.address}]:{site.port}",
            "--backend=[127.0.0.1]:9",
            site.pair.both,
        ]
    )


def lighttpd(module: str) -> Callable[[Site], Launch]:
    def command(site: Site) -> Launch:
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
""",
        )
        return Launch(["lighttpd", "-D", "-f", config])

    return command


def gnutls_serv(priority: str) -> Callable[[Site], Launch]:
    def command(site: Site) -> Launch:
        parts = ["gnutls-serv", "--quiet", "--http", "--port", str(site.port), "--priority", priority]
        parts += ["--x509certfile", str(site.pair.certificate), "--x509keyfile", str(site.pair.key)]
        return in_own_network(site, [*parts])

    return command


def selfserv(*more: str) -> Callable[[Site], Launch]:
    def command(site: Site) -> Launch:
        database = nss_database(site)
        return in_own_network(
            site,
            ["selfserv", "-d", database, "-n", "demo", "-p", str(site.port), "-V", "tls1.0:tls1.3", *more],
        )

    return command


def _node() -> Iterator[Bench]:
    """Node.js brings its own OpenSSL, of many a version."""
    for version in (*OLD_NODES, "6.9.4", "20.19.5"):
        here = CACHE / f"node-{version}" / "bin" / "node"
        binary = here if version in OLD_NODES else node_binary(version)
        if not binary.exists():
            continue
        library = f"OpenSSL {version_of(binary, '-p', 'process.versions.openssl').split('+')[0]}"
        for label, options in (
            ("default", "{}"),
            ("no client's order, old versions", '{"honorCipherOrder": false, "minVersion": "TLSv1"}'),
            ("RSA and AEAD only", '{"ciphers": "ECDHE-RSA-AES128-GCM-SHA256:AES128-GCM-SHA256"}'),
            ("TLS 1.2 only", '{"maxVersion": "TLSv1.2", "ciphers": "ALL:!aNULL:!PSK"}'),
        ):
            yield bench(
                "openssl",
                library,
                f"node {version}",
                label,
                partial(node, binary, options),
                default=label == "default",
            )


def node(binary: Path, options: str, site: Site) -> Launch:
    program = PROGRAMS / "node_default.js"
    place = [site.address, str(site.port)]
    return Launch([binary, program, *place, site.pair.certificate, site.pair.key, options])


def _java() -> Iterator[Bench]:
    source = PROGRAMS.parents[1] / "peers" / "JsseServer.java"

    def command(site: Site) -> Launch:
        return Launch(["java", source, site.address, str(site.port), site.pair.pkcs12, PKCS12_PASSWORD])

    library = f"OpenJDK {package_version('openjdk-17-jre-headless')}"
    yield bench(
        "jsse", library, "HttpsServer", "default", command, needs("javac", debian="a JDK"), default=True
    )


def erlang(site: Site) -> Launch:
    script = PROGRAMS / "default.escript"
    return Launch(["escript", script, site.address, str(site.port), site.pair.certificate, site.pair.key])


def tlslite(site: Site) -> Launch:
    program = PROGRAMS / "tlslite_default.py"
    return Launch(
        [sys.executable, "-P", program, site.address, str(site.port), site.pair.certificate, site.pair.key]
    )


def s2n(policy: str) -> Callable[[Site], Launch]:
    def command(site: Site) -> Launch:
        chosen = Site(site.address, site.port, site.workdir, site.credentials, Options(ciphers=policy))
        return s2n_command(None)(chosen)

    return command
