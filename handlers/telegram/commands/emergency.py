"""/emergency: a menu of two taps that works when little else does."""

from __future__ import annotations

from handlers.authorisation import OWNERS
from handlers.confirmation import PressKind
from handlers.rendering import machine
from handlers.rendering.text import bold, escape
from handlers.telegram.answers import Answer, Button
from handlers.telegram.commands import balances as balance_commands
from handlers.telegram.commands import breakers, orders, safety
from handlers.telegram.commands.command import Action, Command, Context, Group
from handlers.telegram.confirmations import Question, press_data
from handlers.telegram.lanes import Lane

CANCEL_ALL = "cancel-all"


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


MENU = (
    Action(name="halt", label="⛔ Halt trading", run=_halt, roles=OWNERS, lane=Lane.EMERGENCY),
    Action(
        name="refresh",
        label="↻ Fresh balances",
        run=balance_commands.refresh,
        roles=OWNERS,
        lane=Lane.EMERGENCY,
    ),
    Action(
        name="resetbreaker",
        label="⚡ Reset breakers",
        run=breakers.resetbreaker,
        roles=OWNERS,
        lane=Lane.EMERGENCY,
    ),
    Action(
        name="reconcile",
        label="⚖ Reconcile orders",
        run=orders.reconcile,
        roles=OWNERS,
        lane=Lane.EMERGENCY,
    ),
    Action(
        name=CANCEL_ALL,
        label="✖ Cancel all orders…",
        run=_cancel_all,
        roles=OWNERS,
        lane=Lane.EMERGENCY,
    ),
)
ACTIONS = (
    Action(
        name=CANCEL_ALL,
        label="Cancel all orders",
        run=_cancel_all_confirmed,
        roles=OWNERS,
        lane=Lane.EMERGENCY,
    ),
)
COMMANDS = (
    Command(
        name="emergency",
        summary="Halt, cancel all, reset: two taps",
        group=Group.SAFETY,
        run=emergency,
        lane=Lane.EMERGENCY,
        roles=OWNERS,
        is_halting=True,
        details="Works when the database does not. What cancels asks once more.",
    ),
)
