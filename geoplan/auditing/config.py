"""Read a configuration of a batch audit, geoplan.toml, and refuse it with the line and the nearest key."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geoplan.auditing.judging.grading import Setting
from geoplan.auditing.results import DEFAULT_PAIRS, Configuration
from geoplan.data.catalogue import catalogue, day_asked
from geoplan.data.choice import Choice
from geoplan.data.kept import opening
from geoplan.data.readers.locators import looks_like_file
from geoplan.data.readers.schemas import checked, shipped_schema, text_of
from geoplan.data.scenarios.reading import shipped_scenarios
from geoplan.data.scenarios.scenario import asked_of, is_scenario, named_as
from geoplan.data.tables import indicators
from geoplan.errors import ConfigurationError, refusal
from geoplan.schema import Rank, Tolerance, Weight

__all__ = ["FILES", "TEMPLATE", "Plan", "load", "parse", "schema"]

FILES = ("findings.csv", "audit.json", "audit.xlsx", "audit.gpkg", "map.html", "brief.html", "brief.docx")
"""What an audit writes unless its configuration says otherwise."""
TEMPLATE = """\
# geoplan.toml: what `geoplan audit geoplan.toml` looks at, how it judges, and what it writes.
# Every line may be left out; those that begin with # show what could stand there.

# as_of = 2026-04-01                # day whose members are shown, or "today"
# weight = "people"                 # or working_age, postcodes, area, employment_deprived, income_deprived, disabled,
#                                   # most_deprived
# rank = "need"                     # findings of one severity by people out of work, not by what they measure
pairs = "default"                   # or "all" of the layers below, or [["connect_to_work", "icb_2026"], ...]

# focus = ["Suffolk", "connect_to_work:*"]    # areas that get a brief and a map of their own
# flows = "commuting.csv"                     # counted commuting instead of the modelled one
# wards = "wards.gpkg"                        # boundaries or lookup of wards that parts are counted by
# indicator = "claimants.csv?value=claimants&kind=count&source=DWP&year=2026"    # figures of your own
# dissolve = true                             # join rows of a boundary file that have the same code
# baseline = "geoplan-baseline.json"          # known findings: geoplan baseline write geoplan.toml
# against = "last/audit.json"                 # say what is new, gone, grown or shrunk since then
fail_on = "error"                   # exit code 1 at error, warning or info; or never

# [layers]                          # names for pairs = "all", or for files of your own
# connect_to_work = "connect_to_work"
# [layers.proposal]
# source = "proposal.gpkg#areas"    # boundary file, membership table or lookup, beside this file
# code = "AREA_CD"
# name = "AREA_NM"
# resolution_m = 20

# [[rules]]                         # the more specific entry wins
# rule = "GP301"
# layer = "connect_to_work"
# other = "icb_2026"
# severity = "error"                # or warning, info, off
# at_least = 10000                  # smaller ones are left out

