"""A venue's mode and its key are asked before every order, close-all included."""

from pathlib import Path

import pytest

from tests.trading.risk.watched_venue import MEMORY, watched_venue
from trading.model.denial import DenialCode
from trading.model.identifiers import VenueName
from trading.model.order import OrderOrigin
from trading.risk.venue_conditions import VenueConditions
from trading.venues.port import VenueState

CLOSED = {VenueState.MAINTENANCE, VenueState.CANCEL_ONLY, VenueState.POST_ONLY}


@pytest.mark.parametrize("state", VenueState)
def test_a_mode_in_which_our_orders_cannot_fill_refuses_by_its_name(state: VenueState) -> None:
    conditions = VenueConditions()
    conditions.state_is(MEMORY, state)
    refusal = conditions.refusal(MEMORY)
    assert (refusal is not None) == (state in CLOSED)
    if refusal is not None:
        assert refusal.code is DenialCode.VENUE_MODE
        assert refusal.reason.startswith(f"memory is in {state.value} mode")


def test_what_is_not_known_stands_against_nothing() -> None:
    conditions = VenueConditions()
    conditions.state_is(VenueName("other"), VenueState.MAINTENANCE)
    assert conditions.refusal(MEMORY) is None


@pytest.mark.parametrize("origin", [OrderOrigin.MANUAL, OrderOrigin.CLOSE_ALL])
async def test_the_gate_asks_for_every_order_of_that_venue(
    tmp_path: Path, origin: OrderOrigin
) -> None:
    async with watched_venue(tmp_path) as world:
        permits = world.gate.permits
        assert permits(origin, reduces=True, venue=MEMORY) is None
        world.conditions.key_is_refused(MEMORY, "may withdraw")
        denied = permits(origin, reduces=True, venue=MEMORY)
        assert denied is not None
        assert denied.code is DenialCode.KEY_REFUSED
        assert permits(origin, reduces=True, venue=VenueName("other")) is None
        world.conditions.key_is_fit(MEMORY)
        assert permits(origin, reduces=True, venue=MEMORY) is None
