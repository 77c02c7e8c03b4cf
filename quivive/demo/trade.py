"""Papers of the parcel trade: EDIFACT messages, a partner's form posts, and FTP to carry them (RFC 959)."""

from __future__ import annotations

import base64
import hashlib
import json
from random import Random
from urllib.parse import urlencode

from quivive.demo import http
from quivive.demo.clock import MILLISECOND, stamp
from quivive.demo.mail import dialogue
from quivive.demo.names import Host
from quivive.demo.tape import Tape
from quivive.demo.tcp import ORIG, RESP, Conversation

FTP_PORT = 21
S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
TOWNS = ("Lakeford", "Millbrook", "Harbour End", "Stonebridge", "Ashby Moor", "Weirside")
GOODS = ("gear wheels", "bearing shells", "torque tools", "spare belts", "sensor kits", "cutting inserts")


def parcel_number(rng: Random) -> str:
    """Return an item number of UPU S10, with its right check digit."""
    serial = f"{rng.randrange(10**8):08}"
    left = 11 - sum(weight * int(digit) for weight, digit in zip(S10_WEIGHTS, serial, strict=True)) % 11
    check_digit = {10: 0, 11: 5}.get(left, left)
    return f"RQ{serial}{check_digit}FR"


def transport_order(rng: Random, n_parcels: int, at_ns: int) -> bytes:
    """Return an EDIFACT interchange with one IFTMIN: who sends how many parcels to whom."""
    when = stamp(at_ns)
    segments = [
        f"UNH+1+IFTMIN:D:96A:UN'BGM+610+{rng.randrange(10**6)}+9",
        f"DTM+137:{when:%Y%m%d%H%M}:203",
        "NAD+CZ+KESTREL::9++KESTREL GEARS+1 FOUNDRY LANE+LAKEFORD++00001+FR",
    ]
    for item in range(1, n_parcels + 1):
        place = f"{rng.randrange(90)} MAIN STREET+{rng.choice(TOWNS).upper()}"
        segments += [
            f"GID+{item}+1:PK",
            f"FTX+AAA+++{rng.choice(GOODS)}",
            f"NAD+CN+C{rng.randrange(1000):03}::9++CUSTOMER {item}+{place}++00002+NL",
            f"PCI+34+{parcel_number(rng)}",
        ]
    n_segments = sum(line.count("'") + 1 for line in segments) + 1
    head = f"UNA:+.? 'UNB+UNOC:3+KESTRELHUB:ZZ+NSCARRIER:ZZ+{when:%y%m%d:%H%M}+{rng.randrange(10**5)}'"
    return (head + "'".join([*segments, f"UNT+{n_segments}+1", "UNZ+1+1"]) + "'").encode()


def partner_post(rng: Random, host: str, n_parcels: int, at_ns: int) -> bytes:
    """Return a form post as partners' LINK gateways take it: kind of message, sender, content, digest."""
    parcels = [
        {
            "mailNo": parcel_number(rng),
            "consignee": f"Customer {rng.randrange(1000)}",
            "city": rng.choice(TOWNS),
            "goods": rng.choice(GOODS),
            "declaredValue": f"{rng.randrange(500, 90_000) / 100:.2f}",
            "currency": "EUR",
        }
        for _ in range(n_parcels)
    ]
    content = json.dumps({"eventTime": f"{stamp(at_ns):%Y-%m-%d %H:%M:%S}", "parcels": parcels})
    digest = base64.b64encode(hashlib.md5(content.encode(), usedforsecurity=False).digest()).decode()
    form = urlencode({
        "msg_type": "HUB_PARCEL_INBOUND", "logistic_provider_id": "KESTREL_HUB", "to_code": "PARTNER_EU",
        "data_digest": digest, "logistics_interface": content,
    })  # fmt: skip
    kind = ("Content-Type: application/x-www-form-urlencoded; charset=utf-8", "User-Agent: hub-link/2.3")
    return http.request("POST", host, "/gateway/link.do", form.encode(), kind)


def put_by_ftp(tape: Tape, ends: tuple[Host, Host], login: tuple[str, str], file: tuple[str, bytes], at_ns: int) -> int:
    """Log in with user and password in clear, leave one file, and return when the conversation ended."""
    (user, password), (name, content) = login, file
    talk = Conversation(tape, ends, FTP_PORT, at_ns=at_ns, rtt_ns=21 * MILLISECOND)
    data_port = 50_000 + tape.rng.randrange(1000)
    where = f"{ends[RESP].ip.replace('.', ',')},{data_port >> 8},{data_port & 0xFF}"
    talk.say(RESP, f"220 {ends[RESP].name} FTP server ready\r\n".encode())
    dialogue(talk, [
        (f"USER {user}", f"331 Password required for {user}"), (f"PASS {password}", f"230 User {user} logged in"),
        ("TYPE I", "200 Type set to I"), ("CWD /inbound", "250 CWD command successful"),
        ("PASV", f"227 Entering Passive Mode ({where})"),
    ])  # fmt: skip
    data = Conversation(tape, ends, data_port, at_ns=talk.now_ns + MILLISECOND, rtt_ns=21 * MILLISECOND)
    talk.pause(25 * MILLISECOND)
    dialogue(talk, [(f"STOR {name}", f"150 Opening data connection for {name}")])
    data.pause(max(talk.now_ns - data.now_ns, 0))
    data.say(ORIG, content)
    data.close()
    talk.pause(max(data.now_ns - talk.now_ns, 0))
    talk.say(RESP, b"226 Transfer complete\r\n")
    dialogue(talk, [("QUIT", "221 Goodbye")])
    talk.close(RESP)
    return talk.now_ns
