"""Decides whether a venue's snapshot is believed; pure.

Unknown never reads as zero. An asset that was never held and that a complete snapshot does not
mention is zero. An asset that was held and is gone (no longer mentioned, or all of it) is suspect
until a fill, a ledger row or a second, different endpoint explains it; asking the same endpoint
again proves nothing, nor does a second one that is silent as well: it has to say zero. One
suspect asset makes the whole snapshot suspect: an answer that lost one thing may have lost part
of another. An empty account is believed once the owner has said so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from trading.model.balance import (
    BalanceReading,
    BalanceSnapshot,
    BalanceSource,
    VenueBalance,
)
from trading.model.fill import Fill
from trading.model.identifiers import Asset
from trading.model.instrument import Side
from trading.model.ledger import LedgerEntry

_ZERO = Decimal(0)
_EMPTY = (
    "the venue answers with an empty account, and nothing was ever seen in it; "
    "nothing is assumed until the owner accepts that it is empty"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What else is known about assets that a snapshot lost."""

    fills: Mapping[Asset, Decimal] = field(default_factory=dict)
    """By how much our own fills changed each asset since it was last known to be true."""
    ledger: Mapping[Asset, Decimal] = field(default_factory=dict)
    """What the venue's newest ledger row since then left of each asset."""
    totals: Mapping[Asset, Decimal] | None = None
    """The whole answer of the second endpoint; None when it was not asked or failed."""
    failures: tuple[str, ...] = ()
    """What could not be looked up, and why."""


