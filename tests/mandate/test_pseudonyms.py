"""Names to pseudonyms: which forms are seen through, what stays, and where the key may lie."""

from __future__ import annotations

import re
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.mandate import free_text, keys, settings
from quivive.mandate.pseudonyms import NoNames, PseudonymKey, Pseudonyms, is_address, key_for
from quivive.model.errors import MandateError

KEY = PseudonymKey(b"k" * 32, b"s" * 32)
NAMES = Pseudonyms(KEY)
ALICE = NAMES.token("user", "alice")
MAIL_ALICE = NAMES.token("mail", "alice@corp.example")
PC = NAMES.token("host", "alice-pc")


def test_a_pseudonym_can_be_read_and_holds_65_bits():
    assert re.fullmatch(r"user-[a-z2-7]{13}", ALICE)


@pytest.mark.parametrize(("value", "expected"), [
    ("alice", ALICE),
    ("ALICE", ALICE),
    (" Alice ", ALICE),
    ("\uff21lice", ALICE),
    ("CORP\\alice", f"CORP\\{ALICE}"),
    ("alice@corp.example", f"{MAIL_ALICE}@corp.example"),
    ("Alice@CORP.example", f"{MAIL_ALICE}@CORP.example"),
    ("<alice@corp.example>", f"<{MAIL_ALICE}@corp.example>"),
    ('"alice" <alice@corp.example>', f"{ALICE} <{MAIL_ALICE}@corp.example>"),
    ("alice-pc$", f"{PC}$"),
    ("CORP\\ALICE-PC$", f"CORP\\{PC}$"),
    ("CN=alice,OU=Design,DC=corp,DC=example", f"CN={ALICE},OU=Design,DC=corp,DC=example"),
    ("uid=Alice+mail=alice@corp.example", f"uid={ALICE}+mail={MAIL_ALICE}@corp.example"),
    ("(sAMAccountName=alice)", f"(sAMAccountName={ALICE})"),
    ("(&(objectClass=user)(cn=*)(uid=alice))", f"(&(objectClass=user)(cn=*)(uid={ALICE}))"),
    ("", ""),
])  # fmt: skip
def test_a_person_is_found_in_every_form(value, expected):
    assert NAMES.person(value) == expected


@pytest.mark.parametrize(("value", "expected"), [
    ("alice-pc", PC),
    ("ALICE-PC", PC),
    ("alice-pc.corp.example", f"{PC}.corp.example"),
    ("192.0.2.7", "192.0.2.7"),
    ("[192.0.2.7]", "[192.0.2.7]"),
    ("2001:db8::1", "2001:db8::1"),
    ("192.0.2.7, 10.0.0.1", "192.0.2.7, 10.0.0.1"),
    ("1.1 alice-pc (squid/5)", f"1.1 {PC} ({NAMES.token('host', 'squid/5')})"),
    ("for=192.0.2.7;proto=https;host=alice-pc", f"for=192.0.2.7;proto=https;host={PC}"),
])  # fmt: skip
def test_a_machine_is_a_pseudonym_and_an_address_is_not(value, expected):
    assert NAMES.host(value) == expected


@given(st.text(max_size=80))
def test_any_text_has_a_pseudonym_that_does_not_hold_it(name):
    found = NAMES.person(name)
    assert isinstance(found, str)
    if len(name.strip()) > 3 and name.isalnum():
        assert name not in found and NAMES.person(name.upper()) == NAMES.person(name.upper().lower())


@given(st.text(max_size=200))
def test_free_texts_never_fail(text):
    for table in ("http", "syslog", "mdns", "nbns", "ftp"):
        for field in ("uri", "argument", "syslog_text", "record_names", "nb_name"):
            for rule in free_text.rules_of(table, field):
                assert isinstance(rule.rewrite(NAMES, text), str)


def rewritten(table, field, text):
    for rule in free_text.rules_of(table, field):
        if re.search(rule.hint, text):
            text = rule.rewrite(NAMES, text)
    return text


