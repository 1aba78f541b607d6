"""What is wrong with a row of the inventory, or worth a look, by its id.

In English the reports show the message that was made when the inventory was read, which says more; these
are for the other languages.
"""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    "bad-row.no-host": "The cell that says which host is empty; write a name or an address.",
    "bad-row.bad-host": "{value} is not a host; write a DNS name or an IP address.",
    "bad-row.two-hosts": "{value} is more than one host; give each a row of its own.",
    "bad-row.bad-port": "{value} is not a port; write a number from 1 to 65535.",
    "bad-row.port-conflict": "The host cell says another port than {value}; leave one of them out.",
    "bad-row.bad-server-name": (
        "{value} can't be sent as a server name; write one DNS name without a port, leave the cell empty to "
        "send the host, or write - to send none."
    ),
    "bad-row.unknown-starttls": "{value} is not a protocol known here; docs/inventory.md lists them.",
    "bad-row.bad-managed": ("{value} doesn't say whether the server is yours; write yes or no, or nothing."),
    "bad-row.bad-number": (
        "{value} is not a number of handshakes; write digits, with a dot before decimals and nothing "
        "between thousands."
    ),
    "bad-row.bad-window": (
        "{value} is not a change window; write 22:00-04:00, Sat 22:00-Sun 06:00 or Mon-Fri 01:00-05:00, with "
        "a zone such as Asia/Tokyo at the end, or nothing for any time."
    ),
    "bad-row.too-many-cells": (
        "The row has more cells than the header, the first of them {value}; put a cell that holds the "
        "delimiter into quotes, or name the column."
    ),
    "bad-row.stray-quote": "A quote doesn't close, or stands where none may; remove it, or write it twice.",
    "bad-row.undecodable": "{value} is neither UTF-8 nor UTF-16; save the file again as CSV in UTF-8.",
    "bad-row.too-long": "The line is far too long for a row; check where it should have ended.",
    "notice.at": "line {line}: {said}",
    "notice.duplicate": (
        "{value} was named by an earlier row already; it is scanned once, for the clients of both rows, with "
        "everything else from the first."
    ),
    "notice.unknown-column": (
        "The column {value} is not known and only rides along. If it is one of tlsprobe's, rename it or use "
        "--columns."
    ),
    "notice.window-too-short": (
        "The change window {value} is shorter than the time that one server may take (--deadline), so the "
        "server is never scanned."
    ),
    "notice.unknown-client": (
        "The client {value} is not known, so it counts as any Windows unless its name says otherwise; "
        "tlsprobe clients lists the names."
    ),
}
