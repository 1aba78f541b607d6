"""The edits that switch DHE off, on servers and on Windows, and how to apply, check and undo each."""
