"""What the account holds, what moved it, and what its key may do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from trading.clock import Clock
from trading.errors import VenueProtocolError, VenueRejected
from trading.model.balance import BalanceSnapshot
from trading.model.identifiers import Asset, VenueName
from trading.model.ledger import LedgerEntry
from trading.venues.binance.balances import ParsedAccount, parse_account, parse_wallet
from trading.venues.binance.history import Followed, History
from trading.venues.binance.ledger import (
    Flow,
    entries_of,
    parse_deposit,
    parse_dividend,
    parse_withdrawal,
    with_balances,
)
from trading.venues.binance.reference import ReferenceData
from trading.venues.binance.session import Ask, BinanceSession
from trading.venues.binance.settings import BinanceSettings
from trading.venues.decoding import Malformed, Row
from trading.venues.port import KeyReport, Priority
from trading.venues.together import together

_ACCOUNT_WEIGHT = 20.0
_MOST_FLOWS = 1000
_MOST_DIVIDENDS = 500
_NO_WALLET = "its testnet has no wallet endpoints: deposits and withdrawals are not known there"


class BinanceAccount:
    """Balances, ledger and key; every answer is read whole or refused whole."""

    def __init__(
        self,
        *,
        name: VenueName,
        settings: BinanceSettings,
        session: BinanceSession,
        reference: ReferenceData,
        history: History,
        followed: Followed,
        clock: Clock,
    ) -> None:
        """Keep what it asks through."""
        self._name = name
        self._has_wallet = settings.has_wallet
        self._session = session
        self._reference = reference
        self._history = history
        self._followed = followed
        self._clock = clock

    async def fetch_account(self, priority: Priority) -> ParsedAccount:
        """Return the account as its own endpoint tells it."""
        listing = await self._reference.listing()
        result = await self._session.ask(
            Ask(
                endpoint="get_account",
                parameters={"omitZeroBalances": "true"},
                priority=priority,
                weight=_ACCOUNT_WEIGHT,
            )
        )
        try:
            parsed = parse_account(result, listing)
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error
        self._followed.hold(parsed.balances)
        return parsed

    async def fetch_balances(self, priority: Priority) -> BalanceSnapshot:
        """Return the snapshot of account."""
        return self.snapshot(await self.fetch_account(priority))

    def snapshot(self, parsed: ParsedAccount) -> BalanceSnapshot:
        """Return an account that was received just now as a snapshot."""
        return BalanceSnapshot(
            venue=self._name,
            balances=parsed.balances,
            received_at=self._clock.now(),
            received_monotonic=self._clock.monotonic(),
            held_elsewhere=parsed.held_elsewhere,
        )

    async def fetch_totals(self) -> Mapping[Asset, Decimal]:
        """Return the totals of the wallet, which is another endpoint than the account."""
        self._need_wallet()
        listing = await self._reference.listing()
        result = await self._session.ask(Ask(endpoint="get_user_asset", weight=0))
        try:
            return parse_wallet(result, listing)
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error

    async def fetch_ledger(self, since: datetime) -> tuple[LedgerEntry, ...]:
        """Return deposits, withdrawals and rewards, and what each fill moved.

        Binance keeps no ledger: it is put together from these. What each row left of its asset
        is reckoned back from the wallet's totals.
        """
        self._need_wallet()
        rows = await together((self._traded(since), self._flows(since)))
        entries = [entry for found in rows for entry in found if entry.at >= since]
        if not entries:
            return ()
        totals = await self.fetch_totals()
        if not totals:
            # An account whose rows say that it is used and whose wallet says nothing at all.
            raise VenueProtocolError(self._name, "its wallet is empty; no row can be believed")
        return with_balances(entries, totals)

    async def fetch_key_report(self) -> KeyReport:
        """Return what apiRestrictions says; on the testnet, what the account lets one do."""
        account = await self.fetch_account(Priority.BALANCES)
        if not self._has_wallet:
            return KeyReport(
                can_query_balances=True,
                can_query_orders=True,
                can_query_ledger=None,
                can_trade=account.can_trade,
                can_stream=True,
                can_withdraw=None,
            )
        result = await self._session.ask(Ask(endpoint="get_account_api_permissions", weight=0))
        try:
            rights = Row.of(result, "apiRestrictions")
            can_read = _flag(rights, "enableReading")
            can_trade = _flag(rights, "enableSpotAndMarginTrading")
            can_withdraw = _flag(rights, "enableWithdrawals")
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error
        return KeyReport(
            can_query_balances=can_read,
            can_query_orders=can_read,
            can_query_ledger=can_read,
            can_trade=can_trade and account.can_trade,
            can_stream=can_read,
            can_withdraw=can_withdraw,
        )

    async def _traded(self, since: datetime) -> list[LedgerEntry]:
        return entries_of(await self._history.fills(since, None), venue=self._name)

    def _need_wallet(self) -> None:
        if not self._has_wallet:
            raise VenueRejected(self._name, _NO_WALLET)

    async def _flows(self, since: datetime) -> list[LedgerEntry]:
        """Return what came from outside and went there, and rewards."""
        start = {"startTime": str(int(since.timestamp() * 1000))}
        rows = await together(
            (
                self._rows("get_deposit_history", start, parse_deposit),
                self._rows("get_withdraw_history", start, parse_withdrawal),
                self._rows("get_asset_dividend_history", start, parse_dividend),
            )
        )
        return [entry for found in rows for entry in found]

    async def _rows(
        self, endpoint: str, start: Mapping[str, str], parse: Flow
    ) -> list[LedgerEntry]:
        is_dividend = endpoint == "get_asset_dividend_history"
        most = _MOST_DIVIDENDS if is_dividend else _MOST_FLOWS
        result: Any = await self._session.ask(
            Ask(endpoint=endpoint, parameters={**start, "limit": str(most)}, weight=0)
        )
        try:
            rows = Row.of(result, endpoint).array("rows") if is_dividend else result
            if not isinstance(rows, list):
                raise Malformed(f"{endpoint} is not an array")
            if len(rows) >= most:
                raise Malformed(f"{endpoint} holds {most} rows or more: its end was not seen")
            found = [parse(Row.of(entry, endpoint), self._name) for entry in rows]
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error
        return [entry for entry in found if entry is not None]


def _flag(row: Row, name: str) -> bool:
    value = row.raw(name)
    if not isinstance(value, bool):
        raise Malformed(f"{row.where}.{name} was {value!r}")
    return value
