"""Sends, edits and acknowledges; every failure comes out as DeliveryFailed with its meaning."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    Message,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, TelegramError

from handlers.rendering.text import CAPTION_LIMIT, length, plain, split_html
from handlers.telegram.answers import Answer, Document, Keyboard, Place
from handlers.telegram.connection import Bot
from handlers.telegram.delivery import DeliveryFailed, Failure, classify, says

_log = logging.getLogger(__name__)
T = TypeVar("T")
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_TOAST_LIMIT = 200


class Sender:
    """Thin over the library's bot, which limits the rate; knows nothing of commands."""

    def __init__(self, *, bot: Bot, deadline_seconds: float = 60.0, mark: str = "") -> None:
        """Give each call to Telegram at most `deadline_seconds`, waiting for the limiter too.

        `mark` is the first line of every message: what must not be overlooked, such as PAPER.
        """
        self._bot = bot
        self._mark = f"{mark}\n" if mark else ""
        self._deadline = deadline_seconds

    async def send(self, place: Place, answer: Answer, *, silent: bool = False) -> int:
        """Send, in parts when long (buttons under the last); returns the last message's id."""
        return await self._send(place, self._marked(answer), silent=silent)

    async def _send(self, place: Place, answer: Answer, *, silent: bool = False) -> int:
        if answer.picture is not None:
            return await self._send_picture(place, answer, answer.picture)
        if answer.document is not None:
            return await self._send_document(place, answer, answer.document)
        message_id = 0
        parts = split_html(answer.text)
        for number, part in enumerate(parts, start=1):
            keyboard = answer.keyboard if number == len(parts) else ()
            message_id = await self._send_part(place, part, keyboard, silent=silent)
        return message_id

    async def edit(self, place: Place, message_id: int, answer: Answer) -> int:
        """Show the answer in an existing message; what does not fit follows in new ones.

        Returns the id of the message that now carries the buttons.
        """
        shown = self._marked(answer)
        if shown.picture is not None:
            return await self._edit_picture(place, message_id, shown, shown.picture)
        parts = split_html(shown.text)
        is_whole = len(parts) == 1
        try:
            await self._edit_text(place, message_id, parts[0], answer.keyboard if is_whole else ())
        except DeliveryFailed as failed:
            if failed.failure is not Failure.REFUSED:
                raise
            _log.info("edit refused, sending anew why=%s", failed)
            return await self.send(place, answer)
        if is_whole:
            return message_id
        rest = Answer(text="\n".join(parts[1:]), keyboard=answer.keyboard)
        return await self._send(place, rest)

    async def clear_buttons(self, place: Place, message_id: int) -> None:
        """Take the buttons away; a message that is gone has none."""
        try:
            await self._call(
                lambda: self._bot.edit_message_reply_markup(
                    chat_id=place.chat_id, message_id=message_id, reply_markup=None
                )
            )
        except DeliveryFailed as failed:
            _log.info("buttons not removed why=%s", failed)

    async def acknowledge(self, query_id: str, text: str = "", *, alert: bool = False) -> None:
        """Stop the button's spinner; a press that Telegram has forgotten needs no answer."""
        try:
            await self._call(
                lambda: self._bot.answer_callback_query(
                    query_id, text=text[:_TOAST_LIMIT] or None, show_alert=alert
                )
            )
        except DeliveryFailed as failed:
            _log.info("press not acknowledged why=%s", failed)

    async def typing(self, place: Place) -> None:
        """Show that something is being done; decoration only."""
        try:
            await self._call(
                lambda: self._bot.send_chat_action(
                    place.chat_id, ChatAction.TYPING, message_thread_id=place.thread_id
                )
            )
        except DeliveryFailed as failed:
            _log.debug("typing not shown why=%s", failed)

    async def _send_picture(self, place: Place, answer: Answer, picture: bytes) -> int:
        fits = length(answer.text) <= CAPTION_LIMIT
        message = await self._call(
            lambda: self._bot.send_photo(
                place.chat_id,
                picture,
                caption=answer.text if fits else None,
                parse_mode=ParseMode.HTML,
                reply_markup=_markup(answer.keyboard) if fits else None,
                message_thread_id=place.thread_id,
            )
        )
        if fits:
            return message.message_id
        return await self._send(place, Answer(text=answer.text, keyboard=answer.keyboard))

    def _marked(self, answer: Answer) -> Answer:
        return replace(answer, text=self._mark + answer.text) if self._mark else answer

    async def _edit_picture(
        self, place: Place, message_id: int, answer: Answer, picture: bytes
    ) -> int:
        """Put a new picture in the place of an old one; where that is refused, send it anew."""
        if length(answer.text) > CAPTION_LIMIT:
            return await self._send_picture(place, answer, picture)
        media = InputMediaPhoto(picture, caption=answer.text, parse_mode=ParseMode.HTML)

        async def attempt() -> None:
            try:
                await self._bot.edit_message_media(
                    media,
                    chat_id=place.chat_id,
                    message_id=message_id,
                    reply_markup=_markup(answer.keyboard),
                )
            except BadRequest as error:
                if not says(error, "message is not modified"):
                    raise

        try:
            await self._call(attempt)
        except DeliveryFailed as failed:
            if failed.failure is not Failure.REFUSED:
                raise
            _log.info("edit refused, sending the picture anew why=%s", failed)
            return await self._send_picture(place, answer, picture)
        return message_id

    async def _send_document(self, place: Place, answer: Answer, document: Document) -> int:
        """Send a file with the answer under it; what is too long for that follows."""
        fits = length(answer.text) <= CAPTION_LIMIT
        message = await self._call(
            lambda: self._bot.send_document(
                place.chat_id,
                document.content,
                filename=document.name,
                caption=answer.text if fits else None,
                parse_mode=ParseMode.HTML,
                reply_markup=_markup(answer.keyboard) if fits else None,
                message_thread_id=place.thread_id,
            )
        )
        if fits:
            return message.message_id
        return await self._send(place, Answer(text=answer.text, keyboard=answer.keyboard))

    async def _send_part(
        self, place: Place, text: str, keyboard: Keyboard, *, silent: bool
    ) -> int:
        def attempt(body: str, mode: ParseMode | None) -> Awaitable[Message]:
            return self._bot.send_message(
                place.chat_id,
                body,
                parse_mode=mode,
                reply_markup=_markup(keyboard),
                message_thread_id=place.thread_id,
                disable_notification=silent,
                link_preview_options=_NO_PREVIEW,
            )

        message = await self._call(
            lambda: attempt(text, ParseMode.HTML), otherwise=lambda: attempt(plain(text), None)
        )
        return message.message_id

    async def _edit_text(
        self, place: Place, message_id: int, text: str, keyboard: Keyboard
    ) -> None:
        async def attempt(body: str, mode: ParseMode | None) -> None:
            try:
                await self._bot.edit_message_text(
                    body,
                    chat_id=place.chat_id,
                    message_id=message_id,
                    parse_mode=mode,
                    reply_markup=_markup(keyboard),
                    link_preview_options=_NO_PREVIEW,
                )
            except BadRequest as error:
                if not says(error, "message is not modified"):
                    raise

        await self._call(
            lambda: attempt(text, ParseMode.HTML),
            otherwise=lambda: attempt(plain(text), None),
        )

    async def _call(
        self,
        attempt: Callable[[], Awaitable[T]],
        *,
        otherwise: Callable[[], Awaitable[T]] | None = None,
    ) -> T:
        """Call Telegram under the deadline; `otherwise` is tried when the markup is refused."""
        try:
            async with asyncio.timeout(self._deadline):
                return await attempt()
        except BadRequest as error:
            if otherwise is not None and says(error, "can't parse entities"):
                _log.exception("markup refused by Telegram, sent as plain text")
                return await self._call(otherwise)
            raise classify(error) from error
        except TelegramError as error:
            raise classify(error) from error
        except TimeoutError as error:
            raise DeliveryFailed(Failure.MAYBE_SENT, "no answer in time") from error


def _markup(keyboard: Keyboard) -> InlineKeyboardMarkup | None:
    if not keyboard:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(button.label, callback_data=button.data) for button in row]
            for row in keyboard
        ]
    )
