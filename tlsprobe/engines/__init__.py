"""Ways of running many scans; each is `run(targets, config) -> Iterator[ServerScan]`."""
