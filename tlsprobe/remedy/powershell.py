"""Two PowerShell scripts that take DHE out of the list a Windows machine has now, and can put it back.

`<<key name>>` in a script stands for the sentence `fix.windows.edit.key` as a string literal, its
placeholder `name` turned into PowerShell's {0}; `<<text:key>>` for the bare sentence, in the help. The
scripts are written for what their first Windows brings along: PowerShell 2.0 on Windows 7, 5.0 on 10.
"""

from __future__ import annotations

import re
import textwrap

from tlsprobe.wording import Wording

# .NET and Python read both patterns alike; -match takes no notice of case.
DHE_NAME = "^TLS_(DHE|DH_anon)_"
WEAK_NAME = "_(RC4|NULL|EXPORT[0-9]*|MD5)(_|$)"
# The policy takes no longer list: Microsoft Learn, Manage Transport Layer Security (TLS).
POLICY_LIMIT = 1023  # characters, commas counted

_HELP_WIDTH = 100
# To PowerShell typographic single quotes are quotes too; doubled, any of them stands for itself.
_SINGLE_QUOTES = "'\u2018\u2019\u201a\u201b"

_SHARED = r"""
$PolicyKey = 'HKLM:\SOFTWARE\Policies\Microsoft\Cryptography\Configuration\SSL\00010002'

function Test-Elevated {
    $user = New-Object Security.Principal.WindowsPrincipal([Security.Principal.WindowsIdentity]::GetCurrent())
    $user.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

function Select-Dhe([string[]]$Names) {
    $Names | Where-Object { $_ -match '@DHE@' }
}

function Save-Before([hashtable]$Before) {
    $folder = Split-Path -Parent $SavedFile
    if ($folder -and -not (Test-Path -LiteralPath $folder)) {
        New-Item -ItemType Directory -Path $folder | Out-Null
    }
    Export-Clixml -InputObject $Before -Path $SavedFile
    Write-Output (<<saved file>> -f $SavedFile)
}

function Read-Before([string]$Wanted) {
    if (-not (Test-Path -LiteralPath $SavedFile)) { throw (<<nothing-saved file>> -f $SavedFile) }
    $before = Import-Clixml -Path $SavedFile
    if ($before -isnot [hashtable] -or -not $before.ContainsKey($Wanted)) {
        throw (<<not-our-file file>> -f $SavedFile)
    }
    $before
}

function Assert-NotSaved {
    if (Test-Path -LiteralPath $SavedFile) { throw (<<saved-already file>> -f $SavedFile) }
}

function Read-Functions([string]$Key) {
    $found = @{ Key = $Key; Exists = $false; Kind = ''; Data = ''; Names = @() }
    if (Test-Path -Path $Key) {
        $item = Get-Item -Path $Key
        if ($item.GetValueNames() -contains 'Functions') {
            $found.Exists = $true
            $found.Kind = [string]$item.GetValueKind('Functions')
            $found.Data = $item.GetValue('Functions')
            $found.Names = @(Split-Names $found.Data)
        }
    }
    $found
}

function Split-Names($Data) {
    (@($Data) -join ',') -split ',' | ForEach-Object { $_.Trim() } | Where-Object { $_ -ne '' }
}

if (-not (Test-Elevated)) { throw <<not-elevated>> }
"""

_POLICY_SCRIPT = r"""<#
.SYNOPSIS
<<text:policy-synopsis>>
.DESCRIPTION
<<text:policy-description>>
<<text:elevation>>
<<text:restart-after>>
.PARAMETER Undo
<<text:undo>>
.PARAMETER SavedFile
<<text:saved-file>>
.NOTES
<<text:not-run>>
#>

#Requires -Version 2.0
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [switch]$Undo,
    [string]$SavedFile = "$env:SystemRoot\tlsprobe\policy-before.xml"
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$LocalKey = 'HKLM:\SYSTEM\CurrentControlSet\Control\Cryptography\Configuration\Local\SSL\00010002'
$MaxLength = @LIMIT@
@SHARED@
function Select-Other([string[]]$Names) {
    $Names | Where-Object { $_ -notmatch '@DHE@' }
}

function Select-Strong([string[]]$Names) {
    $Names | Where-Object { $_ -notmatch '@WEAK@' }
}

function Read-PresentList {
    $policy = Read-Functions $PolicyKey
    if (-not $policy.Exists) { return Read-Functions $LocalKey }
    if ($policy.Kind -ne 'String') { throw (<<not-a-string kind>> -f $policy.Kind) }
    $policy
}

function Write-Policy([string]$List) {
    if ($List -eq '') { throw <<would-be-empty>> }
    if (-not (Test-Path -Path $PolicyKey)) { New-Item -Path $PolicyKey -Force | Out-Null }
    New-ItemProperty -Path $PolicyKey -Name 'Functions' -PropertyType String -Value $List -Force | Out-Null
    if ((Read-Functions $PolicyKey).Data -ne $List) { throw <<not-written>> }
}

function Restore-Policy {
    $before = Read-Before 'PolicyExisted'
    if (-not $PSCmdlet.ShouldProcess($PolicyKey, <<action-restore>>)) { return }
    if ($before.PolicyExisted) {
        Write-Policy $before.PolicyValue
    } elseif ((Read-Functions $PolicyKey).Exists) {
        Remove-ItemProperty -Path $PolicyKey -Name 'Functions'
    }
    Remove-Item -LiteralPath $SavedFile
    Write-Output <<restored>>
    Write-Output <<restart>>
}

function Limit-Length([string[]]$Names) {
    if (($Names -join ',').Length -le $MaxLength) { return $Names }
    Write-Warning (<<weak-left-out limit>> -f $MaxLength)
    $strong = @(Select-Strong $Names)
    if (($strong -join ',').Length -gt $MaxLength) { throw (<<too-long limit>> -f $MaxLength) }
    $strong
}

if ($Undo) { Restore-Policy; return }

$present = Read-PresentList
Write-Output (<<present-list where>> -f $present.Key)
if ($present.Names.Count -eq 0) { throw <<no-list>> }
$dhe = @(Select-Dhe $present.Names)
if ($dhe.Count -eq 0) { Write-Output <<nothing-to-remove>>; return }
$kept = @(Limit-Length @(Select-Other $present.Names))
if ($kept.Count -eq 0) { throw <<would-be-empty>> }
Write-Output (<<to-remove names>> -f ($dhe -join ', '))
Assert-NotSaved
if ($PSCmdlet.ShouldProcess($PolicyKey, <<action-set>>)) {
    $policy = Read-Functions $PolicyKey
    Save-Before @{ PolicyExisted = $policy.Exists; PolicyValue = $policy.Data; Names = $present.Names }
    Write-Policy ($kept -join ',')
    Write-Output <<restart>>
}
"""

