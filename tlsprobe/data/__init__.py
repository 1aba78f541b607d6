"""Data with sources, no code."""
