"""For the emulation of a server that takes Z with its zeros and without: it tries both.

The client's Finished is the first record it encrypts, so the right master secret opens it.
"""

import io
import socket
import threading

from tlslite.errors import TLSBadRecordMAC, TLSDecryptionFailed
from tlslite.keyexchange import KeyExchange
from tlslite.mathtls import calc_key
from tlslite.recordlayer import RecordLayer

CHANGE_CIPHER_SPEC = 20
IMPLEMENTATIONS = ["openssl", "pycrypto", "python"]

# tlslite-ng's key exchange doesn't know its connection; each has a thread of its own here.
current = threading.local()


class Remembering:
    """A socket that keeps a copy of what came in, and can read ahead of its reader."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.seen = b""
        self.ahead = b""
        current.socket = self

    def recv(self, size: int) -> bytes:
        if not self.ahead:
            self.read_ahead(size)
        data, self.ahead = self.ahead[:size], self.ahead[size:]
        return data

    def read_ahead(self, size: int) -> None:
        data = self.connection.recv(size)
        self.seen += data
        self.ahead += data

    def finished(self) -> bytes:
        """The record after ChangeCipherSpec, waited for if need be. OSError if it never comes."""
        while True:
            records = split(self.seen)
            types = [record[0] for record in records]
            if CHANGE_CIPHER_SPEC in types[:-1]:
                return records[types.index(CHANGE_CIPHER_SPEC) + 1]
            size = len(self.seen)
            self.read_ahead(4096)
            if len(self.seen) == size:
                raise ConnectionAbortedError

    def __getattr__(self, name: str) -> object:
        return getattr(self.connection, name)


def split(stream: bytes) -> list[bytes]:
    """The whole records at the start of what came in."""
    records = []
    while len(stream) >= 5 and len(stream) >= (end := 5 + int.from_bytes(stream[3:5], "big")):
        records.append(stream[:end])
        stream = stream[end:]
    return records


def premaster_of_finished(exchange: KeyExchange, candidates: list[bytearray]) -> bytearray:
    """The premaster secret that the client used; the first one if it used none of them."""
    finished = current.socket.finished()
    return next((each for each in candidates if opens(exchange, each, finished)), candidates[0])


def opens(exchange: KeyExchange, premaster: bytearray, record: bytes) -> bool:
    version = exchange.serverHello.server_version
    suite = exchange.cipherSuite
    client_random, server_random = exchange.clientHello.random, exchange.serverHello.random
    master = calc_key(
        version,
        premaster,
        suite,
        b"master secret",
        client_random=client_random,
        server_random=server_random,
        output_length=48,
    )
    layer = RecordLayer(Canned(record))
    layer.client = False
    layer.version = version
    layer.calcPendingStates(suite, master, client_random, server_random, IMPLEMENTATIONS)
    layer.changeReadState()
    try:
        return any(result not in (0, 1) for result in layer.recvRecord())
    except (TLSBadRecordMAC, TLSDecryptionFailed):
        return False


class Canned:
    """What a record layer reads in place of a socket."""

    def __init__(self, data: bytes) -> None:
        self.rest = io.BytesIO(data)

    def recv(self, size: int) -> bytes:
        return self.rest.read(size)
