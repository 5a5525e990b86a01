"""/breaker, /resetbreaker: the circuit breakers of the venues."""

from __future__ import annotations

from handlers.authorisation import OWNERS
from handlers.rendering import breakers as rendering
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
    venue = _venue(context)
    views = await context.services.breakers.show(venue)
    streams = await context.services.breakers.streams(venue)
    keyboard = context.refresh()
    if context.role in OWNERS and any(view.state != "closed" for view in views):
        keyboard += view_button("Reset and ask for fresh balances", "resetbreaker")
    return Answer(
        text=rendering.breakers(views, streams, context.clock.now(), context.zone),
        keyboard=keyboard,
    )


async def resetbreaker(context: Context) -> Answer:
    """Close the breakers, then force fresh balances and say how it went."""
    await context.reply.progress("Breakers are being reset; asking for fresh balances…")
    outcome = await context.services.breakers.reset_whole(_venue(context), context.by)
    return Answer(
        text=rendering.reset(outcome, now_of(context)),
        keyboard=view_button("⚡ Breakers", "breaker"),
    )


COMMANDS = (
    Command(
        name="breaker",
        summary="Circuit breakers and why they opened",
        group=Group.SAFETY,
        usage="[VENUE]",
        run=breaker,
        details=(
            "For each venue and kind of call: whether it is asked, since when, the last failures, "
            "and when the next probe is made; beside them the venue's streams."
        ),
    ),
    Command(
        name="resetbreaker",
        summary="Close breakers, force fresh balances",
        group=Group.SAFETY,
        usage="[VENUE]",
        run=resetbreaker,
        details=(
            "What was closed, and whether each venue answers now, in how many tries and how long. "
            "With a venue that is down it says so."
        ),
        roles=OWNERS,
    ),
)
