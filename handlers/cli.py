"""The command line: words in, one typed command out; bot.py acts on it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from handlers.cli_emergency import add_emergency
from handlers.cli_words import Commands, add, with_config
from handlers.http.answers import CandleRequest
from handlers.process.commands import (
    Backup,
    Candles,
    Check,
    Command,
    Demo,
    Halt,
    Init,
    LogLines,
    NotAvailable,
    Reload,
    Resume,
    Run,
    Status,
)
from handlers.process.exit_codes import MEANINGS
from trading.model.candles import CandleInterval

_LEVELS = ("debug", "info", "warning", "error")


def parse(arguments: Sequence[str]) -> Command:
    """Return the command; argparse ends the process (code 2) when the words hold none."""
    match list(arguments[:2]):
        case ["intent", *_] if not {"-h", "--help"} & set(arguments):
            return NotAvailable(name="intent")
    chosen = _parser().parse_args(arguments)
    command: Command = chosen.make(chosen)
    return command


def usage() -> str:
    """Return the help text of the whole command line."""
    return _parser().format_help()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandHelp:
    """One command as the reference shows it."""

    name: str
    about: str
    arguments: tuple[tuple[str, str], ...]
    """How each is written, and what it means."""


def helps() -> tuple[CommandHelp, ...]:
    """Return every command that this version has."""
    return tuple(_helps(_parser(), ""))


def _helps(parser: argparse.ArgumentParser, prefix: str) -> Iterator[CommandHelp]:
    for action in parser._actions:  # noqa: SLF001 - the only way to walk the commands
        if not isinstance(action, Commands):
            continue
        for name, command in action.choices.items():
            if command.description:
                yield CommandHelp(
                    name=prefix + name,
                    about=command.description,
                    arguments=tuple(_arguments(command)),
                )
                yield from _helps(command, f"{prefix}{name} ")


def _arguments(command: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for action in command._actions:  # noqa: SLF001 - as above
        if isinstance(action, Commands) or "--help" in action.option_strings:
            continue
        words = ", ".join(action.option_strings)
        taken = action.metavar or "|".join(map(str, action.choices or ()))
        how = " ".join(filter(None, (words, str(taken) if action.nargs != 0 else "")))
        yield how, (action.help or "") % vars(action)


def _parser() -> argparse.ArgumentParser:
    codes = "\n".join(f"  {code.value}  {meaning}" for code, meaning in MEANINGS.items())
    parser = argparse.ArgumentParser(
        prog="bot.py",
        description="Steelyard: a portfolio bot that tells its owner the truth.",
        epilog=f"exit codes:\n{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_run(commands)
    _add_demo(commands)
    _add_init_and_check(commands)
    _add_asking(commands)
    _add_halt_and_resume(commands)
    add_emergency(commands, also=_add_halt_and_resume)
    commands.add_parser("intent", help="not available in this version")
    return parser


def _add_run(commands: Commands[argparse.ArgumentParser]) -> None:
    run = add(commands, "run", "run the bot until it is stopped")
    with_config(run, is_json=False)
    run.add_argument(
        "--pair", dest="is_pairing", action="store_true",
        help="let anybody ask the bot for his numeric id with /id, to find your own",
    )  # fmt: skip
    run.set_defaults(make=lambda words: Run(config=words.config, is_pairing=words.is_pairing))


def _add_demo(commands: Commands[argparse.ArgumentParser]) -> None:
    demo = add(
        commands, "demo", "run the bot on local servers, with a chat page; no account needed"
    )
    demo.add_argument(
        "--listen", default="127.0.0.1:8080", metavar="HOST:PORT", type=_loopback,
        help="address of the chat page, on this machine (default: %(default)s)",
    )  # fmt: skip
    demo.add_argument("--seed", type=int, metavar="N", help="the same market every time")
    demo.add_argument(
        "--speed", type=_positive, default=1.0, metavar="X",
        help="how many times faster than life the market runs (default: %(default)g)",
    )  # fmt: skip
    demo.add_argument(
        "--candles", type=Path, metavar="DIR", help="play recorded candles from this folder"
    )
    demo.add_argument(
        "--state", type=Path, metavar="DIR",
        help="keep everything in this folder (default: a new one, removed at the end)",
    )  # fmt: skip
    demo.add_argument(
        "--paper", action="store_true",
        help="trade on paper at the local venues' prices: their accounts stay as they are",
    )  # fmt: skip
    demo.set_defaults(
        make=lambda words: Demo(
            listen=words.listen,
            seed=words.seed,
            speed=words.speed,
            candles=words.candles,
            state=words.state,
            paper=words.paper,
        )
    )


def _add_init_and_check(commands: Commands[argparse.ArgumentParser]) -> None:
    init = add(commands, "init", "ask a few questions and write a configuration")
    with_config(init, is_json=False)
    init.set_defaults(make=lambda words: Init(config=words.config))
    check = add(commands, "check", "validate the configuration, then try each venue and Telegram")
    with_config(check)
    check.set_defaults(make=lambda words: Check(config=words.config, is_json=words.is_json))


def _add_asking(commands: Commands[argparse.ArgumentParser]) -> None:
    status = add(commands, "status", "say how the running bot is")
    with_config(status)
    status.set_defaults(make=lambda words: Status(config=words.config, is_json=words.is_json))
    reload = add(commands, "reload", "read the configuration anew, as SIGHUP does")
    with_config(reload)
    reload.set_defaults(make=lambda words: Reload(config=words.config, is_json=words.is_json))
    backup = add(commands, "backup", "write a copy of the database")
    with_config(backup)
    backup.add_argument("file", type=Path, metavar="FILE", help="a file that does not exist yet")
    backup.set_defaults(
        make=lambda words: Backup(
            config=words.config, is_json=words.is_json, file=words.file.absolute()
        )
    )
    _add_candles(commands)
    logs = add(commands, "logs", "show the last log lines of the running bot")
    with_config(logs)
    logs.add_argument(
        "--lines", type=_count, default=100, metavar="N", help="how many (default: %(default)s)"
    )
    logs.add_argument("--level", choices=_LEVELS, default="debug", help="this level and above")
    logs.add_argument("--containing", metavar="TEXT", help="a word, or a correlation id")
    logs.set_defaults(
        make=lambda words: LogLines(
            config=words.config,
            is_json=words.is_json,
            count=words.lines,
            level=words.level,
            containing=words.containing,
        )
    )


def _add_candles(commands: Commands[argparse.ArgumentParser]) -> None:
    candles = add(
        commands, "candles", "write the candles of a market to a CSV file; without a running bot, "
        "those that are stored",
    )  # fmt: skip
    with_config(candles)
    candles.add_argument("symbol", metavar="SYMBOL", help="a market such as BTC/USD")
    candles.add_argument(
        "--interval", choices=[each.value for each in CandleInterval], default="1h",
        help="how long each lasts (default: %(default)s)",
    )  # fmt: skip
    candles.add_argument("--venue", metavar="NAME", help="default: the first that lists it")
    candles.add_argument(
        "--csv", type=Path, required=True, metavar="FILE", help="a file that does not exist yet"
    )
    candles.set_defaults(make=_candles)


def _candles(words: argparse.Namespace) -> Candles:
    request = CandleRequest(
        symbol=words.symbol,
        interval=CandleInterval(words.interval),
        venue=words.venue,
        path=words.csv.absolute(),
    )
    return Candles(config=words.config, is_json=words.is_json, request=request)


def _add_halt_and_resume(commands: Commands[argparse.ArgumentParser]) -> None:
    halt = add(commands, "halt", "stop trading at once; works whether the bot runs or not")
    with_config(halt)
    halt.add_argument("--cancel", action="store_true", help="cancel the open orders too")
    halt.set_defaults(
        make=lambda words: Halt(
            config=words.config, is_json=words.is_json, cancel_orders=words.cancel
        )
    )
    resume = add(commands, "resume", "trade again")
    with_config(resume)
    resume.add_argument("--yes", action="store_true", help="do not ask back")
    resume.set_defaults(
        make=lambda words: Resume(
            config=words.config, is_json=words.is_json, is_confirmed=words.yes
        )
    )


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1_000_000:  # noqa: PLR2004 - beyond it a day passes within a tick
        message = f"must be more than 0 and at most 1000000, was {text}"
        raise argparse.ArgumentTypeError(message)
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        message = f"must be at least 1, was {text}"
        raise argparse.ArgumentTypeError(message)
    return value


def _loopback(text: str) -> str:
    host, _, port = text.rpartition(":")
    if host not in {"127.0.0.1", "localhost"} or not port.isdecimal():
        message = f"must be an address of this machine such as 127.0.0.1:8080, was {text}"
        raise argparse.ArgumentTypeError(message)
    return text
