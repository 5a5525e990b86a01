"""From a file to a checked configuration, or to every problem in it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from pydantic import ValidationError

from trading.config.configuration import Configuration, contradictions
from trading.config.problems import ProblemWriter
from trading.config.secret import exposure
from trading.config.values import Surroundings
from trading.errors import ConfigurationError

_WHERE = re.compile(r"\s*\(at (?:line (?P<line>\d+), column \d+|end of document)\)")


def load(
    path: Path,
    environment: Mapping[str, str],
    *,
    is_pairing: bool = False,
    needs_secrets: bool = True,
) -> Configuration:
    """Read and check a configuration file; ConfigurationError holds a line for each problem.

    Paths in the file start at its folder. `is_pairing` allows a bot that nobody owns yet; without
    `needs_secrets` those that cannot be read here (systemd gives them to its unit alone) are
    absent.
    """
    try:
        text = path.read_bytes().decode("utf-8")
        exposed = exposure(path)
    except UnicodeDecodeError as error:
        raise ConfigurationError((f"{path}: is not UTF-8 text ({error.reason})",)) from None
    except OSError as error:
        why = error.strerror
        problem = f"{path}: cannot be read: {why}; .venv/bin/python bot.py init makes one"
        raise ConfigurationError((problem,)) from None
    around = Surroundings(
        folder=path.absolute().parent,
        environment=environment,
        exposed=exposed,
        is_pairing=is_pairing,
        needs_secrets=needs_secrets,
    )
    return parse(text, name=path.name, around=around)


def parse(text: str, *, name: str, around: Surroundings) -> Configuration:
    """Check the text of a configuration; `name` is what its problems call it."""
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError((_syntax_problem(name, str(error)),)) from None
    writer = ProblemWriter(name=name, text=text, data=data)
    try:
        configuration = Configuration.model_validate(data, context=around)
    except ValidationError as error:
        raise ConfigurationError(writer.sorted_lines(writer.findings(error))) from None
    problems = writer.sorted_lines(contradictions(configuration))
    if problems:
        raise ConfigurationError(problems)
    return configuration


def _syntax_problem(name: str, error: str) -> str:
    match = _WHERE.search(error)
    line = f":{match['line']}" if match and match["line"] else ""
    return f"{name}{line}: is not TOML: {_WHERE.sub('', error)}"