_CMDLET_SCRIPT = r"""<#
.SYNOPSIS
<<text:cmdlet-synopsis>>
.DESCRIPTION
<<text:cmdlet-description>>
<<text:elevation>>
.PARAMETER Undo
<<text:undo>>
.PARAMETER SavedFile
<<text:saved-file>>
.NOTES
<<text:not-run>>
#>

#Requires -Version 5.0
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [switch]$Undo,
    [string]$SavedFile = "$env:SystemRoot\tlsprobe\cmdlet-list-before.xml"
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
@SHARED@
function Get-Names {
    Get-TlsCipherSuite | ForEach-Object { $_.Name }
}

function Restore-Names {
    $names = @((Read-Before 'Names').Names)
    if (-not $PSCmdlet.ShouldProcess((@(Select-Dhe $names) -join ', '), <<action-enable>>)) { return }
    for ($place = 0; $place -lt $names.Count; $place++) {
        if (@(Select-Dhe $names[$place]).Count -eq 1 -and @(Get-Names) -notcontains $names[$place]) {
            Enable-TlsCipherSuite -Name $names[$place] -Position $place
        }
    }
    Remove-Item -LiteralPath $SavedFile
    if ((@(Get-Names) -join ',') -eq ($names -join ',')) {
        Write-Output <<restored>>
    } else {
        Write-Warning <<order-differs>>
    }
    Write-Output <<restart>>
}

if (-not (Get-Command -Name Get-TlsCipherSuite -ErrorAction SilentlyContinue)) { throw <<no-cmdlets>> }
if ((Read-Functions $PolicyKey).Exists) { throw (<<policy-is-set where>> -f $PolicyKey) }
if ($Undo) { Restore-Names; return }

$present = @(Get-Names)
$dhe = @(Select-Dhe $present)
if ($dhe.Count -eq 0) { Write-Output <<nothing-to-remove>>; return }
if ($dhe.Count -eq $present.Count) { throw <<would-be-empty>> }
Write-Output (<<to-remove names>> -f ($dhe -join ', '))
Assert-NotSaved
if ($PSCmdlet.ShouldProcess(($dhe -join ', '), <<action-disable>>)) {
    Save-Before @{ Names = $present }
    foreach ($name in $dhe) { Disable-TlsCipherSuite -Name $name }
    if (@(Select-Dhe @(Get-Names)).Count -ne 0) { throw <<still-there>> }
    Write-Output <<restart>>
}
"""


def policy_script(words: Wording) -> bytes:
    """Return the script that sets the policy value; it needs no cmdlets for cipher suites."""
    return _script(_POLICY_SCRIPT, words)


def cmdlet_script(words: Wording) -> bytes:
    """Return the script that uses Get-, Disable- and Enable-TlsCipherSuite: Windows 10 and later only."""
    return _script(_CMDLET_SCRIPT, words)


def _script(template: str, words: Wording) -> bytes:
    """Fill a script in: UTF-8, CRLF, and the byte order mark without which old PowerShell reads ANSI."""
    template = template.replace("@SHARED@", _SHARED)
    constants = {"@DHE@": DHE_NAME, "@WEAK@": WEAK_NAME, "@LIMIT@": str(POLICY_LIMIT)}
    for mark, text in constants.items():
        template = template.replace(mark, text)
    script = re.sub(r"<<(text:)?([\w-]+) ?(\w+)?>>", lambda mark: _sentence(mark, words), template)
    return script.replace("\n", "\r\n").encode("utf-8-sig")


def _sentence(mark: re.Match[str], words: Wording) -> str:
    bare, key, placeholder = mark.groups()
    values = {placeholder: "{0}"} if placeholder else {}
    said = words.say(f"fix.windows.edit.{key}", **values)
    if bare:
        return textwrap.fill(said, _HELP_WIDTH)
    return "'" + re.sub(f"([{_SINGLE_QUOTES}])", r"\1\1", said) + "'"
