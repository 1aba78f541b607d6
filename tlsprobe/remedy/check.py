"""How to see by hand that an edit worked: a command that has to fail once no DHE is left."""

from __future__ import annotations

import shlex

from tlsprobe.facts import ServerScan
from tlsprobe.starttls import StartTls, resolve_auto
from tlsprobe.tls.constants import Version

_TLS12 = "-tls1_2"
_VERSIONS = {Version.TLS12: _TLS12, Version.TLS11: "-tls1_1", Version.TLS10: "-tls1"}
# Level 0: today's OpenSSL refuses small groups and old versions itself, which would look like success.
_DHE_ALONE = "-cipher DHE:@SECLEVEL=0"
# What s_client can't start TLS in: it would fail whatever the server does.
_NOT_OPENSSL = (StartTls.RDP, StartTls.MSSQL)

ANYWHERE = f"openssl s_client -connect HOST:PORT {_TLS12} {_DHE_ALONE}"


def check_command(scan: ServerScan) -> str:
    """Return the command for a shell, in the newest version that took DHE; empty where there is none."""
    target = scan.target
    protocol = resolve_auto(target.starttls, target.port)
    if protocol in _NOT_OPENSSL:
        return ""
    parts = ["openssl s_client -connect", shlex.quote(target.reached_at)]
    if target.server_name:
        parts += ["-servername", shlex.quote(target.server_name)]
    if protocol is not StartTls.NONE:
        parts += ["-starttls", protocol.value]
    newest = max((each.version for each in scan.dhe.accepted), default=0) if scan.dhe else 0
    version = next((flag for known, flag in _VERSIONS.items() if known == newest), _TLS12)
    return " ".join((*parts, version, _DHE_ALONE))
