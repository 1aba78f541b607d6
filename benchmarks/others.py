"""The scanners that are compared: how each is called, and how its answer is read.

Each is told to answer no more than the question: which DHE suites at TLS 1.0, 1.1 and 1.2, over a group of
how many bits. What a tool can't leave out stays in.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from tlsprobe.demo.stack import SEARCH_PATH
from tlsprobe.tls.suites import DHE_SUITE_NAMES

PORT = 443
_CODES = {name: code for code, name in DHE_SUITE_NAMES.items()}


@dataclass(frozen=True, slots=True)
class Found:
    """What a scanner says of one server: (version, suite) of each DHE suite, and the sizes of its groups.

    testssl.sh's forward secrecy check names no versions: they are empty there.
    """

    suites: frozenset[tuple[str, int]]
    bits: frozenset[int]


@dataclass(frozen=True, slots=True)
class Scanner:
    """`command` scans the addresses of a file and leaves its answer at a path; `read` reads that.

    `most` servers are asked, where one takes too long for all.
    """

    name: str
    program: str  # looked for on the PATH
    package: str
    command: Callable[[Path, Path], list[str]]
    read: Callable[[Path], Mapping[str, Found]]
    processes: tuple[int, ...] = (1, 2, 4, 8)
    most: int | None = None

    @property
    def path(self) -> str | None:
        """Where the program is: beside this Python, else on the PATH; None where it isn't."""
        return shutil.which(self.program, path=f"{Path(sys.executable).parent}:{SEARCH_PATH}")


# ---- tlsprobe: its own number of processes, its own limits -----------------------------------------


def _tlsprobe(*flags: str) -> Callable[[Path, Path], list[str]]:
    def command(targets: Path, answer: Path) -> list[str]:
        inventory = answer.with_suffix(".csv")
        places = targets.read_text().split()
        inventory.write_text("host,port\n" + "".join(f"{each},{PORT}\n" for each in places))
        scan = [sys.executable, "-m", "tlsprobe", "scan", str(inventory), "--out", str(answer), *flags]
        return [*scan, "--fail-on", "none", "--allow-incomplete", "-q"]

    return command


def _read_tlsprobe(answer: Path) -> dict[str, Found]:
    found = {}
    for line in (answer / "scan.jsonl").read_text().splitlines():
        scan = json.loads(line)
        accepted = (scan["dhe"] or {"accepted": ()})["accepted"]
        labels = {"0303": "1.2", "0302": "1.1", "0301": "1.0"}
        groups = {scan["groups"][each["group"]]["bits"] for each in accepted if each["group"] is not None}
        suites = {(labels[each["version"]], int(each["suite"], 16)) for each in accepted}
        found[scan["target"]["host"]] = Found(frozenset(suites), frozenset(groups))
    return found


# ---- sslyze ------------------------------------------------------------------------------------------


def _sslyze(targets: Path, answer: Path) -> list[str]:
    # Scanning 10 servers at a time and 5 connections to each is its own way. The last flag takes out a
    # comparison with Mozilla's profile, which would ask for more.
    places = answer.with_suffix(".targets")
    places.write_text("".join(f"{each}:{PORT}\n" for each in targets.read_text().split()))
    flags = ["--tlsv1", "--tlsv1_1", "--tlsv1_2", "--mozilla_config=disable", "--quiet"]
    return ["sslyze", *flags, f"--targets_in={places}", f"--json_out={answer}"]


def _read_sslyze(answer: Path) -> dict[str, Found]:
    found = {}
    for each in json.loads(answer.read_text())["server_scan_results"]:
        suites, bits = set(), set()
        for version in ("1_2", "1_1", "1_0"):
            scanned = (each["scan_result"] or {}).get(f"tls_{version}_cipher_suites") or {}
            for accepted in (scanned.get("result") or {}).get("accepted_cipher_suites", ()):
                if code := _CODES.get(accepted["cipher_suite"]["name"]):
                    suites.add((version.replace("_", "."), code))
                    bits.add(accepted["ephemeral_key"]["size"])
        found[each["server_location"]["hostname"]] = Found(frozenset(suites), frozenset(bits))
    return found


# ---- nmap --------------------------------------------------------------------------------------------


def _nmap(targets: Path, answer: Path) -> list[str]:
    # -n, -Pn: no DNS, no ping. Timing template 4 is what its manual recommends on a fast network.
    scripts = "ssl-enum-ciphers,ssl-dh-params"
    flags = ["-n", "-Pn", "-T4", "-p", str(PORT), "--script", scripts]
    return ["nmap", *flags, "-iL", str(targets), "-oX", str(answer)]