@pytest.mark.parametrize(("table", "field", "text", "expected"), [
    ("http", "uri", "/a?user=alice&x=1", f"/a?user={ALICE}&x=1"),
    ("http", "url", "http://alice:(masked)@h.example/", f"http://{ALICE}:(masked)@h.example/"),
    ("http", "uri", "/r?email=alice%40corp.example", f"/r?email={MAIL_ALICE}@corp.example"),
    ("http", "uri", "/home/alice/x", f"/home/{ALICE}/x"),
    ("smb", "file_name", "Users\\alice\\plan.dwg", f"Users\\{ALICE}\\plan.dwg"),
    ("smb", "file_name", "Users\\Public\\plan.dwg", "Users\\Public\\plan.dwg"),
    ("syslog", "syslog_text", "for invalid user alice from 192.0.2.1", f"for invalid user {ALICE} from 192.0.2.1"),
    ("syslog", "syslog_text", "Accepted password for alice from", f"Accepted password for {ALICE} from"),
    ("syslog", "syslog_text", "opened for user alice by (uid=0)", f"opened for user {ALICE} by (uid=0)"),
    ("mails", "mail_subject", "Fwd: alice@corp.example wrote", f"Fwd: {MAIL_ALICE}@corp.example wrote"),
    ("mails", "mail_message_id", "<1234@corp.example>", "<1234@corp.example>"),
    ("ssh", "kex_alg", "curve25519-sha256@libssh.org", "curve25519-sha256@libssh.org"),
    ("mdns", "record_names", "alice-pc.local", f"{PC}.local"),
    ("mdns", "record_names", "alice-pc._smb._tcp.local", f"{PC}._smb._tcp.local"),
    ("mdns", "record_names", "_smb._tcp.local", "_smb._tcp.local"),
    ("llmnr", "query", "alice-pc", PC),
    ("llmnr", "query", "wpad", "wpad"),
    ("nbns", "nb_name", "ALICE-PC", PC),
    ("dns", "query", "alice-pc.local", "alice-pc.local"),
])  # fmt: skip
def test_names_in_texts_are_rewritten(table, field, text, expected):
    assert rewritten(table, field, text) == expected


def test_left_out_names_leave_nothing():
    names = NoNames()
    assert names.person("alice") is None and names.host("alice-pc") is None and names.host("192.0.2.7") == "192.0.2.7"
    assert free_text.query(names, "/a?user=alice") == "/a?user=(left out)"
    assert free_text.mail_addresses(names, "to alice@corp.example") == "to (left out)@corp.example"


def test_every_name_is_told_once_to_who_seals():
    told = []
    names = Pseudonyms(KEY, lambda pseudonym, name: told.append((pseudonym, name)))
    names.person("alice")
    names.person("alice")
    assert told == [(ALICE, "alice")]


def test_another_key_gives_other_pseudonyms():
    assert Pseudonyms(PseudonymKey(b"x" * 32, b"s" * 32)).token("user", "alice") != ALICE


def test_the_key_is_made_on_first_use_and_is_its_owners_alone(tmp_path):
    path = tmp_path / "settings" / "p.key"
    key = key_for(tmp_path / "case", path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and key.is_lasting
    again = key_for(tmp_path / "case", path)
    assert (again.pseudonym, again.seal) == (key.pseudonym, key.seal) and key.pseudonym != key.seal


@pytest.mark.parametrize("place", ["case/p.key", "case/deep/p.key", "other/../case/p.key"])
def test_a_key_inside_the_case_is_refused(tmp_path, place):
    with pytest.raises(MandateError, match="lies in the case"):
        key_for(tmp_path / "case", tmp_path / place)


@pytest.mark.parametrize("held", [b"", b'pseudonym = "AAAA"\nseal = "AAAA"\n', b"pseudonym = 1\nseal = 2\n", b"\xff"])
def test_what_is_no_key_is_refused(tmp_path, held):
    keys.write_private(tmp_path / "p.key", held)
    with pytest.raises(MandateError, match="no key of pseudonyms"):
        key_for(tmp_path / "case", tmp_path / "p.key")


def test_without_a_home_the_key_lasts_for_one_case(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    for variable in (settings.FOLDER, "QUIVIVE_PSEUDONYM_KEY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    one, two = key_for(tmp_path / "case"), key_for(tmp_path / "case")
    assert not one.is_lasting and one.pseudonym != two.pseudonym
    with pytest.raises(MandateError):
        key_for(tmp_path / "case", tmp_path / "file" / "p.key")


@pytest.mark.parametrize(("text", "expected"), [
    ("192.0.2.1", True), ("192.0.2.1:80", True), ("::1", True), ("fe80::1", True),
    ("", False), ("pc", False), ("a.b", False),
])  # fmt: skip
def test_an_address_is_told_from_a_name(text, expected):
    assert is_address(text) is expected
