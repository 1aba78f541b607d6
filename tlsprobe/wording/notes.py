"""The notes at the end of the page: what its columns and words mean."""

from __future__ import annotations

SENTENCES = {
    # ---- report: notes at the end of the page
    "report.note.rate.term": "Handshakes that fail",
    "report.note.rate.text": (
        "How many of 10,000 full handshakes over DHE are expected to fail, for the clients that are hit "
        "worst. It is computed from the prime that the server sent: a number below that prime starts with a "
        "zero byte about once in 256 times for most primes, and more often for some. Resumed sessions and "
        "handshakes without DHE don't count. “Not known” is not “none”."
    ),
    "report.note.severity.term": "Severity",
    "report.note.severity.text": (
        "The worst finding of the server. “None” stands only where everything was asked and nothing found; "
        "where something is missing it says “Not known”."
    ),
    "report.note.side.term": "Where to fix",
    "report.note.side.text": (
        "The side where the change belongs. The offer of each known client was sent to the server as it is, "
        "and once more without DHE, so it is known who would still connect and who would not."
    ),
    "report.note.locked-out.term": "Locked out without DHE",
    "report.note.locked-out.text": (
        "Clients that connect today and got no connection when their offer was sent without its DHE suites, "
        "with the number of servers on which that is so. Where the inventory names a server's clients, only "
        "these count, and a few that must never break."
    ),
    "report.note.change.term": "Since the baseline",
    "report.note.change.text": (
        "Findings of this run beside those of the run before. “Learned”: the server is as it was, and more "
        "is known of it. “Gone”: it was looked for and is not there. “Not known”: it could not be looked for."
    ),
    "report.note.status.term": "Status",
    "report.note.status.text": (
        "How far the scan of the server came. It says nothing of how good the server is."
    ),
    "report.note.suites.term": "DHE suites",
    "report.note.suites.text": (
        "Suites with ephemeral finite-field Diffie-Hellman that the server took in TLS 1.0 to 1.2, each "
        "counted once. TLS 1.3 and elliptic curves do not have this fault."
    ),
    "report.note.group.term": "Group",
    "report.note.group.text": (
        "The size of the prime as a number. Zeros in front of it, as some servers send them, don't count."
    ),
    "report.note.share.term": "Server's share",
    "report.note.share.text": (
        "How the server wrote its Diffie-Hellman number when that started with a zero byte: padded to the "
        "length of the prime, short (the zero left out), or too long (a sign byte in front). It can't be "
        "forced, only waited for. “Reused” means that the same number came on more than one connection."
    ),
    "report.note.not-observed.term": "Not observed in n",
    "report.note.not-observed.text": (
        "Among n different shares none started with a zero byte, so nothing is known of how the server would "
        "write it. It does not mean that all is well: of a server that sends short shares, 256 leave a "
        "chance of more than one in three not to see any, 1,177 still a chance of one in a hundred."
    ),
    "report.note.zeros.term": "Zeros of the secret",
    "report.note.zeros.text": (
        "What the server does when the shared secret starts with a zero byte. TLS 1.2 says that it is "
        "stripped before keys are made. A server that keeps it fails with every client that follows the "
        "standard. One that strips it is right, and still meets the fault that Microsoft reports for old "
        "Windows."
    ),
    "report.note.client-share.term": "Client's share, short and padded",
    "report.note.client-share.text": (
        "Whether the server takes a client's number that starts with a zero byte, with that byte left out "
        "and with it sent. Clients of both kinds exist, so a server has to take both."
    ),
    "report.note.confidence.term": "Observed, inferred, reported",
    "report.note.confidence.text": (
        "Where a finding's knowledge comes from: seen on this very server, concluded from something else "
        "that is known, or stated by a vendor."
    ),
    "report.note.limits.term": "What was not tried",
    "report.note.limits.text": (
        "No Windows machine takes part in a scan. That an old Windows negotiates DHE with a server is "
        "assumed where the server takes a suite that it offers. Whoever ends TLS gives the answers: behind a "
        "load balancer or a proxy that is not the server named here, and several machines behind one address "
        "may differ."
    ),
}
