"""The demo's bot as a process that can be killed, stopped, started and reloaded."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from composition.stopping import stop_process
from trading.clock import Clock
from trading.errors import CommandError

_BOT = Path(__file__).parent.parent / "bot.py"
_PAUSE_SECONDS = 1.0
_STOP_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessState:
    """How the bot's process does."""

    running: bool
    pid: int | None
    restarts: int


class BotProcess:
    """Keeps one bot running for as long as it is wanted, as a service manager would."""

    def __init__(self, *, config: Path, log: Path, clock: Clock) -> None:
        """Nothing is started before it is wanted."""
        self._config = config
        self._log = log
        self._clock = clock
        self._process: asyncio.subprocess.Process | None = None
        self._wanted = asyncio.Event()
        self._restarts = -1

    async def __aenter__(self) -> Self:
        """Give it a block at whose end the process ends too."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop it as a service manager would, then without asking."""
        self._wanted.clear()
        if self._process is not None:
            await stop_process(self._process, within_seconds=_STOP_SECONDS)

    @property
    def state(self) -> ProcessState:
        """How it does now."""
        process = self._process
        running = process is not None and process.returncode is None
        return ProcessState(
            running=running,
            pid=process.pid if running and process is not None else None,
            restarts=max(0, self._restarts),
        )

    def want(self, *, running: bool) -> None:
        """Have it started, or not started again."""
        if running:
            self._wanted.set()
        else:
            self._wanted.clear()

    def send(self, number: signal.Signals) -> bool:
        """Send a signal; False when there is nobody to receive it."""
        process = self._process
        if process is None or process.returncode is not None:
            return False
        process.send_signal(number)
        return True

    async def prepare(self) -> None:
        """A live bot's first start is halted; the demo's owner has said yes by starting it."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(_BOT), "resume", "--yes", "--config", str(self._config),
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        if await process.wait() != 0:
            raise CommandError("the demo's bot could not be prepared; the message stands above")

    async def keep_running(self, stop: asyncio.Event) -> None:
        """Start it whenever it is wanted and does not run, until `stop`."""
        async with asyncio.TaskGroup() as group:
            keeper = group.create_task(self._keep())
            await stop.wait()
            keeper.cancel()

    async def _keep(self) -> None:
        while True:
            await self._wanted.wait()
            await self._run_once()
            await self._clock.sleep(_PAUSE_SECONDS)

    async def _run_once(self) -> None:
        descriptor = await asyncio.to_thread(self._log.open, "ab")
        with descriptor:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, str(_BOT), "run", "--config", str(self._config),
                stdout=descriptor, stderr=descriptor, start_new_session=True,
            )  # fmt: skip
        self._restarts += 1
        await self._process.wait()
