"""How each server is told to do without DHE: settings that hold cipher strings, and what is none.

Sources are the servers' own manuals, and what was measured on the servers (tests/peers/test_remedies.py).
"""

from __future__ import annotations

from tlsprobe.remedy.cipher_names import openssl_names
from tlsprobe.remedy.config_edits import (
    AT_END,
    AT_START,
    GNUTLS,
    GNUTLS_EXCLUSIONS,
    KEEP_A_COPY,
    UNDO_FILE,
    Change,
    CipherSetting,
    after,
    expression,
    file_command,
    inserting,
    quoted,
)

# ---- servers with a setting of their own: file, line, default, where a value ends

NGINX = CipherSetting(
    line="ssl_ciphers {ciphers};",
    default="HIGH:!aNULL:!MD5",
    values=(r"^([^#]*[[:space:];])?ssl_ciphers[[:space:]][^;]*[[:alnum:]]",),
    insert=after(r"^[[:space:]]*http[[:space:]]*[^[:alnum:][:space:]_#;]"),  # http and its brace
)
APACHE = CipherSetting(
    line="SSLCipherSuite {ciphers}",
    default="HIGH:!aNULL",
    values=(r"^[[:space:]]*[Ss][Ss][Ll][Cc]ipher[Ss]uite[[:space:]].*[[:alnum:]]",),
    leave=r"[[:space:]]TLSv1\.3[[:space:]]",  # SSLCipherSuite TLSv1.3 …: no DHE there
    insert=AT_END,
)
HAPROXY = CipherSetting(
    line="ssl-default-bind-ciphers {ciphers}",
    default="DEFAULT",
    values=(
        r"^[[:space:]]*ssl-default-bind-ciphers[[:space:]]+[^[:space:]#]*[[:alnum:]]",
        r"^[[:space:]]*bind[[:space:]].*[[:space:]]ciphers[[:space:]]+[^[:space:]#]*[[:alnum:]]",
    ),
    present=r"^[[:space:]]*ssl-default-bind-ciphers[[:space:]]",
    insert=after(r"^global([[:space:]]|$)"),
)
LIGHTTPD = CipherSetting(
    line='ssl.openssl.ssl-conf-cmd += ("CipherString" => "{ciphers}")',
    default="HIGH:!aNULL",
    values=(
        r'^[^#]*"CipherString"[[:space:]]*=>[[:space:]]*"[^"]*[[:alnum:]]',
        r'^[[:space:]]*ssl\.cipher-list[[:space:]]*=[[:space:]]*"[^"]*[[:alnum:]]',
    ),
    # A list of another scope hides the one at the end, so the value goes into each list that is there.
    insert=(
        "if grep -Eq '^[^#]*ssl-conf-cmd' \"$f\"; then sed -E 's/^[^#]*ssl-conf-cmd[^#(]*[(]/"
        f'&"CipherString" => "{{ciphers}}", /\' "$f"; else {AT_END}; fi'
    ),
)
STUNNEL = CipherSetting(
    line="ciphers = {ciphers}",
    default="HIGH:!aNULL:!SSLv2",
    values=(r"^[[:space:]]*ciphers[[:space:]]*=.*[[:alnum:]]",),
    insert=AT_START,  # what stands in front of the first [service] holds for all
)
DOVECOT = CipherSetting(
    line="ssl_cipher_list = {ciphers}",
    default="ALL:!kRSA:!SRP:!kDHd:!DSS:!aNULL:!eNULL:!EXPORT:!DES:!3DES:!MD5:!PSK:!RC4:!ADH:!LOW@STRENGTH",
    values=(r"^[[:space:]]*ssl_cipher_list[[:space:]]*=[^#]*[[:alnum:]]",),
    insert=AT_END,
)
EXIM = CipherSetting(
    line="tls_require_ciphers = {ciphers}",
    default="NORMAL",
    values=(r"^[[:space:]]*tls_require_ciphers[[:space:]]*=.*[[:alnum:]]",),
    insert=AT_START,  # the main section is the first, and has no title
    language=GNUTLS,
)
SLAPD_CONF = CipherSetting(
    line="TLSCipherSuite {ciphers}",
    default="NORMAL",
    values=(r"^TLSCipherSuite[[:space:]].*[[:alnum:]]",),
    insert=AT_START,  # before the first database
    language=GNUTLS,
)
POSTGRESQL = CipherSetting(
    line="ssl_ciphers = '{ciphers}'",
    default="HIGH:MEDIUM:+3DES:!aNULL",
    values=(r"^[[:space:]]*ssl_ciphers[[:space:]=][^#]*[[:alnum:]]",),
    insert=AT_END,
)
NODE = CipherSetting(
    line="NODE_OPTIONS=--tls-cipher-list={ciphers}",
    default=(
        "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:"
        "HIGH:!aNULL:!eNULL:!EXPORT:!DES:!RC4:!MD5:!PSK:!SRP:!CAMELLIA"
    ),
    values=(r'^NODE_OPTIONS=.*--tls-cipher-list=[^[:space:]"]*[[:alnum:]]',),
    # A second NODE_OPTIONS would hide the first.
    insert=(
        "if grep -q '^NODE_OPTIONS=' \"$f\"; then sed -E 's/^NODE_OPTIONS=\"?/"
        f'&--tls-cipher-list={{ciphers}} /\' "$f"; else {AT_END}; fi'
    ),
)


