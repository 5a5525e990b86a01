"""What the account holds and what moved it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from math import floor
from typing import Any

from trading.clock import Clock
from trading.errors import VenueProtocolError, VenueRejected
from trading.model.balance import BalanceSnapshot
from trading.model.fill import Fill
from trading.model.identifiers import Asset, VenueName
from trading.model.ledger import LedgerEntry
from trading.venues.decoding import Malformed, Row
from trading.venues.kraken.balances import parse_extended_balances, parse_totals, unlisted_codes
from trading.venues.kraken.codes import AssetCodes
from trading.venues.kraken.orders import pair_of, parse_fill, parse_ledger_entry
from trading.venues.kraken.paging import read_all
from trading.venues.kraken.reference import ReferenceData
from trading.venues.kraken.session import KrakenSession, PrivateCall
from trading.venues.port import KeyReport, Priority

_HISTORY_COST = 2.0
_SECOND = timedelta(seconds=1)
_NOTHING_KNOWN = KeyReport(
    can_query_balances=None,
    can_query_orders=None,
    can_query_ledger=None,
    can_trade=None,
    can_stream=None,
    can_withdraw=None,
)


class KrakenAccount:
    """Balances, fills and ledger; every answer is read whole or refused whole."""

    def __init__(
        self, *, name: VenueName, session: KrakenSession, reference: ReferenceData, clock: Clock
    ) -> None:
        """Keep what it asks through."""
        self._name = name
        self._session = session
        self._reference = reference
        self._clock = clock

    async def fetch_balances(self, priority: Priority) -> BalanceSnapshot:
        """Return the snapshot of BalanceEx."""
        result, codes = await self._ask_balances("BalanceEx", priority)
        try:
            parsed = parse_extended_balances(result, codes)
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error
        return BalanceSnapshot(
            venue=self._name,
            balances=parsed.balances,
            received_at=self._clock.now(),
            received_monotonic=self._clock.monotonic(),
            held_elsewhere=parsed.held_elsewhere,
        )

    async def fetch_totals(self) -> Mapping[Asset, Decimal]:
        """Return the totals of Balance, which is another endpoint than BalanceEx."""
        result, codes = await self._ask_balances("Balance", Priority.BALANCES)
        try:
            return parse_totals(result, codes)
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error

    async def fetch_fills(self, since: datetime) -> tuple[Fill, ...]:
        """Return the fills of TradesHistory."""
        fills = []
        try:
            rows = await self._history("TradesHistory", "trades", since, Priority.ORDERS)
            for fill_id, row in rows.items():
                symbol = await self._reference.symbol(pair_of(row))
                fills.append(parse_fill(fill_id, row, venue=self._name, symbol=symbol))
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error
        recent = [fill for fill in reversed(fills) if fill.executed_at >= since]
        return tuple(sorted(recent, key=lambda fill: fill.executed_at))

    async def fetch_ledger(self, since: datetime) -> tuple[LedgerEntry, ...]:
        """Return the rows of Ledgers."""
        codes = await self._reference.assets()
        try:
            rows = await self._history("Ledgers", "ledger", since, Priority.BALANCES)
            entries = [
                parse_ledger_entry(ledger_id, row, venue=self._name, codes=codes)
                for ledger_id, row in rows.items()
            ]
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error
        recent = [entry for entry in reversed(entries) if entry.at >= since]
        return tuple(sorted(recent, key=lambda entry: entry.at))

    async def fetch_key_report(self) -> KeyReport:
        """Return what GetApiKeyInfo says; nothing is known where Kraken does not offer it."""
        call = PrivateCall(method="GetApiKeyInfo", parameters={}, priority=Priority.BALANCES)
        try:
            result = await self._session.private(call)
        except VenueRejected:
            return _NOTHING_KNOWN
        try:
            return _parse_key_report(result)
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error

    async def _ask_balances(self, method: str, priority: Priority) -> tuple[Any, AssetCodes]:
        """Ask, and look the codes up again when one of them is in no list of ours."""
        codes = await self._reference.assets()
        result = await self._session.private(
            PrivateCall(method=method, parameters={}, priority=priority)
        )
        try:
            unlisted = unlisted_codes(result, codes)
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error
        if unlisted and await self._reference.look_again():
            codes = await self._reference.assets()
        return result, codes

    async def _history(
        self, method: str, name: str, since: datetime, priority: Priority
    ) -> Mapping[str, Row]:
        """Return the rows, newest first, so that rows of one moment keep their order.

        Read from a second before: Kraken leaves out what lies on the start itself.
        """
        return await read_all(
            self._session,
            PrivateCall(
                method=method,
                parameters={"start": str(floor((since - _SECOND).timestamp()))},
                priority=priority,
                cost=_HISTORY_COST,
            ),
            name,
        )


def _parse_key_report(result: object) -> KeyReport:
    rights = {str(right) for right in Row.of(result, "GetApiKeyInfo").array("permissions")}
    return KeyReport(
        can_query_balances="query-funds" in rights,
        can_query_orders={"query-open-trades", "query-closed-trades"} <= rights,
        can_query_ledger="query-ledger" in rights,
        can_trade={"modify-trades", "close-trades"} <= rights,
        can_stream="create-ws-token" in rights,
        can_withdraw=any("withdraw" in right for right in rights),
    )
