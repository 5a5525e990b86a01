"""The account as it is pushed: each event states what some assets are from then on.

Binance says both itself. What is added here is what it has not said yet: an order of ours locks
its money from the moment it is sent, until an event that came after the order shows it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from trading.model.approval import ApprovedOrder
from trading.model.balance import VenueBalance
from trading.model.identifiers import Asset, ClientOrderId
from trading.venues.binance.balances import ParsedAccount
from trading.venues.binance.instruments import Listing
from trading.venues.binance.stream_rows import Delta, Position
from trading.venues.observation import Figures, Observation

_ZERO = Decimal(0)
_SHOWN_SECONDS = 10.0
"""How long after an order or a deposit the event that shows its money may take."""
_LATE_SECONDS = 0.5
_AFTER_DEADLINE_SECONDS = 5.0
"""How long after its deadline an order without an answer may still show up."""


class Doubt(Exception):
    """What was derived may be wrong: a new baseline is needed."""


@dataclass(slots=True, kw_only=True)
class _Sent:
    """An order of ours whose money no event has shown yet."""

    asset: Asset
    amount: Decimal
    until: float
    """From then on it cannot have been placed, where nobody said that it was."""
    known_at: float | None = None
    """When we learnt that it was taken; by our monotonic clock."""
    told_ms: int | None = None
    """When the stream says that it was taken; by Binance's clock."""


