"""What clients and their offers are called, where that is more than a product's name, and notes on them.

The English is that of `data/clients.toml`, which the journal writes down: a text that differs is a user's
own, or of another time, and is shown as it is.
"""

from __future__ import annotations

_DOTNET = ".NET Framework 4.5.2 and before, TLS 1.0 by default"

SENTENCES: dict[str, str] = {
    # ---- a client: client.name.<client>
    "client.name.windows-10-1803": "Windows 10 1709 to 21H2, Windows Server 2019",
    "client.name.windows-11-21h2": "Windows 11 21H2, Windows Server 2022 and 2025",
    "client.name.windows-11-22h2": "Windows 11 22H2 and later, Windows 10 22H2",
    # ---- one of its ways to ask: client.offer.<client>/<offer>
    "client.offer.windows-7/documented": "TLS 1.2, where it is switched on",
    "client.offer.windows-7/ie8-10": "Internet Explorer 8 to 10",
    "client.offer.windows-7/schannel-tls10": "TLS 1.0, the default outside Internet Explorer 11",
    "client.offer.windows-7/dotnet-4.5": _DOTNET,
    "client.offer.windows-8/winhttp-tls10": "TLS 1.0, the default of WinHTTP and Internet Explorer 10",
    "client.offer.windows-8.1/dotnet-4.5": _DOTNET,
    "client.offer.java-17/17.0.15": "17.0.15 and older updates",
    "client.offer.android-4.4/browser": "the browser",
    # ---- what else is to be known of a client: client.note.<client>
    "client.note.windows-vista": (
        "Microsoft names neither: both are older than the oldest that it names as not fixed."
    ),
    "client.note.windows-7": (
        "Outside Internet Explorer 11 it uses TLS 1.0 until TLS 1.1 and 1.2 are switched on (KB 3140245). "
        ".NET Framework sends what Schannel sends, without RC4 where strong crypto is switched on. A machine "
        "without the updates of 2014 to 2016 offers fewer suites, and DHE with a DSA certificate only."
    ),
    "client.note.windows-8": (
        "Schannel has TLS 1.2 on; WinHTTP (KB 3140245 is for Server 2012 too) and Internet Explorer 10 use "
        "TLS 1.0 by default."
    ),
    "client.note.windows-phone-8.1": (
        "Before the update of 2015 it offered DHE with a DSA certificate only."
    ),
    "client.note.windows-10-1607": (
        "Fixed by KB 4537806 of 25 February 2020 (build 14393.3542) and by what came after it."
    ),
    "client.note.windows-11-21h2": (
        "Microsoft has one list for Server 2022 and later, with DHE; Windows 11 22H2 and later have none in "
        "theirs."
    ),
    "client.note.windows-11-22h2": (
        "No DHE is enabled by default, so only a changed configuration brings it there."
    ),
    "client.note.openssl-1.0.2": "Before 1.0.2f it took 768 bits.",
    "client.note.openssl-1.1.1": "Debian and Ubuntu build it with security level 2, which needs 2048 bits.",
    "client.note.openssl-3": "As its makers ship them, 3.0 and 3.1 take 1024 bits; 3.2 and later need 2048.",
    "client.note.java-8": (
        "Today's updates of Java 8 have TLS 1.3 and larger groups, and ask as Java 17 does."
    ),
    "client.note.java-11": "Later updates put suites with forward secrecy before the others.",
    "client.note.chrome": (
        "Edge asks with the same suites and curves. Its extensions come in a new order each time."
    ),
    "client.note.android-4.4": (
        "Applications that do not ask for more use TLS 1.0, and fall back to SSL 3.0, which is not replayed."
    ),
}
