"""Real child processes: started, read, killed and waited for, with nothing left behind."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.shared import ROOT
from tests.support.waiting import PATIENCE_SECONDS, eventually

_LINE_LIMIT = 2**24

UNMEASURED: Mapping[str, str | None] = {
    "COVERAGE_PROCESS_CONFIG": None,
    "COVERAGE_PROCESS_START": None,
}
"""The environment of a child whose coverage other tests measure already: it runs twice as fast."""


@dataclass(slots=True, kw_only=True)
class Child:
    """A running child with everything it said so far."""

    process: asyncio.subprocess.Process
    command: tuple[str, ...]
    lines: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def returncode(self) -> int | None:
        return self.process.returncode

    @property
    def is_running(self) -> bool:
        return self.process.returncode is None

    def ready(self) -> dict[str, Any]:
        """Return the one JSON object that our servers print on stdout when they serve."""
        value = json.loads(next(filter(is_json_object, self.lines)))
        if not isinstance(value, dict):
            message = f"the ready line is no JSON object: {value!r}"
            raise TypeError(message)
        return value

    def said(self) -> str:
        return "\n".join([*self.lines, *self.errors])

    def signal(self, number: signal.Signals) -> None:
        if self.is_running:
            self.process.send_signal(number)

    async def wait(self, *, within: float = PATIENCE_SECONDS) -> int:
        """Return its exit code (negative: the signal that ended it)."""
        async with asyncio.timeout(within):
            return await self.process.wait()

    async def kill(self) -> int:
        """End it as a power cut would."""
        self.signal(signal.SIGKILL)
        return await self.wait()

    async def terminate(self, *, within: float = PATIENCE_SECONDS) -> int:
        """Ask it to end and return its exit code; fail when it does not."""
        self.signal(signal.SIGTERM)
        return await self.wait(within=within)


def is_json_object(line: str) -> bool:
    return line.startswith("{")


@asynccontextmanager
async def running(
    *arguments: str | Path,
    ready: Callable[[str], bool] | None = is_json_object,
    within: float = PATIENCE_SECONDS,
    environment: Mapping[str, str | None] | None = None,
    python: str | Path = sys.executable,
) -> AsyncIterator[Child]:
    """Run `python ARGUMENTS` from the project's root until the block is left.

    `ready` recognises the line on stdout that says it serves; None waits for nothing. What
    `environment` calls None is not handed on.
    """
    command = (str(python), *map(str, arguments))
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=_environment(environment or {}),
        limit=_LINE_LIMIT,
    )
    child = Child(process=process, command=command)
    # Not a TaskGroup: that would wrap what the block raises, a failed assertion or a skip.
    readers = (
        asyncio.create_task(_collect(process.stdout, child.lines)),
        asyncio.create_task(_collect(process.stderr, child.errors)),
    )
    try:
        if ready is not None:
            await _until_ready(child, ready, within)
        yield child
    finally:
        await _end(child)
        await _drain(readers)


def _environment(changes: Mapping[str, str | None]) -> dict[str, str]:
    wanted = {**os.environ, "PYTHONUNBUFFERED": "1", **changes}
    return {name: value for name, value in wanted.items() if value is not None}


async def run(
    *arguments: str | Path,
    within: float = PATIENCE_SECONDS,
    environment: Mapping[str, str | None] | None = None,
    python: str | Path = sys.executable,
) -> Child:
    """Run `python ARGUMENTS` to its end and return it with all it said."""
    async with running(*arguments, ready=None, environment=environment, python=python) as child:
        await child.wait(within=within)
    return child


async def _collect(stream: asyncio.StreamReader | None, into: list[str]) -> None:
    if stream is None:
        return
    async for line in stream:
        into.append(line.decode(errors="replace").rstrip("\n"))  # seen as it comes


async def _drain(readers: tuple[asyncio.Task[None], ...]) -> None:
    """Read what is left; a grandchild that holds the pipe open does not hold the test."""
    _, unfinished = await asyncio.wait(readers, timeout=10.0)
    for reader in unfinished:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)


async def _until_ready(child: Child, ready: Callable[[str], bool], within: float) -> None:
    def is_ready() -> bool:
        return not child.is_running or any(map(ready, child.lines))

    await eventually(is_ready, within=within, because=f"{child.command} says it is ready")
    if not any(map(ready, child.lines)):
        message = f"{child.command} ended with {child.returncode}:\n{child.said()}"
        raise AssertionError(message)


async def _end(child: Child) -> None:
    """Ask for ten seconds, then insist: a test's failure must not leave a process behind."""
    if not child.is_running:
        return
    with contextlib.suppress(ProcessLookupError):
        child.process.terminate()
    try:
        await child.wait(within=10.0)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            child.process.kill()
        await child.wait()


def run_to_end(command: Sequence[str | Path], *, within: float = 120.0) -> str:
    """Run any command from the project's root and return its stdout; for synchronous tests."""
    finished = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=within,
        check=True,
    )
    return finished.stdout


def free_port() -> int:
    """Return a loopback port that was free a moment ago; prefer servers that bind port 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_exit(pid: int, *, within: float = PATIENCE_SECONDS) -> None:
    """Wait until a process that is not our child is gone."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    message = f"process {pid} still runs after {within:g} s"
    raise AssertionError(message)
