"""What the README and the pages under docs say is there."""

import re
import tomllib
from pathlib import Path

import pytest

from handlers.cli import helps
from handlers.telegram.commands.table import COMMANDS
from tests.docs.pages import (
    BOT_COMMAND,
    CODE,
    FENCE,
    FULL_EXAMPLE,
    MAKE_TARGET,
    NAMED_TEST,
    PATH_OF_OURS,
    anchors,
    commands,
    links,
    names_in,
    pages,
    text,
)
from tests.support.shared import ROOT
from trading.config.loading import load

ENVIRONMENT = {
    "TELEGRAM_TOKEN": "123456:an-example-that-nobody-has",
    "KRAKEN_KEY": "an example",
    "KRAKEN_SECRET": "YW4gZXhhbXBsZQ==",
}
SAID_TO_BE_MISSING = {"intent"}
"""Commands that the pages name only to say that this version does not have them."""
INVARIANTS = ROOT / "docs" / "invariants.md"
FAILURES = ROOT / "docs" / "failures.md"
every_page = pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)


@every_page
def test_every_link_and_picture_leads_somewhere(page: Path) -> None:
    lost = []
    for link in links(page):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.is_file() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert lost == []


@every_page
def test_every_test_that_is_named_exists(page: Path) -> None:
    named = set(NAMED_TEST.findall(text(page)))
    absent = [
        f"{path}::{name}"
        for path, name in sorted(named)
        if not (ROOT / path).is_file() or name not in names_in(ROOT / path)
    ]
    assert absent == []


@pytest.mark.parametrize("page", [INVARIANTS, FAILURES], ids=lambda page: page.name)
def test_every_row_has_a_test(page: Path) -> None:
    heading = r"\| (?!it always|what goes wrong)"
    rows = [line for line in text(page).splitlines() if re.match(heading, line)]
    assert [row for row in rows if not NAMED_TEST.search(row)] == []
    assert rows


@every_page
def test_every_make_target_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    assert set(MAKE_TARGET.findall(commands(page))) - targets == set()


@every_page
def test_every_command_of_the_program_exists(page: Path) -> None:
    known = {command.name.split()[0] for command in helps()} | SAID_TO_BE_MISSING
    assert set(BOT_COMMAND.findall(commands(page))) - known == set()


@every_page
def test_every_command_of_the_chat_exists(page: Path) -> None:
    known = set(COMMANDS)
    spans = CODE.findall(FENCE.sub("", text(page)))
    named = {match.group(1) for span in spans if (match := re.match(r"/([a-z]+)\b(?!/)", span))}
    assert named - known - {"buy", "sell", "newbot", "revoke"} == set()


@every_page
def test_every_file_and_folder_that_is_named_exists(page: Path) -> None:
    named = {path for span in CODE.findall(text(page)) for path in PATH_OF_OURS.findall(span)}
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_every_package_is_on_the_map() -> None:
    page = text(ROOT / "docs" / "architecture.md")
    mapped = set(re.findall(r"^\| `([\w/.]+)`", page, re.MULTILINE))
    tops = ("composition", "handlers", "trading", "storage", "simulators", "bench")
    packages = {
        f"{module.parent.relative_to(ROOT).as_posix()}/"
        for top in tops
        for module in (ROOT / top).rglob("*.py")
        if module.name != "__init__.py" and module.parent.name != "versions"
    }
    # What lies directly in trading is named among the contracts.
    assert packages - mapped - {"trading/"} == set()


@pytest.mark.parametrize("page", [page for page in pages() if FULL_EXAMPLE.search(text(page))])
def test_full_examples_are_configurations_that_load(page: Path, tmp_path: Path) -> None:
    for number, example in enumerate(FULL_EXAMPLE.findall(text(page))):
        path = tmp_path / f"{number}.toml"
        path.write_text(example, encoding="utf-8")
        path.chmod(0o600)
        load(path, ENVIRONMENT)


@every_page
def test_every_toml_block_is_toml(page: Path) -> None:
    for kind, body in FENCE.findall(text(page)):
        if kind == "toml":
            tomllib.loads(body)


def test_there_is_a_full_example() -> None:
    assert any(FULL_EXAMPLE.search(text(page)) for page in pages())


@every_page
def test_pages_speak_of_the_bot_and_not_of_its_making(page: Path) -> None:
    found = re.findall(r"\bissue #?\d+|(?<![\w.])/(?:root|home|tmp)/", text(page))
    assert found == []
