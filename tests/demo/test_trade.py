"""Trade papers: check digits, counts, forms."""

from __future__ import annotations

import re
from random import Random
from urllib.parse import parse_qs

from quivive.demo import trade
from quivive.demo.clock import DAY_START_NS


def test_parcel_numbers_carry_the_check_digit_of_s10():
    for seed in range(200):
        number = trade.parcel_number(Random(seed))
        total = sum(weight * int(digit) for weight, digit in zip((8, 6, 4, 2, 3, 5, 9, 7), number[2:10], strict=True))
        assert int(number[10]) == {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)


def test_a_transport_order_counts_its_own_segments():
    order = trade.transport_order(Random(1), 3, DAY_START_NS).decode()
    assert order.startswith("UNA:+.? 'UNB+UNOC:3+KESTRELHUB:ZZ+NSCARRIER:ZZ+260915:0000+")
    segments = order[9:].split("'")
    message = segments[1 : next(n for n, segment in enumerate(segments) if segment.startswith("UNT")) + 1]
    assert message[0] == "UNH+1+IFTMIN:D:96A:UN"
    assert message[-1] == f"UNT+{len(message)}+1"
    assert len(re.findall("PCI[+]34[+]RQ", order)) == 3


def test_a_partners_form_names_its_message_and_its_sender():
    head, _, body = trade.partner_post(Random(1), "link.example", 2, DAY_START_NS).partition(b"\r\n\r\n")
    form = parse_qs(body.decode())
    assert head.startswith(b"POST /gateway/link.do HTTP/1.1\r\nHost: link.example\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert (form["msg_type"], form["logistic_provider_id"]) == (["HUB_PARCEL_INBOUND"], ["KESTREL_HUB"])
