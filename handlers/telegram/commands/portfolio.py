"""/portfolio, /positions, /allocation, /price: what is held and what it is worth."""

from __future__ import annotations

from handlers.rendering import portfolio as rendering
from handlers.telegram.answers import Answer
from handlers.telegram.commands.arguments import require_venue
from handlers.telegram.commands.command import Command, Context, Group
from handlers.telegram.commands.risk import performance_of
from trading.errors import NotUnderstood


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


async def price(context: Context) -> Answer:
    """The price of an asset or a symbol, with spread and age."""
    wanted = context.argument(0)
    if wanted is None:
        raise NotUnderstood("An asset or a symbol is needed, such as BTC or ETH/BTC.")
    named = context.argument(1)
    venue = None if named is None else require_venue(named, context.services.venues)
    views = await context.services.prices.price(wanted, venue)
    return Answer(text=rendering.prices(views), keyboard=context.refresh())


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
    Command(
        name="price",
        summary="A price with spread and age",
        group=Group.MONEY,
        usage="ASSET|SYMBOL [VENUE]",
        run=price,
    ),
)
