"""Copies of the database that are whole, checked and named only when complete.

Everything here blocks: it runs in a thread.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Literal

from storage.errors import StorageError, StorageUnavailable

_PRIVATE_DIRECTORY = 0o700
_WAIT_SECONDS = 5.0


def copy_database(source: Path, target: Path) -> None:
    """Copy a database in use to `target`, which must not exist; writers are not held up."""
    if target.exists():
        raise StorageError(f"{target} exists already; it was left alone. Name another file")
    partial: Path | None = None
    try:
        target.parent.mkdir(mode=_PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        # VACUUM INTO fills an empty file, which keeps the private permissions it was made with.
        descriptor, name = tempfile.mkstemp(
            dir=target.parent, prefix=f"{target.name}.", suffix=".partial"
        )
        os.close(descriptor)
        partial = Path(name)
        with closing(_connect(source)) as connection:
            connection.execute("VACUUM INTO ?", (name,))
        damage = find_damage(partial, check="integrity_check")
        if damage:
            raise StorageError(
                f"the copy of {source.name} is damaged ({damage[0]}); it was thrown away. "
                "Check the disk"
            )
        _sync(partial)
        partial.rename(target)
        _sync(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise StorageUnavailable(
            f"{source.name} could not be copied to {target} ({error}); the database itself is "
            "untouched. Check the space and the permissions there"
        ) from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)


def find_damage(
    path: Path, *, check: Literal["quick_check", "integrity_check"] = "quick_check"
) -> tuple[str, ...]:
    """Return what SQLite finds wrong with a file; empty when nothing is."""
    try:
        with closing(_connect(path)) as connection:
            rows = connection.execute(f"PRAGMA {check}").fetchall()
    except sqlite3.Error as error:
        return (str(error),)
    findings = tuple(str(row[0]) for row in rows)
    return () if findings == ("ok",) else findings


def _connect(path: Path) -> sqlite3.Connection:
    """Open a file that exists; SQLite would else make an empty one and find it in order."""
    uri = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, timeout=_WAIT_SECONDS, isolation_level=None)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
