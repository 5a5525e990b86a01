"""/breaker, /resetbreaker: the circuit breakers of the venues."""

from __future__ import annotations

from handlers.authorisation import OWNERS
from handlers.rendering import balances, machine
from handlers.telegram.answers import Answer, view_button
from handlers.telegram.commands.arguments import require_venue
from handlers.telegram.commands.balances import now_of
from handlers.telegram.commands.command import Command, Context, Group
from trading.model.identifiers import VenueName


def _venue(context: Context) -> VenueName | None:
    name = context.argument(0)
    return None if name is None else require_venue(name, context.services.venues)


async def breaker(context: Context) -> Answer:
    """Which breakers are open, until when, and why."""
    views = await context.services.breakers.show(_venue(context))
    keyboard = context.refresh()
    if context.role in OWNERS and any(view.state != "closed" for view in views):
        keyboard += view_button("Reset and ask for fresh balances", "resetbreaker")
    return Answer(text=machine.breakers(views, context.clock.now()), keyboard=keyboard)


async def resetbreaker(context: Context) -> Answer:
    """Close the breakers, then force fresh balances and say how it went."""
    await context.reply.progress("Breakers are being reset; asking for fresh balances…")
    results = await context.services.breakers.reset(_venue(context), context.by)
    return Answer(text=f"Breakers are reset.\n\n{balances.refreshed(results, now_of(context))}")


COMMANDS = (
    Command(
        name="breaker",
        summary="Circuit breakers and why they opened",
        group=Group.SAFETY,
        usage="[VENUE]",
        run=breaker,
    ),
    Command(
        name="resetbreaker",
        summary="Close breakers, force fresh balances",
        group=Group.SAFETY,
        usage="[VENUE]",
        run=resetbreaker,
        roles=OWNERS,
    ),
)