NO_EVIDENCE = Evidence()


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What the owner has said is right, however odd it looks."""

    assets: frozenset[Asset] = frozenset()
    empty_account: bool = False


NOTHING_ACCEPTED = Acceptance()


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """The snapshot stands: the new readings of the venue, all verified."""

    readings: Mapping[Asset, BalanceReading]


@dataclass(frozen=True, slots=True, kw_only=True)
class Questioned:
    """The snapshot replaces nothing: why, by asset, and whether the account seems empty."""

    suspects: Mapping[Asset, str]
    empty_account: bool

    @property
    def problems(self) -> tuple[str, ...]:
        """Each doubt in words."""
        if self.empty_account:
            return (_EMPTY,)
        return tuple(self.suspects.values())


Verdict = Believed | Questioned


def judge(
    previous: Mapping[Asset, BalanceReading],
    snapshot: BalanceSnapshot,
    evidence: Evidence = NO_EVIDENCE,
    accepted: Acceptance = NOTHING_ACCEPTED,
) -> Verdict:
    """Return the new readings, or what is doubtful; never something in between."""
    if not previous and is_empty(snapshot) and not accepted.empty_account:
        return Questioned(suspects={}, empty_account=True)
    suspects = {
        asset: doubt
        for asset in sorted(lost_assets(previous, snapshot))
        if (doubt := _doubt(previous[asset], evidence)) is not None
    }
    if not suspects.keys() <= accepted.assets:
        # All of it is in question again: the owner accepts one whole answer, not bits of it.
        return Questioned(suspects=suspects, empty_account=False)
    return Believed(readings=_readings(previous, snapshot))


def follow(
    previous: Mapping[Asset, BalanceReading], snapshot: BalanceSnapshot
) -> Mapping[Asset, BalanceReading]:
    """Return the readings that a pushed account changes: it came in sequence and is believed.

    Called thousands of times a second: what did not change costs a comparison.
    """
    changed = {}
    for asset, stated in snapshot.balances.items():
        before = previous.get(asset)
        if before is None or before.free != stated.free or before.locked != stated.locked:
            changed[asset] = _pushed(stated, snapshot)
    for asset in previous.keys() - snapshot.balances.keys():
        if previous[asset].total:
            nothing = VenueBalance(asset=asset, free=_ZERO, locked=_ZERO)
            changed[asset] = _pushed(nothing, snapshot)
    return changed


def is_empty(snapshot: BalanceSnapshot) -> bool:
    """Tell whether the answer speaks of nothing held, spendable or not."""
    held = [balance.total for balance in snapshot.balances.values()]
    return not any(held) and not any(snapshot.held_elsewhere.values())


def lost_assets(
    previous: Mapping[Asset, BalanceReading], snapshot: BalanceSnapshot
) -> frozenset[Asset]:
    """Return what was held and is gone from the answer, or zero in it."""
    return frozenset(
        asset
        for asset, reading in previous.items()
        if reading.total > 0 and _stated(snapshot, asset).total == 0
    )


def change_by_fills(fills: Iterable[Fill], asset: Asset, *, since: datetime) -> Decimal:
    """Return by how much fills executed since then changed an asset, fees included."""
    change = _ZERO
    for fill in fills:
        if fill.executed_at < since:
            continue
        sign = 1 if fill.side is Side.BUY else -1
        if fill.symbol.base == asset:
            change += sign * fill.quantity
        if fill.symbol.quote == asset:
            change -= sign * fill.cost
        if fill.fee_asset == asset:
            change -= fill.fee
    return change


def left_by_ledger(
    entries: Iterable[LedgerEntry], assets: Collection[Asset]
) -> Mapping[Asset, Decimal]:
    """Return what the newest row left of each asset; an asset without a row is missing."""
    newest: dict[Asset, LedgerEntry] = {}
    for entry in entries:
        if entry.asset not in assets:
            continue
        before = newest.get(entry.asset)
        if before is None or entry.at >= before.at:
            newest[entry.asset] = entry
    return {asset: entry.balance for asset, entry in newest.items()}


def _stated(snapshot: BalanceSnapshot, asset: Asset) -> VenueBalance:
    return snapshot.balances.get(asset) or VenueBalance(asset=asset, free=_ZERO, locked=_ZERO)


def _doubt(reading: BalanceReading, evidence: Evidence) -> str | None:
    """Return why it is not believed that nothing is left; None when it is explained."""
    asset = reading.asset
    total = None
    # A second endpoint that answers nothing at all has the same fault, and proves nothing.
    if evidence.totals is not None and any(evidence.totals.values()):
        total = evidence.totals.get(asset)
    if total:
        return (
            f"{asset}: {reading.total:f} was held, the venue's balances no longer show it, "
            f"but its totals still show {total:f}"
        )
    sold_out = asset in evidence.fills and reading.total + evidence.fills[asset] <= 0
    if total == 0 or sold_out or evidence.ledger.get(asset) == 0:
        return None
    failures = f" ({'; '.join(evidence.failures)})" if evidence.failures else ""
    return (
        f"{asset}: {reading.total:f} was held, the venue's answer no longer shows it, and no "
        f"fill, ledger row or second endpoint explains why{failures}"
    )


def _readings(
    previous: Mapping[Asset, BalanceReading], snapshot: BalanceSnapshot
) -> Mapping[Asset, BalanceReading]:
    readings = {}
    for asset in sorted(previous.keys() | snapshot.balances.keys()):
        stated = _stated(snapshot, asset)
        before = previous.get(asset)
        unchanged = (
            before is not None and before.free == stated.free and before.locked == stated.locked
        )
        readings[asset] = BalanceReading(
            venue=snapshot.venue,
            asset=asset,
            free=stated.free,
            locked=stated.locked,
            source=BalanceSource.EXCHANGE,
            verified=True,
            changed_at=before.changed_at if before and unchanged else snapshot.received_at,
            confirmed_at=snapshot.received_at,
            confirmed_monotonic=snapshot.received_monotonic,
        )
    return readings


def _pushed(stated: VenueBalance, snapshot: BalanceSnapshot) -> BalanceReading:
    return BalanceReading(
        venue=snapshot.venue,
        asset=stated.asset,
        free=stated.free,
        locked=stated.locked,
        source=BalanceSource.STREAM,
        verified=True,
        changed_at=snapshot.received_at,
        confirmed_at=snapshot.received_at,
        confirmed_monotonic=snapshot.received_monotonic,
    )
