"""The private channels, `balances` and `executions`, told from the changes in the books."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from simulators.exchange.archive import Span
from simulators.kraken.counters import Counters
from simulators.kraken.exchange import Exchange
from simulators.kraken.websocket.execution_rows import ExecutionRows, Row
from simulators.kraken.websocket.times import stamp
from simulators.kraken.websocket.wallets import place_of, total_of
from trading.venues.paper.values import (
    LedgerEntered,
    LedgerRow,
    OrderAccepted,
    OrderAmended,
    OrderEnded,
    OrderFilled,
    Transition,
)

SNAPSHOT_TRADES = 50
# What is told when a client does not want every step of an order.
ENDS_AND_BEGINNINGS = frozenset({"new", "trade", "filled", "canceled", "expired"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionWishes:
    """What a client wants of `executions`."""

    snap_orders: bool
    snap_trades: bool
    order_status: bool
    ratecounter: bool


class AccountChannels:
    def __init__(self, *, exchange: Exchange, counters: Counters) -> None:
        self._exchange = exchange
        self._counters = counters
        self._rows = ExecutionRows(exchange=exchange)

    def balances(self) -> list[Row]:
        """Show every asset with its wallets; the total is over all of them."""
        balances = self._exchange.engine.state.balances
        rows: dict[str, Row] = {}
        for name, balance in balances.items():
            place = place_of(name)
            row = rows.setdefault(
                place.asset,
                {
                    "asset": place.asset,
                    "asset_class": "currency",
                    "balance": total_of(place.asset, balances),
                    "wallets": [],
                },
            )
            row["wallets"].append(
                {"type": place.wallet_type, "id": place.wallet_id, "balance": balance.total}
            )
        return list(rows.values())

    def balance_updates(self, transition: Transition) -> list[Row]:
        """Show one row for each ledger row, with the asset's total after it."""
        return [
            self._ledger_row(event.row)
            for event in transition.events
            if isinstance(event, LedgerEntered)
        ]

    def executions(self, wishes: ExecutionWishes) -> list[Row]:
        rows: list[Row] = []
        if wishes.snap_orders:
            rows += [self._rows.standing(order) for order in self._exchange.open_orders]
        if wishes.snap_trades:
            trades, _ = self._exchange.archive.trades(Span(), offset=0)
            rows += [self._rows.trade(trade.fill, None) for trade in trades[:SNAPSHOT_TRADES]]
        return rows

    def execution_updates(self, transition: Transition, wishes: ExecutionWishes) -> list[Row]:
        rows = [
            row
            for row in self._steps(transition)
            if wishes.order_status or row["exec_type"] in ENDS_AND_BEGINNINGS
        ]
        if wishes.ratecounter:
            for row in rows:
                row["ratecount"] = self._rate_count(row)
        return rows

    def _steps(self, transition: Transition) -> Iterator[Row]:
        for event in transition.events:
            match event:
                case OrderAccepted(order=order):
                    yield self._rows.pending(order)
                    yield self._rows.new(order)
                case OrderAmended(order=order):
                    yield self._rows.amended(order, self._exchange.now())
                case OrderFilled(order=order, fill=fill):
                    yield self._rows.trade(fill, order)
                case OrderEnded(order=order):
                    yield self._rows.ended(order)

    def _ledger_row(self, ledger: LedgerRow) -> Row:
        place = place_of(ledger.asset)
        identifiers = self._exchange.identifiers
        return {
            "ledger_id": identifiers.ledger(ledger.number),
            "ref_id": (
                identifiers.transfer(ledger.number)
                if ledger.fill_number is None
                else identifiers.trade(ledger.fill_number)
            ),
            "timestamp": stamp(ledger.at),
            "type": ledger.kind.value,
            "asset": place.asset,
            "asset_class": "currency",
            "category": ledger.kind.value,
            "wallet_type": place.wallet_type,
            "wallet_id": place.wallet_id,
            "amount": ledger.amount,
            "fee": ledger.fee,
            "balance": self._total_after(ledger),
        }

    def _total_after(self, ledger: LedgerRow) -> Any:
        """Sum up the asset over its wallets, this one as it was right after the row."""
        place = place_of(ledger.asset)
        balances = self._exchange.engine.state.balances
        now_here = balances[ledger.asset].total
        return total_of(place.asset, balances) - now_here + ledger.balance

    def _rate_count(self, row: Row) -> int:
        symbol = str(row.get("symbol", ""))
        if not symbol:
            symbol = self._exchange.archive.orders([row["order_id"]])[
                row["order_id"]
            ].request.market
        return round(self._counters.order_count(symbol=symbol, now=self._exchange.monotonic()))
