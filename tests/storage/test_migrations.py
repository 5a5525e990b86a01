"""The migrations end where the tables are, after a backup, or leave the file as it was."""

import asyncio
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from storage.errors import StorageError
from storage.migrations.upgrade import Migrations, bring_up_to_date
from storage.schema import metadata
from tests.support.processes import run
from tests.support.stores import NOW, open_database

REVISION = """
from alembic import op

revision = "{revision}"
down_revision = "{before}"

def upgrade() -> None:
    op.execute("ALTER TABLE settings ADD COLUMN colour TEXT")
    {more}
"""


def schema(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
        return {
            name: "".join(sql.split())
            for name, sql in found
            if name not in ("alembic_version", "sqlite_sequence")
        }


def migrate(path: Path, migrations: Migrations | None = None) -> None:
    bring_up_to_date(path, backups=path.parent / "backups", now=NOW, migrations=migrations)


def next_version(folder: Path, more: str = "pass") -> Migrations:
    """Return the migrations with one more, as a later version would have them."""
    here = Migrations()
    shutil.copytree(here.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = REVISION.format(revision="later", before=here.head, more=more)
    (folder / "versions" / "later.py").write_text(text)
    return Migrations(folder=folder, head="later")


def test_a_migrated_database_is_what_the_tables_say(tmp_path: Path) -> None:
    migrate(tmp_path / "migrated.db")
    engine = create_engine(f"sqlite:///{tmp_path / 'created.db'}")
    metadata.create_all(engine)
    engine.dispose()
    assert schema(tmp_path / "migrated.db") == schema(tmp_path / "created.db")
    migrated = create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    migrated.dispose()


def test_every_table_is_strict() -> None:
    assert all(table.dialect_options["sqlite"]["strict"] for table in metadata.tables.values())


def test_the_head_is_the_newest_revision() -> None:
    here = Migrations()
    assert ScriptDirectory(str(here.folder)).get_heads() == [here.head]


async def test_alembic_is_imported_only_when_there_is_something_to_do(tmp_path: Path) -> None:
    needed = []
    for _ in range(2):
        child = await run("-m", "tests.storage.worker", "modules", tmp_path)
        needed.append(json.loads(child.lines[-1])["alembic"])
    assert needed == [True, False]


def test_an_older_database_is_copied_and_then_migrated(tmp_path: Path) -> None:
    path = tmp_path / "steelyard.db"
    migrate(path)
    assert not (tmp_path / "backups").exists()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("INSERT INTO settings VALUES ('kept', 'yes')")
    migrate(path, next_version(tmp_path / "later"))
    (copy,) = (tmp_path / "backups").iterdir()
    assert copy.name == f"steelyard-{Migrations().head}-20260105T120000123456Z.db"
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT * FROM settings").fetchall() == [("kept", "yes")]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM settings").fetchall() == [("kept", "yes", None)]
        assert connection.execute("SELECT * FROM alembic_version").fetchall() == [("later",)]


def test_a_database_of_the_first_version_keeps_all_that_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "steelyard.db"
    migrate(path, Migrations(head="0001"))
    rows = {
        "nav": (1, "kraken", "USD", "1234.50", "2026-01-05T11:00:00.000000+00:00"),
        "settings": ("trading_state", "halted"),
    }
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for table, row in rows.items():
            places = ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO {table} VALUES ({places})", row)  # noqa: S608 - ours
    migrate(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM nav").fetchall() == [(*rows["nav"], None)]
        assert connection.execute("SELECT * FROM settings").fetchall() == [rows["settings"]]
        for table in ("ledger", "performance", "limit_states"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)  # noqa: S608 - ours
    (copy,) = (tmp_path / "backups").iterdir()
    assert copy.name.startswith("steelyard-0001-")


ORPHAN = """op.execute(
        "INSERT INTO order_events (client_order_id, at, status, detail)"
        " VALUES ('none', '2026', 'open', '')"
    )"""


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('op.execute("INSERT INTO nowhere VALUES (1)")', "no such table"),
        (ORPHAN, "would break 1 links"),
    ],
    ids=["fails", "breaks a link"],
)
def test_a_failing_migration_changes_nothing(tmp_path: Path, more: str, message: str) -> None:
    path = tmp_path / "steelyard.db"
    migrate(path)
    before = schema(path)
    with pytest.raises(StorageError, match=message):
        migrate(path, next_version(tmp_path / "later", more))
    assert schema(path) == before
    migrate(path)


async def test_several_databases_may_be_opened_at_once(tmp_path: Path) -> None:
    folders = [tmp_path / f"{number}" for number in range(8)]

    async def opened(folder: Path) -> dict[str, str]:
        async with open_database(folder):
            return schema(folder / "steelyard.db")

    schemas = await asyncio.gather(*map(opened, folders))
    assert schemas == [schemas[0]] * len(folders)
    assert "orders" in schemas[0]


async def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "steelyard.db"
    migrate(path, next_version(tmp_path / "later"))
    before = path.read_bytes()
    with pytest.raises(StorageError, match="written by a newer version"):
        async with open_database(tmp_path):
            pytest.fail("it opened")
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "steelyard.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    with pytest.raises(StorageError, match="some other program"):
        migrate(path)
    assert list(schema(path)) == ["theirs"]


def test_a_start_that_was_cut_off_is_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "steelyard.db"
    path.touch()
    migrate(path)
    assert "orders" in schema(path)
