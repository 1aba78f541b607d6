"""The page: what to decide, charts, the list's tools, what became of findings, and the edit."""

from __future__ import annotations

SENTENCES = {
    # ---- report: what to decide
    "report.decide": "To decide: {what}.",
    "report.decide.server.one": "when to switch DHE off on {n} server, where nobody would be locked out",
    "report.decide.server.many": "when to switch DHE off on {n} servers, where nobody would be locked out",
    "report.decide.add-suite-first.one": (
        "which suite to allow first on {n} server, where clients would be locked out"
    ),
    "report.decide.add-suite-first.many": (
        "which suite to allow first on {n} servers, where clients would be locked out"
    ),
    "report.decide.client.one": "when to change the Windows clients of {n} server",
    "report.decide.client.many": "when to change the Windows clients of {n} servers",
    "report.decide.both.one": "when to change both sides for {n} server",
    "report.decide.both.many": "when to change both sides for {n} servers",
    "report.decide.update-server.one": "when to update the Windows of {n} server",
    "report.decide.update-server.many": "when to update the Windows of {n} servers",
    "report.decide.unknown.one": "when to scan {n} server again, since the side to change is not known",
    "report.decide.unknown.many": "when to scan {n} servers again, since the side to change is not known",
    "report.section.decisions": "Which side to fix",
    "report.decision.servers": "Servers",
    "report.decision.meaning": "What that means",
    "report.decision.locked-out": "Locked out without DHE",
    "report.side.server": (
        "Switch DHE off on the server. Every client that connects today was seen to connect without it."
    ),
    "report.side.add-suite-first": (
        "First allow a suite that the clients named here can use, then switch DHE off. In the other order "
        "they lose their connection."
    ),
    "report.side.client": (
        "The server is not yours, or cannot change: take the DHE suites off the old Windows clients by "
        "policy."
    ),
    "report.side.both": "Both the server and the clients have to change.",
    "report.side.update-server": (
        "The server is a Windows without the fix itself: its update, or DHE switched off on it."
    ),
    "report.side.unknown": (
        "Not every client's connection without DHE could be tried. Until it was, nothing is safe to switch "
        "off."
    ),
    "report.side.none": "Nothing that is yours has to change.",
    "report.locked-out.nobody": "nobody",
    "report.locked-out.unknown": "not known",
    "report.locked-out.on.one": "{who} ({n} server)",
    "report.locked-out.on.many": "{who} ({n} servers)",
    "report.locked-out.more.one": "{n} more client",
    "report.locked-out.more.many": "{n} more clients",
    # ---- report: charts
    "report.chart.rules": "What was found",
    "report.chart.rules.hint": "Servers with each finding, coloured by its severity there.",
    "report.chart.owner": "By owner",
    "report.chart.environment": "By environment",
    "report.chart.tag.hint": "Servers with findings, by their worst severity, the worst first.",
    "report.chart.no-value": "not stated",
    "report.chart.others.one": "{n} other",
    "report.chart.others.many": "{n} others",
    "report.chart.of": "{n} of {total}",
    # ---- report: since the baseline
    "report.section.progress": "Since the baseline",
    "report.change.new": "New",
    "report.change.worse": "Worse",
    "report.change.same": "As before",
    "report.change.better": "Better",
    "report.change.learned": "Learned",
    "report.change.gone": "Gone",
    "report.change.not-known": "Not known",
    "report.change.left": "Not in this run",
    "report.gone.one": "{n} finding is gone",
    "report.gone.many": "{n} findings are gone",
    "report.gone.more.one": "{n} more is listed by",
    "report.gone.more.many": "{n} more are listed by",
    # ---- report: waivers
    "report.section.waivers": "Findings that somebody answers for",
    "report.section.waivers.hint": "They are left out of severities and counts until the day that is named.",
    "report.waiver.finding": "Finding",
    "report.waiver.why": "Why, who, until when",
    "report.waivers.waived": "Waived",
    "report.waivers.expired": "Waiver is over",
    "report.waiver.more.one": "{n} more is in findings.csv.",
    "report.waiver.more.many": "{n} more are in findings.csv.",
    "report.row.waived": "{n} waived",
    # ---- report: the list's tools
    "report.tools": "Search and filter the servers",
    "report.tools.search": "Search",
    "report.tools.any": "All",
    "report.tools.shown": "{n} of {total} servers",
    "report.tools.reset": "Show all",
    "report.tools.nothing": "No server is like that.",
    "report.tools.more": "Show {n} more",
    "report.no-script": (
        "What was found on each server in detail is shown by the page's script. Without it, the same stands "
        "in findings.csv and endpoints.csv."
    ),
    "report.facet.severity": "Severity",
    "report.facet.side": "Where to fix",
    "report.facet.rule": "Finding",
    "report.facet.owner": "Owner",
    "report.facet.environment": "Environment",
    "report.facet.status": "Status",
    "report.facet.change": "Since the baseline",
    "report.facet.waiver": "Waivers",
    # ---- report: the edit
    "report.part.edit": "The edit for {software}",
    "report.part.edit.not-named": "The edit",
    "report.edit.file": "File",
    "report.edit.lines": "Lines",
    "report.edit.reload": "Make it count",
    "report.edit.more": "All edits, with a check for each server, are written into a folder by",
    "report.edit.windows": (
        "The server is Windows: the policy for its version switches DHE off for what it accepts as well."
    ),
    "report.edit.unknown": "No edit is known for {software}.",
    "report.edit.not-named": (
        "The inventory doesn't name the application of this server (its column software), so which edit is "
        "the right one is not known."
    ),
}
