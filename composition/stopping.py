"""Stops a child process: asked first, then without asking."""

from __future__ import annotations

import asyncio


async def stop_process(process: asyncio.subprocess.Process, *, within_seconds: float) -> None:
    """Ask it to end, kill it when it has not by then; returns once it is gone."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(within_seconds):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
