"""Every server's edit as a row: where its cipher setting is, in which language, and what makes it count.

Sources are the servers' own manuals. `verified` rows were applied to the real server, which was scanned
before and after: tests/peers/test_remedies.py, and it fails where this table claims more than it tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tlsprobe.remedy import server_settings as settings
from tlsprobe.remedy.config_edits import Change

MakeChange = Callable[[tuple[int, ...]], Change]


@dataclass(frozen=True, slots=True)
class Row:
    """One server's edit. `names` are words of an inventory that mean it; `libraries` what it does TLS with.

    `takes_suites`: whether its change can switch suites on; `notes` are the last parts of keys.
    """

    id: str
    software: str
    names: tuple[str, ...]
    libraries: tuple[str, ...]
    file: str
    change: MakeChange
    reload: str
    notes: tuple[str, ...] = ()
    verified: bool = False
    takes_suites: bool = True


ROWS = (
    Row(
        id="nginx",
        software="nginx",
        names=("nginx", "openresty"),
        libraries=("openssl",),
        file="/etc/nginx/nginx.conf",
        change=settings.NGINX.change,
        reload="nginx -t && systemctl reload nginx",
        notes=("other-files", "dhparam"),
        verified=True,
    ),
    # Before Apache: its names are the narrower ones ("Apache Tomcat").
    Row(
        id="java",
        software="Java",
        names=(
            *("java", "jsse", "sunjsse", "jdk", "jre", "openjdk", "tomcat", "jetty", "wildfly", "jboss"),
            *("undertow", "netty", "spring", "glassfish", "payara", "weblogic", "jenkins", "keycloak"),
            *("kafka", "activemq", "zookeeper", "cassandra", "solr", "elasticsearch", "logstash"),
        ),
        libraries=("jsse", "sunjsse", "java"),
        file="/etc/java-17-openjdk/security/java.security",
        change=settings.java_security,
        reload="systemctl restart tomcat10",
        notes=("place", "own-list"),
        verified=True,
        takes_suites=False,
    ),
    Row(
        id="lighttpd",
        software="lighttpd",
        names=("lighttpd",),
        libraries=("openssl",),
        file="/etc/lighttpd/lighttpd.conf",
        change=settings.LIGHTTPD.change,
        reload="lighttpd -tt -f /etc/lighttpd/lighttpd.conf && systemctl restart lighttpd",
        notes=("other-files", "modules"),
        verified=True,
    ),
    Row(
        id="apache",
        software="Apache httpd",
        names=("apache", "httpd", "modssl"),
        libraries=("openssl",),
        file="/etc/apache2/mods-available/ssl.conf",
        change=settings.APACHE.change,
        reload="apachectl configtest && systemctl reload apache2",
        notes=("place", "other-files"),
        verified=True,
    ),
    Row(
        id="haproxy",
        software="HAProxy",
        names=("haproxy",),
        libraries=("openssl",),
        file="/etc/haproxy/haproxy.cfg",
        change=settings.HAPROXY.change,
        reload="haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload haproxy",
        notes=("bind", "dh-param"),
        verified=True,
    ),
    Row(
        id="stunnel",
        software="stunnel",
        names=("stunnel",),
        libraries=("openssl",),
        file="/etc/stunnel/stunnel.conf",
        change=settings.STUNNEL.change,
        reload="systemctl restart stunnel4",
        notes=("services", "not-by-itself"),
        verified=True,
    ),
    Row(
        id="postfix",
        software="Postfix",
        names=("postfix",),
        libraries=("openssl",),
        file="/etc/postfix/main.cf",
        change=settings.postfix,
        reload="postfix check && postfix reload",
        notes=("master", "client"),
        verified=True,
    ),
    Row(
        id="dovecot",
        software="Dovecot",
        names=("dovecot",),
        libraries=("openssl",),
        file="/etc/dovecot/conf.d/10-ssl.conf",
        change=settings.DOVECOT.change,
        reload="doveconf >/dev/null && systemctl reload dovecot",
        notes=("dh",),
        verified=True,
    ),
    Row(
        id="openldap-conf",
        software="OpenLDAP with slapd.conf",
        names=("slapdconf", "openldapconf"),
        libraries=("gnutls",),
        file="/etc/ldap/slapd.conf",
        change=settings.SLAPD_CONF.change,
        reload="slaptest -u && systemctl restart slapd",
        notes=("library",),
        verified=True,
    ),
    Row(
        id="openldap",
        software="OpenLDAP",
        names=("openldap", "slapd"),
        libraries=("gnutls",),
        file="ldapi:///",
        change=settings.slapd_config,
        reload="systemctl restart slapd",
        notes=("entry", "library"),
        verified=True,
    ),
    Row(
        id="postgresql",
        software="PostgreSQL",
        names=("postgresql", "postgres"),
        libraries=("openssl",),
        file="/etc/postgresql/15/main/postgresql.conf",
        change=settings.POSTGRESQL.change,
        reload="systemctl reload postgresql",
        notes=("place", "auto-conf"),
        verified=True,
    ),
    Row(
        id="gnutls",
        software="GnuTLS",
        names=("gnutls", "gnutlsserv"),
        libraries=("gnutls",),
        file="/etc/gnutls/config",
        change=settings.gnutls_config,
        reload="systemctl restart exim4",
        notes=("all-programs", "since"),
        verified=True,
        takes_suites=False,
    ),
    Row(
        id="exim",
        software="Exim",
        names=("exim",),
        libraries=("gnutls",),
        file="/etc/exim4/exim4.conf.template",
        change=settings.EXIM.change,
        reload="update-exim4.conf && systemctl restart exim4",
        notes=("split", "library"),
        verified=True,
    ),
    Row(
        id="nodejs",
        software="Node.js",
        names=("nodejs", "node"),
        libraries=("openssl",),
        file="/etc/default/node",
        change=settings.NODE.change,
        reload="systemctl restart node",
        notes=("place", "own-list"),
        verified=True,
    ),
    Row(
        id="crypto-policies",
        software="crypto-policies",
        names=("cryptopolicies",),
        libraries=("openssl", "gnutls", "nss", "jsse", "sunjsse", "java"),
        file="/etc/crypto-policies/policies/modules/NO-DHE.pmod",
        change=settings.crypto_policy,
        reload="systemctl reboot",
        notes=("where", "own-list"),
        takes_suites=False,
    ),
)
