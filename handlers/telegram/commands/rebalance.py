"""/rebalance: the plan first, then a button bound to exactly that plan."""

from __future__ import annotations

import logging
from collections.abc import Awaitable

from handlers.authorisation import OWNERS
from handlers.rendering import rebalance as rendering
from handlers.rendering.text import bold, escape
from handlers.telegram.answers import Answer
from handlers.telegram.commands.arguments import require_venue
from handlers.telegram.commands.command import Action, Command, Context, Group
from handlers.telegram.confirmations import Question
from handlers.telegram.following import followed
from handlers.telegram.lanes import Lane
from trading.errors import NotUnderstood, SteelyardError
from trading.intents.rebalance_model import OnProgress, Proposal, RunResult
from trading.model.denial import Denied
from trading.model.identifiers import VenueName

_log = logging.getLogger(__name__)
EXECUTE = "rebalance"
_WORDS = ("preview", "now")


async def rebalance(context: Context) -> Answer | None:
    """Fetch fresh balances, plan, show; with `preview` there is no button."""
    words = [word.lower() for word in context.line.arguments if word.lower() in _WORDS]
    names = [word for word in context.line.arguments if word.lower() not in _WORDS]
    if len(names) > 1 or len(words) > 1:
        raise NotUnderstood("One venue at most, and one of preview or now. Nothing was done.")
    venue = require_venue(names[0], context.services.venues) if names else None
    await context.reply.typing()
    outcomes = await context.services.rebalance.propose(venue, context.by, context.correlation_id)
    if not outcomes:
        return Answer(text="No venue has targets, so there is nothing to rebalance.")
    for outcome in outcomes:
        await _present(context, outcome, only_look="preview" in words)
    return None


async def _present(context: Context, outcome: Proposal | Denied, *, only_look: bool) -> None:
    """Show a plan: its picture, then the words, with the button at the very end."""
    if isinstance(outcome, Denied):
        await context.reply.add(Answer(text=f"❌ No plan: {escape(outcome)}\nNothing was done."))
        return
    text = rendering.plan(outcome, context.clock.now())
    if not outcome.orders:
        await context.reply.add(Answer(text=text))
        return
    await _picture(context, outcome)
    if only_look:
        tail = "\nA preview: there is no button. /rebalance gives one."
        await context.reply.add(Answer(text=text + tail))
        return
    remaining = (outcome.expires_at - context.clock.now()).total_seconds()
    keyboard, tokens = await context.ask(
        Question(
            action=EXECUTE,
            payload={"venue": outcome.venue},
            payload_hash=outcome.plan_hash,
            confirm=f"✅ Place {_counted(len(outcome.orders), 'order')}",
            life_seconds=max(1.0, remaining),
        )
    )
    await context.reply.add(Answer(text=text, keyboard=keyboard, tokens=tokens))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


async def _picture(context: Context, proposal: Proposal) -> None:
    """Show before and after; a plan without its picture is still a plan."""
    try:
        picture = await context.services.rebalance.picture(proposal)
    except (SteelyardError, TimeoutError, OSError):
        _log.exception("picture not drawn venue=%s", proposal.venue)
        return
    caption = rendering.caption(proposal)
    await context.reply.add(Answer(text=caption, picture=picture))


async def execute(context: Context) -> Answer | None:
    """Do what was shown, if it still holds; else show the new plan."""
    await context.reply.progress("Confirmed. Checking that the plan still holds…")
    outcome = await _executed(context)
    if isinstance(outcome, Denied):
        return Answer(text=f"❌ Not executed: {escape(outcome)}\nNo order was placed.")
    if isinstance(outcome, Proposal):
        head = "Things have changed since, so nothing was traded. This is the new plan:"
        await context.reply.show(Answer(text=bold(head)))
        await _present(context, outcome, only_look=False)
        return None
    return Answer(text=rendering.run(outcome))


async def _executed(context: Context) -> RunResult | Denied | Proposal:
    """Run the plan and show how far it is beside it: the buys never wait for Telegram."""

    def run(on_progress: OnProgress) -> Awaitable[RunResult | Denied | Proposal]:
        return context.services.rebalance.execute(
            VenueName(str(context.payload["venue"])),
            str(context.payload["payload_hash"]),
            context.by,
            context.correlation_id,
            on_progress,
        )

    return await followed(context.reply, run)


COMMANDS = (
    Command(
        name="rebalance",
        summary="Plan, show, and trade after your button",
        group=Group.TRADING,
        usage="[VENUE] [preview|now]",
        run=rebalance,
        lane=Lane.TRADE,
        roles=OWNERS,
        is_pressable=True,
        details=(
            "`preview` shows the plan without a button. `now` is the same as without it: what "
            "trades always waits for the button under the plan it shows."
        ),
    ),
)
ACTIONS = (Action(name=EXECUTE, label="Rebalance", run=execute, roles=OWNERS),)
