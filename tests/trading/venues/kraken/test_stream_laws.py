"""Whatever overtakes what on the wire, no more is shown as free than could be spent right now."""

from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.trading.venues.kraken.stream_world import Sent, StreamWorld
from trading.model.identifiers import Asset
from trading.venues.paper.values import Side, TimeInForce

QUANTITIES = st.sampled_from([Decimal("0.0002"), Decimal("0.01234567"), Decimal("0.02")])
PRICES = st.integers(min_value=598000, max_value=602000).map(lambda tenths: Decimal(tenths) / 10)
SIDES = st.sampled_from(Side)
TIMES = st.sampled_from([TimeInForce.GTC, TimeInForce.IOC])
FRAMES = st.integers(min_value=1, max_value=6)
AMOUNTS = st.integers(min_value=1, max_value=10**7).map(lambda units: Decimal(units) / 10**4)


class Apart(RuleBasedStateMachine):
    """Only we spend: so what is shown as free must be there, however far each channel has come.

    Others may pay in, the market may move, and the subscriptions may begin anew at any moment,
    with snapshots of different moments.
    """

    def __init__(self) -> None:
        super().__init__()
        self.world = StreamWorld()
        self.number = 0

    @initialize()
    def begin(self) -> None:
        self.world.baseline()

    @rule(side=SIDES, quantity=QUANTITIES, price=PRICES, time_in_force=TIMES)
    def send(
        self, side: Side, quantity: Decimal, price: Decimal, time_in_force: TimeInForce
    ) -> None:
        self.number += 1
        self.world.send(Sent(f"sy-{self.number}", side, quantity, price, time_in_force))

    @precondition(lambda self: self.world.requests)
    @rule()
    def arrive(self) -> None:
        self.world.arrive()

    @rule(choice=st.integers(min_value=0, max_value=9))
    def cancel(self, choice: int) -> None:
        orders = list(self.world.engine.state.orders)
        if orders:
            self.world.cancel(orders[choice % len(orders)])

    @rule(asset=st.sampled_from(["USD", "BTC"]), amount=AMOUNTS)
    def pay_in(self, asset: str, amount: Decimal) -> None:
        self.world.deposit(asset, amount)

    @rule(price=PRICES, quantity=QUANTITIES)
    def move(self, price: Decimal, quantity: Decimal) -> None:
        self.world.move_market(price, quantity)

    @precondition(lambda self: self.world.wire.executions)
    @rule(frames=FRAMES)
    def hear_of_orders(self, frames: int) -> None:
        for _ in range(min(frames, len(self.world.wire.executions))):
            self.world.deliver(self.world.wire.executions)

    @precondition(lambda self: self.world.wire.balances)
    @rule(frames=FRAMES)
    def hear_of_balances(self, frames: int) -> None:
        for _ in range(min(frames, len(self.world.wire.balances))):
            self.world.deliver(self.world.wire.balances)

    @precondition(lambda self: self.world.wire.answers)
    @rule()
    def hear_an_answer(self) -> None:
        self.world.wire.answers.popleft()()
        self.world.feed.changed()

    @rule(seconds=st.sampled_from([0.01, 0.3, 1.5]))
    def wait(self, seconds: float) -> None:
        self.world.clock.seconds += seconds

    @rule(balances_first=st.booleans(), side=SIDES, quantity=QUANTITIES, price=PRICES)
    def begin_anew(
        self, *, balances_first: bool, side: Side, quantity: Decimal, price: Decimal
    ) -> None:
        """Take the snapshots at two moments, with an order and a moving market between them."""
        world = self.world
        world.clock.seconds += 1.5
        asked_at = world.subscribe()
        while world.wire.answers:
            world.wire.answers.popleft()()  # one socket: answers to what was asked before
        steps = [world.snapshot_balances, world.snapshot_executions]
        if not balances_first:
            steps.reverse()
        steps[0]()
        world.clock.seconds += 0.05
        if balances_first:  # the other snapshot shows whose it is: it may be anybody's
            world.place(Sent("", side, quantity, price, TimeInForce.GTC))
        else:
            self.send(side, quantity, price, TimeInForce.GTC)
        while world.requests:
            world.arrive()
        world.move_market(price, Decimal("0.02"))
        steps[1]()
        world.acknowledge(asked_at)
        world.deliver(world.wire.balances)
        world.deliver(world.wire.executions)

    @invariant()
    def nothing_is_shown_that_could_not_be_spent(self) -> None:
        self.world.turn()
        if not self.world.feed.is_live:
            return
        truth = self.world.engine.state.balances
        for asset, (free, locked) in self.world.ears.held.items():
            assert free <= truth[asset].free, (asset, free, truth[asset])
            assert locked >= 0

    def teardown(self) -> None:
        """With everything delivered it is the truth, to the last digit."""
        world = self.world
        while world.requests:
            world.arrive()
        world.deliver_all()
        for _ in range(5):
            world.clock.seconds += 0.5
            world.feed.pass_time()
        world.turn()
        assert set(world.ears.lost) <= {"asked for anew"}
        truth = world.engine.state.balances
        assert world.ears.held == {
            Asset(asset): (held.free, held.hold) for asset, held in truth.items() if held.total
        }


TestApart = Apart.TestCase
TestApart.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
