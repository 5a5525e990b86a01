"""A lock in a file, for the processes of one machine; the kernel lets go when its holder dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from trading.errors import StorageUnavailable


class FileLock:
    """Taken without ever waiting: who waits does so on the clock, in the loop."""

    def __init__(self, path: Path) -> None:
        """Open nothing yet."""
        self._path = path
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Open the file, making it and its folder where need be."""
        try:
            # mkdir gives its mode to the last folder alone, and the one above is the state's.
            self._path.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageUnavailable(
                f"the lock file {self._path} cannot be used ({error.strerror}); nothing was sent. "
                "Check the owner of the state directory."
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file, which lets go of the lock."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    @property
    def is_open(self) -> bool:
        """True between entering and leaving."""
        return self._descriptor is not None

    def take(self) -> bool:
        """Take it for oneself alone; False while anybody else holds or shares it."""
        return self._try(fcntl.LOCK_EX)

    def share(self) -> bool:
        """Hold it together with others that share it; False while one holds it alone."""
        return self._try(fcntl.LOCK_SH)

    def release(self) -> None:
        """Let go of it; harmless when it is not held."""
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def is_free(self) -> bool:
        """Tell whether nobody else has it; only for who does not hold it himself."""
        if not self.take():
            return False
        self.release()
        return True

    def _try(self, how: int) -> bool:
        if self._descriptor is None:
            return False
        try:
            fcntl.flock(self._descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
