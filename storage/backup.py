"""Copies of the database that are whole, checked and named only when complete.

Everything here blocks: it runs in a thread.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from storage.errors import StorageError, StorageUnavailable

_PRIVATE_DIRECTORY = 0o700
_PRIVATE_FILE = 0o600
_WAIT_SECONDS = 5.0


def copy_database(source: Path, target: Path) -> None:
    """Copy a database in use to `target`, which must not exist; writers are not held up."""
    if target.exists():
        raise StorageError(f"{target} exists already; it was left alone. Name another file")
    partial = target.with_name(f"{target.name}.partial")
    try:
        target.parent.mkdir(mode=_PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        # VACUUM INTO fills an empty file, and keeps the permissions it was made with.
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE_FILE))
        with closing(_connect(source)) as connection:
            connection.execute("VACUUM INTO ?", (str(partial),))
        damage = find_damage(partial)
        if damage:
            raise StorageError(
                f"the copy of {source.name} is damaged ({damage[0]}); it was thrown away. "
                "Check the disk"
            )
        _sync(partial)
        # A link, unlike a rename, never replaces what appeared in the meantime.
        os.link(partial, target)
        _sync(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise StorageUnavailable(
            f"{source.name} could not be copied to {target} ({error}); the database itself is "
            "untouched. Check the space and the permissions there"
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def find_damage(path: Path) -> tuple[str, ...]:
    """Return what SQLite finds wrong with a file; empty when nothing is."""
    try:
        with closing(_connect(path)) as connection:
            rows = connection.execute("PRAGMA quick_check").fetchall()
    except sqlite3.Error as error:
        return (str(error),)
    findings = tuple(str(row[0]) for row in rows)
    return () if findings == ("ok",) else findings


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path.absolute(), timeout=_WAIT_SECONDS, isolation_level=None)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
