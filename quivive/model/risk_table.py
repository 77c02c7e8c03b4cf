"""The table of risks: what is weak, odd or unwanted about a flow, one word each."""

from __future__ import annotations

from quivive.model.fields import STAMP
from quivive.model.schema import Field, Table

RISKS = Table(
    "risks",
    "What is weak, odd or unwanted about a flow: facts from a closed list, not yet judged.",
    (
        *STAMP,
        Field("risk", "text", "The risk in a word of the list."),
        Field("risk_severity", "text", "note, low, medium or high: how soon somebody should look."),
        Field("risk_meaning", "text", "What the risk is, in a sentence."),
    ),
)
