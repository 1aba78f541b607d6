"""Clients of other makers that connect in earnest and say what they got, with DHE and without.

A tool is started once for each server; a program of ours around a library has them all at once, and
prints a line for each: version and suite, or a hyphen.
"""

from __future__ import annotations

import ctypes.util
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from tests.peers.install import node_binary
from tests.peers.real_hellos import NAME, TIMEOUT_S, RealClient, hello_of, says
from tlsprobe.clients.profile import (
    Basis,
    ClientOffer,
    ClientProfile,
    LeadingZeroFix,
    built_in_profiles,
)
from tlsprobe.demo.stack import needs

Place = tuple[str, int]
Command = Sequence[str | Path]
Connect = Callable[[Sequence[Place], bool, Path], Command]

# Each is given the name to ask for, "with" or "without" DHE, and places as address:port.
ARGUMENTS = """
import sys
name, dhe, *places = sys.argv[1:]
places = [(address, int(port)) for address, _, port in (each.rpartition(":") for each in places)]
"""

PYTHON_SSL = """
import socket, ssl
for place in places:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if dhe == "without":
        context.set_ciphers(":".join(
            each["name"] for each in context.get_ciphers() if not each["name"].startswith("DHE-")))
    try:
        with socket.create_connection(place, timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname=name) as tls:
                print(tls.version(), tls.cipher()[0])
    except OSError as error:
        print("-", *str(error).split())
"""

# nassl tells the suite, but the version only in the session's text form.
NASSL = """
import re, socket
from nassl.{module} import {client}, OpenSslVerifyEnum, OpenSslVersionEnum
for place in places:
    client = {client}(
        ssl_version=OpenSslVersionEnum.SSLV23,
        underlying_socket=socket.create_connection(place, timeout=10),
        ssl_verify=OpenSslVerifyEnum.NONE,
        ignore_client_authentication_requests=True,
    )
    client.set_cipher_list("DEFAULT" if dhe == "with" else "DEFAULT:!kDHE")
    client.set_tlsext_host_name(name)
    try:
        client.do_handshake()
        version = re.search("Protocol *: (TLSv1[.0-9]*)", client.get_session().as_text())
        key = client.get_ephemeral_key()
        bits = [key.size] if key is not None and key.type_name == "DH" else []
        print(version[1], client.get_current_cipher_name(), *bits)
    except Exception as error:
        print("-", *str(error).split())
    client.get_underlying_socket().close()
"""

TLSLITE = """
import socket
from tlslite.api import HandshakeSettings, TLSConnection
for place in places:
    settings = HandshakeSettings()
    if dhe == "without":
        names = settings.keyExchangeNames
        settings.keyExchangeNames = [each for each in names if not each.startswith("dhe_")]
    with socket.create_connection(place, timeout=10) as plain:
        connection = TLSConnection(plain)
        try:
            connection.handshakeClientCert(serverName=name, settings=settings)
            print(f"TLSv1.{connection.version[1] - 1} {connection.session.cipherSuite:04x}")
        except Exception as error:
            print("-", type(error).__name__, *str(error).split())
"""

# Debian has the library for git and others, but no curl on it. What it says goes to stderr.
LIBCURL_GNUTLS = """
import ctypes
curl = ctypes.CDLL("libcurl-gnutls.so.4")
curl.curl_easy_init.restype = curl.curl_slist_append.restype = ctypes.c_void_p
CONNECT_ONLY, VERBOSE, VERIFY_PEER, VERIFY_HOST, TIMEOUT, URL, CONNECT_TO = 141, 41, 64, 81, 13, 10002, 10243
for address, port in places:
    handle = ctypes.c_void_p(curl.curl_easy_init())
    for option, value in ((CONNECT_ONLY, 1), (VERBOSE, 1), (VERIFY_PEER, 0), (VERIFY_HOST, 0), (TIMEOUT, 10)):
        curl.curl_easy_setopt(handle, option, ctypes.c_long(value))
    to = curl.curl_slist_append(None, f"{name}:443:{address}:{port}".encode())
    curl.curl_easy_setopt(handle, CONNECT_TO, ctypes.c_void_p(to))
    curl.curl_easy_setopt(handle, URL, ctypes.c_char_p(f"https://{name}/".encode()))
    curl.curl_easy_perform(handle)
"""

