"""What a server says before TLS, read by the line or by the byte, and never without an end."""

from __future__ import annotations

from tlsprobe.tls.stream import Conversation, PeerGone

MAX_REPLY = 64 * 1024  # an EHLO or CAPABILITY reply is a few hundred bytes
MAX_SHOWN = 200  # of what the server said


class PreludeFailed(Exception):
    """No TLS behind this greeting; `reason` is a stable id, `detail` what the server said (hostile text)."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


# "Service not available" of SMTP and FTP (RFC 5321 §4.2.3, RFC 959 §4.2.1), of NNTP (RFC 3977 §5.1).
_BUSY = ("421", "400 ")


def refused(said: str) -> PreludeFailed:
    """The server knows what was asked for and says no; or it is too busy to say anything else."""
    if said.startswith(_BUSY):
        return PreludeFailed("busy", said[:MAX_SHOWN])
    return PreludeFailed("starttls-refused", said[:MAX_SHOWN] or "an empty answer")


def not_offered(why: str) -> PreludeFailed:
    """The server says that it has no TLS."""
    return PreludeFailed("starttls-not-offered", why[:MAX_SHOWN])


def broken(what: str) -> PreludeFailed:
    """The server does not keep to its protocol."""
    return PreludeFailed("starttls-failed", what[:MAX_SHOWN])


def plain_text_behind() -> PreludeFailed:
    """Plain text came behind the go-ahead: it would be taken for TLS (CVE-2011-0411)."""
    return broken("plain text after the go-ahead")


class Reading:
    """Reads a server's words; what was received but not asked for is kept for the next reading."""

    def __init__(self) -> None:
        self._buffer = b""
        self._received = 0

    def line(self, *, send: bytes = b"") -> Conversation[str]:
        """Send, and read a line without its end."""
        line = yield from self.until(b"\n", send=send)
        return line[:-1].rstrip(b"\r").decode("utf-8", "backslashreplace")

    def until(self, last: bytes, *, send: bytes = b"") -> Conversation[bytes]:
        """Send, and read up to and with the next byte `last`."""
        # A server may have said more than was asked: what there is to send goes out all the same.
        while send or last not in self._buffer:
            yield from self._more(send)
            send = b""
        return self._cut(self._buffer.index(last) + 1)

    def take(self, size: int, *, send: bytes = b"") -> Conversation[bytes]:
        """Send, and read `size` bytes."""
        while send or len(self._buffer) < size:
            yield from self._more(send)
            send = b""
        return self._cut(size)

    def end(self) -> None:
        """Refuse what was not asked for: nothing may stand between the go-ahead and TLS."""
        if self._buffer:
            raise plain_text_behind()

    def _more(self, send: bytes) -> Conversation[None]:
        data = yield send
        if not data:
            raise PeerGone("closed")
        self._buffer += data
        self._received += len(data)
        if self._received > MAX_REPLY:
            raise broken("an endless greeting")

    def _cut(self, size: int) -> bytes:
        piece, self._buffer = self._buffer[:size], self._buffer[size:]
        return piece
