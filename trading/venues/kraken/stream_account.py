"""The account as two channels tell it: totals from `balances`, what is locked from `executions`.

Neither channel says what is free, and neither knows how far the other has come. So everything
that is on its way counts as gone: an order locks its money from the moment it is sent, and what a
fill has spent stays locked until the ledger row of that very fill has lowered the total.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from trading.model.balance import VenueBalance
from trading.model.identifiers import Asset
from trading.venues.kraken.held_money import HeldMoney, Hold, LockKey
from trading.venues.kraken.stream_rows import SPOT, LedgerMove, StreamNames, WalletKey
from trading.venues.observation import Figures, Observation

Key = TypeVar("Key", str, tuple[str, Asset])

_ZERO = Decimal(0)
_TRADE = "trade"
_CLOCKS_APART = timedelta(seconds=1)
_LEDGER_SECONDS = 10.0
"""How long a fill may be without its ledger row, or a ledger row without its fill."""
_DOUBTFUL_SECONDS = 2.0
_KEPT_SECONDS = 120.0
_ROUNDING = Decimal("1e-8")
_RELATIVE_ROUNDING = Decimal("1e-12")
"""Amounts travel as JSON fractions, whose last digits are not to be relied on."""


class Doubt(Exception):
    """What was derived may be wrong: a new baseline is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """When a snapshot of `balances` was taken, by Kraken's clock: not before, not after."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What one fill took, by asset; `at` is Kraken's time."""

    fill_id: str
    at: datetime
    amounts: Mapping[Asset, Decimal]


