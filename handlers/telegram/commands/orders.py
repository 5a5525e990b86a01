"""/orders, /trades, /cancel, /resolve, /reconcile, /pnl: what was ordered and what came of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from handlers.authorisation import OWNERS
from handlers.parsing import parse_count
from handlers.rendering import order_details as details
from handlers.rendering import orders as rendering
from handlers.rendering import profits, reconciliation
from handlers.rendering.figures import exact
from handlers.rendering.text import bold
from handlers.telegram.answers import Answer, Button, Keyboard, view_button
from handlers.telegram.commands.arguments import find_venue, require_venue
from handlers.telegram.commands.command import Action, Command, Context, Group
from handlers.telegram.commands.risk import performance_of
from handlers.telegram.confirmations import Question
from handlers.telegram.lanes import Lane
from trading.errors import NotUnderstood, PictureNotDrawn
from trading.intents.pnl import PnlView
from trading.model.order import Order

_log = logging.getLogger(__name__)

CANCEL = "cancel"
RESOLVE = "resolve"
_TRADES = 10
_MOST_TRADES = 50
_MOST_BUTTONS = 8
_PLACED = {"placed": True, "not-placed": False}


async def orders(context: Context) -> Answer:
    """The orders that can still do something, or all that is known of one."""
    name = context.argument(0)
    venue = None if name is None else find_venue(name, context.services.venues)
    if name is not None and venue is None:
        return await _detail(context, name)
    view = await context.services.orders.working(venue)
    return Answer(
        text=rendering.orders(view.orders, context.clock.now()),
        keyboard=_order_buttons(context, view.orders) + context.refresh(),
    )


async def _detail(context: Context, wanted: str) -> Answer:
    """One order with the balance it was checked against, its history and its fills."""
    detail = await context.services.orders.detail(wanted)
    cancelling = _cancel_button(context, detail.order, "✖ Cancel it…")
    return Answer(
        text=details.order(detail, context.clock.now(), context.zone),
        keyboard=cancelling + context.refresh(),
    )


def _order_buttons(context: Context, found: Sequence[Order]) -> Keyboard:
    """A row for each order: all about it, and a way to cancel it, which asks first."""
    rows: list[tuple[Button, ...]] = []
    for order in found[:_MOST_BUTTONS]:
        name = f"{order.intent.side.value} {exact(order.intent.quantity)} {order.intent.symbol}"
        about = view_button(f"🔎 {name}", "orders", (order.client_order_id,))
        cancelling = _cancel_button(context, order, "✖ Cancel…")
        rows.append(tuple(button for row in (*about, *cancelling) for button in row))
    return tuple(rows)


def _cancel_button(context: Context, order: Order, label: str) -> Keyboard:
    if not order.is_working or context.role not in OWNERS:
        return ()
    return view_button(label, "cancel", (order.client_order_id,))


async def trades(context: Context) -> Answer:
    """The last fills."""
    wanted = context.argument(0)
    limit = _TRADES if wanted is None else parse_count(wanted, largest=_MOST_TRADES)
    view = await context.services.orders.trades(limit)
    return Answer(
        text=rendering.trades(view.fills, context.clock.now()), keyboard=context.refresh()
    )


async def cancel(context: Context) -> Answer:
    """Ask before cancelling one order."""
    wanted = context.argument(0)
    if wanted is None:
        raise NotUnderstood("The id of an order, or its end, is needed; /orders shows them.")
    order = await context.services.orders.find(wanted)
    shown = rendering.order(order, context.clock.now())
    if not order.is_working:
        return Answer(text=f"It has ended already; there is nothing to cancel.\n\n{shown}")
    keyboard, tokens = await context.ask(
        Question(
            action=CANCEL,
            payload={"id": order.client_order_id},
            payload_hash=order.client_order_id,
            confirm="✅ Cancel this order",
            decline="✖ Leave it",
        )
    )
    return Answer(text=f"Cancel this order?\n\n{shown}", keyboard=keyboard, tokens=tokens)


async def cancel_confirmed(context: Context) -> Answer:
    """Cancel what was shown."""
    outcome = await context.services.orders.cancel(str(context.payload["id"]), by=context.by)
    head = {
        True: "✅ Cancelled.",
        False: "It had ended before the cancel arrived.",
        None: "⚠ The venue's answer to the cancel was lost; this is what it says since:",
    }[outcome.was_open]
    return Answer(text=f"{head}\n\n{rendering.order(outcome.order, context.clock.now())}")


async def resolve(context: Context) -> Answer:
    """Ask before settling an unknown order by the owner's own word."""
    wanted, word = context.argument(0), context.argument(1)
    if wanted is None or word not in _PLACED:
        raise NotUnderstood("An order's id and placed or not-placed are needed. Nothing was done.")
    order = await context.services.orders.find(wanted)
    keyboard, tokens = await context.ask(
        Question(
            action=RESOLVE,
            payload={"id": order.client_order_id, "placed": _PLACED[word]},
            payload_hash=order.client_order_id,
            confirm=f"✅ It was {word}",
        )
    )
    effect = (
        "I go on looking for it and its fills at the venue."
        if _PLACED[word]
        else "What it reserved is free again. If it was placed after all, money is spent twice."
    )
    shown = rendering.order(order, context.clock.now())
    text = f"Settle this order as {bold(word)}, on your word?\n{effect}\n\n{shown}"
    return Answer(text=text, keyboard=keyboard, tokens=tokens)


