"""A person at a terminal: asked back before something happens, led through the first setup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path
from typing import TextIO

from handlers.process.exit_codes import ExitCode
from handlers.process.wizard import NotWritten, interview, render, write
from trading.errors import ConfigurationError

_NEXT_STEPS = """\
Wrote {path}; only you can read it.
Next: .venv/bin/python bot.py check --config {path}
Then: .venv/bin/python bot.py run --config {path}{pair}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """Where questions go and answers come from; `ask_secret` does not show what is typed."""

    source: TextIO
    out: TextIO
    ask: Callable[[str], str] = input
    ask_secret: Callable[[str], str] = getpass

    def say(self, text: str) -> None:
        """Show a line."""
        print(text, file=self.out)

    def confirm(self, question: str) -> bool:
        """Ask for a plain yes; where nobody can be asked the answer is no."""
        if not self.source.isatty():
            self.say(f"{question} Nobody can be asked here; say it with --yes.")
            return False
        try:
            return self.ask(f"{question} (yes/no): ").strip().lower() in {"y", "yes"}
        except EOFError:
            return False


def run_wizard(path: Path, terminal: Terminal) -> ExitCode:
    """Ask, write and say how to go on; whoever leaves early leaves nothing behind."""
    if path.exists():
        terminal.say(f"{path} exists already and was left as it is; name another with --config")
        return ExitCode.REFUSED
    try:
        answers = interview(ask=terminal.ask, ask_secret=terminal.ask_secret, say=terminal.say)
        write(path, render(answers))
    except (EOFError, KeyboardInterrupt):
        terminal.say("\nnothing was written")
        return ExitCode.REFUSED
    except NotWritten as refused:
        terminal.say(str(refused))
        return ExitCode.REFUSED
    except ConfigurationError as error:
        terminal.say(f"nothing was written:\n{error}")
        return ExitCode.USAGE
    pair = "" if answers.get("owner", "known") else " --pair"
    terminal.say(_NEXT_STEPS.format(path=path, pair=pair))
    return ExitCode.DONE
