"""Bots that start without importing anything: for tests that start one over and over."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.support.processes import UNMEASURED, running
from tests.support.waiting import PATIENCE_SECONDS, eventually


@dataclass(frozen=True, slots=True, kw_only=True)
class Forked:
    """A bot out of the nursery; as `Child`, as far as the whole-bot tests use that."""

    pid: int
    output: Path
    code: Path

    @property
    def is_running(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def said(self) -> str:
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    def signal(self, number: signal.Signals) -> None:
        if self.is_running:
            os.kill(self.pid, number)

    async def wait(self, *, within: float = PATIENCE_SECONDS) -> int:
        """Return its exit code; that of one that was killed is the signal's, negative."""
        await eventually(lambda: not self.is_running, within=within, because="the bot has ended")
        return int(self.code.read_text()) if self.code.exists() else -signal.SIGKILL

    async def kill(self) -> int:
        self.signal(signal.SIGKILL)
        return await self.wait()

    async def terminate(self, *, within: float = PATIENCE_SECONDS) -> int:
        self.signal(signal.SIGTERM)
        return await self.wait(within=within)


@dataclass(slots=True, kw_only=True)
class Nursery:
    """Forks bots that have everything imported."""

    socket: Path
    folder: Path
    _numbers: count[int] = field(default_factory=count)

    async def spawn(self, *words: str | Path) -> Forked:
        """Start `bot.py WORDS`."""
        number = next(self._numbers)
        output, code = self.folder / f"{number}.log", self.folder / f"{number}.code"
        request = {"words": [str(word) for word in words], "said": str(output), "code": str(code)}
        reader, writer = await asyncio.open_unix_connection(self.socket)
        try:
            writer.write(json.dumps(request).encode())
            answer = json.loads(await reader.read())
        finally:
            writer.close()
        return Forked(pid=answer["pid"], output=output, code=code)


@asynccontextmanager
async def running_nursery(folder: Path) -> AsyncIterator[Nursery]:
    """Run one until the block is left; bots it forked are their tests' own to end."""
    folder.mkdir(exist_ok=True)
    address = folder / "nursery.sock"
    module = ("-m", "tests.support.nursery_process")
    async with running(*module, address, environment=UNMEASURED) as child:
        yield Nursery(socket=address, folder=folder)
        await child.kill()
