"""Edits on Windows, client or server: how to apply, check and undo them."""

from __future__ import annotations

SENTENCES: dict[str, str] = {}
