"""How a refusal is worded: what was asked for, why it is not granted, and how to mend it, in one line."""

from __future__ import annotations

from quivive.model.errors import MandateError


class Refusal(MandateError):
    """What was asked for is not granted; its parts stay apart for those who show them."""

    def __init__(self, what: str, why: str, mend: str) -> None:
        parts = (" ".join(part.split()) for part in (what, why, mend))
        self.what, self.why, self.mend = parts
        super().__init__(f"{self.what}: {self.why}; {self.mend}")
