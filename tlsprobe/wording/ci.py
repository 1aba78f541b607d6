"""What SARIF and JUnit say beside the findings themselves."""

from __future__ import annotations

SENTENCES = {
    "ci.not-counted.known": "Known from the baseline, and not worse than there.",
    "ci.not-counted.severity": "Not as bad as what the run is to fail on ({fail_on}).",
    "ci.failure": "{evidence} What to do: {recommendation}",
    "ci.undecided.client-share": (
        "What the server does with a client's share that starts with a zero byte was not found out for both "
        "ways of writing it."
    ),
    "ci.undecided.reuse": (
        "Fewer than two connections showed a share, so it is not known whether the server uses one again."
    ),
    "ci.line": "line {line}",
    "ci.same-name": "{server} (line {line}, {address})",
}
