"""The questions of `bot.py init`, and the configuration that their answers make."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from trading.config.loading import load
from trading.errors import CommandError, ConfigurationError
from trading.model.identifiers import asset

_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{3,}")
_TARGET = re.compile(r"\s*([A-Za-z0-9.]+)\s*[= ]\s*(\d+(?:\.\d+)?)\s*(%?)\s*")

Answers = Mapping[str, str]


class NotWritten(CommandError):
    """The configuration was not written; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing to ask; `read` returns the answer as it goes on, or raises ValueError."""

    name: str
    text: str
    read: Callable[[str], str]
    default: str | None = None
    is_secret: bool = False
    is_asked: Callable[[Answers], bool] = lambda _: True


def _yes_or_no(text: str) -> str:
    match text.strip().lower():
        case "y" | "yes":
            return "yes"
        case "n" | "no":
            return "no"
    message = "answer yes or no"
    raise ValueError(message)


def _manner(text: str) -> str:
    match text.strip().lower():
        case "paper" | "look" | "live" as manner:
            return manner
    message = "answer paper, look or live"
    raise ValueError(message)


def _venue(text: str) -> str:
    if text.strip().lower() in ("kraken", "binance"):
        return text.strip().lower()
    message = "answer kraken or binance"
    raise ValueError(message)


def _currency(text: str) -> str:
    return str(asset(text))


def _key(text: str) -> str:
    if not text.strip():
        message = "it is empty; the venue shows it where you made the key"
        raise ValueError(message)
    return text.strip()


def _private_key(text: str) -> str:
    try:
        base64.b64decode(_key(text), validate=True)
    except binascii.Error:
        message = "this is not the private key as Kraken shows it (base64)"
        raise ValueError(message) from None
    return text.strip()


def _token(text: str) -> str:
    if not _TOKEN.fullmatch(text.strip()):
        message = "this is not a bot token; @BotFather shows it as digits, a colon and letters"
        raise ValueError(message)
    return text.strip()


def _user_id(text: str) -> str:
    if text.strip() and not (text.strip().isdecimal() and int(text) > 0):
        message = "a user id is a number; leave it empty when you do not know it yet"
        raise ValueError(message)
    return text.strip()


def read_targets(text: str) -> str:
    """Return targets such as "BTC 50%, ETH 0.3" as the inside of a TOML table."""
    weights: dict[str, Decimal] = {}
    for part in filter(str.strip, text.split(",")):
        match = _TARGET.fullmatch(part)
        if match is None:
            message = f'{part.strip()!r} is no target; write such as "BTC 50%, ETH 30%"'
            raise ValueError(message)
        code = str(asset(match[1]))
        if code in weights:
            message = f"{code} is named twice"
            raise ValueError(message)
        weights[code] = Decimal(match[2]) / (100 if match[3] else 1)
    total = sum(weights.values(), Decimal(0))
    if total > 1:
        message = f"they add up to {total:%}; leave what is over to the base currency"
        raise ValueError(message)
    return ", ".join(f"{code} = {weight.normalize():f}" for code, weight in weights.items())


def _has_account(answers: Answers) -> bool:
    return answers["manner"] != "paper"


def _is_at(venue: str) -> Callable[[Answers], bool]:
    return lambda answers: answers["venue"] == venue


def _has_account_at(venue: str) -> Callable[[Answers], bool]:
    return lambda answers: _has_account(answers) and answers["venue"] == venue


def _has_telegram(answers: Answers) -> bool:
    return answers["telegram"] == "yes"


QUESTIONS = (
    Question(
        name="manner",
        text="paper: real prices and play money, no account needed. look: your account, but no "
        "orders. live: orders with real money",
        read=_manner,
        default="paper",
    ),
    Question(name="venue", text="Where is that? (kraken/binance)", read=_venue, default="kraken"),
    Question(
        name="key",
        text="API key (made without the right to withdraw)",
        read=_key,
        is_secret=True,
        is_asked=_has_account,
    ),
    Question(
        name="secret",
        text="Its private key",
        read=_private_key,
        is_secret=True,
        is_asked=_has_account_at("kraken"),
    ),
    Question(
        name="secret",
        text="Its secret key",
        read=_key,
        is_secret=True,
        is_asked=_has_account_at("binance"),
    ),
    *(
        Question(
            name="base",
            text="Your base currency",
            read=_currency,
            default=default,
            is_asked=_is_at(venue),
        )
        for venue, default in (("kraken", "USD"), ("binance", "USDT"))
    ),
    Question(
        name="targets",
        text="What should the portfolio hold? The rest stays in the base currency",
        read=read_targets,
        default="BTC 50%, ETH 30%",
    ),
    Question(
        name="telegram", text="Talk to it in Telegram? (yes/no)", read=_yes_or_no, default="yes"
    ),
    Question(
        name="token",
        text="The bot's token, from @BotFather",
        read=_token,
        is_secret=True,
        is_asked=_has_telegram,
    ),
    Question(
        name="owner",
        text="Your numeric Telegram id (empty when you do not know it)",
        read=_user_id,
        default="",
        is_asked=_has_telegram,
    ),
)


def interview(
    *,
    ask: Callable[[str], str],
    ask_secret: Callable[[str], str],
    say: Callable[[str], None],
) -> dict[str, str]:
    """Ask every question that matters until each has an answer that can be used."""
    answers: dict[str, str] = {}
    for question in QUESTIONS:
        if question.is_asked(answers):
            answers[question.name] = _ask_until_usable(
                question, ask_secret if question.is_secret else ask, say
            )
    return answers


def _ask_until_usable(
    question: Question, ask: Callable[[str], str], say: Callable[[str], None]
) -> str:
    hint = f" [{question.default}]" if question.default else ""
    while True:
        given = ask(f"{question.text}{hint}: ").strip()
        try:
            return question.read(given or question.default or "")
        except ValueError as error:
            say(f"  {error}")


def render(answers: Answers) -> str:
    """Return the configuration that the answers make."""
    has_account = _has_account(answers)
    may_trade = answers["manner"] != "look"
    lines = [
        "# Written by: .venv/bin/python bot.py init. Every other key is in config.example.toml.",
        "[bot]",
        f'mode = "{"live" if has_account else "paper"}"',
        f"live_confirmed = {'true' if has_account else 'false'}",
        f"trading_enabled = {'true' if may_trade else 'false'}",
        f'base_currency = "{answers["base"]}"',
    ]
    if _has_telegram(answers):
        owner = answers["owner"]
        unknown = "  # start with: .venv/bin/python bot.py run --pair, and send /id to the bot"
        lines += [
            "",
            "[telegram]",
            f'token = "{answers["token"]}"',
            f"owners = [{owner}]" + ("" if owner else unknown),
        ]
    lines += [
        "",
        f"[venues.{answers['venue']}]",
        f'kind = "{answers["venue"]}"',
    ]
    if has_account:
        lines += [f"key = {_quoted(answers['key'])}", f"secret = {_quoted(answers['secret'])}"]
    if answers["targets"]:
        lines += ["", f"[allocation.{answers['venue']}]", f"targets = {{ {answers['targets']} }}"]
    return "\n".join(lines) + "\n"


def write(path: Path, text: str) -> None:
    """Write a new file that only its owner may read, and check that the bot can use it.

    An existing file is never touched: NotWritten.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        message = f"{path} exists already and was left as it is; name another with --config"
        raise NotWritten(message) from None
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise NotWritten(message) from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        load(path, {}, is_pairing=True)
    except ConfigurationError:
        path.unlink()
        raise


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
