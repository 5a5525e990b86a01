"""Prometheus's own checker, where it is installed."""

import asyncio
import shutil
from pathlib import Path

import pytest

_SECONDS = 60.0


async def promtool(*words: str | Path, said: str = "", folder: Path | None = None) -> str:
    """Run it and return all that it says; skips the test where there is none."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed (Debian: in the package prometheus)")
    process = await asyncio.create_subprocess_exec(
        program,
        *map(str, words),
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(_SECONDS):
        output, _ = await process.communicate(said.encode())
    text = output.decode()
    assert process.returncode == 0, text
    return text
