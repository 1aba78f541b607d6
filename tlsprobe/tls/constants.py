"""Numbers of the IANA TLS registries, under their registered names."""

from __future__ import annotations

from enum import IntEnum


class Version(IntEnum):
    """ProtocolVersion (RFC 5246 §6.2.1, RFC 8446 §4.2.1)."""

    SSL30 = 0x0300
    TLS10 = 0x0301
    TLS11 = 0x0302
    TLS12 = 0x0303
    TLS13 = 0x0304

    @property
    def label(self) -> str:
        """The number people use: `1.2`."""
        return "SSL 3.0" if self is Version.SSL30 else f"1.{self.value - Version.TLS10}"


class ContentType(IntEnum):
    """ContentType of a record (RFC 5246 §6.2.1)."""

    CHANGE_CIPHER_SPEC = 20
    ALERT = 21
    HANDSHAKE = 22
    APPLICATION_DATA = 23


class HandshakeType(IntEnum):
    """HandshakeType (RFC 5246 §7.4, RFC 5077, RFC 6066)."""

    HELLO_REQUEST = 0
    CLIENT_HELLO = 1
    SERVER_HELLO = 2
    NEW_SESSION_TICKET = 4
    CERTIFICATE = 11
    SERVER_KEY_EXCHANGE = 12
    CERTIFICATE_REQUEST = 13
    SERVER_HELLO_DONE = 14
    CERTIFICATE_VERIFY = 15
    CLIENT_KEY_EXCHANGE = 16
    FINISHED = 20
    CERTIFICATE_STATUS = 22


class ExtensionType(IntEnum):
    """ExtensionType, as far as a hello of ours or the reading of a server's needs it."""

    SERVER_NAME = 0
    MAX_FRAGMENT_LENGTH = 1
    STATUS_REQUEST = 5
    SUPPORTED_GROUPS = 10
    EC_POINT_FORMATS = 11
    SIGNATURE_ALGORITHMS = 13
    HEARTBEAT = 15
    ALPN = 16
    SIGNED_CERTIFICATE_TIMESTAMP = 18
    PADDING = 21
    ENCRYPT_THEN_MAC = 22
    EXTENDED_MASTER_SECRET = 23
    RECORD_SIZE_LIMIT = 28
    SESSION_TICKET = 35
    SUPPORTED_VERSIONS = 43
    PSK_KEY_EXCHANGE_MODES = 45
    KEY_SHARE = 51
    RENEGOTIATION_INFO = 0xFF01


class AlertLevel(IntEnum):
    """AlertLevel (RFC 5246 §7.2)."""

    WARNING = 1
    FATAL = 2


ALERT_NAMES = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    60: "export_restriction",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    111: "certificate_unobtainable",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}

ALERT_CLOSE_NOTIFY = 0
ALERT_HANDSHAKE_FAILURE = 40
ALERT_PROTOCOL_VERSION = 70
ALERT_INSUFFICIENT_SECURITY = 71

TLS_EMPTY_RENEGOTIATION_INFO_SCSV = 0x00FF

# NamedCurve and FFDHE values of "TLS Supported Groups" (RFC 8422, RFC 7919).
SECP256R1, SECP384R1, SECP521R1, X25519 = 23, 24, 25, 29
FFDHE_GROUPS = (256, 257, 258, 259, 260)  # ffdhe2048 … ffdhe8192

# SignatureScheme (RFC 8446 §4.2.3) and the older hash/signature pairs that share its space.
SIGNATURE_SCHEMES = (
    0x0403, 0x0503, 0x0603,  # ecdsa with SHA-256, 384, 512
    0x0804, 0x0805, 0x0806,  # rsa_pss_rsae
    0x0401, 0x0501, 0x0601,  # rsa_pkcs1
    0x0402, 0x0502, 0x0602,  # dsa
    0x0203, 0x0201, 0x0202,  # SHA-1, for the oldest servers
)  # fmt: skip


def alert_name(description: int) -> str:
    """Return the registered name of an alert, or `alert_N` for one that has none."""
    return ALERT_NAMES.get(description, f"alert_{description}")


def version_label(version: int) -> str:
    """Return `1.2` for 0x0303, and the hex number of a version nobody defined."""
    try:
        return Version(version).label
    except ValueError:
        return f"0x{version:04x}"
