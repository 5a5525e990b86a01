"""Aligned tables for a phone's width."""

from __future__ import annotations

from collections.abc import Sequence

PHONE_WIDTH = 34


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, align: str, width: int = PHONE_WIDTH
) -> str:
    """Return lines of at most `width` where the cells allow it.

    `align` has a letter for each column: `l` or `r`. A row that cannot fit is broken: its first
    cell on a line of its own, the rest below it, right-aligned; figures are never cut.
    """
    everything = [list(header), *(list(row) for row in rows)]
    widths = _widths(everything, width)
    lines: list[str] = []
    for cells in everything:
        line = _line(cells, widths, align)
        if len(line) <= width:
            lines.append(line)
        else:
            lines.extend(_broken(cells, width))
    return "\n".join(lines)


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Column widths of the rows that fit; one monstrous row must not bend all the others."""
    fitting = [row for row in rows if sum(map(len, row)) + len(row) - 1 <= width] or [rows[0]]
    widths = [max(map(len, column)) for column in zip(*fitting, strict=True)]
    while sum(widths) + len(widths) - 1 > width and len(fitting) > 1:
        fitting.remove(max(fitting, key=lambda row: sum(map(len, row))))
        widths = [max(map(len, column)) for column in zip(*fitting, strict=True)]
    spare = width - sum(widths) - len(widths) + 1
    if spare > 0 and len(widths) > 1:
        widths[1] += min(spare, 4)
    return widths


def _line(cells: Sequence[str], widths: Sequence[int], align: str) -> str:
    padded = [
        cell.ljust(size) if side == "l" else cell.rjust(size)
        for cell, size, side in zip(cells, widths, align, strict=True)
    ]
    return " ".join(padded).rstrip()


def _broken(cells: Sequence[str], width: int) -> list[str]:
    rest = " ".join(cell for cell in cells[1:] if cell)
    if len(rest) <= width:
        return [cells[0], rest.rjust(width)]
    return [cells[0], *(cell.rjust(width) for cell in cells[1:] if cell)]
