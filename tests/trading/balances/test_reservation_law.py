"""What seems free is never more than what is free once every accepted order has spent its worst.

The model: a venue that locks, fills and ends orders at its own time; news of that which reach us
later; answers that are requested, made and received at three different moments; and a stream
whose frames (of orders, and of money, in either order) are as late as they like, from which an
adapter derives the account that it pushes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.clock import FakeClock
from tests.trading.balances.core_world import CoreWorld
from tests.trading.balances.derived_account import ZERO
from tests.trading.balances.reservation_world import VENUE, World

ORDERS = [
    World.accept,
    World.venue_opens,
    World.venue_fills,
    World.venue_ends,
    World.news_arrive,
    World.unsent_order_is_dropped,
]
ANSWERS = [
    World.snapshot_is_requested,
    World.snapshot_is_made,
    World.snapshot_is_received,
]
STREAM = [
    World.stream_connects,
    World.frame_is_delivered,
    World.all_frames_are_delivered,
    World.stream_gives_a_sign,
    World.stream_is_lost,
]
SHARES = [Decimal(share) for share in ("0.1", "0.5", "1")]
Step = Callable[[World, int, Decimal], None]


@pytest.mark.parametrize(
    "possible",
    [ORDERS + ANSWERS, ORDERS + STREAM, ORDERS + ANSWERS + STREAM],
    ids=["answers", "stream", "both"],
)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_free_is_never_overstated(data: st.DataObject, possible: list[Step]) -> None:
    step = st.tuples(st.sampled_from(possible), st.integers(0, 3), st.sampled_from(SHARES))
    steps = data.draw(st.lists(step, min_size=20, max_size=60))
    world = World()
    for happens, which, share in steps:
        happens(world, which, share)

        assert world.seems_free() <= max(ZERO, world.truly_free())
        assert all(amount >= 0 for amount in world.reservations.reserved(VENUE).values())

    # At rest, and seen at rest, everything is free again to the last satoshi.
    world.come_to_rest()
    world.all_frames_are_delivered(0, ZERO)
    world.stream_gives_a_sign(0, ZERO)
    if not world.is_live:
        world.requests.clear()
        world.snapshot_is_requested(0, ZERO)
        world.snapshot_is_received(0, ZERO)
    assert world.seems_free() == world.money


CORE_STEPS = [
    *ORDERS,
    *STREAM,
    CoreWorld.answer_is_asked_for,
    CoreWorld.answer_is_made,
    CoreWorld.answer_comes,
    CoreWorld.time_passes,
]


@settings(max_examples=30, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(CORE_STEPS), st.integers(0, 3), st.sampled_from(SHARES)),
        min_size=20,
        max_size=60,
    )
)
def test_the_core_overstates_nothing_and_frees_everything_in_the_end(
    steps: list[tuple[Callable[..., Awaitable[None] | None], int, Decimal]],
) -> None:
    asyncio.run(_through_the_core(steps))


async def _through_the_core(
    steps: list[tuple[Callable[..., Awaitable[None] | None], int, Decimal]],
) -> None:
    world = CoreWorld(FakeClock())
    async with world.running():
        for happens, which, share in steps:
            step = getattr(world, happens.__name__)(which, share)
            if step is not None:
                await step

            assert world.seems_free() <= max(ZERO, world.truly_free())

        world.come_to_rest()
        await world.time_passes(0, ZERO)
        world.stream_gives_a_sign(0, ZERO)
        if not world.is_live:
            await world.answer_comes()
            await world.answer_comes()
        assert world.seems_free() == world.money
