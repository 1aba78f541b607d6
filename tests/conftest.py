"""What concerns the run as a whole. pytest-xdist's main process loads no conftest.py below this."""

import pytest

from tests.peers.summary import print_peers


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    print_peers(terminalreporter)
