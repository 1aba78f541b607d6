"""Real TLS servers on loopback: what they are, and how each is started."""
