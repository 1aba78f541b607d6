"""Record a whole handshake with every real peer: python -m tests.vectors.record.

The client's randomness is fixed, so that a recorded server is answered bit for bit the same again.
"""

from __future__ import annotations

import json
import socket
import tempfile
from functools import partial
from pathlib import Path

from tests.peers.fleet import PEERS, Peer
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Running
from tlsprobe.probes.hello import HelloForm, dhe_hello
from tlsprobe.tls.constants import Version
from tlsprobe.tls.groups import ShareForm, pick_share
from tlsprobe.tls.handshake import Handshake, handshake
from tlsprobe.tls.record import can_protect
from tlsprobe.tls.stream import Conversation, Parting
from tlsprobe.tls.suites import suite

FOLDER = Path(__file__).parent / "handshakes"


def fixed_entropy(size: int) -> bytes:
    """Bytes that are always the same, and start with no zero."""
    return bytes(1 + place % 250 for place in range(size))


def conversation(code: int, form: str, share: str) -> Conversation[Handshake]:
    """The client's side of a recorded handshake."""
    hello = dhe_hello(
        version=Version.TLS12,
        form=HelloForm(form),
        suites=(code,),
        server_name="localhost",
        entropy=fixed_entropy,
    )
    pick = partial(pick_share, form=ShareForm(share), entropy=fixed_entropy)
    return handshake(hello, pick_share=pick, entropy=fixed_entropy)


def record(peer: Peer, server: Running, share: ShareForm) -> dict[str, object]:
    """Have one handshake over a socket and keep every piece as it came."""
    code = next(code for code in peer.fact.dhe_suites if can_protect(suite(code)))
    form = HelloForm.FFDHE_EMS if peer.fact.wants_ffdhe else HelloForm.CURVES_EMS
    talk, sent, received = conversation(code, form, share), b"", []
    with socket.create_connection((server.address, server.port), timeout=10) as connection:
        outgoing = next(talk)
        while True:
            sent += outgoing
            connection.sendall(outgoing)
            try:
                if isinstance(outgoing, Parting):
                    outgoing = talk.send(b"")
                    continue
                received.append(connection.recv(65536))
                outgoing = talk.send(received[-1])
            except StopIteration as end:
                done: Handshake = end.value
                break
    return {
        "peer": peer.id,
        "title": peer.stack.title,
        "suite": f"{code:04x}",
        "form": form.value,
        "share": share.value,
        "sent": sent.hex(),
        "received": [piece.hex() for piece in received],
        "end": done.end.kind,
        "after": done.end.after.value,
    }


def main() -> None:
    """Record an ordinary handshake and one with a stripped Z with each peer that has DHE."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        credentials = make_credentials(root)
        for peer in PEERS.values():
            if peer.emulated or peer.stack.missing() or not peer.fact.dhe_suites:
                continue
            options = peer.options(credentials)
            with peer.stack.start(peer.address, root / peer.id, credentials, options) as server:
                shares = (ShareForm.CONTROL, ShareForm.Z_STRIPPED)
                recorded = [record(peer, server, share) for share in shares]
            (FOLDER / f"{peer.id}.json").write_text(json.dumps(recorded, indent=1) + "\n")


if __name__ == "__main__":
    main()
