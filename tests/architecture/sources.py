"""The project's own files, as git knows them."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.shared import ROOT

PRODUCTION = ("bot.py", "composition", "handlers", "trading", "storage", "simulators", "bench")
GENERATED = "storage/migrations/versions/"


def project_files() -> list[Path]:
    """Return every file that is or would be committed; skip where there is no git."""
    command = ("git", "ls-files", "--cached", "--others", "--exclude-standard")
    try:
        listed = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
        )
    except (OSError, subprocess.CalledProcessError) as absent:
        pytest.skip(f"not a git checkout: {absent}")
    paths = [ROOT / line for line in listed.stdout.splitlines()]
    return [path for path in paths if path.is_file()]


def text_of(path: Path) -> str | None:
    """Return a file's text, or None when it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def modules(*tops: str) -> list[Path]:
    """Return the Python files under the named files or folders of the root."""
    return [
        path
        for path in project_files()
        if path.suffix == ".py" and relative(path).split("/", 1)[0] in tops
    ]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return its lines without decorators and docstring."""
    length = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    is_docstring = (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )
    if is_docstring:
        length -= (first.end_lineno or first.lineno) - first.lineno + 1
    return length


def occurrences(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """Return every line that matches, as `file:line: text`."""
    found = []
    for path in paths:
        for number, line in enumerate((text_of(path) or "").splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{relative(path)}:{number}: {line.strip()[:120]}")
    return found
