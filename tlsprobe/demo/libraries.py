"""TLS libraries by way of the small servers that come with them, or of a program of ours."""

import fcntl
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tlsprobe.demo.credentials import PKCS12_PASSWORD
from tlsprobe.demo.stack import (
    FIRST_FREE_DESCRIPTOR,
    PROGRAMS,
    SEARCH_PATH,
    Launch,
    Site,
    Stack,
    needs,
    script,
    started_by,
)

# Everything OpenSSL can do with this certificate, but for what no Windows client knows (ARIA,
# CCM with short tags) and what authenticates nobody. Level 0 lets 1024-bit groups and TLS 1.0 in.
OPENSSL_CIPHERS = "ALL:!aNULL:!eNULL:!ARIA:!AESCCM8:!PSK:!SRP:@SECLEVEL=0"
# selfserv's own default leaves DHE out.
NSS_SUITES = ":009E:009F:0033:0039:0067:006B:CCAA:0016:C02F:C030:C013:C014"


def openssl_command(site: Site) -> Launch:
    """Describe `openssl s_server`, which serves one connection at a time and speaks HTTP."""
    options = site.options
    protocols = {"1.0": "TLSv1", "1.1": "TLSv1.1", "1.2": "TLSv1.2"}
    command: list[str | Path] = ["openssl", "s_server", "-quiet", "-www"]
    command += ["-accept", f"{site.address}:{site.port}"]
    command += ["-cert", site.pair.certificate, "-key", site.pair.key]
    command += ["-min_protocol", protocols[options.lowest]]
    command += ["-max_protocol", protocols[options.highest]]
    command += ["-cipher", options.ciphers or OPENSSL_CIPHERS]
    if options.dh_file:
        command += ["-dhparam", options.dh_file]
    if options.order == "server":
        command.append("-serverpref")
    return Launch(command)


def python_command(site: Site) -> Launch:
    """Describe the server on Python's `ssl`."""
    options = site.options
    command = script("python_ssl.py", *common_arguments(site), "--order", options.order)
    command += ["--ciphers", options.ciphers or OPENSSL_CIPHERS]
    command += ["--lowest", options.lowest, "--highest", options.highest]
    return Launch(command)


def common_arguments(site: Site) -> list[str | Path]:
    """Arguments that each of the demo's Python programs takes."""
    arguments: list[str | Path] = ["--address", site.address, "--port", str(site.port)]
    arguments += ["--certificate", site.pair.certificate, "--key", site.pair.key]
    if site.options.dh_file:
        arguments += ["--dh-file", site.options.dh_file]
    return arguments


def s2n_command(target: Path | None) -> Callable[[Site], Launch]:
    """Describe s2n-tls out of the awscrt on sys.path, or out of the one in a folder."""

    def command(site: Site) -> Launch:
        arguments = [*common_arguments(site), "--policy", site.options.ciphers or "test_all_tls12"]
        if site.options.blinding:
            arguments.append("--blinding")
        if target is not None:
            arguments += ["--target", target]
        return Launch(script("s2n_tls.py", *arguments))

    return command


def tlslite_command(site: Site) -> Launch:
    """Describe the server on tlslite-ng."""
    versions = ["--lowest", site.options.lowest, "--highest", site.options.highest]
    return Launch(script("tlslite_ng.py", *common_arguments(site), *versions))


def java_command(site: Site) -> Launch:
    """Describe the server on SunJSSE; the start compiles it, which takes a second or two."""
    command: list[str | Path] = ["java"]
    if site.options.dh_bits:
        command.append(f"-Djdk.tls.ephemeralDHKeySize={site.options.dh_bits}")
    command += [PROGRAMS / "Server.java", site.address, str(site.port)]
    command += [site.pair.pkcs12, PKCS12_PASSWORD]
    return Launch([*command, site.options.order, ",".join(site.options.versions)])


def erlang_command(site: Site) -> Launch:
    """Describe the server on Erlang/OTP's ssl."""
    command: list[str | Path] = ["escript", PROGRAMS / "server.escript"]
    command += [site.address, str(site.port), site.pair.certificate, site.pair.key]
    command.append(site.options.dh_file or "-")
    return Launch([*command, site.options.order, ",".join(site.options.versions)])


def gnutls_command(site: Site) -> Launch:
    """Describe gnutls-serv, in a network of its own."""
    versions = "".join(f":+VERS-TLS{version}" for version in reversed(site.options.versions))
    precedence = ":%SERVER_PRECEDENCE" if site.options.order == "server" else ""
    priority = f"NORMAL:-VERS-ALL{versions}:+DHE-RSA{precedence}"
    command: list[str | Path] = ["gnutls-serv", "--quiet", "--http", "--port", str(site.port)]
    command += ["--x509certfile", site.pair.certificate, "--x509keyfile", site.pair.key]
    command += ["--priority", site.options.ciphers or priority]
    if site.options.dh_file:
        command += ["--dhparams", site.options.dh_file]
    return in_own_network(site, command)


