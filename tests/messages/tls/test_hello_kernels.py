"""A hello that kernels have written says what the original says, but for what is random in it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.quic.packet import read_parameter
from quivive.messages.tls.hello import GREASE, RETRY_RANDOM, read_client_hello, read_server_hello
from quivive.messages.tls.hello_kernels import (
    AGENT,
    HAS_CLIENT,
    NAME,
    STATE_WORDS,
    is_grease,
    write_client_hello,
    write_server_hello,
)
from quivive.model.errors import Malformed
from tests.messages.tls.test_lane import client_hellos, server_hellos, sessions
from tests.protocols.tls_builder import alpn, client_hello, extension, groups, numbers, server_hello, server_name


def written(kernel, body, state=None, front=b""):
    """Return what a kernel writes of a hello, None where it is not of its shape, and its state."""
    data = np.frombuffer(front + body + b"\xee", np.uint8).copy()
    out, state = np.zeros(len(body) + 8, np.uint8), np.zeros(STATE_WORDS, np.int64) if state is None else state
    end = kernel(data, np.int64(len(front)), np.int64(len(front) + len(body)), out, np.int64(3), state)
    return (None if end < 0 else out[3:end].tobytes()), state, data


def without_grease(values):
    return tuple(0x0A0A if value in GREASE else value for value in values)


def plain(listed):
    """Return a list of 16-bit numbers with one kind of GREASE."""
    values = np.frombuffer(listed[: len(listed) & ~1], ">u2").tolist()
    return numbers(*without_grease(values)) + listed[len(listed) & ~1 :]


@given(client_hellos)
def test_what_is_left_of_a_client_hello_says_the_same(body):
    said, state, data = written(write_client_hello, body)
    if said is None:
        return
    hello, own = read_client_hello(body), read_client_hello(said)
    assert not hello.fault
    name = "" if state[NAME] < 0 else data[state[NAME] >> 16 :][: state[NAME] & 0xFFFF].tobytes().decode()
    assert name == (hello.server_name or "")
    for sought in (0x3129, 0x3128):
        agent = read_parameter(hello.transport_parameters, sought) if sought == AGENT else None
        assert read_parameter(own.transport_parameters, sought) == agent
    assert own._replace(transport_parameters=b"") == hello._replace(
        session_id=b"\1" * len(hello.session_id),
        ciphers=plain(hello.ciphers),
        groups=plain(hello.groups),
        algorithms=plain(hello.algorithms),
        extensions=without_grease(hello.extensions),
        server_name=None,
        transport_parameters=b"",
    )


@given(server_hellos, sessions)
def test_what_is_left_of_a_server_hello_says_the_same(body, session):
    state = np.zeros(STATE_WORDS, np.int64)
    front = client_hello(session=session)
    written(write_client_hello, front, state)
    said, _, _ = written(write_server_hello, body, state, front)
    if said is None:
        return
    try:
        hello = read_server_hello(body)
    except Malformed:
        return
    fill = b"\1" if hello.session_id == session else b"\2"
    assert read_server_hello(said) == hello._replace(session_id=fill * len(hello.session_id))


@given(client_hellos, st.data())
def test_a_client_hello_that_is_cut_or_goes_on_is_of_no_known_shape(body, data):
    end = data.draw(st.integers(0, len(body) - 1))
    if not (end in (43, 51) or read_client_hello(body).fault):
        said, _, _ = written(write_client_hello, body[:end])
        assert said is None or read_client_hello(body[:end]).extensions == ()
        assert written(write_client_hello, body + b"\0")[0] is None


def test_hellos_of_one_program_become_the_same_bytes():
    one = client_hello(server_name("a.example"), groups(0x1A1A, 29), extension(51, b"x" * 36), extension(35, b"t" * 9))
    other = client_hello(server_name("bb.example"), groups(0xFAFA, 29), extension(51, b"y" * 40), extension(35))
    other = other[:2] + bytes(32) + other[34:]
    assert written(write_client_hello, one)[0] == written(write_client_hello, other)[0]


def test_hellos_of_two_programs_stay_different():
    hellos = [
        client_hello(groups(29)),
        client_hello(groups(23)),
        client_hello(groups(29), alpn(b"h2")),
        client_hello(alpn(b"h2"), groups(29)),
        client_hello(groups(29), extension(35)),
        client_hello(groups(29), ciphers=(0x1302,)),
        client_hello(groups(29), session=b""),
        client_hello(groups(29), version=0x0302),
    ]
    assert len({written(write_client_hello, hello)[0] for hello in hellos}) == len(hellos)


def test_a_retry_and_a_draft_are_of_no_known_shape():
    assert written(write_server_hello, server_hello(random=RETRY_RANDOM))[0] is None
    assert written(write_server_hello, server_hello(random=RETRY_RANDOM[:-1] + b"\0"))[0] is not None
    assert written(write_server_hello, server_hello(version=0x7F12))[0] is None


def test_grease_is_what_rfc_8701_lists():
    assert [value for value in range(1 << 16) if is_grease(np.int64(value))] == sorted(GREASE)


def test_the_state_has_a_word_for_each_of_its_names():
    assert max(NAME, HAS_CLIENT) < STATE_WORDS
