"""What makes an identification doubtful: answers of more than one library, words that say another one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Literal

from tlsprobe.facts import ServerScan
from tlsprobe.stacks.fit import fit
from tlsprobe.stacks.learned import families

Caveat = Literal["", "answers-differ", "banner-disagrees"]

# What a greeting or a header says → who would terminate TLS if nothing stood in front.
_WORDS: Mapping[str, str] = {
    "Microsoft-IIS/": "schannel",
    "Microsoft-HTTPAPI/": "schannel",
    "Microsoft ESMTP": "schannel",
    "Microsoft FTP": "schannel",
    "Microsoft Exchange": "schannel",
    "OpenSSL/": "openssl",
    "mod_gnutls": "gnutls",
    "GnuTLS": "gnutls",
    "mod_nss": "nss",
}


def caveat(scan: ServerScan, seen: Mapping[str, str], family: str) -> Caveat:
    """Return the id of what is doubtful; `family` may be `unknown`."""
    if family == "unknown":
        return "answers-differ" if _differ(seen) else ""
    said = {meant for banner in scan.banners for word, meant in _WORDS.items() if word in banner.text}
    return "banner-disagrees" if said - {family} else ""


def _differ(seen: Mapping[str, str]) -> bool:
    """Whether some family fits each answer, but none fits all: two libraries behind one address, perhaps."""
    by_question: dict[str, dict[str, str]] = defaultdict(dict)
    for trait, value in seen.items():
        by_question[trait.partition(".")[0]][trait] = value
    answers = [by_question[name] for name in ("rich", "reversed", "retry", "ssl3") if name in by_question]
    fitting = [
        {family.name for family in families() if not fit(family, answer).contradicted} for answer in answers
    ]
    return len(fitting) > 1 and all(fitting) and not set.intersection(*fitting)
