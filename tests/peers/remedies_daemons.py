"""Mail, directory and database servers to try the edits on; remedies.py has the web servers."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from tests.peers.install import exim_binary
from tests.peers.remedies import GNUTLS_LIMITED, GNUTLS_VALUE, OPENSSL_LIMITED, Subject, setting
from tlsprobe.demo.stack import Launch, Site, needs
from tlsprobe.inventory import StartTls


def needs_root(*programs: str, debian: str) -> Callable[[], str | None]:
    """A `missing` for servers that change to accounts of their own."""
    installed = needs(*programs, debian=debian)
    not_root = f"{programs[0]} starts as root only"
    return lambda: installed() or (not_root if os.geteuid() else None)


def own_folder(site: Site, account: str) -> Path:
    """A folder of this account's with copies of the key and the certificate, which it may not read else."""
    folder = site.workdir / account
    folder.mkdir()
    shutil.copy(site.pair.key, folder / "key")
    shutil.copy(site.pair.certificate, folder / "certificate")
    if not os.geteuid():
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, account, pwd.getpwnam(account).pw_gid)
    return folder


def write_postfix(site: Site, excluded: str | None) -> str:
    """Only the services that a STARTTLS takes. `excluded` are ciphers that are excluded already."""
    queue, data = site.workdir / "queue", site.workdir / "data"
    for folder in ("public", "private", "pid", "active", "incoming", "maildrop"):
        (queue / folder).mkdir(parents=True, exist_ok=True)
    data.mkdir(exist_ok=True)
    for owned in (data, *queue.iterdir()):
        shutil.chown(owned, "root" if owned.name == "pid" else "postfix")
    site.write(
        "master.cf",
        f"""\
{site.address}:{site.port} inet n - n - - smtpd
tlsmgr unix - - n - 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
""",
    )
    limits = ("high", "medium") if excluded == "limited" else ()
    text = f"""\
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
myhostname = mail.demo.test
mydestination =
# TLS parameters
smtpd_tls_cert_file = {site.pair.certificate}
smtpd_tls_key_file = {site.pair.key}
smtpd_tls_security_level = may
{setting("smtpd_tls_exclude_ciphers = {},", excluded if not limits else None)}
  {"MD5" if excluded and not limits else ""}
"""
    text += "".join(f"tls_{grade}_cipherlist = {OPENSSL_LIMITED}\n" for grade in limits)
    return str(site.write("main.cf", text))


def launch_postfix(site: Site) -> Launch:
    """Each of its programs waits for a main.cf that is younger than a second: this one looks older."""
    long_ago = (site.workdir / "main.cf").stat().st_mtime - 60
    os.utime(site.workdir / "main.cf", (long_ago, long_ago))
    return Launch(["/usr/lib/postfix/sbin/master", "-d", "-c", site.workdir])


def write_dovecot(site: Site, ciphers: str | None) -> str:
    site.write(
        "dovecot.conf",
        f"""\
base_dir = {site.workdir}/run
state_dir = {site.workdir}/state
log_path = /dev/stderr
protocols = imap
listen = {site.address}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {site.port}
    ssl = yes
  }}
}}
service stats {{
  chroot =
}}
!include ssl.conf
""",
    )
    text = f"""\
ssl = required
ssl_cert = <{site.pair.certificate}
ssl_key = <{site.pair.key}
ssl_dh = <{site.credentials.dh_files["rfc3526-2048"]}
# SSL ciphers to use
#ssl_cipher_list = ALL:!kRSA
{setting("ssl_cipher_list = {} # as the guide says", ciphers)}
"""
    return str(site.write("ssl.conf", text))


def launch_dovecot(site: Site) -> Launch:
    return Launch(["dovecot", "-F", "-c", site.workdir / "dovecot.conf"])


def write_exim(site: Site, ciphers: str | None) -> str:
    spool = own_folder(site, "nobody")
    text = f"""\
# main configuration
primary_hostname = mail.demo.test
spool_directory = {spool}
log_file_path = {spool}/%slog
keep_environment =
# It counts a client until its process is gone, and the scan is soon back: 20, the default, are soon reached.
smtp_accept_max = 0
local_interfaces = {site.address}
daemon_smtp_ports = {site.port}
exim_user = nobody
exim_group = nogroup
tls_advertise_hosts = *
tls_certificate = {spool}/certificate
tls_privatekey = {spool}/key
{setting("tls_require_ciphers = {}", ciphers)}

begin acl
"""
    return str(site.write("exim4.conf", text))


def launch_exim(site: Site) -> Launch:
    """Debian's Exim wants the account that its package makes; where there is none it is shown one."""
    command: list[str | Path] = [exim_binary() or "exim4", "-C", site.workdir / "exim4.conf", "-bdf"]
    if "Debian-exim" in {account.pw_name for account in pwd.getpwall()}:
        return Launch(command)
    lines = {
        "passwd": "Debian-exim:x:65533:65533::/nonexistent:/usr/sbin/nologin",
        "group": "Debian-exim:x:65533:",
    }
    shown = [site.write(name, Path("/etc", name).read_text() + f"{line}\n") for name, line in lines.items()]
    bind = " && ".join(f"mount --bind {file} /etc/{file.name}" for file in shown)
    return Launch(["unshare", "--mount", "--", "sh", "-c", f'{bind} && exec "$@"', "sh", *command])


