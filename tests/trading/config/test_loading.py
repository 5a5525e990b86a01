"""A file becomes a configuration, or a list of everything wrong with it."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.trading.config.texts import WHOLE, problems, read
from trading.config.configuration import Configuration
from trading.config.loading import load
from trading.config.values import Surroundings
from trading.errors import ConfigurationError
from trading.model.identifiers import Asset


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    configuration = load(written(tmp_path, WHOLE), {})
    venue = configuration.venues["kraken"]
    assert venue.key is not None
    assert venue.key.reveal() == "the key"
    assert configuration.bot.mode == "live"
    assert configuration.bot.state_dir == tmp_path / "state"
    assert configuration.allocation["kraken"].targets == {
        Asset("BTC"): Decimal("0.5"),
        Asset("ETH"): Decimal("0.3"),
    }
    assert configuration.base_of("kraken") == "USD"
    assert configuration.jobs.trading_loop == timedelta(seconds=60)


def test_without_the_table_of_the_bot_its_state_lies_beside_the_file(tmp_path: Path) -> None:
    around = Surroundings(folder=tmp_path, environment={})
    assert Configuration.model_validate({}, context=around).bot.state_dir == tmp_path / "state"


def test_weights_are_exact() -> None:
    text = WHOLE.replace("BTC = 0.5", "BTC = 0.1").replace("ETH = 0.3", "ETH = 0.2, ADA = 0.7")
    weights = read(text).allocation["kraken"].targets.values()
    assert sum(weights) == 1  # as binary floats they add up to 0.9999999999999999


def test_telegram_may_be_left_out() -> None:
    text = WHOLE.replace('[telegram]\ntoken = "123:demo"\nowners = [1001]\n', "")
    assert read(text).telegram is None


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be read: No such file.*bot\.py init"):
        load(tmp_path / "config.toml", {})


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe[bot]")
    with pytest.raises(ConfigurationError, match="is not UTF-8 text"):
        load(path, {})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[bot]\nmode = paper\n", "config.toml:2: is not TOML: Invalid value"),
        ("[bot]\n\n[bot]\n", "config.toml:3: is not TOML: Cannot declare ('bot',) twice"),
        ("[bot\n", "config.toml:1: is not TOML: Expected ']'"),
    ],
    ids=["value", "twice", "bracket"],
)
def test_broken_toml_is_one_line_with_its_place(text: str, problem: str) -> None:
    (only,) = problems(text)
    assert only.startswith(problem)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_secrets_in_a_file_that_others_may_read_are_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path, WHOLE, mode)
    with pytest.raises(ConfigurationError) as refused:
        load(path, {})
    assert [problem.split(": a secret")[0] for problem in refused.value.problems] == [
        "config.toml:6: [telegram] token",
        "config.toml:11: [venues.kraken] key",
        "config.toml:12: [venues.kraken] secret",
    ]
    assert f"(mode {mode:04o}); run: chmod 600 {path}" in refused.value.problems[0]


def test_a_file_without_secrets_may_be_read_by_anybody(tmp_path: Path) -> None:
    text = WHOLE.replace('"123:demo"', '{ env = "TOKEN" }')
    text = text.replace('"the key"', '{ env = "KEY" }').replace('"c2VjcmV0"', '{ env = "KEY" }')
    configuration = load(written(tmp_path, text, 0o644), {"TOKEN": "123:demo", "KEY": "c2VjcmV0"})
    assert configuration.telegram is not None
    assert configuration.telegram.token.reveal() == "123:demo"


def test_nobody_owns_the_bot_only_while_pairing() -> None:
    text = WHOLE.replace("[1001]", "[]")
    (problem,) = problems(text)
    assert problem.startswith(
        "config.toml:7: [telegram] owners: is empty, so nobody could command"
    )
    configuration = read(text, is_pairing=True)
    assert configuration.telegram is not None
    assert configuration.telegram.owners == ()


def test_a_configuration_never_changes() -> None:
    configuration = read(WHOLE)
    with pytest.raises(ValueError, match="frozen"):
        configuration.bot.mode = "paper"  # type: ignore[misc]  # the point of the test


def test_every_problem_is_told_in_one_go_in_the_order_of_the_file() -> None:
    text = WHOLE.replace('"live"', '"alive"').replace("owners", "ownrs").replace("0.5", "0.9")
    assert [problem.split(": ")[1] for problem in problems(text)] == [
        "[bot] mode",
        "[telegram] owners",
        "[telegram] ownrs",
        "[allocation.kraken] targets",
    ]


def test_what_needs_no_secret_works_where_none_can_be_read(tmp_path: Path) -> None:
    """Systemd gives a credential to its unit alone; halting must not need it."""
    text = WHOLE.replace('"123:demo"', '{ credential = "token" }')
    text = text.replace('"c2VjcmV0"', '{ credential = "kraken-secret" }')
    path = written(tmp_path, text)
    with pytest.raises(ConfigurationError, match="CREDENTIALS_DIRECTORY"):
        load(path, {})
    configuration = load(path, {}, needs_secrets=False)
    secret = configuration.venues["kraken"].secret
    assert secret is not None
    assert secret.is_absent
    with pytest.raises(ConfigurationError, match="CREDENTIALS_DIRECTORY"):
        secret.reveal()
    known = configuration.venues["kraken"].key
    assert known is not None
    assert known.reveal() == "the key"