async def resolve_confirmed(context: Context) -> Answer:
    """Settle it, unless the venue itself shows it."""
    outcome = await context.services.orders.resolve(
        str(context.payload["id"]), placed=bool(context.payload["placed"]), by=context.by
    )
    head = (
        "The venue itself shows it, so your word was not needed:"
        if outcome.by_venue
        else ("Settled on your word:")
    )
    return Answer(text=f"{head}\n\n{rendering.order(outcome.order, context.clock.now())}")


async def reconcile(context: Context) -> Answer:
    """Compare the journal with the venues now."""
    name = context.argument(0)
    venue = None if name is None else require_venue(name, context.services.venues)
    await context.reply.typing()
    report = await context.services.orders.reconcile(venue, correlation_id=context.correlation_id)
    return Answer(text=reconciliation.report(report))


async def pnl(context: Context) -> None:
    """Profit and loss from fills and fees alone, with its curve."""
    name = context.argument(0)
    venue = None if name is None else require_venue(name, context.services.venues)
    views = await context.services.pnl.show(venue)
    parts = [profits.profits(views, context.clock.now(), context.zone)]
    parts.append(await performance_of(context))
    text = "\n\n".join(filter(None, parts))
    await context.reply.show(Answer(text=text, keyboard=context.refresh()))
    if not context.reply.is_in_place and any(view.fills for view in views):
        await _curve(context, views)


async def _curve(context: Context, views: Sequence[PnlView]) -> None:
    """Show the curve too; the figures stand without it."""
    try:
        picture = await context.services.pnl.picture(views)
    except PictureNotDrawn:
        _log.exception("picture of profit and loss not drawn")
        return
    await context.reply.add(Answer(text=profits.caption(views), picture=picture))


COMMANDS = (
    Command(
        name="orders",
        summary="Orders that still work, or one whole",
        group=Group.TRADING,
        usage="[VENUE|ID]",
        run=orders,
        details=(
            "With the id of an order, or its end: the balance that it was checked against, its "
            "history from the journal, and its fills; of an order that has ended too."
        ),
    ),
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
        is_pressable=True,
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
        usage="[VENUE]",
        run=reconcile,
        roles=OWNERS,
    ),
    Command(
        name="pnl",
        summary="Profit and loss from fills and fees",
        group=Group.MONEY,
        usage="[VENUE]",
        run=pnl,
    ),
)
ACTIONS = (
    Action(name=CANCEL, label="Cancel an order", run=cancel_confirmed, roles=OWNERS),
    Action(name=RESOLVE, label="Settle an order", run=resolve_confirmed, roles=OWNERS),
)
