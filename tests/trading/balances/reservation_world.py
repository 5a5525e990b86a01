"""A venue with money to spend, what we hear of it by which way, and what then seems free."""

from dataclasses import dataclass
from decimal import Decimal

from tests.trading.balances.derived_account import (
    BUFFER,
    FEE,
    ZERO,
    Baseline,
    Derived,
    Frame,
    MoneyFrame,
    OrderFrame,
    Purchase,
    Told,
)
from trading.balances.reservations import Reservations
from trading.model.identifiers import Asset, ClientOrderId, VenueName
from trading.model.instrument import floor_to_step

VENUE, USD = VenueName("v"), Asset("USD")
LOT = Decimal("0.00000001")


@dataclass(kw_only=True)
class Request:
    """A snapshot on its way: `free` is None until the venue has made it."""

    mark: int
    free: Decimal | None = None


class World:
    """A venue with 1000 to spend; every step takes what it needs of a number and a share."""

    def __init__(self) -> None:
        self.reservations = Reservations()
        self.reservations.follow_stream(VENUE)
        self.orders: list[Purchase] = []
        self.requests: list[Request] = []
        self.money = self.seen = Decimal(1000)
        self.wire: list[Frame] = []
        self.is_connected = False
        self.derived: Derived | None = None
        """What the adapter has; None until the baseline is delivered."""
        self.opened_mark = self.past_mark = self.book_mark = 0

    @property
    def is_live(self) -> bool:
        return self.derived is not None

    def venue_free(self) -> Decimal:
        return self.money - sum((order.lock for order in self.orders), ZERO)

    def seems_free(self) -> Decimal:
        return max(ZERO, self.seen - self.reservations.reserved(VENUE).get(USD, ZERO))

    def truly_free(self) -> Decimal:
        return self.money - sum((order.still_to_spend for order in self.orders), ZERO)

    def pick(self, stage: str, which: int) -> Purchase | None:
        found = [order for order in self.orders if order.stage == stage]
        return found[which % len(found)] if found else None

    def come_to_rest(self) -> None:
        """Every order ends, and we are told of it."""
        for order in self.orders:
            if order.stage == "open":
                self._end(order)
            order.stage = "ended"
            if order.told != "ended":
                self._tell(order)

    # --- orders ---------------------------------------------------------------------------------

    def accept(self, which: int, share: Decimal) -> None:
        quantity = floor_to_step(self.seems_free() * share / (1 + BUFFER), LOT)
        if quantity > 0:
            order_id = ClientOrderId(f"o{len(self.orders)}")
            order = Purchase(order_id=order_id, quantity=quantity, locks_fee=which % 2 == 0)
            self.orders.append(order)
            self.reservations.hold(order_id, VENUE, USD, order.worst)

    def venue_opens(self, which: int, _share: Decimal) -> None:
        """The acknowledgement may be lost: then nobody counts the lock before it is told of."""
        if order := self.pick("held", which):
            order.stage = "open"
            self._send(self._told(order))
            if which % 2 and self.derived is not None:
                self.derived.acknowledge(order)
                self._push()

    def venue_fills(self, which: int, share: Decimal) -> None:
        """A part trades, at the limit or up to half below it."""
        if order := self.pick("open", which):
            part = floor_to_step((order.quantity - order.filled) * share, LOT)
            cost = part * (1 if which % 2 else Decimal("0.5")) * (1 + FEE)
            order.filled += part
            order.spent += cost
            self.money -= cost
            frames: list[Frame] = [
                self._told(order),
                MoneyFrame(order=order, money=self.money, took=cost),
            ]
            self._send(*(frames if which % 3 else reversed(frames)))

    def venue_ends(self, which: int, _share: Decimal) -> None:
        if order := self.pick("open", which):
            self._end(order)

    def news_arrive(self, which: int, _share: Decimal) -> None:
        """We ask about one order and are told how it stands at the venue now."""
        untold = [order for order in self.orders if order.told != "ended"]
        if untold:
            self._tell(untold[which % len(untold)])

    def unsent_order_is_dropped(self, which: int, _share: Decimal) -> None:
        if order := self.pick("held", which):
            order.stage = order.told = "ended"
            self.reservations.settle(order.order_id, ZERO, filled=ZERO)

    def _end(self, order: Purchase) -> None:
        order.stage = "ended"
        self._send(self._told(order))

    def _tell(self, order: Purchase) -> None:
        order.told = order.stage
        if order.stage == "open":
            taken = order.spent + order.quantity - order.filled
            self.reservations.taken_by_venue(order.order_id, taken, filled=order.filled)
        elif order.stage == "ended":
            self.reservations.settle(order.order_id, order.spent, filled=order.filled)

    # --- answers --------------------------------------------------------------------------------

    def snapshot_is_requested(self, _which: int, _share: Decimal) -> None:
        self.requests.append(Request(mark=self.reservations.mark()))

    def snapshot_is_made(self, _which: int, _share: Decimal) -> None:
        for request in self.requests:
            if request.free is None:
                request.free = self.venue_free()

    def snapshot_is_received(self, _which: int, _share: Decimal) -> None:
        """In the order of the requests; a live stream's account stays, an overtaken one too."""
        if not self.requests:
            return
        request = self.requests.pop(0)
        if request.mark < self.book_mark:
            return
        self.book_mark = request.mark
        if not self.is_live:
            self.seen = self.venue_free() if request.free is None else request.free
            self.reservations.rest_on(VENUE, stream=False)
        self.reservations.observed(VENUE, request.mark)

    # --- the stream -----------------------------------------------------------------------------

    def stream_connects(self, _which: int, _share: Decimal) -> None:
        """What the venue makes of it is on its way; it tells of open orders alone."""
        if not self.is_connected:
            self.is_connected = True
            told = [self._told(order).told for order in self.orders if order.stage == "open"]
            for each in told:
                each.in_money = each.spent
            self._send(Baseline(money=self.money, told=tuple(told)))

    def stream_is_lost(self, which: int, _share: Decimal) -> None:
        if self.is_connected and which == 0:
            self.is_connected, self.derived = False, None
            self.wire.clear()
            self.opened_mark = self.reservations.mark()

    def frame_is_delivered(self, _which: int, _share: Decimal) -> None:
        if self.wire:
            self._deliver(self.wire.pop(0))
            self._note_if_level()

    def all_frames_are_delivered(self, which: int, share: Decimal) -> None:
        while self.wire:
            self.frame_is_delivered(which, share)

    def stream_gives_a_sign(self, _which: int, _share: Decimal) -> None:
        if self.is_live:
            self._note_if_level()
            self.reservations.stream_is_past(VENUE, self.past_mark)

    def _deliver(self, frame: Frame) -> None:
        if isinstance(frame, Baseline):
            known = {told.order.order_id: told for told in frame.told}
            self.derived = Derived(money=frame.money, told=known)
            self.past_mark = max(self.past_mark, self.opened_mark)
        elif self.derived is not None:
            self.derived.hear(frame)
        for told in self._orders_in(frame):
            self.reservations.shown_by_stream(told.order.order_id, told.filled)
        self._push()

    def _orders_in(self, frame: Frame) -> tuple[Told, ...]:
        if isinstance(frame, Baseline):
            return frame.told
        return (frame.told,) if isinstance(frame, OrderFrame) else ()

    def _push(self) -> None:
        if self.derived is not None:
            self.seen = self.derived.free
            self.book_mark = self.reservations.mark()
            self.reservations.rest_on(VENUE, stream=True)
            self.reservations.stream_is_past(VENUE, self.past_mark)

    def _note_if_level(self) -> None:
        """No live stream is behind for ever: what was known while nothing was on its way."""
        if self.is_live and not self.wire:
            self.past_mark = self.reservations.mark()

    def _told(self, order: Purchase) -> OrderFrame:
        told = Told(order=order, filled=order.filled, spent=order.spent, stage=order.stage)
        return OrderFrame(told=told)

    def _send(self, *frames: Frame) -> None:
        if self.is_connected:
            self.wire.extend(frames)
