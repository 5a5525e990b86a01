"""What can be done with the state directory while no bot owns it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from composition.candle_file import stored_candles, write_candles
from handlers.http.answers import Answer, CandleRequest, EmergencyRequest, Outcome
from handlers.process.asking_emergency import Door
from storage.database import Database
from storage.settings import SettingsRepository
from storage.state_directory import StateDirectory
from trading.clock import Clock
from trading.config.configuration import Configuration
from trading.errors import CommandError, PriceError, StateDirectoryLocked, StorageError
from trading.events import EventBus
from trading.model.identifiers import VenueName
from trading.risk.halt_file import HaltFile
from trading.risk.trading_state import TradingGate


class StateDesk:
    """Satisfies `handlers.process.asking.OfflineDesk`."""

    def __init__(
        self,
        *,
        state: StateDirectory,
        configuration: Configuration,
        with_secrets: Callable[[], Configuration],
        clock: Clock,
    ) -> None:
        """Nothing is touched before it is asked; `with_secrets` reads the configuration again."""
        self._state = state
        self._configuration = configuration
        self._with_secrets = with_secrets
        self._clock = clock

    def emergency(
        self, request: EmergencyRequest, *, by: str
    ) -> AbstractAsyncContextManager[Door]:
        """Own the state directory and do what the emergency tool asks."""
        from composition.offline_emergency import Alone, alone

        parts = Alone(
            state=self._state,
            configuration=self._with_secrets,
            halt=lambda: self.halt(by=by),
            clock=self._clock,
            by=by,
        )
        return alone(request, parts)

    async def halt(self, *, by: str) -> Answer:
        """Write the file HALT: needs no database, no lock, and a stuck bot sees it too."""
        if not self._state.root.is_dir():
            message = f"{self._state.root} does not exist, so no bot has ever run on it"
            return Answer(outcome=Outcome.FAILED, message=message)
        said = {
            "reason": "asked on the command line",
            "by": by,
            "since": self._clock.now().isoformat(),
        }
        try:
            await HaltFile(self._state.halt_file).write(json.dumps(said))
        except StorageError as error:
            return Answer(outcome=Outcome.FAILED, message=str(error))
        message = (
            f"{self._state.halt_file} is written: nothing is traded until you resume. "
            "Open orders were not cancelled"
        )
        return Answer(outcome=Outcome.DONE, message=message)

    async def resume(self, *, by: str) -> Answer:
        """Let the next start trade."""
        try:
            with self._state.lock():
                async with self._database() as database:
                    gate = self._gate(database)
                    await gate.start()
                    state = await gate.resume(by)
        except (StateDirectoryLocked, StorageError, CommandError) as error:
            return Answer(outcome=Outcome.REFUSED, message=str(error))
        message = f"the next start will be {state.mode}"
        if not self._configuration.bot.trading_enabled:
            message += ", but trading_enabled = false in the configuration refuses every order"
        return Answer(outcome=Outcome.DONE, message=message)

    async def backup(self, *, path: Path) -> Answer:
        """Write a copy of the database."""
        if not self._state.database.exists():
            message = f"there is no database at {self._state.database}"
            return Answer(outcome=Outcome.FAILED, message=message)
        try:
            with self._state.lock():
                async with self._database() as database:
                    await database.backup(path)
        except StorageError as error:
            return Answer(outcome=Outcome.FAILED, message=str(error))
        return Answer(outcome=Outcome.DONE, message=f"backed up to {path}")

    async def candles(self, request: CandleRequest) -> Answer:
        """Write what is stored of a market; no venue is asked."""
        if not self._state.database.exists():
            message = f"there is no database at {self._state.database}"
            return Answer(outcome=Outcome.FAILED, message=message)
        try:
            with self._state.lock():
                async with self._database() as database:
                    names = [VenueName(name) for name in self._configuration.venues]
                    found = await stored_candles(database, request, names, clock=self._clock)
        except (StorageError, CommandError, PriceError) as error:
            return Answer(outcome=Outcome.FAILED, message=str(error))
        return await write_candles(found, request.path)

    def _database(self) -> AbstractAsyncContextManager[Database]:
        return Database.open(self._state.database, clock=self._clock, backups=self._state.backups)

    def _gate(self, database: Database) -> TradingGate:
        return TradingGate(
            halt_file=self._state.halt_file,
            settings=SettingsRepository(database=database),
            clock=self._clock,
            bus=EventBus(),
            trading_enabled=self._configuration.bot.trading_enabled,
            is_live=self._configuration.bot.mode == "live",
        )
