"""What may leave the house as an evidence pack: what the mandate of a case grants, still sound, expired or not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quivive.mandate import approval, document
from quivive.mandate.desk import Lists
from quivive.mandate.document import Mandate
from quivive.mandate.refusal import Refusal
from quivive.mandate.terms import ExportForm


def mandate_of(manifest: Mapping[str, Any], path: Path | None, lists: Lists) -> Mandate | None:
    """Return the mandate of a case that is to be sealed; None for a case that was read without one.

    Its window may be over: what was gathered while it held stays evidence. Raises MandateError where it is another one,
    is not sound, was revoked, or does not grant packs.
    """
    told = manifest.get("mandate")
    held = told if isinstance(told, dict) else {}
    if not held.get("mandate_id"):
        if path is not None:
            raise Refusal(str(path), "the case was read without a mandate", "leave --mandate out")
        return None
    what = f"a pack of a case under mandate {held['mandate_id']}"
    if path is None:
        raise Refusal(what, "the mandate goes into it", "name it: --mandate FILE")
    mandate = document.load(path)
    if mandate.digest != held.get("digest"):
        raise Refusal(str(path), f"is not the version that the case was read under ({held.get('digest')})", "find it")
    signers = lists.load_signers()
    approval.refuse_unsound(mandate, signers)
    approval.refuse_revoked(mandate, lists.load_revoked(), signers)
    if ExportForm.PACK not in mandate.export.formats:
        raise Refusal(what, "it does not grant packs (export.formats)", "ask for a version that does")
    return mandate
