"""Every error this project raises, in one tree.

Error:
├── CaptureError         the evidence file cannot be read
│   └── UnknownFormat      no capture reader claims its first bytes
├── DissectError         payload breaks the rules of its protocol
│   ├── NeedMoreData       the message goes on in a later segment
│   └── Malformed          no later byte can make it a message
├── PluginError          a file on a shelf does not keep its contract
├── CaseError            the case folder is missing, foreign, altered or cannot be written
├── MandateError         what was asked for is not granted
└── UsageError           the command cannot mean what it says

"""

from __future__ import annotations


class Error(Exception):
    """Base of all errors raised on purpose; its text is one clear line that names the place and the mend."""


class CaptureError(Error):
    """The evidence file cannot be read."""


class UnknownFormat(CaptureError):
    """No capture reader claims the file's first bytes."""


class DissectError(Error):
    """Payload breaks the rules of its protocol."""


class NeedMoreData(DissectError):
    """The message goes on in a later segment: parse again once `size` more bytes are there."""

    def __init__(self, size: int = 1) -> None:
        super().__init__(f"{size} more bytes needed")
        self.size = size


class Malformed(DissectError):
    """No later byte can make this a message of the protocol."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(f"{reason} at byte {offset}")
        self.reason = reason
        self.offset = offset


class PluginError(Error):
    """A file on a shelf does not keep its contract."""


class CaseError(Error):
    """The case folder is missing, foreign, altered or cannot be written."""


class MandateError(Error):
    """What was asked for is not granted by a mandate."""


class UsageError(Error):
    """The command cannot mean what it says."""
