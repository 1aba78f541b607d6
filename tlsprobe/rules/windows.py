"""Is the server Windows, which one, and does it have the fix? From what it says of itself."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib import resources

from tlsprobe.clients.profile import LeadingZeroFix, built_in_profiles
from tlsprobe.facts import Banner, FormAccepted, ServerScan
from tlsprobe.rules.finding import Sentence, sentence
from tlsprobe.stacks import identify


class IsWindows(StrEnum):
    """Whether the server is Windows."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Windows:
    """The answer, and why. `client` is the profile whose fix this Windows has; empty where not known."""

    is_windows: IsWindows
    version: str = ""
    client: str = ""
    fix: LeadingZeroFix | None = None
    evidence: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True)
class _Version:
    name: str
    client: str


def windows_of(scan: ServerScan) -> Windows:
    """Say whether what answers here is Windows: by its TLS, else by its own words.

    The words are those of the application. Where TLS behaves as that Windows does not, something else ends
    it, and the evidence says so.
    """
    by_tls = IsWindows(identify(scan).windows) if scan.glances else IsWindows.UNKNOWN
    by_words = _by_words(scan)
    if by_tls is IsWindows.NO and by_words.is_windows is IsWindows.YES:
        evidence = (*by_words.evidence, sentence("evidence.windows.other-tls"))
        return replace(by_words, is_windows=IsWindows.NO, fix=None, evidence=evidence)
    return by_words if by_tls is IsWindows.UNKNOWN else replace(by_words, is_windows=by_tls)


def _by_words(scan: ServerScan) -> Windows:
    said = [(banner, build) for banner in scan.banners for build in _builds_of(banner)]
    if not said:
        return Windows(IsWindows.UNKNOWN)
    build = max(said, key=lambda pair: _WEIGHT.get(pair[0].source, 0))[1]
    evidence = tuple(_evidence(banner) for banner, _ in said)
    version = _builds().get(build)
    if version is None:
        return Windows(IsWindows.YES, evidence=evidence)
    fix = _fix(version.client, scan)
    if fix is LeadingZeroFix.NO and _takes_short_share(scan):
        evidence += (sentence("evidence.windows.behind-another"),)
        return Windows(IsWindows.UNKNOWN, version.name, version.client, None, evidence)
    return Windows(IsWindows.YES, version.name, version.client, fix, evidence)


def _takes_short_share(scan: ServerScan) -> bool:
    return scan.zeros is not None and scan.zeros.short_client_share is FormAccepted.ACCEPTED


# An NTLM challenge names the build itself, a header or a level the release.
_WEIGHT = {"ntlm": 3, "ldap-functionality": 2, "http-server": 1, "greeting": 1}


def _builds_of(banner: Banner) -> Iterator[str]:
    """Yield the build that a banner points to; "" where it is Windows of no known version."""
    match banner.source:
        case "ntlm" if banner.build in _builds():
            yield banner.build  # another build is of Samba, or of a Windows that nobody here knows
        case "http-server":
            yield from _from_header(banner.text)
        case "greeting":
            yield from _from_greeting(banner.text)
        case "ldap-functionality":
            yield _data()["functionality"].get(banner.text.partition(":")[0], "")


def _from_header(text: str) -> Iterator[str]:
    iis = re.match(r"Microsoft-IIS/(\d+\.\d+)", text)
    if iis:
        yield _data()["iis"].get(iis[1], "")
    elif text.startswith("Microsoft-HTTPAPI/"):
        yield ""


def _from_greeting(text: str) -> Iterator[str]:
    service = re.search(r"Microsoft ESMTP MAIL Service(?:, Version: (\d+\.\d+)\.)?", text)
    if service:
        yield _data()["iis"].get(service[1] or "", "")
    elif re.search(r"Microsoft (?:FTP Service|Exchange)", text):
        yield ""


def _evidence(banner: Banner) -> Sentence:
    if banner.source == "ntlm":
        return sentence("evidence.windows.ntlm", build=banner.build)
    return sentence("evidence.windows.banner", source=banner.source, text=banner.text)


def _fix(client: str, scan: ServerScan) -> LeadingZeroFix | None:
    profile = next((each for each in built_in_profiles() if each.id == client), None)
    if profile is None:
        return None
    if profile.leading_zero_fix is not LeadingZeroFix.DEPENDS or scan.zeros is None:
        return profile.leading_zero_fix
    # Its build does not say it. A Windows without the fix refuses a short dh_Yc, one with it does not.
    match scan.zeros.short_client_share:
        case FormAccepted.REFUSED:
            return LeadingZeroFix.NO
        case FormAccepted.ACCEPTED:
            return LeadingZeroFix.YES
        case _:
            return LeadingZeroFix.DEPENDS


def software_of(scan: ServerScan) -> str:
    """Return the application: as the inventory names it, else as it names itself; empty where nobody does."""
    if scan.target.software:
        return scan.target.software
    return next((each.text for each in scan.banners if each.source == "http-server"), "")


@cache
def _data() -> Mapping[str, Mapping[str, str]]:
    text = resources.files("tlsprobe.data").joinpath("windows_builds.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def _builds() -> Mapping[str, _Version]:
    tables: Mapping[str, Mapping[str, str]] = _data()["builds"]  # type: ignore[assignment]
    return {build: _Version(row["name"], row["client"]) for build, row in tables.items()}
