"""Sessions read with keys: every kind of suite, a changed byte, missing bytes, noise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.tls_keys import Keys
from quivive.messages.tls.opener import Opener
from tests.kit.tls_sessions import REQUEST, RESPONSE, TLS10, TLS11, TLS12, TLS13, session

SUITES = [
    (TLS10, "AES128-SHA"),
    (TLS11, "ECDHE-RSA-AES256-SHA"),
    (TLS12, "AES128-SHA256"),
    (TLS12, "ECDHE-RSA-AES256-SHA384"),
    (TLS12, "AES256-GCM-SHA384"),
    (TLS12, "AES128-CCM"),
    (TLS12, "AES256-CCM8"),
    (TLS12, "ECDHE-RSA-CHACHA20-POLY1305"),
    (TLS12, "CAMELLIA128-SHA"),
    (TLS12, "NULL-SHA256"),
    (TLS13, ""),
]


def records(turns):
    """Yield kind, version, body and side of each record."""
    for side, said in turns:
        at = 0
        while at + 5 <= len(said):
            end = at + 5 + int.from_bytes(said[at + 3 : at + 5], "big")
            yield said[at], int.from_bytes(said[at + 1 : at + 3], "big"), said[at + 5 : end], side
            at = end


def keys_of(log=b"", private=b""):
    keys = Keys()
    if log:
        keys.add_log(log)
    if private:
        assert keys.add_private(private)
    return keys


def plain(keys, found):
    """Return what each side said under encryption, and the opener."""
    opener, said = Opener(keys), [b"", b""]
    for kind, version, body, side in found:
        said[side] += opener.read(kind, version, body, side).data
    return tuple(said), opener


@pytest.mark.parametrize(("version", "ciphers"), SUITES)
def test_key_log_opens_both_sides(version, ciphers):
    made = session(version, ciphers)
    said, opener = plain(keys_of(made.log), records(made.turns))
    assert (said, opener.n_false, opener.plain_bytes) == ((REQUEST, RESPONSE), 0, [len(REQUEST), len(RESPONSE)])


@pytest.mark.parametrize("version", [TLS10, TLS12])
def test_private_key_opens_what_was_sealed_for_it(version):
    made = session(version, "AES128-SHA")
    assert plain(keys_of(private=made.private), records(made.turns))[0] == (REQUEST, RESPONSE)


def test_private_key_does_not_open_an_ephemeral_exchange():
    made = session(TLS12, "ECDHE-RSA-AES128-GCM-SHA256")
    said, opener = plain(keys_of(private=made.private), records(made.turns))
    assert (said, opener.is_open, opener.is_hopeless) == ((b"", b""), False, True)


def test_keys_of_another_session_open_nothing():
    made, other = session(TLS12, "AES128-SHA"), session(TLS13)
    said, opener = plain(keys_of(other.log), records(made.turns))
    assert (said, opener.is_open) == ((b"", b""), False)


@pytest.mark.parametrize(("version", "ciphers"), SUITES)
def test_changed_byte_is_counted_and_passes_nothing_on(version, ciphers):
    made = session(version, ciphers)
    found = list(records(made.turns))
    kind, wire_version, body, side = found[-1]
    for at in range(len(body)):
        changed = body[:at] + bytes([body[at] ^ 0x10]) + body[at + 1 :]
        said, opener = plain(keys_of(made.log), [*found[:-1], (kind, wire_version, changed, side)])
        assert (said, opener.n_false) == ((REQUEST, b""), 1)


def test_nothing_behind_a_false_record_is_used():
    made = session(TLS13)
    found = list(records(made.turns))
    kind, version, body, side = found[-1]
    said, opener = plain(
        keys_of(made.log), [*found[:-1], (kind, version, b"\0" * 30, side), (kind, version, body, side)]
    )
    assert (said[1], opener.n_false, opener.n_unread) == (b"", 1, 1)


def test_bytes_missing_on_a_side_shut_it():
    made = session(TLS12, "AES128-SHA")
    opener = Opener(keys_of(made.log))
    said = b""
    for nth, (kind, version, body, side) in enumerate(records(made.turns)):
        if nth == 1:
            opener.lost(1)
        if side == 1:
            said += opener.read(kind, version, body, side).data
    assert said == b""


@given(st.integers(0, 40), st.integers(0, 1), st.integers(20, 24), st.binary(max_size=80))
def test_noise_between_records_raises_nothing(where, side, kind, noise):
    made = session(TLS12, "AES128-SHA")
    found = list(records(made.turns))
    found.insert(where, (kind, 0x0303, noise, side))
    said, _ = plain(keys_of(made.log), found)
    assert all(whole.startswith(part) for whole, part in zip((REQUEST, RESPONSE), said, strict=True))


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_noise_as_hellos_raises_nothing(client, server):
    opener = Opener(keys_of(session(TLS13).log))
    for side, body in (
        (0, b"\x01" + len(client).to_bytes(3, "big") + client),
        (1, b"\x02" + len(server).to_bytes(3, "big") + server),
    ):
        assert opener.read(22, 0x0303, body, side).data == b""
