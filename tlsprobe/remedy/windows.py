"""The edits that switch finite-field DHE off on Windows, client or server: a folder of files per version.

Where Windows keeps its list: the policy value `Functions` (REG_SZ, names separated by commas) if it is set,
else the machine's own (REG_MULTI_SZ). That the policy is a REG_SZ is how Microsoft's own guides set it:
"Disable TLS 1.0/1.1 in Skype for Business Server" in a .reg file, "Configure TLS 1.2 on Windows clients
accessing Azure Stack Edge" with `-PropertyType String`. People report that a REG_MULTI_SZ is passed over.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib import resources

from tlsprobe.remedy.powershell import DHE_NAME, POLICY_LIMIT, WEAK_NAME, cmdlet_script, policy_script
from tlsprobe.remedy.registry import reg_file, string_value, strings_value
from tlsprobe.wording import Wording

POLICY_KEY = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Cryptography\Configuration\SSL\00010002"
LOCAL_KEY = (
    r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Cryptography\Configuration\Local\SSL\00010002"
)
VALUE = "Functions"
# Microsoft Learn, Policy CSP - Cryptography: from Windows 10 1607 on, the names separated by semicolons.
MDM_SETTING = "./Device/Vendor/MSFT/Policy/Config/Cryptography/TLSCipherSuites"

REG_POLICY = "disable-dhe-policy.reg"
REG_LOCAL = "disable-dhe-local.reg"
GROUP_POLICY = "disable-dhe-group-policy.txt"
MDM = "disable-dhe-mdm.txt"
SCRIPT = "disable-dhe.ps1"
CMDLET_SCRIPT = "disable-dhe-cmdlets.ps1"

_NO_MDM = {"windows-7", "windows-8", "windows-8.1", "windows-10-1507", "windows-10-1511"}
_NOT_FIXED = {"windows-7", "windows-8", "windows-8.1", "windows-10-1507"}
_FIXED_BY_UPDATE = {"windows-10-1607"}


@dataclass(frozen=True, slots=True)
class WindowsVersion:
    """A Windows with DHE in its default list. Versions that share a list and its ways to change are one."""

    id: str
    names: str  # as people call it: "Windows 8.1, Windows Server 2012 R2"
    suites: tuple[str, ...]  # default order, in Windows' own names: with a curve behind them up to 8.1
    source: str
    has_cmdlets: bool  # Get- and Disable-TlsCipherSuite: from Windows 10 and Server 2016 on

    @property
    def has_mdm(self) -> bool:
        """Whether the list can be set by mobile device management."""
        return self.id not in _NO_MDM

    @property
    def fixed(self) -> str:
        """Whether leading zeros are mended, by KB4557473: "no", "by-update" or "yes"."""
        if self.id in _NOT_FIXED:
            return "no"
        return "by-update" if self.id in _FIXED_BY_UPDATE else "yes"

    @property
    def has_ecdhe_rsa_gcm(self) -> bool:
        """Whether an RSA server with nothing but AEAD suites can do without DHE for it."""
        return any(re.match("TLS_ECDHE_RSA_.*_GCM_", name) for name in self.suites)


def _versions() -> tuple[WindowsVersion, ...]:
    text = resources.files("tlsprobe.data").joinpath("windows_suites.toml").read_text("ascii")
    rows = tomllib.loads(text)["version"]
    return tuple(WindowsVersion(**{**row, "suites": tuple(row["suites"].split())}) for row in rows)


WINDOWS_VERSIONS = _versions()


@dataclass(frozen=True, slots=True)
class EditFile:
    """A file to hand to whoever looks after the machine, byte by byte as it is to be written."""

    name: str
    content: bytes


def without_dhe(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the suites without finite-field DHE, the order kept."""
    return tuple(name for name in names if not re.match(DHE_NAME, name, re.IGNORECASE))


