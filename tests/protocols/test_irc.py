"""IRC: what the user says and what is said to him, without the texts."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Flow, Match
from quivive.model.five_tuple import FiveTuple
from quivive.model.limits import LIST_ITEMS
from quivive.model.tables import ANOMALIES, CREDENTIALS, IDENTITIES
from quivive.protocols.irc import TABLE, Irc
from tests.protocols.stream_driver import ORIG, RESP, outcome_of, rows_in_every_cut, rows_of

FLOW = Flow(five_tuple=FiveTuple("192.0.2.1", 50000, "192.0.2.66", 6667, 6))

REGISTER = (ORIG, b"NICK joe\r\nUSER jd 0 * :Joe Doe\r\n")
WELCOME = (RESP, b":irc.example.net 001 joe :Welcome joe!jd@pc7\r\n")
REGISTERED = [
    (TABLE, {"is_orig": True, "nick": "joe", "command": "NICK", "irc_channels": None, "irc_targets": None}),
    (TABLE, {"is_orig": True, "nick": "joe", "command": "USER", "user": "jd", "real_name": "Joe Doe"}),
]
IDENTITY = {"protocol": "irc", "user": "joe", "identity_kind": "user", "identity_addr": "192.0.2.1"}
CREDENTIAL = {"protocol": "irc", "user": "joe", "secret_mask": "8-15 characters"}


def exchange(*turns):
    return rows_in_every_cut(Irc, turns, FLOW)


def said(line, side=ORIG):
    """Return the rows of one line, said after NICK joe."""
    return [row for table, row in exchange((ORIG, b"NICK joe\r\n"), (side, line + b"\r\n"))[1:] if table is TABLE]


def credentials(*turns):
    return [row for table, row in exchange(*turns) if table is CREDENTIALS]


def test_registration_is_two_commands_and_an_identity():
    server = {"is_orig": False, "irc_server": "irc.example.net", "command": "001", "irc_channels": None}
    assert exchange(REGISTER, WELCOME) == [
        *REGISTERED,
        (IDENTITIES, {**IDENTITY, "identity_evidence": "NICK"}),
        (TABLE, {**server, "irc_targets": None}),
    ]


def test_text_is_counted_and_not_kept():
    assert said(b"PRIVMSG #lab,jane :meet at noon") == [
        {
            "is_orig": True,
            "nick": "joe",
            "command": "PRIVMSG",
            "irc_channels": ["#lab"],
            "irc_targets": ["jane"],
            "text_bytes": 12,
        }
    ]


def test_message_of_another_user_bears_his_nickname():
    (row,) = said(b"@time=12 :jane!j@host PRIVMSG joe :hello", RESP)
    assert (row["is_orig"], row["nick"], row["irc_targets"], row["text_bytes"]) == (False, "jane", ["joe"], 5)


@pytest.mark.parametrize(
    "line",
    [
        b":jane!j@host JOIN #lab",
        b":irc.example.net NOTICE joe :hello",
        b":irc.example.net 353 joe = #lab :jane joe",
        b"PING :x",
    ],
)
def test_what_others_do_is_not_told(line):
    assert said(line, RESP) == []


@pytest.mark.parametrize(
    ("line", "channels", "targets"),
    [
        (b"JOIN #a,&b key", ["#a", "&b"], None),
        (b"INVITE jane #a", ["#a"], ["jane"]),
        (b"KICK #a jane :out", ["#a"], ["jane"]),
        (b"WHOIS jane", None, ["jane"]),
        (b"QUIT :bye", None, None),
        (b"JOIN", None, None),
    ],
)
def test_channels_and_nicknames_are_told_apart(line, channels, targets):
    (row,) = said(line)
    assert (row["irc_channels"], row["irc_targets"]) == (channels, targets)
    assert "key" not in str(row)


def test_topic_on_joining_is_told():
    (row,) = said(b":irc.example.net 332 joe #lab :.scan 192.0.2.0", RESP)
    assert (row["irc_channels"], row["text_bytes"]) == (["#lab"], 15)


def test_modes_and_capabilities_are_arguments():
    assert said(b"MODE #lab +k secret")[0]["argument"] == "+k"
    assert said(b"CAP REQ :sasl multi-prefix")[0]["argument"] == "REQ sasl multi-prefix"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            b"\x01DCC SEND plan.dwg 3221225985 5555 1200\x01",
            {
                "ctcp_command": "DCC SEND",
                "file_name": "plan.dwg",
                "file_bytes": 1200,
                "data_addr": "192.0.2.1",
                "data_port": 5555,
            },
        ),
        (
            b'\x01DCC SEND "a b.zip" 2001:db8::1 0\x01',
            {
                "ctcp_command": "DCC SEND",
                "file_name": "a b.zip",
                "file_bytes": None,
                "data_addr": "2001:db8::1",
                "data_port": 0,
            },
        ),
        (b"\x01DCC CHAT chat nowhere 65536\x01", {"ctcp_command": "DCC CHAT", "data_addr": None, "data_port": None}),
        (b"\x01VERSION\x01", {"ctcp_command": "VERSION"}),
        (b"DCC of nothing", {}),
    ],
)
def test_offers_to_connect_past_the_server_are_told(text, expected):
    (row,) = said(b"PRIVMSG jane :" + text)
    basic = ("is_orig", "nick", "command", "irc_channels", "irc_targets", "text_bytes")
    assert {name: value for name, value in row.items() if name not in basic} == expected


@pytest.mark.parametrize(
    ("answer", "is_accepted"),
    [(WELCOME[1], True), (b":irc.example.net 464 * :Password incorrect\r\n", False), (b"", None)],
)
def test_password_of_the_connection_is_a_credential(answer, is_accepted):
    found = credentials((ORIG, b"PASS swordfish\r\n"), REGISTER, (RESP, answer))
    assert found == [{**CREDENTIAL, "user": "joe", "login_method": "PASS", "is_accepted": is_accepted}]


@pytest.mark.parametrize(
    ("line", "user"),
    [
        (b"PRIVMSG NickServ :IDENTIFY swordfish", "joe"),
        (b"PRIVMSG nickserv@services. :identify jd swordfish", "jd"),
        (b"NickServ IDENTIFY jd swordfish", "jd"),
        (b"NS IDENTIFY swordfish", "joe"),
    ],
)
def test_password_told_to_a_service_is_a_credential(line, user):
    found = credentials((ORIG, b"NICK joe\r\n"), (ORIG, line + b"\r\n"))
    assert found == [{**CREDENTIAL, "user": user, "login_method": "NickServ IDENTIFY", "is_accepted": None}]
    assert "swordfish" not in str(exchange((ORIG, line + b"\r\n")))


def test_other_words_to_a_service_are_no_credential():
    assert credentials((ORIG, b"PRIVMSG NickServ :HELP\r\nPRIVMSG jane :IDENTIFY swordfish\r\n")) == []


@pytest.mark.parametrize(("numeric", "is_accepted"), [(b"381", True), (b"491", False), (b"464", False)])
def test_operators_password_is_a_credential(numeric, is_accepted):
    found = credentials((ORIG, b"OPER joe swordfish\r\n"), (RESP, b":irc.example.net %b joe :x\r\n" % numeric))
    assert found == [{**CREDENTIAL, "login_method": "OPER", "is_accepted": is_accepted}]


@pytest.mark.parametrize(("numeric", "is_accepted"), [(b"903", True), (b"904", False)])
def test_sasl_log_in_is_a_credential(numeric, is_accepted):
    turns = [(ORIG, b"AUTHENTICATE PLAIN\r\n"), (RESP, b"AUTHENTICATE +\r\n")]
    turns += [(ORIG, b"AUTHENTICATE " + b64encode(b"\0joe\0swordfish") + b"\r\n")]
    found = credentials(*turns, (RESP, b":irc.example.net %b joe :x\r\n" % numeric))
    assert found == [{**CREDENTIAL, "login_method": "PLAIN", "is_accepted": is_accepted}]


def test_starttls_hands_over():
    turns = [(ORIG, b"STARTTLS\r\n"), (RESP, b":irc.example.net 670 * :go\r\n"), (ORIG, b"\x16\x03")]
    assert outcome_of(Irc, turns).handover == ("tls", {})
    assert outcome_of(Irc, [turns[0], (RESP, b":irc.example.net 691 * :no\r\n")]).handover is None


def test_sides_are_told_by_what_they_say():
    turns = [(ORIG, WELCOME[1]), (RESP, b"JOIN #lab\r\n")]
    assert [row["is_orig"] for table, row in exchange(*turns) if table is TABLE] == [True, False]
    assert exchange(*turns)[0][1]["identity_addr"] == "192.0.2.66"


def test_half_a_line_behind_a_gap_is_dropped():
    turns = [
        REGISTER,
        (ORIG, b"PASS swo"),
        (ORIG, 3),
        (ORIG, b"sh x\r\nJOIN #a\r\n"),
        (ORIG, 9),
        (ORIG, b"JOIN #b\r\n"),
    ]
    assert [row["irc_channels"] for _, row in rows_of(Irc, turns)[2:]] == [["#a"], ["#b"]]


def test_targets_are_bounded():
    names = b",".join([b"#"] * (LIST_ITEMS + 1))
    assert len(said(b"JOIN " + names)[0]["irc_channels"]) == LIST_ITEMS


def test_flow_that_is_no_irc_is_given_up():
    assert rows_of(Irc, [(ORIG, b"\x00\x01\x02\r\n")])[0][0] is ANOMALIES
    assert rows_of(Irc, [REGISTER, (RESP, b"\x00\x01\x02\r\n")]) == REGISTERED


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (b"NICK joe\r\n", Match.YES),
        (b"USER jd 0 * :Joe\r\n", Match.YES),
        (b"PASS x\r\nNICK joe\r\n", Match.YES),
        (b":irc.example.net NOTICE * :Hello\r\n", Match.YES),
        (b":irc.example.net 001 joe :Hello\r\n", Match.YES),
        (b"CAP LS 302\r\n", Match.YES),
        (b"PASS x\r\n", Match.UNSURE),
        (b"USER joe\r\n", Match.UNSURE),
        (b":irc.example.net says hello\r\n", Match.NO),
        (b"GET / HTTP/1.0\r\n", Match.NO),
    ],
)
def test_first_lines_are_told_from_other_protocols(payload, match):
    assert Irc.probe(payload, ORIG) is match


TURNS = [(ORIG, b"PASS x\r\n"), REGISTER, WELCOME, (ORIG, b"PRIVMSG jane :\x01DCC SEND a 1 2 3\x01\r\n")]


def test_conversation_cut_anywhere_gives_rows():
    for number, (side, line) in enumerate(TURNS):
        for size in range(len(line)):
            for table, row in rows_of(Irc, [*TURNS[:number], (side, line[:size])]):
                assert set(row) <= set(table.names)


@given(
    st.lists(st.tuples(st.sampled_from([ORIG, RESP]), st.binary(max_size=60)), max_size=8), st.integers(0, len(TURNS))
)
def test_noise_gives_rows_or_anomalies(noise, at):
    for table, row in rows_of(Irc(FLOW), [*TURNS[:at], *noise, *TURNS[at:]]):
        assert set(row) <= set(table.names)


@given(st.text(alphabet=" :@!#,ab\x010", max_size=60))
def test_odd_lines_are_read_without_an_error(text):
    rows_of(Irc(FLOW), [REGISTER, (ORIG, b"PRIVMSG " + text.encode() + b"\r\n"), (RESP, b":x!y " + text.encode())])
