"""A charge point that talks to its central system in OCPP 1.6 over a WebSocket."""

from __future__ import annotations

import json
from collections.abc import Mapping

from quivive.demo.clock import HOUR, MILLISECOND, MINUTE, SECOND, stamp
from quivive.demo.tcp import ORIG, RESP
from quivive.demo.websocket import WebSocket

SUBPROTOCOL = "ocpp1.6"
CALL, RESULT = 2, 3
HEARTBEAT_NS = 300 * SECOND
METER_NS = 15 * MINUTE


class ChargePoint:
    """One charge point's day, told call by call."""

    def __init__(self, socket: WebSocket, serial: str) -> None:
        self.socket, self.talk, self.serial = socket, socket.talk, serial
        self.meter_wh = self.talk.rng.randrange(800_000, 9_000_000)
        self._transaction = self.talk.rng.randrange(10_000, 90_000)

    def boot(self) -> None:
        """Say what it is, and that both connectors are free."""
        about: dict[str, object] = {
            "chargePointVendor": "Exemplary Posts",
            "chargePointModel": "EP-2 Kerb",
            "chargePointSerialNumber": self.serial,
            "firmwareVersion": "4.2.1",
            "meterType": "EM-10",
        }
        self.call("BootNotification", about, {"status": "Accepted", "currentTime": self._now(), "interval": 300})
        for connector in (0, 1):
            self.status(connector, "Available")

    def status(self, connector: int, status: str) -> None:
        """Report what a connector does."""
        body = {"connectorId": connector, "errorCode": "NoError", "status": status, "timestamp": self._now()}
        self.call("StatusNotification", body, {})

    def beat_until(self, end_ns: int) -> None:
        """Report every five minutes that it is alive."""
        while self.talk.now_ns + HEARTBEAT_NS < end_ns:
            self.talk.pause(HEARTBEAT_NS)
            self.call("Heartbeat", {}, {"currentTime": self._now()})
        self.talk.pause(max(end_ns - self.talk.now_ns, MILLISECOND))

    def charge(self, id_tag: str, length_ns: int) -> None:
        """Let a known driver charge a car."""
        accepted = {"idTagInfo": {"status": "Accepted", "expiryDate": "2027-12-31T23:59:59Z"}}
        self.call("Authorize", {"idTag": id_tag}, accepted)
        self.status(1, "Preparing")
        self._transaction += 1
        begin = {"connectorId": 1, "idTag": id_tag, "meterStart": self.meter_wh, "timestamp": self._now()}
        self.call("StartTransaction", begin, accepted | {"transactionId": self._transaction})
        self.status(1, "Charging")
        for _ in range(length_ns // METER_NS):
            self.talk.pause(METER_NS)
            self._report_meter()
        end = {"transactionId": self._transaction, "idTag": id_tag, "meterStop": self.meter_wh}
        self.call("StopTransaction", end | {"timestamp": self._now(), "reason": "EVDisconnected"}, accepted)
        self.status(1, "Available")

    def _report_meter(self) -> None:
        watts = self.talk.rng.randrange(6_800, 7_300)
        self.meter_wh += watts * METER_NS // HOUR
        values = [
            {"value": str(self.meter_wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
            {"value": str(watts), "measurand": "Power.Active.Import", "unit": "W"},
        ]
        sample = {"timestamp": self._now(), "sampledValue": values}
        self.call("MeterValues", {"connectorId": 1, "transactionId": self._transaction, "meterValue": [sample]}, {})

    def call(self, action: str, payload: Mapping[str, object], result: Mapping[str, object]) -> None:
        """Call the central system and hear its result."""
        number = f"{self.talk.rng.getrandbits(64):016x}"
        self.socket.text(ORIG, json.dumps([CALL, number, action, payload], separators=(",", ":")))
        self.socket.text(RESP, json.dumps([RESULT, number, result], separators=(",", ":")))

    def _now(self) -> str:
        return stamp(self.talk.now_ns).strftime("%Y-%m-%dT%H:%M:%SZ")