def policy_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the suites without DHE that fit into the policy's 1023 characters, commas counted.

    If they don't, RC4, NULL, export and MD5 suites go. Raises ValueError if that is not enough.
    """
    kept = without_dhe(names)
    if _length(kept) > POLICY_LIMIT:
        kept = tuple(name for name in kept if not re.search(WEAK_NAME, name, re.IGNORECASE))
    if _length(kept) > POLICY_LIMIT:
        raise ValueError(f"{_length(kept)} characters, and the policy takes {POLICY_LIMIT}")
    return kept


def _length(names: tuple[str, ...]) -> int:
    return len(",".join(names))


def windows_edit_files(version: WindowsVersion, words: Wording) -> tuple[EditFile, ...]:
    """Return the files for one Windows version, README.md last.

    .reg: UTF-16LE, .ps1: UTF-8, both with a byte order mark and CRLF. The lists are bare, without a line end,
    to be pasted as they are.
    """
    names = policy_names(version.suites)
    files = [
        EditFile(GROUP_POLICY, ",".join(names).encode("ascii")),
        EditFile(SCRIPT, policy_script(words)),
        EditFile(REG_POLICY, _reg_policy(version, words)),
        EditFile(REG_LOCAL, _reg_local(version, words)),
    ]
    if version.has_cmdlets:
        files.append(EditFile(CMDLET_SCRIPT, cmdlet_script(words)))
    if version.has_mdm:
        files.append(EditFile(MDM, ";".join(names).encode("ascii")))
    return (*files, EditFile("README.md", _readme(version, words).encode()))


def _reg_policy(version: WindowsVersion, words: Wording) -> bytes:
    comments = [
        words.say("fix.windows.reg.what", names=words.client(version.id, version.names)),
        *(words.say(f"fix.windows.reg.{key}") for key in ("policy", "policy-domain", "replaces")),
        *_weak_left_out(version, words),
        words.say("fix.windows.reg.after"),
        words.say("fix.windows.edit.not-run"),
    ]
    return reg_file(comments, POLICY_KEY, string_value(VALUE, ",".join(policy_names(version.suites))))


def _reg_local(version: WindowsVersion, words: Wording) -> bytes:
    comments = [
        words.say("fix.windows.reg.what", names=words.client(version.id, version.names)),
        *(words.say(f"fix.windows.reg.{key}") for key in ("local", "local-policy", "replaces", "after")),
        words.say("fix.windows.edit.not-run"),
    ]
    return reg_file(comments, LOCAL_KEY, strings_value(VALUE, without_dhe(version.suites)))


def _weak_left_out(version: WindowsVersion, words: Wording) -> list[str]:
    if policy_names(version.suites) == without_dhe(version.suites):
        return []
    return [words.say("fix.windows.edit.weak-left-out", limit=POLICY_LIMIT)]


def _readme(version: WindowsVersion, words: Wording) -> str:
    parts = [
        "# " + words.say("fix.windows.readme.title", names=words.client(version.id, version.names)),
        *_about(version, words),
        *_before(version, words),
        *_apply(version, words),
        *_restart(version, words),
        *_check(version, words),
        *_undo(version, words),
    ]
    return "\n\n".join(parts) + "\n"


def _about(version: WindowsVersion, words: Wording) -> list[str]:
    build = _commands(r'reg query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion" /v UBR')
    return [
        words.say("fix.windows.readme.what"),
        words.say(f"fix.windows.readme.fixed.{version.fixed}"),
        *([build] if version.fixed == "by-update" else []),
        words.say("fix.windows.readme.not-run"),
        words.say("fix.windows.readme.source", source=version.source),
    ]


def _before(version: WindowsVersion, words: Wording) -> list[str]:
    risk = "peers" if version.has_ecdhe_rsa_gcm else "lockout"
    return [
        "## " + words.say("fix.windows.readme.before"),
        words.say(f"fix.windows.readme.{risk}"),
        words.say("fix.windows.readme.save"),
        _commands(
            f'reg export "{POLICY_KEY}" policy-before.reg', f'reg export "{LOCAL_KEY}" local-before.reg'
        ),
    ]


def _apply(version: WindowsVersion, words: Wording) -> list[str]:
    parts = ["## " + words.say("fix.windows.readme.apply")]
    length = _length(policy_names(version.suites))
    parts += _way(
        words, "group-policy", "gpupdate /force", file=GROUP_POLICY, length=length, limit=POLICY_LIMIT
    )
    parts += _weak_left_out(version, words)
    parts += _way(words, "script", _run(SCRIPT, "-WhatIf"), _run(SCRIPT))
    if version.has_cmdlets:
        parts += _way(words, "cmdlets", _run(CMDLET_SCRIPT, "-WhatIf"), _run(CMDLET_SCRIPT))
    if version.has_mdm:
        parts += _way(words, "mdm", uri=f"`{MDM_SETTING}`", file=MDM)
    parts += _way(words, "reg-policy", f"reg import {REG_POLICY}")
    parts += _way(words, "reg-local", f"reg import {REG_LOCAL}")
    if "KB 3042058" in version.source:
        parts.append(words.say("fix.windows.readme.updates"))
    return parts


def _way(words: Wording, key: str, *commands: str, **values: str | int) -> list[str]:
    said = words.say(f"fix.windows.readme.apply.{key}", **values)
    return [said, _commands(*commands)] if commands else [said]


def _restart(version: WindowsVersion, words: Wording) -> list[str]:
    cmdlets = [words.say("fix.windows.readme.restart.cmdlets")] if version.has_cmdlets else []
    return [
        "## " + words.say("fix.windows.readme.restart"),
        words.say("fix.windows.readme.restart.why"),
        *cmdlets,
    ]


def _check(version: WindowsVersion, words: Wording) -> list[str]:
    listing = """powershell -Command "Get-TlsCipherSuite | Where-Object { $_.Name -like 'TLS_DHE_*' }\""""
    cmdlet = [words.say("fix.windows.readme.check.cmdlet"), _commands(listing)]
    return [
        "## " + words.say("fix.windows.readme.check"),
        words.say("fix.windows.readme.check.value"),
        _commands(f'reg query "{POLICY_KEY}" /v {VALUE}'),
        words.say("fix.windows.readme.check.local"),
        _commands(f'reg query "{LOCAL_KEY}" /v {VALUE}'),
        *(cmdlet if version.has_cmdlets else []),
        words.say("fix.windows.readme.check.server", command="`tlsprobe verify`"),
    ]


def _undo(version: WindowsVersion, words: Wording) -> list[str]:
    scripts = [SCRIPT, CMDLET_SCRIPT] if version.has_cmdlets else [SCRIPT]
    return [
        "## " + words.say("fix.windows.readme.undo"),
        words.say("fix.windows.readme.undo.script"),
        _commands(*(_run(script, "-Undo") for script in scripts)),
        words.say("fix.windows.readme.undo.group-policy"),
        *([words.say("fix.windows.readme.undo.mdm")] if version.has_mdm else []),
        words.say("fix.windows.readme.undo.reg-policy"),
        _commands(f'reg delete "{POLICY_KEY}" /v {VALUE} /f', "reg import policy-before.reg"),
        words.say("fix.windows.readme.undo.reg-local"),
        _commands("reg import local-before.reg"),
        words.say("fix.windows.readme.undo.restart"),
    ]


def _run(script: str, *switches: str) -> str:
    return " ".join(("powershell -ExecutionPolicy Bypass -File", script, *switches))


def _commands(*lines: str) -> str:
    return "\n".join(f"    {line}" for line in lines)
