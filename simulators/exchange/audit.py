"""The referee's own check: balances, orders, fills and ledger must tell one story."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal

from simulators.exchange.archive import Archive, Entry, Trade
from trading.venues.paper.values import ZERO, EngineState, Fill, Order, OrderState


def audit(
    state: EngineState,
    archive: Archive,
    *,
    is_paid_in_base: Callable[[Fill], bool] = lambda _: False,
) -> list[str]:
    """Say everything that does not agree; an empty list means the books are whole.

    `is_paid_in_base` says of a fill whether its fee was taken from the base asset.
    """
    orders, trades, entries = archive.all_orders(), archive.all_trades(), archive.all_ledger()
    return [
        *_ledger_against_balances(entries, state),
        *_fills_against_orders(trades, orders),
        *_fills_against_ledger(trades, entries, is_paid_in_base),
        *_open_orders(orders, state),
        *_numbers(orders, trades, entries, state),
    ]


def _ledger_against_balances(entries: Iterable[Entry], state: EngineState) -> Iterable[str]:
    running: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for entry in entries:
        row = entry.row
        running[row.asset] += row.amount - row.fee
        if running[row.asset] != row.balance:
            yield f"ledger {entry.entry_id}: balance {row.balance}, sum {running[row.asset]}"
    for asset in {*running, *state.balances}:
        total = state.balances[asset].total if asset in state.balances else ZERO
        if total != running[asset]:
            yield f"{asset}: total {total}, ledger {running[asset]}"


def _fills_against_orders(trades: Iterable[Trade], orders: Iterable[Order]) -> Iterable[str]:
    sums: dict[str, tuple[Decimal, Decimal, Decimal]] = defaultdict(lambda: (ZERO, ZERO, ZERO))
    for trade in trades:
        fill = trade.fill
        quantity, cost, fee = sums[fill.order_id]
        sums[fill.order_id] = (quantity + fill.quantity, cost + fill.cost, fee + fill.fee)
    known = {order.order_id for order in orders}
    for order in orders:
        if sums[order.order_id] != (order.filled, order.cost, order.fee):
            yield f"order {order.order_id}: fills say {sums[order.order_id]}"
        if order.filled > order.request.quantity:
            yield f"order {order.order_id}: filled {order.filled} of {order.request.quantity}"
        is_whole = order.filled == order.request.quantity
        if is_whole is not (order.state is OrderState.CLOSED):
            yield f"order {order.order_id}: {order.state} with {order.remaining} left"
    for order_id in sums.keys() - known:
        yield f"fills of an unknown order {order_id}"


def _fills_against_ledger(
    trades: Iterable[Trade], entries: Iterable[Entry], is_paid_in_base: Callable[[Fill], bool]
) -> Iterable[str]:
    rows: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.row.fill_number is not None:
            rows[entry.row.fill_number].append(entry)
    for trade in trades:
        fill = trade.fill
        base, _, quote = fill.market.partition("/")
        sign = 1 if fill.side == "buy" else -1
        told = {(row.row.asset, row.row.amount, row.row.fee) for row in rows.pop(fill.number, [])}
        fees = (fill.fee, ZERO) if is_paid_in_base(fill) else (ZERO, fill.fee)
        if told != {(base, sign * fill.quantity, fees[0]), (quote, -sign * fill.cost, fees[1])}:
            yield f"trade {trade.trade_id}: ledger says {told}"
    for number in rows:
        yield f"ledger rows of an unknown fill {number}"


def _open_orders(orders: Iterable[Order], state: EngineState) -> Iterable[str]:
    written = {order.order_id: order for order in orders if order.state is OrderState.OPEN}
    if written != dict(state.orders):
        yield f"open orders differ: {sorted(written.keys() ^ state.orders.keys())}"


def _numbers(
    orders: Iterable[Order], trades: Iterable[Trade], entries: Iterable[Entry], state: EngineState
) -> Iterable[str]:
    used = [
        *(order.number for order in orders),
        *(trade.fill.number for trade in trades),
        *(entry.row.number for entry in entries),
    ]
    if sorted(used) != list(range(1, state.sequence + 1)):
        yield f"{len(used)} numbers used of {state.sequence}"
