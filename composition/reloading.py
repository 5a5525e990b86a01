"""Reload: validate the file whole, then swap what may be swapped; a bad file changes nothing."""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from composition import wishes
from composition.core import Core
from composition.in_force import InForce
from composition.jobs import job_schedules
from composition.signal_targets import signal_rules
from composition.telegram import access, destination
from composition.vigils import Vigils
from handlers.process.logs import Logs
from handlers.process.redaction import Redactor
from handlers.telegram.edge import TelegramEdge
from trading.config.configuration import Configuration
from trading.config.description import secrets
from trading.config.loading import load
from trading.config.reload import Reload, plan_reload
from trading.errors import ConfigurationError
from trading.intents.close_all import CloseAllIntents
from trading.intents.manual_orders import ManualOrders
from trading.intents.portfolio import PortfolioIntents
from trading.workflow.herald import Herald
from trading.workflow.jobs import JobBoard

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Swappable:
    """The parts that take new settings while they run."""

    core: Core
    vigils: Vigils
    closing: CloseAllIntents
    portfolio: PortfolioIntents
    manual: ManualOrders
    board: JobBoard
    edge: TelegramEdge | None
    herald: Herald
    logs: Logs
    redactor: Redactor


class Reloader:
    """One reload at a time."""

    def __init__(
        self, *, path: Path, in_force: InForce, parts: Swappable, is_pairing: bool
    ) -> None:
        """Take where the file is and whom to tell."""
        self._path = path
        self._in_force = in_force
        self._parts = parts
        self._is_pairing = is_pairing
        self._lock = asyncio.Lock()

    async def reload(self) -> Reload:
        """Put the file in force as far as it can be; ConfigurationError leaves all as it was."""
        async with self._lock:
            new = await asyncio.to_thread(
                load, self._path, dict(os.environ), is_pairing=self._is_pairing
            )
            self._parts.redactor.add(secrets(new))
            planned = plan_reload(self._in_force.configuration, new)
            self._put_in_force(planned.in_force)
            _log.info(
                "configuration reloaded applied=%s restart_needed=%s",
                ",".join(planned.applied),
                ",".join(planned.restart_needed),
            )
            return planned

    async def reload_and_tell(self) -> None:
        """Reload because a signal asked; nobody waits for the answer, so the owner is told."""
        try:
            done = await self.reload()
        except ConfigurationError as error:
            _log.warning("reload refused, the old configuration stays in force: %s", error)
            await self._parts.herald.tell("reload", {"problems": list(error.problems)})
            return
        payload = {"applied": list(done.applied), "restart_needed": list(done.restart_needed)}
        await self._parts.herald.tell("reload", payload)

    def _put_in_force(self, configuration: Configuration) -> None:
        parts = self._parts
        parts.core.gate.set_trading_enabled(enabled=configuration.bot.trading_enabled)
        parts.vigils.replace(configuration)
        parts.core.risk.replace(configuration)
        parts.core.rebalance.replace_allocations(wishes.venue_allocations(configuration))
        parts.core.signals.targets.replace_rules(signal_rules(configuration))
        parts.closing.replace_rules(wishes.closing_rules(configuration))
        parts.portfolio.replace_allocations(wishes.shown_allocations(configuration))
        parts.manual.replace_rules(wishes.trade_rules(configuration))
        for name, schedule in job_schedules(configuration).items():
            parts.board.reschedule(name, schedule)
        parts.core.desk.reconciler.set_interval(configuration.jobs.reconcile.total_seconds())
        parts.core.balances.set_referee(configuration.jobs.referee.total_seconds())
        parts.logs.set_level(configuration.bot.log_level)
        if parts.edge is not None and configuration.telegram is not None:
            section = configuration.telegram
            parts.edge.replace_access(access(section, is_pairing=self._is_pairing))
            parts.edge.replace_destination(destination(section))
            parts.edge.set_max_command_age(section.max_command_age.total_seconds())
        self._in_force.configuration = configuration
