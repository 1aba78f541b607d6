"""Edits on servers: where they go, how to apply, check and undo them."""

from __future__ import annotations

SENTENCES: dict[str, str] = {}
