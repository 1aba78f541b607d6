"""Programs that the demo runs as processes of their own; none of them imports tlsprobe."""
