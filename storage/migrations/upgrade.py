"""Brings a database file to the shape of `storage.tables`, after a backup of what it was.

Alembic is imported only when there is something to do: it costs time and memory at start.
Everything here blocks: it runs in a thread, before the database is opened.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, NullPool, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from storage.backup import copy_database
from storage.errors import StorageError, StorageUnavailable
from storage.faults import explain

_LOCK_WAIT_SECONDS = 5.0
_one_at_a_time = threading.Lock()
"""Alembic keeps what it migrates in globals of its own: two threads would mix their files up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrations:
    """A folder of Alembic revisions and the newest of them (a test compares)."""

    folder: Path = Path(__file__).parent
    head: str = "0005"


def bring_up_to_date(
    path: Path, *, backups: Path, now: datetime, migrations: Migrations | None = None
) -> None:
    """Create or migrate the database; an existing one is copied into `backups` first."""
    wanted = Migrations() if migrations is None else migrations
    stamp = _stamp(path)
    if stamp == wanted.head:
        return
    if stamp is not None:
        _refuse_newer(path, stamp, wanted)
        copy_database(path, backups / f"{path.stem}-{stamp}-{now:%Y%m%dT%H%M%S%f}Z.db")
    _migrate(path, wanted)


def _stamp(path: Path) -> str | None:
    """Return the revision the file was left at; None when there is no database yet."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made private here; the files that SQLite puts beside it take over its permissions.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(path, timeout=_LOCK_WAIT_SECONDS, isolation_level=None)
        with closing(connection):
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
            if "alembic_version" not in tables:
                if tables:
                    raise StorageError(
                        f"{path} is a database of some other program; it was left alone. Set "
                        "another state_dir"
                    )
                return None
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except OSError as error:
        raise StorageUnavailable(
            f"{path} cannot be opened ({error}); nothing was changed. Check state_dir and its "
            "permissions"
        ) from error
    except sqlite3.Error as error:
        raise StorageUnavailable(
            f"{path} cannot be read ({error}); nothing was changed. Close other programs that "
            "use it, or restore a backup"
        ) from error
    return None if row is None else str(row[0])


def _refuse_newer(path: Path, stamp: str, wanted: Migrations) -> None:
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory(str(wanted.folder)).walk_revisions()}
    if stamp not in known:
        raise StorageError(
            f"{path} was written by a newer version (revision {stamp}, this one knows up to "
            f"{wanted.head}); it was left alone. Start the newer version, or restore an older "
            "backup"
        )


def _migrate(path: Path, wanted: Migrations) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(wanted.folder).replace("%", "%%"))
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=NullPool,
        connect_args={"isolation_level": None, "timeout": _LOCK_WAIT_SECONDS},
    )
    event.listen(engine, "connect", _prepare)
    try:
        with engine.connect() as connection:
            # One transaction around it all: a crash leaves the file as it was.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            config.attributes["connection"] = connection
            with _one_at_a_time:
                command.upgrade(config, wanted.head)
            _check_foreign_keys(connection, path)
            connection.commit()
    except SQLAlchemyError as error:
        raise explain(error, path) from error
    finally:
        engine.dispose()


def _prepare(connection: Any, record: object) -> None:
    del record
    # With foreign keys on, rebuilding a table silently deletes the rows that point at it.
    for pragma in ("foreign_keys = OFF", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _check_foreign_keys(connection: Connection, path: Path) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise StorageError(
            f"migrating {path} would break {len(broken)} links between rows (first: table "
            f"{broken[0][0]}); nothing was changed. Report this with the backup just made"
        )
