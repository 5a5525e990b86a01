"""`bot.py check`: tries everything that the configuration names, without becoming the bot."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TextIO

from composition.adapters import Outside, build_plain
from handlers.process.check_report import run_checks, state_directory_check
from handlers.process.exit_codes import ExitCode
from storage.state_directory import StateDirectory
from trading.clock import Clock
from trading.config.configuration import Configuration
from trading.intents.checks import Check, VenueExpectation, venue_checks


async def check_all(
    configuration: Configuration, *, clock: Clock, out: TextIO, is_json: bool
) -> ExitCode:
    """Try the state directory, each venue and Telegram; a line each."""
    state = StateDirectory(root=configuration.bot.state_dir)
    async with AsyncExitStack() as stack:
        checks: list[Check] = [state_directory_check(configuration.bot.state_dir)]
        outside = Outside(configuration=configuration, clock=clock, nonces=state.nonces)
        for name in configuration.venues:
            adapter = await stack.enter_async_context(build_plain(outside, name))
            checks += venue_checks(adapter, _expected(configuration, name), clock)
        checks += _telegram(configuration)
        return await run_checks(checks, out=out, is_json=is_json)


def _expected(configuration: Configuration, venue: str) -> VenueExpectation:
    allocation = configuration.allocation.get(venue)
    return VenueExpectation(
        base=configuration.base_of(venue),
        targets=() if allocation is None else tuple(allocation.targets),
        is_live=configuration.bot.mode == "live",
        allows_withdrawal=configuration.venues[venue].allow_withdrawal_key,
    )


def _telegram(configuration: Configuration) -> tuple[Check, ...]:
    section = configuration.telegram
    if section is None:
        return ()
    from handlers.telegram.check import telegram_checks

    people = (*section.owners, *section.viewers)
    chats = people if section.chat_id is None else (section.chat_id, *people)
    return telegram_checks(
        token=section.token.reveal(), api_url=section.api_url.rstrip("/"), chats=chats
    )
