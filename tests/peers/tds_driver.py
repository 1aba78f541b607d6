"""python-tds as the client: `python -m tests.peers.tds_driver ADDRESS PORT CAFILE`. It fails at the login."""

from __future__ import annotations

import sys

import pytds


def main() -> None:
    address, port, ca_file = sys.argv[1:]
    pytds.connect(
        dsn=address,
        port=int(port),
        user="nobody",
        password="",
        cafile=ca_file,
        validate_host=False,
        login_timeout=20,
        disable_connect_retry=True,
    )


if __name__ == "__main__":
    main()
