"""The pages written for people, and what can be read out of them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.shared import ROOT

LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]+)\)|\bsrc=\"([^\"]+)\"")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FULL_EXAMPLE = re.compile(r"<!-- full example -->\n```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED_TEST = re.compile(r"\b(tests/[\w./]+\.py)::(\w+)")
MAKE_TARGET = re.compile(r"\bmake ([a-z]+)\b")
BOT_COMMAND = re.compile(r"\bbot\.py ([a-z]+)\b")
CODE = re.compile(r"`([^`\n]+)`")
PATH_OF_OURS = re.compile(
    r"\b(?:composition|handlers|trading|storage|simulators|bench|tests|docs)/[\w./-]*|\bbot\.py\b"
)


def pages() -> list[Path]:
    """Return the README and every page under docs, the generated ones too."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def links(page: Path) -> Iterator[str]:
    """Yield what a page links to or shows."""
    for match in LINK.finditer(text(page)):
        yield match.group(1) or match.group(2)


def anchors(page: Path) -> set[str]:
    """Return the anchors that headings get: lower case, words joined by hyphens."""
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text(page)))
    return {word.strip().replace(" ", "-") for word in words}


def commands(page: Path) -> str:
    """Return the code of a page: where words are what somebody would type."""
    content = text(page)
    fences = "\n".join(body for kind, body in FENCE.findall(content) if kind in {"sh", ""})
    spans = "\n".join(CODE.findall(FENCE.sub("", content)))
    return f"{fences}\n{spans}"


def names_in(module: Path) -> set[str]:
    """Return the functions, classes and assigned names at the top of a module."""
    found: set[str] = set()
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return found
