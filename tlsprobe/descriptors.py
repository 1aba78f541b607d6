"""How many connections the system lets one process have, beside the files that it has open anyway."""

from __future__ import annotations

import resource

# Look-ups of names, pipes to workers, the journal, and what Python itself has open.
BESIDE = 96


def room_for(connections: int) -> int:
    """Return how many of these connections may be open at a time, at least 1.

    The limit of this process, and of those that it starts, is raised as far as the system lets everybody.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + BESIDE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return connections if soft == resource.RLIM_INFINITY else max(1, min(connections, soft - BESIDE))
