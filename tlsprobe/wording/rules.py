"""Rules: what is wrong, why that matters, what to do; and the evidence for it."""

from __future__ import annotations

SENTENCES = {
    # ---- rules: what is wrong, why that matters, what to do; and what to do about another's server
    "rule.DHE001.title": "The server keeps the leading zeros of the shared secret",
    "rule.DHE001.why": (
        "TLS 1.2 and earlier take the leading zero bytes off the Diffie-Hellman result before keys are "
        "derived from it. This server doesn't do that the way the RFC says, so whenever the result starts "
        "with a zero byte it comes to other keys than its client, and the handshake breaks. That hits every "
        "client which follows the RFC, at random and with no hint in the logs."
    ),
    "rule.DHE001.recommendation": (
        "Update the TLS library of the server to a version that strips the zeros. Where no DHE is "
        "negotiated, the fault is gone as well."
    ),
    "rule.DHE001.recommendation.not-ours": ("Tell the operator of the server."),
    "rule.DHE002.title": "The server refuses a way of writing the client's share that TLS allows",
    "rule.DHE002.why": (
        "A client's share that starts with a zero byte may be sent at the full length of the prime or "
        "without that byte; clients of both kinds are in use. This server refuses one kind, so the clients "
        "that write their share that way fail whenever it happens to start with a zero byte."
    ),
    "rule.DHE002.recommendation": (
        "Update the TLS library of the server; where it is Windows without the fix, install the update for "
        "it. Where no DHE is negotiated, the fault is gone as well."
    ),
    "rule.DHE002.recommendation.not-ours": ("Tell the operator of the server."),
    "rule.DHE003.title": "The server sends its share short, which Windows without the fix does not take",
    "rule.DHE003.why": (
        "When this server's share starts with a zero byte, the byte is left out. TLS allows that, but "
        "Windows without the fix ends the handshake there: the share is shorter than the prime, and Schannel "
        "reports that a buffer is too small (0x80090321). To users it is a connection that fails now and "
        "then."
    ),
    "rule.DHE003.recommendation": (
        "A padded share would cure this fault alone, and not the one about the shared secret; where no DHE "
        "is negotiated, both are gone."
    ),
    "rule.DHE003.recommendation.not-ours": ("Tell the operator of the server."),
    "rule.DHE004.title": ("Windows without the fix negotiates DHE here, and then fails now and then"),
    "rule.DHE004.why": (
        "Microsoft reports that Windows without the fix may compute a wrong MAC when there are leading zeros "
        "in a DHE handshake; the connection is then forcibly closed. Windows 7, 8, 8.1, Server 2008 R2, "
        "2012, 2012 R2 and Windows 10 1507 have no fix, Windows 10 1607 and Server 2016 have it since an "
        "update of February 2020. How the server writes its share makes no difference to this."
    ),
    "rule.DHE004.recommendation": ("Nothing on the server cures this while DHE is negotiated."),
    "rule.DHE004.recommendation.not-ours": (
        "Nothing on the server cures this while DHE is negotiated; the clients are yours."
    ),
    "rule.DHE005.title": "The server accepts DHE",
    "rule.DHE005.why": (
        "No Windows without the fix was found to meet the leading-zero faults on this server as it is. That"
        " rests on what is known of its clients, suites and groups today, and ends when one of these "
        "changes."
    ),
    "rule.DHE005.recommendation": (
        "ECDHE gives forward secrecy without these faults: plan to do without DHE."
    ),
    "rule.DHE005.recommendation.not-ours": (
        "Keep Windows machines without the fix from being added to the clients of this server."
    ),
    "rule.DHE006.title": "Without DHE some client could no longer connect",
    "rule.DHE006.why": (
        "A client that connects today has nothing but DHE in common with this server. Switching DHE off, "
        "which is the cure for the other findings, would lock it out."
    ),
    "rule.DHE006.recommendation": (
        "Enable a suite without DHE that the client offers first, check that it is negotiated, and switch "
        "DHE off after that."
    ),
    "rule.DHE006.recommendation.not-ours": (
        "Ask the operator of the server for a suite without DHE that the client offers, before DHE is taken "
        "out of what the client offers."
    ),
    "rule.DHE007.title": "The size of the Diffie-Hellman group is a problem",
    "rule.DHE007.why": (
        "A prime below 2048 bits is weaker than what is recommended today, and one below 1024 bits can be "
        "broken; Windows has refused those since 2015. Above 4096 bits Windows 7 and 8.1 still offer the "
        "suites but can't go on with such a group, so they fail in every handshake and not only now and then."
    ),
    "rule.DHE007.recommendation": (
        "Where DHE must stay, use a published group of 2048 to 4096 bits; Windows without the fix can then "
        "negotiate DHE again, and has the leading-zero faults."
    ),
    "rule.DHE007.recommendation.not-ours": (
        "Tell the operator of the server. Clients that fail on the group connect only where DHE is taken "
        "out of what they offer."
    ),
    "rule.DHE008.title": "The server uses the same Diffie-Hellman share more than once",
    "rule.DHE008.why": (
        "A share that serves several connections is what the Raccoon attack needs, and all those connections "
        "lose their secrecy with one key. It also makes a short share permanent: clients that can't take it "
        "then fail every time, until the server makes a new one."
    ),
    "rule.DHE008.recommendation": (
        "Make the server use a new share for each handshake: update it, or set its option for single use of "
        "DH keys. Or switch DHE off, after checking that all clients still connect without DHE."
    ),
    "rule.DHE008.recommendation.not-ours": "Tell the operator of the server that it uses its DH share again.",
    "rule.DHE009.title": "No extended master secret, where an updated Windows negotiates DHE",
    "rule.DHE009.why": (
        "Microsoft reports that Windows with the updates of October 2019 and later may fail now and then "
        "over DHE suites with a device that does not support the extended master secret."
    ),
    "rule.DHE009.recommendation": (
        "Update the TLS library of the server to one with the extended master secret (RFC 7627). Where no "
        "DHE is negotiated, the fault is gone as well."
    ),
    "rule.DHE009.recommendation.not-ours": ("Tell the operator of the server."),
    "rule.DHE010.title": "The server accepts DHE suites that are anonymous or can be broken",
    "rule.DHE010.why": (
        "An anonymous suite doesn't say who the server is, so anybody on the way can take its place. Export "
        "suites and single DES can be decrypted by whoever records the connection."
    ),
    "rule.DHE010.recommendation": (
        "Take these suites out of the server's list. No client of today needs them; check the oldest ones "
        "all the same."
    ),
    "rule.DHE010.recommendation.not-ours": (
        "Tell the operator of the server, and see to it that your own clients offer none of these suites."
    ),
    # ---- advice: which side to fix
    "advice.server.one": (
        "Switch the DHE suites of the server off: {n} offer of a client lands on DHE today, and it still "
        "connects when it is sent without DHE."
    ),
    "advice.server.many": (
        "Switch the DHE suites of the server off: all {n} offers of clients that land on DHE today were "
        "sent again without DHE, and still connect."
    ),
    "advice.server.nobody": (
        "Switch the DHE suites of the server off: none of the clients whose offers were replayed lands on "
        "DHE today, so none of them needs it."
    ),
    "advice.client": (
        "Take the DHE suites out of the cipher suite order of the Windows machines without the fix, by "
        "group policy, or upgrade those machines: their offers were sent again without DHE, and still "
        "connect."
    ),
    "advice.client.not-tried": (
        "Take the DHE suites out of the cipher suite order of the Windows machines without the fix, by "
        "group policy, or upgrade those machines. Check first that they still connect without DHE: that was "
        "not tried here."
    ),
    "advice.server.nobody-connects": (
        "None of the clients whose offers were replayed connects here at all, with DHE or without. What "
        "else uses the server has to be known before its DHE suites are switched off."
    ),
    "advice.add-suite-first": (
        "Don't just switch DHE off: clients that connect today no longer would. Enable suites for them as "
        "well, before DHE goes or together with it, and verify that they connect."
    ),
    "advice.add-suite-first.not-ours": (
        "Don't just take DHE out of what the clients offer: Windows machines would be left without a "
        "connection. Ask the operator of the server to enable suites for them first."
    ),
    "advice.way-in": "Any one of these lets them in without DHE: {suites} (for {clients}).",
    "advice.no-suite-fits": (
        "No suite without DHE that they offer goes with a certificate seen on the server; an RSA "
        "certificate and a suite with ECDHE_RSA would let them in: {clients}."
    ),
    "advice.offers-only-dhe": "They offer nothing but DHE: {clients}.",
    "advice.update-server": (
        "This server is Windows that lacks the fix itself: install its update, or take the DHE suites out "
        "of its own cipher suite order."
    ),
    "advice.unknown": (
        "Whether all clients still connect without DHE was not found out; check that before DHE is switched"
        " off."
    ),
    # ---- evidence: what was seen on the server
    "evidence.z.stripped": (
        "A shared secret that starts with a zero byte: the server completed the handshake with the zero "
        "taken off, as RFC 5246 says, and not with it left in."
    ),
    "evidence.z.kept": (
        "A shared secret that starts with a zero byte: the server completed the handshake with the zero left "
        "in, and not with it taken off. How often Windows without the fix fails on the shared secret of such "
        "a server is not known."
    ),
    "evidence.z.both": (
        "A shared secret that starts with a zero byte: the server completed the handshake with the zero "
        "taken off and with it left in. How often Windows without the fix fails on the shared secret of such "
        "a server is not known."
    ),
    "evidence.z.neither": (
        "A shared secret that starts with a zero byte: the server completed the handshake neither with the "
        "zero taken off nor with it left in, while other handshakes before and after went through."
    ),
    "evidence.z.mixed": (
        "A shared secret that starts with a zero byte: the answers changed from one handshake to the next, "
        "so it is not proven that the server strips the zero. Several machines may answer at this address."
    ),
    "evidence.z.inconclusive": (
        "A shared secret that starts with a zero byte was tried without a clear answer, so it is not proven "
        "that the server strips the zero."
    ),
    "evidence.z.untestable": (
        "A shared secret that starts with a zero byte could not be tried, so it is not proven that the "
        "server strips the zero."
    ),
    "evidence.z.not-asked": (
        "A shared secret that starts with a zero byte was not tried, so it is not proven that the server "
        "strips the zero."
    ),
    "evidence.yc.short-refused": (
        "A client's share that starts with a zero byte was refused when it was sent without that byte. This "
        "hits clients that leave the zeros out, such as GnuTLS and Java."
    ),
    "evidence.yc.padded-refused": (
        "A client's share that starts with a zero byte was refused when it was sent at the full length of "
        "the prime. This hits clients that pad it, OpenSSL 3 among them."
    ),
    "evidence.tried-with": "The handshakes were made with {suite} over TLS {version}.",
    "evidence.probability": (
        "With the prime of {bits} bits that was seen, a number starts with a zero byte about once in "
        "{one_in:.3g} handshakes."
    ),
    "evidence.every-client": (
        "So about {rate:.2%} of all full handshakes over DHE fail, with every client that follows the RFC."
    ),
    "evidence.windows.ntlm": "The server's NTLM challenge names the Windows build {build}.",
    "evidence.windows.banner": "The server calls itself “{text}” ({source}).",
    "evidence.windows.behind-another": (
        "But what ends TLS here takes a client's share that such a Windows refuses: a load balancer or a "
        "proxy may stand before it."
    ),
    "evidence.windows.is-no": (
        "What ends TLS here is not Windows; it is old Windows clients that fail with it."
    ),
    "evidence.windows.is-unfixed": (
        "The server is Windows without the fix: clients of other makers fail with it, those that leave a "
        "zero byte out."
    ),
    "evidence.windows.other-tls": (
        "But what ends TLS here is not Windows: a load balancer or a proxy stands before it."
    ),
    "evidence.windows.rate": (
        "As far as both leading-zero faults are known here, Windows without the fix fails in about "
        "{rate:.2%} of its full handshakes over DHE, or once in {one_in:.3g}."
    ),
    "evidence.windows.always": (
        "So long as the server keeps this share, Windows without the fix fails in every full handshake over "
        "DHE."
    ),
    "evidence.share.padded.one": (
        "The server's share: in {n} distinct share seen, {count} started with a zero byte and came at the "
        "full length of the prime."
    ),
    "evidence.share.padded.many": (
        "The server's share: in {n} distinct shares seen, {count} started with a zero byte and came at the "
        "full length of the prime."
    ),
    "evidence.share.short.one": (
        "The server's share: in {n} distinct share seen, {count} was shorter than the prime, its zero byte "
        "left out."
    ),
    "evidence.share.short.many": (
        "The server's share: in {n} distinct shares seen, {count} came shorter than the prime, the zero byte "
        "left out."
    ),
    "evidence.share.overlong.one": (
        "The server's share: in {n} distinct share seen, {count} was longer than the prime. What Windows "
        "without the fix makes of that is not known."
    ),
    "evidence.share.overlong.many": (
        "The server's share: in {n} distinct shares seen, {count} came longer than the prime. What Windows "
        "without the fix makes of that is not known."
    ),
    "evidence.share.mixed.one": (
        "The server's share: in {n} distinct share seen, zero-led ones came padded {padded} times, short "
        "{short} times and too long {overlong} times. Several machines may answer at this address."
    ),
    "evidence.share.mixed.many": (
        "The server's share: in {n} distinct shares seen, zero-led ones came padded {padded} times, short "
        "{short} times and too long {overlong} times. Several machines may answer at this address."
    ),
    "evidence.share.unobserved.one": (
        "The server's share: one that starts with a zero byte was not observed in {n} distinct share, so "
        "whether it would be padded or short is not known. The chance to see one was {confidence:.0%}."
    ),
    "evidence.share.unobserved.many": (
        "The server's share: one that starts with a zero byte was not observed in {n} distinct shares, so "
        "whether it would be padded or short is not known. The chance to see one was {confidence:.0%}."
    ),
    "evidence.share.inferred": (
        "No share that starts with a zero byte was seen, but the TLS library here was identified as {family} "
        "with high confidence, and that sends such a share short, as measured on other servers."
    ),
    "evidence.share.contradicts": (
        "The TLS library here was identified as {family}, which was measured to write such a share in "
        "another way: the library, or its version, may be another."
    ),
    "evidence.share.not-sampled": (
        "The server's share: none was sampled, so whether one with a zero byte in front would be padded or "
        "short is not known."
    ),
    "evidence.share.reused-short": "A share came on more than one connection, and a short one is among them.",
    "evidence.share.reused-not-short": (
        "A share came on more than one connection and was not seen short: while the server keeps it, it "
        "stays that way, and the next one can differ."
    ),
    "evidence.share.reused.one": (
        "The same share came on more than one connection; {n} distinct share was seen in all."
    ),
    "evidence.share.reused.many": (
        "The same share came on more than one connection; {n} distinct shares were seen in all."
    ),
    "evidence.landing.assumed": (
        "The server accepts {suites}, which Windows without the fix offers. Whether that Windows lands on "
        "DHE here was not tried; it is assumed."
    ),
    "evidence.landing.observed": (
        "Lands on {suite} over TLS {version}, its offer replayed on this server: {clients}."
    ),
    "evidence.landing.depends": ("Whether it has the fix depends on its updates: {clients}."),
    "evidence.locked-out": ("Connects today, and not when the same offer was sent without DHE: {clients}."),
    "evidence.locked-out.let-in": (
        "They offer these suites without DHE, which go with a certificate seen on the server: {suites} "
        "({clients})."
    ),
    "evidence.locked-out.no-suite": (
        "They offer no suite without DHE that goes with a certificate seen on the server: {clients}."
    ),
    "evidence.landing.not-understood": (
        "These names of the inventory are not known here, and count as any Windows: {clients}."
    ),
    "evidence.group.unusual": (
        "The size of the prime is no multiple of 64 bits; Windows is said to refuse some such sizes "
        "altogether, and then fails in every handshake."
    ),
    "evidence.no-ems": ("The server was offered the extended master secret and did not take it."),
    "evidence.landing.named": "The inventory names clients that may be Windows without the fix: {clients}.",
    "evidence.landing.clients-unknown": (
        "The inventory doesn't name the clients of this server, so such a Windows may be among them."
    ),
    "evidence.no-landing.clients": (
        "The inventory names the clients, and none is Windows without the fix: {clients}."
    ),
    "evidence.no-landing.size": (
        "Windows without the fix is expected to fail on the size of the group before it meets a leading zero."
    ),
    "evidence.no-landing.replayed.one": (
        "The {n} offer of a Windows that may lack the fix was replayed, and does not land on DHE."
    ),
    "evidence.no-landing.replayed.many": (
        "All {n} offers of Windows versions that may lack the fix were replayed, and none lands on DHE."
    ),
    "evidence.no-landing.suites": "Windows without the fix offers none of these suites.",
    "evidence.old-versions": (
        "DHE that such a Windows could pick was found over TLS 1.0 or 1.1 only. The reports are about TLS "
        "1.2; that the same happens here is inferred."
    ),
    "evidence.suites.accepted": "DHE suites accepted: {suites}.",
    "evidence.suites.anonymous": "Anonymous suites accepted: {suites}.",
    "evidence.suites.breakable": "Export or single DES suites accepted: {suites}.",
    "evidence.group.named": "The server uses a prime of {bits} bits, {name}.",
    "evidence.group.size": "The server uses a prime of {bits} bits.",
    "evidence.group.not-seen": (
        "The prime behind these suites was not seen, so how often a number starts with a zero byte is not "
        "known."
    ),
    "evidence.group.windows-stops": (
        "The server accepts suites with such a group that Windows without the fix offers; whenever it lands "
        "on one, the handshake fails."
    ),
}
