"""/portfolio, /positions, /allocation: what is held and what it is worth."""

from __future__ import annotations

from handlers.rendering import portfolio as rendering
from handlers.telegram.answers import Answer
from handlers.telegram.commands.command import Command, Context, Group
from handlers.telegram.commands.risk import performance_of


async def portfolio(context: Context) -> Answer:
    """Value, weights and drift of each venue."""
    views = await context.services.portfolio.show()
    parts = [rendering.portfolio(views, context.clock.now()), await performance_of(context)]
    return Answer(text="\n\n".join(filter(None, parts)), keyboard=context.refresh())


async def positions(context: Context) -> Answer:
    """Amounts and prices of what is held."""
    views = await context.services.portfolio.show()
    return Answer(text=rendering.positions(views, context.clock.now()), keyboard=context.refresh())


async def allocation(context: Context) -> Answer:
    """Targets against what is."""
    views = await context.services.portfolio.show()
    return Answer(
        text=rendering.allocation(views, context.clock.now()), keyboard=context.refresh()
    )


COMMANDS = (
    Command(
        name="portfolio", summary="Value, weights and drift", group=Group.MONEY, run=portfolio
    ),
    Command(
        name="positions", summary="What is held, at what price", group=Group.MONEY, run=positions
    ),
    Command(
        name="allocation", summary="Targets against what is", group=Group.MONEY, run=allocation
    ),
)
