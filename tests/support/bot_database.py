"""The bot's own book, read past the bot: plain sqlite3, read-only, also while it runs."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORKING = ("planned", "submitting", "open", "partially_filled", "unknown")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BotDatabase:
    """Every call opens the file anew; a database that is not there yet is an empty one."""

    path: Path

    def rows(self, question: str, values: Sequence[object] = ()) -> list[Row]:
        if not self.path.exists():
            return []
        address = f"{self.path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=60.0)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(question, values)]

    def table(self, name: str) -> list[Row]:
        return self.rows(f"SELECT * FROM {name} ORDER BY rowid")  # noqa: S608 - our own words

    def started(self) -> int:
        """How often a process on this database has opened."""
        try:
            return len(self.notices("started"))
        except sqlite3.OperationalError:  # the first process has not made its tables yet
            return 0

    def notices(self, kind: str) -> list[Row]:
        """Notices of a kind with their payload read."""
        rows = self.rows("SELECT * FROM outbox WHERE kind = ? ORDER BY sequence", (kind,))
        return [row | {"payload": json.loads(row["payload"])} for row in rows]

    def working(self) -> list[Row]:
        marks = ", ".join("?" * len(WORKING))
        return self.rows(f"SELECT * FROM orders WHERE status IN ({marks})", WORKING)  # noqa: S608 - marks only

    def unsent(self) -> list[Row]:
        return self.rows("SELECT * FROM outbox WHERE status IN ('queued', 'sending')")

    def unfinished_runs(self) -> list[Row]:
        return self.rows("SELECT * FROM runs WHERE finished_at IS NULL")

    def unanswered(self) -> list[Row]:
        return self.rows("SELECT * FROM inbox WHERE status IN ('new', 'claimed')")

    def under_way(self) -> list[str]:
        """Say what is not at rest, a line each."""
        return [
            *(f"command {row['update_id']} is {row['status']}" for row in self.unanswered()),
            *(f"order {row['client_order_id']} is {row['status']}" for row in self.working()),
            *(f"run {row['run_id']} is {row['status']}" for row in self.unfinished_runs()),
            *(f"notice {row['sequence']} is {row['status']}" for row in self.unsent()),
        ]

    def inbox(self, update_id: int) -> Row | None:
        found = self.rows("SELECT * FROM inbox WHERE update_id = ?", (update_id,))
        return found[0] if found else None

    def setting(self, key: str) -> str | None:
        found = self.rows("SELECT value FROM settings WHERE key = ?", (key,))
        return str(found[0]["value"]) if found else None