[outputs]
dir = "geoplan-audit"
files = ["findings.csv", "audit.json", "audit.xlsx", "audit.gpkg", "map.html", "brief.html", "brief.docx"]
"""


@dataclass(frozen=True)
class Plan:
    """What a batch audit does.

    Parameters
    ----------
    audit
        Layers, pairs and measures.
    focus
        Areas that get files of their own; ``LAYER:*`` stands for every area of a layer.
    settings
        Severities and thresholds.
    baseline, against
        Files, or empty.
    fail_on
        ``error``, ``warning``, ``info`` or ``never``.
    folder, files
        Where the files go, and which.
    raw_csv
        Whether text in CSV stays that a spreadsheet would take for a formula.
    """

    audit: Configuration = field(default_factory=Configuration)
    focus: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    baseline: str = ""
    against: str = ""
    fail_on: str = "never"
    folder: str = "geoplan-audit"
    files: tuple[str, ...] = FILES
    raw_csv: bool = False

    @property
    def reads(self) -> tuple[str, ...]:
        """References to all that its audit reads."""
        asked = self.audit
        named = [choice.source for choice in asked.named.values()]
        own = [key for key in asked.keys if key not in asked.named]
        return (
            *own,
            *named,
            *asked.replacements.values(),
            asked.flows,
            asked.wards,
            *indicators.files_of(asked.indicator),
            self.baseline,
            self.against,
        )


def schema() -> Mapping[str, Any]:
    """Return the JSON Schema of the configuration.

    Returns
    -------
    Mapping
        Draft 2020-12, as published in the package.
    """
    return shipped_schema("geoplan.auditing", "geoplan.schema.json")


def load(path: Path) -> Plan:
    """Read a configuration file.

    Parameters
    ----------
    path
        A TOML file; files it names are looked for beside it.

    Returns
    -------
    Plan
        Checked; the layers and files themselves are not opened yet.

    Raises
    ------
    ConfigurationError
        The file cannot be read, is no TOML, or breaks the schema; names the line and the nearest key.
    """
    return parse(text_of(path, "geoplan init writes one to start from."), path.name, path.parent)


def parse(text: str, file: str, folder: Path = Path()) -> Plan:
    """Read the text of a configuration.

    Parameters
    ----------
    text, file
        TOML, and the name of its file for messages.
    folder
        Where the files it names lie.

    Returns
    -------
    Plan
        Checked.

    Raises
    ------
    ConfigurationError
        As for `load`.
    """
    raw = checked(text, file, schema())
    return _plan(raw, text, file, folder)


def _plan(raw: Mapping[str, Any], text: str, file: str, folder: Path) -> Plan:
    named = {key: _choice(given, folder) for key, given in raw.get("layers", {}).items()}
    pairs = _pairs(raw.get("pairs", "all" if named else "default"), tuple(named), file)
    for key in dict.fromkeys(itertools.chain.from_iterable(pairs)):
        _refuse_unknown(key, named, text, file)
    configured = Configuration(
        pairs=pairs,
        layers=tuple(named),
        as_of=day_asked(raw["as_of"]) if "as_of" in raw else None,
        weight=Weight(raw.get("weight", Weight.PEOPLE)),
        rank=Rank(raw.get("rank", Rank.PEOPLE)),
        tolerance=Tolerance(**raw.get("tolerance", {})),
        flows=_beside(raw["flows"], folder) if "flows" in raw else "",
        wards=_beside(raw["wards"], folder) if "wards" in raw else "",
        indicator=indicators.moved(raw["indicator"], folder) if "indicator" in raw else "",
        named=named,
        dissolve=raw.get("dissolve", False),
    )
    outputs = raw.get("outputs", {})
    return Plan(
        audit=configured,
        focus=tuple(raw.get("focus", ())),
        settings=tuple(Setting(**given) for given in raw.get("rules", ())),
        baseline=str(folder / raw["baseline"]) if "baseline" in raw else "",
        against=str(folder / raw["against"]) if "against" in raw else "",
        fail_on=raw.get("fail_on", "never"),
        folder=str(folder / outputs.get("dir", "geoplan-audit")),
        files=tuple(outputs.get("files", FILES)),
    )


def _choice(given: str | Mapping[str, Any], folder: Path) -> Choice:
    fields = {"source": given} if isinstance(given, str) else dict(given)
    if fields["source"] not in catalogue():
        fields["source"] = _beside(fields["source"], folder)
    return Choice(**fields)


def _beside(path: str, folder: Path) -> str:
    if is_scenario(path):
        name, layer = asked_of(path)
        return named_as(_beside(name, folder) if looks_like_file(name) else name, layer)
    return opening.beside(path, folder)


def _pairs(given: str | Sequence[Sequence[str]], named: Sequence[str], file: str) -> tuple[tuple[str, str], ...]:
    if given == "default":
        return DEFAULT_PAIRS
    if given == "all":
        if not named:
            message = refusal(f'{file}: pairs = "all" needs layers', hint="List them under [layers].")
            raise ConfigurationError(message)
        return tuple(itertools.combinations(named, 2))
    return tuple((str(left), str(right)) for left, right in given)


def _refuse_unknown(key: str, named: Iterable[str], text: str, file: str) -> None:
    if key in named or key in catalogue() or asked_of(key)[0] in (shipped_scenarios() if is_scenario(key) else ()):
        return
    if opening.held(key):
        return
    at = next((number for number, line in enumerate(text.splitlines(), start=1) if f'"{key}"' in line), 0)
    near = difflib.get_close_matches(key, [*named, *catalogue()], n=2)
    hint = f"Did you mean {' or '.join(near)}?" if near else "geoplan layers lists the catalogue."
    raise ConfigurationError(refusal(f"{file}, line {at}: no layer is called {key!r}", hint=hint))
