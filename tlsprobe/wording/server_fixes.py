"""Edits on servers: where they go, how to apply and undo them.

Each edit has `apply` and `undo`, which take the file.
"""

from __future__ import annotations

_LINE = (
    "The command puts the exclusion of DHE behind the cipher value that {file} has, or the line in where it "
    "has none. A copy stays beside it. After that, reload."
)
_UNDO = "The copy beside {file} is put back. After that, reload."
_LIBRARY = (
    "The value is in the language of the TLS library. Debian's is built with GnuTLS; with OpenSSL, as on "
    "Red Hat, it is a cipher string that ends in :!kDHE:!DHE."
)

SENTENCES: dict[str, str] = {
    # ---- for suites that are added at the same time
    "fix.server.add.at-the-end": (
        "The suites that old clients need are put at the end, so that others are preferred. A suite that the "
        "value forbids with an exclamation mark stays forbidden: take that word out."
    ),
    "fix.server.add.elsewhere": (
        "This edit only takes away. The suites that old clients need have to be allowed in the application's "
        "own list of suites, if it has one."
    ),
    # ---- nginx
    "fix.server.nginx.apply": (
        "The command puts the exclusion of DHE behind every ssl_ciphers in {file}, or a line into its http "
        "section where there is none. A copy stays beside it. After that, reload."
    ),
    "fix.server.nginx.undo": _UNDO,
    "fix.server.nginx.note.other-files": (
        "An ssl_ciphers inside a server section counts more than the one of http: look for others with grep "
        "-rn ssl_ciphers /etc/nginx, and run the command on those files too. In sites-enabled every file is "
        "read, the copy as well: move it elsewhere before the reload."
    ),
    "fix.server.nginx.note.dhparam": (
        "Since nginx 1.11.0 there is no DHE without ssl_dhparam: taking those lines out everywhere does the "
        "same. With the exclusion they no longer do anything, and can go."
    ),
    # ---- Apache
    "fix.server.apache.apply": _LINE,
    "fix.server.apache.undo": _UNDO,
    "fix.server.apache.note.place": (
        "On Red Hat and its kin the file is /etc/httpd/conf.d/ssl.conf, and the service is httpd."
    ),
    "fix.server.apache.note.other-files": (
        "An SSLCipherSuite of a virtual host counts more: look for others with grep -rni sslciphersuite "
        "/etc/apache2, and run the command on those files too. Lines that begin with SSLCipherSuite TLSv1.3 "
        "have no DHE and are left alone."
    ),
    # ---- HAProxy
    "fix.server.haproxy.apply": (
        "The command puts the exclusion of DHE behind ssl-default-bind-ciphers and behind the ciphers of "
        "each bind line in {file}; where there is no default, a line goes into the global section. A copy "
        "stays beside it. After that, reload."
    ),
    "fix.server.haproxy.undo": _UNDO,
    "fix.server.haproxy.note.bind": (
        "The ciphers of a bind line count more than the default. Those in a crt-list file are not edited: "
        "add :!kDHE:!DHE there by hand."
    ),
    "fix.server.haproxy.note.dh-param": (
        "Since HAProxy 2.6 there is no DHE unless tune.ssl.default-dh-param, ssl-dh-param-file or parameters "
        "in the certificate's file ask for it; with the exclusion those can go."
    ),
    # ---- lighttpd
    "fix.server.lighttpd.apply": (
        "The command puts the exclusion of DHE behind CipherString in {file}, or a CipherString into the "
        "ssl-conf-cmd that is there, or a line at the end where there is none. A copy stays beside it. After "
        "that, restart."
    ),
    "fix.server.lighttpd.undo": _UNDO,
    "fix.server.lighttpd.note.other-files": (
        "The list of a socket counts more than the one of the file: look for others with grep -rn "
        "ssl-conf-cmd /etc/lighttpd, and run the command on those files."
    ),
    "fix.server.lighttpd.note.modules": (
        "This is for mod_openssl alone. With mod_nss it changes nothing, with mod_gnutls and mod_mbedtls "
        "lighttpd does not start: those need a list of suites by name, without the ones with DHE in it. For "
        "mod_gnutls, GnuTLS's own configuration does it too."
    ),
    # ---- stunnel
    "fix.server.stunnel.apply": _LINE,
    "fix.server.stunnel.undo": _UNDO,
    "fix.server.stunnel.note.services": (
        "What stands above the first service in brackets holds for all; a service's own ciphers counts more. "
        "Debian reads every file in /etc/stunnel that ends in .conf."
    ),
    "fix.server.stunnel.note.not-by-itself": (
        "Current versions have no DHE unless ciphers asks for it: taking that line out does the same."
    ),
    # ---- Postfix
    "fix.server.postfix.apply": (
        "The command adds kDHE and DHE to smtpd_tls_exclude_ciphers in {file}, with Postfix's own postconf. "
        "A copy stays beside it. After that, reload."
    ),
    "fix.server.postfix.undo": _UNDO,
    "fix.server.postfix.note.master": (
        "A service in master.cf that is started with -o smtpd_tls_exclude_ciphers=… has a list of its own: "
        "add kDHE and DHE there too."
    ),
    "fix.server.postfix.note.client": (
        "It is for mail that comes in. What Postfix offers when it sends is in smtp_tls_exclude_ciphers."
    ),
    # ---- Dovecot
    "fix.server.dovecot.apply": _LINE,
    "fix.server.dovecot.undo": _UNDO,
    "fix.server.dovecot.note.dh": (
        "Since Dovecot 2.3 there is no DHE without ssl_dh: with the exclusion that line can go. For IMAP or "
        "POP3 with STARTTLS, add -starttls imap or -starttls pop3 when checking by hand."
    ),
    # ---- OpenLDAP
    "fix.server.openldap.apply": (
        "The command puts the exclusion of DHE behind olcTLSCipherSuite of cn=config, or sets it where it is "
        "not set, over {file} and as root on the server itself. It counts at once for new connections; a "
        "restart makes sure."
    ),
    "fix.server.openldap.undo": (
        "The command takes the exclusion off olcTLSCipherSuite again, over {file}. Where it was not set "
        "before, it stays with the value that is the default."
    ),
    "fix.server.openldap.note.entry": (
        "It needs ldap-utils, and root's right to manage cn=config, which Debian's package gives. Where "
        "slapd reads a slapd.conf, the setting is TLSCipherSuite in that file."
    ),
    "fix.server.openldap.note.library": _LIBRARY,
    "fix.server.openldap-conf.apply": (
        "The command puts the exclusion of DHE behind TLSCipherSuite in {file}, or a line at its top where "
        "there is none. A copy stays beside it. After that, restart."
    ),
    "fix.server.openldap-conf.undo": _UNDO,
    "fix.server.openldap-conf.note.library": _LIBRARY,
    # ---- PostgreSQL
    "fix.server.postgresql.apply": _LINE,
    "fix.server.postgresql.undo": _UNDO,
    "fix.server.postgresql.note.place": (
        "The folder has the version and the cluster in it. Elsewhere the file is in the data folder; SHOW "
        "config_file tells."
    ),
    "fix.server.postgresql.note.auto-conf": (
        "What ALTER SYSTEM wrote counts more: SHOW ssl_ciphers has to end in :!kDHE:!DHE."
    ),
    # ---- Java
    "fix.server.java.apply": (
        "The command puts DHE and DH_anon in front of jdk.tls.disabledAlgorithms in {file}, or a whole line "
        "in where there is none. A copy stays beside it. After that, restart the application."
    ),
    "fix.server.java.undo": _UNDO,
    "fix.server.java.note.place": (
        "It holds for everything that this Java runs. Outside Debian the file is conf/security/java.security "
        "under JAVA_HOME, for Java 8 jre/lib/security/java.security. For one application alone, put the line "
        "into a file of its own and start it with -Djava.security.properties= and that file."
    ),
    "fix.server.java.note.own-list": (
        "Tomcat, Jetty and others have a list of ciphers as well; what is disabled here is off whatever that "
        "says. An application that does TLS with OpenSSL, as Tomcat can, does not look here."
    ),
    # ---- GnuTLS as a whole
    "fix.server.gnutls.apply": (
        "The command puts the section into {file}, which it makes where there is none. A copy of what was "
        "there stays beside it. After that, restart the application."
    ),
    "fix.server.gnutls.undo": _UNDO,
    "fix.server.gnutls.note.all-programs": (
        "It holds for every program on this machine that uses GnuTLS, as server or client, whatever its own "
        "priority string says. For one program alone, its priority string gets :-DHE-RSA:-DHE-DSS:-ANON-DH "
        "at the end."
    ),
    "fix.server.gnutls.note.since": (
        "For GnuTLS 3.6.9 and later. Where the file says override-mode = allowlist, as on Red Hat and "
        "Fedora, it belongs to crypto-policies and this section does not work: use a policy module there."
    ),
    # ---- Exim
    "fix.server.exim.apply": (
        "The command puts the exclusion of DHE behind tls_require_ciphers in {file}, or a line at its top "
        "where there is none. A copy stays beside it. After that, restart."
    ),
    "fix.server.exim.undo": _UNDO,
    "fix.server.exim.note.split": (
        "Debian makes Exim's configuration from this file, or from those in /etc/exim4/conf.d where it is "
        "split: then the line goes into a new file in /etc/exim4/conf.d/main. Elsewhere the file is "
        "/etc/exim/exim.conf."
    ),
    "fix.server.exim.note.library": _LIBRARY,
    # ---- Node.js
    "fix.server.nodejs.apply": (
        "The command puts the exclusion of DHE behind --tls-cipher-list in {file}, or the option in where it "
        "is not set. A copy stays beside it. After that, restart the application."
    ),
    "fix.server.nodejs.undo": _UNDO,
    "fix.server.nodejs.note.place": (
        "The file is the one that EnvironmentFile= of the service names; there is none by that name unless "
        "somebody made it."
    ),
    "fix.server.nodejs.note.own-list": (
        "Options in the program count more: a ciphers there gets :!kDHE:!DHE at its end, and without dhparam "
        "there is no DHE at all."
    ),
    # ---- crypto-policies
    "fix.server.crypto-policies.apply": (
        "The command writes {file} and adds the module to the policy in force. After that, restart what does "
        "TLS, or the machine."
    ),
    "fix.server.crypto-policies.undo": (
        "The module is taken out of the policy in force, and {file} is removed. After that, restart what "
        "does TLS, or the machine."
    ),
    "fix.server.crypto-policies.note.where": (
        "For Red Hat Enterprise Linux 8 and later, Fedora and their kin, all libraries at once. It was not "
        "tried here."
    ),
    "fix.server.crypto-policies.note.own-list": (
        "A server with a cipher list of its own, other than PROFILE=SYSTEM or the like, does not follow the "
        "policy: it needs its own edit."
    ),
}