def nss_command(site: Site) -> Launch:
    """Describe selfserv, in a network of its own, on a fresh NSS database."""
    database = nss_database(site)
    versions = f"tls{site.options.lowest}:tls{site.options.highest}"
    command: list[str | Path] = ["selfserv", "-d", database, "-n", "demo", "-p", str(site.port)]
    # -H 1: DHE on, which it is not by itself.
    command += ["-V", versions, "-c", site.options.ciphers or NSS_SUITES, "-H", "1"]
    return in_own_network(site, command)


def nss_database(site: Site) -> str:
    """Make an NSS database without a password, with the pair in it as "demo"."""
    folder = site.workdir / "nss"
    folder.mkdir(exist_ok=True)
    database = f"sql:{folder}"
    pair = str(site.pair.pkcs12)
    import_pair = ["pk12util", "-d", database, "-i", pair, "-W", PKCS12_PASSWORD]
    for command in (["certutil", "-N", "-d", database, "--empty-password"], import_pair):
        subprocess.run(command, check=True, capture_output=True, timeout=30)
    return database


def in_own_network(site: Site, command: list[str | Path]) -> Launch:
    """Wrap a server that listens on every address, so that it is reached at the site's only."""
    with socket.socket() as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((site.address, site.port))
        above = fcntl.fcntl(made, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE_DESCRIPTOR)
    listener = socket.socket(fileno=above)
    relay = script("relay.py", "--listener", str(listener.fileno()), "--port", str(site.port))
    return Launch([*unshare(), *relay, "--", *command], inherit=[listener])


def unshare() -> list[str]:
    """The command that runs another one in a network namespace of its own."""
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", "--net", *as_root, "--"]


@cache
def network_missing() -> str | None:
    """Why a process can't have a network of its own here, or None."""
    absent = needs("unshare", debian="util-linux")() or needs("ip", debian="iproute2")()
    if absent:
        return absent
    program = [*unshare(), shutil.which("ip", path=SEARCH_PATH) or "ip", "link", "set", "lo", "up"]
    if subprocess.run(program, capture_output=True, check=False, timeout=30).returncode:
        return "network namespaces are not permitted here, and this server has no bind option"
    return None


def needs_network(*programs: str, debian: str) -> Callable[[], str | None]:
    """A `missing` for servers that listen on every address."""
    installed = needs(*programs, debian=debian)
    return lambda: installed() or network_missing()


def needs_module(name: str, distribution: str) -> Callable[[], str | None]:
    """A `missing` for servers that come as a Python package."""

    def missing() -> str | None:
        if importlib.util.find_spec(name) is None:
            return f"{distribution} is not installed (pip install 'tlsprobe[demo]')"
        return None

    return missing


def always() -> None:
    """Say that nothing is missing."""


LIBRARIES = (
    Stack(
        id="openssl",
        title="OpenSSL s_server",
        missing=needs("openssl", debian="openssl"),
        start=started_by(openssl_command),
    ),
    Stack(
        id="python",
        title=f"Python {sys.version_info.major}.{sys.version_info.minor} ssl (OpenSSL)",
        missing=always,
        start=started_by(python_command),
        needs_dh_file=True,
    ),
    Stack(
        id="s2n",
        title="s2n-tls (awscrt)",
        missing=needs_module("_awscrt", "awscrt"),
        start=started_by(s2n_command(None)),
        needs_dh_file=True,
    ),
    Stack(
        id="tlslite-ng",
        title="tlslite-ng",
        missing=needs_module("tlslite", "tlslite-ng"),
        start=started_by(tlslite_command),
    ),
    Stack(
        id="gnutls",
        title="GnuTLS gnutls-serv",
        missing=needs_network("gnutls-serv", debian="gnutls-bin"),
        start=started_by(gnutls_command),
    ),
    Stack(
        id="nss",
        title="NSS selfserv",
        missing=needs_network("selfserv", "certutil", "pk12util", debian="libnss3-tools"),
        start=started_by(nss_command),
    ),
    Stack(
        id="java",
        title="Java SunJSSE",
        missing=needs("java", "javac", debian="openjdk-17-jdk-headless"),
        start=started_by(java_command),
    ),
    Stack(
        id="erlang",
        title="Erlang/OTP ssl",
        missing=needs("escript", debian="erlang-base and erlang-ssl"),
        start=started_by(erlang_command),
    ),
)
