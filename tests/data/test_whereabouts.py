"""Where points lie, in words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.data.whereabouts import whereabouts

POSTCODES = pd.DataFrame(
    {"postcode": ["DE7 4AB", "NG1 1AA"], "lad": ["E1", "E9"], "x": [451_000.0, 457_000.0], "y": [338_000.0, 340_000.0]}
)


def test_the_nearest_postcode_and_its_authority_are_named():
    names = pd.Series({"E1": "Erewash"})
    said = whereabouts(np.array([[451_280.0, 338_790.0], [456_900.0, 340_000.0]]), POSTCODES, names)
    assert said == ["at SK 512 387, near DE7 4AB (Erewash)", "at SK 569 400, near NG1 1AA (E9)"]


def test_far_from_every_postcode_the_grid_reference_must_do():
    names = pd.Series({"E1": "Erewash"})
    assert whereabouts(np.array([[500_000.0, 338_000.0]]), POSTCODES, names) == ["at TF 000 380"]
    assert whereabouts(np.array([[500_000.0, 338_000.0]]), POSTCODES[:0], names) == ["at TF 000 380"]
