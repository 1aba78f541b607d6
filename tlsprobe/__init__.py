"""Finds the TLS servers on which old Windows clients fail now and then, and says which side to fix."""

__version__ = "0.1.0"
