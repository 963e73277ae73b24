"""Made-up changes of membership: each is told as new, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

from geoplan.auditing import audit, results, versus
from geoplan.commuting.atlas import Atlas
from geoplan.data.shipped import package_data

PAIR = ("connect_to_work", "icb_2026")


def audited(folder, rows=None):
    """Audit clusters against boards, with other members where rows are given."""
    if rows is None:
        return audit.run(results.Configuration(pairs=(PAIR,)))
    file = folder / "members.csv"
    rows.to_csv(file, index=False)
    return audit.run(results.Configuration(pairs=(PAIR,), replacements={PAIR[0]: str(file)}))


def moves(count: int, seed: int) -> list[tuple[str, str, str]]:
    """Return (authority, from, to): a neighbour's cluster takes an authority whose board it has nothing of."""
    atlas = Atlas()
    clusters, boards = (atlas.layer(key).parts for key in PAIR)
    home = clusters.groupby("block")["code"].first()
    board = boards.groupby("block")["code"].first()
    held = clusters.assign(board=clusters["block"].map(board)).groupby("code")["board"].agg(set)
    sizes = clusters.groupby("code").size()
    neighbours = package_data.shipped_table("neighbours.csv")
    found = []
    for one, two in neighbours[["lad_code", "neighbour_code"]].itertuples(index=False):
        for here, there in ((one, two), (two, one)):
            if here not in home or there not in home or home[here] == home[there] or sizes[home[here]] < 2:
                continue
            if here in board and board[here] not in held[home[there]]:
                found.append((here, home[here], home[there]))
    chosen = np.random.default_rng(seed).permutation(len(found))[:count]
    return [found[n] for n in chosen]


def told(folder, before, move):
    """Move one authority and return what changed."""
    lad, here, there = move
    rows = package_data.shipped_table("membership/connect_to_work.csv").copy()
    theirs = rows.loc[rows["area_id"] == there].iloc[0]
    chosen = (rows["lad_code"] == lad) & (rows["area_id"] == here)
    assert chosen.any()
    rows.loc[chosen, ["area_id", "area_name", "lead_body"]] = theirs[["area_id", "area_name", "lead_body"]].to_numpy()
    return versus.compared(audited(folder, rows).findings, before, "audit.json").table


def check(folder, count, seed):
    from geoplan.output.tables import audits

    before = versus.read_audit(audits.audit_json(audited(folder)), "audit.json")
    boards = Atlas().layer("icb_2026").parts
    for move in moves(count, seed):
        lad, here, there = move
        table = told(folder, before, move)
        pairs = table[table["rule"].str.startswith("GP3")]
        new = pairs[pairs["change"].isin(["new", "grown"])]
        assert there in set(new["code"]), f"{move}: the cluster that reaches into another board is not told"
        concerned = {here, there, *boards.loc[boards["block"].str.startswith(lad), "code"]}
        strangers = pairs[(pairs["change"] != "unchanged") & (pairs["layer"] == PAIR[0])]
        assert set(strangers["code"]) <= concerned, f"{move}: told of clusters that did not change"


def test_made_up_changes_are_told_and_only_they(tmp_path):
    check(tmp_path, 8, seed=1)


@pytest.mark.slow
def test_fifty_made_up_changes_are_told_and_only_they(tmp_path):
    check(tmp_path, 50, seed=2)
