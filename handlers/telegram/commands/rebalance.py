"""/rebalance: the plan first, then a button bound to exactly that plan."""

from __future__ import annotations

import asyncio
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
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import VenueName

_log = logging.getLogger(__name__)
EXECUTE = "rebalance"
_WORDS = ("preview", "now")
_PATIENCE_SECONDS = 5.0
"""For one venue of several: its plan keeps no button of another waiting."""


async def rebalance(context: Context) -> Answer | None:
    """Fetch fresh balances, plan, show; with `preview` there is no button."""
    words = [word.lower() for word in context.line.arguments if word.lower() in _WORDS]
    names = [word for word in context.line.arguments if word.lower() not in _WORDS]
    if len(names) > 1 or len(words) > 1:
        raise NotUnderstood("One venue at most, and one of preview or now. Nothing was done.")
    venue = require_venue(names[0], context.services.venues) if names else None
    await context.reply.typing()
    only_look = "preview" in words
    if venue is None and len(context.services.venues) > 1:
        return await _each(context, only_look=only_look)
    outcomes = await context.services.rebalance.propose(venue, context.by, context.correlation_id)
    if not outcomes:
        return _no_targets()
    for outcome in outcomes:
        await _present(context, outcome, only_look=only_look)
    return None


def _no_targets() -> Answer:
    return Answer(text="No venue has targets, so there is nothing to rebalance.")


async def _each(context: Context, *, only_look: bool) -> Answer | None:
    """Plan at every venue at once and show each plan as it comes; none waits for another."""
    one_at_a_time = asyncio.Lock()

    async def show(venue: VenueName) -> bool:
        outcome = await _planned(context, venue)
        if outcome is None:
            return False
        async with one_at_a_time:
            if isinstance(outcome, Answer):
                await context.reply.add(outcome)
            else:
                await _present(context, outcome, only_look=only_look)
        return True

    async with asyncio.TaskGroup() as group:
        shown = [group.create_task(show(venue)) for venue in context.services.venues]
    return None if any(task.result() for task in shown) else _no_targets()


async def _planned(context: Context, venue: VenueName) -> Proposal | Denied | Answer | None:
    """Plan at one venue of several; None where it has no targets, an answer where it failed."""
    propose = context.services.rebalance.propose
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            (outcome,) = await propose(venue, context.by, context.correlation_id)
    except SteelyardError as error:
        why = str(error)
    except TimeoutError:
        why = f"no answer within {_PATIENCE_SECONDS:.0f} s; /rebalance {venue} asks it again"
    except Exception:  # noqa: BLE001 - a border: the plans of the other venues are still shown
        _log.exception("no plan venue=%s", venue)
        why = "an error in the bot; the log has it"
    else:
        is_without = isinstance(outcome, Denied) and outcome.code is DenialCode.NOT_IN_TARGETS
        return None if is_without else outcome
    return Answer(text=f"{bold(venue)} ❌ No plan: {escape(why)}\nNothing was done there.")


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
