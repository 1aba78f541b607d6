"""Every server that can be started here, by id."""

from tlsprobe.demo.libraries import LIBRARIES
from tlsprobe.demo.stack import DidNotStart, Options, Running, Stack
from tlsprobe.demo.web_servers import WEB_SERVERS

STACKS: tuple[Stack, ...] = (*LIBRARIES, *WEB_SERVERS)

__all__ = ["STACKS", "DidNotStart", "Options", "Running", "Stack", "stack"]


def stack(stack_id: str) -> Stack:
    """The stack of that id; KeyError if there is none."""
    return {each.id: each for each in STACKS}[stack_id]
