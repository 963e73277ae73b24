"""What the area that an audit is about is given, in a sentence."""

from __future__ import annotations

from geoplan.analysis.money import is_funded, per_head
from geoplan.auditing.results import AuditResult
from geoplan.schema import wording
from geoplan.schema.money import grant

__all__ = ["focus_grant"]


def focus_grant(result: AuditResult) -> str:
    """Say what the focus is given, what that comes to per head, and who says so.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    str
        Empty without a focus, and where its geography knows of no money at all.
    """
    layer = result.layers.get(result.focus.layer) if result.focus else None
    if layer is None or result.focus is None or not is_funded(layer):
        return ""
    told = per_head(layer)
    if result.focus.code not in told.index:
        return f"no amount is known ({wording.NOT_ASSESSED})."
    return grant(told.loc[result.focus.code])
