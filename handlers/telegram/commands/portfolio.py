"""/portfolio, /positions, /allocation: what is held and what it is worth."""

from __future__ import annotations

from handlers.rendering import portfolio as rendering
from handlers.rendering.whole import whole
from handlers.telegram.answers import Answer
from handlers.telegram.commands.arguments import require_venue
from handlers.telegram.commands.command import Command, Context, Group
from handlers.telegram.commands.risk import performance_of


async def portfolio(context: Context) -> Answer:
    """Value, weights and drift of each venue, and all of them added up."""
    name = context.argument(0)
    if name is not None:
        venue = require_venue(name, context.services.venues)
        views = await context.services.portfolio.show(venue)
        text = rendering.portfolio(views, context.clock.now())
        return Answer(text=text, keyboard=context.refresh())
    seen = await context.services.portfolio.whole()
    parts = [rendering.portfolio(seen.views, context.clock.now()), await performance_of(context)]
    if len(seen.views) > 1:
        parts.insert(0, whole(seen.total))
    return Answer(text="\n\n".join(filter(None, parts)), keyboard=context.refresh())


async def positions(context: Context) -> Answer:
    """Amounts and prices of what is held."""
    views = (await context.services.portfolio.whole()).views
    return Answer(text=rendering.positions(views, context.clock.now()), keyboard=context.refresh())


async def allocation(context: Context) -> Answer:
    """Targets against what is."""
    views = (await context.services.portfolio.whole()).views
    return Answer(
        text=rendering.allocation(views, context.clock.now()), keyboard=context.refresh()
    )


COMMANDS = (
    Command(
        name="portfolio",
        summary="Value, weights and drift",
        group=Group.MONEY,
        usage="[VENUE]",
        run=portfolio,
        details=(
            "With several venues their sum comes first, in the bot's base currency. What cannot "
            "be valued is named, and the sum said to be incomplete."
        ),
    ),
    Command(
        name="positions", summary="What is held, at what price", group=Group.MONEY, run=positions
    ),
    Command(
        name="allocation", summary="Targets against what is", group=Group.MONEY, run=allocation
    ),
)
