"""/status, /health, /config, /logs: the bot about itself."""

from __future__ import annotations

from handlers.authorisation import OWNERS
from handlers.parsing import parse_count
from handlers.rendering import machine
from handlers.rendering.text import escape
from handlers.telegram.answers import Answer
from handlers.telegram.commands.command import Command, Context, Group

_LINES = 20
_MOST_LINES = 200


async def status(context: Context) -> Answer:
    """How things stand, in one look."""
    now = context.clock.now()
    state = machine.trading_state(context.services.halt.state(), now)
    parts = machine.components(await context.services.machine.status(), now)
    return Answer(text=f"{escape(state)}\n{parts}", keyboard=context.refresh())


async def health(context: Context) -> Answer:
    """Is everything well, and what is not."""
    views = await context.services.machine.health()
    return Answer(text=machine.health(views, context.clock.now()), keyboard=context.refresh())


async def config(context: Context) -> Answer:
    """The configuration in force, without its secrets."""
    return Answer(text=machine.settings(context.services.machine.configuration()))


async def logs(context: Context) -> Answer:
    """The last lines of the log."""
    wanted = context.argument(0)
    lines = _LINES if wanted is None else parse_count(wanted, largest=_MOST_LINES)
    return Answer(
        text=machine.log(context.services.machine.logs(lines)), keyboard=context.refresh()
    )


COMMANDS = (
    Command(name="status", summary="How things stand", group=Group.MONEY, run=status),
    Command(name="health", summary="What works and what does not", group=Group.SAFETY, run=health),
    Command(
        name="config",
        summary="The configuration in force",
        group=Group.MACHINE,
        run=config,
        roles=OWNERS,
    ),
    Command(
        name="logs",
        summary="The last lines of the log",
        group=Group.MACHINE,
        usage="[LINES]",
        run=logs,
        roles=OWNERS,
    ),
)
