"""What the venue's ledger says about how holdings changed between two readings. Pure.

Each change of an amount has its rows in the ledger, exactly. Rows and balances are read one after
the other, and either may be ahead: so an asset is explained by a run of its rows that adds up to
its change. Rows from before the first reading may stand in front of the run (they are in its
amounts already), and rows from after the second behind it (they are left for the next time).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from trading.model.identifiers import Asset
from trading.model.ledger import LedgerEntry, LedgerKind

_ZERO = Decimal(0)

FLOWS = frozenset({LedgerKind.DEPOSIT, LedgerKind.WITHDRAWAL, LedgerKind.TRANSFER})
"""What is neither gain nor loss. Trades, fees, rewards and whatever else are performance."""

IsNoise = Callable[[Asset, Decimal], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Which rows lie between the readings, which are done with, and what nothing explains."""

    between: tuple[LedgerEntry, ...]
    done: tuple[LedgerEntry, ...]
    """Not looked at again: those between, and those from before."""
    left_over: Mapping[Asset, Decimal]
    """By how much each amount changed beyond all of its rows."""

    @property
    def is_whole(self) -> bool:
        """True when the ledger explains everything."""
        return not self.left_over

    @property
    def flows(self) -> tuple[LedgerEntry, ...]:
        """Return the rows that are neither gain nor loss."""
        return tuple(row for row in self.between if row.kind in FLOWS)


def change_of(row: LedgerEntry) -> Decimal:
    """Return by how much a row changed the balance: the fee comes on top of the amount."""
    return row.amount - row.fee


def explain(
    before: Mapping[Asset, Decimal],
    after: Mapping[Asset, Decimal],
    rows: Sequence[LedgerEntry],
    *,
    first_at: datetime,
    grey: timedelta,
    is_noise: IsNoise,
) -> Explanation:
    """Match rows (oldest first, none of them used before) with the changes.

    A row of a time up to `grey` after the first reading may be in it already, by the venue's
    clock; where nothing matches, those up to its own time are taken to be.
    """
    between: list[LedgerEntry] = []
    done: list[LedgerEntry] = []
    left_over: dict[Asset, Decimal] = {}
    by_asset: dict[Asset, list[LedgerEntry]] = {}
    for row in rows:
        by_asset.setdefault(row.asset, []).append(row)
    for asset in sorted(before.keys() | after.keys() | by_asset.keys()):
        change = after.get(asset, _ZERO) - before.get(asset, _ZERO)
        own = by_asset.get(asset, [])
        run = _find_run(own, change, asset, maybe_before=first_at + grey, is_noise=is_noise)
        if run is None:
            later = [row for row in own if row.at > first_at]
            left_over[asset] = change - sum(map(change_of, later), _ZERO)
            between.extend(later)
            done.extend(own)
        else:
            between.extend(own[run[0] : run[1]])
            done.extend(own[: run[1]])
    return Explanation(
        between=tuple(sorted(between, key=lambda row: row.at)),
        done=tuple(done),
        left_over=left_over,
    )


def _find_run(
    rows: Sequence[LedgerEntry],
    change: Decimal,
    asset: Asset,
    *,
    maybe_before: datetime,
    is_noise: IsNoise,
) -> tuple[int, int] | None:
    """Return where a run begins and ends: the earliest beginning, then the furthest end."""
    sums = [_ZERO]
    for row in rows:
        sums.append(sums[-1] + change_of(row))
    for exact in (True, False):
        for first in range(len(rows) + 1):
            if first and rows[first - 1].at > maybe_before:
                break
            for last in range(len(rows), first - 1, -1):
                rest = change - (sums[last] - sums[first])
                if rest == 0 or (not exact and is_noise(asset, rest)):
                    return first, last
    return None
