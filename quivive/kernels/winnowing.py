"""Fingerprints of text by winnowing (Schleimer, Wilkerson, Aiken 2003): excerpts are found, wherever they begin.

Text is reduced to its letters and digits in small; of every GRAM signs in a row a rolling hash is made, and of every
WINDOW hashes in a row the smallest is a fingerprint, of equal ones the last. Two texts that share GRAM + WINDOW - 1
signs share a fingerprint; nothing shorter than GRAM is ever found. What is kept is the hash under a secret key
(SipHash-2-4, Aumasson and Bernstein 2012), so that who has the fingerprints cannot try texts against them.
"""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel

GRAM, WINDOW = 32, 16
BASE = np.uint64(0x9E3779B97F4A7C15)
TOP = np.uint64(pow(0x9E3779B97F4A7C15, GRAM, 1 << 64))
"""BASE to the power of GRAM: what the sign that leaves a gram has been multiplied by."""
SPREAD = np.uint64(0xD6E8FEB86659FD93)
"""Odd: hashes are ordered by their product with it, so that no sign of the text is preferred."""

FOLDED = np.zeros(256, np.uint8)
"""Signs that count, capitals as small: letters, digits, and all bytes of UTF-8 beyond ASCII."""
FOLDED[48:58] = np.arange(48, 58)
FOLDED[65:91] = np.arange(97, 123)
FOLDED[97:123] = np.arange(97, 123)
FOLDED[128:] = np.arange(128, 256)

V0, V1 = np.uint64(0x736F6D6570736575), np.uint64(0x646F72616E646F6D)
V2, V3 = np.uint64(0x6C7967656E657261), np.uint64(0x7465646279746573)
EIGHT_BYTES = np.uint64(8 << 56)
LAST = np.uint64(0xFF)
R13, R16, R17, R21, R32 = np.uint64(13), np.uint64(16), np.uint64(17), np.uint64(21), np.uint64(32)
R51, R48, R47, R43 = np.uint64(51), np.uint64(48), np.uint64(47), np.uint64(43)


@kernel
def fold(data, folded, out, origin):
    """Keep the signs that count, and where each stood; returns how many. out, origin: as long as data."""
    n = 0
    for at in range(data.size):
        sign = folded[data[at]]
        if sign != 0:
            out[n] = sign
            origin[n] = at
            n += 1
    return n


@kernel
def winnow(text, n, ring, found, place):
    """Choose the fingerprints of the first n signs; returns how many.

    ring: uint64 (WINDOW,) scratch     found: uint64, place: int64  hash and first sign of each; n + 1 long: text made
    for it has a fingerprint at every sign
    """
    if n < GRAM:
        return 0
    rolling = np.uint64(0)
    count, least_at, least = 0, np.int64(-1), np.uint64(0)
    for at in range(n):
        rolling = rolling * BASE + np.uint64(text[at])
        first = at - GRAM + 1
        if first < 0:
            continue
        if first > 0:
            rolling -= TOP * np.uint64(text[first - 1])
        order = rolling * SPREAD
        order ^= order >> R32
        ring[first & (WINDOW - 1)] = order
        if order <= least or least_at < 0:
            least, least_at = order, first
        elif least_at <= first - WINDOW:
            least_at = first - WINDOW + 1
            least = ring[least_at & (WINDOW - 1)]
            for later in range(first - WINDOW + 2, first + 1):
                if ring[later & (WINDOW - 1)] <= least:
                    least, least_at = ring[later & (WINDOW - 1)], later
        if first >= WINDOW - 1 and (count == 0 or place[count - 1] != least_at):
            found[count], place[count] = least, least_at
            count += 1
    if count == 0:
        found[0], place[0] = least, least_at
        count = 1
    return count


@kernel
def keyed(found, n, key_low, key_high):
    """Replace the first n hashes by what a secret key makes of them (SipHash-2-4 of their eight bytes)."""
    for k in range(n):
        found[k] = sip_hash(found[k], key_low, key_high)


@kernel
def sip_hash(word, key_low, key_high):
    """Return SipHash-2-4 of eight bytes, given as a little-endian number."""
    a, b, c, d = V0 ^ key_low, V1 ^ key_high, V2 ^ key_low, V3 ^ key_high
    for block in range(2):
        told = word if block == 0 else EIGHT_BYTES
        d ^= told
        for _ in range(2):
            a, b, c, d = sip_round(a, b, c, d)
        a ^= told
    c ^= LAST
    for _ in range(4):
        a, b, c, d = sip_round(a, b, c, d)
    return a ^ b ^ c ^ d


@kernel
def sip_round(a, b, c, d):
    """Return the four words after one round."""
    a += b
    b = (b << R13) | (b >> R51)
    b ^= a
    a = (a << R32) | (a >> R32)
    c += d
    d = (d << R16) | (d >> R48)
    d ^= c
    a += d
    d = (d << R21) | (d >> R43)
    d ^= a
    c += b
    b = (b << R17) | (b >> R47)
    b ^= c
    c = (c << R32) | (c >> R32)
    return a, b, c, d
