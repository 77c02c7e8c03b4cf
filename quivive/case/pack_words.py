"""What a pack says of itself to those who must check it with nothing but sha256sum and openssl."""

from __future__ import annotations

HEAD = """EVIDENCE PACK: how to check it

You need sha256sum and openssl (version 3 or later), no other program. Go into this folder and type what stands after
the $ sign. Any other answer than the one given means that something was changed.

1. No file was changed, taken out or exchanged
   $ sha256sum --check --strict --quiet SHA256SUMS
   (says nothing)
   Files that are not in the list were added later:
   $ find . -type f ! -name SHA256SUMS ! -name SHA256SUMS.sig | wc -l; wc -l < SHA256SUMS
   (twice the same number)

2. The list itself is the one that was signed
   $ openssl pkeyutl -verify -pubin -inkey signer.pub.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig
   Signature Verified Successfully
   The key is the right one if its fingerprint is the one that you were told on another way:
   $ openssl pkey -pubin -in signer.pub.pem -outform DER | tail -c 32 | sha256sum | cut -c 1-16
   {fingerprint}
"""

STAMPED = """
3. When it was sealed, by a third party (RFC 3161); ca.pem is that authority's certificate, from itself
   $ openssl ts -verify -data manifest.json -in manifest.json.tsr -CAfile ca.pem
   Verification: OK
"""

NOT_STAMPED = """
3. No third party has stamped the time: the time of sealing is the word of who sealed it. A notary or an authority can
   still stamp the file SHA256SUMS.
"""

AUDIT = """
4. Who looked into the case: audit_extract.jsonl, one entry a line. Each holds the hash of the one before it; a gap
   or a change is found by `quivive verify` or by a few lines of any language:
     hash = SHA-256(previous hash as 32 bytes, then the entry as JSON without prev_hash and hash, keys sorted,
     no spaces: RFC 8785)
   Roots that were stamped on the way lie in stamps/:
   $ for f in stamps/*.tsr; do openssl ts -verify -data "${{f%.tsr}}.roots" -in "$f" -CAfile ca.pem; done
{stamps}
WHAT IS IN IT
"""

MEANINGS = {
    "manifest.json": "what was read, by whom and why, every file with its size and SHA-256",
    "brief.txt": "one page for people",
    "case.toml": "what was read, by which version, with which limits",
    "timeline.csv": "findings and the flows that show them, in order of time",
    "stix.json": "the findings as STIX 2.1",
    "case.jsonld": "origin of every file as CASE/UCO in JSON-LD",
    "mandate.toml": "the mandate with its signatures",
    "mandate.json": "the same in the canonical form (RFC 8785) over which its digest is made",
    "audit_extract.jsonl": "who read or exported what, when and why",
    "audit_roots.jsonl": "Merkle roots of the audit (RFC 6962)",
    "signer.pub.pem": "public key of who sealed it",
    "tables/": "the evidence itself: Apache Parquet, one file a table",
    "packets/": "packets in the scope of the mandate, as pcapng",
    "objects/": "rebuilt objects",
    "receipts/": "signed receipts of what was removed when its term was over",
    "stamps/": "time stamps over the audit",
}


def readme(names: list[str], *, fingerprint: str, is_stamped: bool, has_stamps: bool, packets: str) -> str:
    """Return the page. packets: whether packets are in the pack, and if not, why."""
    stamps = "" if has_stamps else "   (there are none)\n"
    parts = [HEAD.format(fingerprint=fingerprint), STAMPED if is_stamped else NOT_STAMPED, AUDIT.format(stamps=stamps)]
    held = {f"{one.split('/')[0]}/" if "/" in one else one for one in names}
    parts += [f"   {name:<22} {meaning}\n" for name, meaning in MEANINGS.items() if name in held]
    return "".join([*parts, f"\nPackets: {packets}\n"])
