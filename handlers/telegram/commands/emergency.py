"""/emergency: a menu of two taps that works when little else does."""

from __future__ import annotations

from handlers.authorisation import OWNERS
from handlers.confirmation import PressKind
from handlers.rendering import closing, machine
from handlers.rendering import repair as repair_words
from handlers.rendering.text import bold, escape
from handlers.telegram.answers import Answer, Button
from handlers.telegram.commands import balances as balance_commands
from handlers.telegram.commands import breakers, orders, safety
from handlers.telegram.commands.arguments import require_venue
from handlers.telegram.commands.command import Action, Command, Context, Group, Run
from handlers.telegram.confirmations import Question, press_data
from handlers.telegram.following import followed
from handlers.telegram.lanes import Lane
from handlers.telegram.watching import watched
from trading.intents.closing import closing_payload
from trading.intents.closing_parts import ClosingRequest
from trading.model.identifiers import VenueName

CANCEL_ALL = "cancel-all"
CLOSE_ALL = "close-all"


async def emergency(context: Context) -> Answer:
    """Show the menu; nothing is done before a tap."""
    state = machine.trading_state(context.services.halt.state(), context.clock.now())
    keyboard = tuple(
        (Button(label=action.label, data=press_data(PressKind.MENU, action.name)),)
        for action in MENU
    )
    return Answer(
        text=f"{bold('Emergency')}\n{escape(state)}\nWhat is to be done?", keyboard=keyboard
    )


async def _halt(context: Context) -> Answer:
    await context.services.halt.halt(context.by, "emergency menu")
    return Answer(text=safety.halted_text(context))


async def _cancel_all(context: Context) -> Answer:
    """Ask once more: cancelling cannot be taken back."""
    keyboard, tokens = await context.ask(
        Question(
            action=CANCEL_ALL,
            payload={},
            payload_hash=CANCEL_ALL,
            confirm="✅ Cancel ALL orders",
            decline="✖ Leave them",
            is_emergency=True,
        )
    )
    return Answer(
        text="Cancel every order that works at any venue, yours and the bot's? Trading is halted "
        "first, so that nothing is placed meanwhile.",
        keyboard=keyboard,
        tokens=tokens,
    )


async def _cancel_all_confirmed(context: Context) -> Answer:
    await context.services.halt.halt(context.by, "emergency: cancel all")
    outcomes = await context.services.emergency.cancel_all(context.by)
    report = "\n".join(
        f"✅ {escape(each.venue)}: {each.cancelled} orders cancelled"
        if each.error is None
        else f"❌ {escape(each.venue)}: not known what was cancelled: {escape(each.error)}"
        for each in outcomes
    )
    return Answer(text=f"{bold('Cancel all')}\n{report}\n{safety.halted_text(context)}")


async def repair(context: Context) -> Answer:
    """Begin everything afresh and show each step as it ends."""
    venue = _venue(context)
    repairs = await watched(
        context.reply,
        repair_words.progress,
        lambda note: context.services.repair.repair(
            venue, context.by, context.correlation_id, note
        ),
    )
    return Answer(text=repair_words.result(repairs))


async def _verify(context: Context) -> Answer:
    return Answer(text=repair_words.verified(await context.services.repair.verify(None)))


async def closeall(context: Context) -> Answer:
    """Show what would be sold, with a button; what cannot be found out is no hindrance."""
    venue = _venue(context)
    await context.reply.progress("Looking at what would be sold…")
    previews = await context.services.closing.propose(venue)
    text = "\n".join(closing.preview(each) for each in previews)
    if all(each.refused is not None for each in previews):
        return Answer(text=f"{text}\nNothing was done.")
    keyboard, tokens = await context.ask(
        Question(
            action=CLOSE_ALL,
            payload={} if venue is None else {"venue": venue},
            payload_hash=CLOSE_ALL,
            confirm="✅ SELL EVERYTHING" if venue is None else f"✅ SELL ALL at {venue}",
            decline="✖ Keep it",
            is_emergency=True,
        )
    )
    return Answer(
        text=f"{text}\nTrading is halted first and stays so; open orders, yours too, are "
        "cancelled. What is sold is planned anew at that moment.",
        keyboard=keyboard,
        tokens=tokens,
    )


async def _closeall_confirmed(context: Context) -> Answer:
    name = context.payload.get("venue")
    await context.reply.progress("Confirmed. Halting, cancelling, then selling…")
    results = await followed(
        context.reply,
        lambda note: context.services.closing.execute(
            ClosingRequest(
                venue=None if name is None else VenueName(str(name)),
                by=context.by,
                correlation_id=context.correlation_id,
                on_progress=note,
            )
        ),
    )
    text = "\n".join(closing.result(closing_payload(each)) for each in results)
    return Answer(text=f"{text}\n{safety.halted_text(context)}")


def _venue(context: Context) -> VenueName | None:
    name = context.argument(0)
    return None if name is None else require_venue(name, context.services.venues)


def _rescue(name: str, label: str, run: Run) -> Action:
    return Action(name=name, label=label, run=run, roles=OWNERS, lane=Lane.RESCUE)


MENU = (
    Action(name="halt", label="⛔ Halt trading", run=_halt, roles=OWNERS, lane=Lane.EMERGENCY),
    _rescue("repair", "🛠 Repair everything", repair),
    _rescue("refresh", "↻ Fresh balances", balance_commands.refresh),
    _rescue("resetbreaker", "⚡ Reset breakers", breakers.resetbreaker),
    _rescue("reconcile", "⚖ Reconcile orders", orders.reconcile),
    _rescue("verify", "🔎 Verify", _verify),
    _rescue(CANCEL_ALL, "✖ Cancel all orders…", _cancel_all),
    _rescue(CLOSE_ALL, "💥 Sell everything…", closeall),
)
ACTIONS = (
    _rescue(CANCEL_ALL, "Cancel all orders", _cancel_all_confirmed),
    _rescue(CLOSE_ALL, "Sell everything", _closeall_confirmed),
)
COMMANDS = (
    Command(
        name="emergency",
        summary="Halt, repair, cancel, sell: two taps",
        group=Group.SAFETY,
        run=emergency,
        lane=Lane.EMERGENCY,
        roles=OWNERS,
        is_halting=True,
        details="Works when the database does not. What cancels or sells asks once more.",
    ),
    Command(
        name="repair",
        summary="Begin afresh, step by step",
        group=Group.SAFETY,
        usage="[VENUE]",
        run=repair,
        lane=Lane.RESCUE,
        roles=OWNERS,
        is_halting=True,
        details=(
            "Closes breakers, takes the venue's clock and nonces anew, reconnects the streams, "
            "reconciles orders, has balances confirmed, and verifies; each step with its outcome. "
            "Trades and cancels nothing; safe at any time, also twice and during a rebalance."
        ),
    ),
    Command(
        name="closeall",
        summary="Sell everything, after your button",
        group=Group.SAFETY,
        usage="[VENUE]",
        run=closeall,
        lane=Lane.RESCUE,
        roles=OWNERS,
        is_halting=True,
        is_pressable=True,
        details=(
            "Halts, cancels every open order, then sells all that can be spent into the base "
            "currency. Works while halted, never with `trading_enabled = false`. What is excluded "
            "in `[rebalance]` is not touched."
        ),
    ),
)
