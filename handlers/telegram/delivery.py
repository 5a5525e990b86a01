"""What a failed send means, and whether the same may be sent again."""

from __future__ import annotations

from enum import StrEnum

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Failure(StrEnum):
    """Why a message was not accepted."""

    NOT_SENT = "not_sent"
    """Certainly not delivered; the same may be sent again."""
    MAYBE_SENT = "maybe_sent"
    """The answer was lost; sending again may repeat the message, and must say so."""
    REFUSED = "refused"
    """Telegram will never take this text."""
    UNREACHABLE = "unreachable"
    """The chat does not exist or its owner blocked the bot."""


class DeliveryFailed(Exception):
    """A message was not accepted; `failure` says what that means."""

    def __init__(self, failure: Failure, reason: str) -> None:
        """Keep what it means beside Telegram's words."""
        super().__init__(reason)
        self.failure = failure


def classify(error: TelegramError) -> DeliveryFailed:
    """Say what an error of python-telegram-bot means for the message."""
    return DeliveryFailed(_failure(error), describe(error))


def _failure(error: TelegramError) -> Failure:
    if isinstance(error, RetryAfter | InvalidToken):
        return Failure.NOT_SENT
    if isinstance(error, Forbidden | ChatMigrated):
        return Failure.UNREACHABLE
    if isinstance(error, BadRequest):
        return Failure.UNREACHABLE if _is_missing_chat(error) else Failure.REFUSED
    if isinstance(error.__cause__, _NEVER_LEFT):
        return Failure.NOT_SENT
    return Failure.MAYBE_SENT


def _is_missing_chat(error: BadRequest) -> bool:
    return "chat not found" in error.message.lower()


def describe(error: TelegramError) -> str:
    """Return the error in words without the token, which some of its texts contain."""
    if isinstance(error, InvalidToken):
        return "Telegram refuses the token (revoked or mistyped)"
    return f"{type(error).__name__}: {error.message}"


def says(error: TelegramError, words: str) -> bool:
    """True when Telegram's text has these words, however the library spelled them."""
    return words in error.message.lower()
