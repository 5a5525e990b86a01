"""/buy, /sell: what it would do first, then a button bound to exactly that."""

from __future__ import annotations

from collections.abc import Awaitable

from handlers.authorisation import OWNERS
from handlers.order_grammar import parse_order
from handlers.rendering import trade as rendering
from handlers.rendering.text import bold, escape
from handlers.telegram.answers import Answer
from handlers.telegram.commands.command import Action, Command, Context, Group
from handlers.telegram.confirmations import Question
from handlers.telegram.following import followed
from handlers.telegram.lanes import Lane
from trading.intents.manual_model import ManualPreview, ManualRequest, ManualResult
from trading.intents.rebalance_model import OnProgress
from trading.model.denial import Denied
from trading.model.instrument import Side

EXECUTE = "trade"

_USAGE = "ASSET|SYMBOL AMOUNT [CURRENCY]|all|N% [limit PRICE [gtc|ioc]] [VENUE]"
_DETAILS = (
    "`{verb} BTC 0.01` counts in the asset, `{verb} BTC 100 USD` in the currency{most}, "
    "`{verb} BTC 50%` and `{verb} BTC all` in what is free of {spent}. Without a price it takes "
    "what the market has, at most `max_slippage` from its middle, and what does not fill at once "
    "is not left behind. `limit 60000` waits at that price until it fills or is cancelled (`gtc`, "
    "the default then), `ioc` does not wait. It shows what it would do, and trades after the "
    "button under it."
)


async def buy(context: Context) -> Answer:
    """Show what buying would do."""
    return await _asked(context, Side.BUY)


async def sell(context: Context) -> Answer:
    """Show what selling would do."""
    return await _asked(context, Side.SELL)


async def _asked(context: Context, side: Side) -> Answer:
    request = parse_order(side, context.line.arguments, context.services.venues)
    await context.reply.typing()
    made = await context.services.trade.preview(request, context.by, context.correlation_id)
    if isinstance(made, Denied):
        return Answer(text=f"❌ {escape(made)}\nNothing was done.")
    return await _question(context, made)


async def _question(context: Context, preview: ManualPreview) -> Answer:
    """Show it with its button; what would be denied has none."""
    now = context.clock.now()
    text = rendering.preview(preview, now)
    if preview.denied is not None:
        return Answer(text=text)
    remaining = (preview.expires_at - now).total_seconds()
    keyboard, tokens = await context.ask(
        Question(
            action=EXECUTE,
            payload=preview.request.as_payload(),
            payload_hash=preview.hash,
            confirm=f"✅ {rendering.verb(preview.intent)}",
            life_seconds=max(1.0, remaining),
        )
    )
    return Answer(text=text, keyboard=keyboard, tokens=tokens)


async def execute(context: Context) -> Answer | None:
    """Send what was shown, if it still holds; else show it anew."""
    await context.reply.progress("Confirmed. Checking that it still holds…")

    def run(on_progress: OnProgress) -> Awaitable[ManualResult | Denied | ManualPreview]:
        return context.services.trade.execute(
            ManualRequest.of_payload(context.payload),
            str(context.payload["payload_hash"]),
            context.correlation_id,
            on_progress,
        )

    outcome = await followed(context.reply, run)
    if isinstance(outcome, Denied):
        return Answer(text=f"❌ Not executed: {escape(outcome)}\nNo order was placed.")
    if isinstance(outcome, ManualPreview):
        head = bold("Things have changed since, so nothing was traded.")
        await context.reply.show(Answer(text=head))
        await context.reply.add(await _question(context, outcome))
        return None
    return Answer(text=rendering.result(outcome))


COMMANDS = (
    Command(
        name="buy",
        summary="Buy by hand, after your button",
        group=Group.TRADING,
        usage=_USAGE,
        run=buy,
        lane=Lane.TRADE,
        roles=OWNERS,
        details=_DETAILS.format(
            verb="/buy",
            most=" (the most that is spent, fee included)",
            spent="the currency",
        ),
    ),
    Command(
        name="sell",
        summary="Sell by hand, after your button",
        group=Group.TRADING,
        usage=_USAGE,
        run=sell,
        lane=Lane.TRADE,
        roles=OWNERS,
        details=_DETAILS.format(verb="/sell", most="", spent="the asset"),
    ),
)

ACTIONS = (Action(name=EXECUTE, label="Trade by hand", run=execute, roles=OWNERS),)
