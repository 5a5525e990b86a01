"""One measure as a row of the table, and the table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

HEAD = ("measure", "value", "aim", "met", "how")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """`fits` is None where no aim is set; `note` says how it was measured."""

    name: str
    value: str
    aim: str = ""
    fits: bool | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        return {True: "yes", False: "NO", None: ""}[self.fits]


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def table(measures: Sequence[Measure], head: Sequence[str] = HEAD) -> str:
    """Return one table in Markdown, aligned for a terminal."""
    rows = [tuple(head)] + [
        (each.name, each.value, each.aim, each.verdict, each.note) for each in measures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        + " |"
        for row in rows
    ]
    return "\n".join(
        [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]
    )
