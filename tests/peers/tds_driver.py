"""python-tds as the client: `python -m tests.peers.tds_driver ADDRESS PORT CAFILE [USER PASSWORD]`.

It fails at the login. With a user it logs in by Windows, and pyspnego speaks its NTLM.
"""

from __future__ import annotations

import sys

import pytds
import pytds.login


def main() -> None:
    address, port, ca_file, *who = sys.argv[1:]
    by_windows = {"hostname": address, "service": "MSSQLSvc", "protocol": "ntlm"}
    auth = pytds.login.SpnegoAuth(*who, **by_windows) if who else None
    pytds.connect(
        dsn=address,
        port=int(port),
        user="nobody",
        password="",
        auth=auth,
        cafile=ca_file,
        validate_host=False,
        login_timeout=20,
        disable_connect_retry=True,
    )


if __name__ == "__main__":
    main()
