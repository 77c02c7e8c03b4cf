"""Every bound that hostile input can hit, each with its reason; reaching one is an anomaly row, never silence."""

BATCH_PACKETS = 131_072
"""Packets decoded at a time: enough to hide a batch's fixed cost, few enough that its columns stay near 15 MB."""

BATCH_BYTES = 1 << 25
"""Capture bytes per batch: bounds mapped pages in use, and gathered text far below Arrow's 2**31."""

MAX_PACKET_BYTES = 1 << 18
"""Largest captured packet believed: tcpdump's MAXIMUM_SNAPLEN; a longer one means a damaged record header."""

VLAN_TAGS = 2
"""Tags the fast lane steps over (802.1ad); deeper stacks go to the layers shelf."""

IPV6_EXTENSIONS = 8
"""RFC 8200 lists seven kinds of extension header, each of which should stand once."""

LAYER_DEPTH = 16
"""Headers within headers; the deepest real stack seen (GRE in GTP in VLANs) is 11."""

MAX_FLOWS = 131_072
"""Flows open at one time; beyond it the longest idle are written early. Keeps the table near 70 MB."""

FIRST_PAYLOADS = 4
"""Payloads per side in which a flow's protocol is looked for; nDPI and Zeek settle as early."""

OVERLAPPING_SEGMENTS = 64
"""Segments that may cover one stream byte before it counts as an attack."""

HELD_SEGMENTS = 65_536
"""Out-of-order segments kept for the next batch, all flows together."""

HELD_BYTES = 1 << 24
"""Bytes of out-of-order segments kept for the next batch, all flows together."""

PENDING_BYTES = 1 << 20
"""Bytes of an unfinished message kept per side of a flow; a longer message is given up."""

UNDECIDED_BYTES = 1 << 14
"""Bytes kept per flow while its protocol is not known yet."""

FRAGMENTS_HELD = 16_384
"""IP fragments waiting for the rest of their datagram; the oldest give way."""

FRAGMENT_IDLE_S = 30
"""RFC 791 and RFC 8200 let a reassembly wait 15 to 60 seconds."""

DNS_LABELS = 128
"""A name has at most 255 bytes, so 127 labels and the root (RFC 1035, 3.1): more jumps are a loop."""

DNS_RECORDS = 512
"""Records read of one message; a full UDP answer of the shortest records has under 410."""

TEXT_BYTES = 4096
"""Bytes of one text value kept in a table; what is cut is marked."""

LIST_ITEMS = 1024
"""Items of one list value kept in a table."""

LINE_BYTES = 65_536
"""Longest line of a text protocol; RFC 5321 allows 1,000, real IMAP literals and FTP paths far more."""

NESTING = 32
"""Depth of nested structures (ASN.1, JSON) that is followed."""

ANNOUNCED_FLOWS = 16_384
"""Flows that others announce (FTP's data connections) and that are waited for at a time; 4 MB."""

HANDOVERS = 8
"""Times a flow may change its protocol (SOCKS, CONNECT, STARTTLS, upgrade) before it is given up."""

COMPRESSION_RATIO = 100
"""Inflated bytes believed per compressed byte; more is a bomb."""

CAPTURE_RATIO = 1000
"""Capture bytes believed per compressed byte: captures of zeros compress about so well."""

UNWRAPPED_BYTES = 1 << 20
"""Bytes of carried data that are decoded, and that decoding may yield: a tunnel's look-ups of hours."""

ENCODING_DEPTH = 6
"""Encodings within each other that are undone: tunnels use two or three."""

ENCODING_TRIES = 64
"""Steps tried in all to find how data was encoded; a text that fits several alphabets branches."""
