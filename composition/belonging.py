"""A state folder is of one kind: what was traded on paper and what was real never meet."""

from __future__ import annotations

from composition.ground import Ground
from storage.database import Database
from storage.settings import SettingsRepository
from trading.errors import ConfigurationError
from trading.orders.desk import TAG

MODE = "bot.mode"


async def require_own_kind(database: Database, ground: Ground) -> None:
    """Refuse, with nothing changed, a folder that a bot of the other mode has worked in.

    An order in doubt would be looked for in the wrong account and proven absent there; its fills
    and values would be counted among the other's.
    """
    settings = SettingsRepository(database=database)
    mode = ground.configuration.bot.mode
    # Whoever worked here before folders were told apart was live: there was nothing else.
    was_used = await settings.get(TAG) is not None
    known = await settings.get_or_create(MODE, lambda: "live" if was_used else mode)
    if known != mode:
        message = (
            f'{ground.state.root} belongs to a bot with mode = "{known}", and bot.mode is '
            f'"{mode}": nothing was changed. Give each its own bot.state_dir'
        )
        raise ConfigurationError((message,))
