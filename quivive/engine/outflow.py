"""Outflow accounting: what each own host sent over the border, hour by hour, to whom, and how much of it was readable.

Bytes are application bytes, each counted once however often it was sent. Who opened a conversation does not matter for
what left: the answers to somebody who came from outside are outflow too (remote access is a transfer).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from quivive.kit.destinations import NOT_A_PLACE
from quivive.model.outflow_table import OUTFLOW
from quivive.store.parquet import ParquetTable

if TYPE_CHECKING:
    from quivive.store.working import WorkingTables

HOUR_NS = 3_600_000_000_000
MAX_HOURS = 744
"""Hours over which one flow is spread: a month. What claims to last longer is a clock that jumped; it stays whole."""
MAX_NAME = 253
"""Characters of a destination's name that are kept: a host name has no more (RFC 1035, 2.3.4)."""

OUTFLOW_ROWS = """
WITH crossing AS (
    SELECT flow_id, ts_ns, last_ns, service, resp_is_own AS is_opened_outside,
           CASE WHEN orig_is_own THEN orig_addr ELSE resp_addr END AS own_addr,
           CASE WHEN orig_is_own THEN resp_addr ELSE orig_addr END AS peer_addr,
           CASE WHEN orig_is_own THEN server_name END AS server_name,
           CASE WHEN orig_is_own THEN resp_registered ELSE orig_registered END AS peer_registered,
           CASE WHEN orig_is_own THEN resp_operator ELSE orig_operator END AS peer_operator,
           CASE WHEN orig_is_own THEN resp_controlling ELSE orig_controlling END AS peer_controlling,
           CASE WHEN orig_is_own THEN orig_bytes ELSE resp_bytes END AS sent,
           CASE WHEN orig_is_own THEN resp_bytes ELSE orig_bytes END AS received,
           CASE WHEN orig_is_own THEN orig_gap_bytes ELSE resp_gap_bytes END AS unseen,
           coalesce(regexp_matches(service_stack, $encrypted), false) AS is_hidden,
           coalesce(confidence, '') <> 'port only' AS is_sure
    FROM flows WHERE orig_is_own <> resp_is_own
), requests AS (
    SELECT flow_id, min(regexp_replace(lower(host), ':[0-9]+$', '')) AS http_host,
           min(CASE WHEN contains(uri, '/gateway/link.do') THEN 'LINK form'
                    WHEN request_content_type ILIKE 'application/edifact%' THEN 'EDIFACT'
                    WHEN request_content_type ILIKE 'application/edi-x12%' THEN 'X12' WHEN as2_from <> '' THEN 'AS2'
                    WHEN method IN ('POST', 'PUT', 'PATCH') THEN 'a body' END) AS carries
    FROM http GROUP BY flow_id
), told_names AS MATERIALIZED (
    SELECT own_addr, peer_addr, max_by(query, (told_ns, query)) AS query
    FROM (SELECT asked.orig_addr AS own_addr, unnest(answers) AS peer_addr, query, dns.ts_ns AS told_ns
          FROM dns JOIN flows AS asked USING (flow_id) WHERE is_response AND len(answers) > 0)
    GROUP BY own_addr, peer_addr
), only_names AS (
    SELECT peer_addr, min(query) AS query FROM told_names GROUP BY peer_addr HAVING min(query) = max(query)
), judged AS (
    SELECT crossing.*, service IS NOT NULL AND is_sure AND NOT is_hidden AS is_read, ts_ns // $hour AS first_hour,
           CASE WHEN NOT is_opened_outside THEN nullif(http_host, '') END AS http_host, carries,
           CASE WHEN NOT is_opened_outside THEN coalesce(told_names.query, only_names.query) END AS dns_name,
           CASE WHEN last_ns // $hour - ts_ns // $hour BETWEEN 1 AND $max_hours THEN last_ns // $hour
                ELSE ts_ns // $hour END AS last_hour
    FROM crossing LEFT JOIN requests USING (flow_id)
    LEFT JOIN told_names ON told_names.own_addr = crossing.own_addr AND told_names.peer_addr = crossing.peer_addr
    LEFT JOIN only_names ON only_names.peer_addr = crossing.peer_addr
    WHERE peer_registered IS NOT NULL OR NOT regexp_matches(crossing.peer_addr, $not_a_place)
), hours AS (
    SELECT *, unnest(range(first_hour, last_hour + 1)) AS hour_number FROM judged
), shares AS (
    SELECT *, CASE WHEN hour_number = first_hour THEN 0
                   ELSE (hour_number * $hour - ts_ns) / (last_ns - ts_ns) END AS from_share,
           CASE WHEN hour_number = last_hour THEN 1
                ELSE ((hour_number + 1) * $hour - ts_ns) / (last_ns - ts_ns) END AS to_share
    FROM hours
), parts AS (
    SELECT *, floor(sent * to_share) - floor(sent * from_share) AS out_part,
           floor(received * to_share) - floor(received * from_share) AS in_part,
           floor(unseen * to_share) - floor(unseen * from_share) AS unseen_part
    FROM shares
), summed AS (
    SELECT hour_number, own_addr, is_opened_outside, service, server_name, http_host, dns_name, peer_addr, carries,
           any_value(peer_registered) AS peer_registered, any_value(peer_operator) AS peer_operator,
           any_value(peer_controlling) AS peer_controlling, sum(out_part)::BIGINT AS out_bytes,
           sum(in_part)::BIGINT AS in_bytes, count(*) FILTER (WHERE hour_number = first_hour) AS n_sessions,
           bool_and(is_hidden) AS is_hidden, bool_and(is_read AND unseen = 0) AS is_clear,
           coalesce(sum(out_part) FILTER (WHERE is_read), 0)::BIGINT AS clear_out_bytes,
           coalesce(sum(out_part) FILTER (WHERE is_hidden), 0)::BIGINT AS encrypted_out_bytes,
           sum(unseen_part)::BIGINT AS unseen_out_bytes, bool_or(last_hour > first_hour) AS is_spread,
           max_by(flow_id, sent::HUGEINT * 4294967296 - flow_id) AS biggest_flow_id,
           min(ts_ns) AS first_ns, max(last_ns) AS last_ns
    FROM parts
    GROUP BY ALL
)
SELECT make_timestamp(hour_number * ($hour // 1000)) AS hour, own_addr, is_opened_outside, service, carries,
       coalesce(server_name, http_host, dns_name, peer_addr)[:$max_name] AS destination,
       CASE WHEN server_name IS NOT NULL THEN 'server name' WHEN http_host IS NOT NULL THEN 'http host'
            WHEN dns_name IS NOT NULL THEN 'dns answer' ELSE 'address' END AS destination_known_by,
       peer_addr, peer_registered, peer_operator, peer_controlling, out_bytes, in_bytes, n_sessions,
       CASE WHEN is_hidden THEN 'encrypted' WHEN is_clear THEN 'clear' ELSE 'partial' END AS readability,
       clear_out_bytes, encrypted_out_bytes, unseen_out_bytes, is_spread, biggest_flow_id,
       make_timestamp(first_ns // 1000) AS first_ts, make_timestamp(last_ns // 1000) AS last_ts
FROM summed
ORDER BY hour_number, biggest_flow_id, destination
"""


def write_outflow(tables: WorkingTables, folder: Path, encrypted: tuple[str, ...]) -> None:
    """Write the table `outflow` of a case. folder: its tables; encrypted: services with hidden content."""
    for name in ("dns", "http"):
        tables.has(name)  # opens it
    rows = tables.batches(
        OUTFLOW_ROWS,
        not_a_place=NOT_A_PLACE,
        encrypted=f"(^|,)({'|'.join(map(re.escape, encrypted))})(,|$)",
        hour=HOUR_NS,
        max_hours=MAX_HOURS,
        max_name=MAX_NAME,
    )
    table = ParquetTable(OUTFLOW, folder)
    table.add_arrow(rows)
    table.close()
