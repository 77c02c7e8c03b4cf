"""SMB messages put together field by field, for tests."""

import struct

from quivive.model.five_tuple import Side

ORIG, RESP = Side.ORIGINATOR, Side.RESPONDER

SESSION = 0x0000400000000041
TREE = 5
FILE = bytes.fromhex("0100000000000000 0200000000000000")
NO_FILE = b"\xff" * 16


def frame(message):
    return b"\0" + len(message).to_bytes(3, "big") + message


def smb2(command, body, *, number=1, answer=False, status=0, tree=TREE, session=SESSION, flags=0, step=0):
    """One SMB2 message without its NetBIOS header; `step` leads to the next one of a compound."""
    header = struct.pack(
        "<4sHHIHHIIQIIQ16s",
        b"\xfeSMB",
        64,
        1,
        status,
        command,
        1,
        flags | answer,
        step,
        number,
        0xFEFF,
        tree,
        session,
        bytes(16),
    )
    return header + body


def chain(*messages):
    """A compound: each message but the last padded to 8 bytes, its step set."""
    whole = b""
    for message in messages[:-1]:
        message += bytes(-len(message) % 8)
        whole += message[:20] + struct.pack("<I", len(message)) + message[24:]
    return whole + messages[-1]


def wide(text):
    return text.encode("utf-16-le")


def negotiate_request(*dialects):
    return struct.pack("<HHHHI16sQ", 36, len(dialects), 1, 0, 0, bytes(range(16)), 0) + struct.pack(
        f"<{len(dialects)}H", *dialects
    )


def negotiate_answer(dialect, mode=1):
    return struct.pack("<HHHH16s4IQQHHI", 65, mode, dialect, 0, bytes(16), 0, 0, 0, 0, 0, 0, 128, 0, 0)


def session_setup_request(token):
    return struct.pack("<HBBIIHHQ", 25, 0, 1, 0, 0, 88, len(token), 0) + token


def session_setup_answer(token=b""):
    return struct.pack("<HHHH", 9, 0, 72, len(token)) + token


def tree_connect_request(path):
    return struct.pack("<HHHH", 9, 0, 72, len(wide(path))) + wide(path)


def tree_connect_answer(kind=1):
    return struct.pack("<HBBIII", 16, kind, 0, 0, 0, 0)


def create_request(name, *, access=0x00120089, disposition=1, options=0):
    fixed = struct.pack(
        "<HBBIQQIIIIIHHII", 57, 0, 0, 2, 0, 0, access, 0x80, 7, disposition, options, 120, len(wide(name)), 0, 0
    )
    return fixed + wide(name)


def create_answer(file=FILE, *, action=1, size=0):
    return struct.pack("<HBBIQQQQQQII16sII", 89, 0, 0, action, 0, 0, 0, 0, size, size, 0x20, 0, file, 0, 0)


def close_request(file=FILE):
    return struct.pack("<HHI16s", 24, 0, 0, file)


def close_answer():
    return struct.pack("<H58x", 60)


def read_request(offset, size, file=FILE):
    return struct.pack("<HBBIQ16sIIIHHx", 49, 0, 0, size, offset, file, 0, 0, 0, 0, 0)


def read_answer(content):
    return struct.pack("<HBBIII", 17, 80, 0, len(content), 0, 0) + content


def write_request(offset, content, file=FILE):
    return struct.pack("<HHIQ16sIIHHI", 49, 112, len(content), offset, file, 0, 0, 0, 0, 0) + content


def write_answer(size):
    return struct.pack("<HHIII", 17, 0, size, 0, 0)


def set_info_request(level, content, file=FILE):
    return struct.pack("<HBBIHHI16s", 33, 1, level, len(content), 96, 0, 0, file) + content


def query_directory_request(pattern, file=FILE):
    return struct.pack("<HBBI16sHHI", 33, 37, 0, 0, file, 96, len(wide(pattern)), 65536) + wide(pattern)


def ioctl_request(code, content, file=FILE):
    return struct.pack("<HHI16sIIIIIIII", 57, 0, code, file, 120, len(content), 0, 0, 0, 1024, 1, 0) + content


def ioctl_answer(code, content, file=FILE):
    return struct.pack("<HHI16sIIIIII", 49, 0, code, file, 112, 0, 112, len(content), 0, 0) + content


def error_answer():
    return struct.pack("<HBBIB", 9, 0, 0, 0, 0)


def asked(command, body, **more):
    return ORIG, frame(smb2(command, body, **more))


def told(command, body, **more):
    return RESP, frame(smb2(command, body, answer=True, **more))


def smb1(command, words=b"", content=b"", *, answer=False, status=0, tree=0, user=0, number=1, flags2=0xC001):
    """One SMB1 message without its NetBIOS header; texts are wide unless flags2 says otherwise."""
    header = struct.pack(
        "<4sBIBHH8sHHHHH",
        b"\xffSMB",
        command,
        status,
        0x80 if answer else 0,
        flags2,
        0,
        bytes(8),
        0,
        tree,
        0xFEFF,
        user,
        number,
    )
    return header + bytes([len(words) // 2]) + words + struct.pack("<H", len(content)) + content


def asked1(command, words=b"", content=b"", **more):
    return ORIG, frame(smb1(command, words, content, **more))


def told1(command, words=b"", content=b"", **more):
    return RESP, frame(smb1(command, words, content, answer=True, **more))
