"""How the servers are started that only the tests have: Node.js, an older s2n-tls, emulations."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.peers.install import NODE, awscrt_folder, node_binary
from tlsprobe.demo.libraries import common_arguments, needs_module, s2n_command
from tlsprobe.demo.stack import Launch, Site, Stack, started_by

HERE = Path(__file__).parent
INSTALL = "python -m tests.peers.install fetches it"
# OpenSSL 1.0.2 knows no security levels; it has no ARIA either, nor CCM in TLS.
NODE_6_CIPHERS = "DHE:ECDHE:!aNULL:!eNULL:!PSK:!SRP:!SEED:!3DES"
NODE_20_CIPHERS = "DHE:ECDHE:!aNULL:!ARIA:!AESCCM8:!PSK:@SECLEVEL=0"


def node(version: str, find: Callable[[], Path | None], ciphers: str) -> Stack:
    def prepare(site: Site) -> Launch:
        options = site.options
        forbidden = {"1.0": "SSL_OP_NO_TLSv1", "1.1": "SSL_OP_NO_TLSv1_1", "1.2": "SSL_OP_NO_TLSv1_2"}
        wanted = {
            "address": site.address,
            "port": site.port,
            "cert": str(site.pair.certificate),
            "key": str(site.pair.key),
            "dhparam": str(options.dh_file) if options.dh_file else None,
            "ciphers": options.ciphers or ciphers,
            "forbidden": [
                "SSL_OP_NO_TLSv1_3",
                *(flag for name, flag in forbidden.items() if name not in options.versions),
            ],
            "serverOrder": options.order == "server",
        }
        return Launch([find() or "node", HERE / "node_server.js", json.dumps(wanted)])

    return Stack(
        id=f"node-{version}",
        title=f"Node.js {version}",
        missing=lambda: None if find() else f"Node.js {version} is not there ({INSTALL})",
        start=started_by(prepare),
        needs_dh_file=True,
    )


@cache
def node_20() -> Path | None:
    """The machine's own, if it is a Node.js 20, else the one fetched."""
    own = shutil.which("node")
    if own is not None:
        said = subprocess.run([own, "--version"], capture_output=True, text=True, check=False)
        if said.stdout.startswith("v20."):
            return Path(own)
    return fetched(next(version for version in NODE if version.startswith("20.")))


def fetched(version: str) -> Path | None:
    binary = node_binary(version)
    return binary if binary.exists() else None


NODES = (
    node("6.9.4", lambda: fetched("6.9.4"), NODE_6_CIPHERS),
    node("6.10.3", lambda: fetched("6.10.3"), NODE_6_CIPHERS),
    node("20", node_20, NODE_20_CIPHERS),
)

OLD_S2N = Stack(
    id="s2n-0.35.0",
    title="s2n-tls (awscrt 0.35.0)",
    missing=lambda: None if awscrt_folder().exists() else f"awscrt 0.35.0 is not there ({INSTALL})",
    start=started_by(s2n_command(awscrt_folder())),
    needs_dh_file=True,
)


def emulation(name: str, title: str, *arguments: str) -> Stack:
    """A tlslite-ng server that was made to behave as no server at hand does."""

    def prepare(site: Site) -> Launch:
        versions = ["--lowest", site.options.lowest, "--highest", site.options.highest]
        module = [sys.executable, "-m", "tests.peers.emulation", *arguments, "--"]
        root = str(HERE.parents[1])
        return Launch([*module, *common_arguments(site), *versions], environment={"PYTHONPATH": root})

    return Stack(
        id=f"emulated-{name}",
        title=f"emulation: {title}",
        missing=needs_module("tlslite", "tlslite-ng"),
        start=started_by(prepare),
    )
