"""/orders, /trades, /cancel, /resolve, /reconcile, /pnl: what was ordered and what came of it."""

from __future__ import annotations

from handlers.authorisation import OWNERS
from handlers.parsing import parse_count
from handlers.rendering import orders as rendering
from handlers.rendering import reconciliation
from handlers.rendering.text import code, escape
from handlers.telegram.answers import Answer
from handlers.telegram.commands.command import Action, Command, Context, Group
from handlers.telegram.confirmations import Question
from handlers.telegram.lanes import Lane
from trading.errors import NotUnderstood
from trading.model.denial import Denied
from trading.model.identifiers import ClientOrderId

CANCEL = "cancel"
RESOLVE = "resolve"
_TRADES = 10
_MOST_TRADES = 50
_PLACED = {"placed": True, "not-placed": False}


async def orders(context: Context) -> Answer:
    """The orders that can still do something."""
    working = await context.services.orders.working()
    return Answer(text=rendering.orders(working, context.clock.now()), keyboard=context.refresh())


async def trades(context: Context) -> Answer:
    """The last fills."""
    wanted = context.argument(0)
    limit = _TRADES if wanted is None else parse_count(wanted, largest=_MOST_TRADES)
    fills = await context.services.orders.trades(limit)
    return Answer(text=rendering.trades(fills, context.clock.now()), keyboard=context.refresh())


async def cancel(context: Context) -> Answer:
    """Ask before cancelling one order."""
    client_order_id = context.argument(0)
    if client_order_id is None:
        raise NotUnderstood("The id of an order is needed; /orders shows them.")
    found = [
        order
        for order in await context.services.orders.working()
        if order.client_order_id == client_order_id
    ]
    if not found:
        raise NotUnderstood(f"No working order has the id {client_order_id}. Nothing was done.")
    keyboard, tokens = await context.ask(
        Question(
            action=CANCEL,
            payload={"id": client_order_id},
            payload_hash=client_order_id,
            confirm="✅ Cancel this order",
            decline="✖ Leave it",
        )
    )
    text = f"Cancel this order?\n\n{rendering.order(found[0], context.clock.now())}"
    return Answer(text=text, keyboard=keyboard, tokens=tokens)


async def cancel_confirmed(context: Context) -> Answer:
    """Cancel what was shown."""
    client_order_id = ClientOrderId(str(context.payload["id"]))
    outcome = await context.services.orders.cancel(client_order_id)
    if isinstance(outcome, Denied):
        return Answer(text=f"❌ Not cancelled: {escape(outcome)}")
    return Answer(text=f"Cancel:\n\n{rendering.order(outcome, context.clock.now())}")


async def resolve(context: Context) -> Answer:
    """Ask before settling an unknown order by the owner's own word."""
    client_order_id, word = context.argument(0), context.argument(1)
    if client_order_id is None or word not in _PLACED:
        raise NotUnderstood("An order's id and placed or not-placed are needed. Nothing was done.")
    keyboard, tokens = await context.ask(
        Question(
            action=RESOLVE,
            payload={"id": client_order_id, "placed": _PLACED[word]},
            payload_hash=client_order_id,
            confirm=f"✅ It was {word}",
        )
    )
    effect = (
        "I go on looking for it and its fills at the venue."
        if _PLACED[word]
        else "What it reserved is free again. If it was placed after all, money is spent twice."
    )
    text = f"Settle {code(client_order_id)} as {escape(word)}, on your word?\n{effect}"
    return Answer(text=text, keyboard=keyboard, tokens=tokens)


async def resolve_confirmed(context: Context) -> Answer:
    """Settle it."""
    client_order_id = ClientOrderId(str(context.payload["id"]))
    outcome = await context.services.orders.resolve(
        client_order_id, placed=bool(context.payload["placed"]), by=context.by
    )
    if isinstance(outcome, Denied):
        return Answer(text=f"❌ Not settled: {escape(outcome)}")
    return Answer(text=f"Settled:\n\n{rendering.order(outcome, context.clock.now())}")


async def reconcile(context: Context) -> Answer:
    """Compare the journal with the venues now."""
    await context.reply.typing()
    report = await context.services.orders.reconcile()
    return Answer(text=reconciliation.report(report))


COMMANDS = (
    Command(name="orders", summary="Orders that still work", group=Group.TRADING, run=orders),
    Command(
        name="trades", summary="The last fills", group=Group.TRADING, usage="[COUNT]", run=trades
    ),
    Command(
        name="cancel",
        summary="Cancel one order",
        group=Group.TRADING,
        usage="ID",
        run=cancel,
        lane=Lane.TRADE,
        roles=OWNERS,
    ),
    Command(
        name="resolve",
        summary="Settle an order of unknown outcome",
        group=Group.TRADING,
        usage="ID placed|not-placed",
        run=resolve,
        lane=Lane.TRADE,
        roles=OWNERS,
        details="Only when you have seen at the venue what the bot cannot prove.",
    ),
    Command(
        name="reconcile",
        summary="Compare the journal with the venues",
        group=Group.TRADING,
        run=reconcile,
        roles=OWNERS,
    ),
)
ACTIONS = (
    Action(name=CANCEL, label="Cancel an order", run=cancel_confirmed, roles=OWNERS),
    Action(name=RESOLVE, label="Settle an order", run=resolve_confirmed, roles=OWNERS),
)