class DerivedAccount:
    """Totals less what is held; `free` is never more than Kraken would let one spend.

    Every change raises Doubt rather than leave a figure that may be wrong. Cheap by design: only
    the assets that a row touches are computed anew.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self.balances: dict[Asset, VenueBalance] = {}
        self.elsewhere: dict[str, Decimal] = {}
        self.is_started = False
        self.version = 0
        """Rises with every change of what is shown."""
        self._names: StreamNames | None = None
        self._taken: Taken | None = None
        self._wallets: dict[WalletKey, Decimal] = {}
        self._totals: dict[Asset, Decimal] = {}
        self._held = HeldMoney()
        self._early: list[Spending] = []
        self._explained: dict[tuple[str, Asset], float] = {}
        self._unexplained: dict[str, float] = {}
        self._fills: dict[str, float] = {}
        self._due: dict[tuple[str, Asset], tuple[float, bool]] = {}
        self._observations: list[Observation] = []

    # --- totals: the channel `balances` ----------------------------------------------------------

    def start(
        self,
        wallets: Mapping[WalletKey, Decimal],
        *,
        names: StreamNames,
        taken: Taken,
        monotonic: float,
    ) -> None:
        """Take a snapshot for the truth of its moment."""
        self._names, self._taken = names, taken
        self._wallets = dict(wallets)
        self._totals.clear()
        self.elsewhere = {}
        self.balances = {}
        self._unexplained.clear()
        self._settle_all()
        for key, amount in wallets.items():
            asset = self._spendable(key)
            if asset is None:
                self._add_elsewhere(key, amount)
            else:
                self._totals[asset] = self._totals.get(asset, _ZERO) + amount
        early, self._early = self._early, []
        self.is_started = True
        for spending in early:
            self._await_ledger(spending, monotonic)
        for asset in {*self._totals, *self._held.assets()}:
            self._touch(asset)

    def move(self, row: LedgerMove, *, monotonic: float) -> None:
        """Take one row of the ledger; Doubt when it does not follow from what was known."""
        known = self._wallets.get(row.key, _ZERO)
        balance = self._after(row, known)
        self._wallets[row.key] = balance
        asset = self._spendable(row.key)
        if asset is None:
            self._add_elsewhere(row.key, balance - known)
            self.version += 1
            return
        self._totals[asset] = self._totals.get(asset, _ZERO) + balance - known
        if row.reference is not None:
            self._explain(row.reference, asset, is_trade=row.kind == _TRADE, monotonic=monotonic)
        self._touch(asset)

    # --- locks: the channel `executions`, and what we send ---------------------------------------

    def restart(self) -> None:
        """Forget orders and totals: both snapshots are asked for anew. What we sent stays."""
        self.is_started = False
        self.balances = {}
        self._early.clear()
        self._fills.clear()
        self._settle_all()
        self._held.drop_orders()
        self._observations.clear()

    def hold(self, key: LockKey, hold: Hold | None) -> None:
        """Lock this for that order or request from now on; None locks nothing more for it."""
        for asset in self._held.put(key, hold):
            self._touch(asset)

    def spend(self, spending: Spending, *, monotonic: float) -> None:
        """Take what a fill has spent, once, whatever the ledger has said of it yet."""
        if spending.fill_id in self._fills:
            return
        self._fills[spending.fill_id] = monotonic
        self._unexplained.pop(spending.fill_id, None)
        if self.is_started:
            self._await_ledger(spending, monotonic)
        else:
            self._early.append(spending)

    def pass_time(self, monotonic: float) -> None:
        """Let go of what is settled; Doubt when one channel stays silent about the other."""
        for (fill_id, asset), (due, is_sure) in tuple(self._due.items()):
            if monotonic < due:
                continue
            if is_sure:
                raise Doubt(f"the ledger row of fill {fill_id} in {asset} did not come")
            # The snapshot that began this connection had it already.
            self._settle(fill_id, asset)
        for reference, due in self._unexplained.items():
            if monotonic >= due:
                raise Doubt(f"the fill of ledger row {reference} did not come")
        _forget_old(self._explained, monotonic - _KEPT_SECONDS)
        _forget_old(self._fills, monotonic - _KEPT_SECONDS)

    # --- what it says ----------------------------------------------------------------------------

    def figures(self, asset: Asset) -> Figures:
        """Return one asset as it is now."""
        balance = self.balances.get(asset)
        return Figures(
            total=balance.total if balance else _ZERO,
            free=balance.free if balance else _ZERO,
            slack=self._held.slack(asset),
        )

    def observe(self) -> Observation:
        """Keep every state from now on, until `unobserve`."""
        observation = Observation({asset: self.figures(asset) for asset in self.balances})
        self._observations.append(observation)
        return observation

    def is_observing(self, observation: Observation) -> bool:
        """Tell whether it was kept without a break: a new baseline ends all of them."""
        return observation in self._observations

    def unobserve(self, observation: Observation) -> None:
        """Stop keeping them."""
        if observation in self._observations:
            self._observations.remove(observation)

    def _after(self, row: LedgerMove, known: Decimal) -> Decimal:
        """Return the pocket's balance after a row, which states it alone or with the others."""
        if _equal(known + row.change, row.balance):
            return row.balance
        others = sum(
            (
                amount
                for key, amount in self._wallets.items()
                if key.name == row.key.name and key != row.key
            ),
            _ZERO,
        )
        if _equal(known + row.change + others, row.balance):
            return row.balance - others
        raise Doubt(f"{row.key} went from {known} by {row.change} to {row.balance}")

    def _spendable(self, key: WalletKey) -> Asset | None:
        if not key.is_spendable or self._names is None:
            return None
        return self._names.asset(key.name)

    def _add_elsewhere(self, key: WalletKey, amount: Decimal) -> None:
        if self._names is not None:
            name = self._names.codes.elsewhere(key.name, earns=key.kind != SPOT)
            self.elsewhere[name] = self.elsewhere.get(name, _ZERO) + amount

    def _await_ledger(self, spending: Spending, monotonic: float) -> None:
        """Lock what a fill spent until the ledger shows it, if it does not already."""
        due, is_sure = monotonic + _LEDGER_SECONDS, True
        if self._taken is not None:
            if spending.at <= self._taken.earliest - _CLOCKS_APART:
                return
            if spending.at <= self._taken.latest:
                due, is_sure = monotonic + _DOUBTFUL_SECONDS, False
        for asset, amount in spending.amounts.items():
            if (spending.fill_id, asset) in self._explained:
                continue
            self._due[spending.fill_id, asset] = (due, is_sure)
            self.hold(_owed(spending.fill_id, asset), Hold(asset=asset, amount=amount))

    def _explain(self, reference: str, asset: Asset, *, is_trade: bool, monotonic: float) -> None:
        self._explained[reference, asset] = monotonic
        if (reference, asset) in self._due:
            self._settle(reference, asset)
        elif is_trade and reference not in self._fills:
            self._unexplained.setdefault(reference, monotonic + _LEDGER_SECONDS)

    def _settle(self, fill_id: str, asset: Asset) -> None:
        del self._due[fill_id, asset]
        self.hold(_owed(fill_id, asset), None)

    def _settle_all(self) -> None:
        for fill_id, asset in self._due:
            self._held.put(_owed(fill_id, asset), None)
        self._due.clear()

    def _touch(self, asset: Asset) -> None:
        if not self.is_started:
            return
        total = self._totals.get(asset)
        if total is None:
            # Money that is locked in an asset that the account never mentioned: nothing of it.
            return
        if total < 0:
            raise Doubt(f"the total of {asset} would be {total}")
        locked = self._held.locked(asset, total)
        self.balances[asset] = VenueBalance(asset=asset, free=total - locked, locked=locked)
        self.version += 1
        for observation in self._observations:
            observation.note(asset, self.figures(asset))


def spent_by(changes: Iterable[tuple[Asset, Decimal]]) -> dict[Asset, Decimal]:
    """Return what the changes of a fill take away, by asset; what they bring is not counted."""
    sums: dict[Asset, Decimal] = {}
    for asset, change in changes:
        sums[asset] = sums.get(asset, _ZERO) + change
    return {asset: -change for asset, change in sums.items() if change < 0}


def _owed(fill_id: str, asset: Asset) -> LockKey:
    return ("fill", fill_id, asset)


def _equal(first: Decimal, second: Decimal) -> bool:
    return abs(first - second) <= _ROUNDING + abs(second) * _RELATIVE_ROUNDING


def _forget_old(memory: dict[Key, float], before: float) -> None:
    for key in [key for key, at in memory.items() if at < before]:
        del memory[key]
