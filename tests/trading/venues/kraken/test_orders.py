"""Orders, fills and ledger rows are read exactly, and an unknown word is not read at all."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.clock import START
from tests.trading.venues.kraken.samples import BTC_USD, KRAKEN, buy_order, fill_row, order_row
from tests.trading.venues.scripted_venue import Heard, Reply, ScriptedVenue, errors, result
from trading.errors import VenueProtocolError, VenueRejected
from trading.model.fill import Fill
from trading.model.identifiers import Asset, ClientOrderId, FillId, Symbol, VenueOrderId
from trading.model.instrument import Side
from trading.model.ledger import LedgerKind
from trading.model.order import OrderType, VenueOrder
from trading.model.order_status import OrderStatus
from trading.venues.kraken.adapter import KrakenAdapter

ID = VenueOrderId("OAAAAA-BBBBB-CCCCCC")
PAST = datetime(2023, 1, 1, tzinfo=UTC)


async def read(adapter: KrakenAdapter, venue: ScriptedVenue, row: dict[str, Any]) -> VenueOrder:
    venue.on("QueryOrders", result({ID: row}))
    return (await adapter.fetch_orders([ID]))[ID]


async def test_an_open_order(adapter: KrakenAdapter, venue: ScriptedVenue) -> None:
    assert await read(adapter, venue, order_row()) == VenueOrder(
        venue=KRAKEN,
        venue_order_id=ID,
        client_order_id=ClientOrderId("sytest-0000000a001"),
        symbol=BTC_USD,
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        status=OrderStatus.OPEN,
        quantity=Decimal("0.5"),
        filled_quantity=Decimal(0),
        limit_price=Decimal(29500),
        cost=Decimal(0),
        fee=Decimal(0),
        opened_at=datetime(2023, 7, 5, 19, 4, 0, 864800, tzinfo=UTC),
        closed_at=None,
        reason=None,
    )


@pytest.mark.parametrize(
    ("word", "filled", "status"),
    [
        ("pending", "0", OrderStatus.OPEN),
        ("open", "0", OrderStatus.OPEN),
        ("open", "0.1", OrderStatus.PARTIALLY_FILLED),
        ("closed", "0.5", OrderStatus.FILLED),
        ("canceled", "0", OrderStatus.CANCELLED),
        ("canceled", "0.1", OrderStatus.CANCELLED),
        ("expired", "0", OrderStatus.EXPIRED),
    ],
)
async def test_statuses(
    adapter: KrakenAdapter, venue: ScriptedVenue, word: str, filled: str, status: OrderStatus
) -> None:
    order = await read(adapter, venue, order_row(status=word, vol_exec=filled))
    assert (order.status, order.filled_quantity) == (status, Decimal(filled))


async def test_a_kind_we_never_send_is_shown_without_a_kind(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    description = {**order_row()["descr"], "ordertype": "stop-loss", "price": "0"}
    order = await read(adapter, venue, order_row(descr=description, cl_ord_id=None))
    assert (order.order_type, order.limit_price, order.client_order_id) == (None, None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "sleeping"},
        {"status": None},
        {"vol": "much"},
        {"vol_exec": None},
        {"opentm": "soon"},
        {"descr": None},
        {"descr": {**order_row()["descr"], "type": "hold"}},
        {"descr": {**order_row()["descr"], "pair": "NOBODYKNOWS"}},
    ],
    ids=str,
)
async def test_an_order_that_cannot_be_understood_is_not_half_understood(
    adapter: KrakenAdapter, venue: ScriptedVenue, changes: dict[str, Any]
) -> None:
    venue.on("OpenOrders", result({"open": {ID: order_row(**changes), "OTHER": order_row()}}))
    with pytest.raises(VenueProtocolError):
        await adapter.fetch_open_orders()


async def test_a_fill(adapter: KrakenAdapter, venue: ScriptedVenue) -> None:
    venue.on("TradesHistory", result({"trades": {"TCCCTY": fill_row()}, "count": 1}))
    assert await adapter.fetch_fills(since=PAST) == (
        Fill(
            venue=KRAKEN,
            fill_id=FillId("TCCCTY"),
            venue_order_id=ID,
            client_order_id=None,
            symbol=BTC_USD,
            side=Side.BUY,
            quantity=Decimal("0.5"),
            price=Decimal("29500.5"),
            cost=Decimal("14750.25"),
            fee=Decimal("23.6"),
            fee_asset=Asset("USD"),
            executed_at=datetime(2023, 7, 5, 19, 37, 20, 892100, tzinfo=UTC),
        ),
    )


@pytest.mark.parametrize(
    "changes", [{"vol": "0"}, {"fee": None}, {"ordertxid": ""}, {"time": -1e40}]
)
async def test_a_fill_that_cannot_be_understood_fails_the_whole_answer(
    adapter: KrakenAdapter, venue: ScriptedVenue, changes: dict[str, Any]
) -> None:
    rows = {"TCCCTY": fill_row(), "TDDDTY": fill_row(**changes)}
    venue.on("TradesHistory", result({"trades": rows, "count": 2}))
    with pytest.raises(VenueProtocolError):
        await adapter.fetch_fills(since=PAST)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("trade", LedgerKind.TRADE),
        ("deposit", LedgerKind.DEPOSIT),
        ("withdrawal", LedgerKind.WITHDRAWAL),
        ("transfer", LedgerKind.TRANSFER),
        ("staking", LedgerKind.REWARD),
        ("adjustment", LedgerKind.OTHER),
        ("earn/reward", LedgerKind.REWARD),
        ("earn/autoallocation", LedgerKind.TRANSFER),
        ("earn/deallocation", LedgerKind.TRANSFER),
    ],
)
async def test_ledger_rows(
    adapter: KrakenAdapter, venue: ScriptedVenue, word: str, kind: LedgerKind
) -> None:
    kind_word, _, subtype = word.partition("/")
    row = {
        "refid": "R", "time": 1688585840.5, "type": kind_word, "subtype": subtype,
        "aclass": "currency", "asset": "XXBT",
        "amount": "-0.1", "fee": "0.001", "balance": "1e-05",
    }  # fmt: skip
    venue.on("Ledgers", result({"ledger": {"L1": row}, "count": 1}))
    (entry,) = await adapter.fetch_ledger(since=PAST)
    assert (entry.kind, entry.asset, entry.amount) == (kind, Asset("BTC"), Decimal("-0.1"))
    assert (entry.fee, entry.balance) == (Decimal("0.001"), Decimal("0.00001"))


def pages(rows: dict[str, Any], name: str, count: int | None = None) -> Any:
    def answer(heard: Heard) -> Reply:
        offset = int(heard.form["ofs"])
        part = dict(list(rows.items())[offset : offset + 50])
        return result({name: part, "count": len(rows) if count is None else count})

    return answer


async def test_rows_that_come_in_while_one_reads_cost_none_of_the_old_ones(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    """New rows push old ones to later pages: those are seen twice, and counted once."""
    rows = {f"T{number:03d}": fill_row(time=1.7e9 + number) for number in range(120)}
    old = set(rows)

    def answer(heard: Heard) -> Reply:
        newest_first = dict(sorted(rows.items(), reverse=True))
        offset = int(heard.form["ofs"])
        page = dict(list(newest_first.items())[offset : offset + 50])
        reply = result({"trades": page, "count": len(rows)})
        for _ in range(7):
            rows[f"T{len(rows):03d}"] = fill_row(time=1.7e9 + len(rows))
        return reply

    venue.compute("TradesHistory", answer)
    found = [fill.fill_id for fill in await adapter.fetch_fills(since=PAST)]
    assert len(found) == len(set(found))
    assert old <= set(found)


async def test_histories_are_paged_to_the_end(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    rows = {f"T{number:03d}": fill_row(time=1688585840 + 120 - number) for number in range(120)}
    venue.compute("TradesHistory", pages(rows, "trades"))
    fills = await adapter.fetch_fills(since=PAST)
    assert [fill.fill_id for fill in fills] == sorted(rows, reverse=True)
    assert [heard.form["ofs"] for heard in venue.calls("TradesHistory")] == ["0", "50", "100"]
    assert venue.calls("TradesHistory")[0].form["start"] == str(int(PAST.timestamp()) - 1)


async def test_a_history_that_ends_before_its_end_is_refused(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    venue.compute("ClosedOrders", pages({ID: order_row(status="closed")}, "closed", 2))
    with pytest.raises(VenueProtocolError, match="ended at row 1 of 2"):
        await adapter.fetch_closed_orders(since=PAST)


async def test_rows_of_one_moment_keep_the_order_in_which_they_happened(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    rows = {name: fill_row() for name in ("TZ", "TA", "TM")}
    venue.on("TradesHistory", result({"trades": rows, "count": 3}))
    fills = await adapter.fetch_fills(since=PAST)
    assert [fill.fill_id for fill in fills] == ["TM", "TA", "TZ"]


async def test_only_orders_closed_since_are_told(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    at = START.timestamp()
    rows = {
        "OLATE": order_row(status="closed", closetm=at + 1),
        "OEARLY": order_row(status="closed", closetm=at - 1),
    }
    venue.on("ClosedOrders", result({"closed": rows, "count": 2}))
    closed = await adapter.fetch_closed_orders(since=START)
    assert [order.venue_order_id for order in closed] == ["OLATE"]


async def test_an_order_is_looked_for_among_open_then_closed_and_counted_once(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    # It closes between the two looks: both answers mention it, the later one is right.
    closed = order_row(status="closed", vol_exec="0.5", closetm=START.timestamp())
    stranger = order_row(cl_ord_id="someone-else")
    venue.on("OpenOrders", result({"open": {ID: order_row(), "OXXXXX": stranger}}))
    venue.on("ClosedOrders", result({"closed": {ID: closed}, "count": 1}))
    (found,) = await adapter.find_orders(
        ClientOrderId("sytest-0000000a001"), symbol=Symbol.parse("BTC/USD")
    )
    assert (found.venue_order_id, found.status) == (ID, OrderStatus.FILLED)
    assert venue.calls("OpenOrders")[0].form["cl_ord_id"] == "sytest-0000000a001"
    assert venue.calls("ClosedOrders")[0].form["cl_ord_id"] == "sytest-0000000a001"


async def test_one_id_that_is_not_known_does_not_hide_the_others(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    def answer(heard: Heard) -> Reply:
        wanted = heard.form["txid"].split(",")
        if "OGONE" in wanted:
            return errors("EOrder:Unknown order")
        return result({order_id: order_row() for order_id in wanted})

    venue.compute("QueryOrders", answer)
    ids = [VenueOrderId(name) for name in ("OA", "OGONE", "OB")]
    assert set(await adapter.fetch_orders(ids)) == {"OA", "OB"}


async def test_a_refusal_to_look_orders_up_is_not_taken_for_their_absence(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    venue.on("QueryOrders", errors("EGeneral:Invalid arguments"))
    with pytest.raises(VenueRejected):
        await adapter.fetch_orders([ID])


async def test_many_ids_are_asked_for_fifty_at_a_time(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    venue.compute(
        "QueryOrders",
        lambda heard: result({name: order_row() for name in heard.form["txid"].split(",")}),
    )
    ids = [VenueOrderId(f"O{number}") for number in range(101)]
    assert list(await adapter.fetch_orders([*ids, ids[0]])) == ids
    assert len(venue.calls("QueryOrders")) == 3


@pytest.mark.parametrize("offset", [-5, 0, 5])
async def test_the_deadline_is_the_same_moment_on_kraken_s_clock(
    adapter: KrakenAdapter, venue: ScriptedVenue, offset: int
) -> None:
    unixtime = int(START.timestamp()) + offset
    venue.on("Time", result({"unixtime": unixtime, "rfc1123": "…"}))
    venue.on("AddOrder", result({"txid": [ID]}))
    await adapter.submit(buy_order())
    deadline = datetime.fromisoformat(venue.calls("AddOrder")[0].form["deadline"])
    expected = START + timedelta(seconds=5 + offset)
    assert abs(deadline - expected) <= timedelta(seconds=0.5)
