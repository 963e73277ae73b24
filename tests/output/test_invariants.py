"""What every output says of a comparison is one number and one set of classes, for every pair of shipped layers."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from geoplan.auditing import audit, opening, results
from geoplan.auditing.judging import findings
from geoplan.data.catalogue import catalogue
from geoplan.output.page.pairs import pairs_said
from geoplan.output.summary.answers import overlap_words, standing_counts
from geoplan.output.summary.listings import pair_rows
from geoplan.schema import Relation, Severity, wording
from geoplan.schema.standing import STANDING_OF, Standing

KEYS = tuple(catalogue())


@pytest.fixture(scope="module")
def shipped():
    """Return every shipped layer, opened once, and where from."""
    atlas = opening.atlas_for(results.Configuration())
    return atlas, {key: atlas.layer(key) for key in KEYS}


def _audited(key, atlas, layers):
    """Audit a layer against all that follow it in the catalogue, in both directions."""
    further = KEYS[KEYS.index(key) + 1 :]
    asked = results.Configuration(pairs=tuple((key, other) for other in further))
    pairs, failed = audit._pairs(asked, layers, atlas)
    assert not failed
    assert len(pairs) == 2 * len(further)
    found = [
        finding
        for pair in pairs
        for finding in findings.from_pair(pair.overlay, pair.relations, tolerance=asked.tolerance, outside=pair.outside)
    ]
    return results.AuditResult(
        layers={each: layers[each] for each in (key, *further)}, pairs=tuple(pairs), findings=tuple(found), focus=None,
        as_of=atlas.as_of.isoformat(), parameters=audit.parameters(asked, atlas), blocks=atlas.blocks,
    )  # fmt: skip


@pytest.fixture
def counts_only(monkeypatch):
    """Leave out of a pair's line what is not looked at here: common blocks and agreement, which have their tests."""
    monkeypatch.setattr(results.Pair, "blocks", ())
    monkeypatch.setattr(results.agreement, "agreement", lambda _overlay: defaultdict(float))


def test_no_shipped_layer_has_an_error_of_its_own(shipped):
    atlas, layers = shipped
    errors = [f.lead for f in audit.layer_findings(layers.values(), atlas) if f.severity is Severity.ERROR]
    assert errors == []


@pytest.mark.usefixtures("counts_only")
@pytest.mark.parametrize("key", KEYS[:-1])
def test_all_outputs_say_the_same_of_every_pair_in_both_directions(key, shipped):
    result = _audited(key, *shipped)
    assert not [(f.layer, f.other_layer, f.lead) for f in result.findings if f.severity is Severity.ERROR]
    listed = {pair.keys: {} for pair in result.pairs}
    for finding in result.findings:
        if finding.rule == "GP301":
            listed[finding.layer, finding.other_layer][finding.code] = finding.value
    for pair, shown in zip(result.pairs, pairs_said(result), strict=True):
        _one_number(pair, shown, listed[pair.keys])
        _one_headline(pair, shown["answer"])
        _one_set_of_classes(pair, shown["kinds"])
    _both_directions(result)


def _one_number(pair, shown, listed):
    """Findings, hatched pieces and audit.json agree with the pieces, area by area and in all."""
    total, hatched = pair.cuts.total, [row for row in shown["rows"] if row[5]]
    assert listed == pair.cuts.by_area, pair.keys
    assert (pair.summary["cut_people"], pair.summary["cut_areas"]) == (total, len(listed)), pair.keys
    codes = [pair.overlay.left.areas.index, pair.overlay.right.areas.index]
    pieces = {tuple(each[i] for each, i in zip(codes, row[:2], strict=True)) for row in hatched}
    assert pieces == set(pair.cuts.pieces.index), pair.keys
    if pair.cuts.complete:
        assert sum(listed.values()) == pytest.approx(total, abs=1e-3), pair.keys
        # The page rounds each piece to whole people.
        assert sum(row[2] for row in hatched) == pytest.approx(total, abs=0.5 * len(hatched) + 1e-3), pair.keys


def _one_headline(pair, answer):
    """The map's sentence and the summary's begin with the number, rounded."""
    if not pair.cuts.by_area and pair.cuts.complete:
        assert answer.startswith("None of the "), pair.keys
        return
    said = f"{'' if pair.cuts.complete else 'At least '}{wording.counted(pair.cuts.total)} "
    if pair.cuts.total is None:
        said = "How many people "
    assert answer.startswith(said), pair.keys
    assert overlap_words(pair).startswith(said), pair.keys


def _one_set_of_classes(pair, kinds):
    """Map, summary and audit.json count the same classes; what is cut has cut pieces."""
    counts = standing_counts(pair)
    assert Counter(kinds) == Counter({str(each): count for each, count in counts.items() if count}), pair.keys
    assert len(kinds) == len(pair.overlay.left.areas), pair.keys
    for relation in Relation:
        assert pair.summary[str(relation)] == counts[STANDING_OF[relation]], (pair.keys, relation)
    assert pair.summary["outside_extent"] == counts[Standing.OUTSIDE], pair.keys
    cut = {code for code, each in pair.standing.items() if each is Standing.CUT}
    assert cut <= pair.cuts.by_area.keys(), pair.keys
    if not (pair.overlay.left.overlap or pair.overlay.right.overlap):
        beside = {pair.standing[code] for code in pair.cuts.by_area.keys() - cut}
        assert beside <= {Standing.PARTLY, Standing.NOT_ASSESSED, Standing.NOT_KNOWN}, pair.keys


def _both_directions(result):
    """Both directions give one number, which the matrix has too."""
    totals = {pair.keys: pair.cuts.total for pair in result.pairs}
    for (left, right), total in totals.items():
        assert totals[right, left] == total, (left, right)
    in_the_matrix = [row.cut_people for row in pair_rows(result)]
    assert in_the_matrix == [pair.cuts.total for pair in result.pairs[::2]]
