"""What a server sends behind its keys: the input is plain text, and is sealed as a real server would seal it.

No fuzzer guesses a MAC. So the flight is a recorded one, the client's share is the one that it picked then,
and what the input says goes out under the keys that follow from both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from typing import Any

from tests.fuzz.playing import WHOLE, chosen, pieces, play, without_text
from tests.vectors.record import FOLDER, OLDER_FOLDER, conversation, fixed_entropy
from tlsprobe.tls.codec import vector
from tlsprobe.tls.constants import ContentType, Version
from tlsprobe.tls.groups import ClientShare
from tlsprobe.tls.handshake import Completed, Handshake, Step, handshake
from tlsprobe.tls.keys import Secrets, transcript_hash
from tlsprobe.tls.messages import ClientHello
from tlsprobe.tls.record import MAX_PLAINTEXT, Protection, Record, RecordReader, protections
from tlsprobe.tls.stream import Conversation, Parting
from tlsprobe.tls.suites import suite

# AEAD, and CBC with the IVs of each version; with a ticket, with an extended master secret, and without.
RECORDED = (
    (FOLDER / "openssl.json", 0),
    (FOLDER / "gnutls.json", 0),
    (OLDER_FOLDER / "openssl-1024.json", 0),
    (OLDER_FOLDER / "gnutls.json", 1),
    (OLDER_FOLDER / "nss.json", 2),
)


@dataclass(frozen=True)
class Server:
    """A recorded one: its flight, the hello it answered, and what both came to."""

    hello: ClientHello
    server_random: bytes
    flight: bytes
    share: ClientShare
    keys: Secrets
    last: tuple[Record, ...]  # ChangeCipherSpec and Finished, as they came

    def conversation(self) -> Conversation[Handshake]:
        """The client's side, with the share that it picked at the recording."""
        return handshake(self.hello, pick_share=lambda _: self.share, entropy=fixed_entropy)

    def protection(self) -> Protection:
        """What seals its records, from the first on; it counts, so it is a new one each time."""
        _, server = protections(
            self.keys,
            client_random=self.hello.random,
            server_random=self.server_random,
            entropy=fixed_entropy,
        )
        return server

    def sealed(self, plain: Iterable[tuple[int, bytes]]) -> bytes:
        """Write records as it would: bare up to a ChangeCipherSpec, sealed from there on."""
        protection, written, bare = self.protection(), b"", True
        for kind, text in plain:
            fragment = text if bare else protection.seal(kind, text)
            written += Record(kind, self.keys.version, fragment).serialise()
            bare = bare and kind != ContentType.CHANGE_CIPHER_SPEC
        return written

    def seed(self) -> bytes:
        """What it really sent, as plain text: the input that completes the handshake."""
        change, finished = self.last
        text = self.protection().open(finished.kind, finished.fragment)
        return written(((change.kind, change.fragment), (finished.kind, text)))


def written(plain: Iterable[tuple[int, bytes]]) -> bytes:
    """Write an input: a content type, a size in two bytes, a text, and so on."""
    return b"".join(bytes([kind]) + vector(2, text) for kind, text in plain)


def read(said: bytes) -> Iterator[tuple[int, bytes]]:
    """Read an input; the last text is what is left of it."""
    while said:
        head, said = said[:3], said[3:]
        size = int.from_bytes(head[1:], "big")
        yield head[0], said[:size]
        said = said[size:]


@cache
def servers() -> tuple[Server, ...]:
    """The recorded servers; some milliseconds each, so once."""
    return tuple(_server(json.loads(path.read_text())[number]) for path, number in RECORDED)


def _server(recorded: dict[str, Any]) -> Server:
    version = Version(int(recorded.get("version", "0303"), 16))
    talk = conversation(int(recorded["suite"], 16), recorded["form"], recorded["share"], version)
    flight, last = (bytes.fromhex(piece) for piece in recorded["received"])
    hello, answer = next(talk), talk.send(flight)
    assert isinstance(talk.send(last), Parting)
    try:
        talk.send(b"")
    except StopIteration as end:
        done: Handshake = end.value
    assert done.end == Completed(Step.SERVER_FINISHED)
    assert done.server_hello is not None
    assert done.share is not None
    chosen_suite = suite(done.server_hello.cipher_suite)
    said = (*records(hello), *records(flight), *records(answer))
    in_clear = takewhile(lambda record: record.kind == ContentType.HANDSHAKE, said)  # up to ClientKeyExchange
    transcript = b"".join(record.fragment for record in in_clear)
    session_hash = None
    if done.server_hello.has_extended_master_secret:
        session_hash = transcript_hash(version=version, suite=chosen_suite, transcript=transcript)
    keys = Secrets.derive(
        version=version,
        suite=chosen_suite,
        premaster_secret=done.share.premaster_secret,
        client_random=done.hello.random,
        server_random=done.server_hello.random,
        session_hash=session_hash,
    )
    return Server(done.hello, done.server_hello.random, flight, done.share, keys, records(last))


def records(data: bytes) -> tuple[Record, ...]:
    """Cut whole records."""
    reader, cut = RecordReader(), []
    reader.feed(data)
    while (record := reader.next_record()) is not None:
        cut.append(record)
    return tuple(cut)


def finished(data: bytes) -> None:
    """ChangeCipherSpec, ticket, Finished, alerts and whatever else, under the right keys."""
    number, said = chosen(data, len(servers()))
    server = servers()[number]
    last = server.sealed((kind, text[:MAX_PLAINTEXT]) for kind, text in read(said))

    def once(chunk: int) -> Handshake:
        # The flight at once: it is the same each time, and its pieces are another target's matter.
        return play(server.conversation(), last, chunk=chunk, ahead=server.flight)

    assert without_text(once(WHOLE)) == without_text(once(pieces(last)))
