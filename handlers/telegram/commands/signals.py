"""/signals: what strategies say, where they would move a target, and an order on their word."""

from __future__ import annotations

from collections.abc import Awaitable

from handlers.authorisation import OWNERS
from handlers.parsing import parse_amount
from handlers.rendering import signals as rendering
from handlers.rendering import trade as orders
from handlers.rendering.text import bold, escape
from handlers.telegram.answers import Answer
from handlers.telegram.commands.arguments import find_venue
from handlers.telegram.commands.command import Action, Command, Context, Group
from handlers.telegram.confirmations import Question
from handlers.telegram.following import followed
from trading.errors import NotUnderstood
from trading.intents.manual_model import ManualPreview, ManualRequest, ManualResult
from trading.intents.rebalance_model import OnProgress
from trading.intents.signals import NamedWish, SignalsView
from trading.intents.workflow_model import Asked
from trading.model.denial import Denied
from trading.model.identifiers import VenueName

EXECUTE = "signal_order"
_LAST = "last"
_SHOWN = 10


async def signals(context: Context) -> Answer | None:
    """Show the signals; each quantity becomes a question of its own."""
    if context.line.arguments == (_LAST,):
        rows = await context.services.signals.recent(_SHOWN)
        return Answer(text=rendering.past(rows, context.clock.now()), keyboard=context.refresh())
    wishes, venue = _read(context)
    if any(wish.quantity is not None for wish in wishes) and context.role not in OWNERS:
        raise NotUnderstood("Only an owner may trade. Nothing was done; leave the amount out.")
    await context.reply.typing()
    view = await context.services.signals.show(wishes, venue, _asked(context))
    text = rendering.signals(view, context.clock.now())
    previews = _previews(view)
    if not previews:
        return Answer(text=text, keyboard=context.refresh())
    await context.reply.show(Answer(text=text))
    for run_id, preview in previews:
        await context.reply.add(await _question(context, run_id, preview))
    return None


def _read(context: Context) -> tuple[list[NamedWish], VenueName | None]:
    """Read [SYMBOL [AMOUNT]]... [VENUE]."""
    words = list(context.line.arguments)
    venue = find_venue(words[-1], context.services.venues) if words else None
    if venue is not None:
        del words[-1]
    wishes: list[NamedWish] = []
    for word in words:
        if not word[:1].isdigit() or (not wishes or wishes[-1].quantity is not None):
            wishes.append(NamedWish(name=word))
        else:
            wishes[-1] = NamedWish(name=wishes[-1].name, quantity=parse_amount(word))
    return wishes, venue


def _asked(context: Context) -> Asked:
    return Asked(by=context.by, correlation_id=context.correlation_id)


def _previews(view: SignalsView) -> list[tuple[str, ManualPreview]]:
    return [
        (run.run_id, result.preview)
        for run in view.runs
        for result in run.results
        if result.preview is not None
    ]


async def _question(context: Context, run_id: str, preview: ManualPreview) -> Answer:
    """Show the order as /buy and /sell do; what would be denied has no button."""
    now = context.clock.now()
    text = orders.preview(preview, now)
    if preview.denied is not None:
        return Answer(text=text)
    keyboard, tokens = await context.ask(
        Question(
            action=EXECUTE,
            payload={**preview.request.as_payload(), "workflow_run": run_id},
            payload_hash=preview.hash,
            confirm=f"✅ {orders.verb(preview.intent)}",
            life_seconds=max(1.0, (preview.expires_at - now).total_seconds()),
        )
    )
    return Answer(text=text, keyboard=keyboard, tokens=tokens)


async def execute(context: Context) -> Answer | None:
    """Send what was shown, if it still holds; else show it anew."""
    await context.reply.progress("Confirmed. Checking that it still holds…")
    run_id = str(context.payload["workflow_run"])

    def run(on_progress: OnProgress) -> Awaitable[ManualResult | Denied | ManualPreview]:
        return context.services.signals.order(
            run_id,
            ManualRequest.of_payload(context.payload),
            str(context.payload["payload_hash"]),
            _asked(context),
            on_progress,
        )

    outcome = await followed(context.reply, run)
    if isinstance(outcome, Denied):
        return Answer(text=f"❌ Not executed: {escape(outcome)}\nNo order was placed.")
    if isinstance(outcome, ManualPreview):
        head = bold("Things have changed since, so nothing was traded.")
        await context.reply.show(Answer(text=head))
        await context.reply.add(await _question(context, run_id, outcome))
        return None
    return Answer(text=orders.result(outcome))


COMMANDS = (
    Command(
        name="signals",
        summary="What strategies say, and would do",
        group=Group.TRADING,
        usage="[SYMBOL [AMOUNT]]... [VENUE]|last",
        run=signals,
        details=(
            "Without a symbol it is about what has bounds in `[signals.NAME]`, else about what "
            "has a target. It shows why, since when, where the target would go, what the next "
            "rebalance does with that, and how many milliseconds each stage took; `/signals "
            "last` shows what was decided before. `/signals BTC 0.01` asks for an order of so "
            "much on the side that the signal is on, shown first and sent after the button "
            "under it. Nothing else is traded from here: targets are moved by `/rebalance` and "
            "its schedule alone, and only while `enabled` is true."
        ),
    ),
)

ACTIONS = (Action(name=EXECUTE, label="Trade on a signal", run=execute, roles=OWNERS),)
