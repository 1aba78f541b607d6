"""Why something was not assessed, or could not be tried."""

from __future__ import annotations

SENTENCES = {
    # ---- status: why a server was not assessed, or not in all respects
    "status-reason.refused": "The connection was refused; no service listens there, or a firewall answered.",
    "status-reason.timeout": "No answer came in time.",
    "status-reason.busy": "The server said that it has too many connections, again and again.",
    "status-reason.proxy-unreachable": "The proxy could not be reached.",
    "status-reason.proxy-refused": "The proxy did not let the connection through.",
    "status-reason.proxy-authentication": "The proxy wants another user or password.",
    "status-reason.proxy-failed": "The proxy broke its protocol.",
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
    "status-reason.suites-only": (
        "No more than the DHE suites was asked (--suites-only). What the server does with a leading zero, "
        "and who lands on DHE, takes a full scan."
    ),
    "status-reason.landings-unclear": "What some of the clients would negotiate could not be found out.",
    "status-reason.zeros-inconclusive": "The handshakes with a leading zero gave no clear answer.",
    "status-reason.zeros-untestable": "The handshakes with a leading zero could not be made.",
    "status-reason.silent": "The server took the connection and then sent nothing.",
    "status-reason.malformed": "The server sent something that breaks the rules of TLS.",
    "status-reason.over-limit": "The server sent more than any server has to send.",
    "status-reason.not-offered": "The server chose what it had not been offered.",
    "status-reason.budget": "As many connections were made to the server as a scan may make at most.",
    "status-reason.endless-groups": (
        "The server shows one group after another, more than any server has; it was asked nothing more."
    ),
    "status-reason.several-servers": (
        "Servers that differ answer in turn at this address, so what one does proves nothing about another; "
        "scan each at an address of its own."
    ),
    "status-reason.too-many-addresses": "The name has more addresses than one name is scanned at.",
    "status-reason.excluded": "Left out on request: it stands on the list of what must not be scanned.",
    "status-reason.interrupted": "The scan was interrupted before it was done with this server.",
    "status-reason.worker-lost": (
        "Each process that scanned this server was lost, three times in a row; try --retry untestable."
    ),
    "status-reason.until": (
        "Its turn did not come: the scan could not have been done before the time set for the end of the run "
        "(--until). --resume goes on with it."
    ),
    "status-reason.window-closed": (
        "Its change window was not open, or not for long enough, while the run went on. --resume goes on "
        "with it once the window is open."
    ),
    "status-reason.internal-error": (
        "A fault in tlsprobe itself ended the scan of this server; please report it."
    ),
    "status-reason.no-file-descriptors": (
        "The system allows no more open files, so no connection could be made; raise the limit or use fewer "
        "connections at a time."
    ),
    "status-reason.line-lost": (
        "The run was finished, but its journal has no line of this server: it was shortened, or damaged."
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
}
