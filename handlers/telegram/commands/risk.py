"""/risk: the limits, how much of each is used, and what happens at it."""

from __future__ import annotations

from handlers.rendering import risk as rendering
from handlers.telegram.answers import Answer
from handlers.telegram.commands.command import Command, Context, Group


async def risk(context: Context) -> Answer:
    """Look at every venue, and show its figures against the limits."""
    views = await context.services.risk.show()
    text = rendering.risk(views, context.services.risk.state(), context.clock.now(), context.zone)
    return Answer(text=text, keyboard=context.refresh())


async def performance_of(context: Context) -> str:
    """Return what stands under figures that show change; empty before anything was judged."""
    views = await context.services.risk.performance()
    return rendering.performance(views, context.clock.now(), context.zone)


COMMANDS = (
    Command(
        name="risk",
        summary="Limits, and how much of each is used",
        group=Group.SAFETY,
        run=risk,
        details=(
            "Values every venue now. Deposits and withdrawals are read from the venue's ledger "
            "and are neither gain nor loss; returns are time-weighted. What cannot be read is "
            "not judged, and said."
        ),
    ),
)