# ---- servers that are told in another way


def postfix(add: tuple[int, ...]) -> Change:
    """Postfix excludes ciphers in a list of its own; what it allows is in lists that few set."""
    wanted = [("smtpd_tls_exclude_ciphers", "", " kDHE, DHE")]
    if add:
        suffix = "".join(f":{name}" for name in openssl_names(add))
        wanted += [
            ("tls_high_cipherlist", "aNULL:-aNULL:HIGH:@STRENGTH", suffix),
            ("tls_medium_cipherlist", "aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH", suffix),
        ]
    # postconf waits until main.cf is a second old, so all is read first and written at once.
    read = "; ".join(
        f'v{number}=$(postconf -c "$d" -h {name}); '
        f'case $v{number} in *{quoted(more.strip())}*) ;; *) v{number}="$v{number}{more}" ;; esac'
        for number, (name, _, more) in enumerate(wanted)
    )
    written = " ".join(f'"{name} = $v{number}"' for number, (name, *_) in enumerate(wanted))
    return Change(
        lines=tuple(f"{name} = {(default + more).strip()}" for name, default, more in wanted),
        command=(
            f'{KEEP_A_COPY} && d=$(dirname "$f") && ({read}; '
            f'postconf -c "$d" -e {written}) && postconf -n -c "$d" smtpd_tls_exclude_ciphers'
        ),
        undo=UNDO_FILE,
    )


def slapd_config(add: tuple[int, ...]) -> Change:
    """OpenLDAP's cn=config, over the socket {file}: an entry, so the undo cuts off what was put on."""
    attribute, suffix = "olcTLSCipherSuite", GNUTLS.suffix(add)
    lines = ("dn: cn=config", "changetype: modify", f"replace: {attribute}")
    ask = (
        'u={file}; v=$(ldapsearch -LLL -Q -Y EXTERNAL -H "$u" -o ldif-wrap=no -b cn=config -s base '
        f"{attribute} | sed -n 's/^{attribute}: //p')"
    )
    said = " ".join(quoted(line) for line in lines)
    put = f'printf \'%s\\n\' {said} "{attribute}: $v" | ldapmodify -Q -Y EXTERNAL -H "$u"'
    command = f"{ask}; case $v in '') v=NORMAL{suffix} ;; *{suffix}) ;; *) v=$v{suffix} ;; esac; {put}"
    undo = f"{ask}; v=$(printf '%s' \"$v\" | sed -E 's/{expression(suffix)}$//'); {put}"
    return Change((*lines, f"{attribute}: NORMAL{suffix}"), command, undo)


def java_security(_add: tuple[int, ...]) -> Change:
    """What no TLS of this Java may use; what may be used is up to each application."""
    setting, off = "jdk.tls.disabledAlgorithms", "DHE, DH_anon"
    others = (
        "SSLv3, TLSv1, TLSv1.1, DTLSv1.0, RC4, DES, MD5withRSA, DH keySize < 1024, EC keySize < 224, "
        "3DES_EDE_CBC, anon, NULL, ECDH"  # java.security of OpenJDK 17
    )
    lines = (f"{setting}={off}, {others}",)
    present = f"^[[:space:]]*{expression(setting)}[[:space:]]*="
    command = file_command(
        present=present,
        insert=inserting(AT_END, lines),
        edits=(f"/={off}/!s/{present}[[:space:]]*/{setting}={off}, /",),
        proof=f"={off}",
    )
    return Change(lines, command, UNDO_FILE)


def gnutls_config(_add: tuple[int, ...]) -> Change:
    """What no program on GnuTLS may use, whatever its priority string says."""
    off = tuple(f"tls-disabled-kx = {name[1:].lower()}" for name in GNUTLS_EXCLUSIONS)
    lines = ("[overrides]", *off)
    command = file_command(present=f"^{off[0]}", insert=inserting(AT_END, lines), proof=off[0])
    return Change(lines, f'mkdir -p "$(dirname {{file}})"; touch {{file}}; {command}', UNDO_FILE)


def crypto_policy(_add: tuple[int, ...]) -> Change:
    """A module of Red Hat's crypto-policies, which OpenSSL, GnuTLS, NSS and Java follow there."""
    lines = ("key_exchange = -DHE-RSA -DHE-DSS",)
    command = (
        f"printf '%s\\n' {quoted(lines[0])} >{{file}}; p=$(update-crypto-policies --show); "
        'case $p in *:NO-DHE*) ;; *) update-crypto-policies --set "$p:NO-DHE" ;; esac'
    )
    undo = (
        "p=$(update-crypto-policies --show | sed 's/:NO-DHE//'); "
        'update-crypto-policies --set "$p" && rm {file}'
    )
    return Change(lines, command, undo)
