"""/start, /help, /id, /version: the first things anybody types."""

from __future__ import annotations

from handlers.authorisation import Role
from handlers.parsing import nearest
from handlers.rendering import help as rendering
from handlers.rendering import machine
from handlers.rendering.text import code
from handlers.telegram.answers import Answer, Button, view_button
from handlers.telegram.commands.command import Command, Context, Group
from trading.errors import NotUnderstood


async def start(context: Context) -> Answer:
    """Greet, and offer the first steps as buttons."""
    state = machine.trading_state(context.services.halt.state(), context.clock.now())
    steps = (("Balance", "balance"), ("Portfolio", "portfolio"), ("Status", "status"))
    row: tuple[Button, ...] = sum(
        (made[0] for label, name in steps if (made := view_button(label, name))), ()
    )
    return Answer(text=rendering.welcome(state, context.services.venues), keyboard=(row,))


async def help_(context: Context) -> Answer:
    """List the commands this person may use, or explain one."""
    wanted = context.argument(0)
    if wanted is not None:
        return _explain(context, wanted.lstrip("/").lower())
    groups: dict[str, list[tuple[str, str]]] = {group.value: [] for group in Group}
    for command in context.commands.values():
        if context.role in command.roles:
            groups[command.group.value].append((f"/{command.name}", command.summary))
    filled = {heading: rows for heading, rows in groups.items() if rows}
    tail = "\n\n/help COMMAND explains one."
    return Answer(text=rendering.overview(filled) + tail)


def _explain(context: Context, name: str) -> Answer:
    command = context.commands.get(name)
    if command is None:
        near = nearest(name, context.commands)
        raise NotUnderstood(
            f"There is no command /{name}." + (f" Did you mean /{near}?" if near else "")
        )
    return Answer(text=rendering.one(command.typed, command.summary, command.details))


async def identity(context: Context) -> Answer:
    """Tell the ids that the configuration needs."""
    place = context.place
    thread = f"\nTopic: {code(place.thread_id)}" if place.thread_id is not None else ""
    return Answer(
        text=f"Your id: {code(context.user_id)}\nThis chat: {code(place.chat_id)}{thread}\n"
        f"You are: {context.role.value}"
    )


async def version(context: Context) -> Answer:
    """Tell what runs here."""
    return Answer(text=machine.settings(context.services.machine.version()))


COMMANDS = (
    Command(name="start", summary="Greeting and first steps", group=Group.MACHINE, run=start),
    Command(
        name="help",
        summary="What I understand",
        group=Group.MACHINE,
        usage="[COMMAND]",
        run=help_,
    ),
    Command(
        name="id",
        summary="Your numeric id and this chat's",
        group=Group.MACHINE,
        run=identity,
        roles=frozenset(Role),
        details="A stranger gets an answer only while the bot runs with --pair.",
    ),
    Command(name="version", summary="What runs here", group=Group.MACHINE, run=version),
)
