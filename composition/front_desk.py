"""What the running bot does for its own command line, through the control socket."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from composition.candle_file import write_candles
from composition.core import Core
from composition.emergency_actions import EmergencyActions, cancelled
from composition.reloading import Reloader
from handlers.http.answers import Answer, CandleRequest, EmergencyRequest, Outcome
from handlers.process.correlation import current_correlation
from handlers.process.log_ring import LogRing
from trading.errors import CommandError, ConfigurationError
from trading.intents.chart import CandleWish, ChartIntents
from trading.intents.halt import HaltIntents
from trading.intents.machine import Component, MachineIntents
from trading.model.denial import Denied
from trading.model.identifiers import VenueName


class FrontDesk:
    """Satisfies `handlers.http.answers.Desk`."""

    def __init__(
        self,
        *,
        core: Core,
        emergency: EmergencyActions,
        halt: HaltIntents,
        machine: MachineIntents,
        reloader: Reloader,
        ring: LogRing,
        charts: ChartIntents,
        name_backup: Callable[[], Path],
    ) -> None:
        """Take whom to ask."""
        self._core = core
        self._emergency = emergency
        self._halt = halt
        self._machine = machine
        self._reloader = reloader
        self._ring = ring
        self._charts = charts
        self._name_backup = name_backup

    async def status(self) -> Answer:
        """Say how the bot is; refused never, failed while something is not well."""
        state = self._halt.state()
        parts = await self._machine.health()
        bad = [part for part in parts if not part.healthy]
        lines = [f"trading: {state.mode} ({state.reason})", *(_line(part) for part in parts)]
        details: dict[str, object] = {
            "trading": {"mode": state.mode, "reason": state.reason, "by": state.by},
            "parts": [_details(part) for part in parts],
            "healthy": not bad,
        }
        outcome = Outcome.FAILED if bad else Outcome.DONE
        return Answer(outcome=outcome, message="\n".join(lines), details=details)

    async def halt(self, *, by: str, cancel_orders: bool) -> Answer:
        """Halt first; cancelling comes after and may fail without undoing it."""
        outcome = await self._halt.halt(by, "asked on the command line")
        words = ["trading was halted already" if outcome.was_halted else "trading is halted"]
        words += outcome.problems
        if not cancel_orders:
            return Answer(outcome=Outcome.DONE, message="\n".join(words))
        answer = cancelled(await self._emergency.desk.cancelling.cancel_all(by))
        message = "\n".join([*words, answer.message.partition("\n")[2]])
        return Answer(outcome=answer.outcome, message=message, details=answer.details)

    async def emergency(self, request: EmergencyRequest, *, by: str) -> Answer:
        """Do what must work when little else does."""
        correlation_id = current_correlation() or "cli"
        return await self._emergency.act(request, by=by, correlation_id=correlation_id)

    async def resume(self, *, by: str) -> Answer:
        """Trade again, where the configuration allows it."""
        try:
            state = await self._halt.resume(by)
        except CommandError as error:
            return Answer(outcome=Outcome.REFUSED, message=str(error))
        if isinstance(state, Denied):
            return Answer(outcome=Outcome.REFUSED, message=str(state))
        lines = (f"trading is {state.mode}", *self._halt.standing)
        return Answer(outcome=Outcome.DONE, message="\n".join(lines))

    async def reload(self, *, by: str) -> Answer:
        """Read the configuration anew."""
        logging.getLogger(__name__).info("reload asked by=%s", by)
        try:
            done = await self._reloader.reload()
        except ConfigurationError as error:
            message = f"the old configuration stays in force:\n{error}"
            details = {"problems": list(error.problems)}
            return Answer(outcome=Outcome.FAILED, message=message, details=details)
        lines = [f"in force now: {', '.join(done.applied) or 'nothing changed'}"]
        if done.restart_needed:
            lines.append(f"restart needed: {', '.join(done.restart_needed)}")
        return Answer(
            outcome=Outcome.DONE,
            message="\n".join(lines),
            details={"applied": list(done.applied), "restart_needed": list(done.restart_needed)},
        )

    async def backup(self, *, path: str | None) -> Answer:
        """Copy the database while the bot runs."""
        target = self._name_backup() if path is None else Path(path)
        await self._core.stores.database.backup(target)
        return Answer(
            outcome=Outcome.DONE, message=f"backed up to {target}", details={"path": str(target)}
        )

    async def candles(self, request: CandleRequest) -> Answer:
        """Write every closed candle there is of a market to a file."""
        wish = CandleWish(
            name=request.symbol,
            interval=request.interval,
            venue=None if request.venue is None else VenueName(request.venue),
        )
        return await write_candles(await self._charts.export(wish), request.path)

    async def logs(self, *, count: int, level: str, containing: str | None) -> Answer:
        """Return the last log lines."""
        number = logging.getLevelNamesMapping()[level.upper()]
        entries = self._ring.last(count, level=number, containing=containing)
        lines = [entry.line() for entry in entries]
        return Answer(outcome=Outcome.DONE, message="\n".join(lines), details={"lines": lines})


def _line(part: Component) -> str:
    mark = "ok     " if part.healthy else "PROBLEM"
    return f"{mark} {part.name}: {part.detail}"


def _details(part: Component) -> Mapping[str, object]:
    return {
        "name": part.name,
        "healthy": part.healthy,
        "detail": part.detail,
        "since": None if part.since is None else part.since.isoformat(),
    }
