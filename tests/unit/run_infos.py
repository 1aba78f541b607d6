"""A run.json to judge scans with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tlsprobe.inventory import BadRow, Notice, Reason
from tlsprobe.journal import RunInfo

STARTED = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
BAD_ROW = BadRow(7, "port", "44e3", Reason.BAD_PORT, "44e3 is not a port; write a number from 1 to 65535")


def run_info(**changes: object) -> RunInfo:
    """Tell of a run that is over, whose inventory had a bad row, a duplicate and an excluded server."""
    info = RunInfo(
        run_id="servers-20260301T093000Z",
        tool_version="0.1.0",
        started=STARTED,
        finished=datetime(2026, 3, 1, 9, 41, tzinfo=UTC),
        user="amira",
        host="ops-1",
        command="tlsprobe scan servers.csv",
        inventory="servers.csv",
        inventory_sha256="9f" * 32,
        flags={"samples": "1200"},
        excluded=("vault.example.com:443",),
        bad_rows=(BAD_ROW,),
        notices=(Notice(9, "duplicate", "line 9 names web.example.com:443 again, after line 2"),),
    )
    return replace(info, **changes)  # type: ignore[arg-type]
