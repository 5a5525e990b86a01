"""The generated pages are what the code says, and the example file works as it is written."""

import re
from pathlib import Path

import pytest

from handlers.reference.__main__ import PAGES, ROOT, outdated
from handlers.reference.example_file import example_file
from handlers.reference.tables import Table, tables
from tests.support.processes import run
from trading.config.binance import BinanceVenue
from trading.config.configuration import Configuration
from trading.config.description import leaves
from trading.config.http import HttpSection
from trading.config.loading import load
from trading.config.secret import Secret

ENVIRONMENT = {
    "TELEGRAM_TOKEN": "123456:an-example-token",
    "STEELYARD_HTTP_TOKEN": "an-example-of-sixteen",
    "KRAKEN_KEY": "example",
    "KRAKEN_SECRET": "ZXhhbXBsZQ==",
    "BINANCE_KEY": "example",
    "BINANCE_SECRET": "example",
}
COMMENTED_KEY = re.compile(r"^# (?P<line>[a-z_.]+ = .*|\[.*\])$", re.MULTILINE)


def loaded(folder: Path, text: str) -> Configuration:
    path = folder / "config.toml"
    path.write_text(text)
    path.chmod(0o600)
    return load(path, ENVIRONMENT)


def test_the_pages_in_the_repository_are_what_the_code_says() -> None:
    assert outdated(ROOT) == []


def test_the_example_works_as_it_is_written(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, (ROOT / "config.example.toml").read_text())
    assert configuration.bot.trading_enabled is False
    assert configuration.telegram is not None


def test_what_the_example_comments_out_are_the_defaults(tmp_path: Path) -> None:
    plain = loaded(tmp_path, example_file())
    without_unset = "\n".join(
        line for line in example_file().splitlines() if not line.endswith("not set by default")
    )
    text = without_unset.replace("# [rebalance.kraken]", "").replace("# min_order = 25", "")
    used = loaded(tmp_path, COMMENTED_KEY.sub(r"\g<line>", text))
    assert used.http == HttpSection()
    key = Secret("example")
    assert used.venues["binance"] == BinanceVenue(kind="binance", key=key, secret=key)
    assert used.model_copy(update={"http": None, "venues": plain.venues}) == plain


def test_every_line_of_the_example_may_be_used(tmp_path: Path) -> None:
    used = loaded(tmp_path, COMMENTED_KEY.sub(r"\g<line>", example_file()))
    assert used.rebalance_rules("kraken").min_order == 25
    assert used.telegram is not None
    assert str(used.telegram.quiet_hours) == "22:00-07:00"


def test_the_example_shows_every_key(tmp_path: Path) -> None:
    text = COMMENTED_KEY.sub(r"\g<line>", example_file())
    shown = set(re.findall(r"^([a-z_.]+) = ", text, re.MULTILINE))
    keys = {key.split(".", 1)[1] for key in leaves(loaded(tmp_path, text))}
    names = {key.removeprefix("kraken.").removeprefix("binance.") for key in keys}
    assert names - shown == set()


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.header)
def test_every_table_and_key_is_explained(table: Table) -> None:
    page = PAGES["docs/configuration.md"]()
    rows = {
        name: cells
        for name, *cells in re.findall(
            r"^\| `(.*?)` \| (.*?) \| .*\| (.*) \|$", page, re.MULTILINE
        )
    }
    assert [key.name for key in table.keys if key.name not in rows] == []
    assert [key.name for key in table.keys if not (key.meaning or key.name == "kind")] == []


async def test_a_page_that_is_out_of_date_fails_the_check(tmp_path: Path) -> None:
    for name, page in PAGES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(page())
    assert outdated(tmp_path) == []
    (tmp_path / "docs/configuration.md").write_text("older")
    (tmp_path / "config.example.toml").unlink()
    assert outdated(tmp_path) == ["config.example.toml", "docs/configuration.md"]
    child = await run("-m", "handlers.reference", "--check")
    assert (child.returncode, child.said()) == (0, "")
