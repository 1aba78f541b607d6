"""The edits on Windows, read back by parsers of other makers. Nothing here runs on Windows."""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_powershell
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.hive import by_hivexregedit
from tlsprobe.remedy.powershell import POLICY_LIMIT, cmdlet_script, policy_script
from tlsprobe.remedy.registry import reg_file, string_value, strings_value
from tlsprobe.remedy.windows import (
    CMDLET_SCRIPT,
    GROUP_POLICY,
    LOCAL_KEY,
    MDM,
    POLICY_KEY,
    REG_LOCAL,
    REG_POLICY,
    SCRIPT,
    WINDOWS_VERSIONS,
    WindowsVersion,
    policy_names,
    windows_edit_files,
    without_dhe,
)
from tlsprobe.tls.suites import DHE_SUITE_NAMES, OTHER_SUITE_NAMES
from tlsprobe.wording import Wording, wording

VERSIONS = {version.id: version for version in WINDOWS_VERSIONS}
REG_SZ, REG_MULTI_SZ = 1, 7
Script = Callable[[Wording], bytes]
POWERSHELL = tree_sitter.Language(tree_sitter_powershell.language())

every_version = pytest.mark.parametrize("version", WINDOWS_VERSIONS, ids=VERSIONS)
both_scripts = pytest.mark.parametrize("script", [policy_script, cmdlet_script])


def contents(version: WindowsVersion) -> dict[str, bytes]:
    return {file.name: file.content for file in windows_edit_files(version, wording())}


def is_dhe(name: str) -> bool:
    return name.startswith(("TLS_DHE_", "TLS_DH_anon_"))


# --- the lists

# The DHE suites of each list as numbers, as handshakes and documents have them; not taken from the names.
DHE_CODES = {
    "windows-7": "009f 009e 0039 0033 006a 0040 0038 0032 0013",
    "windows-8": "009f 009e 006a 0040 0038 0032 0013",
    "windows-8.1": "009f 009e 0039 0033 006a 0040 0038 0032 0013",
    "windows-10-1507": "009f 009e 0039 0033 006a 0040 0038 0032 0013",
    "windows-10-1511": "009f 009e 0039 0033 006a 0040 0038 0032 0013",
    "windows-10-1607": "009f 009e 0039 0033 006a 0040 0038 0032 0013",
    "windows-10-1703": "009f 009e",
    "windows-10-1803": "009f 009e",
    "windows-11-21h2": "009f 009e",
}


def test_there_is_a_list_for_every_version() -> None:
    assert list(VERSIONS) == list(DHE_CODES)


@every_version
def test_the_dhe_suites_are_those_of_the_offers(version: WindowsVersion) -> None:
    numbers = {name: f"{code:04x}" for code, name in DHE_SUITE_NAMES.items()}
    assert " ".join(numbers[name] for name in version.suites if is_dhe(name)) == DHE_CODES[version.id]


@every_version
def test_names_are_those_of_that_windows(version: WindowsVersion) -> None:
    assert len(set(version.suites)) == len(version.suites)
    for name in version.suites:
        assert re.fullmatch(r"(TLS|SSL_CK)_[A-Z0-9]+(_[A-Z0-9]+)*", name)
        curve = re.search(r"_P\d+$", name)
        assert bool(curve) == (not version.has_cmdlets and "_ECDHE_" in name)


def test_windows_8_1_fits_into_the_policy_without_weak_suites() -> None:
    listed = contents(VERSIONS["windows-8.1"])[GROUP_POLICY].decode()
    assert len(listed) == 985  # counted on its own, from Microsoft's page
    assert not re.search("RC4|NULL|EXPORT|MD5", listed)
    assert listed.split(",")[0] == "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384_P256"
    assert listed.endswith(",TLS_RSA_WITH_3DES_EDE_CBC_SHA")


def test_weak_suites_stay_where_they_fit() -> None:
    version = VERSIONS["windows-10-1607"]
    assert "TLS_RSA_WITH_RC4_128_MD5" in policy_names(version.suites)
    assert "TLS_PSK_WITH_NULL_SHA256" in policy_names(version.suites)


