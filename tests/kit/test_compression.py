import io
import re

from quivive.kit.compression import Compression
from quivive.kit.source import RawFile


class Plain:
    """Packs nothing: a mark, any bytes, a full stop."""

    def __init__(self):
        self.eof, self.needs_input, self.unused_data, self._kept = False, True, None, b""

    def decompress(self, data, max_length):
        self._kept += data
        piece, dot, rest = self._kept.partition(b".")
        if b"!" in piece:
            raise ValueError("an exclamation mark")
        self.needs_input = not piece[max_length:] and not dot
        self._kept = self._kept[len(piece[:max_length]) :]
        if dot and self._kept == dot + rest:
            self.eof, self.unused_data = True, rest
        return piece[:max_length]


class Stuck(Plain):
    """Never says that it needs more, never gives any."""

    def decompress(self, data, max_length):
        self.needs_input = False
        return b""


def plain(decoder=Plain, faults=(ValueError,)):
    return Compression("plain", "plain", "none", re.compile(b"P"), decoder, faults, re.compile(b"Q"))


def unpack(packed, compression=None, size=4):
    stream = (compression or plain()).open(RawFile(io.BytesIO(packed), len(packed)))
    return list(iter(lambda: stream.read(size), b"")), stream.troubles


def test_pieces_are_as_long_as_was_asked():
    assert unpack(b"Pabcdefg.") == ([b"Pabc", b"defg"], [])


def test_another_member_may_begin_as_the_first_or_as_between_members():
    assert unpack(b"Pa.Pb.Qc.") == ([b"Pa", b"Pb", b"Qc"], [])


def test_what_only_stands_between_members_is_not_claimed():
    assert plain().claims(b"P")
    assert not plain().claims(b"Q")


def test_an_end_that_does_not_come_is_told_with_its_place():
    assert unpack(b"Pabc") == ([b"Pabc"], ["plain data is cut short, near byte 4 of the file"])


def test_damage_is_told_with_its_reason():
    assert unpack(b"Pa.Pb!") == ([b"Pa"], ["plain data is damaged (an exclamation mark), near byte 6 of the file"])


def test_foreign_bytes_are_told_of():
    assert unpack(b"Pa.X") == ([b"Pa"], ["what follows the plain data is not part of it, near byte 4 of the file"])


def test_a_decoder_that_leads_nowhere_is_left():
    assert unpack(b"P", plain(Stuck)) == ([], ["plain data is damaged (it leads nowhere), near byte 1 of the file"])


def test_an_ended_stream_stays_ended():
    stream = plain().open(RawFile(io.BytesIO(b"Pa."), 3))
    assert [stream.read(9), stream.read(9), stream.read(9)] == [b"Pa", b"", b""]
