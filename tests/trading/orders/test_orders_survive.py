"""Whatever the venue and the power supply do: nothing sent twice, nothing lost, books agree.

Each step of the machine is a life of the bot on the same database file, killed at any of its
calls to the venue or to the database, with a stream that loses, repeats and mixes what it says,
or without one; between two lives something may happen at the venue.
"""

import asyncio
import json
import random
import shutil
import tempfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from storage.records import FillRow
from tests.support.clock import FakeClock
from tests.support.order_world import OrderWorld, intent, order_world, working
from tests.support.perilous_venue import PerilousVenue
from tests.support.perils import Fate
from tests.support.waiting import eventually
from tests.trading.orders.conftest import BTC, ETH
from trading.model.identifiers import Symbol
from trading.model.instrument import Side
from trading.model.order import OrderIntent, TimeInForce
from trading.model.order_status import OrderStatus, is_terminal
from trading.model.trading_state import TradingMode
from trading.orders import client_ids

PRICES = {
    (BTC, Side.BUY): "50100",
    (BTC, Side.SELL): "49900",
    (ETH, Side.BUY): "3010",
    (ETH, Side.SELL): "2990",
}
RESTING = {
    (BTC, Side.BUY): "49000",
    (BTC, Side.SELL): "51000",
    (ETH, Side.BUY): "2900",
    (ETH, Side.SELL): "3100",
}
symbols = st.sampled_from([BTC, ETH])
sides = st.sampled_from([Side.BUY, Side.SELL])
wishes = st.tuples(
    symbols,
    sides,
    st.sampled_from(["0.001", "0.01", "0.03", "0.05"]),
    st.sampled_from([TimeInForce.IOC, TimeInForce.IOC, TimeInForce.GTC]),
)
fates = st.one_of(st.just(Fate.TAKEN), st.sampled_from(list(Fate)))
Death = tuple[str, int]
crashes = st.one_of(
    st.none(),
    st.tuples(st.just("taken"), st.integers(0, 3)),
    st.tuples(st.just("database"), st.integers(0, 40)),
    st.tuples(st.just("venue"), st.integers(0, 30)),
)
Wish = tuple[Symbol, Side, str, TimeInForce]


