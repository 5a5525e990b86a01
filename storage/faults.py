"""What a failed statement means, in our own words."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError, StatementError

from storage.errors import StorageError, StorageUnavailable
from storage.records import ConflictingWrite

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_ADVICE = {
    sqlite3.SQLITE_BUSY: "another program holds the database: close it",
    sqlite3.SQLITE_LOCKED: "another program holds the database: close it",
    sqlite3.SQLITE_FULL: "the disk is full: free some space",
    sqlite3.SQLITE_READONLY: "the database is read-only: check its permissions and the disk",
    sqlite3.SQLITE_IOERR: "the disk failed or is full: check it",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened: check the directory and its permissions",
    sqlite3.SQLITE_PERM: "access was denied: check the permissions",
    sqlite3.SQLITE_INTERRUPT: "it took too long: check the disk",
}
_PRIMARY_CODE = 0xFF
"""SQLite's extended result codes carry the primary one in their low byte."""


DRIVER_ERRORS = (SQLAlchemyError, sqlite3.Error)
"""What statements raise: by way of SQLAlchemy, or straight from the driver."""

DriverError = SQLAlchemyError | sqlite3.Error


def is_busy(error: DriverError) -> bool:
    """True when somebody else holds the lock that was wanted."""
    return _code(error) in _BUSY


def explain(error: DriverError, path: Path) -> StorageError:
    """Turn a driver's error into one of ours; the transaction has been rolled back."""
    original = _original(error)
    if isinstance(original, StorageError):
        return original
    if isinstance(original, sqlite3.IntegrityError):
        return ConflictingWrite(f"the store refused the write and kept nothing of it: {original}")
    advice = _ADVICE.get(_code(error))
    if advice is not None:
        return StorageUnavailable(f"{path.name} was not changed ({original}); {advice}")
    return StorageError(
        f"{path.name} failed ({original}); nothing was changed. If it happens again, "
        "restore a backup"
    )


def _original(error: DriverError) -> BaseException:
    wrapped = error.orig if isinstance(error, StatementError) else None
    return error if wrapped is None else wrapped


def _code(error: DriverError) -> int:
    original = _original(error)
    if isinstance(original, sqlite3.Error):
        # Errors raised by the driver itself, before SQLite was asked, carry no code.
        return getattr(original, "sqlite_errorcode", 0) & _PRIMARY_CODE
    return 0
