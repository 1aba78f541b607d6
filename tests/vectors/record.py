"""Record a whole handshake with every real peer: python -m tests.vectors.record.

The client's randomness is fixed, so that a recorded server is answered bit for bit the same again.
"""

from __future__ import annotations

import json
import socket
import tempfile
from dataclasses import replace
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
OLDER_FOLDER = Path(__file__).parent / "older"

# CBC suites at each version: a chained IV, an explicit one, and the PRF of TLS 1.0 with an odd Z.
OLDER = (
    (Version.TLS10, 0x0039, ShareForm.Z_STRIPPED),
    (Version.TLS11, 0x0033, ShareForm.YC_SHORT),
    (Version.TLS12, 0x0033, ShareForm.YC_PADDED),
)
OLDER_PEERS = ("openssl-1024", "gnutls", "nss", "java", "erlang", "tlslite-ng", "s2n", "s2n-0.35.0")


def fixed_entropy(size: int) -> bytes:
    """Bytes that are always the same, and start with no zero."""
    return bytes(1 + place % 250 for place in range(size))


def conversation(code: int, form: str, share: str, version: int = Version.TLS12) -> Conversation[Handshake]:
    """The client's side of a recorded handshake."""
    hello = dhe_hello(
        version=Version(version),
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
    done, sent, received = _talk(conversation(code, form, share), server)
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


def record_older(
    peer: Peer, server: Running, version: Version, code: int, share: ShareForm
) -> dict[str, object]:
    """Have a handshake of an older version or with CBC, and keep what it showed as well."""
    form = HelloForm.CURVES
    done, sent, received = _talk(conversation(code, form, share, version), server)
    return {
        "peer": peer.id,
        "title": peer.stack.title,
        "version": f"{version:04x}",
        "suite": f"{code:04x}",
        "form": form.value,
        "share": share.value,
        "sent": sent.hex(),
        "received": [piece.hex() for piece in received],
        "facts": facts(done),
    }


def facts(done: Handshake) -> dict[str, object]:
    """What a handshake came to, as far as it is the same at every replay."""
    answer, params, share = done.server_hello, done.params, done.share
    return {
        "end": done.end.kind,
        "after": done.end.after.value,
        "how": getattr(done.end, "how", None) or getattr(done.end, "alert", None),
        "version": f"{answer.version:04x}" if answer else None,
        "suite": f"{answer.cipher_suite:04x}" if answer else None,
        "lengths": [len(params.dh_p), len(params.dh_g), len(params.dh_Ys)] if params else None,
        "certificates": [len(each) for each in done.certificates],
        "premaster_secret": len(share.premaster_secret) if share else None,
        "dh_Yc": len(share.dh_Yc) if share else None,
        "warnings": list(done.warnings),
        "layout": [list(each) for each in done.layout],
    }


def _talk(talk: Conversation[Handshake], server: Running) -> tuple[Handshake, bytes, list[bytes]]:
    """Return the handshake, all that was sent, and each piece received; an empty one is a close."""
    sent, received = b"", []
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
                return end.value, sent, received


def older() -> None:
    """Record CBC suites at every version with a stack of each maker; a refusal is a record too."""
    OLDER_FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        credentials = make_credentials(root)
        for peer in (PEERS[peer_id] for peer_id in OLDER_PEERS):
            if peer.stack.missing():
                continue
            options = replace(peer.options(credentials), lowest="1.0")
            with peer.stack.start(peer.address, root / peer.id, credentials, options) as server:
                recorded = [record_older(peer, server, *asked) for asked in OLDER]
            (OLDER_FOLDER / f"{peer.id}.json").write_text(json.dumps(recorded, indent=1) + "\n")


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
    older()
