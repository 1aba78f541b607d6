"""Edits on Windows, client or server: how to apply, check and undo them."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # ---- comments in the .reg files
    "fix.windows.reg.what": "{names}: takes the finite-field DHE suites out of what it offers and accepts.",
    "fix.windows.reg.replaces": (
        "A .reg file can't keep an order of the machine's own: it puts the default list of this Windows, "
        "without DHE, in its place. disable-dhe.ps1 keeps the order."
    ),
    "fix.windows.reg.policy": (
        "This sets the value of the policy SSL Cipher Suite Order, the way that Microsoft supports. It is "
        "one string (REG_SZ) with commas, as in Microsoft's guides for Skype for Business Server and Azure "
        "Stack Edge."
    ),
    "fix.windows.reg.policy-domain": (
        "If a group policy of the domain sets the same value, it comes back: change the group policy instead."
    ),
    "fix.windows.reg.local": (
        "This sets the machine's own default list (REG_MULTI_SZ). Microsoft does not support that this key "
        "is edited by hand, and an update of Windows may reset it: the policy is the supported way."
    ),
    "fix.windows.reg.local-policy": "It has no effect while the policy SSL Cipher Suite Order is set.",
    "fix.windows.reg.after": "Save the old value first, and restart Windows afterwards: see README.md.",
    # ---- what the edits say, the scripts above all; there a placeholder becomes PowerShell's own
    "fix.windows.edit.not-run": (
        "Parsed by an independent parser, not run on Windows here: try it on one machine first."
    ),
    "fix.windows.edit.policy-synopsis": "Takes finite-field DHE out of this machine's cipher suites.",
    "fix.windows.edit.policy-description": (
        "Reads the list that is in force: the policy SSL Cipher Suite Order if it is set, else the "
        "machine's own list. Takes out the names that begin with TLS_DHE_ or TLS_DH_anon_, keeps the order "
        "of the rest, and writes it as the policy, which is the way that Microsoft supports. The machine's "
        "own list stays as it is. If a group policy of the domain sets the same value, it comes back: "
        "change the group policy instead."
    ),
    "fix.windows.edit.cmdlet-synopsis": (
        "Takes finite-field DHE out of this machine's cipher suites, with the TLS cmdlets."
    ),
    "fix.windows.edit.cmdlet-description": (
        "Disables each cipher suite whose name begins with TLS_DHE_ or TLS_DH_anon_. The rest keeps its "
        "order. For Windows 10, Windows Server 2016 and later: older ones don't have the cmdlets."
    ),
    "fix.windows.edit.elevation": (
        "It needs an elevated PowerShell. With -WhatIf it says what it would do and changes nothing."
    ),
    "fix.windows.edit.restart-after": "Restart Windows afterwards.",
    "fix.windows.edit.undo": "Puts back what the file of the first run says, and removes the file.",
    "fix.windows.edit.saved-file": (
        "Where the old list is saved and -Undo looks for it. The folder of the default can be written by "
        "administrators only."
    ),
    "fix.windows.edit.not-elevated": (
        "This needs an elevated PowerShell: open it with Run as administrator, and start the script again."
    ),
    "fix.windows.edit.saved": "The old list is saved in {file}. With -Undo it is put back.",
    "fix.windows.edit.saved-already": (
        "{file} is there from an earlier run, and what it saved would be lost. Run with -Undo first, or "
        "name another file with -SavedFile."
    ),
    "fix.windows.edit.nothing-saved": "There is nothing to put back: {file} does not exist.",
    "fix.windows.edit.not-our-file": "{file} was not saved by this script. Nothing was changed.",
    "fix.windows.edit.present-list": "The list in force is in {where}.",
    "fix.windows.edit.no-list": "There are no cipher suites in that list. Nothing was changed.",
    "fix.windows.edit.not-a-string": (
        "The policy value is of the type {kind}, and Windows is said to read only a string (REG_SZ) there. "
        "Correct it or delete it first. Nothing was changed."
    ),
    "fix.windows.edit.nothing-to-remove": "There is no DHE suite in the list: nothing to do.",
    "fix.windows.edit.to-remove": "To be taken out: {names}",
    "fix.windows.edit.would-be-empty": (
        "Nothing would be left in the list, and an empty list is not written. Nothing was changed."
    ),
    "fix.windows.edit.weak-left-out": (
        "RC4, NULL, export and MD5 suites are left out too: with them the list would be longer than the "
        "{limit} characters that the policy takes."
    ),
    "fix.windows.edit.too-long": (
        "The list without DHE is longer than the {limit} characters that the policy takes. Take out suites "
        "that nobody needs, and start again. Nothing was changed."
    ),
    "fix.windows.edit.not-written": "The value that was read back is not the one that was written.",
    "fix.windows.edit.action-set": "write the cipher suites without DHE as the policy",
    "fix.windows.edit.action-restore": "put the old policy back",
    "fix.windows.edit.action-disable": "disable these cipher suites",
    "fix.windows.edit.action-enable": "enable these cipher suites again",
    "fix.windows.edit.no-cmdlets": (
        "This Windows does not have the TLS cmdlets. Use disable-dhe.ps1 instead."
    ),
    "fix.windows.edit.policy-is-set": (
        "The policy SSL Cipher Suite Order is set ({where}), and goes before the list that the cmdlets "
        "change. Change the policy, or use disable-dhe.ps1. Nothing was changed."
    ),
    "fix.windows.edit.still-there": "There are DHE suites left in the list.",
    "fix.windows.edit.order-differs": (
        "The DHE suites are back. The list was changed by others as well since it was saved, so it is not "
        "the same as before."
    ),
    "fix.windows.edit.restored": "The old list is back.",
    "fix.windows.edit.restart": "Restart Windows, so that every program takes the change up.",
    # ---- README.md: what this is
    "fix.windows.readme.title": "Finite-field DHE off: {names}",
    "fix.windows.readme.what": (
        "These files take the finite-field DHE suites out of what this Windows offers as a client and "
        "accepts as a server."
    ),
    "fix.windows.readme.fixed.no": (
        "No update mends the leading zeros on this Windows (Microsoft, KB4557473). The edit helps, or a "
        "newer Windows."
    ),
    "fix.windows.readme.fixed.by-update": (
        "The update KB4537806 of 25 February 2020, or a later one, mends the leading zeros: a machine with "
        "build 14393.3542 or higher does not need the edit. The command shows the second half of the build "
        "in hex; 0xdd6 is 3542."
    ),
    "fix.windows.readme.fixed.yes": (
        "This Windows has mended leading zeros (Microsoft, KB4557473) and needs no edit for them. The files "
        "are for owners who want DHE off all the same. Microsoft reports that a mended Windows, too, may "
        "fail over DHE with a peer that has no extended master secret (KB4528489)."
    ),
    "fix.windows.readme.not-run": (
        "The scripts and the .reg files were parsed by an independent parser and not run on Windows here. "
        "Try them on one machine first."
    ),
    "fix.windows.readme.source": "Where the default list is from: {source}.",
    # ---- before
    "fix.windows.readme.before": "Before you start",
    "fix.windows.readme.lockout": (
        "This Windows has no ECDHE suite with an RSA certificate and GCM. A server that has only ECDHE and "
        "DHE suites with GCM has nothing but DHE in common with it, and is out of reach without DHE. Such a "
        "server needs an ECDHE suite with CBC, or an ECDSA certificate, before DHE goes. Check every server "
        "that the machine connects to."
    ),
    "fix.windows.readme.peers": (
        "Check that all servers and clients the machine talks to have a suite other than DHE."
    ),
    "fix.windows.readme.save": (
        "Unless you use a script, which does it by itself, save the old values. Where reg says that it "
        "can't find the key, there is nothing to save."
    ),
    # ---- apply
    "fix.windows.readme.apply": "Apply one of these",
    "fix.windows.readme.apply.group-policy": (
        "Group policy, for many machines: Computer Configuration > Policies > Administrative Templates > "
        "Network > SSL Configuration Settings > SSL Cipher Suite Order > Enabled. Paste what is in {file}: "
        "{length} characters of at most {limit}, without spaces. Machines take it up within 1.5 to 2 hours, "
        "or at once with this command."
    ),
    "fix.windows.readme.apply.script": (
        "Script, for a machine with an order of its own, which it keeps. It needs an elevated PowerShell, "
        "version 2.0 or later. It sets the policy value, and saves the old one in a file that it names. The "
        "first line only says what it would do."
    ),
    "fix.windows.readme.apply.cmdlets": (
        "Script with the TLS cmdlets of this Windows, where no policy is set. It needs an elevated "
        "PowerShell and saves the old list in a file that it names. The first line only says what it would "
        "do."
    ),
    "fix.windows.readme.apply.reg-policy": (
        "Registry, the policy value: from an elevated prompt. It can't keep an order of the machine's own; "
        "the default list without DHE takes its place. A group policy of the domain wins over it."
    ),
    "fix.windows.readme.apply.reg-local": (
        "Registry, the machine's own list: from an elevated prompt. Microsoft does not support that this "
        "key is edited by hand and says that updates may reset it, so take the policy if you can. It can't "
        "keep an order of the machine's own either, and has no effect while the policy is set."
    ),
    "fix.windows.readme.apply.mdm": (
        "Mobile device management, Windows 10 1607 or later, not the Home edition: set {uri} (a string) to "
        "what is in {file}. There the names are separated by semicolons."
    ),
    "fix.windows.readme.updates": (
        "The lists are those of a Windows that has the updates named above. An older state has fewer "
        "suites: use disable-dhe.ps1 there, which starts from the machine's own list."
    ),
    # ---- after
    "fix.windows.readme.restart": "Restart",
    "fix.windows.readme.restart.why": (
        "Restart Windows. Microsoft says that the old order stays in force until then."
    ),
    "fix.windows.readme.restart.cmdlets": (
        "Microsoft's page of the cmdlets says that they need no restart. Restart all the same, so that every "
        "program takes the change up."
    ),
    "fix.windows.readme.check": "See that it worked",
    "fix.windows.readme.check.value": (
        "Unless you changed the machine's own list, the policy value is there and has no name with TLS_DHE_ "
        "in it:"
    ),
    "fix.windows.readme.check.local": "The machine's own list, which counts where no policy is set:",
    "fix.windows.readme.check.cmdlet": (
        "This lists nothing. Don't ask with -Name DHE, which finds ECDHE suites too:"
    ),
    "fix.windows.readme.check.server": (
        "If the machine is a server, scan it again from another machine with {command}: no DHE suite is "
        "accepted any more, and the clients still connect."
    ),
    "fix.windows.readme.undo": "Undo",
    "fix.windows.readme.undo.script": "After a script, from an elevated PowerShell:",
    "fix.windows.readme.undo.reg-policy": (
        "After the .reg file of the policy: delete the value, and import what you saved, if there was "
        "something."
    ),
    "fix.windows.readme.undo.reg-local": "After the .reg file of the machine's own list:",
    "fix.windows.readme.undo.group-policy": (
        "After the group policy: put back what was set, or Not Configured if nothing was."
    ),
    "fix.windows.readme.undo.mdm": (
        "After the MDM setting: put back what was set, or delete the setting if there was none."
    ),
    "fix.windows.readme.undo.restart": "Then restart Windows.",
}
