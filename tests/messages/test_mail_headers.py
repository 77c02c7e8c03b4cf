"""Mail heads: decoded as far as they can be, bounded in what is looked at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.messages.mail_headers import HEAD_BYTES, MAILS, DottedText, Mail, decoded, mailboxes, read_head
from quivive.model.errors import Malformed

MAIL = (
    b"Message-ID: <1@example.com>\r\n"
    b"Date: Mon, 5 Oct 2009 11:36:07 +0530\r\n"
    b"From: =?utf-8?q?J=C3=B6rg_Doe?= <joerg@example.com>\r\n"
    b"Sender: Office <office@example.com>\r\n"
    b"Reply-To: joe@example.com\r\n"
    b'To: "Roe, Jane" <jane@example.net>,\r\n\tteam: a@example.org, b@example.org;\r\n'
    b"CC: c@example.org (Carl, at home)\r\n"
    b"BCC: d@example.org\r\n"
    b"Subject: Plans for the\r\n new pump\r\n"
    b"In-Reply-To: <0@example.net>\r\n"
    b"X-Mailer: Quill 1\r\n"
    b"X-Originating-IP: [192.0.2.7]\r\n"
    b'Content-Type: multipart/mixed; boundary="=_a"\r\n'
    b"\r\n"
    b"--=_a\r\n"
    b"Content-Type: text/plain\r\n"
    b"\r\n"
    b"See the files.\r\n"
    b"--=_a\r\n"
    b"Content-Type: multipart/related; boundary=b\r\n"
    b"\r\n"
    b"--b\r\n"
    b'Content-Type: image/png; name="=?utf-8?B?UMO8bXBlLnBuZw==?="\r\n'
    b"\r\n"
    b"iVBORw0KGgo=\r\n"
    b"--b--\r\n"
    b"--=_a\r\n"
    b"Content-Disposition: attachment;\r\n filename*0*=utf-8''Zeich%C3%A4nung%20;\r\n filename*1=final.dwg\r\n"
    b"\r\n"
    b"AAAA\r\n"
    b"--=_a\r\n"
    b"Content-Disposition: attachment\r\n"
    b"\r\n"
    b"BBBB\r\n"
    b"--=_a--\r\n"
)

ROW = {
    "mail_message_id": "<1@example.com>",
    "date_header": "Mon, 5 Oct 2009 11:36:07 +0530",
    "from_header": "Jörg Doe <joerg@example.com>",
    "from_mailbox": "joerg@example.com",
    "sender_mailbox": "office@example.com",
    "reply_to": ["joe@example.com"],
    "to_header": ["jane@example.net", "a@example.org", "b@example.org"],
    "cc_header": ["c@example.org"],
    "bcc_header": ["d@example.org"],
    "mail_subject": "Plans for the new pump",
    "in_reply_to": "<0@example.net>",
    "user_agent": "Quill 1",
    "x_originating_ip": "[192.0.2.7]",
    "mail_content_type": "multipart/mixed",
    "n_attachments": 3,
    "attachment_names": ["Pümpe.png", "Zeichänung final.dwg"],
}


def read(mail, payload, chunk=None):
    chunk = chunk or len(payload)
    for at in range(0, len(payload), chunk):
        mail.read(Cursor(payload[at : at + chunk]), len(payload[at : at + chunk]))
    return mail


def dotted(payload, chunk, eol=b"\r\n"):
    mail = Mail(is_dotted=True)
    text = DottedText(mail, eol)
    for at in range(0, len(payload), chunk):
        cursor = Cursor(payload[at : at + chunk])
        if text.read(cursor):
            return text, mail, payload[at + cursor.at :]
    return text, mail, None


def test_head_and_parts_become_a_row():
    assert read_head(MAIL) == ROW


def test_mail_row_adds_what_its_carrier_knows():
    row = read(Mail(), MAIL, 7).row("imap", is_orig=False, is_whole=True, mail_bytes=5)
    assert row == (MAILS, {"protocol": "imap", "is_orig": False, **ROW, "mail_bytes": 5, "is_mail_whole": True})


def test_gap_makes_a_mail_incomplete_and_ends_its_head():
    mail = read(Mail(), b"Subject: a\r\n")
    mail.miss(100)
    read(mail, b"From: b@example.com\r\n")
    _, row = mail.row("smtp", is_orig=True, is_whole=True)
    assert row["mail_subject"] == "a"
    assert "from_header" not in row
    assert (row["mail_bytes"], row["is_mail_whole"]) == (133, False)


def test_head_is_kept_up_to_its_bound_and_the_rest_counted():
    early, late = b"X: " + b"a" * (HEAD_BYTES - 16), b"Subject: late\r\n"
    _, row = read(Mail(), early[:-12] + b"\r\n" + late[:10] + b"\r\n").row("smtp", is_orig=True, is_whole=True)
    assert row["mail_subject"] == "l"
    mail = read(Mail(), early + b"a" * 20 + b"\r\n" + late)
    assert len(mail.head) == HEAD_BYTES
    _, row = mail.row("smtp", is_orig=True, is_whole=True)
    assert "mail_subject" not in row
    assert row["mail_bytes"] == HEAD_BYTES + 24


def test_part_after_the_bound_is_not_looked_at():
    padding = b"--=_a\r\n\r\n" + b"x" * HEAD_BYTES
    head = MAIL[: MAIL.index(b"--=_a")] + padding
    assert read_head(head[:HEAD_BYTES])["n_attachments"] == 0


def test_mail_in_a_mail_has_its_attachment_read():
    inner = b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\nContent-Type: image/png; name=a.png\r\n\r\nAA"
    assert read_head(inner)["attachment_names"] == ["a.png"]


def test_body_without_headers_says_nothing():
    assert read_head(b"\r\nSubject: no\r\n") == {
        "mail_content_type": None,
        "n_attachments": 0,
        "attachment_names": None,
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("=?iso-8859-1?Q?caf=E9_?= =?iso-8859-1?q?noir?=", "café noir"),
        ("a =?utf-8?B?w7w=?= b", "a ü b"),
        ("=?utf-8?B?4oI=?= =?utf-8?B?rA==?=", "€"),  # one character split between two words
        ("=?x-none?Q?=FF?=", "\\xff"),
        ("=?zlib?Q?a?=", "a"),  # a codec of Python's, not a character set
        ("=?iso-8859-77?Q?=E9?=", "é"),
        ("=?utf-8?B?A?=", "A"),  # no base64
        ("=?utf-8*en?Q?a?=", "a"),
    ],
)
def test_encoded_words_are_decoded(value, expected):
    assert decoded(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a@example.com", ["a@example.com"]),
        ('"A, B <x>" <a@example.com>; b@example.com', ["a@example.com", "b@example.com"]),
        ("undisclosed-recipients:;", []),
        ("Jane Roe", ["Jane Roe"]),
        ('"unclosed <a@example.com>, b@example.com', ["a@example.com"]),
        ("(a \\) b@example.com) c@example.com", ["c@example.com"]),
        ("<>", []),
    ],
)
def test_mailboxes_are_the_addresses_alone(value, expected):
    assert mailboxes(value) == expected


@pytest.mark.parametrize("chunk", [1, 2, 3, 4, 5, 100])
def test_dotted_text_ends_at_a_lone_dot(chunk):
    text, mail, rest = dotted(b"Subject: a\r\n\r\n..b\r\n.c\r\n.\r\nQUIT\r\n", chunk)
    assert rest is not None
    assert (text.n_bytes, mail.n_bytes) == (22, 22)
    assert bytes(mail.head) == b"Subject: a\r\n\r\n..b\r\n.c\r\n.\r\n"


@pytest.mark.parametrize("chunk", [1, 2, 3, 4, 100])
def test_empty_dotted_text_has_no_bytes(chunk):
    text, _, rest = dotted(b".\r\n", chunk)
    assert (text.n_bytes, rest) == (0, b"")


def test_bare_line_feeds_end_a_text_only_where_lines_end_so():
    assert dotted(b"a\n.\nb\r\n", 3)[2] is None
    text, _, rest = dotted(b"a\n.\nb", 1, eol=b"\n")
    assert (text.n_bytes, rest) == (2, b"b")


def test_gap_hides_no_later_end():
    text = DottedText(None)
    text.read(Cursor(b"abc"))
    text.miss(10)
    assert not text.read(Cursor(b".\r\n"))
    assert text.read(Cursor(b"\r\n.\r\n"))
    assert text.n_bytes == 3 + 10 + 3 + 2


def test_dotted_text_needs_a_byte():
    with pytest.raises(Malformed):
        DottedText(None).read(Cursor(b""))


@given(st.binary(max_size=400))
def test_noise_is_read_without_an_error(noise):
    assert set(read_head(noise)) <= set(MAILS.names)
    assert set(read_head(MAIL[:-200] + noise)) <= set(MAILS.names)


@given(st.text(alphabet="ab=?\"\\(<>):;, @\n*'%", max_size=200))
def test_odd_values_are_read_without_an_error(value):
    decoded(value)
    mailboxes(value)
    read_head(b"Content-Type: a; " + value.encode() + b"\r\nContent-Disposition: b; " + value.encode())
