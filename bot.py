"""Steelyard: the composition root's front door and the command line."""

from __future__ import annotations

import os
import signal
import sys

if __name__ == "__main__" and sys.argv[1:2] == ["run"]:
    # The imports below take half a second. The bot opens nothing before it listens for signals
    # itself, so whoever asks it to stop until then has nothing to wait for.
    for _number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(_number, lambda *_: os._exit(0))

import asyncio
import gc
import logging
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from handlers.cli import parse
from handlers.process.asking import ask, conclude
from handlers.process.commands import Asking, Check, Demo, Init, NotAvailable, Run
from handlers.process.exit_codes import ExitCode
from handlers.process.terminal import Terminal, run_wizard
from trading.clock import SystemClock
from trading.config.loading import load
from trading.errors import CommandError, ConfigurationError, StorageError

T = TypeVar("T")


def main(arguments: Sequence[str]) -> int:
    """Act on the command line and return the exit code."""
    try:
        return _act(arguments)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return ExitCode.USAGE
    except (CommandError, StorageError) as error:
        print(error, file=sys.stderr)
        return ExitCode.FAILED
    except BrokenPipeError:
        # Whoever read has gone; Python would complain once more when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except KeyboardInterrupt:
        return ExitCode.FAILED


def _act(arguments: Sequence[str]) -> ExitCode:
    command = parse(arguments)
    match command:
        case Run():
            return _run(command)
        case Demo():
            from composition.demo import run_demo

            return _in_loop(run_demo(command, clock=SystemClock()))
        case Init():
            return run_wizard(command.config, _terminal())
        case Check():
            return _check(command)
        case NotAvailable():
            print(f"{command.name} is not available in this version", file=sys.stderr)
            return ExitCode.USAGE
        case _:
            return _ask(command)


def _run(command: Run) -> ExitCode:
    # What starts keeps nearly all it makes: looking for garbage meanwhile takes a tenth of the
    # time. The bot turns it on again as soon as it stands.
    gc.disable()
    try:
        configuration = load(command.config, os.environ, is_pairing=command.is_pairing)
        from composition.process import run_process

        return run_process(command, configuration, _in_loop)
    finally:
        gc.enable()


def _check(command: Check) -> ExitCode:
    configuration = load(command.config, os.environ)
    from composition.checking import check_all

    return _in_loop(
        check_all(configuration, clock=SystemClock(), out=sys.stdout, is_json=command.is_json)
    )


def _ask(command: Asking) -> ExitCode:
    # None of this needs a secret but what is done without the bot, and that reads them then.
    configuration = load(command.config, os.environ, needs_secrets=False)
    from composition.offline import StateDesk
    from handlers.http.control_client import ControlClient
    from storage.state_directory import StateDirectory

    # What was done is in the answer; beside it, a line of the log would read as an alarm.
    logging.getLogger().addHandler(logging.NullHandler())
    state = StateDirectory(root=configuration.bot.state_dir)
    offline = StateDesk(
        state=state,
        configuration=configuration,
        with_secrets=lambda: load(command.config, os.environ),
        clock=SystemClock(),
    )
    answer = _in_loop(
        ask(
            command,
            client=ControlClient(path=state.control_socket),
            offline=offline,
            confirm=_terminal().confirm,
            by="command line",
        )
    )
    return conclude(answer, is_json=command.is_json, out=sys.stdout)


def _terminal() -> Terminal:
    return Terminal(source=sys.stdin, out=sys.stdout)


def _in_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run on uvloop, where it is installed: its commits take two thirds of the time."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
