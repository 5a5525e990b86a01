"""Puts together what keeps the balances of one venue: what is asked for, and what is pushed."""

from __future__ import annotations

from dataclasses import dataclass

from trading.balances.account import AccountBook
from trading.balances.evidence import EvidenceGatherer
from trading.balances.ports import BalanceStore, SettingsStore
from trading.balances.reservations import Reservations
from trading.balances.saving import BalanceSaver
from trading.balances.streamed import StreamedAccount
from trading.balances.synchroniser import Synchroniser
from trading.clock import Clock
from trading.events import EventBus
from trading.venues.port import VenueAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One venue's balances: the two ways in which news of them come to one book."""

    asked: Synchroniser
    pushed: StreamedAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountParts:
    """What the accounts of all venues share."""

    store: BalanceStore
    settings: SettingsStore
    evidence: EvidenceGatherer
    reservations: Reservations
    clock: Clock
    bus: EventBus
    freshness_seconds: float
    timeout_seconds: float

    def open(self, adapter: VenueAdapter) -> Account:
        """Return the account of a venue, of which nothing is known yet."""
        book = AccountBook(venue=adapter.name, freshness_seconds=self.freshness_seconds)
        saver = BalanceSaver(book=book, store=self.store)
        asked = Synchroniser(
            adapter=adapter,
            book=book,
            saver=saver,
            settings=self.settings,
            evidence=self.evidence,
            reservations=self.reservations,
            clock=self.clock,
            bus=self.bus,
            timeout_seconds=self.timeout_seconds,
        )
        pushed = StreamedAccount(
            book=book,
            synchroniser=asked,
            saver=saver,
            reservations=self.reservations,
            clock=self.clock,
        )
        return Account(asked=asked, pushed=pushed)
