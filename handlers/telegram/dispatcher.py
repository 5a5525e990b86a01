"""From an admitted update to exactly one answer, whatever fails on the way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo

from handlers.authorisation import OWNERS, Role
from handlers.confirmation import PressData, PressKind, decode_press
from handlers.parsing import CommandLine
from handlers.rendering import chat
from handlers.telegram.answers import Answer, Place
from handlers.telegram.commands.command import Action, Command, Context
from handlers.telegram.confirmations import Asker, Confirmations, NotConfirmed
from handlers.telegram.gate import Gate, command_of
from handlers.telegram.incoming import Message, Press
from handlers.telegram.lanes import Lane, Work
from handlers.telegram.ports import InboxStatus
from handlers.telegram.reply import Courier, Reply
from handlers.telegram.services import Services
from trading.clock import Clock
from trading.errors import NotUnderstood, SteelyardError, VenueError
from trading.metrics.meter import CommandOutcome, Meter, NullMeter

_log = logging.getLogger(__name__)

_DEADLINES: Mapping[Lane, float] = {
    Lane.READ: 60.0,
    Lane.EMERGENCY: 60.0,
    Lane.RESCUE: 180.0,
    Lane.TRADE: 900.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an update ended; the words go into the inbox."""

    status: InboxStatus
    text: str


BROKE = CommandOutcome.BROKE
DONE = InboxStatus.DONE
REFUSED = InboxStatus.REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """Everything that can be asked for, by name."""

    commands: Mapping[str, Command]
    actions: Mapping[str, Action]
    menu: Mapping[str, Action]


