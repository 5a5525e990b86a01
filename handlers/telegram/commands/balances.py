"""/balance, /refresh, /verify: balances that can be proved."""

from __future__ import annotations

from handlers.authorisation import OWNERS
from handlers.parsing import parse_amount, parse_asset
from handlers.rendering import balances as rendering
from handlers.rendering.balances import Now
from handlers.rendering.whole import brief
from handlers.telegram.answers import Answer, view_button
from handlers.telegram.commands.arguments import require_venue, the_venue, venue_or_asset
from handlers.telegram.commands.command import Command, Context, Group
from trading.errors import NotUnderstood

_ACCESSES = 20


def now_of(context: Context) -> Now:
    """Return the moment that ages are counted from."""
    return Now(wall=context.clock.now(), monotonic=context.clock.monotonic())


async def balance(context: Context) -> Answer:
    """Show balances from memory, with what they rest on."""
    if context.argument(0) == "log":
        return _accesses(context)
    venue, asset = venue_or_asset(context.argument(0), context.services.venues)
    behind = context.argument(1)
    if behind is not None:
        if venue is None:
            raise NotUnderstood(f"I do not understand {behind!r} here. Nothing was done.")
        asset = parse_asset(behind)
    venues = await context.services.balances.show(venue)
    text, pages = rendering.balances(venues, now_of(context), only=asset, page=context.page)
    if len(venues) > 1 and asset is None and context.page == 0:
        text = f"{brief(await context.services.portfolio.total())}\n\n{text}"
    return Answer(
        text=text or "No venue is configured.",
        keyboard=context.refresh(pages=pages) + view_button("⇣ Ask the venue now", "refresh"),
    )


def _accesses(context: Context) -> Answer:
    latest = context.services.balances.accesses(_ACCESSES)
    return Answer(text=rendering.accesses(latest, context.clock.now()), keyboard=context.refresh())


async def refresh(context: Context) -> Answer:
    """Ask the venues now; or accept what a venue says, where that is in question."""
    if context.argument(0) == "accept":
        return await _accept(context)
    name = context.argument(0)
    venue = None if name is None else require_venue(name, context.services.venues)
    await context.reply.typing()
    results = await context.services.balances.refresh(venue)
    return Answer(text=rendering.refreshed(results, now_of(context)), keyboard=context.refresh())


async def _accept(context: Context) -> Answer:
    if context.role not in OWNERS:
        raise NotUnderstood("Only an owner may accept balances. Nothing was done.")
    venue = the_venue(context.argument(1), context.services.venues)
    await context.services.balances.accept(venue, context.by)
    text, _ = rendering.balances(await context.services.balances.show(venue), now_of(context))
    return Answer(text=f"Accepted: what the venue says now counts.\n{text}")


async def verify(context: Context) -> Answer:
    """Hold an amount against what is verified, free and not reserved."""
    arguments = list(context.line.arguments)
    is_now = bool(arguments) and arguments[-1].lower() == "now"
    arguments = arguments[:-1] if is_now else arguments
    venues = context.services.venues
    venue = the_venue(arguments.pop(0) if len(arguments) == 3 else None, venues)  # noqa: PLR2004 - VENUE ASSET AMOUNT
    if len(arguments) != 2:  # noqa: PLR2004 - ASSET AMOUNT
        raise NotUnderstood("An asset and an amount are needed. Nothing was done.")
    asset, amount = parse_asset(arguments[0]), parse_amount(arguments[1])
    if is_now:
        await context.reply.typing()
    outcome = await context.services.balances.verify(venue, asset, amount, now=is_now)
    again = (venue, asset, arguments[1], "now")
    return Answer(
        text=rendering.verification(outcome, now_of(context)),
        keyboard=view_button("⇣ Ask the venue now", "verify", again),
    )


COMMANDS = (
    Command(
        name="balance",
        summary="Balances with source and age",
        group=Group.MONEY,
        usage="[VENUE] [ASSET] or log",
        run=balance,
        details="Served from verified memory. `log` lists who in the program read which balance.",
    ),
    Command(
        name="refresh",
        summary="Ask the venues for balances now",
        group=Group.SAFETY,
        usage="[VENUE] or accept [VENUE]",
        run=refresh,
        details=(
            "`accept` settles balances that are in question: what the venue says now counts. "
            "Owners only."
        ),
    ),
    Command(
        name="verify",
        summary="Is this amount free to spend?",
        group=Group.SAFETY,
        usage="[VENUE] ASSET AMOUNT [now]",
        run=verify,
        details=(
            "The same sum as before every order: verified and free, less what other orders have "
            "reserved, against the amount with its buffer for fee and slippage. `now` asks the "
            "venue first."
        ),
    ),
)
