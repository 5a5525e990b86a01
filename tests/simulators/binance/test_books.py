"""The books: the same venue again after a restart, and whole whatever is asked of them."""

from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.binance.books import BinanceBooks
from simulators.binance.catalogue import UnknownListingError
from simulators.exchange.books import BooksInUseError
from tests.simulators.binance.desk import Desk, open_desk


def busy(desk: Desk) -> None:
    """Let something of everything happen."""
    desk.place("SELL", "0.05")
    desk.place("BUY", None, quoteOrderQty="500")
    desk.place("BUY", "0.01", "60000", newClientOrderId="resting")
    ended = desk.place("SELL", "0.02", "70000")
    desk.good("DELETE", "order", symbol="BTCUSDT", orderId=ended["orderId"])
    desk.place("BUY", "0.1", "64010", timeInForce="IOC")


def seen(desk: Desk) -> dict[str, Any]:
    symbol = {"symbol": "BTCUSDT"}
    return {
        "account": desk.good("GET", "account"),
        "orders": desk.good("GET", "allOrders", **symbol),
        "open": desk.good("GET", "openOrders"),
        "trades": desk.good("GET", "myTrades", **symbol),
        "bars": desk.good("GET", "klines", **symbol, interval="1m"),
        "deposits": desk.good("GET", "/sapi/v1/capital/deposit/hisrec"),
    }


def test_a_venue_opened_again_is_the_same_venue(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        busy(desk)
        desk.exchange.tick(1.0)  # bars are written with each step of the market
        before = seen(desk)
        update = desk.exchange.update_id
        assert desk.exchange.audit() == []
    with open_desk(tmp_path) as desk:
        assert seen(desk) == before
        assert desk.exchange.audit() == []
        desk.clock.step_wall(1)
        assert desk.place("BUY", "0.01")["orderId"] > before["orders"][-1]["orderId"]
        assert desk.exchange.update_id != update


def test_two_venues_cannot_hold_the_same_books(tmp_path: Path) -> None:
    with open_desk(tmp_path), pytest.raises(BooksInUseError, match="in use"):
        BinanceBooks.open(tmp_path, seed=1)


def test_an_open_order_keeps_its_symbol_listed(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        desk.place("BUY", "0.01", "60000")
    with (
        pytest.raises(UnknownListingError, match="BTC/USDT"),
        open_desk(tmp_path, "--symbols", "ETH/USDT"),
    ):
        pass


def test_the_audit_sees_a_fee_in_the_wrong_asset(desk: Desk) -> None:
    desk.place("BUY", "0.01")
    connection = desk.exchange.archive.connection
    connection.execute("UPDATE ledger SET fee = '0' WHERE asset = 'BTC' AND kind = 'trade'")
    assert any(line.startswith("trade ") for line in desk.exchange.audit())


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("place"),
            st.sampled_from(["BUY", "SELL"]),
            st.integers(min_value=1, max_value=9000),  # lots of 0.00001 BTC
            st.sampled_from(["63900", "63994", "64000", "64006.4", "64100", ""]),
            st.sampled_from(["GTC", "IOC", "FOK", "MAKER"]),
        ),
        st.tuples(st.just("spend"), st.sampled_from(["BUY", "SELL"]), st.integers(1, 3000)),
        st.tuples(st.just("cancel"), st.integers(0, 5)),
        st.tuples(st.just("price"), st.integers(63_800, 64_200)),
        st.tuples(st.just("tick")),
        st.tuples(st.just("deposit"), st.sampled_from(["BTC", "USDT"]), st.integers(1, 10**6)),
    ),
    max_size=25,
)


def do(desk: Desk, step: Any) -> None:
    """Do one thing; a refusal is as good as any other answer."""
    match step:
        case ("place", side, lots, price, force):
            desk.ask("POST", "order", **_wish(side, Decimal(lots) / 100_000, price, force))
        case ("spend", side, sum_of_money):
            words = {"symbol": "BTCUSDT", "side": side, "type": "MARKET"}
            desk.ask("POST", "order", **words, quoteOrderQty=sum_of_money)
        case ("cancel", place):
            for order in desk.good("GET", "openOrders")[place : place + 1]:
                desk.good("DELETE", "order", symbol="BTCUSDT", orderId=order["orderId"])
        case ("price", price):
            desk.exchange.set_price("BTC/USDT", Decimal(price))
        case ("tick",):
            desk.exchange.tick(1.0)
        case ("deposit", asset, amount):
            desk.exchange.deposit(asset, Decimal(amount) / 10**6)


def _wish(side: str, quantity: Decimal, price: str, force: str) -> dict[str, str]:
    wish = {"symbol": "BTCUSDT", "side": side, "quantity": f"{quantity:f}"}
    if not price:
        return {**wish, "type": "MARKET"}
    if force == "MAKER":
        return {**wish, "type": "LIMIT_MAKER", "price": price}
    return {**wish, "type": "LIMIT", "timeInForce": force, "price": price}


@settings(max_examples=20, deadline=None)
@given(story=steps)
def test_the_books_are_whole_whatever_is_asked(story: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        with open_desk(Path(folder)) as desk:
            for step in story:
                do(desk, step)
                desk.clock.step_wall(11)
            assert desk.exchange.audit() == []
            before = seen(desk)
            rows = desk.good("GET", "myTrades", symbol="BTCUSDT")
            moved = {"BTC": Decimal(0), "USDT": Decimal(0)}
            for row in rows:
                sign = 1 if row["isBuyer"] else -1
                moved["BTC"] += sign * Decimal(row["qty"])
                moved["USDT"] -= sign * Decimal(row["quoteQty"])
                moved[row["commissionAsset"]] -= Decimal(row["commission"])
            paid = deposited(desk)
            for asset, change in moved.items():
                free, locked = desk.held(asset)
                assert Decimal(free) + Decimal(locked) == paid[asset] + change
        with open_desk(Path(folder)) as desk:
            desk.clock.step_wall(11 * len(story))
            assert desk.exchange.audit() == []
            assert seen(desk)["account"] == before["account"]


def deposited(desk: Desk) -> dict[str, Decimal]:
    rows = desk.good("GET", "/sapi/v1/capital/deposit/hisrec")
    paid: dict[str, Decimal] = {}
    for row in rows:
        paid[row["coin"]] = paid.get(row["coin"], Decimal(0)) + Decimal(row["amount"])
    return paid
