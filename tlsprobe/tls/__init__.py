"""A sans-IO TLS 1.0-1.2 client that keeps the bytes it was sent and chooses its own exponent.

Five words are enough to read this package:

- *codec*: readers and writers of the RFC's presentation language; a cut anywhere is a DecodeError.
- *message*: a struct of the RFC as a dataclass; Diffie-Hellman numbers stay the bytes that came.
- *stream*: records in, handshake messages out; the only place that knows about record borders.
- *conversation*: a generator that yields bytes to send and is sent the bytes that were received.
- *share*: what the client answers to ``dh_Ys``: ``dh_Yc`` as sent and the premaster secret as used.

Nothing here opens a socket, and nothing here imports the rest of tlsprobe.
"""
