"""EMULATIONS, not real servers: tlslite-ng, patched to behave as a server at hand does not.

python -m tests.peers.emulation [--refuse short|padded] … -- ARGUMENTS OF tlslite_ng.py
"""

import argparse
import contextlib
import itertools
import socket
import struct
from collections.abc import Callable, Iterator

from tlslite import keyexchange
from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain
from tlslite.errors import TLSError
from tlslite.messages import ClientKeyExchange, ServerKeyExchange
from tlslite.utils.codec import Parser
from tlslite.utils.cryptomath import numBytes, powMod

from tests.peers.both_premasters import Remembering, premaster_of_finished
from tlsprobe.demo.programs import tlslite_ng

RESET = struct.pack("ii", 1, 0)
FATAL = 2


class Refused(Exception):
    """The client's share is not to this server's liking."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--refuse", choices=("short", "padded"), help="a dh_Yc led by zeros")
    parser.add_argument("--how", choices=("alert", "close", "reset"), default="alert")
    parser.add_argument("--alert", type=int, default=51, help="decrypt_error")
    parser.add_argument("--reuse-share", choices=("short", "full"), help="one dh_Ys for its life")
    parser.add_argument("--server-share", choices=("short", "padded", "overlong"), default="short")
    parser.add_argument(
        "--zeros", choices=("stripped", "kept", "both", "neither", "mixed"), default="stripped"
    )
    parser.add_argument("--pattern", default="ks", help="mixed: k(ept) or s(tripped), in turn")
    parser.add_argument("server", nargs="+")
    arguments = parser.parse_args()
    patch_client_share(arguments.refuse)
    patch_server_share(arguments.server_share, arguments.reuse_share)
    patch_premaster(arguments.zeros, arguments.pattern)
    patch_serve(arguments.how, arguments.alert)
    tlslite_ng.main(arguments.server)


def patch_client_share(refuse: str | None) -> None:
    """tlslite-ng reads dh_Yc as a number; remember the bytes, and refuse one form of it."""
    parse = ClientKeyExchange.parse
    process = keyexchange.ADHKeyExchange.processClientKeyExchange

    def remember(self: ClientKeyExchange, parser: Parser) -> ClientKeyExchange:
        # Three bytes of length, then the opaque dh_Yc<1..2^16-1>.
        self.sent_Yc = bytes(parser.bytes[parser.index + 5 :])
        return parse(self, parser)

    def judge(self: keyexchange.ADHKeyExchange, message: ClientKeyExchange) -> bytearray:
        short = len(message.sent_Yc) < numBytes(self.dh_p)
        padded = not short and message.sent_Yc[0] == 0
        if (refuse == "short" and short) or (refuse == "padded" and padded):
            raise Refused
        answer: bytearray = process(self, message)
        return answer

    ClientKeyExchange.parse = remember
    keyexchange.ADHKeyExchange.processClientKeyExchange = judge


def patch_server_share(form: str, reuse: str | None) -> None:
    create = ServerKeyExchange.createDH

    def encode(self: ServerKeyExchange, dh_p: int, dh_g: int, dh_Ys: int) -> ServerKeyExchange:
        create(self, dh_p, dh_g, dh_Ys)
        if form == "padded":
            self.dh_Ys_len = numBytes(dh_p)
        elif form == "overlong":
            # Of a signed big integer, with room for the sign.
            self.dh_Ys_len = dh_Ys.bit_length() // 8 + 1
        return self

    ServerKeyExchange.createDH = encode
    if reuse:
        keyexchange.FFDHKeyExchange.get_random_private_key = fixed_exponents(reuse)


def fixed_exponents(length: str) -> Callable[[keyexchange.FFDHKeyExchange], int]:
    """For each prime one exponent for good, whose share is a byte short, or is not."""
    draw = keyexchange.FFDHKeyExchange.get_random_private_key
    kept: dict[int, int] = {}

    def exponent(self: keyexchange.FFDHKeyExchange) -> int:
        while self.prime not in kept:
            drawn = draw(self)
            share = powMod(self.generator, drawn, self.prime)
            if (numBytes(share) < numBytes(self.prime)) == (length == "short"):
                kept[self.prime] = drawn
        return kept[self.prime]

    return exponent


def patch_premaster(zeros: str, pattern: str) -> None:
    """tlslite-ng strips; what is done here instead happens only to a Z that starts with zero."""
    process = keyexchange.ADHKeyExchange.processClientKeyExchange
    forms: Iterator[str] = itertools.cycle(pattern)

    def premaster(self: keyexchange.ADHKeyExchange, message: ClientKeyExchange) -> bytearray:
        stripped: bytearray = process(self, message)
        size = numBytes(self.dh_p)
        if len(stripped) == size or zeros == "stripped":
            return stripped
        kept = bytearray(size - len(stripped)) + stripped
        if zeros == "both":
            return premaster_of_finished(self, [stripped, kept])
        if zeros == "neither":
            return bytearray(b"neither")
        return kept if zeros == "kept" or next(forms) == "k" else stripped

    keyexchange.ADHKeyExchange.processClientKeyExchange = premaster


def patch_serve(how: str, alert: int) -> None:
    def serve(
        connection: socket.socket, chain: X509CertChain, key: object, settings: HandshakeSettings
    ) -> None:
        connection.settimeout(60)
        # Without these, both forms of Z can be tried with nothing but the randoms.
        settings.useExtendedMasterSecret = False
        settings.useEncryptThenMAC = False
        tls = TLSConnection(Remembering(connection))
        tls.closeSocket = False
        with connection, contextlib.suppress(OSError, TLSError):
            try:
                tls.handshakeServer(certChain=chain, privateKey=key, settings=settings)
                if tls.read(min=1, max=4096):
                    tls.write(tlslite_ng.ANSWER)
            except Refused:
                refuse(connection, how, struct.pack(">BHHBB", 21, 0x0303, 2, FATAL, alert))

    tlslite_ng.serve = serve


def refuse(connection: socket.socket, how: str, alert_record: bytes) -> None:
    if how == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        return
    if how == "alert":
        connection.sendall(alert_record)
    # Read what the client still has to say: unread data would turn the close into a reset.
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(5)
    while connection.recv(4096):
        pass


if __name__ == "__main__":
    main()
