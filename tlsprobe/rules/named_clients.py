"""Whether the clients that an inventory names can be Windows without the fix.

A careful reading of words: a name counts as harmless only where it clearly says so, because a server
is judged more mildly when all its clients are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# Windows with the fix. `Windows 10` alone isn't here, since 1507 has none and 1607 depends on its build.
_FIXED_WINDOWS = re.compile(
    r"""
    \b(?:
        win(?:dows)?\ ?11
      | (?:win(?:dows)?\ |^)server\ ?(?:2019|2022|2025)
      | win(?:dows)?\ ?(?:2019|2022|2025)
      | win(?:dows)?\ ?10
        (?:\ (?:home|pro|professional|enterprise|education|version))*
        \ (?:1511|1703|1709|1803|1809|1903|1909|2004|20h2|21h1|21h2|22h2)
    )\b
    """,
    re.VERBOSE,
)

# Clients that bring a TLS of their own, which is not Schannel.
_OTHER_TLS = re.compile(
    r"\b(?:openssl|libressl|boringssl|gnutls|nss|mbedtls|wolfssl|java|jdk|jre|openjdk|jsse|chrome|"
    r"chromium|firefox|safari|android|ios|iphone|ipad|macos|linux|curl)\d*\b"
)

# What must not remain beside them: `curl with Schannel` and `Java and IE on Windows 7` are not harmless.
_MAY_BE_WINDOWS = re.compile(
    r"\b(?:win\w*|schannel|sspi|ie ?\d*|internet explorer|edge|vista|xp|server|iis|"
    r"2003|2008|2012|2016|1507|1607)\b"
)


def possibly_unfixed(client: str) -> bool:
    """Whether this name may stand for a Windows without the fix; a name that says nothing may."""
    words = " ".join(re.findall(r"[a-z0-9]+", client.casefold()))
    rest, fixed_windows = _FIXED_WINDOWS.subn(" ", words)
    if _MAY_BE_WINDOWS.search(rest):
        return True
    return not fixed_windows and _OTHER_TLS.search(rest) is None


def which_possibly_unfixed(clients: Iterable[str]) -> tuple[str, ...]:
    """Return those of the named clients that may be Windows without the fix."""
    return tuple(client for client in clients if possibly_unfixed(client))
