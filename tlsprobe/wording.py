"""Every sentence that a person reads in a report, under its key. Ids and enums are never translated.

A key stands for one English sentence with named placeholders; where the sentence depends on a number `n`,
`<key>.one` and `<key>.many` stand for its two forms. Translations come from gettext catalogues under
`locale/`, looked up by the English sentence; where there is none, English is said.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DOMAIN = "tlsprobe"
LOCALE_FOLDER = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences in one language."""

    lang: str
    translations: gettext.NullTranslations

    def say(self, key: str, **values: str | int | float) -> str:
        """Return the sentence, its placeholders filled in.

        Raises KeyError for a key that does not exist, and for a placeholder without a value.
        """
        if key not in SENTENCES and f"{key}.one" in SENTENCES:
            n = int(values.pop("n"))
            return self.say_many(f"{key}.one", f"{key}.many", n, **values)
        return self.translations.gettext(SENTENCES[key]).format(**values)

    def say_many(self, key_one: str, key_many: str, n: int, **values: str | int | float) -> str:
        """Return the form of the sentence that the language uses for this number; `n` can be in it."""
        one, many = SENTENCES[key_one], SENTENCES[key_many]
        return self.translations.ngettext(one, many, n).format(n=n, **values)


def wording(lang: str = "en") -> Wording:
    """Return the sentences in this language, in English where there is no catalogue for it."""
    found = gettext.translation(DOMAIN, localedir=LOCALE_FOLDER, languages=[lang], fallback=True)
    return Wording(lang, found)