# The syntax is what version 6 knows.
NODE = """
'use strict';
const constants = require('constants');
const tls = require('tls');
const name = process.argv[2], dhe = process.argv[3], places = process.argv.slice(4);
const ask = () => {
  const place = places.shift();
  if (!place) return;
  const at = place.lastIndexOf(':');
  const options = {host: place.slice(0, at), port: +place.slice(at + 1), servername: name};
  options.rejectUnauthorized = false;
  if (dhe === 'without') options.ciphers = tls.DEFAULT_CIPHERS + ':!kDHE';
  const socket = tls.connect(options, () => {
    console.log(socket.getProtocol(), socket.getCipher().name);
    socket.destroy();
  });
  socket.on('error', (error) => console.log('-', String(error.message).split('\\n')[0]));
  socket.on('close', ask);
};
ask();
"""

JAVA = """
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

public class Connect {
    public static void main(String[] arguments) throws Exception {
        var context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Trusting()}, null);
        for (var place : Arrays.asList(arguments).subList(2, arguments.length)) {
            var at = place.lastIndexOf(':');
            var port = Integer.parseInt(place.substring(at + 1));
            var socket = (SSLSocket) context.getSocketFactory().createSocket(place.substring(0, at), port);
            var parameters = socket.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(arguments[0])));
            if (arguments[1].equals("without")) {
                parameters.setCipherSuites(Arrays.stream(parameters.getCipherSuites())
                    .filter(each -> !each.contains("_DHE_")).toArray(String[]::new));
            }
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(10000);
            try {
                socket.startHandshake();
                var session = socket.getSession();
                System.out.println(session.getProtocol() + " " + session.getCipherSuite());
            } catch (java.io.IOException error) {
                System.out.println("- " + error.getMessage());
            }
            socket.close();
        }
    }

    static class Trusting implements X509TrustManager {
        public void checkClientTrusted(X509Certificate[] chain, String how) {}
        public void checkServerTrusted(X509Certificate[] chain, String how) {}
        public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
    }
}
"""


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What a client got. `dh_bits` where it says so, and only then: it says so of DHE only."""

    version: int
    suite: int
    dh_bits: int | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """A client that connects. `profile_id` is the profile that claims to be its; else one is recorded.

    `said` finds what it got in its output; `at_once` where one process has every place, a line each.
    `dh_bits` are the groups it takes. `optional`: tests/peers/install.py doesn't bring it.
    """

    id: str
    missing: Callable[[], str | None]
    command: Connect
    said: re.Pattern[str]
    at_once: bool = False
    profile_id: str | None = None
    dh_bits: tuple[int, int] = (0, 0)
    can_leave_out_dhe: bool = True
    optional: bool = False

    def profile(self, workdir: Path) -> ClientProfile:
        """The built-in profile with the offer of this version, or one as `--clients` would make it."""
        hello = hello_of(self.recordable(with_dhe=True), workdir)
        offer = ClientOffer("recorded", "", Basis.OBSERVED, "recorded just now", (hello,))
        if self.profile_id is not None:
            known = next(each for each in built_in_profiles() if each.id == self.profile_id)
            # An update that nobody recorded yet asks otherwise; it has the same bounds.
            own = next((each for each in known.offers if each.hellos[0] == hello), offer)
            return replace(known, offers=(own,))
        least, most = self.dh_bits
        return ClientProfile(
            id=self.id,
            name=self.id,
            windows=False,
            leading_zero_fix=LeadingZeroFix.YES,
            source="",
            offers=(offer,),
            min_dh_bits=least,
            max_dh_bits=most,
        )

    def recordable(self, *, with_dhe: bool) -> RealClient:
        """The same client for the recorder of hellos."""
        return RealClient(
            self.id,
            self.missing,
            lambda port, workdir: self.command([("127.0.0.1", port)], with_dhe, workdir),
        )

    def connect(
        self, places: Sequence[Place], workdir: Path, *, with_dhe: bool
    ) -> Iterator[tuple[Negotiated | None, str]]:
        """What it gets from each place, None where it doesn't connect; and all that it said."""
        if not self.at_once:
            for place in places:
                output = run(self.command([place], with_dhe, workdir))
                yield self.read(output), output
            return
        output = run(self.command(places, with_dhe, workdir))
        lines = output.splitlines()
        if len(lines) != len(places):
            raise RuntimeError(f"{self.id}: {output}")
        yield from ((self.read(line), line) for line in lines)

    def read(self, output: str) -> Negotiated | None:
        found = self.said.search(output)
        if found is None:
            return None
        bits = found.groupdict().get("bits")
        minor = found["minor"] or "0"
        return Negotiated(0x0301 + int(minor), code_of(found["suite"], minor), int(bits) if bits else None)


