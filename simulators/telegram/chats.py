"""Which chats the bot may write to: started by their user, and not blocked by him since."""

from simulators.telegram.database import Database
from simulators.telegram.errors import bad_request, forbidden
from simulators.telegram.people import People


class Chats:
    def __init__(self, *, database: Database, people: People, started: bool) -> None:
        """`started`: whether users count as having pressed Start before they first write."""
        self._database = database
        self._people = people
        self._started_by_default = started

    def writable(self, chat_id_text: str) -> int:
        """The chat a bot names, or the refusal the real server gives."""
        if not chat_id_text:
            raise bad_request("chat_id is empty")
        try:
            chat_id = int(chat_id_text)
        except ValueError:
            raise bad_request("chat not found") from None
        if not self._people.knows_chat(chat_id) or not self.is_started(chat_id):
            raise bad_request("chat not found")
        if self.is_blocked(chat_id):
            raise forbidden("bot was blocked by the user")
        return chat_id

    def is_started(self, chat_id: int) -> bool:
        row = self._database.row("SELECT started FROM chats WHERE chat_id = ?", chat_id)
        if row is not None:
            return bool(row["started"])
        return self._started_by_default or chat_id in self._people.groups

    def is_blocked(self, chat_id: int) -> bool:
        row = self._database.row("SELECT blocked FROM chats WHERE chat_id = ?", chat_id)
        return row is not None and bool(row["blocked"])

    def note(self, chat_id: int, *, blocked: bool) -> None:
        """Write down that the chat exists and whether the bot is blocked in it."""
        self._database.execute(
            "INSERT INTO chats (chat_id, started, blocked) VALUES (?, 1, ?) "
            "ON CONFLICT (chat_id) DO UPDATE SET started = 1, blocked = excluded.blocked",
            chat_id,
            int(blocked),
        )
