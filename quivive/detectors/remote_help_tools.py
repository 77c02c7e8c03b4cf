"""Tools that let somebody outside work on a machine, or open a way in from outside (MITRE ATT&CK T1219, T1572)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.destinations import listed
from quivive.kit.detector import Detector, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, count_text, peer_text, when_text
from quivive.model.finding import Finding, Severity

TOOLS = {
    "teamviewer.com": "TeamViewer", "anydesk.com": "AnyDesk", "rustdesk.com": "RustDesk",
    "logmein.com": "LogMeIn", "logmeinrescue.com": "LogMeIn", "gotoassist.com": "GoToAssist",
    "gotomypc.com": "GoToMyPC",
    "splashtop.com": "Splashtop", "screenconnect.com": "ScreenConnect", "connectwise.com": "ConnectWise",
    "atera.com": "Atera", "ammyy.com": "Ammyy Admin", "remotedesktop.google.com": "Chrome Remote Desktop",
    "remoting-pa.googleapis.com": "Chrome Remote Desktop", "supremocontrol.com": "Supremo",
    "dwservice.net": "DWService",
    "simple-help.com": "SimpleHelp", "parsec.app": "Parsec", "getscreen.me": "Getscreen",
    "zohoassist.com": "Zoho Assist",
    "islonline.net": "ISL Online", "meshcentral.com": "MeshCentral",
    "tailscale.com": "Tailscale", "zerotier.com": "ZeroTier", "netbird.io": "NetBird",
    "ngrok.com": "ngrok", "ngrok.io": "ngrok", "ngrok-agent.com": "ngrok", "ngrok.app": "ngrok",
    "argotunnel.com": "Cloudflare Tunnel", "trycloudflare.com": "Cloudflare Tunnel",
    "cftunnel.com": "Cloudflare Tunnel",
    "devtunnels.ms": "Microsoft dev tunnel", "global.rel.tunnels.api.visualstudio.com": "Microsoft dev tunnel",
    "localtunnel.me": "localtunnel", "loca.lt": "localtunnel", "localhost.run": "localhost.run", "serveo.net": "Serveo",
    "pagekite.me": "PageKite", "localxpose.io": "LocalXpose", "tunnelto.dev": "tunnelto", "frp.one": "frp",
}  # fmt: skip
"""Tools by the domain their programs call."""
SERVICES = {
    "teamviewer": "TeamViewer", "anydesk": "AnyDesk", "rustdesk": "RustDesk", "ngrok": "ngrok", "frp": "frp",
    "tailscale": "Tailscale", "zerotier": "ZeroTier", "rdp": "Remote Desktop (RDP)", "vnc": "VNC",
}  # fmt: skip
"""Tools by the protocol they speak."""
ISSUERS = {"CN=AnyNet Relay": "AnyDesk", "CN=AnyDesk Client": "AnyDesk"}
"""Tools by the name in their servers' certificates, where they send none themselves."""
MUCH_BYTES = 10_000_000

CALLED = "SELECT DISTINCT lower(server_name) AS server_name FROM flows WHERE server_name <> ''"

SESSIONS = """
WITH called AS (SELECT unnest($names) AS server_name, unnest($name_tools) AS tool),
services AS (SELECT unnest($services) AS service, unnest($service_tools) AS tool),
subjects AS (SELECT unnest($subjects) AS subject, unnest($subject_tools) AS tool),
crossing AS (
    SELECT flow_id, orig_addr, resp_addr, orig_is_own, lower(server_name) AS server_name, service, app,
           resp_registered, orig_registered, orig_bytes, resp_bytes, ts_ns, last_ns
    FROM flows
    WHERE orig_is_own IS DISTINCT FROM resp_is_own AND resp_addr NOT IN (SELECT addr FROM nowhere)
      AND orig_bytes > 0 AND resp_bytes > 0
), named AS (
    SELECT c.flow_id, t.tool FROM crossing AS c JOIN called AS t USING (server_name)
    UNION
    SELECT c.flow_id, s.tool FROM crossing AS c JOIN services AS s ON s.service = c.service
    UNION
    SELECT c.flow_id, s.tool FROM crossing AS c JOIN services AS s ON s.service = lower(c.app)
    UNION
    SELECT h.flow_id, s.tool FROM tls AS h JOIN subjects AS s ON contains(h.certificate_subject, s.subject)
)
SELECT orig_addr, tool, bool_and(orig_is_own) AS is_outbound, min(resp_addr) AS resp_addr,
       max(server_name) AS server_name, max(resp_registered) AS resp_registered,
       max(orig_registered) AS orig_registered, count(*) AS n_flows, sum(orig_bytes)::BIGINT AS sent,
       sum(resp_bytes)::BIGINT AS received, min(ts_ns) AS first_ns,
       max(last_ns) AS last_ns, (list(flow_id ORDER BY flow_id))[:1000] AS flow_ids
FROM crossing JOIN named USING (flow_id)
GROUP BY orig_addr, tool
ORDER BY orig_addr, tool
"""


class RemoteHelpTools(Detector):
    """Remote help and tunnel programs that talk over the organisation's border."""

    name = "remote_help_tools"
    question = "Can somebody outside work on a machine here, or come in through a tunnel?"
    reads = ("flows",)
    may_read = ("tls",)
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per host and tool."""
        names = _tools_called(tables)
        rows = tables.sql(
            SESSIONS,
            names=list(names),
            name_tools=list(names.values()),
            services=list(SERVICES),
            service_tools=list(SERVICES.values()),
            subjects=list(ISSUERS),
            subject_tools=list(ISSUERS.values()),
        )
        for row in rows:
            yield _finding(row)


def _tools_called(tables: Tables) -> dict[str, str]:
    """Return the tool behind each name that was called."""
    called = {row["server_name"]: listed(row["server_name"], TOOLS) for row in tables.sql(CALLED)}
    return {name: TOOLS[domain] for name, domain in called.items() if domain}


def _finding(row: dict[str, Any]) -> Finding:
    left = row["sent"] if row["is_outbound"] else row["received"]
    registered = row["resp_registered"] if row["is_outbound"] else row["orig_registered"]
    when = when_text(row["first_ns"], row["last_ns"])
    if row["is_outbound"]:
        peer = peer_text(row["resp_addr"], row["server_name"], registered)
        title = f"{row['orig_addr']} used {row['tool']}: it talked to {peer}, {bytes_text(left)} out, {when}"
    else:
        peer = peer_text(row["orig_addr"], None, registered)
        title = f"{peer} reached {row['resp_addr']} from outside by {row['tool']}, {bytes_text(left)} out, {when}"
    return Finding(
        title=title,
        severity=Severity.MEDIUM if left >= MUCH_BYTES or not row["is_outbound"] else Severity.LOW,
        confidence=0.8,
        who=row["orig_addr"] if row["is_outbound"] else row["resp_addr"],
        what=row["tool"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=left,
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "the organisation's own support, or a maker who keeps a machine in order by contract",
            "a program that is installed and only asks for updates, or a visit to its maker's web page",
        ),
        attack_id="T1219",
        facts={
            "flows": count_text(row["n_flows"], "flow"),
            "registered": f"{registered or 'not known'} ({REGISTRY_ONLY})",
        },
    )
