"""Who terminates TLS: traits of its answers, and the family of libraries that has them all."""

from tlsprobe.stacks.identify import Evidence, Stack, identify
from tlsprobe.stacks.traits import traits

__all__ = ["Evidence", "Stack", "identify", "traits"]
