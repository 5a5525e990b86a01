"""The books: one holder, whole changes, and the same venue again after a restart."""

import sqlite3
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from simulators.exchange.archive import Archive
from simulators.exchange.audit import audit
from simulators.exchange.books import BooksInUseError
from simulators.kraken.books import KrakenBooks
from simulators.kraken.catalogue import UnknownListingError
from tests.simulators.kraken.desk import Desk, open_desk
from trading.venues.paper.engine import MatchingEngine
from trading.venues.paper.invariants import InvariantBrokenError
from trading.venues.paper.values import Balance


def busy(desk: Desk) -> None:
    """Let something of everything happen."""
    desk.add("sell", "0.05")
    desk.add("buy", "0.01", "60000", cl_ord_id="resting", timeinforce="GTD", expiretm="+600")
    desk.private("CancelOrder", txid=desk.add("sell", "0.02", "70000", userref="5"))
    desk.add("buy", "0.1", "64010.0", oflags="fciq", timeinforce="IOC")


def test_a_venue_opened_again_is_the_same_venue(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        busy(desk)
        desk.venue.exchange.tick(1.0)  # bars are written with each step of the market
        state = desk.venue.exchange.engine.state
        prices = desk.venue.exchange.market.positions()
        orders = desk.private("ClosedOrders")
        bars = desk.public("OHLC", pair="XBTUSD")
        assert audit(state, desk.venue.exchange.archive) == []
    with open_desk(tmp_path) as desk:
        again = desk.venue.exchange.engine.state
        assert (again.balances, again.orders, again.sequence) == (
            state.balances,
            state.orders,
            state.sequence,
        )
        assert desk.venue.exchange.market.positions() == prices
        assert desk.private("ClosedOrders") == orders
        assert desk.public("OHLC", pair="XBTUSD") == bars
        assert audit(again, desk.venue.exchange.archive) == []


def test_the_opening_balances_are_paid_in_once(tmp_path: Path) -> None:
    for _ in range(2):
        with open_desk(tmp_path) as desk:
            assert desk.private("Balance")["ZUSD"] == "10000.0000"
            assert desk.private("Ledgers")["count"] == 3


def test_ids_are_never_used_twice_whatever_the_seed_of_the_restart(tmp_path: Path) -> None:
    seen: list[str] = []
    for seed in ("1", "2", "1"):
        with open_desk(tmp_path, "--seed", seed) as desk:
            seen.append(desk.add("buy", "0.01", "60000"))
    assert len(set(seen)) == 3


def test_two_venues_cannot_hold_the_same_books(tmp_path: Path) -> None:
    with open_desk(tmp_path), pytest.raises(BooksInUseError, match="in use"):
        KrakenBooks.open(tmp_path, seed=1)


def test_a_change_that_fails_half_way_is_no_change(tmp_path: Path) -> None:
    books = KrakenBooks.open(tmp_path, seed=1)

    def write_half() -> None:
        with books.transaction():
            books.write_nonce("key", 5)
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full"):
        write_half()
    assert books.last_nonces() == {}
    with books.transaction():
        books.write_nonce("key", 6)
    assert books.last_nonces() == {"key": 6}
    books.close()


@pytest.mark.parametrize("table", ["prices", "fills"])
def test_what_cannot_be_written_down_does_not_happen(tmp_path: Path, table: str) -> None:
    with open_desk(tmp_path) as desk:
        exchange = desk.venue.exchange
        desk.add("sell", "0.01", "64500")
        exchange.archive.connection.execute(
            f"CREATE TEMP TRIGGER full BEFORE INSERT ON {table}"
            " BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )
        before = exchange.engine.state
        exchange.market.set_price("BTC/USD", Decimal(65000))
        with pytest.raises(sqlite3.IntegrityError, match="the disk is full"):
            exchange.tick(1.0)
        assert exchange.engine.state is before
        assert audit(exchange.engine.state, exchange.archive) == []
        exchange.archive.connection.execute("DROP TRIGGER full")
        exchange.tick(1.0)
        assert exchange.engine.state.orders == {}
        assert audit(exchange.engine.state, exchange.archive) == []


def test_open_orders_of_a_pair_that_is_no_longer_listed_are_told(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        desk.add("buy", "0.01", "60000")
    with (
        pytest.raises(UnknownListingError, match="BTC/USD is not listed"),
        open_desk(tmp_path, "--pairs", "ETH/USD"),
    ):
        pytest.fail("its books do not fit")


def test_books_that_were_tampered_with_are_not_taken_over(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        desk.add("buy", "0.01", "60000")
    books = KrakenBooks.open(tmp_path, seed=1)
    with books.transaction():
        books.connection.execute("UPDATE balances SET hold = '0' WHERE asset = 'USD'")
    books.close()
    with pytest.raises(InvariantBrokenError, match="USD: hold 0"), open_desk(tmp_path):
        pytest.fail("a hold is missing")


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("UPDATE fills SET quantity = '0.04999999' WHERE number = 5", "fills say"),
        ("UPDATE orders SET filled = '99', state = 'closed' WHERE kind = 'market'", "filled 99"),
        ("UPDATE ledger SET amount = '9999.9999' WHERE number = 1", "balance 10000"),
        ("UPDATE ledger SET fee = '0.0001' WHERE fill_number = 5", "ledger says"),
        ("DELETE FROM orders WHERE state = 'open'", "open orders differ"),
        ("DELETE FROM ledger WHERE number = 1", "numbers used"),
        ("UPDATE fills SET order_id = 'nobody'", "unknown order nobody"),
    ],
)
def test_the_audit_notices_what_does_not_agree(tmp_path: Path, wrong: str, complaint: str) -> None:
    with open_desk(tmp_path) as desk:
        busy(desk)
        archive = Archive(connection=desk.venue.exchange.archive.connection)
        archive.connection.execute(wrong)
        problems = audit(desk.venue.exchange.engine.state, archive)
        assert any(complaint in problem for problem in problems), problems


def test_the_audit_notices_a_balance_that_came_from_nowhere(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        state = desk.venue.exchange.engine.state
        more = {**state.balances, "BTC": Balance(total=Decimal(2))}
        problems = audit(replace(state, balances=more), desk.venue.exchange.archive)
        assert problems == ["BTC: total 2, ledger 1"]


def test_every_listed_market_suits_the_engine(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        catalogue = desk.venue.exchange.catalogue
        engine = MatchingEngine(
            markets=[pair.market() for pair in catalogue.pairs],
            state=desk.venue.exchange.engine.state,
        )
        for pair in catalogue.pairs:
            market = engine.market(pair.symbol)
            assert market is not None
            assert market.cost_step >= Decimal(1).scaleb(-pair.quote.decimals)
