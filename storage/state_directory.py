"""The directory that holds everything the bot remembers, owned by one process at a time."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from storage.errors import StateDirectoryLocked, StorageError, StorageUnavailable

_PRIVATE_DIRECTORY = 0o700
_PRIVATE_FILE = 0o600


class StateDirectory:
    """The places in it; nothing is touched before `lock`. Needs no database."""

    def __init__(self, *, root: Path) -> None:
        """Name the directory; relative paths are taken from where the process started."""
        self.root = root.absolute()

    @property
    def database(self) -> Path:
        """The one database file."""
        return self.root / "steelyard.db"

    @property
    def halt_file(self) -> Path:
        """While it exists, nothing new is traded."""
        return self.root / "HALT"

    @property
    def nonces(self) -> Path:
        """One file a venue key."""
        return self.root / "nonce"

    @property
    def backups(self) -> Path:
        """Copies of the database."""
        return self.root / "backups"

    @property
    def control_socket(self) -> Path:
        """Where the running process listens for the command line."""
        return self.root / "control.sock"

    @property
    def pictures(self) -> Path:
        """Pictures being drawn, and the cache of what draws them."""
        return self.root / "pictures"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Make the directory, private, and own it until the block ends or the process dies.

        StateDirectoryLocked names the process that owns it; StorageUnavailable says why the
        directory cannot be used.
        """
        descriptor = self._open()
        try:
            _take(descriptor, self.root)
            _say(descriptor, f"{os.getpid()}\n")
            yield
            _say(descriptor, "")
        finally:
            # Closing gives the lock up. The file stays: removing it would let two win.
            os.close(descriptor)

    def owner(self) -> str | None:
        """Return the process that owns the directory ("unknown" if it has not said), or None."""
        try:
            descriptor = os.open(self._lock_file, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            _take(descriptor, self.root)
        except StateDirectoryLocked:
            return _read_owner(descriptor)
        finally:
            os.close(descriptor)
        return None

    @property
    def _lock_file(self) -> Path:
        return self.root / "lock"

    def _open(self) -> int:
        try:
            self.root.mkdir(mode=_PRIVATE_DIRECTORY, parents=True, exist_ok=True)
            self._make_private()
            for place in (self.nonces, self.backups, self.pictures):
                place.mkdir(mode=_PRIVATE_DIRECTORY, exist_ok=True)
            flags = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
            return os.open(self._lock_file, flags, _PRIVATE_FILE)
        except OSError as error:
            raise StorageUnavailable(
                f"the state directory {self.root} cannot be used ({error}); nothing was started. "
                "Check state_dir, its permissions and the disk"
            ) from error

    def _make_private(self) -> None:
        found = self.root.stat()
        if found.st_uid != os.geteuid():
            raise StorageError(
                f"the state directory {self.root} belongs to another user (uid {found.st_uid}); "
                "nothing was started. Run as that user, or set another state_dir"
            )
        if stat.S_IMODE(found.st_mode) != _PRIVATE_DIRECTORY:
            self.root.chmod(_PRIVATE_DIRECTORY)


def _take(descriptor: int, root: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StateDirectoryLocked(
            f"the state directory {root} is in use by process {_read_owner(descriptor)}; nothing "
            "was started. Stop that process, or set another state_dir"
        ) from error


def _say(descriptor: int, owner: str) -> None:
    """Write down who owns it; on a full disk nobody is told, and the lock counts all the same."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, owner.encode(), 0)


def _read_owner(descriptor: int) -> str:
    return os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