class PushedAccount:
    """Balances as of the last event, less what orders on their way will lock."""

    def __init__(self) -> None:
        """Know nothing."""
        self.balances: dict[Asset, VenueBalance] = {}
        self.elsewhere: dict[str, Decimal] = {}
        self.is_started = False
        self.version = 0
        """Rises with every change of what is shown."""
        self._listing: Listing | None = None
        self._said: dict[Asset, tuple[Decimal, Decimal]] = {}
        self._since_ms = 0
        self._at_ms: dict[str, int] = {}
        self._sent: dict[ClientOrderId, _Sent] = {}
        self._due: dict[str, tuple[int, float]] = {}
        self._observations: list[Observation] = []

    # --- what Binance says -----------------------------------------------------------------------

    def restart(self) -> None:
        """Forget the amounts: they are asked for anew. What we sent stays."""
        self.is_started = False
        self.balances = {}
        self._said.clear()
        self._at_ms.clear()
        self._due.clear()
        self._observations.clear()

    def start(self, account: ParsedAccount, listing: Listing, *, asked_at: float) -> None:
        """Take an answer for the truth of its moment; what was taken before it is in it."""
        self._listing = listing
        self._since_ms = account.updated_ms
        self._said = {
            asset: (balance.free, balance.locked) for asset, balance in account.balances.items()
        }
        self.elsewhere = dict(account.held_elsewhere)
        for name, sent in tuple(self._sent.items()):
            if sent.known_at is not None and sent.known_at <= asked_at:
                del self._sent[name]
        self.is_started = True
        self._touch({*self._said, *(sent.asset for sent in self._sent.values())})

    def move(self, position: Position) -> None:
        """Take what an event states, unless it is older than what is known."""
        if position.at_ms < self._since_ms:
            return
        touched: set[Asset] = set()
        for code, (free, locked) in position.amounts.items():
            if position.at_ms < self._at_ms.get(code, 0):
                continue
            self._at_ms[code] = position.at_ms
            asset = self._spendable(code)
            if asset is None:
                self.elsewhere[code] = free + locked
                self.version += 1
                continue
            self._said[asset] = (free, locked)
            touched.add(asset)
            self._show(asset, position.at_ms)
        for code, (at_ms, _) in tuple(self._due.items()):
            if self._at_ms.get(code, 0) >= at_ms:
                del self._due[code]
        self._touch(touched)

    def expect(self, delta: Delta, *, monotonic: float) -> None:
        """Note money that came or went: an event with the amounts must follow."""
        if delta.at_ms < self._since_ms or self._at_ms.get(delta.code, 0) >= delta.at_ms:
            return
        self._due[delta.code] = (delta.at_ms, monotonic + _SHOWN_SECONDS)

    # --- orders of ours on their way -------------------------------------------------------------

    def send(self, order: ApprovedOrder, *, monotonic: float, remaining: float) -> None:
        """Lock what an order that is about to be sent may spend."""
        intent = order.intent
        self._sent[order.client_order_id] = _Sent(
            asset=intent.reserve_asset,
            amount=intent.reserve_amount,
            until=monotonic + max(0.0, remaining) + _AFTER_DEADLINE_SECONDS,
        )
        self._touch((intent.reserve_asset,))

    def refuse(self, name: ClientOrderId) -> None:
        """Let go of one that certainly was not placed, or has ended without a trade."""
        sent = self._sent.pop(name, None)
        if sent is not None:
            self._touch((sent.asset,))

    def take(self, name: ClientOrderId, *, monotonic: float) -> None:
        """Note that an answer said that it was taken."""
        sent = self._sent.get(name)
        if sent is not None and sent.known_at is None:
            sent.known_at = monotonic

    def tell(self, name: ClientOrderId, at_ms: int, *, monotonic: float) -> None:
        """Note that the stream tells of it: the next event of its asset shows its money."""
        sent = self._sent.get(name)
        if sent is not None and sent.told_ms is None:
            sent.told_ms = at_ms
            sent.known_at = monotonic if sent.known_at is None else sent.known_at

    def pass_time(self, monotonic: float, *, is_live: bool) -> None:
        """Let go of what cannot have been placed; Doubt where what must come does not."""
        for name, sent in tuple(self._sent.items()):
            if sent.known_at is None:
                if monotonic >= sent.until:
                    self.refuse(name)
            elif self._is_shown(sent) and monotonic >= sent.known_at + _LATE_SECONDS:
                # Its event came before the report, in the same millisecond.
                self.refuse(name)
            elif is_live and monotonic >= sent.known_at + _SHOWN_SECONDS:
                self.refuse(name)
                raise Doubt(f"no event showed what order {name} did to {sent.asset}")
        for code, (_, due) in self._due.items():
            if is_live and monotonic >= due:
                raise Doubt(f"no event showed {code} after it came or went")

    # --- what it says ----------------------------------------------------------------------------

    def observe(self) -> Observation:
        """Keep every state from now on, until `unobserve`."""
        observation = Observation({asset: self._figures(asset) for asset in self.balances})
        self._observations.append(observation)
        return observation

    def is_observing(self, observation: Observation) -> bool:
        """Tell whether it was kept without a break: a new baseline ends all of them."""
        return observation in self._observations

    def unobserve(self, observation: Observation) -> None:
        """Stop keeping them."""
        if observation in self._observations:
            self._observations.remove(observation)

    def _spendable(self, code: str) -> Asset | None:
        return None if self._listing is None else self._listing.spendable(code)

    def _is_shown(self, sent: _Sent) -> bool:
        return sent.told_ms is not None and self._at_ms.get(sent.asset, 0) >= sent.told_ms

    def _show(self, asset: Asset, at_ms: int) -> None:
        """Let go of the orders that an event of this asset has in it."""
        for name, sent in tuple(self._sent.items()):
            is_told = sent.told_ms is not None and sent.told_ms <= at_ms
            if sent.asset == asset and is_told:
                del self._sent[name]

    def _touch(self, assets: Collection[Asset]) -> None:
        if not self.is_started:
            return
        for asset in assets:
            free, locked = self._said.get(asset, (_ZERO, _ZERO))
            held = min(free, self._held(asset))
            try:
                balance = VenueBalance(asset=asset, free=free - held, locked=locked + held)
            except ValueError as error:
                raise Doubt(str(error)) from error
            self.balances[asset] = balance
            self.version += 1
            for observation in self._observations:
                observation.note(asset, self._figures(asset))

    def _held(self, asset: Asset) -> Decimal:
        return sum((each.amount for each in self._sent.values() if each.asset == asset), _ZERO)

    def _figures(self, asset: Asset) -> Figures:
        balance = self.balances[asset]
        return Figures(
            total=balance.total, free=balance.free, slack=min(balance.locked, self._held(asset))
        )
