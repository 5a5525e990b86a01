"""Sends what the outbox holds: in order, until accepted, saying when it may be a repeat."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time, timedelta, tzinfo
from typing import Any

from handlers.rendering.kinds import is_loud
from handlers.rendering.notices import render_notice
from handlers.rendering.text import bold
from handlers.telegram.answers import Answer, Keyboard, Place, view_button
from handlers.telegram.delivery import DeliveryFailed, Failure
from handlers.telegram.ports import OutboxEntry, OutboxStore
from handlers.telegram.sender import Sender
from trading.clock import Clock
from trading.errors import StorageError

_log = logging.getLogger(__name__)
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 60.0
_BLOCKED_WAIT = 600.0
_LOOK_SECONDS = 0.5
_REPEATED = bold("(You may have had this message before: its first sending got no answer.)")


def _never(_: time) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where notices without a chat of their own go, and how they are wanted there."""

    chat_id: int
    thread_id: int | None = None
    is_quiet: Callable[[time], bool] = _never
    """Whether messages make no sound at this local time."""
    muted: frozenset[str] = frozenset()
    """Kinds of notice that the owner does not want."""


class OutboxSender:
    """The one sender: one message at a time, the oldest first."""

    def __init__(
        self,
        *,
        outbox: OutboxStore,
        sender: Sender,
        destination: Destination,
        clock: Clock,
        zone: tzinfo,
    ) -> None:
        """Take the store and the way out."""
        self._outbox = outbox
        self._sender = sender
        self._destination = destination
        self._clock = clock
        self._zone = zone

    def replace_destination(self, destination: Destination) -> None:
        """Send notices without a chat of their own there from now on."""
        self._destination = destination

    async def run(self) -> None:
        """Send for ever; trouble with the database or with Telegram only delays."""
        while True:
            try:
                was_sent = await self.send_next()
            except StorageError as error:
                _log.warning("outbox not read or written why=%s", error)
                was_sent = False
                await self._clock.sleep(_FIRST_WAIT)
            if not was_sent:
                await self._clock.sleep(_LOOK_SECONDS)

    async def send_next(self) -> bool:
        """Try the oldest unsent message if its time has come; True when one left.

        Cut off in the middle, the row stays "sending": the next attempt says it may be a repeat.
        """
        due = await self._outbox.next_due(self._clock.now())
        if due is None:
            return False
        if due.chat_id is None and self._is_unwanted(due):
            await self._outbox.mark_sent(due.sequence, None, self._clock.now())
            return True
        entry = await self._outbox.mark_sending(due.sequence, self._clock.now())
        place, answer = self._message(entry)
        try:
            message_id = await self._sender.send(place, answer, silent=self._is_silent(entry))
        except DeliveryFailed as failed:
            await self._failed(entry, failed)
            return False
        await self._outbox.mark_sent(entry.sequence, message_id, self._clock.now())
        return True

    def _is_unwanted(self, entry: OutboxEntry) -> bool:
        """Muted, or what this very chat has just done and been answered for."""
        if entry.kind == "trading_state":
            return str(_payload(entry).get("by")) == str(self._destination.chat_id)
        return entry.kind in self._destination.muted

    def _is_silent(self, entry: OutboxEntry) -> bool:
        if is_loud(entry.kind):
            return False
        return self._destination.is_quiet(self._clock.now().astimezone(self._zone).time())

    def _message(self, entry: OutboxEntry) -> tuple[Place, Answer]:
        payload = _payload(entry)
        text = render_notice(entry.kind, payload, zone=self._zone)
        if entry.maybe_delivered or payload.get("maybe_repeated"):
            text = f"{_REPEATED}\n{text}"
        if entry.chat_id is None:
            place = Place(chat_id=self._destination.chat_id, thread_id=self._destination.thread_id)
        else:
            thread_id = payload.get("thread_id")
            place = Place(
                chat_id=entry.chat_id, thread_id=thread_id if isinstance(thread_id, int) else None
            )
        return place, Answer(text=text, keyboard=_keyboard(entry.kind, payload))

    async def _failed(self, entry: OutboxEntry, failed: DeliveryFailed) -> None:
        _log.warning(
            "notice not accepted sequence=%d kind=%s attempts=%d why=%s",
            entry.sequence,
            entry.kind,
            entry.attempts,
            failed,
        )
        match failed.failure:
            case Failure.REFUSED:
                await self._outbox.mark_failed(entry.sequence, self._clock.now())
            case Failure.UNREACHABLE:
                await self._unreachable(entry)
            case Failure.NOT_SENT | Failure.MAYBE_SENT:
                wait = min(_FIRST_WAIT * 2 ** min(entry.attempts, 10), _LONGEST_WAIT)
                await self._again(
                    entry, wait, maybe_delivered=failed.failure is Failure.MAYBE_SENT
                )

    async def _unreachable(self, entry: OutboxEntry) -> None:
        """An answer to a chat that is gone is given up; a notice waits for the owner to return."""
        if entry.chat_id is not None and entry.chat_id != self._destination.chat_id:
            await self._outbox.mark_failed(entry.sequence, self._clock.now())
        else:
            await self._again(entry, _BLOCKED_WAIT, maybe_delivered=False)

    async def _again(self, entry: OutboxEntry, wait: float, *, maybe_delivered: bool) -> None:
        await self._outbox.mark_retry(
            entry.sequence,
            self._clock.now() + timedelta(seconds=wait),
            maybe_delivered=maybe_delivered,
        )


def _keyboard(kind: str, payload: Mapping[str, Any]) -> Keyboard:
    """A way on from a notice; a button here only asks, it never acts by itself."""
    if kind == "breaker":
        return view_button("⚡ Breakers", "breaker")
    order = payload.get("client_order_id")
    if kind in ("order_incident", "order_unknown") and isinstance(order, str):
        return view_button("🔎 The order", "orders", (order,))
    venue = payload.get("venue")
    if kind == "run_interrupted" and str(payload.get("trigger")).startswith("close all"):
        return view_button("▶ Sell what is left…", "closeall", (str(venue),))
    if kind == "run_interrupted" and isinstance(venue, str):
        return view_button("▶ Continue with a fresh plan", "rebalance", (venue,))
    return ()


def _payload(entry: OutboxEntry) -> Mapping[str, Any]:
    try:
        payload = json.loads(entry.payload)
    except ValueError:
        return {"text": entry.payload}
    return payload if isinstance(payload, dict) else {"text": entry.payload}
