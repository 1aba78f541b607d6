"""What `scan` and `demo` say beside the reports: the plan of a dry run, what runs, where it stopped."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    "dry-run.servers.one": "{n} server, {excluded} excluded, {bad_rows} bad rows",
    "dry-run.servers.many": "{n} servers, {excluded} excluded, {bad_rows} bad rows",
    "dry-run.server": (
        "a server with DHE: {base} connections, one for each DHE suite and version it takes, and up to "
        "{without_dhe} for what clients get without DHE"
    ),
    "dry-run.server.suites-only": (
        "a server with DHE: {base} connections, and one for each DHE suite and version it takes"
    ),
    "dry-run.part.control": "{n} control",
    "dry-run.part.refusals": "{n} refusals",
    "dry-run.part.order": "{n} for the order",
    "dry-run.part.forced": "{n} forced handshakes",
    "dry-run.part.replays": "{n} offers of clients",
    "dry-run.part.stack": "{n} to tell the TLS library",
    "dry-run.part.optional": "{n} for banners, samples and survey",
    "dry-run.most.each-address": (
        "whatever a server does: {most} at most; each address of a name is one, and how many there are only "
        "the look-up tells"
    ),
    "dry-run.most": "whatever a server does: {most} at most, {in_all} in all",
    "dry-run.time": (
        "time: {most} at most, with {turns} servers at a time, each at an address of its own and done after "
        "{deadline}; {least} at least if all have DHE, at {rate} new connections a second to an address and "
        "{rate_in_all} in all"
    ),
    "dry-run.until.one": "until {until} there are {left}: {n} server is started by then, whatever it does",
    "dry-run.until.many": (
        "until {until} there are {left}: at least {n} servers are started by then, whatever they do"
    ),
    "dry-run.windows": (
        "with a change window: {open} open for long enough now, {later} later, {never} not in time"
    ),
    "time.seconds": "{s} s",
    "time.minutes": "{min} min",
    "time.hours": "{h} h {min} min",
    "handouts.older.one": "{n} folder there is from an earlier time and was left alone: {names}",
    "handouts.older.many": "{n} folders there are from an earlier time and were left alone: {names}",
    "dry-run.nothing": "nothing was connected to",
    "demo.left-out": "left out: {title} ({why})",
    "demo.running": "running: {titles}",
    "progress.done": "{count} of {total} servers",
    "progress.rate": "{rate} a second",
    "progress.left": "about {time} left",
    "progress.last.one": "the last {n} takes {time} at most",
    "progress.last.many": "the last {n} take {time} at most, each",
    "progress.took": "in {time}",
    "progress.found": "findings: {said}",
    "scan.stopping": "Stopping: what is done within five seconds is kept. Press Ctrl-C again to end at once.",
    "scan.stopped.one": (
        "{n} server had no turn before the time set or in its change window. Go on then: "
        "tlsprobe scan --resume {folder}"
    ),
    "scan.stopped.many": (
        "{n} servers had no turn before the time set or in their change windows. Go on then: "
        "tlsprobe scan --resume {folder}"
    ),
    "scan.interrupted": "Interrupted. What is done is kept: tlsprobe scan --resume {folder}",
}
