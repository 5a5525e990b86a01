"""Builds every part of one local Telegram and hands each what it needs."""

import random
from dataclasses import dataclass

from simulators.clock import Clock
from simulators.telegram.api import BotApi
from simulators.telegram.bot_side import BotSide
from simulators.telegram.chats import Chats
from simulators.telegram.control import Control
from simulators.telegram.database import Database
from simulators.telegram.faults import Faults
from simulators.telegram.files import Files
from simulators.telegram.history import History
from simulators.telegram.information import Information
from simulators.telegram.options import Options
from simulators.telegram.people import People
from simulators.telegram.polling import Polling
from simulators.telegram.presses import Presses
from simulators.telegram.profile import Profile
from simulators.telegram.sending import Sending
from simulators.telegram.update_queue import UpdateQueue
from simulators.telegram.user_side import UserSide


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What is written down, and the people it is about."""

    database: Database
    clock: Clock
    people: People
    files: Files
    history: History
    profile: Profile
    updates: UpdateQueue
    presses: Presses
    chats: Chats


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """The ways in: a bot's, the people's, and the one for making things go wrong."""

    api: BotApi
    users: UserSide
    control: Control
    polling: Polling


def make_stores(
    options: Options, *, database: Database, clock: Clock, dice: random.Random
) -> Stores:
    people = People(bot=options.bot, users=options.users, groups=options.groups)
    files = Files(database=database, directory=options.state / "files")
    history = History(database=database, clock=clock, people=people, files=files)
    return Stores(
        database=database,
        clock=clock,
        people=people,
        files=files,
        history=history,
        profile=Profile(database=database),
        updates=UpdateQueue(
            database=database, clock=clock, dice=dice, on_taken=history.note_taken
        ),
        presses=Presses(database=database, clock=clock, dice=dice),
        chats=Chats(database=database, people=people, started=options.started),
    )


def make_doors(stores: Stores, *, token: str) -> Doors:
    faults = Faults(clock=stores.clock)
    polling = Polling(database=stores.database, clock=stores.clock, updates=stores.updates)
    api = BotApi(
        token=token,
        methods={**_sending(stores).methods(), **_information(stores).methods()},
        polling=polling,
        faults=faults,
        files=stores.files,
        clock=stores.clock,
    )
    users = UserSide(
        clock=stores.clock,
        people=stores.people,
        chats=stores.chats,
        history=stores.history,
        updates=stores.updates,
        presses=stores.presses,
    )
    control = Control(
        database=stores.database,
        clock=stores.clock,
        people=stores.people,
        files=stores.files,
        history=stores.history,
        updates=stores.updates,
        users=users,
        faults=faults,
        polling=polling,
        api=api,
    )
    return Doors(api=api, users=users, control=control, polling=polling)


def _sending(stores: Stores) -> Sending:
    bot = BotSide(
        clock=stores.clock,
        people=stores.people,
        chats=stores.chats,
        history=stores.history,
        presses=stores.presses,
    )
    return Sending(bot=bot, files=stores.files)


def _information(stores: Stores) -> Information:
    return Information(
        database=stores.database,
        people=stores.people,
        chats=stores.chats,
        files=stores.files,
        history=stores.history,
        profile=stores.profile,
        updates=stores.updates,
    )
