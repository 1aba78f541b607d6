"""The last lines of a test run: which peers it ran against, which it left out, and why.

A test's user properties are what pytest-xdist brings from a worker to the process that prints.
"""

from collections.abc import Callable, Iterator

import pytest

from tlsprobe.demo.servers import Running

RAN, LEFT_OUT = "peer-ran", "peer-left-out"

Serve = Callable[[str], Running]


def print_peers(terminal: pytest.TerminalReporter) -> None:
    noted = sorted(set(noted_by_tests(terminal)))
    if not noted:
        return
    ran = [what for kind, what in noted if kind == RAN]
    left_out = [what for kind, what in noted if kind == LEFT_OUT]
    terminal.section("peers")
    terminal.write_line(f"ran: {len(ran)} ({', '.join(ran)})")
    terminal.write_line(f"left out: {len(left_out)}")
    for line in left_out:
        terminal.write_line(f"  {line}")


def noted_by_tests(terminal: pytest.TerminalReporter) -> Iterator[tuple[str, str]]:
    for reports in terminal.stats.values():
        for report in reports:
            for kind, what in getattr(report, "user_properties", ()):
                if kind in (RAN, LEFT_OUT):
                    yield kind, str(what)
