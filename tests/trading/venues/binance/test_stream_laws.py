"""Whatever the order of answers and events, the pushed account never shows too much as free."""

from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.orders import approved
from tests.support.clock import START
from trading.model.approval import ApprovedOrder
from trading.model.balance import VenueBalance
from trading.model.identifiers import Asset, ClientOrderId, Symbol
from trading.model.order import TimeInForce
from trading.venues.binance.balances import ParsedAccount
from trading.venues.binance.instruments import Listing
from trading.venues.binance.stream_account import Doubt, PushedAccount
from trading.venues.binance.stream_rows import Position

USDT = Asset("USDT")
SYMBOL = Symbol.parse("BTC/USDT")
LISTING = Listing(
    instruments={},
    symbols={"BTCUSDT": SYMBOL},
    codes={SYMBOL: "BTCUSDT"},
    assets=frozenset({"BTC", "USDT"}),
    weights=(),
    orders=(),
)
COST = Decimal(100)


@dataclass(slots=True)
class Venue:
    """Each order locks at once; what it tells of that comes later, in its own time and order."""

    free: Decimal = Decimal(1000)
    locked: Decimal = Decimal(0)
    at_ms: int = 1000
    reports: list[tuple[ClientOrderId, int]] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)

    def take(self, name: ClientOrderId) -> None:
        self.at_ms += 1
        self.free, self.locked = self.free - COST, self.locked + COST
        self.reports.append((name, self.at_ms))
        self.positions.append(
            Position(at_ms=self.at_ms, amounts={"USDT": (self.free, self.locked)})
        )

    def account(self) -> ParsedAccount:
        balance = VenueBalance(asset=USDT, free=self.free, locked=self.locked)
        return ParsedAccount(
            balances={USDT: balance},
            held_elsewhere={},
            updated_ms=self.at_ms,
            can_trade=True,
            taker_fee=Decimal(0),
            maker_fee=Decimal(0),
        )


def started(venue: Venue) -> PushedAccount:
    account = PushedAccount()
    account.restart()
    account.start(venue.account(), LISTING, asked_at=0.0)
    return account


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(["send", "take", "answer", "report", "position", "baseline", "late"]),
        max_size=40,
    )
)
def test_free_is_never_more_than_the_venue_would_let_one_spend(steps: list[str]) -> None:
    venue = Venue()
    account = started(venue)
    sent: list[ClientOrderId] = []
    taken: list[ClientOrderId] = []
    told: list[Position] = []
    monotonic = 1.0
    for step in steps:
        monotonic += 0.01
        match step:
            case "send" if len(sent) + len(taken) < 9:
                name = ClientOrderId(f"order-{len(sent) + len(taken)}-{monotonic:.2f}")
                account.send(_order(name), monotonic=monotonic, remaining=5.0)
                sent.append(name)
            case "take" if sent:
                name = sent.pop(0)
                venue.take(name)
                taken.append(name)
            case "answer" if taken:
                account.take(taken[-1], monotonic=monotonic)
            case "report" if venue.reports:
                name, at_ms = venue.reports.pop(0)
                account.tell(name, at_ms, monotonic=monotonic)
            case "position" if venue.positions:
                told.append(venue.positions.pop(0))
                account.move(told[-1])
            case "late" if told:
                account.move(told[0])
            case "baseline":
                account.restart()
                account.start(venue.account(), LISTING, asked_at=monotonic)
        shown = account.balances.get(USDT)
        assert shown is None or shown.free <= venue.free
        assert shown is None or shown.total == shown.free + shown.locked


def test_once_all_is_told_nothing_is_held_back() -> None:
    venue = Venue()
    account = started(venue)
    name = ClientOrderId("order")
    account.send(_order(name), monotonic=1.0, remaining=5.0)
    assert account.balances[USDT].free == 900
    venue.take(name)
    account.tell(*venue.reports[0], monotonic=1.1)
    account.move(venue.positions[0])
    assert account.balances[USDT].free == 900
    assert account.balances[USDT].locked == 100
    account.pass_time(100.0, is_live=True)


def test_an_event_that_comes_late_changes_nothing() -> None:
    venue = Venue()
    account = started(venue)
    for number in range(2):
        venue.take(ClientOrderId(f"by-hand-{number}"))
    early, late = venue.positions
    account.move(late)
    account.move(early)
    assert account.balances[USDT].free == venue.free == 800
    account.restart()
    account.start(venue.account(), LISTING, asked_at=1.0)
    account.move(early)
    assert account.balances[USDT].free == 800


def test_an_order_that_no_event_shows_is_doubted_and_one_never_taken_let_go() -> None:
    venue = Venue()
    account = started(venue)
    account.send(_order(ClientOrderId("unanswered")), monotonic=1.0, remaining=5.0)
    account.send(_order(ClientOrderId("taken")), monotonic=1.0, remaining=5.0)
    account.take(ClientOrderId("taken"), monotonic=1.2)
    account.pass_time(10.9, is_live=True)
    assert account.balances[USDT].free == 800
    with pytest.raises(Doubt, match="taken"):
        account.pass_time(11.3, is_live=True)
    assert account.balances[USDT].free == 1000


def _order(name: ClientOrderId) -> ApprovedOrder:
    return approved(
        name,
        symbol=SYMBOL,
        quantity=Decimal(1),
        price=COST,
        deadline_at=START,
        time_in_force=TimeInForce.GTC,
    )
