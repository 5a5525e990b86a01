"""Trying Telegram before the bot depends on it: the token, and whether its people hear it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from telegram import Bot
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from trading.intents.checks import Check, Finding, Verdict

_TIMEOUT_SECONDS = 10.0


def telegram_checks(*, token: str, api_url: str, chats: Collection[int]) -> tuple[Check, ...]:
    """Return the checks of the bot and of each chat that it will write to."""

    async def identity() -> Finding:
        async with _bot(token, api_url) as bot:
            webhook = await bot.get_webhook_info()
            if webhook.url:
                text = f"@{bot.username} has a webhook, which the bot removes when it starts"
                return Finding(verdict=Verdict.WARNING, text=text)
            return Finding(verdict=Verdict.OK, text=f"@{bot.username}")

    def reach(chat_id: int) -> Check:
        async def probe() -> Finding:
            async with _bot(token, api_url) as bot:
                return await _reach(bot, chat_id)

        return Check(name=f"telegram chat {chat_id}", probe=_told(probe))

    return (Check(name="telegram bot", probe=_told(identity)), *map(reach, chats))


def _bot(token: str, api_url: str) -> Bot:
    request = HTTPXRequest(read_timeout=_TIMEOUT_SECONDS, connect_timeout=_TIMEOUT_SECONDS)
    return Bot(
        token,
        base_url=f"{api_url}/bot",
        base_file_url=f"{api_url}/file/bot",
        request=request,
        get_updates_request=HTTPXRequest(),
    )


def _told(probe: Callable[[], Awaitable[Finding]]) -> Callable[[], Awaitable[Finding]]:
    """Turn what the library raises into a finding with what to do about it."""

    async def told() -> Finding:
        try:
            return await probe()
        except InvalidToken:
            text = "Telegram does not know this token; ask @BotFather for the right one"
        except TelegramError as error:
            text = f"Telegram cannot be reached: {error.message}"
        return Finding(verdict=Verdict.PROBLEM, text=text)

    return told


async def _reach(bot: Bot, chat_id: int) -> Finding:
    try:
        chat = await bot.get_chat(chat_id)
    except (BadRequest, Forbidden) as error:
        text = f"cannot be written to ({error.message}); open the bot in Telegram and press Start"
        return Finding(verdict=Verdict.WARNING, text=text)
    return Finding(verdict=Verdict.OK, text=chat.effective_name or "reachable")
