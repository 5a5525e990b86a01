"""docs/command-line.md: every command, as the program itself explains it."""

from __future__ import annotations

from collections.abc import Iterator

from handlers.cli import helps
from handlers.process.exit_codes import MEANINGS

_OPENING = """\
# Command line

Run from the project's folder with the environment that `make` set up:
`.venv/bin/python bot.py COMMAND`. While a bot runs on the same state directory, commands go to it
through its control socket; `halt`, `resume` and `backup` work without a running bot too.
"""


def command_line_page() -> str:
    """Return the page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _OPENING
    yield "| exit code | meaning |"
    yield "|---|---|"
    for code, meaning in MEANINGS.items():
        yield f"| {code.value} | {meaning} |"
    for command in helps():
        yield ""
        yield f"## `{command.name}`"
        yield ""
        yield f"{command.about[:1].upper()}{command.about[1:]}."
        if command.arguments:
            yield ""
            yield "| argument | meaning |"
            yield "|---|---|"
        for how, meaning in command.arguments:
            yield f"| `{how.replace('|', ' or ')}` | {meaning} |"
    yield ""
