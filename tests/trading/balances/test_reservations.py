"""What seems free is never more than what is free once every accepted order has spent its worst.

The model: a venue that locks, fills and ends orders at its own time, news of that which reach us
later, and snapshots that are requested, made and received at three different moments.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading.balances.reservations import Reservations
from trading.model.identifiers import Asset, ClientOrderId, VenueName
from trading.model.instrument import floor_to_step

VENUE, USD = VenueName("v"), Asset("USD")
ZERO = Decimal(0)
BUFFER = Decimal("0.02")
LOT = Decimal("0.00000001")
FEE = Decimal("0.01")
"""What the venue takes at most; never more than the buffer."""


@dataclass
class Purchase:
    """A buy at a limit of 1: quantities are worst costs before fees."""

    order_id: ClientOrderId
    quantity: Decimal
    locks_fee: bool
    stage: str = "held"
    filled: Decimal = ZERO
    spent: Decimal = ZERO
    told: str = "held"

    @property
    def worst(self) -> Decimal:
        return self.quantity * (1 + BUFFER)

    @property
    def lock(self) -> Decimal:
        if self.stage != "open":
            return ZERO
        return (self.quantity - self.filled) * (1 + (FEE if self.locks_fee else ZERO))

    @property
    def still_to_spend(self) -> Decimal:
        """At worst, beyond what it has spent already."""
        if self.stage == "ended":
            return ZERO
        return (self.quantity - self.filled) * (1 + FEE)


@dataclass
class Request:
    """A snapshot on its way: `free` is None until the venue has made it."""

    mark: int
    free: Decimal | None = None


class World:
    """A venue with 1000 to spend, what we hear of it, and what then seems free."""

    def __init__(self) -> None:
        self.reservations = Reservations()
        self.orders: list[Purchase] = []
        self.requests: list[Request] = []
        self.money = self.seen = Decimal(1000)

    def venue_free(self) -> Decimal:
        return self.money - sum((order.lock for order in self.orders), ZERO)

    def seems_free(self) -> Decimal:
        return max(ZERO, self.seen - self.reservations.reserved(VENUE).get(USD, ZERO))

    def truly_free(self) -> Decimal:
        return self.money - sum((order.still_to_spend for order in self.orders), ZERO)

    def pick(self, stage: str, which: int) -> Purchase | None:
        found = [order for order in self.orders if order.stage == stage]
        return found[which % len(found)] if found else None

    def accept(self, which: int, share: Decimal) -> None:
        quantity = floor_to_step(self.seems_free() * share / (1 + BUFFER), LOT)
        if quantity > 0:
            order_id = ClientOrderId(f"o{len(self.orders)}")
            order = Purchase(order_id=order_id, quantity=quantity, locks_fee=which % 2 == 0)
            self.orders.append(order)
            self.reservations.hold(order_id, VENUE, USD, order.worst)

    def venue_opens(self, which: int, _share: Decimal) -> None:
        if order := self.pick("held", which):
            order.stage = "open"

    def venue_fills(self, which: int, share: Decimal) -> None:
        """A part trades, at the limit or up to half below it."""
        if order := self.pick("open", which):
            part = floor_to_step((order.quantity - order.filled) * share, LOT)
            cost = part * (1 if which % 2 else Decimal("0.5")) * (1 + FEE)
            order.filled += part
            order.spent += cost
            self.money -= cost

    def venue_ends(self, which: int, _share: Decimal) -> None:
        if order := self.pick("open", which):
            order.stage = "ended"

    def news_arrive(self, which: int, _share: Decimal) -> None:
        """We ask about one order and are told how it stands at the venue now."""
        untold = [order for order in self.orders if order.told != "ended"]
        if not untold:
            return
        order = untold[which % len(untold)]
        order.told = order.stage
        if order.stage == "open":
            taken = order.spent + order.quantity - order.filled
            self.reservations.taken_by_venue(order.order_id, taken)
        elif order.stage == "ended":
            self.reservations.settle(order.order_id, order.spent)

    def unsent_order_is_dropped(self, which: int, _share: Decimal) -> None:
        if order := self.pick("held", which):
            order.stage = order.told = "ended"
            self.reservations.release(order.order_id)

    def snapshot_is_requested(self, _which: int, _share: Decimal) -> None:
        self.requests.append(Request(mark=self.reservations.mark()))

    def snapshot_is_made(self, _which: int, _share: Decimal) -> None:
        for request in self.requests:
            if request.free is None:
                request.free = self.venue_free()

    def snapshot_is_received(self, _which: int, _share: Decimal) -> None:
        """In the order of the requests, as the manager takes them."""
        if self.requests:
            request = self.requests.pop(0)
            self.seen = self.venue_free() if request.free is None else request.free
            self.reservations.observed(VENUE, request.mark)


STEPS = [
    World.accept,
    World.venue_opens,
    World.venue_fills,
    World.venue_ends,
    World.news_arrive,
    World.unsent_order_is_dropped,
    World.snapshot_is_requested,
    World.snapshot_is_made,
    World.snapshot_is_received,
]
SHARES = [Decimal(share) for share in ("0.1", "0.5", "1")]


@settings(max_examples=400, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(STEPS), st.integers(0, 3), st.sampled_from(SHARES)),
        min_size=20,
        max_size=50,
    )
)
def test_free_is_never_overstated(
    steps: list[tuple[Callable[[World, int, Decimal], None], int, Decimal]],
) -> None:
    world = World()
    for step, which, share in steps:
        step(world, which, share)

        assert world.seems_free() <= max(ZERO, world.truly_free())
        assert all(amount >= 0 for amount in world.reservations.reserved(VENUE).values())

    # At rest, and seen at rest, everything is free again to the last satoshi.
    for order in world.orders:
        order.stage = "ended"
        if order.told != "ended":
            world.reservations.settle(order.order_id, order.spent)
    world.requests.clear()
    world.snapshot_is_requested(0, ZERO)
    world.snapshot_is_received(0, ZERO)
    assert world.seems_free() == world.money


ORDER = ClientOrderId("a")


@pytest.fixture
def reservations() -> Reservations:
    reservations = Reservations()
    reservations.hold(ORDER, VENUE, USD, Decimal(102))
    return reservations


def test_an_order_is_reserved_once(reservations: Reservations) -> None:
    with pytest.raises(ValueError, match="already"):
        reservations.hold(ORDER, VENUE, USD, Decimal(1))
    assert reservations.of(ORDER) == 102


def test_a_snapshot_requested_before_the_news_releases_nothing(
    reservations: Reservations,
) -> None:
    early = reservations.mark()
    reservations.taken_by_venue(ORDER, Decimal(100))
    reservations.observed(VENUE, early)
    assert reservations.of(ORDER) == 102

    reservations.observed(VENUE, reservations.mark())
    assert reservations.of(ORDER) == 2


def test_repeated_news_do_not_push_the_release_back(reservations: Reservations) -> None:
    reservations.taken_by_venue(ORDER, Decimal(100))
    mark = reservations.mark()
    reservations.taken_by_venue(ORDER, Decimal(100))
    reservations.observed(VENUE, mark)

    assert reservations.of(ORDER) == 2


def test_what_was_spent_is_reserved_until_it_is_seen_gone(reservations: Reservations) -> None:
    reservations.settle(ORDER, Decimal(60))
    assert reservations.reserved(VENUE) == {USD: 60}

    reservations.observed(VenueName("other"), reservations.mark())
    assert reservations.reserved(VENUE) == {USD: 60}

    reservations.observed(VENUE, reservations.mark())
    assert reservations.reserved(VENUE) == {}


def test_an_order_that_spent_nothing_is_free_at_once(reservations: Reservations) -> None:
    reservations.settle(ORDER, ZERO)

    assert reservations.of(ORDER) is None


def test_shrinking_never_grows(reservations: Reservations) -> None:
    reservations.shrink(ORDER, Decimal(500))
    assert reservations.of(ORDER) == 102
    reservations.shrink(ORDER, Decimal(40))
    assert reservations.of(ORDER) == 40


@pytest.mark.parametrize("amount", ["-1", "NaN", "Infinity"])
def test_only_amounts_can_be_reserved(reservations: Reservations, amount: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        reservations.hold(ClientOrderId("b"), VENUE, USD, Decimal(amount))


def test_news_of_orders_that_reserve_nothing_are_ignored(reservations: Reservations) -> None:
    stranger = ClientOrderId("b")
    reservations.taken_by_venue(stranger, Decimal(1))
    reservations.settle(stranger, Decimal(1))
    reservations.shrink(stranger, Decimal(1))
    reservations.release(stranger)

    assert reservations.reserved(VENUE) == {USD: 102}