# --- laws

suite_names = st.sampled_from([*DHE_SUITE_NAMES.values(), *OTHER_SUITE_NAMES.values()]) | st.sampled_from(
    sorted({name for version in WINDOWS_VERSIONS for name in version.suites})
)
lists = st.lists(suite_names, max_size=80).map(tuple)


@given(lists)
def test_removal_takes_all_dhe_and_nothing_else_and_keeps_the_order(names: tuple[str, ...]) -> None:
    assert without_dhe(names) == tuple(name for name in names if not is_dhe(name))


@given(lists)
def test_a_policy_is_never_too_long(names: tuple[str, ...]) -> None:
    try:
        kept = policy_names(names)
    except ValueError:
        strong = [name for name in without_dhe(names) if not re.search("RC4|NULL|EXPORT|MD5", name)]
        assert len(",".join(strong)) > POLICY_LIMIT
        return
    assert len(",".join(kept)) <= POLICY_LIMIT
    assert not any(is_dhe(name) for name in kept)
    rest = iter(names)
    assert all(name in rest for name in kept)  # in the same order
    if len(",".join(without_dhe(names))) <= POLICY_LIMIT:
        assert kept == without_dhe(names)


def test_a_policy_that_stays_too_long_is_refused() -> None:
    strong = ["TLS_RSA_WITH_AES_128_CBC_SHA"] * 36  # 36 names of 28 characters, 35 commas
    with pytest.raises(ValueError, match="1043 characters"):
        policy_names((*strong, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_RC4_128_SHA"))
    assert policy_names((*strong[1:], "TLS_RSA_WITH_RC4_128_SHA")) == tuple(strong[1:])


@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-16-le"), min_size=1)))
def test_a_reg_file_gives_back_any_list(texts: list[str]) -> None:
    kind, data = value_in(reg_file(["x"], POLICY_KEY, strings_value("Functions", texts)))
    assert kind == REG_MULTI_SZ
    assert data == "".join(text + "\0" for text in [*texts, ""]).encode("utf-16-le")


@given(st.text(st.characters(exclude_characters="\0\r\n", codec="utf-16-le")))
@example('a "quoted" C:\\path\\')
def test_a_reg_file_gives_back_any_line(text: str) -> None:
    assert value_in(reg_file([], LOCAL_KEY, string_value("Functions", text))) == stored(text)


def test_an_empty_string_would_end_a_list() -> None:
    with pytest.raises(ValueError, match="empty string"):
        strings_value("Functions", ["a", "", "b"])


# --- .reg files


def stored(text: str) -> tuple[int, bytes]:
    return REG_SZ, (text + "\0").encode("utf-16-le")


def value_in(content: bytes) -> tuple[int, bytes]:
    """Decode the one value of a .reg file, by what the format says and not by what wrote it."""
    assert content.startswith(b"\xff\xfe")
    text = content.decode("utf-16")
    assert "\n" not in text.replace("\r\n", "")
    assert text.startswith("Windows Registry Editor Version 5.00\r\n\r\n")
    found = re.search(r'^"Functions"=(.*)', text.replace("\\\r\n", ""), re.MULTILINE | re.DOTALL)
    assert found
    value = found[1].removesuffix("\r\n")
    if value.startswith('"'):
        return stored(re.sub(r"\\(.)", r"\1", value[1:-1]))
    kind, _, data = value.removeprefix("hex(").partition("):")
    return int(kind), bytes(int(byte, 16) for byte in data.replace(" ", "").split(",") if byte)


@every_version
def test_reg_files_are_what_hivexregedit_reads(version: WindowsVersion, tmp_path: Path) -> None:
    policy, local = contents(version)[REG_POLICY], contents(version)[REG_LOCAL]
    text = ",".join(policy_names(version.suites))
    data = "".join(name + "\0" for name in [*without_dhe(version.suites), ""]).encode("utf-16-le")
    assert value_in(policy) == stored(text)
    assert value_in(local) == (REG_MULTI_SZ, data)
    assert f"\r\n[{POLICY_KEY}]\r\n" in policy.decode("utf-16")
    assert f"\r\n[{LOCAL_KEY}]\r\n" in local.decode("utf-16")
    assert by_hivexregedit(policy, r"HKEY_LOCAL_MACHINE\SOFTWARE", tmp_path) == stored(text)
    assert by_hivexregedit(local, r"HKEY_LOCAL_MACHINE\SYSTEM", tmp_path) == (REG_MULTI_SZ, data)


# --- scripts

# What PowerShell 2.0 has already; the TLS cmdlets came with Windows 10.
OLD_CMDLETS = [
    "Export-Clixml", "ForEach-Object", "Get-Command", "Get-Item", "Import-Clixml", "New-Item",
    "New-ItemProperty", "New-Object", "Out-Null", "Remove-Item", "Remove-ItemProperty", "Set-StrictMode",
    "Split-Path", "Test-Path", "Where-Object", "Write-Output", "Write-Warning",
]  # fmt: skip
TLS_CMDLETS = ["Disable-TlsCipherSuite", "Enable-TlsCipherSuite", "Get-TlsCipherSuite"]
AUTOMATIC = {"$_", "$null", "$true", "$false", "$pscmdlet", "$erroractionpreference", "$env:systemroot"}


def parse(script: bytes) -> tree_sitter.Node:
    return tree_sitter.Parser(POWERSHELL).parse(script.decode("utf-8-sig").encode()).root_node


def walk(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def texts(root: tree_sitter.Node, kind: str) -> list[str]:
    return [node.text.decode() for node in walk(root) if node.type == kind and node.text]


def flaws(script: bytes) -> list[str]:
    return [f"{n.type} {n.start_point}" for n in walk(parse(script)) if n.is_error or n.is_missing]


@every_version
def test_scripts_parse(version: WindowsVersion) -> None:
    scripts = {name: content for name, content in contents(version).items() if name.endswith(".ps1")}
    assert set(scripts) == ({SCRIPT, CMDLET_SCRIPT} if version.has_cmdlets else {SCRIPT})
    for script in scripts.values():
        assert script.startswith(b"\xef\xbb\xbf<#\r\n")
        assert b"\n" not in script.replace(b"\r\n", b"")
        assert flaws(script) == []


@both_scripts
@pytest.mark.parametrize(
    "broken", [(b"}", b""), (b")", b""), (b"'Stop'", b"'Stop"), (b" -f ", b" -f ) "), (b"#>", b"")]
)
def test_a_broken_script_does_not_parse(script: Script, broken: tuple[bytes, bytes]) -> None:
    assert flaws(script(wording()).replace(*broken, 1)) != []


@both_scripts
def test_scripts_call_only_what_their_windows_has(script: Script) -> None:
    root = parse(script(wording()))
    functions = texts(root, "function_name")
    known = OLD_CMDLETS + functions + (TLS_CMDLETS if script is cmdlet_script else [])
    called = texts(root, "command_name")
    assert set(called) <= set(known)
    assert set(functions) <= set(called)


@both_scripts
def test_scripts_define_a_function_before_they_come_to_its_call(script: Script) -> None:
    root = parse(script(wording()))
    body = next(node for node in root.children if node.type == "statement_list")
    defined: set[str] = set()
    for statement in body.children:
        if statement.type == "function_statement":
            defined.update(texts(statement, "function_name"))
        else:
            called = {
                name for name in texts(statement, "command_name") if name not in OLD_CMDLETS + TLS_CMDLETS
            }
            assert called <= defined


@both_scripts
def test_scripts_use_no_variable_that_nothing_sets(script: Script) -> None:
    root = parse(script(wording()))
    kinds = ("left_assignment_expression", "script_parameter")
    sets = {texts(node, "variable")[0].lower() for node in walk(root) if node.type in kinds}
    sets |= {texts(node, "variable")[0].lower() for node in walk(root) if node.type == "foreach_statement"}
    assert {name.lower() for name in texts(root, "variable")} <= sets | AUTOMATIC


@both_scripts
def test_scripts_take_out_the_same_names_as_the_lists(script: Script) -> None:
    patterns = {
        text.strip("'") for text in texts(parse(script(wording())), "string_literal") if "DH_anon" in text
    }
    patterns = {pattern for pattern in patterns if pattern.startswith("^")}
    assert len(patterns) == 1
    found = re.compile(patterns.pop(), re.IGNORECASE)
    for name in [*DHE_SUITE_NAMES.values(), *OTHER_SUITE_NAMES.values(), *VERSIONS["windows-7"].suites]:
        assert bool(found.search(name)) == is_dhe(name)


@both_scripts
def test_scripts_can_be_tried_and_undone(script: Script) -> None:
    text = script(wording()).decode("utf-8-sig")
    assert "[CmdletBinding(SupportsShouldProcess = $true)]" in text
    assert "[switch]$Undo" in text
    assert text.count("$PSCmdlet.ShouldProcess(") == 2  # once for the edit, once for the way back
    assert not re.search(r"-TlsCipherSuite\b.*DHE", text)  # -Name 'DHE' would find ECDHE as well


class Quoting(gettext.NullTranslations):
    """A language full of what PowerShell takes for the end of a string."""

    def pgettext(self, context: str, message: str) -> str:
        return message.replace(" ", " l'un \u2019autre\u2018 ")


@both_scripts
def test_scripts_parse_in_a_language_with_quotes(script: Script) -> None:
    content = script(Wording("xx", Quoting()))
    assert flaws(content) == []
    said = [text for text in texts(parse(content), "string_literal") if "l''un" in text]
    assert said
    assert all(text.count("\u2019") % 2 == 0 for text in said)


@both_scripts
def test_no_line_of_the_help_looks_like_a_keyword(script: Script) -> None:
    text = script(wording()).decode("utf-8-sig")
    assert set(re.findall(r"^\.\S+", text, re.MULTILINE)) == {
        ".SYNOPSIS", ".DESCRIPTION", ".PARAMETER", ".NOTES",
    }  # fmt: skip


# --- the folder


@every_version
def test_lists_to_paste_are_bare(version: WindowsVersion) -> None:
    files = contents(version)
    names = policy_names(version.suites)
    assert files[GROUP_POLICY] == ",".join(names).encode()
    assert len(files[GROUP_POLICY]) <= POLICY_LIMIT
    later = version.id not in {"windows-7", "windows-8", "windows-8.1", "windows-10-1507", "windows-10-1511"}
    assert files.get(MDM) == (";".join(names).encode() if later else None)


@every_version
def test_every_file_that_is_run_says_that_it_was_not(version: WindowsVersion) -> None:
    for name, content in contents(version).items():
        if not name.endswith(".txt"):
            text = content.decode("utf-16" if name.endswith(".reg") else "utf-8")
            assert "not run on Windows here" in text, name


@every_version
def test_the_readme_names_the_files_that_are_there(version: WindowsVersion) -> None:
    files = contents(version)
    readme = files["README.md"].decode()
    named = set(re.findall(r"disable-dhe[\w.-]*\w", readme))
    assert named == set(files) - {"README.md"}
    for needed in ("gpupdate /force", "Restart Windows", "tlsprobe verify", "-Undo", version.source):
        assert needed in readme


@every_version
def test_the_readme_says_what_is_true_of_that_windows_only(version: WindowsVersion) -> None:
    readme = contents(version)["README.md"].decode()
    old = not version.has_cmdlets
    assert ("KB4537806" in readme) == ("14393.3542" in readme) == (version.id == "windows-10-1607")
    assert ("No update mends" in readme) == (old or version.id == "windows-10-1507")
    assert ("Get-TlsCipherSuite" in readme) == version.has_cmdlets
    assert ("out of reach without DHE" in readme) == old
    assert ("are left out too" in readme) == old
