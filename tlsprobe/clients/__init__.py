"""Who connects: what each client offers, in which order, and what it can take."""
