"""The gate: what became of findings since a baseline, and who answers for them."""

from __future__ import annotations

SENTENCES = {
    "baseline.share-carried": (
        "That was seen in the run {run} of {date} and not in this one; primes and TLS library are the same "
        "as then."
    ),
    "baseline.compared": "Compared with {run} of {date}: {counts}.",
    "baseline.no-findings": "no findings then or now",
    "baseline.newer": (
        "The baseline is the newer of the two: it began on {baseline}, this run on {date}. Have they "
        "changed places?"
    ),
    "baseline.became.new": "new",
    "baseline.became.worse": "worse",
    "baseline.became.better": "better",
    "baseline.became.same": "same",
    "baseline.became.learned": "learned",
    "baseline.became.gone": "gone",
    "baseline.became.not-known": "not known",
    "baseline.became.left": "left",
    "baseline.count": "{n} {became}",
    "baseline.column.became": "Since then",
    "baseline.column.finding": "Finding",
    "baseline.was-and-is": "{before}, now {now}",
    "baseline.marked": "{said} ({mark})",
    "baseline.mark.waived": "waived",
    "baseline.mark.expired": "waiver expired",
    "baseline.more.one": "{n} more that is {became}; --stdout csv has every one.",
    "baseline.more.many": "{n} more that are {became}; --stdout csv has every one.",
    "baseline.learned": "Learned: the server is as it was, and more is known of it.",
    "baseline.came.one": "{n} server came: {servers}",
    "baseline.came.many": "{n} servers came: {servers}",
    "baseline.left.one": "{n} server is not in this run: {servers}",
    "baseline.left.many": "{n} servers are not in this run: {servers}",
    "baseline.hidden.one": "{n} server with findings then could not be assessed now: {servers}",
    "baseline.hidden.many": "{n} servers with findings then could not be assessed now: {servers}",
    "baseline.and-more": "{servers} and {count} more",
    "waiver.holds": "Waived until {expires}: {kind}, approved by {approver}. {reason}",
    "waiver.is-expired": "Its waiver expired on {expires}: {kind}, approved by {approver}. {reason}",
    "waiver.is-taken-away": "It was waived in the baseline, and nothing waives it now.",
    "waiver.taken-away.one": (
        "{n} finding was waived in the baseline and nothing waives it now: it counts again."
    ),
    "waiver.taken-away.many": (
        "{n} findings were waived in the baseline and nothing waives them now: they count again."
    ),
    "waiver.counted.one": "{n} finding is waived and does not count.",
    "waiver.counted.many": "{n} findings are waived and do not count.",
    "waiver.expired.one": (
        "The waiver of {rule} for {host} expired on {expires}: {n} finding is open again. {approver} has to "
        "decide anew, or it has to be fixed."
    ),
    "waiver.expired.many": (
        "The waiver of {rule} for {host} expired on {expires}: {n} findings are open again. {approver} has "
        "to decide anew, or they have to be fixed."
    ),
    "waiver.unmatched": (
        "The waiver of {rule} for {host} matches no finding of this run: take it out, or correct it."
    ),
    "waiver.unsettled": (
        "The waiver of {rule} for {host} matches no finding of this run, but a server that it names was not "
        "assessed in full: leave it in for now."
    ),
}
