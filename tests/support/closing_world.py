"""Closing wired as the composition root does, on any desk of the tests."""

from decimal import Decimal

from tests.support.rebalance_world import USD, RebalanceWorld
from trading.intents.close_all import CloseAllIntents
from trading.intents.closing import AssetClosing, ClosingRules, VenueClosing
from trading.intents.closing_parts import ClosingParts, ClosingRequest
from trading.intents.emergency import EmergencyIntents
from trading.intents.rebalance_inputs import InputGatherer
from trading.model.identifiers import Asset, CorrelationId, VenueName

RULES = ClosingRules(base=USD, max_slippage=Decimal("0.005"), order_buffer=Decimal("0.02"))


def closing(
    world: RebalanceWorld, rules: ClosingRules = RULES, *, nowhere: VenueName | None = None
) -> CloseAllIntents:
    """Build the intent over the desk of a rebalance world; nobody has wired `nowhere` to it."""
    more = {} if nowhere is None else {nowhere: rules}
    orders = world.orders
    gatherer = InputGatherer(
        balances=orders.balances.manager,
        market=orders.balances.feed,
        orders=orders.desk.journal,
        gate=world.gate,
        clock=world.clock,
    )
    emergency = EmergencyIntents(venues={world.name: world.venue}, gate=world.gate)
    return CloseAllIntents(
        rules=more | {world.name: rules},
        parts=ClosingParts(
            gatherer=gatherer,
            runner=world.runner,
            executor=orders.desk.executor,
            settlement=orders.desk.settlement,
            journal=orders.desk.journal,
            gate=world.gate,
            cancel=emergency.cancel_at,
            clock=world.clock,
        ),
    )


def request(
    venue: VenueName | None = None, *, halts: bool = True, within_seconds: float = 100.0
) -> ClosingRequest:
    return ClosingRequest(
        venue=venue,
        by="owner",
        correlation_id=CorrelationId("corr-close"),
        halts=halts,
        within_seconds=within_seconds,
    )


def of(result: VenueClosing, asset: Asset) -> AssetClosing:
    (found,) = [each for each in result.assets if each.asset == asset]
    return found
