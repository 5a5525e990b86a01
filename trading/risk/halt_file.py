"""The file whose presence halts trading: written so that it outlives a crash."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from trading.errors import StorageUnavailable


class HaltFile:
    """One file in the state directory; disk work is done in a thread, within a deadline."""

    def __init__(self, path: Path, *, timeout_seconds: float = 2.0) -> None:
        """Take the path; nothing is touched before it is asked for."""
        self._path = path
        self._timeout = timeout_seconds

    def exists(self) -> bool:
        """Tell whether it is there; a look-up of some microseconds, so it may run in the loop.

        What cannot be looked at may be there.
        """
        try:
            self._path.stat()
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    async def read(self) -> str:
        """Return what it holds; a file that cannot be read still counts, so that is no fault."""
        try:
            async with asyncio.timeout(self._timeout):
                return await asyncio.to_thread(_read_text, self._path)
        except (OSError, TimeoutError):
            return ""

    async def write(self, text: str) -> None:
        """Put it there durably; StorageUnavailable when that does not work."""
        try:
            async with asyncio.timeout(self._timeout):
                await asyncio.to_thread(_write_durably, self._path, text)
        except (OSError, TimeoutError) as error:
            raise StorageUnavailable(
                f"the file {self._path.name} could not be written: {_words(error)}"
            ) from error

    async def remove(self) -> None:
        """Take it away durably; StorageUnavailable when that does not work."""
        try:
            async with asyncio.timeout(self._timeout):
                await asyncio.to_thread(_remove_durably, self._path)
        except (OSError, TimeoutError) as error:
            raise StorageUnavailable(
                f"the file {self._path.name} could not be removed ({_words(error)}); "
                "trading stays halted: remove the cause and resume again"
            ) from error


def _words(error: OSError | TimeoutError) -> str:
    return str(error) or "no answer in time"


def _read_text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _write_durably(path: Path, text: str) -> None:
    """Write a temporary file and rename it, with both it and its folder on disk."""
    temporary = path.with_name(f"{path.name}.new")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    _sync_folder(path.parent)


def _remove_durably(path: Path) -> None:
    path.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