def _read_nmap(answer: Path) -> dict[str, Found]:
    found = {}
    for host in ET.parse(answer).getroot().iter("host"):
        address = host.find("address")
        suites, bits = set(), set()
        for version in host.iterfind(".//script[@id='ssl-enum-ciphers']/table"):
            for cipher in version.iterfind("table[@key='ciphers']/table"):
                told = {each.get("key"): each.text or "" for each in cipher.iterfind("elem")}
                if code := _CODES.get(told["name"]):
                    suites.add((version.get("key", "").removeprefix("TLSv"), code))
                    bits.add(int(told["kex_info"].split()[-1]))
        if address is not None:
            found[address.get("addr", "")] = Found(frozenset(suites), frozenset(bits))
    return found


# ---- sslscan -----------------------------------------------------------------------------------------


def _sslscan(targets: Path, answer: Path) -> list[str]:
    off = "check-certificate compression fallback groups heartbleed renegotiation"
    flags = ["--no-colour", "--tlsall", *(f"--no-{each}" for each in off.split())]
    places = answer.with_suffix(".targets")
    places.write_text("".join(f"{each}:{PORT}\n" for each in targets.read_text().split()))
    return ["sslscan", *flags, f"--targets={places}", f"--xml={answer}"]


def _read_sslscan(answer: Path) -> dict[str, Found]:
    found = {}
    for host in ET.parse(answer).getroot().iter("ssltest"):
        suites, bits = set(), set()
        for cipher in host.iterfind("cipher"):
            code = int(cipher.get("id", "0"), 16)
            if code in DHE_SUITE_NAMES:
                suites.add((cipher.get("sslversion", "").removeprefix("TLSv"), code))
                bits.add(int(cipher.get("dhebits", "0")))
        found[host.get("host", "")] = Found(frozenset(suites), frozenset(bits))
    return found


# ---- testssl.sh --------------------------------------------------------------------------------------


def _testssl(targets: Path, answer: Path) -> list[str]:
    places = answer.with_suffix(".targets")
    places.write_text("".join(f"{each}:{PORT}\n" for each in targets.read_text().split()))
    flags = ["--nodns", "none", "--warnings", "batch", "--color", "0", "--quiet", "--fs", "--mapping", "iana"]
    return ["testssl", *flags, "--csvfile", str(answer), "--file", str(places)]


def _read_testssl(answer: Path) -> dict[str, Found]:
    suites: dict[str, frozenset[tuple[str, int]]] = {}
    bits: dict[str, set[int]] = {}
    with answer.open(newline="") as file:
        for row in csv.DictReader(file):
            host = row["fqdn/ip"].split("/")[0]
            if not host:
                continue  # about testssl.sh itself
            if row["id"] in ("PFS_ciphers", "FS_ciphers"):
                suites[host] = frozenset(
                    ("", _CODES[name]) for name in row["finding"].split() if name in _CODES
                )
            elif row["id"].startswith("DH_groups"):
                # `ffdhe2048` by name, others as `(2048 bits)`; TLS 1.3's groups are among them.
                sizes = re.findall(r"ffdhe(\d+)|\((\d+) bits\)", row["finding"])
                bits[host] = {int(named or counted) for named, counted in sizes}
            else:
                suites.setdefault(host, frozenset())
    return {host: Found(said, frozenset(bits.get(host, ()))) for host, said in suites.items()}


SUITES_ONLY = "tlsprobe --suites-only"
FULL_SCAN = "tlsprobe, full scan"

SCANNERS = (
    Scanner(
        SUITES_ONLY,
        sys.executable,
        "",
        _tlsprobe("--suites-only", "--format", "none"),
        _read_tlsprobe,
        processes=(1,),
    ),
    Scanner(FULL_SCAN, sys.executable, "", _tlsprobe(), _read_tlsprobe, processes=(1,)),
    Scanner("sslscan", "sslscan", "sslscan", _sslscan, _read_sslscan),
    Scanner("nmap", "nmap", "nmap", _nmap, _read_nmap),
    Scanner("sslyze", "sslyze", "", _sslyze, _read_sslyze),
    Scanner("testssl.sh", "testssl", "testssl.sh", _testssl, _read_testssl, processes=(4,), most=10),
)


def missing(scanners: Sequence[Scanner]) -> Iterator[Scanner]:
    """Yield those whose program is not installed."""
    return (each for each in scanners if each.path is None)
