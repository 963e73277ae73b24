"""By which estimates people are counted, in the words that every output uses."""

from __future__ import annotations

from dataclasses import dataclass, field

from geoplan.schema.wording import day, listed, plural

__all__ = ["AS_SHIPPED", "SHIPPED_YEAR", "Estimates"]

SHIPPED_YEAR = "2024"
"""Of the estimates that ship."""
NAMED = 3
BY_SMALL_AREAS = "estimates of small areas"
BY_CENSUS = "census counts"


@dataclass(frozen=True)
class Estimates:
    """By which estimates the people of blocks are counted; without arguments those that ship.

    Parameters
    ----------
    year
        Of the middle of which they are.
    name, kept_on
        What the user fetched, as ``population@2025``, and the ISO day of that; empty for what ships.
    without
        Codes and names of the authorities that it lacks, which keep what ships.
    ages
        Whether those aged 16 to 64 are of the same estimates; else they are those that ship.
    small_areas
        What the shares of the sides of split districts were fetched from; empty for the shares that ship.
    """

    year: str = SHIPPED_YEAR
    name: str = ""
    kept_on: str = ""
    without: tuple[tuple[str, str], ...] = field(default=())
    ages: bool = True
    small_areas: str = ""

    @property
    def shipped(self) -> bool:
        """Whether people are counted as they ship."""
        return not (self.name or self.small_areas)

    @property
    def in_short(self) -> str:
        """Of which year they are, and where they come from if they did not ship."""
        if not self.name:
            return f"mid-{self.year}"
        fetched = f", fetched {day(self.kept_on)}" if self.kept_on else ""
        return f"mid-{self.year} ({self.name}{fetched})"

    @property
    def sentence(self) -> str:
        """Whose estimates they are, and who keeps others."""
        said = [f"People are the estimates of the Office for National Statistics of {self.in_short}."]
        if not self.ages:
            said.append(f"They do not tell those aged 16 to 64, who are those of mid-{SHIPPED_YEAR}.")
        if self.small_areas:
            said.append(f"Those of districts between two boards are shared by {self.sharing}.")
        return " ".join(filter(None, [*said, self.lacking]))

    @property
    def lacking(self) -> str:
        """Say which authorities keep the estimates that ship; empty where none does."""
        if not self.without:
            return ""
        rest = len(self.without) - NAMED
        names = [*(name for _, name in self.without[:NAMED]), *([f"{rest} more"] if rest > 0 else [])]
        keep = plural(len(self.without), "authority")
        verb = "keeps" if len(self.without) == 1 else "keep"
        return f"{self.name} lacks {keep}, which {verb} the figure of mid-{SHIPPED_YEAR}: {listed(names)}."

    @property
    def sharing(self) -> str:
        """By what the people of a split district are shared between its sides."""
        return f"{BY_SMALL_AREAS} ({self.small_areas})" if self.small_areas else BY_CENSUS


AS_SHIPPED = Estimates()
"""By which people are counted where nothing was fetched."""
