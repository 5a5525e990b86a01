"""States of the derived account over a while, to be compared with an answer of that while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from trading.model.balance import VenueBalance
from trading.model.identifiers import Asset

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one asset was at a moment: its total, what was free, and how much more it may be."""

    total: Decimal
    free: Decimal
    slack: Decimal


class Observation:
    """Every state of every asset since it began."""

    def __init__(self, first: Mapping[Asset, Figures]) -> None:
        """Begin with what there is now."""
        self._seen = {asset: [figures] for asset, figures in first.items()}

    def note(self, asset: Asset, figures: Figures) -> None:
        """Add a state."""
        self._seen.setdefault(asset, []).append(figures)

    def contradicts(self, answer: Mapping[Asset, VenueBalance]) -> frozenset[Asset]:
        """Return the assets that were at no moment what the answer says.

        An asset that one side does not mention counts as none of it there.
        """
        return frozenset(
            asset
            for asset in {*self._seen, *answer}
            if not any(
                _fits(figures, answer.get(asset)) for figures in self._seen.get(asset, [_NOTHING])
            )
        )


_NOTHING = Figures(total=_ZERO, free=_ZERO, slack=_ZERO)


def _fits(figures: Figures, balance: VenueBalance | None) -> bool:
    """Equal totals; free no more than answered, and no less but for what holds may overstate."""
    total = balance.total if balance else _ZERO
    free = balance.free if balance else _ZERO
    return figures.total == total and free - figures.slack <= figures.free <= free
