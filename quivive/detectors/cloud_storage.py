"""Data left with file stores and paste sites that anybody may use (MITRE ATT&CK T1567.002, T1567.003)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.destinations import listed
from quivive.kit.detector import Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, count_text, peer_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

STORES = {
    "dropbox.com": "Dropbox", "dropboxapi.com": "Dropbox", "dropboxusercontent.com": "Dropbox",
    "drive.google.com": "Google Drive", "content.googleapis.com": "Google Drive",
    "onedrive.live.com": "OneDrive", "onedrive.com": "OneDrive", "1drv.com": "OneDrive",
    "box.com": "Box", "boxcloud.com": "Box", "icloud-content.com": "iCloud", "mediafire.com": "MediaFire",
    "mega.nz": "MEGA", "mega.co.nz": "MEGA", "mega.io": "MEGA", "pcloud.com": "pCloud", "4shared.com": "4shared",
    "sync.com": "Sync", "tresorit.com": "Tresorit", "wetransfer.com": "WeTransfer", "wetransfer.net": "WeTransfer",
    "smash.com": "Smash", "fromsmash.com": "Smash", "swisstransfer.com": "SwissTransfer",
    "terabox.com": "TeraBox", "pan.baidu.com": "Baidu Pan", "pcs.baidu.com": "Baidu Pan",
    "disk.yandex.ru": "Yandex Disk", "disk.yandex.com": "Yandex Disk", "cloud.mail.ru": "Mail.ru Cloud",
    "backblazeb2.com": "Backblaze B2", "wasabisys.com": "Wasabi", "jottacloud.com": "Jottacloud",
}  # fmt: skip
"""Stores with an account, by the domain their programs call."""
DROPS = {
    "transfer.sh": "transfer.sh", "file.io": "file.io", "gofile.io": "Gofile", "anonfiles.com": "AnonFiles",
    "bashupload.com": "bashupload", "temp.sh": "temp.sh", "0x0.st": "0x0.st", "catbox.moe": "Catbox",
    "litterbox.catbox.moe": "Litterbox", "tmpfiles.org": "tmpfiles", "uguu.se": "Uguu", "send.vis.ee": "Send",
    "filebin.net": "Filebin", "ufile.io": "Uploadfiles", "pixeldrain.com": "Pixeldrain", "oshi.at": "Oshi",
    "pastebin.com": "Pastebin", "paste.ee": "Paste.ee", "hastebin.com": "Hastebin", "dpaste.org": "dpaste",
    "dpaste.com": "dpaste", "ghostbin.com": "Ghostbin", "rentry.co": "Rentry", "controlc.com": "ControlC",
    "privatebin.net": "PrivateBin", "ix.io": "ix.io", "termbin.com": "termbin", "sprunge.us": "sprunge",
    "paste.rs": "paste.rs", "justpaste.it": "JustPaste.it", "webhook.site": "Webhook.site",
    "requestbin.com": "RequestBin", "pipedream.net": "Pipedream",
    "api.telegram.org": "Telegram bots", "discordapp.com": "Discord", "discord.com": "Discord",
}  # fmt: skip
"""Places that take data without an account, or for a program's own ends, from anybody."""
MIN_STORED_BYTES = 1_000_000
"""Sent to a store: looking at its pages sends less."""
MIN_DROPPED_BYTES = 10_000
"""Sent to a place that takes texts: a page of it, beyond what opening the place sends."""
MIN_RATIO = 0.4

SENT = """
WITH called AS (SELECT unnest($names) AS server_name, unnest($services) AS store)
SELECT orig_addr, store, max(server_name) AS server_name, min(resp_addr) AS resp_addr,
       max(resp_registered) AS registered, max(resp_operator) AS operator, max(resp_controlling) AS controlling,
       count(*) AS n_flows, sum(orig_bytes)::BIGINT AS sent, sum(resp_bytes)::BIGINT AS received,
       min(ts_ns) AS first_ns, max(last_ns) AS last_ns, (list(flow_id ORDER BY flow_id))[:1000] AS flow_ids
FROM outward JOIN called USING (server_name)
GROUP BY orig_addr, store
HAVING sum(orig_bytes) >= $min_bytes
ORDER BY orig_addr, store
"""


class CloudStorage(Detector):
    """More sent than taken at a file store or paste site."""

    name = "cloud_storage"
    question = "Does a machine leave data with a file store or paste site on the Internet?"
    reads = ("flows",)
    floor = Floor(n_outward=1, out_bytes=MIN_DROPPED_BYTES)
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host and store; which account it went to cannot be seen."""
        called = [row["server_name"] for row in tables.sql("SELECT server_name FROM names_called")]
        domains = {name: listed(name, STORES) or listed(name, DROPS) for name in called}
        stores = {name: STORES.get(domain) or DROPS[domain] for name, domain in domains.items() if domain}
        if not stores:
            return
        rows = tables.sql(SENT, names=list(stores), services=list(stores.values()), min_bytes=MIN_DROPPED_BYTES)
        for row in rows:
            is_drop = row["store"] in DROPS.values()
            ratio = (row["sent"] - row["received"]) / (row["sent"] + row["received"])
            if ratio >= MIN_RATIO and (is_drop or row["sent"] >= MIN_STORED_BYTES):
                yield _finding(row, ratio, is_drop=is_drop)


def _finding(row: dict[str, Any], ratio: float, *, is_drop: bool) -> Finding:
    peer = peer_text(row["resp_addr"], row["server_name"], row["registered"], row["operator"], row["controlling"])
    parts = (
        ScorePart("a place that takes data from anybody", float(is_drop), 50.0 if is_drop else 20.0),
        ScorePart("share by which sending prevails", round(ratio, 3), round(50 * ratio, 1)),
    )
    return Finding(
        title=(
            f"{row['orig_addr']} left {bytes_text(row['sent'])} with {row['store']} at {peer} and took "
            f"{bytes_text(row['received'])}, {when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.MEDIUM if is_drop else Severity.LOW,
        confidence=0.6 if is_drop else 0.5,
        who=row["orig_addr"],
        what=row["store"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["sent"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "a store that the organisation has ordered or allows",
            "a program's own log or fault report that goes through such a service",
        ),
        score=round(sum(part.points for part in parts), 1),
        score_parts=parts,
        attack_id="T1567.003" if is_drop else "T1567.002",
        visibility=0.0,
        facts={
            "flows": count_text(row["n_flows"], "flow"),
            "account": "cannot be seen: the organisation's own and a private one look alike",
            "registered": f"{row['registered'] or 'not known'} ({REGISTRY_ONLY})",
        },
    )