class Survival(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="steelyard-"))
        self.clock = FakeClock(instant=True)
        self.venue = PerilousVenue(clock=self.clock, fee=Decimal("0.0026"))

    @initialize()
    def open_account(self) -> None:
        self.venue.list_instrument("BTC/USD", "49990", "50010")
        self.venue.list_instrument("ETH/USD", "2999", "3001")
        for asset, amount in (("USD", "50000"), ("BTC", "1"), ("ETH", "10")):
            self.venue.deposit(asset, amount)
        self.runner.run(self._live([], None, patient=True))

    @rule(
        wanted=st.lists(wishes, min_size=1, max_size=4),
        fates=st.lists(fates, max_size=4),
        depth=st.sampled_from([None, "0", "0.004", "0.02"]),
        list_lag=st.sampled_from([0.0, 0.3, 1.5]),
        fill_lag=st.sampled_from([0.0, 0.5, 4.0]),
        crash=crashes,
        patient=st.booleans(),
        stream=st.one_of(st.none(), st.integers(0, 10_000)),
        meanwhile=st.sampled_from([None, None, "trade_resting", "place_by_hand", "pass_time"]),
    )
    def live(  # the dice of one life
        self,
        *,
        wanted: list[Wish],
        fates: list[Fate],
        depth: str | None,
        list_lag: float,
        fill_lag: float,
        crash: Death | None,
        patient: bool,
        stream: int | None,
        meanwhile: str | None,
    ) -> None:
        match meanwhile:
            case "trade_resting":
                self._trade_resting()
            case "place_by_hand":
                self._place_by_hand()
            case "pass_time":
                self._pass_time()
        self.venue.fates = list(fates)
        self.venue.depth = {} if depth is None else dict.fromkeys((BTC, ETH), Decimal(depth))
        self.venue.list_lag = timedelta(seconds=list_lag)
        self.venue.fill_lag = timedelta(seconds=fill_lag)
        self.runner.run(self._live(wanted, crash, patient=patient, stream=stream))

    def _trade_resting(self) -> None:
        for order in tuple(self.venue.account.orders.values()):
            if not is_terminal(order.status):
                self.venue.fill_resting(order.venue_order_id, "0.0005")

    def _place_by_hand(self) -> None:
        self.venue.place_by_hand(ETH, Side.SELL, "0.01", RESTING[ETH, Side.SELL])

    def _pass_time(self) -> None:
        self.runner.run(self.clock.advance(7200))

    def teardown(self) -> None:
        try:
            self.runner.run(self._reckon())
        finally:
            self.runner.close()
            shutil.rmtree(self.folder)

    # --- lives ----------------------------------------------------------------------------------

    async def _live(
        self,
        wanted: list[Wish],
        crash: Death | None,
        *,
        patient: bool,
        stream: int | None = None,
    ) -> None:
        """Live once; `stream` is the seed of the stream's faults, None is a life without one."""
        self.venue.crash.at(None)
        dice = random.Random(stream)
        async with order_world(
            self.folder, clock=self.clock, venue=self.venue, dice=dice
        ) as world:
            if stream is not None:
                world.stream.open()
            if crash is not None:
                self.venue.crash.at(*crash)
            async with asyncio.TaskGroup() as group:
                living = group.create_task(self._work(world, wanted, patient=patient))
                killed = group.create_task(self.venue.crash.reached.wait())
                await asyncio.wait((living, killed), return_when=asyncio.FIRST_COMPLETED)
                living.cancel()
                killed.cancel()
            self.venue.crash.at(None)
            assert world.gate.state.mode is TradingMode.ACTIVE, world.gate.state.reason

    async def _work(self, world: OrderWorld, wanted: list[Wish], *, patient: bool) -> None:
        async with working(world):
            if wanted:
                await world.desk.executor.execute([self._intent(wish) for wish in wanted])
            if patient:
                await eventually(lambda: _nothing_unknown(world))

    def _intent(self, wish: Wish) -> OrderIntent:
        symbol, side, quantity, time_in_force = wish
        prices = PRICES if time_in_force is TimeInForce.IOC else RESTING
        return intent(
            self.venue, symbol, side, quantity, prices[symbol, side], time_in_force=time_in_force
        )

    # --- the reckoning --------------------------------------------------------------------------

    async def _reckon(self) -> None:
        """Let everything come to rest on a venue that behaves, then compare the books."""
        venue = self.venue
        venue.crash.at(None)
        venue.fates = []
        venue.list_lag = venue.fill_lag = timedelta(0)
        async with (
            order_world(self.folder, clock=self.clock, venue=venue) as world,
            working(world),
        ):
            await eventually(lambda: _nothing_unknown(world))
            await venue.cancel_all()
            await world.reconcile()
            assert await world.desk.journal.working() == ()
            assert len(set(venue.arrivals)) == len(venue.arrivals), "an order was sent twice"
            await self._compare_orders(world)
            await self._compare_fills(world)
            assert world.balances.reservations.reserved(world.name) == {}
            assert world.gate.state.mode is TradingMode.ACTIVE

    async def _compare_orders(self, world: OrderWorld) -> None:
        rows = {row.venue_order_id: row for row in await world.orders.recent(10_000)}
        for order in self.venue.account.orders.values():
            row = rows[order.venue_order_id]
            assert row.status == order.status
            assert row.filled_quantity == order.filled_quantity
            assert (row.cost, row.fee) == (order.cost, order.fee)
            if client_ids.is_ours(order.client_order_id):
                assert row.client_order_id == order.client_order_id
        for row in await world.orders.recent(10_000):
            if row.venue_order_id is None:
                assert row.status in {
                    OrderStatus.CANCELLED,
                    OrderStatus.REJECTED,
                    OrderStatus.NOT_PLACED,
                }

    async def _compare_fills(self, world: OrderWorld) -> None:
        booked = await world.fills.all(world.name)
        theirs = {(fill.fill_id, fill.quantity, fill.cost) for fill in self.venue.account.fills}
        assert {(row.fill_id, row.quantity, row.cost) for row in booked} == theirs
        assert len(booked) == len(theirs)
        assert await _told(world) == sorted(map(_words, booked))


def _words(row: FillRow) -> tuple[str, str, str, str]:
    return row.fill_id, f"{row.quantity:f}", f"{row.price:f}", f"{row.fee:f}"


async def _told(world: OrderWorld) -> list[tuple[str, str, str, str]]:
    """Return what the outbox tells of fills."""
    told = []
    while (notice := await world.outbox.next_due(world.clock.now())) is not None:
        if notice.kind == "fill":
            said = json.loads(notice.payload)
            told.append((said["fill_id"], said["quantity"], said["price"], said["fee"]))
        await world.outbox.mark_sent(notice.sequence, 1, world.clock.now())
    return sorted(told)


async def _nothing_unknown(world: OrderWorld) -> bool:
    orders = await world.desk.journal.working()
    return all(order.status is not OrderStatus.UNKNOWN for order in orders)


TestSurvival = pytest.mark.timeout(300)(Survival.TestCase)
TestSurvival.settings = settings(
    max_examples=12,
    stateful_step_count=6,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
