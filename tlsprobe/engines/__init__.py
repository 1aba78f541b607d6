"""Many servers: a dispatcher that says who scans which address when, and those who scan."""