SENTENCES: Mapping[str, str] = {
    # ---- rules: what is wrong, why that matters, what to do; and what to do about another's server
    "rule.DHE001.title": "The server keeps the leading zeros of the shared secret",
    "rule.DHE001.why": (
        "TLS 1.2 and earlier take the leading zero bytes off the Diffie-Hellman result before keys are "
        "derived from it. This server doesn't do that the way the RFC says, so whenever the result starts "
        "with a zero byte it comes to other keys than its client, and the handshake breaks. That hits every "
        "client which follows the RFC, at random and with no hint in the logs."
    ),
    "rule.DHE001.recommendation": (
        "Update the TLS library of the server to a version that strips the zeros, or switch its DHE suites "
        "off. Before switching them off, check that all clients still connect without DHE."
    ),
    "rule.DHE001.recommendation.not-ours": (
        "Tell the operator of the server. Until it is changed, take DHE suites out of what your own clients "
        "offer to it, after checking that they still connect without DHE."
    ),
    "rule.DHE002.title": "The server refuses a way of writing the client's share that TLS allows",
    "rule.DHE002.why": (
        "A client's share that starts with a zero byte may be sent at the full length of the prime or "
        "without that byte; clients of both kinds are in use. This server refuses one kind, so the clients "
        "that write their share that way fail whenever it happens to start with a zero byte."
    ),
    "rule.DHE002.recommendation": (
        "Update the TLS library of the server; where it is Windows without the fix, install the update for "
        "it. Or switch its DHE suites off, after checking that all clients still connect without DHE."
    ),
    "rule.DHE002.recommendation.not-ours": (
        "Tell the operator of the server. Until it is changed, take DHE suites out of what your own clients "
        "offer to it, after checking that they still connect without DHE."
    ),
    "rule.DHE003.title": "The server sends its share short, which Windows without the fix does not take",
    "rule.DHE003.why": (
        "When this server's share starts with a zero byte, the byte is left out. TLS allows that, but "
        "Windows without the fix ends the handshake there: the share is shorter than the prime, and Schannel "
        "reports that a buffer is too small (0x80090321). To users it is a connection that fails now and "
        "then."
    ),
    "rule.DHE003.recommendation": (
        "Switch the DHE suites of the server off. First check that every client still connects without DHE, "
        "the old Windows versions above all: some share no other suite with some servers. Padding the share "
        "would cure this fault alone, and not the one about the shared secret."
    ),
    "rule.DHE003.recommendation.not-ours": (
        "Take the DHE suites out of the cipher suite order of the Windows machines that have no fix, by "
        "group policy, or upgrade those machines. First check that they still connect without DHE. Tell the "
        "operator of the server as well."
    ),
    "rule.DHE004.title": "Windows without the fix can negotiate DHE here, and then fails now and then",
    "rule.DHE004.why": (
        "Microsoft reports that Windows without the fix may compute a wrong MAC when there are leading zeros "
        "in a DHE handshake; the connection is then forcibly closed. Windows 7, 8, 8.1, Server 2008 R2, "
        "2012, 2012 R2 and Windows 10 1507 have no fix, Windows 10 1607 and Server 2016 have it since an "
        "update of February 2020. How the server writes its share makes no difference to this."
    ),
    "rule.DHE004.recommendation": (
        "Nothing on the server cures this while DHE is negotiated. Switch the DHE suites of the server off, "
        "or take them out of the cipher suite order of the Windows machines without the fix. Before either, "
        "check that the clients still connect without DHE: some may share no other suite with the server."
    ),
    "rule.DHE004.recommendation.not-ours": (
        "Take the DHE suites out of the cipher suite order of the Windows machines that have no fix, by "
        "group policy, or upgrade those machines. First check that they still connect without DHE."
    ),
    "rule.DHE005.title": "The server accepts DHE",
    "rule.DHE005.why": (
        "No Windows without the fix is expected to meet the leading-zero faults on this server as it is. "
        "That rests on what is known of its clients, suites and groups today, and ends when one of these "
        "changes."
    ),
    "rule.DHE005.recommendation": (
        "Plan to switch the DHE suites off; ECDHE gives forward secrecy without these faults. Before that, "
        "check that all clients still connect without DHE."
    ),
    "rule.DHE005.recommendation.not-ours": (
        "Nothing needs to be done on your side now. Keep Windows machines without the fix from being added "
        "to the clients of this server, or take DHE suites out of what they offer."
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
        "Switch the DHE suites off, after checking that all clients still connect without DHE. Where DHE "
        "must stay, use a published group of 2048 to 4096 bits; Windows without the fix can then negotiate "
        "DHE again, and has the leading-zero faults."
    ),
    "rule.DHE007.recommendation.not-ours": (
        "Tell the operator of the server. Clients that fail on the group connect only where DHE is taken out "
        "of what they offer; check that they still connect without DHE."
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
        "Update the TLS library of the server to one with the extended master secret (RFC 7627), or switch "
        "its DHE suites off, after checking that all clients still connect without DHE."
    ),
    "rule.DHE009.recommendation.not-ours": (
        "Tell the operator of the server. Until it is changed, take DHE suites out of what the Windows "
        "clients offer, after checking that they still connect without DHE."
    ),
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
    "rule.not-active": "not checked yet: it needs to know what each client negotiates with the server",
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
    # ---- status: why a server was not assessed, or not in all respects
    "status-reason.refused": "The connection was refused; no service listens there, or a firewall answered.",
    "status-reason.timeout": "No answer came in time.",
    "status-reason.reset": "The connection was reset before TLS began.",
    "status-reason.dns": "The name has no address in DNS.",
    "status-reason.no-route": "There is no route to the address.",
    "status-reason.not-tls": "Something answers there, but it doesn't speak TLS.",
    "status-reason.closed": "The server closed the connection before TLS began.",
    "status-reason.client-certificate-required": (
        "The server completes no handshake without a client certificate, and none was given."
    ),
    "status-reason.flapping": (
        "The server answered some connections and not others, so what it refused proves nothing."
    ),
    "status-reason.deadline": "The time set for one server ran out before all was asked.",
    "status-reason.starttls-not-supported": (
        "How TLS is started in this protocol is not built into tlsprobe yet."
    ),
    "status-reason.starttls-not-offered": "The server doesn't offer to start TLS in its protocol.",
    "status-reason.starttls-failed": "The server broke its protocol when TLS was to be started.",
    "status-reason.starttls-refused": "The server offers to start TLS, but refused to when asked.",
    "status-reason.control-failed": (
        "An ordinary handshake failed as well, so nothing can be concluded from the others."
    ),
    "status-reason.dhe-incomplete": (
        "The list of DHE suites may have gaps: asking did not end in a clear refusal of the rest."
    ),
    "status-reason.zeros-inconclusive": "The handshakes with a leading zero gave no clear answer.",
    "status-reason.zeros-untestable": "The handshakes with a leading zero could not be made.",
    "status-reason.silent": "The server took the connection and then sent nothing.",
    "status-reason.malformed": "The server sent something that breaks the rules of TLS.",
    "status-reason.excluded": "Left out on request: it stands on the list of what must not be scanned.",
    "status-reason.interrupted": "The scan was interrupted before it was done with this server.",
    "status-reason.internal-error": (
        "A fault in tlsprobe itself ended the scan of this server; please report it."
    ),
    "status-reason.no-file-descriptors": (
        "The system allows no more open files, so no connection could be made; raise the limit or use fewer "
        "connections at a time."
    ),
    "status-reason.not-scanned": "The run ended before its turn came.",
    # ---- why the handshakes with a leading zero could not be made
    "zeros-reason.cipher": "The DHE suites accepted use a cipher that tlsprobe has no implementation of.",
    "zeros-reason.psk": "The DHE suites accepted need a pre-shared key.",
    "zeros-reason.no-exponent": (
        "No exponent was found that leads to a leading zero; the group may have a very small subgroup."
    ),
    "zeros-reason.group-too-large": "The prime is too large to compute with in reasonable time.",
    "zeros-reason.group-too-small": "The prime is too small for the question to make sense.",
    "zeros-reason.p-even": "What the server sends as its prime is an even number.",
    "zeros-reason.share-out-of-range": "The server's share is not a number that a client may accept.",
    "zeros-reason.generator-out-of-range": "The server's generator is not a number that a client may accept.",
    "zeros-reason.client-certificate-signature": (
        "The server asks for a client certificate, and the one given can't sign in a way that it accepts."
    ),
    "zeros-reason.other": "The reason is: {reason}.",
    # ---- report: the page and the terminal: first screen
    "report.headline.some.one": "{n} of {total} servers is likely to drop connections of old Windows clients",
    "report.headline.some.many": (
        "{n} of {total} servers are likely to drop connections of old Windows clients"
    ),
    "report.headline.none": "No server was found that drops connections of old Windows clients",
    "report.headline.nothing": "No server could be assessed",
    "report.lede.worst": "At worst about {count} in 10,000 full handshakes over DHE fail, on {server}.",
    "report.lede.worst-every": "At worst every full handshake over DHE fails, on {server}.",
    "report.lede.every-client.one": (
        "On {n} server it happens with every client that follows the standard, not only with Windows."
    ),
    "report.lede.every-client.many": (
        "On {n} servers it happens with every client that follows the standard, not only with Windows."
    ),
    "report.lede.gaps.one": (
        "{n} server was not assessed in full: what was not found there may still be there."
    ),
    "report.lede.gaps.many": (
        "{n} servers were not assessed in full: what was not found there may still be there."
    ),
    "report.lede.bad-rows.one": "{n} row of the inventory could not be used.",
    "report.lede.bad-rows.many": "{n} rows of the inventory could not be used.",
    "report.skip": "Go to the list of servers",
    "report.summary.bar": "Share of servers by their worst severity",
    "report.summary.tiles": "Number of servers by their worst severity",
    "report.footer": (
        "Made by tlsprobe {version} from the journal of the run. The page loads nothing and runs no script."
    ),
    # ---- report: words for values
    "report.yes": "yes",
    "report.no": "no",
    "report.unknown": "not known",
    "report.with-detail": "{said} ({detail})",
    "report.time": "{milliseconds:.0f} ms",
    "report.effort.one": "{n} connection in {seconds:.1f} s",
    "report.effort.many": "{n} connections in {seconds:.1f} s",
    "report.version": "TLS {version}",
    "report.digest.no-dhe": "The server accepts no DHE suite, so it can't have this fault.",
    "report.digest.none": "Nothing was found.",
    "report.digest.not-known": "Not enough was found out to say whether it has this fault.",
    "report.severity.critical": "Critical",
    "report.severity.high": "High",
    "report.severity.medium": "Medium",
    "report.severity.low": "Low",
    "report.severity.info": "Info",
    "report.severity.none": "None",
    "report.severity.not-assessed": "Not known",
    "report.status.assessed": "Assessed",
    "report.status.partly-assessed": "Partly assessed",
    "report.status.no-tls": "No TLS",
    "report.status.unreachable": "Unreachable",
    "report.status.untestable": "Untestable",
    "report.status.excluded": "Excluded",
    "report.status.not-scanned": "Not scanned",
    "report.confidence.observed": "Observed on this server",
    "report.confidence.inferred": "Inferred from something else that is known",
    "report.confidence.reported": "Reported by a vendor",
    "report.fix.server": "On the server",
    "report.fix.client": "On the clients",
    "report.fix.both": "On both sides",
    "report.fix.add-suite-first": "On the server, after adding a suite",
    "report.fix.update-server": "By an update of the server",
    "report.fix.unknown": "Not known yet",
    "report.fix.none": "Nowhere",
    "report.rate.unknown": "not known",
    "report.rate.none": "none",
    "report.rate.every": "every handshake",
    "report.rate.some": "{count} in 10,000",
    "report.suites.none": "no DHE",
    "report.suites.at-least": "{count} or more",
    "report.share.padded": "padded",
    "report.share.short": "short",
    "report.share.overlong": "too long",
    "report.share.mixed": "padded and short",
    "report.share.unobserved": "not observed in {count}",
    "report.share.not-sampled": "not sampled",
    "report.share.and-reused": "{said}; reused",
    "report.share.deciding": (
        "A share that decided: {length} bytes where the prime has {of}, beginning {start}"
    ),
    "report.zeros.stripped": "stripped",
    "report.zeros.kept": "kept",
    "report.zeros.both": "both ways taken",
    "report.zeros.neither": "neither way taken",
    "report.zeros.mixed": "answers changed",
    "report.zeros.inconclusive": "no clear answer",
    "report.zeros.untestable": "could not be tried",
    "report.zeros.not-asked": "not asked",
    "report.form.accepted": "accepted",
    "report.form.refused": "refused",
    "report.form.mixed": "answers changed",
    "report.form.inconclusive": "no clear answer",
    "report.form.untestable": "could not be tried",
    "report.order.server": "In the order of the server, which decides.",
    "report.order.client": (
        "The client's order decides, so the places below are those of the hello that asked."
    ),
    "report.order.unknown": "As the server took them; whose order decides is not known.",
    # ---- report: columns and sections of the page
    "report.note-link": "What {what} means",
    "report.column.server": "Server",
    "report.column.severity": "Severity",
    "report.column.rate": "Handshakes that fail",
    "report.column.suites": "DHE suites",
    "report.column.group": "Group",
    "report.column.share": "Server's share",
    "report.column.zeros": "Zeros of the secret",
    "report.column.status": "Status",
    "report.part.survey": "Survey by sslyze",
    "report.survey.versions": "Versions accepted: {versions}.",
    "report.survey.suites.one": "{n} cipher suite accepted: {names}.",
    "report.survey.suites.many": "{n} cipher suites accepted: {names}.",
    "report.survey.certificate": (
        "Certificate: {subject}, issued by {issuer}, {public_key}, valid until {until}."
    ),
    "report.survey.agrees": "Its DHE suites are the ones found here.",
    "report.survey.only-here": "Disagreement: found here, and not by sslyze: {names}.",
    "report.survey.only-sslyze": "Disagreement: found by sslyze, and not here: {names}.",
    "report.survey.error": "Not complete: {error}.",
    "report.section.servers": "Servers, the worst first",
    "report.section.servers.hint": "Raised numbers lead to notes at the end that explain the column.",
    "report.section.servers.empty": "No server answered in TLS.",
    "report.section.details": "What was found, server by server",
    "report.section.details.hint": (
        "Each opens to its findings, what was sent and what came back, and what could not be found out."
    ),
    "report.section.others": "Not assessed",
    "report.section.others.hint": "Nothing is known of these, good or bad.",
    "report.section.bad-rows": "Rows of the inventory that could not be used",
    "report.section.bad-rows.hint": (
        "Put them right in the inventory and scan again; all other rows were taken."
    ),
    "report.section.run": "This run",
    "report.section.notes": "What the columns and words mean",
    "report.part.findings": "Findings",
    "report.part.inventory": "From the inventory",
    "report.part.forced": "Forced handshakes",
    "report.part.forced.hint": (
        "The client chose its exponent so that a number starts with exactly one zero byte, with ordinary "
        "handshakes before and after as the control."
    ),
    "report.part.suites": "DHE suites taken",
    "report.part.groups": "Groups",
    "report.part.shares": "The server's shares",
    "report.part.gaps": "What could not be found out",
    "report.finding.rate": "This finding alone: {rate}",
    "report.finding.evidence": "Evidence",
    "report.finding.recommendation": "What to do",
    "report.finding.sources": "Sources:",
    "report.fact.status": "Status",
    "report.fact.address": "Address",
    "report.fact.scanned": "Scanned",
    "report.fact.effort": "Effort",
    "report.fact.extended-master-secret": "Extended master secret",
    "report.fact.line": "Line of the inventory",
    "report.fact.short-client-share": "Client's share sent short",
    "report.fact.padded-client-share": "Client's share sent padded",
    "report.fact.fix": "Where to fix",
    "report.others.reason": "Reason",
    "report.others.line": "Line",
    "report.bad-row.column": "Column",
    "report.bad-row.value": "What stands there",
    "report.bad-row.message": "What to do",
    "report.bad-row.whole": "the whole row",
    "report.run.id": "Run",
    "report.run.tool": "Tool",
    "report.run.who": "Who",
    "report.run.user-on-host": "{user} on {host}",
    "report.run.started": "Started",
    "report.run.finished": "Finished",
    "report.run.unfinished": "not finished",
    "report.run.inventory": "Inventory",
    "report.run.sha256": "SHA-256 of the inventory",
    "report.run.command": "Command",
    "report.run.flags": "Flags",
    "report.run.excluded": "Excluded",
    "report.run.notices": "About the inventory",
    # ---- report: evidence as tables
    "report.forced.with": "Over TLS {version} with {suite} ({code}), hello of the form {form}.",
    "report.forced.asked": "Question",
    "report.forced.sent": "Client's share as sent",
    "report.forced.secret": "Secret as used begins",
    "report.forced.answer": "What came back",
    "report.forced.time": "Time",
    "report.forced.share": "{length} of {of} bytes",
    "report.forced.warnings": "{said}; warning alerts before that: {alerts}",
    "report.question.control": "Control: an ordinary handshake",
    "report.question.z-stripped": "Secret with a zero in front, taken off",
    "report.question.z-kept": "Secret with a zero in front, left in",
    "report.question.yc-short": "Client's share with a zero in front, left out",
    "report.question.yc-padded": "Client's share with a zero in front, sent",
    "report.outcome.completed": "handshake completed",
    "report.outcome.came-to": "came to {step}, as it was meant to",
    "report.outcome.alert": "fatal alert {name} ({number}) after {step}",
    "report.outcome.close-notify": "the server said goodbye after {step}",
    "report.outcome.closed": "connection closed after {step}",
    "report.outcome.reset": "connection reset after {step}",
    "report.outcome.silent": "no answer after {step}",
    "report.outcome.not-tls": "something other than TLS after {step}",
    "report.outcome.malformed": "a malformed message after {step}",
    "report.outcome.untestable": "could not be tried: {why}",
    "report.step.client-hello": "the ClientHello",
    "report.step.server-hello": "the ServerHello",
    "report.step.server-key-exchange": "the ServerKeyExchange",
    "report.step.server-hello-done": "the ServerHelloDone",
    "report.step.client-finished": "the client's Finished",
    "report.step.server-finished": "the server's Finished",
    "report.suite.place": "Place",
    "report.suite.code": "Code",
    "report.suite.name": "IANA name",
    "report.group.size": "Bits",
    "report.group.name": "Name",
    "report.group.p": "Prime as sent",
    "report.group.g": "Generator as sent",
    "report.group.safe-prime": "Safe prime",
    "report.group.probability": "Starts with a zero",
    "report.group.bits": "{bits} bits",
    "report.group.unnamed": "none that is published",
    "report.group.not-tested": "not tested",
    "report.group.prime.one": "{n} byte, {start}",
    "report.group.prime.many": "{n} bytes, {start}",
    "report.group.generator.one": "{n} byte, value {value}",
    "report.group.generator.many": "{n} bytes, value {value}",
    "report.group.one-in": "1 in {one_in:.4g}",
    "report.gap.safe-prime": (
        "Whether every prime is a safe one was not tested: a test takes too long at that size."
    ),
    "report.gap.extended-master-secret": (
        "Whether the server has the extended master secret was not asked in a way that gave an answer."
    ),
    "report.gap.landing": (
        "Which suite each version of Windows would negotiate here was not tried, with DHE or without."
    ),
    # ---- report: notes at the end of the page
    "report.note.rate.term": "Handshakes that fail",
    "report.note.rate.text": (
        "How many of 10,000 full handshakes over DHE are expected to fail, for the clients that are hit "
        "worst. It is computed from the prime that the server sent: a number below that prime starts with a "
        "zero byte about once in 256 times for most primes, and more often for some. Resumed sessions and "
        "handshakes without DHE don't count. “Not known” is not “none”."
    ),
    "report.note.severity.term": "Severity",
    "report.note.severity.text": (
        "The worst finding of the server. “None” stands only where everything was asked and nothing found; "
        "where something is missing it says “Not known”."
    ),
    "report.note.status.term": "Status",
    "report.note.status.text": (
        "How far the scan of the server came. It says nothing of how good the server is."
    ),
    "report.note.suites.term": "DHE suites",
    "report.note.suites.text": (
        "Suites with ephemeral finite-field Diffie-Hellman that the server took in TLS 1.0 to 1.2, each "
        "counted once. TLS 1.3 and elliptic curves do not have this fault."
    ),
    "report.note.group.term": "Group",
    "report.note.group.text": (
        "The size of the prime as a number. Zeros in front of it, as some servers send them, don't count."
    ),
    "report.note.share.term": "Server's share",
    "report.note.share.text": (
        "How the server wrote its Diffie-Hellman number when that started with a zero byte: padded to the "
        "length of the prime, short (the zero left out), or too long (a sign byte in front). It can't be "
        "forced, only waited for. “Reused” means that the same number came on more than one connection."
    ),
    "report.note.not-observed.term": "Not observed in n",
    "report.note.not-observed.text": (
        "Among n different shares none started with a zero byte, so nothing is known of how the server would "
        "write it. It does not mean that all is well: of a server that sends short shares, 256 leave a "
        "chance of more than one in three not to see any, 1,177 still a chance of one in a hundred."
    ),
    "report.note.zeros.term": "Zeros of the secret",
    "report.note.zeros.text": (
        "What the server does when the shared secret starts with a zero byte. TLS 1.2 says that it is "
        "stripped before keys are made. A server that keeps it fails with every client that follows the "
        "standard. One that strips it is right, and still meets the fault that Microsoft reports for old "
        "Windows."
    ),
    "report.note.client-share.term": "Client's share, short and padded",
    "report.note.client-share.text": (
        "Whether the server takes a client's number that starts with a zero byte, with that byte left out "
        "and with it sent. Clients of both kinds exist, so a server has to take both."
    ),
    "report.note.confidence.term": "Observed, inferred, reported",
    "report.note.confidence.text": (
        "Where a finding's knowledge comes from: seen on this very server, concluded from something else "
        "that is known, or stated by a vendor."
    ),
    "report.note.limits.term": "What was not tried",
    "report.note.limits.text": (
        "No Windows machine takes part in a scan. That an old Windows negotiates DHE with a server is "
        "assumed where the server takes a suite that it offers. Whoever ends TLS gives the answers: behind a "
        "load balancer or a proxy that is not the server named here, and several machines behind one address "
        "may differ."
    ),
    # ---- report: the terminal
    "report.terminal.more.one": "{n} more is in the reports.",
    "report.terminal.more.many": "{n} more are in the reports.",
    "report.terminal.written": "Written: {path}",
    "report.terminal.bad-row": "line {line}, {column}: {message}",
    "report.terminal.suites": "DHE suites",
    "report.terminal.group": "Group",
    "report.terminal.share": "Server's share",
    "report.terminal.zeros": "Secret's zeros",
    "report.terminal.client-share": "Client's share",
    "report.terminal.forms": "short {short}, padded {padded}",
    "report.terminal.rate": "Failures",
    "report.terminal.recommendation": "What to do",
    "report.terminal.gaps": "Not found out",
}
