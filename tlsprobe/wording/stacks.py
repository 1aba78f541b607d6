"""Who terminates TLS, and what spoke for it."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    "report.part.stack": "Who terminates TLS",
    "report.fact.stack": "TLS library",
    "stack.unknown": "unknown",
    "stack.known": "{family} ({confidence} confidence)",
    "stack.like": "{said}; answers like {first}",
    "stack.like.range": "{said}; answers like {first} to {last}",
    "stack.confidence.high": "high",
    "stack.confidence.medium": "medium",
    "stack.confidence.low": "low",
    "stack.family.boringssl": "BoringSSL",
    "stack.family.botan": "Botan",
    "stack.family.bouncycastle": "BouncyCastle",
    "stack.family.erlang": "Erlang/OTP ssl",
    "stack.family.gnutls": "GnuTLS",
    "stack.family.go": "Go crypto/tls",
    "stack.family.jsse": "Java (SunJSSE)",
    "stack.family.mbedtls": "Mbed TLS",
    "stack.family.nss": "NSS",
    "stack.family.openssl": "OpenSSL",
    "stack.family.rustls": "rustls",
    "stack.family.s2n": "s2n-tls",
    "stack.family.schannel": "Schannel (Windows)",
    "stack.family.tlslite": "tlslite-ng",
    "stack.family.wolfssl": "wolfSSL",
    "stack.none": "No library that was measured answers like this server, or more than one does.",
    "stack.runner-up": "The next that comes near: {family}.",
    "stack.contradicted": "Does not fit: {traits}.",
    "stack.reported": "{what} (reported of Windows, not measured here: {source})",
    "stack.measured": "{what} (so does about one measured family in {share})",
    "stack.caveat.answers-differ": (
        "The answers fit different libraries: behind this address there may be servers of more than one kind."
    ),
    "stack.caveat.banner-disagrees": (
        "What the server says of itself names another one: TLS ends at something that stands in front of it."
    ),
    "stack.trait.order": "To the hello “{question}”, of the extensions {name} the {value} one comes first",
    "stack.trait.echo": "To the hello “{question}”, extension {name} is answered: {value}",
    "stack.trait.formats": "To the hello “{question}”, the point formats are {value}",
    "stack.trait.layout": "To the hello “{question}”, messages in records, {name}: {value}",
    "stack.trait.signature": "To the hello “{question}”, an {name} key signs with {value}",
    "stack.trait.refusal": "The hello “{question}” is refused by alert {value}",
    "stack.trait.order13": "To the hello “{question}”, TLS 1.3 answers with the extensions {value}",
    "stack.trait.kind": "The hello “{question}” gets the answer {value}",
    "stack.trait.other": "{question}, {name}: {value}",
}
