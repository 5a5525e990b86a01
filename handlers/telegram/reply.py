"""The way back to whoever asked: straight out, and through the outbox when that fails."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from handlers.rendering.text import split_html
from handlers.telegram.answers import Answer, Place
from handlers.telegram.confirmations import Confirmations
from handlers.telegram.delivery import DeliveryFailed, Failure
from handlers.telegram.ports import OutboxStore
from handlers.telegram.sender import Sender
from trading.clock import Clock
from trading.errors import StorageError

_log = logging.getLogger(__name__)
_WAITS = (0.5, 1.5)
_PROGRESS_SPACING = 1.0
_GROUP_PROGRESS_SPACING = 5.0
"""Telegram lets a bot speak 20 times a minute in a group, edits included."""


class Courier:
    """Shared by all replies: sends, tries again where that is safe, else leaves it to the outbox.

    An answer is never dropped silently: what Telegram cannot take now waits in the outbox.
    """

    def __init__(
        self,
        *,
        sender: Sender,
        outbox: OutboxStore,
        make_notice: Callable[..., Any],
        confirmations: Confirmations,
        clock: Clock,
    ) -> None:
        """Take what a reply needs."""
        self.sender = sender
        self.clock = clock
        self._outbox = outbox
        self._make_notice = make_notice
        self._confirmations = confirmations

    async def deliver(
        self, place: Place, answer: Answer, *, instead_of: int | None = None
    ) -> int | None:
        """Send, or edit message `instead_of`; returns the id, None when left to the outbox."""
        try:
            message_id = await self._attempt(place, answer, instead_of)
        except DeliveryFailed as failed:
            _log.warning("answer not accepted chat=%d why=%s", place.chat_id, failed)
            await self._leave(place, answer, failed.failure)
            return None
        for token_hash in answer.tokens:
            await self._bind(token_hash, message_id)
        return message_id

    async def _attempt(self, place: Place, answer: Answer, instead_of: int | None) -> int:
        for wait in (*_WAITS, None):
            try:
                if instead_of is not None:
                    return await self.sender.edit(place, instead_of, answer)
                return await self.sender.send(place, answer)
            except DeliveryFailed as failed:
                if failed.failure is not Failure.NOT_SENT or wait is None:
                    raise
            await self.clock.sleep(wait)
        raise DeliveryFailed(Failure.NOT_SENT, "not sent")

    async def _leave(self, place: Place, answer: Answer, failure: Failure) -> None:
        """Write the answer down for later; its buttons would be stale by then."""
        notices = [
            self._make_notice(
                kind="answer",
                payload=json.dumps(
                    {
                        "text": part,
                        "thread_id": place.thread_id,
                        "buttons_lost": bool(answer.tokens),
                        "maybe_repeated": failure is Failure.MAYBE_SENT,
                    }
                ),
                chat_id=place.chat_id,
                dedupe_key=None,
            )
            for part in split_html(answer.text)
        ]
        try:
            await self._outbox.add(notices)
        except StorageError:
            _log.exception("answer lost: neither Telegram nor the outbox took it")

    async def _bind(self, token_hash: str, message_id: int) -> None:
        try:
            await self._confirmations.bind(token_hash, message_id)
        except StorageError:
            _log.exception("confirmation not bound to its message; its token alone binds it")


class Reply:
    """The way back from one update; a view that was pressed is answered in its own message."""

    def __init__(self, *, courier: Courier, place: Place, message_id: int | None = None) -> None:
        """Take the message to edit in place; None sends a new one."""
        self._courier = courier
        self._place = place
        self._message_id = message_id
        self._progress_id = message_id
        self._progress_at: float | None = None

    @property
    def is_in_place(self) -> bool:
        """True when a button was pressed whose message is changed, False for what was typed."""
        return self._message_id is not None

    async def show(self, answer: Answer) -> int | None:
        """Give the answer: in place of the progress or the pressed message, else anew."""
        return await self._courier.deliver(self._place, answer, instead_of=self._progress_id)

    async def add(self, answer: Answer) -> int | None:
        """Give one more answer in a message of its own."""
        return await self._courier.deliver(self._place, answer)

    async def progress(self, text: str) -> None:
        """Say how far it is, in one message that is edited; decoration, at most once a second."""
        now = self._courier.clock.monotonic()
        spacing = _PROGRESS_SPACING if self._place.chat_id > 0 else _GROUP_PROGRESS_SPACING
        if self._progress_at is not None and now - self._progress_at < spacing:
            return
        self._progress_at = now
        answer = Answer(text=text)
        try:
            if self._progress_id is None:
                self._progress_id = await self._courier.sender.send(self._place, answer)
            else:
                await self._courier.sender.edit(self._place, self._progress_id, answer)
        except DeliveryFailed as failed:
            _log.info("progress not shown why=%s", failed)

    async def typing(self) -> None:
        """Show that something is being done."""
        await self._courier.sender.typing(self._place)
