"""`geoplan.rules`: what each code of a finding means."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["rules"]


def rules() -> pd.DataFrame:
    """Return the rules by which layers are judged.

    Returns
    -------
    pandas.DataFrame
        Indexed by the code that findings carry (GP301): what it says, what it means, why it matters, what to do, and
        how severe it is unless a configuration says otherwise.
    """
    import pandas as pd

    from geoplan.auditing.judging.rules import RULES

    table = pd.DataFrame([asdict(rule) for rule in RULES.values()]).set_index("code")
    return table.assign(severity=table["severity"].astype(str))
