"""`python -m tlsprobe`."""

from tlsprobe.cli import main

main()
