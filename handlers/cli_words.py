"""What the commands of the command line have in common."""

from __future__ import annotations

import argparse
from pathlib import Path

Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse names this type nowhere else


def add(
    commands: Commands[argparse.ArgumentParser], name: str, about: str
) -> argparse.ArgumentParser:
    """Add a command with its one line of help."""
    return commands.add_parser(name, help=about, description=about, allow_abbrev=False)


def with_config(parser: argparse.ArgumentParser, *, is_json: bool = True) -> None:
    """Let it name the configuration, and its answer be for programs."""
    parser.add_argument(
        "--config", type=Path, default=Path("config.toml"), metavar="FILE",
        help="the configuration (default: %(default)s)",
    )  # fmt: skip
    if is_json:
        parser.add_argument(
            "--json", dest="is_json", action="store_true", help="answer as one JSON object"
        )