def write_slapd_conf(site: Site, ciphers: str | None) -> str:
    text = f"""\
include /etc/ldap/schema/core.schema
pidfile {site.workdir}/slapd.pid
TLSCertificateFile {site.pair.certificate}
TLSCertificateKeyFile {site.pair.key}
TLSDHParamFile {site.credentials.dh_files["rfc3526-2048"]}
{setting("TLSCipherSuite {}", ciphers)}

database config
access to * by dn.exact=gidNumber={os.getgid()}+uidNumber={os.getuid()},cn=peercred,cn=external,cn=auth manage
"""
    return str(site.write("slapd.conf", text))


def launch_slapd_conf(site: Site) -> Launch:
    listen = f"ldaps://{site.address}:{site.port}"
    return Launch(["slapd", "-h", listen, "-f", site.workdir / "slapd.conf", "-d", "0"])


def write_slapd_config(site: Site, ciphers: str | None) -> str:
    """The same as entries, the way Debian has it since 2009; {file} is the socket to reach them by."""
    text = write_slapd_conf(site, ciphers)
    folder = site.workdir / "slapd.d"
    folder.mkdir()
    subprocess.run(["slaptest", "-f", text, "-F", folder], check=True, capture_output=True, timeout=30)
    return slapd_socket(site)


def slapd_socket(site: Site) -> str:
    return "ldapi://" + quote(str(site.workdir / "ldapi"), safe="")


def launch_slapd_config(site: Site) -> Launch:
    listen = f"ldaps://{site.address}:{site.port} {slapd_socket(site)}"
    return Launch(["slapd", "-h", listen, "-F", site.workdir / "slapd.d", "-d", "0"])


def slapd_setting(site: Site, _file: str) -> str:
    """The entry's value; each change gives the entry a new time stamp."""
    entry = (site.workdir / "slapd.d" / "cn=config.ldif").read_text()
    return "\n".join(re.findall(r"^olcTLSCipherSuite.*$", entry, re.MULTILINE))


def write_postgresql(site: Site, ciphers: str | None) -> str:
    data = own_folder(site, "postgres")
    made = data / "cluster"
    initdb: list[str | Path] = [postgresql("initdb"), "--no-sync", "--auth=trust", "-D", made]
    subprocess.run(as_postgres(initdb), check=True, capture_output=True, timeout=60, cwd=data)
    with (made / "postgresql.conf").open("a") as file:
        file.write(
            f"""\
listen_addresses = '{site.address}'
port = {site.port}
unix_socket_directories = ''
fsync = off
ssl = on
ssl_cert_file = '{data}/certificate'
ssl_key_file = '{data}/key'
{setting("ssl_ciphers = '{}' # allowed SSL ciphers", ciphers)}
"""
        )
    return str(made / "postgresql.conf")


def launch_postgresql(site: Site) -> Launch:
    return Launch(as_postgres([postgresql("postgres"), "-D", site.workdir / "postgres" / "cluster"]))


def postgresql(program: str) -> Path:
    """Debian keeps each version's programs in a folder of its own; the newest one's."""
    found = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: float(path.parts[4])
    )
    return found[-1] if found else Path(program)


def as_postgres(command: list[str | Path]) -> list[str | Path]:
    """It refuses to serve as root."""
    if os.geteuid():
        return command
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", *command]


def exim_missing() -> str | None:
    if exim_binary() is None:
        return "Exim is not there (python -m tests.peers.install fetches it)"
    return needs_root("unshare", debian="util-linux")()


DAEMON_SUBJECTS = (
    Subject(
        "postfix",
        needs_root("postfix", debian="postfix"),
        write_postfix,
        launch_postfix,
        value="aNULL",
        limited="limited",
        starttls=StartTls.SMTP,
    ),
    Subject("dovecot", needs_root("dovecot", debian="dovecot-imapd"), write_dovecot, launch_dovecot),
    Subject(
        "openldap",
        needs("slapd", "ldapmodify", debian="slapd and ldap-utils"),
        write_slapd_config,
        launch_slapd_config,
        value=GNUTLS_VALUE,
        limited=GNUTLS_LIMITED,
        live=True,
        state=slapd_setting,
    ),
    Subject(
        "openldap-conf",
        needs("slapd", debian="slapd"),
        write_slapd_conf,
        launch_slapd_conf,
        value=GNUTLS_VALUE,
        limited=GNUTLS_LIMITED,
    ),
    Subject(
        "postgresql",
        lambda: None if postgresql("postgres").exists() else "postgres is not installed (Debian: postgresql)",
        write_postgresql,
        launch_postgresql,
        starttls=StartTls.POSTGRES,
    ),
    Subject(
        "exim",
        exim_missing,
        write_exim,
        launch_exim,
        value=GNUTLS_VALUE,
        limited=GNUTLS_LIMITED,
        starttls=StartTls.SMTP,
    ),
)
