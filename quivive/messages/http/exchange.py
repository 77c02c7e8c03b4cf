"""Requests and the responses that belong to them: in order, on one connection (RFC 9112, 9.3)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from quivive.kit.protocol import Row
from quivive.messages import spnego
from quivive.messages.http.body import Body
from quivive.messages.http.fields import columns_of_request, columns_of_response
from quivive.messages.http.head import Head
from quivive.messages.http.login import Login, login_in_query, login_of
from quivive.messages.logins import Claim, login_rows
from quivive.messages.wire_text import cut
from quivive.model.schema import Table

PIPELINED = 1024
"""Requests kept that wait for their response: browsers pipelined up to 8; a capture of one side has them all."""

REQUEST, RESPONSE = "request", "response"
TUNNEL, UPGRADE = "tunnel", "upgrade"

AUTHORIZATIONS = (("authorization", "Authorization"), ("proxy-authorization", "Proxy-Authorization"))
CHALLENGES = (("www-authenticate", "WWW-Authenticate"), ("proxy-authenticate", "Proxy-Authenticate"))

SERVER_MESSAGES = ("ntlm ", "negotiate ")
"""Schemes whose server has more to say than that it wants a log-in."""

IN_URI_OR_BODY = ("form", "json", "query")
"""Log-ins whose status code says nothing: the page does."""


class Transaction:
    """A request and its response, as far as seen.

    awaits: what the client asked the connection to become: TUNNEL, UPGRADE or nothing
    """

    __slots__ = ("awaits", "has_request", "has_response", "logins", "method", "row")

    def __init__(self, row: dict[str, Any], method: str = "") -> None:
        self.row = row
        self.method = method
        self.awaits = ""
        self.logins: list[tuple[Login, str]] = []
        self.has_request = not method
        self.has_response = False


class Exchange:
    """The transactions of one connection.

    open:    those that have no row yet, in order
    waiting: requests without a final response
    rows:    what is told and not yet taken
    n_asked: requests so far, and responses that nobody asked for
    """

    def __init__(self, protocol: str, table: Table) -> None:
        self.protocol = protocol
        self.table = table
        self.client_addr = ""
        self.open: deque[Transaction] = deque()
        self.waiting: deque[Transaction] = deque()
        self.rows: list[Row] = []
        self.n_asked = 0
        self._last_authorization = ""

    def take_rows(self) -> Iterator[Row]:
        """Return the rows that have come together."""
        rows, self.rows = self.rows, []
        return iter(rows)

    def ask(self, line: tuple[str, str, str], headers: dict[str, str], ts_ns: int) -> Transaction:
        """Open a transaction with a request's method, target and version."""
        method, uri, version = line
        self.n_asked += 1
        row = columns_of_request(method, uri, headers)
        row["ts_ns"], row["trans_depth"], row["version"] = ts_ns, self.n_asked, version
        transaction = Transaction(row, method.upper())
        if "authorization" in headers or "proxy-authorization" in headers:
            self._read_authorization(headers, transaction)
        if "?" in uri and uri != row["uri"] and (login := login_in_query(uri)):
            transaction.logins.append((login, "query"))
        self.open.append(transaction)
        self.waiting.append(transaction)
        if len(self.waiting) > PIPELINED:
            self._give_up(self.waiting.popleft())
        return transaction

    def answer(self, ts_ns: int, *, is_behind_gap: bool) -> Transaction:
        """Return the request that is now answered; a response nobody asked for opens a transaction too."""
        while is_behind_gap and len(self.waiting) > 1:
            # Their answers lay in the gap: few clients ask again before they are answered.
            self._give_up(self.waiting.popleft())
        if self.waiting:
            transaction = self.waiting.popleft()
        else:
            self.n_asked += 1
            transaction = Transaction({"ts_ns": ts_ns, "trans_depth": self.n_asked})
            self.open.append(transaction)
        transaction.row["response_ts_ns"] = ts_ns
        return transaction

    def fill(self, transaction: Transaction, head: Head, line: tuple[str, str, str]) -> None:
        """Enter what a response's version, status code and text and its header fields say."""
        version, code, text = line
        row = transaction.row = columns_of_response(head.headers) | transaction.row
        if code:
            row["status_code"] = int(code)
        if text:
            row["status_text"] = cut(text)
        if version:
            row["version"] = version  # what is spoken is what the server answers with (RFC 9110, 2.5)
        for name, evidence in CHALLENGES:
            asked = head.headers.get(name, "")
            if asked and asked.lower().startswith(SERVER_MESSAGES) and (login := login_of(asked)):
                transaction.logins.append((login, evidence))

    def end(self, transaction: Transaction, part: str, body: Body | None, *, is_whole: bool | None) -> None:
        """Hear that a request or response has ended; when both have, the transaction is told."""
        n_bytes = body.n_bytes if body is not None else 0
        if part == REQUEST:
            transaction.row["request_body_bytes"], transaction.row["is_request_whole"] = n_bytes, is_whole
            transaction.has_request = True
        else:
            transaction.row["response_body_bytes"], transaction.row["is_response_whole"] = n_bytes, is_whole
            transaction.has_response = True
        if transaction.has_request and transaction.has_response:
            self._give_up(transaction)

    def end_all(self) -> None:
        """Tell all that is open: nothing more will come."""
        for transaction in self.open:
            self._tell(transaction)
        self.open.clear()
        self.waiting.clear()

    def _read_authorization(self, headers: dict[str, str], transaction: Transaction) -> None:
        for name, evidence in AUTHORIZATIONS:
            value = headers.get(name, "")
            login = login_of(value)
            if login:
                transaction.row["auth_scheme"] = cut(login.scheme)
                if value != self._last_authorization:  # browsers repeat it with every request
                    self._last_authorization = value
                    transaction.logins.append((login, evidence))

    def _give_up(self, transaction: Transaction) -> None:
        if transaction in self.open:
            self.open.remove(transaction)
            self._tell(transaction)

    def _tell(self, transaction: Transaction) -> None:
        self.rows.append((self.table, transaction.row))
        for login, evidence in transaction.logins:
            self.rows += self._rows_of_login(login, evidence, transaction.row)

    def _rows_of_login(self, login: Login, evidence: str, row: dict[str, Any]) -> Iterator[Row]:
        """Yield the rows of a log-in; the status says whether the server let the user in."""
        status = row.get("status_code")
        is_accepted = None
        if status in (401, 407):
            is_accepted = False
        elif status is not None and status < 400 and evidence not in IN_URI_OR_BODY:
            is_accepted = True
        ts_ns = row["response_ts_ns"] if evidence.endswith("Authenticate") else row["ts_ns"]
        if login.message:
            found = spnego.rows(login.message, self.protocol, self.client_addr or None)
        else:
            claim = Claim(login.user or "", login.scheme, login.secret_size, evidence)
            found = login_rows(claim, self.protocol, is_accepted, self.client_addr)
        domain = {"domain": login.domain} if login.domain else {}
        for table, values in found:
            yield table, {"ts_ns": ts_ns, **values, **domain}
