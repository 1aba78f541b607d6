"""The list of clients that `tlsprobe clients` prints."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    "clients.column.id": "Id",
    "clients.column.name": "Client",
    "clients.column.fix": "Leading zeros",
    "clients.column.group": "Group bits",
    "clients.more": (
        "The ids and names can stand in the inventory's column clients. tlsprobe clients ID shows one in "
        "full, with its sources."
    ),
    "clients.fix": "Leading zeros: {fix}.",
    "clients.fix.yes": "fixed",
    "clients.fix.no": "not fixed",
    "clients.fix.depends": "depends on its updates",
    "clients.fix.other": "as the standard says",
    "clients.group": "Takes groups of {bounds} bits.",
    "clients.also": "Also called: {names}.",
    "clients.source": "Source: {source}.",
    "clients.basis.observed": "observed",
    "clients.basis.documented": "documented",
    "clients.hello": "Up to TLS {version}, in this order:",
    "clients.hello.fallback": "If that fails, up to TLS {version}:",
}
