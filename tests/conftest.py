"""What concerns the run as a whole. pytest-xdist's main process loads no conftest.py below this."""

import pytest
from hypothesis import settings

from tests.peers.summary import print_peers

# No test is timed: CI's two cores are shared with whatever else runs there.
settings.register_profile("untimed", deadline=None)
settings.register_profile("few", deadline=None, max_examples=15, derandomize=True)  # for tests.mutation
settings.load_profile("untimed")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    print_peers(terminalreporter)