class Dispatcher:
    """Knows the grammar; the border where a command's failure ends."""

    def __init__(
        self,
        *,
        grammar: Grammar,
        gate: Gate,
        services: Services,
        courier: Courier,
        confirmations: Confirmations,
        username: Callable[[], str | None],
        clock: Clock,
        zone: tzinfo,
        meter: Meter | None = None,
    ) -> None:
        """Take everything; `username` is the bot's own name, for /command@name in groups."""
        self._meter = meter or NullMeter()
        self._grammar = grammar
        self._gate = gate
        self._services = services
        self._courier = courier
        self._confirmations = confirmations
        self._clock = clock
        self._zone = zone
        self._username = username

    async def run(self, work: Work) -> Outcome:
        """Do what was asked, once, and answer."""
        if isinstance(work.incoming, Press):
            return await self._press(work, work.incoming)
        return await self._message(work, work.incoming)

    async def refuse(self, work: Work, text: str) -> Outcome:
        """Answer why it was not done."""
        if isinstance(work.incoming, Press):
            await self._courier.sender.acknowledge(work.incoming.query_id)
        await self._courier.deliver(_place(work), Answer(text=text))
        return Outcome(status=REFUSED, text=text)

    async def tell(self, work: Work, text: str) -> None:
        """Say something about an update that is still to be run."""
        await self._courier.deliver(_place(work), Answer(text=text))

    def name_of(self, work: Work) -> str:
        """Return what was asked, in words, for reports."""
        line = command_of(work.incoming)
        if line is not None:
            return str(line)
        if isinstance(work.incoming, Press):
            data = decode_press(work.incoming.data)
            return chat.press_name(data.kind, data.value) if data else "a button"
        return "a message"

    async def _message(self, work: Work, message: Message) -> Outcome:
        line = command_of(message)
        if line is None:
            return await self._plain_text(work, message)
        if line.bot is not None and self._username() not in (None, line.bot):
            return Outcome(status=REFUSED, text="addressed to another bot")
        if message.origin.is_edited:
            return await self.refuse(work, chat.EDITED)
        if message.origin.is_forwarded:
            return await self.refuse(work, chat.FORWARDED)
        command = self._grammar.commands.get(line.name)
        if command is None:
            return await self.refuse(work, chat.unknown(line.name, self._grammar.commands))
        if self._role(work) not in command.roles:
            return await self.refuse(work, chat.OWNERS_ONLY)
        return await self._execute(self._context(work, line), command, typed=command.typed)

    async def _plain_text(self, work: Work, message: Message) -> Outcome:
        if not message.origin.is_private or message.origin.is_edited:
            return Outcome(status=REFUSED, text="no command")
        return await self.refuse(
            work, chat.not_a_command(message.text or "", self._grammar.commands)
        )

    async def _press(self, work: Work, press: Press) -> Outcome:
        data = decode_press(press.data)
        if data is None or press.message_id is None:
            await self._courier.sender.acknowledge(press.query_id, chat.STALE_BUTTON, alert=True)
            return Outcome(status=REFUSED, text=chat.STALE_BUTTON)
        if data.kind is PressKind.VIEW:
            return await self._view(work, press, data)
        if data.kind is PressKind.MENU:
            return await self._menu(work, press, data)
        return await self._answered_question(work, press, data)

    async def _view(self, work: Work, press: Press, data: PressData) -> Outcome:
        command = self._grammar.commands.get(data.value)
        if command is None or not (command.lane is Lane.READ or command.is_pressable):
            return await self._toast(press, chat.STALE_BUTTON)
        if self._role(work) not in command.roles:
            return await self._toast(press, chat.OWNERS_ONLY)
        await self._courier.sender.acknowledge(press.query_id)
        line = CommandLine(name=data.value, arguments=data.arguments)
        context = replace(self._context(work, line), page=data.page)
        if command.is_pressable:
            context = replace(context, reply=Reply(courier=self._courier, place=_place(work)))
        return await self._execute(context, command)

    async def _menu(self, work: Work, press: Press, data: PressData) -> Outcome:
        action = self._grammar.menu.get(data.value)
        if action is None:
            return await self._toast(press, chat.STALE_BUTTON)
        if self._role(work) not in action.roles:
            return await self._toast(press, chat.OWNERS_ONLY)
        await self._courier.sender.acknowledge(press.query_id)
        context = self._context(work, CommandLine(name=action.name))
        fresh = Reply(courier=self._courier, place=_place(work))
        return await self._execute(replace(context, reply=fresh), action)

    async def _answered_question(self, work: Work, press: Press, data: PressData) -> Outcome:
        if self._role(work) not in OWNERS:
            return await self._toast(press, chat.OWNERS_ONLY)
        origin = press.origin
        asker = Asker(user_id=origin.user_id, chat_id=origin.chat_id)
        try:
            taken = await self._confirmations.take(
                data.value, asker, message_id=press.message_id or 0
            )
        except SteelyardError as error:
            return await self._toast(press, f"Nothing was done: {error}")
        if isinstance(taken, NotConfirmed):
            return await self._toast(press, taken.reason)
        await self._courier.sender.acknowledge(press.query_id)
        await self._courier.sender.clear_buttons(_place(work), press.message_id or 0)
        context = self._context(work, CommandLine(name=taken.action))
        fresh = Reply(courier=self._courier, place=_place(work))
        if data.kind in (PressKind.DECLINE, PressKind.EMERGENCY_DECLINE):
            await fresh.show(Answer(text=chat.DECLINED))
            return Outcome(status=REFUSED, text="declined")
        action = self._grammar.actions[taken.action]
        payload = {**taken.payload, "payload_hash": taken.payload_hash}
        context = replace(context, reply=fresh, payload=payload)
        return await self._execute(context, action)

    async def _toast(self, press: Press, text: str) -> Outcome:
        await self._courier.sender.acknowledge(press.query_id, text, alert=True)
        return Outcome(status=REFUSED, text=text)

    async def _execute(
        self, context: Context, what: Command | Action, *, typed: str | None = None
    ) -> Outcome:
        """Run under the lane's deadline; the answer is delivered after it, never cut short."""
        outcome, ended = Outcome(status=DONE, text="done"), CommandOutcome.DONE
        deadline, began = _DEADLINES[what.lane], self._clock.monotonic()
        try:
            async with asyncio.timeout(deadline):
                answer = await what.run(context)
        except NotUnderstood as error:
            answer = Answer(text=chat.not_understood(str(error), typed))
            outcome, ended = Outcome(status=REFUSED, text=str(error)), CommandOutcome.REFUSED
        except SteelyardError as error:
            _log.warning("command failed name=%s why=%s", context.line.name, error)
            is_of_venue = isinstance(error, VenueError)
            text = chat.failed(str(error), context.correlation_id, is_of_venue=is_of_venue)
            answer = Answer(text=text)
            outcome, ended = Outcome(status=DONE, text=f"failed: {error}"), CommandOutcome.FAILED
        except TimeoutError:
            _log.exception("command took too long name=%s", context.line.name)
            answer = Answer(text=chat.too_slow(deadline, context.correlation_id))
            outcome, ended = Outcome(status=DONE, text="failed: too slow"), CommandOutcome.TOO_SLOW
        except Exception:  # noqa: BLE001 - the border where a command's fault ends
            _log.exception("command broke name=%s", context.line.name)
            answer = Answer(text=chat.broke(context.correlation_id))
            outcome, ended = Outcome(status=DONE, text="failed: internal error"), BROKE
        self._meter.command(what.name, ended, self._clock.monotonic() - began)
        if answer is not None:
            await context.reply.show(answer)
        return outcome

    def _role(self, work: Work) -> Role:
        return self._gate.access.role(work.incoming.origin)

    def _context(self, work: Work, line: CommandLine) -> Context:
        incoming = work.incoming
        in_place = incoming.message_id if isinstance(incoming, Press) else None
        place = _place(work)
        return Context(
            services=self._services,
            commands=self._grammar.commands,
            clock=self._clock,
            zone=self._zone,
            line=line,
            role=self._role(work),
            user_id=incoming.origin.user_id,
            place=place,
            correlation_id=work.correlation_id,
            received_at=work.received_at,
            reply=Reply(courier=self._courier, place=place, message_id=in_place),
            confirmations=self._confirmations,
        )


def _place(work: Work) -> Place:
    origin = work.incoming.origin
    return Place(chat_id=origin.chat_id, thread_id=origin.thread_id)
