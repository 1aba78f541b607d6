"""The folder that `tlsprobe fix` writes, and what `tlsprobe verify` says."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # ---- the folder's README
    "fix.folder.title": "What to change: run {run}",
    "fix.folder.made": (
        "Written by tlsprobe {version} from the journal of the run; nothing was changed anywhere."
    ),
    "fix.folder.order": (
        "Make one change at a time, on one machine first. After each: tlsprobe verify {run} probes the "
        "servers with findings again and says which are fixed."
    ),
    "fix.folder.servers": "Servers",
    "fix.folder.column.severity": "Severity",
    "fix.folder.column.owner": "Owner",
    "fix.folder.column.server": "Server",
    "fix.folder.column.findings": "Findings",
    "fix.folder.column.side": "Where to fix",
    "fix.folder.column.file": "File",
    "fix.folder.nothing": (
        "No server of this run has a finding that ends with DHE; there is nothing to change."
    ),
    "fix.folder.nothing-open": (
        "Every finding of this run that ends with DHE is waived; there is nothing to change."
    ),
    "fix.folder.waived": "Waived",
    "fix.folder.waived.what": (
        "Somebody answers for these findings. An edit is written for them only where the waiver is of the "
        "kind planned-change."
    ),
    "fix.folder.column.waiver": "Waiver",
    "fix.folder.waived.count.one": "{n} finding is waived: {file} says by whom.",
    "fix.folder.waived.count.many": "{n} findings are waived: {file} says by whom.",
    "fix.folder.windows": "Windows",
    "fix.folder.windows.what": (
        "A folder for each Windows that lands on DHE on one of these servers and may lack the fix: a "
        "registry file, a list for the group policy and a script, each with how to apply, check and undo "
        "it."
    ),
    "fix.folder.windows.no-edit": (
        "There is no edit here for {client}: take DHE out of what it offers in its own way, replace it, "
        "or keep it off these servers."
    ),
    "fix.folder.applications": "Edits by application",
    "fix.folder.applications.what": (
        "For servers whose application the inventory doesn't name (its column software), the edit of each"
        " application that is known. Find out what ends TLS there, and take that one."
    ),
    "fix.folder.older.one": "{n} file of an earlier time is in {folder} too; this run does not need it.",
    "fix.folder.older.many": "{n} files of an earlier time are in {folder} too; this run does not need them.",
    "fix.folder.written.one": "Written: {file} and {n} more file",
    "fix.folder.written.many": "Written: {file} and {n} more files",
    # ---- one server's file
    "fix.server-file.findings": "What was found",
    "fix.server-file.side": "Where to fix: {side}",
    "fix.server-file.locked-out": "Who would be locked out without DHE",
    "fix.server-file.add-first": (
        "The edit below enables these suites as well, so that nobody is locked out: {suites}. Verify "
        "after it that the clients above are not locked out any more."
    ),
    "fix.server-file.add-by-hand": (
        "First enable one of these suites in the application's own list, and scan again: {suites}. The "
        "edit below only takes DHE away, and would lock the clients above out."
    ),
    "fix.server-file.theirs": (
        "The inventory says that this server is not yours. The edit is for whoever runs it; on your side "
        "change the Windows clients: {folder}."
    ),
    "fix.server-file.clients": "The edits for Windows are in {folder}.",
    "fix.server-file.library": ("By its answers its TLS library is {library}, so it may be one of these."),
    "fix.server-file.other-library": (
        "No edit for {software} here: the one that is known is for {software} with {libraries}, and by its "
        "answers this server does TLS with {library}."
    ),
    "fix.server-file.windows": (
        "The server is Windows itself. The edits in {folder} count for what it accepts as well: take the "
        "folder of its version."
    ),
    "fix.server-file.not-yet": (
        "No edit for {software} yet: one that only takes DHE away would lock the clients above out."
    ),
    "fix.application.warning": (
        "This edit only takes DHE away. First read the file of the server in question: it says who would "
        "be locked out, and which suites have to be enabled with it."
    ),
    "fix.server-file.edit": "The edit for {software}",
    "fix.server-file.no-software": (
        "The inventory doesn't name the application of this server (its column software). The edits that "
        "may be the right ones are in {folder}."
    ),
    "fix.server-file.unknown-software": (
        "No edit is known for {software}. Those of applications that may be behind it are in {folder}."
    ),
    # ---- one edit
    "fix.edit.verified": "Applied to a real {software} and scanned again: no DHE was left.",
    "fix.edit.not-verified": "Not verified: this edit was not applied to a real {software} here.",
    "fix.edit.file": "File: {file}",
    "fix.edit.lines": "The lines, for a configuration that says nothing of ciphers yet:",
    "fix.edit.apply": "Apply",
    "fix.edit.reload": "Make it count:",
    "fix.edit.check": "Check",
    "fix.edit.check.scan": "Scan {place} again: no DHE suite may be left.",
    "fix.edit.check.by-hand": "By hand, this has to fail:",
    "fix.edit.undo": "Undo",
    "fix.edit.notes": "To know",
    # ---- verify
    "verify.locked-out": "clients locked out",
    "verify.worse": "new",
    "verify.fixed": "fixed",
    "verify.still-there": "still there",
    "verify.unclear": "couldn't tell",
    "verify.old": "then: {said}",
    "verify.new": "now: {said}",
    "verify.fact.suites": "DHE suites: {suites}",
    "verify.fact.no-dhe": "no DHE suite",
    "verify.fact.status": "{status}: {reason}",
    "verify.lost": "Connected then and not any more: {clients}.",
    "verify.kept.one": "{n} offer of a client that connected then still does.",
    "verify.kept.many": "All {n} offers of clients that connected then still do.",
    "verify.left.one": (
        "{n} server had no turn before the time set or in its change window; run verify again for it."
    ),
    "verify.left.many": (
        "{n} servers had no turn before the time set or in their change windows; run verify again for them."
    ),
    "verify.interrupted": "Interrupted after {n} of {total} servers.",
    "verify.nothing": "No server of this run has a finding, so there is nothing to verify.",
}
