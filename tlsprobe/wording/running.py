"""What `scan` and `demo` say beside the reports: the plan of a dry run, what runs, where it stopped."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    "dry-run.servers.one": "{n} server, {excluded} excluded, {bad_rows} bad rows",
    "dry-run.servers.many": "{n} servers, {excluded} excluded, {bad_rows} bad rows",
    "dry-run.server": (
        "a server with DHE: {base} connections, one for each DHE suite and version it takes, and up to "
        "{without_dhe} for what clients get without DHE"
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
    "handouts.older.one": "{n} folder there is from an earlier time and was left alone: {names}",
    "handouts.older.many": "{n} folders there are from an earlier time and were left alone: {names}",
    "dry-run.nothing": "nothing was connected to",
    "demo.left-out": "left out: {title} ({why})",
    "demo.running": "running: {titles}",
    "scan.progress": "scanning",
    "scan.stopping": "Stopping: what is done within five seconds is kept. Press Ctrl-C again to end at once.",
    "scan.interrupted": "Interrupted. What is done is kept: tlsprobe scan --resume {folder}",
}
