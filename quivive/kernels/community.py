"""Community ID 1.0 (corelight/community-id-spec): SHA-1 (FIPS 180-4) over the ordered five-tuple, in base64."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel

MASK = np.int64(0xFFFFFFFF)
ID_BYTES = 30  # "1:" and 28 characters of base64
BASE64 = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", np.uint8)
START = np.array([0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0], np.int64)


@kernel
def rotated(word, n):
    """Return a 32-bit word rotated left by n bits."""
    return ((word << n) | (word >> (32 - n))) & MASK


@kernel
def compress(block, words, digest):
    """Fill digest (5 words) with the SHA-1 of one padded block of 64 bytes; words: int64 (80,) scratch."""
    for t in range(16):
        words[t] = (
            (np.int64(block[4 * t]) << 24)
            | (np.int64(block[4 * t + 1]) << 16)
            | (np.int64(block[4 * t + 2]) << 8)
            | np.int64(block[4 * t + 3])
        )
    for t in range(16, 80):
        words[t] = rotated(words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16], 1)
    a, b, c, d, e = START[0], START[1], START[2], START[3], START[4]
    for t in range(80):
        if t < 20:
            f, k = (b & c) | (~b & MASK & d), np.int64(0x5A827999)
        elif t < 40:
            f, k = b ^ c ^ d, np.int64(0x6ED9EBA1)
        elif t < 60:
            f, k = (b & c) | (b & d) | (c & d), np.int64(0x8F1BBCDC)
        else:
            f, k = b ^ c ^ d, np.int64(0xCA62C1D6)
        a, b, c, d, e = (rotated(a, 5) + f + e + k + words[t]) & MASK, a, rotated(b, 30), c, d
    digest[0], digest[1], digest[2] = (START[0] + a) & MASK, (START[1] + b) & MASK, (START[2] + c) & MASK
    digest[3], digest[4] = (START[3] + d) & MASK, (START[4] + e) & MASK


@kernel
def put_address(block, to, high, low):
    """Write an address, 4 bytes where it is a mapped IPv4 one; returns the byte after it."""
    if high == 0 and low >> 32 == 0xFFFF:
        for k in range(4):
            block[to + k] = (low >> (24 - 8 * k)) & 0xFF
        return to + 4
    for k in range(8):
        block[to + k], block[to + 8 + k] = (high >> (56 - 8 * k)) & 0xFF, (low >> (56 - 8 * k)) & 0xFF
    return to + 16


@kernel
def is_before(block, high_a, low_a, port_a, high_b, low_b, port_b):
    """Return whether endpoint a comes first: by its bytes on the wire, then by port."""
    size = put_address(block, np.int64(0), high_a, low_a)
    put_address(block, np.int64(32), high_b, low_b)
    for k in range(size):
        if block[k] != block[32 + k]:
            return block[k] < block[32 + k]
    return port_a <= port_b


@kernel
def put_base64(digest, out, to):
    """Write "1:" and 20 bytes in base64."""
    out[to], out[to + 1] = 0x31, 0x3A
    to += 2
    for group in range(7):
        bits = np.int64(0)
        for k in range(3):
            at = 3 * group + k
            byte = (digest[at // 4] >> (24 - 8 * (at % 4))) & 0xFF if at < 20 else np.int64(0)
            bits = (bits << 8) | byte
        for k in range(4):
            out[to + k] = BASE64[(bits >> (18 - 6 * k)) & 63]
        to += 4
    out[to - 1] = 0x3D


@kernel
def community_ids(
    src_high, src_low, src_port, dst_high, dst_low, dst_port, transport, is_one_way, has_ports, scratch, out
):
    """Fill out (ID_BYTES per flow) with the Community IDs, seed 0.

    is_one_way, has_ports: bool (n,)   scratch: (block uint8 (64,), words int64 (80,), digest int64 (5,))
    """
    block, words, digest = scratch
    for i in range(transport.size):
        a, b, p, c, d, q = src_high[i], src_low[i], src_port[i], dst_high[i], dst_low[i], dst_port[i]
        if not is_one_way[i] and not is_before(block, a, b, p, c, d, q):
            a, b, p, c, d, q = c, d, q, a, b, p
        for k in range(64):
            block[k] = 0
        to = put_address(block, put_address(block, np.int64(2), a, b), c, d)
        block[to] = transport[i]
        to += 2
        if has_ports[i]:
            block[to], block[to + 1], block[to + 2], block[to + 3] = p >> 8, p & 0xFF, q >> 8, q & 0xFF
            to += 4
        block[to] = 0x80
        block[62], block[63] = (8 * to) >> 8, (8 * to) & 0xFF
        compress(block, words, digest)
        put_base64(digest, out, i * ID_BYTES)
