"""/halt, /resume, /pause, /jobs: what may run, and stopping it."""

from __future__ import annotations

from handlers.authorisation import OWNERS
from handlers.rendering import machine
from handlers.rendering.text import bold, escape
from handlers.telegram.answers import Answer
from handlers.telegram.commands.command import Command, Context, Group
from handlers.telegram.lanes import Lane
from trading.model.denial import Denied


async def halt(context: Context) -> Answer:
    """Stop trading now; may be said as often as one likes."""
    reason = " ".join(context.line.arguments) or "the owner said so"
    await context.services.halt.halt(context.by, reason)
    return Answer(text=halted_text(context))


def halted_text(context: Context) -> str:
    """Confirm a halt with the state that is now in force."""
    state = machine.trading_state(context.services.halt.state(), context.clock.now())
    return (
        f"{escape(state)}\nNo new order is placed. Orders that already work at a venue stay: "
        "/orders shows them, /emergency can cancel them. /resume lets trading go on."
    )


async def resume(context: Context) -> Answer:
    """Let trading go on, or a paused job run again."""
    name = context.argument(0)
    if name is not None:
        resumed = await context.services.jobs.resume(None if name == "all" else name, context.by)
        return Answer(text=_jobs_text("Running again", tuple(resumed)))
    outcome = await context.services.halt.resume(context.by)
    if isinstance(outcome, Denied):
        return Answer(text=f"❌ Not resumed: {escape(outcome)}")
    state = machine.trading_state(context.services.halt.state(), context.clock.now())
    lines = [state, *(f"⚠ {each}" for each in context.services.halt.standing)]
    return Answer(text=escape("\n".join(lines)))


async def pause(context: Context) -> Answer:
    """Keep a job, or all of them, from starting; orders that work stay as they are."""
    name = context.argument(0)
    paused = await context.services.jobs.pause(None if name == "all" else name, context.by)
    return Answer(text=_jobs_text("Paused", tuple(paused)))


def _jobs_text(verb: str, names: tuple[str, ...]) -> str:
    listed = ", ".join(names) or "nothing, no job needed it"
    return f"{bold(verb)}: {escape(listed)}. /jobs shows all."


async def jobs(context: Context) -> Answer:
    """List the scheduled jobs."""
    views = await context.services.jobs.show()
    return Answer(
        text=machine.jobs(views, context.zone, context.clock.now()), keyboard=context.refresh()
    )


COMMANDS = (
    Command(
        name="halt",
        summary="Stop trading now",
        group=Group.SAFETY,
        usage="[REASON]",
        run=halt,
        lane=Lane.EMERGENCY,
        roles=OWNERS,
        is_halting=True,
        details=(
            "Never too old, never behind another command, and it works even when the database "
            "does not."
        ),
    ),
    Command(
        name="resume",
        summary="Let trading go on, or a job run again",
        group=Group.SAFETY,
        usage="[JOB|all]",
        run=resume,
        lane=Lane.EMERGENCY,
        roles=OWNERS,
        details="Without a name: trading. With a name: that paused job; `all`: every paused job.",
    ),
    Command(
        name="pause",
        summary="Keep a job from running",
        group=Group.SAFETY,
        usage="[JOB|all]",
        run=pause,
        lane=Lane.EMERGENCY,
        roles=OWNERS,
        is_halting=True,
        details="Without a name: every job.",
    ),
    Command(name="jobs", summary="Scheduled jobs", group=Group.MACHINE, run=jobs),
)