def run(command: Command) -> str:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=TIMEOUT_S,
        check=False,
    )
    return done.stdout


def code_of(name: str, minor: str) -> int:
    """The number of a suite that is called as OpenSSL, GnuTLS or the registry call it, or by its number."""
    if re.fullmatch("[0-9a-f]{4}", name):
        return int(name, 16)
    known = suite_codes()
    if name in known:
        return known[name]
    # libcurl on GnuTLS puts no TLS in front, but of TLS 1.3 the key exchange.
    return known["TLS_" + (re.sub("^ECDHE_RSA_", "", name) if minor == "3" else name)]


@cache
def suite_codes() -> Mapping[str, int]:
    """Names to numbers, by the tools of OpenSSL and of GnuTLS themselves."""
    openssl = run(["openssl", "ciphers", "-V", "-stdname", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"])
    gnutls = run(["gnutls-cli", "--list"]) if needs("gnutls-cli", debian="gnutls-bin")() is None else ""
    number = r"0x(\w\w), ?0x(\w\w)"
    rows = [
        *(
            (name, row[1], row[2])
            for row in re.finditer(rf"{number} - (\S+) +- (\S+)", openssl)
            for name in row.group(3, 4)
        ),
        *((row[1], row[2], row[3]) for row in re.finditer(rf"^(TLS_\w+)\s+{number}", gnutls, re.M)),
    ]
    return {name: int(high + low, 16) for name, high, low in rows}


# ---- how each is started -------------------------------------------------------------------------


def s_client(places: Sequence[Place], with_dhe: bool, _: Path) -> Command:
    ((address, port),) = places
    command = ["openssl", "s_client", "-brief", "-connect", f"{address}:{port}", "-servername", NAME]
    return command if with_dhe else [*command, "-cipher", "DEFAULT:!kDHE"]


def gnutls_cli(places: Sequence[Place], with_dhe: bool, _: Path) -> Command:
    ((address, port),) = places
    command = [
        "gnutls-cli",
        "--insecure",
        "--debug",
        "4",
        "--sni-hostname",
        NAME,
        "--port",
        str(port),
        address,
    ]
    return command if with_dhe else [*command, "--priority", "NORMAL:-DHE-RSA:-DHE-DSS"]


def curl(places: Sequence[Place], with_dhe: bool, _: Path) -> Command:
    ((address, port),) = places
    command = ["curl", "--verbose", "--insecure", "--silent", "--max-time", "10", "--output", "/dev/null"]
    command += ["--connect-to", f"{NAME}:443:{address}:{port}", f"https://{NAME}/"]
    return command if with_dhe else [*command, "--ciphers", "DEFAULT:!kDHE"]


def arguments(places: Sequence[Place], with_dhe: bool) -> list[str]:
    return [NAME, "with" if with_dhe else "without", *(f"{address}:{port}" for address, port in places)]


def python(program: str) -> Connect:
    return lambda places, with_dhe, _: [
        sys.executable,
        "-c",
        ARGUMENTS + program,
        *arguments(places, with_dhe),
    ]


def nassl(module: str, client: str) -> Connect:
    return python(NASSL.format(module=module, client=client))


def node(binary: Path) -> Connect:
    def command(places: Sequence[Place], with_dhe: bool, workdir: Path) -> Command:
        program = workdir / "connect.js"
        program.write_text(NODE)
        return [binary, program, *arguments(places, with_dhe)]

    return command


def java(places: Sequence[Place], with_dhe: bool, workdir: Path) -> Command:
    source = workdir / "Connect.java"
    source.write_text(JAVA)
    return ["java", source, *arguments(places, with_dhe)]


def fetched(version: str) -> Callable[[], str | None]:
    binary = node_binary(version)
    return lambda: (
        None if binary.exists() else f"Node.js {version} is not there (python -m tests.peers.install)"
    )


def libcurl_gnutls_missing() -> str | None:
    found = ctypes.util.find_library("curl-gnutls")
    return None if found else "libcurl is not there on GnuTLS (Debian: libcurl3-gnutls)"


def always() -> None:
    """Say that nothing is missing."""


LINE = re.compile(r"^TLSv1(?:\.(?P<minor>\d))? (?P<suite>\S+)(?: (?P<bits>\d+))?$")
BRIEF = re.compile(
    r"^Protocol version: TLSv1(?:\.(?P<minor>\d))?\nCiphersuite: (?P<suite>\S+)$"
    r"(?:(?:.*)^Server Temp Key: DH, (?P<bits>\d+) bits$)?",
    re.M | re.S,
)
CURL = re.compile(r"^\* +SSL connection using TLSv?1(?:\.(?P<minor>\d))? / (?P<suite>\S+)", re.M)
GNUTLS = re.compile(
    r"Selected cipher suite: GNUTLS_(?P<suite>\w+)$"
    r".*^- Description: \(TLS1\.(?P<minor>\d)[^)]*\)-\((?:DHE-[A-Z]+(?P<bits>\d+)\))?",
    re.M | re.S,
)

CLIENTS: tuple[Client, ...] = (
    Client(
        "openssl-3",
        says(r"OpenSSL 3\.0\.", "openssl", "version"),
        s_client,
        BRIEF,
        profile_id="openssl-3",
    ),
    Client(
        "openssl-1.1.1",
        always,
        nassl("ssl_client", "SslClient"),
        LINE,
        at_once=True,
        profile_id="openssl-1.1.1",
    ),
    Client(
        "openssl-1.0.2",
        always,
        nassl("legacy_ssl_client", "LegacySslClient"),
        LINE,
        at_once=True,
        profile_id="openssl-1.0.2",
    ),
    Client(
        "java-17",
        says(r"javac 17\.", "javac", "-version"),
        java,
        LINE,
        at_once=True,
        profile_id="java-17",
    ),
    # The rest have no profile. What they take: the security level of the OpenSSL inside, or what is built in.
    Client("gnutls-cli", needs("gnutls-cli", debian="gnutls-bin"), gnutls_cli, GNUTLS),
    Client(
        "libcurl-gnutls",
        libcurl_gnutls_missing,
        python(LIBCURL_GNUTLS),
        CURL,
        can_leave_out_dhe=False,
        optional=True,
    ),
    Client("curl", needs("curl", debian="curl"), curl, CURL, dh_bits=(2048, 10_000), optional=True),
    Client("python-ssl", always, python(PYTHON_SSL), LINE, at_once=True, dh_bits=(2048, 10_000)),
    Client(
        "node-6.9.4", fetched("6.9.4"), node(node_binary("6.9.4")), LINE, at_once=True, dh_bits=(1024, 10_000)
    ),
    Client(
        "node-20.19.5",
        fetched("20.19.5"),
        node(node_binary("20.19.5")),
        LINE,
        at_once=True,
        dh_bits=(1024, 10_000),
    ),
    Client("tlslite-ng", always, python(TLSLITE), LINE, at_once=True, dh_bits=(1023, 8193)),
)
