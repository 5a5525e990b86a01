"""The command line of the local Telegram, checked before anything listens."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from simulators.telegram.people import BotIdentity, Group, User

_DUMMY_TOKEN = re.compile(r"123:demo|\d+:[\w-]*demo[\w-]*", re.IGNORECASE)
_USER = re.compile(r"([1-9]\d*):([a-z]+):(\S[^:,]*)")
_DEFAULT_USERS = "1001:owner:Ada,1002:viewer:Vic,1003:stranger:Sam"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    host: str
    port: int  # 0: any free one


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    listen: Address
    control: Address
    state: Path
    token: str
    bot: BotIdentity
    users: tuple[User, ...]
    groups: tuple[Group, ...]
    started: bool
    kraken_control: str | None
    binance_control: str | None
    process_control: str | None


def read_options(arguments: Sequence[str]) -> Options:
    """Exit with status 2 and a sentence where an option cannot be accepted."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        return Options(
            listen=_address(given.listen),
            control=_address(given.control),
            state=Path(given.state),
            token=_token(given.token),
            bot=BotIdentity(
                bot_id=int(given.token.split(":")[0]),
                first_name=given.bot_name,
                username=given.bot_username,
            ),
            users=_users(given.users),
            groups=_groups(given.groups),
            started=not given.fresh,
            kraken_control=_local_url(given.kraken_control),
            binance_control=_local_url(given.binance_control),
            process_control=_local_url(given.process_control),
        )
    except ValueError as refused:
        parser.error(str(refused))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.telegram",
        description="A Telegram of your own: the Bot API and a chat page, on this machine only.",
    )
    add = parser.add_argument
    add("--listen", default="127.0.0.1:8080", help="Bot API and chat page (default: %(default)s)")
    add("--control", default="127.0.0.1:0", help="control address (default: any free port)")
    add("--state", required=True, help="folder for the history, the updates and the files")
    add("--token", default="123:demo", help="the bot's token; only dummies (default: %(default)s)")
    add("--users", default=_DEFAULT_USERS, help="ID:ROLE:NAME,... (default: %(default)s)")
    add("--groups", default="", help="ID:TITLE,... of groups that all users are in")
    add("--bot-name", default="Steelyard", help="the bot's name (default: %(default)s)")
    add("--bot-username", default="steelyard_demo_bot", help="default: %(default)s")
    add("--fresh", action="store_true", help="nobody has pressed Start yet")
    add("--kraken-control", metavar="URL", help="control address of the local Kraken")
    add("--binance-control", metavar="URL", help="control address of a local Binance beside it")
    add("--process-control", metavar="URL", help="control address of the bot's launcher")
    return parser


def _address(given: str) -> Address:
    host, _, port = given.rpartition(":")
    if not host or not port.isdigit():
        raise ValueError(f"An address is HOST:PORT, was {given!r}.")
    if host != "localhost" and not ip_address(host.strip("[]")).is_loopback:
        raise ValueError(
            f"Only this machine may reach the local Telegram; {host} is not loopback."
        )
    return Address(host=host.strip("[]"), port=int(port))


def _token(given: str) -> str:
    if _DUMMY_TOKEN.fullmatch(given) is None:
        raise ValueError(
            "This does not look like a dummy token, so it is refused: a real token does not "
            "belong into a simulator. Use 123:demo, or DIGITS:...demo..."
        )
    return given


def _users(given: str) -> tuple[User, ...]:
    users = []
    for entry in given.split(","):
        match = _USER.fullmatch(entry.strip())
        if match is None:
            raise ValueError(f"A user is ID:ROLE:NAME, was {entry!r}.")
        users.append(User(user_id=int(match[1]), role=match[2], first_name=match[3]))
    return tuple(users)


def _groups(given: str) -> tuple[Group, ...]:
    groups = []
    for entry in filter(None, given.split(",")):
        chat_id, _, title = entry.partition(":")
        if not chat_id.startswith("-") or not chat_id[1:].isdigit() or not title:
            raise ValueError(f"A group is -ID:TITLE, was {entry!r}.")
        groups.append(Group(chat_id=int(chat_id), title=title))
    return tuple(groups)


def _local_url(given: str | None) -> str | None:
    if given is None:
        return None
    if re.fullmatch(r"http://(127\.0\.0\.1|localhost|\[::1\]):\d+/?", given) is None:
        raise ValueError(f"A control address is http://127.0.0.1:PORT, was {given!r}.")
    return given.rstrip("/")
