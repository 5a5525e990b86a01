"""Sends each journaled order once, and writes down what is certain of the answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from trading.clock import Clock
from trading.errors import (
    InsufficientFunds,
    NonceRefused,
    OrderWithdrawn,
    OutcomeUnknown,
    StorageUnavailable,
    VenueError,
    VenueFatal,
    VenueRejected,
    VenueUnavailable,
)
from trading.model.approval import ApprovedOrder
from trading.model.denial import Denied
from trading.model.identifiers import VenueName
from trading.model.order import Order, OrderIntent
from trading.model.order_status import OrderStatus
from trading.orders.answers import Answer, Answers
from trading.orders.in_flight import InFlight
from trading.orders.journal import Journal, Submitting
from trading.orders.live import has_live_orders
from trading.orders.shortage import ShortageInquiry
from trading.orders.steps import Step
from trading.orders.watching import Following
from trading.venues.port import Submission, VenueAdapter

_log = logging.getLogger(__name__)

_STORE_PAUSES_SECONDS = (0.5, 1.0, 2.0)
"""Between tries to write an answer down; each try is bounded by the store itself."""

Spawn = Callable[[Coroutine[Any, Any, None]], object]


class Sender:
    """The only caller of `submit`.

    An order reaches it once: only the compare-and-set from planned to submitting, committed
    before, gives it anything to send.
    """

    def __init__(
        self,
        *,
        venues: Mapping[VenueName, VenueAdapter],
        journal: Journal,
        in_flight: InFlight,
        permits: Callable[[OrderIntent], Denied | None],
        on_unknown: Callable[[], None],
        shortage: ShortageInquiry,
        clock: Clock,
        timeout_seconds: float,
        wave: int,
    ) -> None:
        """Take the parts; `on_unknown` wakes whoever settles unknown orders."""
        self._venues = venues
        self._journal = journal
        self._in_flight = in_flight
        self._permits = permits
        self._on_unknown = on_unknown
        self._shortage = shortage
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._wave = wave

    async def send(self, following: Following, spawn: Spawn) -> None:
        """Send these; returns when the fate of each send is written down.

        Each send is a task of its own, started by `spawn`: one whose order the stream has told
        of is left to come to its end alone.

        All at once where they pipeline on a stream; else so many at a time that each reaches the
        engine before its deadline.
        """
        waiting = list(following.orders)
        is_first = True
        while waiting:
            size = self._wave if self._is_serial(waiting) else len(waiting)
            wave, waiting = waiting[:size], waiting[size:]
            # Whoever approved the first has just looked what forbids to send it.
            wanted = wave if is_first else await self._still_wanted(wave)
            await self._send_wave(wanted, following, spawn)
            is_first = False

    def _is_serial(self, planned: Sequence[Order]) -> bool:
        venues = {order.intent.venue for order in planned}
        return not all(has_live_orders(self._venues[venue]) for venue in venues)

    async def _send_wave(self, wave: Sequence[Order], following: Following, spawn: Spawn) -> None:
        if not wave:
            return
        now = self._clock.now()
        deadlines = {
            order.client_order_id: now + self._venues[order.intent.venue].traits.order_deadline
            for order in wave
        }
        submitting = await self._journal.submit(wave, deadlines=deadlines)
        answers = Answers(
            sent=[each.order for each in submitting],
            following=following,
            will_be_pushed=self._will_be_pushed,
            clock=self._clock,
        )
        for each in submitting:
            spawn(self._send(each, answers))
        while due := await answers.due():
            recorded = await self._write_down(due)
            if any(order.status is OrderStatus.UNKNOWN for order in recorded):
                self._on_unknown()

    async def _still_wanted(self, planned: Sequence[Order]) -> list[Order]:
        """Cancel those that an earlier one's unknown outcome forbids to send."""
        doubtful = {
            (order.intent.venue, order.intent.symbol)
            for order in await self._journal.working()
            if self._in_flight.leaves_in_doubt(order)
        }
        wanted: list[Order] = []
        for order in planned:
            if (order.intent.venue, order.intent.symbol) in doubtful:
                note = f"not sent: another {order.intent.symbol} order's outcome is not known"
                await self._journal.move(order, _never_sent(note))
            else:
                wanted.append(order)
        return wanted

    async def _send(self, sent: Submitting, answers: Answers) -> None:
        """Send one order and put down what came of it; never raises, but for a cancellation."""
        try:
            # Asked again here, and by the adapter at the last moment: a halt stops whatever has
            # not left yet, behind a call that hangs too.
            permits = partial(self._permits, sent.order.intent)
            denied = permits()
            if denied is not None:
                step = _never_sent(f"not sent: {denied}")
            else:
                step = await self._ask(replace(sent.approved, withdrawn=permits))
        except Exception as error:  # noqa: BLE001 - whatever broke, its batch waits for a word
            _log.exception("send broke off id=%s", sent.order.client_order_id)
            step = _unknown(f"the send broke off: {type(error).__name__}")
        answers.put((sent.order, step))

    def _will_be_pushed(self, order: Order, step: Step) -> bool:
        is_taken = step.status is OrderStatus.OPEN
        return is_taken and has_live_orders(self._venues[order.intent.venue])

    async def _write_down(self, steps: Sequence[Answer]) -> Sequence[Order]:
        """Record answers; a store that fails for a while must not cost other sends theirs.

        What cannot be recorded stays `submitting`: it is taken over like that of a dead process.
        """
        for pause in _STORE_PAUSES_SECONDS:
            try:
                return await self._journal.move_each(steps)
            except StorageUnavailable as error:
                for order, step in steps:
                    _log.critical(
                        "answer not written down id=%s status=%s venue_id=%s error=%s",
                        order.client_order_id,
                        step.status,
                        step.venue_order_id,
                        error,
                    )
                await self._clock.sleep(pause)
        return [order for order, _ in steps]

    async def _ask(self, order: ApprovedOrder) -> Step:
        """Say what the venue answers; the only await on `submit` there is."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                submission = await self._venues[order.intent.venue].submit(order)
        except InsufficientFunds as error:
            return _rejected(error, incident=await self._shortage.look(order, error))
        except OrderWithdrawn as error:
            return _never_sent(f"not sent: {error}")
        except VenueError as error:
            return _after(error)
        except TimeoutError:
            return _unknown(f"no answer within {self._timeout_seconds:g} s")
        return _taken(submission)


def _after(error: VenueError) -> Step:
    match error:
        case VenueRejected() | VenueFatal() | NonceRefused():
            return _rejected(error, incident=None)
        case VenueUnavailable():
            return _never_sent(f"could not be sent: {error}")
        case OutcomeUnknown():
            return _unknown(str(error))
        case _:
            return _unknown(f"the answer was not understood: {error}")


def _taken(submission: Submission) -> Step:
    return Step(
        status=OrderStatus.OPEN,
        detail="taken by the venue",
        venue_order_id=submission.venue_order_id,
    )


def _rejected(error: VenueError, *, incident: Mapping[str, str] | None) -> Step:
    words = error.code if isinstance(error, VenueRejected) else str(error)
    return Step(
        status=OrderStatus.REJECTED, detail="refused by the venue", note=words, incident=incident
    )


def _never_sent(note: str) -> Step:
    return Step(status=OrderStatus.CANCELLED, detail="nothing was placed", note=note)


def _unknown(note: str) -> Step:
    return Step(status=OrderStatus.UNKNOWN, detail="the outcome is not known", note=note)
