"""The server edits as text: what their commands make of configurations as people write them."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from tlsprobe.remedy.cipher_names import CIPHER_NAMES, cipher_name, openssl_names
from tlsprobe.remedy.server_table import ROWS
from tlsprobe.remedy.servers import SERVER_EDITS, ServerEdit, server_edit, server_edits_for_library
from tlsprobe.wording import SENTENCES, wording

FOR_OLD_WINDOWS = (0xC028, 0xC027, 0xC014, 0xC013)
OPENSSL_FOR_OLD_WINDOWS = (
    ":ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA:ECDHE-RSA-AES128-SHA"
)
OFF, GNUTLS_OFF = ":!kDHE:!DHE", ":-DHE-RSA:-DHE-DSS:-ANON-DH"
# What is edited with sed alone; the others call a program of the server's.
BY_SHELL = (
    *("nginx", "apache", "haproxy", "lighttpd", "stunnel", "dovecot", "openldap-conf", "postgresql"),
    *("java", "gnutls", "exim", "nodejs"),
)


def edit(name: str, *, add: tuple[int, ...] = ()) -> ServerEdit:
    found = server_edit(name, add=add)
    assert found is not None
    return found


def applied(name: str, text: str, folder: Path, *, add: tuple[int, ...] = (), shell: str = "/bin/sh") -> str:
    """What the edit makes of a file with this text."""
    file = folder / "a file"
    file.write_text(text)
    run(edit(name, add=add).command_for(str(file)), shell=shell)
    return file.read_text()


def run(command: str, *, shell: str = "/bin/sh") -> None:
    done = subprocess.run([shell, "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, (command, done.stderr)


# --- laws


@pytest.mark.parametrize("name", SERVER_EDITS)
@pytest.mark.parametrize("add", [(), FOR_OLD_WINDOWS])
def test_the_file_is_a_commands_only_brace(name: str, add: tuple[int, ...]) -> None:
    made = edit(name, add=add)
    assert "{file}" in made.command
    assert "{file}" in made.undo
    assert "\n" not in made.command + made.undo
    assert made.command.format(file="/etc/x") == made.command_for("/etc/x")
    assert made.undo.format(file="/etc/x") == made.undo_for("/etc/x")
    for command in (made.command_for(), made.undo_for()):
        subprocess.run(["/bin/sh", "-n", "-c", command], check=True)


@pytest.mark.parametrize("name", SERVER_EDITS)
def test_every_sentence_of_an_edit_can_be_said(name: str) -> None:
    for made in (edit(name), edit(name, add=FOR_OLD_WINDOWS)):
        for key in (made.apply_key, made.undo_key, *made.note_keys):
            assert "{" not in wording().say(key, file=made.file)


def test_every_sentence_belongs_to_an_edit() -> None:
    said = {
        key
        for name in SERVER_EDITS
        for made in (edit(name), edit(name, add=FOR_OLD_WINDOWS))
        for key in (made.apply_key, made.undo_key, *made.note_keys)
    }
    assert {key for key in SENTENCES if key.startswith("fix.server.")} == said


@pytest.mark.parametrize("name", BY_SHELL)
@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
def test_its_own_lines_are_left_as_they_are(name: str, shell: str, tmp_path: Path) -> None:
    if not Path(shell).exists():
        pytest.skip(f"no {shell}")
    text = "\n".join(edit(name).lines) + "\n"
    assert applied(name, text, tmp_path, shell=shell) == text


@pytest.mark.parametrize("name", BY_SHELL)
def test_undo_brings_back_what_was_there_before_the_first_time(name: str, tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.write_text("global\nhttp {\n}\n")
    file.chmod(0o640)
    for _ in range(2):
        run(edit(name).command_for(str(file)))
        assert file.read_text() != "global\nhttp {\n}\n"
        assert file.stat().st_mode & 0o777 == 0o640
    run(edit(name).undo_for(str(file)))
    assert file.read_text() == "global\nhttp {\n}\n"
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, file = tmp_path / "target", tmp_path / "link"
    target.write_text("SSLCipherSuite HIGH\n")
    file.symlink_to(target)
    run(edit("apache").command_for(str(file)))
    assert file.is_symlink()
    assert target.read_text() == f"SSLCipherSuite HIGH{OFF}\n"
    run(edit("apache").undo_for(str(file)))
    assert file.is_symlink()
    assert target.read_text() == "SSLCipherSuite HIGH\n"


def test_a_file_that_is_not_there_is_an_error_and_stays_away(tmp_path: Path) -> None:
    command = edit("nginx").command_for(str(tmp_path / "none"))
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False)
    assert done.returncode != 0
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_has_gone_is_not_made_again_from_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.write_text("SSLCipherSuite HIGH\n")
    command = edit("apache").command_for(str(file))
    run(command)
    file.unlink()
    assert subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False).returncode != 0
    assert not file.exists()


def test_an_edit_that_finds_no_place_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "site"
    file.write_text("server { listen 443 ssl; }\n")
    command = edit("nginx").command_for(str(file))
    assert subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize("code", CIPHER_NAMES)
def test_openssl_knows_its_names(code: int) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.set_ciphers(f"{cipher_name(code).openssl}:@SECLEVEL=0")
    except ssl.SSLError:
        if code == 0x000A:  # many builds have no 3DES
            pytest.skip("no 3DES in this OpenSSL")
        raise
    numbers = {each["id"] & 0xFFFF for each in context.get_ciphers()}
    assert code in numbers


@pytest.mark.skipif(shutil.which("gnutls-cli") is None, reason="gnutls-cli is not installed")
@pytest.mark.parametrize("code", CIPHER_NAMES)
def test_gnutls_knows_its_words(code: int) -> None:
    """They allow the suite, beside a few others that are made of the same words."""
    words = ":".join(f"+{word}" for word in cipher_name(code).gnutls)
    priority = f"NONE:+VERS-TLS1.2:+SIGN-ALL:+GROUP-ALL:+COMP-NULL:{words}"
    listed = subprocess.run(
        ["gnutls-cli", "--list", "--priority", priority], capture_output=True, text=True, check=True
    )
    assert f"0x{code >> 8:02x}, 0x{code & 0xFF:02x}" in listed.stdout


# --- cases: which edit


@pytest.mark.parametrize(
    ("software", "found"),
    [
        ("nginx/1.22", "nginx"),
        ("NGINX", "nginx"),
        ("Apache2", "apache"),
        ("httpd 2.4.57", "apache"),
        ("Apache httpd", "apache"),
        ("HA-Proxy version 2.6", "haproxy"),
        ("haproxy", "haproxy"),
        ("lighttpd/1.4.69", "lighttpd"),
        ("stunnel4", "stunnel"),
        ("Postfix smtpd", "postfix"),
        ("Dovecot IMAP", "dovecot"),
        ("exim4", "exim"),
        ("slapd", "openldap"),
        ("OpenLDAP 2.5", "openldap"),
        ("slapd.conf", "openldap-conf"),
        ("PostgreSQL15.3", "postgresql"),
        ("postgres", "postgresql"),
        ("Tomcat 9", "java"),
        ("Apache Tomcat/10.1", "java"),
        ("Apache Kafka", "java"),
        ("Node.js v20", "nodejs"),
        ("gnutls-serv", "gnutls"),
        ("crypto-policies", "crypto-policies"),
        *((name, name) for name in SERVER_EDITS),
    ],
)
def test_an_inventorys_word_finds_its_edit(software: str, found: str) -> None:
    assert edit(software).id == found


@pytest.mark.parametrize(
    "software",
    ["", "Microsoft IIS 8.5", "Apache Traffic Server", "ingress-nginx", "OpenSSL", "F5 BIG-IP", "15"],
)
def test_what_is_not_known_has_no_edit(software: str) -> None:
    assert server_edit(software) is None


@pytest.mark.parametrize(
    ("library", "some"),
    [
        ("openssl", {"nginx", "apache", "haproxy", "postfix", "postgresql", "nodejs"}),
        ("GnuTLS 3.7", {"exim", "openldap", "gnutls"}),
        ("SunJSSE", {"java", "crypto-policies"}),
        ("nss", {"crypto-policies"}),
        ("erlang", set()),
    ],
)
def test_a_library_finds_the_edits_of_its_applications(library: str, some: set[str]) -> None:
    found = {each.id for each in server_edits_for_library(library)}
    assert some <= found
    assert bool(found) is bool(some)


def test_a_suite_that_no_edit_may_add_is_refused() -> None:
    for code in (0x009E, 0x1301, 0xFFFF):
        with pytest.raises(ValueError, match=f"{code:04x}"):
            server_edit("nginx", add=(code,))


def test_an_edit_that_cannot_add_says_so() -> None:
    cannot = {row.id for row in ROWS if not row.takes_suites}
    for name in SERVER_EDITS:
        with_suites, without = edit(name, add=(0xC028,)), edit(name)
        key = "fix.server.add.elsewhere" if name in cannot else "fix.server.add.at-the-end"
        assert set(with_suites.note_keys) - set(without.note_keys) == {key}
        assert (with_suites.command == without.command) is (name in cannot)


# --- cases: what becomes of a file


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("nginx", "  ssl_ciphers HIGH:!aNULL;", "  ssl_ciphers HIGH:!aNULL{off};"),
        ("nginx", "ssl_ciphers 'A+B C+D !MD5';", "ssl_ciphers 'A+B C+D !MD5{off}';"),
        ("nginx", 'ssl_ciphers "A:B" ; # best', 'ssl_ciphers "A:B{off}" ; # best'),
        (
            "nginx",
            "server { listen 1 ssl; ssl_ciphers A:B; }",
            "server { listen 1 ssl; ssl_ciphers A:B{off}; }",
        ),
        ("nginx", "ssl_ciphers A:@SECLEVEL=0;", "ssl_ciphers A:@SECLEVEL=0{off};"),
        ("apache", "\tSSLCipherSuite HIGH:!aNULL", "\tSSLCipherSuite HIGH:!aNULL{off}"),
        ("apache", 'sslciphersuite "EDH+AES:EECDH"', 'sslciphersuite "EDH+AES:EECDH{off}"'),
        ("apache", "SSLCipherSuite SSL HIGH", "SSLCipherSuite SSL HIGH{off}"),
        ("apache", "SSLCipherSuite A:\\\n  B", "SSLCipherSuite A{off}:\\\n  B"),
        ("apache", "SSLCipherSuite PROFILE=SYSTEM", "SSLCipherSuite PROFILE=SYSTEM{off}"),
        (
            "haproxy",
            "global\n  ssl-default-bind-ciphers A:B # x\nfrontend f\n bind :443 ssl ciphers C:D alpn h2",
            "global\n  ssl-default-bind-ciphers A:B{off} # x\n"
            "frontend f\n bind :443 ssl ciphers C:D{off} alpn h2",
        ),
        (
            "haproxy",
            "global # all\n  daemon\nfrontend f\n bind :443 ssl ciphers C",
            "global # all\nssl-default-bind-ciphers DEFAULT{off}\n  daemon\n"
            "frontend f\n bind :443 ssl ciphers C{off}",
        ),
        ("lighttpd", 'ssl.cipher-list = "A:B"', 'ssl.cipher-list = "A:B{off}"'),
        (
            "lighttpd",
            'x = ("MinProtocol" => "TLSv1.2", "CipherString" => "A", "Options" => "-B")',
            'x = ("MinProtocol" => "TLSv1.2", "CipherString" => "A{off}", "Options" => "-B")',
        ),
        (
            "lighttpd",
            'ssl.openssl.ssl-conf-cmd += ("MinProtocol" => "TLSv1.2")',
            'ssl.openssl.ssl-conf-cmd += ("CipherString" => "HIGH:!aNULL{off}", "MinProtocol" => "TLSv1.2")',
        ),
        ("stunnel", "[a]\nciphers=A:B\n[b]\nciphers = C", "[a]\nciphers=A:B{off}\n[b]\nciphers = C{off}"),
        ("dovecot", "ssl_cipher_list=ALL:!LOW # x", "ssl_cipher_list=ALL:!LOW{off} # x"),
        ("postgresql", "ssl_ciphers = 'A:B'  # allowed", "ssl_ciphers = 'A:B{off}'  # allowed"),
        ("postgresql", "ssl_ciphers 'A:B'", "ssl_ciphers 'A:B{off}'"),
        (
            "nodejs",
            'NODE_OPTIONS="--x --tls-cipher-list=A:B --y"',
            'NODE_OPTIONS="--x --tls-cipher-list=A:B{off} --y"',
        ),
    ],
)
@pytest.mark.parametrize("add", [(), FOR_OLD_WINDOWS], ids=["off", "add"])
def test_a_value_keeps_what_it_has(
    name: str, before: str, after: str, add: tuple[int, ...], tmp_path: Path
) -> None:
    off = (OPENSSL_FOR_OLD_WINDOWS if add else "") + OFF
    assert applied(name, before + "\n", tmp_path, add=add) == after.replace("{off}", off) + "\n"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("exim", "tls_require_ciphers = SECURE256", f"tls_require_ciphers = SECURE256{GNUTLS_OFF}"),
        ("openldap-conf", "TLSCipherSuite  NORMAL", f"TLSCipherSuite  NORMAL{GNUTLS_OFF}"),
        (
            "java",
            "jdk.tls.disabledAlgorithms=SSLv3, \\\n    RC4\njdk.tls.legacyAlgorithms=NULL",
            "jdk.tls.disabledAlgorithms=DHE, DH_anon, SSLv3, \\\n    RC4\njdk.tls.legacyAlgorithms=NULL",
        ),
    ],
)
def test_other_languages(name: str, before: str, after: str, tmp_path: Path) -> None:
    assert applied(name, before + "\n", tmp_path) == after + "\n"


@pytest.mark.parametrize(
    ("name", "comment"),
    [
        ("nginx", "http {\n# ssl_ciphers A;\n}"),
        ("apache", "#SSLCipherSuite A\nSSLCipherSuite TLSv1.3 TLS_AES_256_GCM_SHA384"),
        ("haproxy", "global\n#ssl-default-bind-ciphers A"),
        ("lighttpd", '# "CipherString" => "A"'),
        ("stunnel", ";ciphers = A"),
        ("dovecot", "#ssl_cipher_list = A"),
        ("postgresql", "#ssl_ciphers = 'A'"),
        ("exim", "# tls_require_ciphers = A"),
        ("openldap-conf", "#TLSCipherSuite A"),
        ("java", "#jdk.tls.disabledAlgorithms=A"),
        ("nodejs", "#NODE_OPTIONS=--tls-cipher-list=A"),
    ],
)
def test_a_comment_is_no_value(name: str, comment: str, tmp_path: Path) -> None:
    made = applied(name, comment + "\n", tmp_path).splitlines()
    (line,) = edit(name).lines
    assert line in made
    assert [each for each in made if each != line] == comment.splitlines()


def test_suites_can_be_added_when_dhe_is_off_already(tmp_path: Path) -> None:
    made = applied("nginx", f"ssl_ciphers A{OFF};\n", tmp_path, add=FOR_OLD_WINDOWS)
    assert made == f"ssl_ciphers A{OFF}{OPENSSL_FOR_OLD_WINDOWS}{OFF};\n"


def test_a_list_of_another_scope_is_no_reason_to_leave_a_list_out(tmp_path: Path) -> None:
    made = applied("gnutls", "[overrides]\ntls-disabled-mac = md5\n", tmp_path)
    assert made.splitlines()[:3] == ["[overrides]", "tls-disabled-mac = md5", "[overrides]"]
    assert made.splitlines()[3:] == list(edit("gnutls").lines[1:])


def test_names_keep_the_order_that_was_asked_for() -> None:
    assert openssl_names((0xC014, 0x009D)) == ("ECDHE-RSA-AES256-SHA", "AES256-GCM-SHA384")
